"""The oracle, journals to send from, and a gateway that leads to the oracle."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sescli.bulk.entries import Entry
from sescli.bulk.journal import Head, Journal
from sescli.bulk.loading import Loading
from sescli.bulk.spec import Limits, Mailing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent


@dataclass
class Oracle:
    """A fake SES in another process, and its book."""

    url: str
    book_path: Path
    process: subprocess.Popen[str]

    @property
    def book(self) -> list[dict[str, Any]]:
        """What it accepted, in order."""
        if not self.book_path.exists():
            return []
        return [json.loads(line) for line in self.book_path.read_text().splitlines()]

    def has_met(self, fault: str) -> bool:
        """Whether a call has gone wrong in this way."""
        told = Path(f"{self.book_path}.faults")
        return told.exists() and fault in told.read_text().splitlines()

    @property
    def accepted(self) -> list[str]:
        return [entry["to"] for entry in self.book]


@pytest.fixture
def start_oracle(tmp_path: Path) -> Iterator[Callable[..., Oracle]]:
    running: list[Oracle] = []

    def start(*, limit: float | None = None, **faults: Any) -> Oracle:
        book = tmp_path / f"book-{len(running)}.jsonl"
        argv = [sys.executable, str(HERE / "oracle.py"), "--book", str(book), "--faults", json.dumps(faults)]
        if limit is not None:
            argv += ["--limit", str(limit)]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        oracle = Oracle(f"http://127.0.0.1:{int(process.stdout.readline())}", book, process)
        running.append(oracle)
        return oracle

    yield start
    for oracle in running:
        oracle.process.kill()
        oracle.process.wait()
        assert oracle.process.stdout is not None
        oracle.process.stdout.close()


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A real sender, over boto3 and HTTP."""

    def make(oracle: Oracle, *, concurrency: int = 4, timeout: float = 5.0) -> Any:
        from sescli.aws.gateway import Gateway
        from sescli.aws.target import Target

        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        gateway = Gateway(Target(region="us-east-1", endpoint_url=oracle.url))
        return gateway.sender(concurrency=concurrency, timeout=timeout)

    return make


MAILING = Mailing(sender="Shop <shop@example.com>", template="Order")


def entry(row: int, to: str | None = None, weight: int = 1) -> Entry:
    return Entry(
        row, row + 1, None, to or f"user{row}@example.com", None, '{"name":"Jo"}', None, None, weight
    )


@pytest.fixture
def journal_of(tmp_path: Path) -> Callable[..., Path]:
    """A journal of so many recipients, ready to be sent."""

    def make(
        count: int,
        *,
        mailing: Mailing = MAILING,
        limits: Limits | None = None,
        to: Callable[[int], str | None] = lambda _row: None,
    ) -> Path:
        path = tmp_path / "runs" / "run.journal"
        with Loading(path.with_suffix(".loading")) as loading:
            loading.add((entry(row, to(row)), f"row {row}") for row in range(1, count + 1))
            head = Head("run-1", "run", time.time(), "us-east-1", "AWS", "test", mailing, limits or Limits())
            loading.publish(path, head)
        return path

    return make


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Journal]]:
    """Journals that are closed at the end of the test."""
    journals: list[Journal] = []

    def make(path: Path) -> Journal:
        journals.append(Journal.for_sending(path, time.time))
        return journals[-1]

    yield make
    for journal in journals:
        journal.close()
