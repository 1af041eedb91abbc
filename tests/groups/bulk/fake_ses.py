"""A fake SES in a separate process: it records what it accepted, and can fail on demand.

It is the test oracle of the bulk tests: its record says what was sent, whatever the journal says. It uses only the
standard library, so it shares no code with the program under test.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

SENDS = {"/v2/email/outbound-bulk-emails": "bulk", "/v2/email/outbound-emails": "single"}


class Book:
    """The accepted recipients: one line each, written at once."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open until the process ends
        self._faults = Path(f"{path}.faults")
        self._lock = threading.Lock()
        self._count = Path(path).read_bytes().count(b"\n")

    def note(self, fault: str) -> None:
        """Record at once that a call failed, in a second file."""
        with self._lock, self._faults.open("a", encoding="utf-8") as file:
            file.write(fault + "\n")

    def accept(self, entries: list[dict[str, Any]]) -> list[str]:
        with self._lock:
            ids = []
            for entry in entries:
                self._count += 1
                message_id = f"oracle-{self._count:08d}"
                ids.append(message_id)
                self._file.write(
                    json.dumps({**entry, "message_id": message_id, "at": time.monotonic()}) + "\n"
                )
            self._file.flush()
            return ids


class Window:
    """A strict limit of recipients in any window of one second.

    `lower` is `{"after": recipients, "to": limit}`: after that many recipients the limit changes, without notice.
    """

    def __init__(self, limit: float | None, lower: dict[str, Any] | None = None) -> None:
        self.limit = limit
        self._lower = lower or {"after": float("inf"), "to": limit}
        self._admitted = 0
        self._lock = threading.Lock()
        self._seen: deque[tuple[float, int]] = deque()

    def admits(self, weight: int) -> bool:
        if self.limit is None:
            return True
        with self._lock:
            now = time.monotonic()
            while self._seen and self._seen[0][0] <= now - 1.0:
                self._seen.popleft()
            limit = self.limit if self._admitted < self._lower["after"] else self._lower["to"]
            if sum(count for _, count in self._seen) + weight > limit:
                return False
            self._admitted += weight
            self._seen.append((now, weight))
            return True


class Faults:
    """Which calls fail, by their number from 1: `{number: kind}`; `every` applies to all calls."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._at = {int(key): value for key, value in plan.get("calls", {}).items()}
        self._every = plan.get("every")
        self.rejects = plan.get("reject", "")
        self.poison = plan.get("poison", "")
        self.statuses = plan.get("statuses", {})
        self.gets = plan.get("gets", {})
        self.throttled_gets = plan.get("throttled_gets", 0)
        self.template = plan.get("template", {"Subject": "Hi {{name}}", "Text": "Order {{orderId}}"})
        self.suppressed = plan.get("suppressed", [])
        self.account = plan.get("account", {})
        self.number = plan.get("number", "111122223333")
        self.latency = plan.get("latency", 0.0)
        self._lock = threading.Lock()
        self._calls = 0

    def next(self) -> str | None:
        with self._lock:
            self._calls += 1
            return self._at.get(self._calls, self._every)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise each response waits 40 ms for an ACK
    book: Book
    window: Window
    faults: Faults

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if self.faults.throttled_gets > 0:
            self.faults.throttled_gets -= 1
            self._answer(429, {"message": "Too many requests"}, "TooManyRequestsException")
            return
        for prefix, fault in self.faults.gets.items():
            if path.startswith(prefix):
                self._answer(fault[0], {"message": fault[2]}, fault[1])
                return
        if path == "/v2/email/account":
            limit = self.window.limit or 100_000
            quota = {"Max24HourSend": 5_000_000.0, "MaxSendRate": limit, "SentLast24Hours": 0.0}
            account = {"SendQuota": quota, "ProductionAccessEnabled": True, "SendingEnabled": True}
            self._answer(200, {**account, **self.faults.account})
        elif path.startswith("/v2/email/templates/"):
            self._answer(
                200, {"TemplateName": path.rsplit("/", 1)[1], "TemplateContent": self.faults.template}
            )
        elif path.startswith("/v2/email/identities/"):
            self._answer(200, {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True})
        elif path.startswith("/v2/email/suppression/addresses/"):
            self._suppressed(path.rsplit("/", 1)[1].replace("%40", "@"))
        elif path == "/v2/email/suppression/addresses":
            found = [
                {"EmailAddress": one, "Reason": "BOUNCE", "LastUpdateTime": 0}
                for one in self.faults.suppressed
            ]
            self._answer(200, {"SuppressedDestinationSummaries": found})
        else:
            self._answer(404, {"message": "not there"}, "NotFoundException")

    def _suppressed(self, address: str) -> None:
        if address in self.faults.suppressed:
            found = {"EmailAddress": address, "Reason": "BOUNCE", "LastUpdateTime": 0}
            self._answer(200, {"SuppressedDestination": found})
        else:
            self._answer(404, {"message": "not on the list"}, "NotFoundException")

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = {} if self.path == "/" else json.loads(raw or b"{}")
        kind = SENDS.get(self.path)
        if self.path == "/":
            self._answer_query(parse_qs(raw.decode()))
            return
        if kind is None:
            self._answer(404, {"message": "not there"}, "NotFoundException")
            return
        entries = body["BulkEmailEntries"] if kind == "bulk" else [body]
        if len(entries) > 50:
            self._answer(400, {"message": "more than 50"}, "BadRequestException")
            return
        fault = self.faults.next()
        if self.faults.latency:
            time.sleep(self.faults.latency)
        if fault is not None:
            self._misbehave(fault, entries)
        elif any(self.faults.poison and self.faults.poison in json.dumps(entry) for entry in entries):
            self._answer(400, {"message": "an entry is malformed"}, "BadRequestException")
        elif not self.window.admits(sum(_weight(entry) for entry in entries)):
            self._answer(429, {"message": "Maximum sending rate exceeded."}, "TooManyRequestsException")
        elif kind == "bulk":
            self._answer(200, {"BulkEmailEntryResults": self._results(entries)})
        else:
            self._answer(200, {"MessageId": self.book.accept([_noted(body, body)])[0]})

    def _results(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        results = [self._status(entry) for entry in entries]
        taken = [_noted(entry, entry) for entry, result in zip(entries, results, strict=True) if not result]
        ids = iter(self.book.accept(taken))
        return [result or {"Status": "SUCCESS", "MessageId": next(ids)} for result in results]

    def _status(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        to = entry["Destination"]["ToAddresses"][0]
        status = next((code for mark, code in self.faults.statuses.items() if mark in to), None)
        return {"Status": status, "Error": f"made so by the test for {to}"} if status else None

    def _misbehave(self, fault: str, entries: list[dict[str, Any]]) -> None:
        self.book.note(fault)
        # The message is accepted before the response is lost: a second attempt would be a second message.
        if fault == "slow":
            time.sleep(0.3)
            self._answer(200, {"BulkEmailEntryResults": self._results(entries)})
        elif fault == "hang":
            self.book.accept([_noted(entry, entry) for entry in entries])
            time.sleep(30)
        elif fault == "swallow":
            time.sleep(30)
        elif fault == "reset":
            self.book.accept([_noted(entry, entry) for entry in entries])
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "truncated":
            self.book.accept([_noted(entry, entry) for entry in entries])
            self._answer(200, {"BulkEmailEntryResults": []}, cut=True)
        elif fault == "500":
            self.book.accept([_noted(entry, entry) for entry in entries])
            self._answer(500, {"message": "internal"}, "InternalServiceErrorException")
        elif fault == "429":
            self._answer(429, {"message": "Maximum sending rate exceeded."}, "TooManyRequestsException")
        elif fault.startswith("accepted "):
            # A proxy forwards the request, and answers itself.
            self.book.accept([_noted(entry, entry) for entry in entries])
            self._answer_as_a_proxy(fault.removeprefix("accepted "))
        elif fault.startswith("page"):
            self._answer_as_a_proxy(fault.removeprefix("page "))
        else:
            code, message = fault.split(":", 1)
            self._answer(400, {"message": message}, code)

    def _answer(
        self, status: int, content: dict[str, Any], code: str | None = None, *, cut: bool = False
    ) -> None:
        raw = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if cut else raw)
        if cut:
            self.close_connection = True

    def _answer_as_a_proxy(self, status: str) -> None:
        """A response that is not from SES: a page, or nothing at all."""
        kind, _, status = status.rpartition(" ")
        page = (
            b'{"code": "RATE_LIMITED", "message": "slow down"}'
            if kind == "json"
            else b"<html>not here</html>"
        )
        raw = b"" if status == "empty" else page
        self.send_response(200 if status == "empty" else int(status))
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _answer_query(self, form: dict[str, list[str]]) -> None:
        """Answer the two calls of a bulk send that use the query protocol: every identity is verified."""
        action = form["Action"][0]
        if action == "GetCallerIdentity":
            self._answer_xml(action, f"<Account>{self.faults.number}</Account>", ok=bool(self.faults.number))
            return
        if action in self.faults.gets:
            status, code, message = self.faults.gets[action]
            error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            self._write_xml(status, f"<ErrorResponse>{error}</ErrorResponse>")
            return
        verified = "<value><VerificationStatus>Success</VerificationStatus></value>"
        names = [values[0] for key, values in form.items() if key.startswith("Identities.member.")]
        entries = "".join(f"<entry><key>{name}</key>{verified}</entry>" for name in names)
        self._answer_xml(action, f"<VerificationAttributes>{entries}</VerificationAttributes>", ok=True)

    def _answer_xml(self, action: str, result: str, *, ok: bool) -> None:
        document = f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
        self._write_xml(200 if ok else 403, document)

    def _write_xml(self, status: int, document: str) -> None:
        raw = document.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args: Any) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """Ignore errors of clients that were killed during a call."""


def _weight(entry: dict[str, Any]) -> int:
    return sum(len(addresses) for addresses in entry["Destination"].values())


def _noted(entry: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    tags = {
        tag["Name"]: tag["Value"] for tag in source.get("ReplacementTags") or source.get("EmailTags") or []
    }
    return {"to": entry["Destination"]["ToAddresses"][0], "tags": tags, "entry": entry}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--book", required=True)
    parser.add_argument("--limit", type=float)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", default="{}")
    given = parser.parse_args()
    Handler.book = Book(given.book)
    faults = json.loads(given.faults)
    Handler.window = Window(given.limit, faults.get("lower"))
    Handler.faults = Faults(faults)
    server = Server(("127.0.0.1", given.port), Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
