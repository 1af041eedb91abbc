"""Sends from a journal in a separate process that can be killed.

It reads lines `JOURNAL URL RATE POLICY SECONDS` from standard input, and sends for each of them in a fork: modules are
not imported again, so a kill costs little time. After SECONDS the fork gets SIGKILL. The output is `killed`, or `exit N`
if the fork ended before. `POLICY` is `ours`, or one of two that are wrong on purpose, to check that the harness detects
them.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from sescli.errors import OutcomeUnknownError
from sescli.groups.bulk.engine.engine import Engine, RunClock
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.model.entries import SENT, Entry, StateChange
from sescli.pacing.rate_limiter import RateLimiter


class PlainSender:
    """SendBulkEmail with http.client, which starts ten times as fast as boto3."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")
        self._own = threading.local()

    def post(self, operation: str, body: str) -> dict[str, Any]:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection(self._host)
        path = {"SendEmail": "/v2/email/outbound-emails"}.get(operation, "/v2/email/outbound-bulk-emails")
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._own.connection = None
            raise OutcomeUnknownError(str(error)) from error
        return answer


class SavesAfterTheAnswer(Journal):
    """Wrong: rows in a call stay pending, so after a crash they are sent again."""

    def commit(self, *, claimed: Any = (), **step: Any) -> None:
        list(claimed)
        super().commit(**step)


class SavesAtFetch(Journal):
    """Wrong: rows that were read ahead are recorded as sent, so a crash loses them."""

    def pending(self, after: int, limit: int, size: int = 1 << 24) -> list[Entry]:
        rows = super().pending(after, limit, size)
        super().commit(settled=[StateChange(entry.row, SENT, "not yet") for entry in rows])
        return rows

    def commit(self, *, claimed: Any = (), **step: Any) -> None:
        list(claimed)  # they are already claimed, so a claim would fail
        super().commit(**step)


class IgnoresLostLog(Journal):
    """Wrong: without its log, an old state counts as the present one."""

    def recover(self) -> int:
        self.problem = None
        return super().recover()


POLICIES = {
    "ours": Journal,
    "after": SavesAfterTheAnswer,
    "fetch": SavesAtFetch,
    "careless": IgnoresLostLog,
}


def send(path: str, url: str, rate: str, policy: str) -> None:
    clock = RunClock(time.monotonic, time.time, random.random)
    with POLICIES[policy].for_sending(Path(path), time.time) as journal:
        Engine(
            journal, PlainSender(url), RateLimiter(float(rate), time.monotonic), clock, concurrency=4
        ).run()


def die_after(seconds: float, *order: str) -> str:
    child = os.fork()
    if child == 0:
        try:
            send(*order)
        except BaseException:  # noqa: BLE001 - the fork must not continue as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return f"exit {os.waitstatus_to_exitcode(status)}"
        time.sleep(min(0.005, max(0.0, deadline - time.monotonic())))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else f"exit {os.waitstatus_to_exitcode(status)}"


def main() -> None:
    for line in sys.stdin:
        *order, seconds = line.split()
        sys.stdout.write(die_after(float(seconds), *order) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
