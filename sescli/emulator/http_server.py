"""The emulator's HTTP server: werkzeug's threaded server, with keep-alive connections for SES.

werkzeug closes every connection after the response, which costs a connection and a thread per call. This server
writes SES responses in one piece and keeps the connection open. moto's own handler serves the requests for moto.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from sescli.emulator.http_messages import Request, Response
from sescli.emulator.router import is_cloudwatch_request
from sescli.emulator.surface import aws_services
from sescli.emulator.surface.bounded_body import BodyTooLargeError, BoundedReader
from sescli.emulator.surface.request_target import Area, find_area, split_absolute
from sescli.emulator.surface.web_origin import is_from_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.emulator.dispatch import Dispatcher
    from sescli.emulator.moto_services import LazyMoto
    from sescli.emulator.router import Router

HOST = "127.0.0.1"
_MAX_BYTES = 80 * 1024 * 1024  # a 40 MB message, base64-encoded twice
_MAX_OTHER_BYTES = 256 * 1024 * 1024  # one S3 object or part; moto keeps it in memory
_BACKLOG = 128  # connections that wait to be accepted
_MAX_CONNECTIONS = 512  # each one uses a thread
_IDLE = 600  # seconds until an idle connection is closed
_REQUEST_SECONDS = 30  # how long a client may pause within a request
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
# Two of these would let two parts of this program understand a request differently.
_SINGLE_HEADERS = (
    "Host",
    "Origin",
    "Authorization",
    "Content-Length",
    "Transfer-Encoding",
    "X-Amz-Target",
    "Sec-Fetch-Site",
)
_log = logging.getLogger(__name__)


class EmulatorServer(ThreadedWSGIServer):
    """Listens on loopback; `port` 0 selects a free port.

    `answer_admin` answers requests below `/_sescli/`, and `answer_compat` those of `local start --compat`, if given.
    """

    def __init__(self, port: int) -> None:
        """Raises OSError if the port is in use (werkzeug itself would exit)."""
        with socket.create_server((HOST, port), backlog=_BACKLOG) as listening:
            super().__init__(HOST, port, _no_application, handler=RequestHandler, fd=listening.fileno())
        self.router: Router
        self.moto: LazyMoto
        self.dispatcher: Dispatcher
        self.answer_admin: Callable[[Request], Response]
        self.answer_compat: Callable[[Request], Response | None] | None = None
        self._free_connections = threading.BoundedSemaphore(_MAX_CONNECTIONS)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's name
        _log.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread, unless too many are open."""
        if not self._free_connections.acquire(blocking=False):
            with suppress(OSError):
                request.sendall(_BUSY)
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free_connections.release()


class RequestHandler(WSGIRequestHandler):
    """One connection. `run_wsgi` is called for each of its requests."""

    server: EmulatorServer
    protocol_version = "HTTP/1.1"
    timeout = _IDLE
    disable_nagle_algorithm = True
    wbufsize = -1
    error_content_type = "text/plain"
    error_message_format = "%(code)d %(message)s\n"

    def parse_request(self) -> bool:
        """Read the headers. The request line has arrived, so the rest must not take long."""
        self.connection.settimeout(_REQUEST_SECONDS)
        return super().parse_request()

    def handle_one_request(self) -> None:
        self.connection.settimeout(_IDLE)
        super().handle_one_request()

    def handle_expect_100(self) -> bool:
        """Send `100 Continue` immediately. S3 clients wait up to a second for it before they send a body."""
        accepted = super().handle_expect_100()
        self.wfile.flush()
        return accepted

    def run_wsgi(self) -> None:
        if problem := self._framing_problem():
            self._refuse(HTTPStatus.BAD_REQUEST, problem)
            return
        authority, self.path = split_absolute(self.path)
        area = find_area(self.path)
        named = self.headers.get("Host", "") if authority is None else authority
        if not is_from_this_machine(self.headers, named, own_api=area is not Area.AWS):
            self._refuse(
                HTTPStatus.FORBIDDEN, "the local SES emulator accepts requests from this machine only"
            )
            return
        self._dispatch(area)

    def _dispatch(self, area: Area) -> None:
        request = Request(self.command, self.path, self.headers, peer=self.client_address)
        if area is Area.ADMIN:
            self._answer(request, self.server.answer_admin)
        elif area in {Area.MOTO, Area.LOCALSTACK} and self.server.answer_compat is not None:
            self._answer_compat(request, self.server.answer_compat)
        elif area is not Area.AWS:
            self._refuse(HTTPStatus.NOT_FOUND, "path not found")
        elif self.server.router.is_for_ses(request):
            self._answer(request, self.server.router.answer)
        elif service := aws_services.refused_service(self.headers, self.path):
            kind, body, headers = aws_services.refusal(service, self.headers)
            self.close_connection = True
            self._send(Response(aws_services.STATUS, kind, body, headers | {"Connection": "close"}))
        else:
            self._forward_to_moto()

    def _framing_problem(self) -> str | None:
        """Why the headers of the request are ambiguous, or None."""
        for name in _SINGLE_HEADERS:
            if len(self.headers.get_all(name, [])) > 1:
                return f"the header {name} occurs more than once"
        encoding = self.headers.get("Transfer-Encoding")
        if encoding is not None and encoding.strip().lower() != "chunked":
            return "Transfer-Encoding must be chunked"
        if encoding is not None and "Content-Length" in self.headers:
            return "the request has both Content-Length and Transfer-Encoding"
        return None

    def _answer(self, request: Request, answer: Callable[[Request], Response]) -> None:
        body = self._body()
        if body is None:
            return
        self._send(answer(replace(request, body=body)))

    def _answer_compat(self, request: Request, answer: Callable[[Request], Response | None]) -> None:
        """Answer a request of `--compat`. moto answers those of its own API that `answer` returns None for."""
        response = answer(request)
        if response is None:
            self._forward_to_moto()
        else:
            self.close_connection = True  # the body was not read
            self._send(response)

    def _body(self) -> bytes | None:
        """Read the request body. None if it was refused; the connection is then closed."""
        length = self._length(_MAX_BYTES)
        if "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "SES requests need a Content-Length header")
            return None
        return None if length is None else self.rfile.read(length)

    def _length(self, limit: int) -> int | None:
        """Return Content-Length. None if it is not valid or above the limit, which refuses the request."""
        text = self.headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdecimal()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "Content-Length must be a number")
            return None
        if len(text) > len(str(limit)) or int(text) > limit:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {limit} bytes")
            return None
        return int(text)

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self.close_connection = True
        body = json.dumps({"message": message}).encode()
        self._send(Response(status, "application/json", body, {"Connection": "close"}))

    def _forward_to_moto(self) -> None:
        """Let moto's handler answer this request. It closes the connection afterwards."""
        if self._length(_MAX_OTHER_BYTES) is None:
            return
        self.close_connection = True
        moto = self.server.moto.get()
        if is_cloudwatch_request(self.headers):
            self.server.dispatcher.publish_metrics()
        self.server.app = moto.application
        moto_handler = moto.handler.__new__(moto.handler)
        moto_handler.__dict__.update(self.__dict__)
        moto_handler.rfile = BoundedReader(self.rfile, 2 * _MAX_OTHER_BYTES)
        try:
            moto_handler.run_wsgi()
        except BodyTooLargeError:
            _log.warning("a request without Content-Length had more than %s bytes", 2 * _MAX_OTHER_BYTES)


def _no_application(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return []
