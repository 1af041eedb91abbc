"""A stub of SES for the bulk benchmarks, in its own process: it responds and stores nothing.

It must use little CPU time, so that only the clients are measured: it counts the recipients of a call by their
ToAddresses, and builds each response once. `ceiling` measures how much it can handle.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import socket
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESULT = {"Status": "SUCCESS", "MessageId": "0100017f8e9a2345-6789abcd-ef01-2345-6789-abcdef012345-000000"}
_READS: dict[bytes, dict[str, Any]] = {
    b"/v2/email/account": {
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        "SendQuota": {"Max24HourSend": -1.0, "MaxSendRate": 1_000_000.0, "SentLast24Hours": 0.0},
    },
    b"/v2/email/templates/": {
        "TemplateName": "T",
        "TemplateContent": {"Subject": "Order {{orderId}}", "Text": "Dear {{name}}"},
    },
    b"/v2/email/suppression/": {"SuppressedDestinationSummaries": []},
    b"/v2/email/identities/": {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True},
}
# Two look-ups use the query protocol: the account at STS, and the status of the sender in API v1.
_CALLER = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Arn>arn:aws:iam::123456789012:user/bench</Arn><UserId>AIDA</UserId><Account>123456789012</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
_VERIFIED = (
    b'<GetIdentityVerificationAttributesResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">'
    b"<GetIdentityVerificationAttributesResult><VerificationAttributes><entry><key>example.com</key>"
    b"<value><VerificationStatus>Success</VerificationStatus></value></entry></VerificationAttributes>"
    b"</GetIdentityVerificationAttributesResult></GetIdentityVerificationAttributesResponse>"
)
BULK = b"/v2/email/outbound-bulk-emails"


@cache
def _sent(count: int) -> bytes:
    return _answer({"BulkEmailEntryResults": [_RESULT] * count})


@cache
def _read(path: bytes) -> bytes:
    return _answer(next((answer for start, answer in _READS.items() if path.startswith(start)), {}))


def _answer(content: dict[str, Any]) -> bytes:
    return _framed(json.dumps(content).encode(), "application/json")


def _framed(body: bytes, kind: str) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n"
        f"x-amzn-RequestId: 00000000-0000-0000-0000-000000000000\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


_CALLER_IDENTITY = _framed(_CALLER, "text/xml")
_SENDER_STATUS = _framed(_VERIFIED, "text/xml")


def _query(request: bytes) -> bytes:
    return _CALLER_IDENTITY if b"Action=GetCallerIdentity" in request else _SENDER_STATUS


class _Connection(asyncio.Protocol):
    """Serve one client: requests one after the other, as boto3 sends them."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return
        request = b"".join(self._parts)
        head_ends = request.find(b"\r\n\r\n")
        if head_ends < 0:
            self._parts = [request]
            return
        self._missing = head_ends + 4 + _length(request[:head_ends]) - len(request)
        if self._missing > 0:
            self._parts = [request]
            return
        self._parts = []
        path = request[: request.index(b" HTTP/1.1")].partition(b" ")[2]
        if path == BULK:
            answer = _sent(request.count(b'"ToAddresses"'))
        else:
            answer = _query(request) if path == b"/" else _read(path)
        self._transport.write(answer)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _serve(port: Any) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def running() -> Iterator[int]:
    """Run the stub; gives its port on loopback."""
    port: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(port,), daemon=True)
    server.start()
    try:
        yield port.get(timeout=30)
    finally:
        server.terminate()
        server.join()


def ceiling(port: int, body: bytes, recipients: int, *, seconds: float = 1.0) -> float:
    """Messages per second that the stub handles from a client that only writes and reads bytes."""
    head = f"POST {BULK.decode()} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    request, expected = head.encode() + body, len(_sent(recipients))
    calls, began = 0, time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while (took := time.perf_counter() - began) < seconds:
            connection.sendall(request)
            missing = expected
            while missing:
                missing -= len(connection.recv(missing))
            calls += 1
    return calls * recipients / took
