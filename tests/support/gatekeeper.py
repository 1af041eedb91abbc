"""A gatekeeper in front of the emulator: it turns named operations away as AWS does, and passes on all else."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

# The REST API of Route 53 speaks XML too.
_ROUTE53 = "/2013-04-01/"
_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Refusal:
    """What the gatekeeper answers to an operation, and how many times it did; `times` None is for ever."""

    def __init__(self, status: int, code: str, message: str, times: int | None = None) -> None:
        self.status, self.code, self.message, self.left = status, code, message, times
        self.given = 0

    def takes(self) -> bool:
        if self.left == 0:
            return False
        self.left = None if self.left is None else self.left - 1
        self.given += 1
        return True

    def body(self, *, xml: bool) -> bytes:
        if not xml:
            return json.dumps({"__type": self.code, "message": self.message}).encode()
        return (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{self.code}</Code><Message>{self.message}</Message>"
            f"</Error><RequestId>refused-1</RequestId></ErrorResponse>"
        ).encode()


class Answer(Refusal):
    """No refusal but an answer of v2, for a state that the emulator cannot reach."""

    def __init__(self, document: dict[str, object]) -> None:
        super().__init__(200, "", "")
        self.document = document

    def body(self, *, xml: bool) -> bytes:
        assert not xml
        return json.dumps(self.document).encode()


class Altered(Refusal):
    """No refusal either: the emulator's own answer with some bytes changed."""

    def __init__(self, old: bytes, new: bytes, times: int | None = None) -> None:
        super().__init__(200, "", "", times)
        self.old, self.new = old, new


def denied(operation: str) -> Refusal:
    """As IAM words it."""
    return Refusal(403, "AccessDenied", f"User: test is not authorized to perform: ses:{operation}")


def throttled(times: int) -> Refusal:
    """As the control plane words it."""
    return Refusal(400, "Throttling", "Rate exceeded", times)


@contextmanager
def gatekeeper(upstream: str, refusals: dict[str, Refusal]) -> Iterator[str]:
    """The gatekeeper's address. `refusals` is by operation of v1 or CloudWatch, or by `METHOD /path` of v2 or Route 53."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits 40 ms for an ACK

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            action = parse_qs(body.decode("latin-1")).get("Action", [""])[0]
            target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            path = urlsplit(self.path).path
            refusal = refusals.get(action or target) or refusals.get(f"{self.command} {path}")
            if refusal is None or not refusal.takes():
                self.reply(*passed_on(upstream, self, body))
            elif isinstance(refusal, Altered):
                status, headers, content = passed_on(upstream, self, body)
                assert refusal.old in content
                self.reply(status, headers, content.replace(refusal.old, refusal.new))
            else:
                xml = bool(action) or path.startswith(_ROUTE53)
                kind = {"Content-Type": "text/xml"} if xml else {"x-amzn-ErrorType": refusal.code}
                self.reply(refusal.status, kind, refusal.body(xml=xml))

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names that http.server calls

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def passed_on(
    upstream: str, request: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)
    try:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        connection.request(request.command, request.path, body, headers)
        answer = connection.getresponse()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        return answer.status, kept, answer.read()
    finally:
        connection.close()
