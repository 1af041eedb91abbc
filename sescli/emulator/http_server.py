"""The emulator's HTTP server: werkzeug's threaded server, with keep-alive connections for SES.

werkzeug closes every connection after the response, which costs a connection and a thread per call. This server
writes SES responses in one piece and keeps the connection open. moto's own handler serves the requests for moto.
"""

from __future__ import annotations

import logging
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from sescli.emulator.admin import PREFIX
from sescli.emulator.router import Request, Response, is_cloudwatch_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.emulator.dispatch import Dispatcher
    from sescli.emulator.moto_services import LazyMoto
    from sescli.emulator.router import Router

HOST = "127.0.0.1"
_MAX_BYTES = 80 * 1024 * 1024  # a 40 MB message, base64-encoded twice
_BACKLOG = 128  # connections that wait to be accepted
_IDLE = 600  # seconds until an idle connection is closed
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# S3 clients put the bucket name before the host name. SDKs behind a proxy keep AWS's host names.
_AWS_HOSTS = (".localhost", ".amazonaws.com")
_log = logging.getLogger(__name__)


class EmulatorServer(ThreadedWSGIServer):
    """Listens on loopback; `port` 0 selects a free port. `answer_admin` answers requests below `/_sescli/`."""

    def __init__(self, port: int) -> None:
        """Raises OSError if the port is in use (werkzeug itself would exit)."""
        with socket.create_server((HOST, port), backlog=_BACKLOG) as listening:
            super().__init__(HOST, port, _no_application, handler=RequestHandler, fd=listening.fileno())
        self.router: Router
        self.moto: LazyMoto
        self.dispatcher: Dispatcher
        self.answer_admin: Callable[[Request], Response]

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's name
        _log.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)


class RequestHandler(WSGIRequestHandler):
    """One connection. `run_wsgi` is called for each of its requests."""

    server: EmulatorServer
    protocol_version = "HTTP/1.1"
    timeout = _IDLE
    disable_nagle_algorithm = True
    wbufsize = -1
    error_content_type = "text/plain"
    error_message_format = "%(code)d %(message)s\n"

    def handle_expect_100(self) -> bool:
        """Send `100 Continue` immediately. S3 clients wait up to a second for it before they send a body."""
        accepted = super().handle_expect_100()
        self.wfile.flush()
        return accepted

    def run_wsgi(self) -> None:
        if not self._is_local():
            self._refuse(
                HTTPStatus.FORBIDDEN, "the local SES emulator accepts requests from this machine only"
            )
            return
        request = Request(self.command, self.path, self.headers)
        if self.path.startswith(PREFIX):
            self._answer(request, self.server.answer_admin)
        elif self.server.router.is_for_ses(request):
            self._answer(request, self.server.router.answer)
        else:
            self._forward_to_moto()

    def _is_local(self) -> bool:
        """Whether the request comes from a program on this machine and not from a foreign web page.

        A page that uses DNS rebinding still sends its own name as Host. A cross-site request sends its Origin. Only
        this server's own page may use the inbox and the settings, not a page from another port of this machine.
        """
        named = self.headers.get("Host", "")
        host = _host(named)
        origin = self.headers.get("Origin")
        if self.path.startswith(PREFIX):
            return host in _LOOPBACK and origin in {None, f"http://{named}"}
        if origin is not None and _host(origin.partition("//")[2]) not in _LOOPBACK:
            return False
        return host in _LOOPBACK or host.endswith(_AWS_HOSTS)

    def _answer(self, request: Request, answer: Callable[[Request], Response]) -> None:
        body = self._body()
        if body is None:
            return
        response = answer(Request(request.method, request.target, request.headers, body))
        self._send(response)

    def _body(self) -> bytes | None:
        """Read the request body. None if it was refused; the connection is then closed."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "SES requests need a Content-Length header")
            return None
        if int(length) > _MAX_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {_MAX_BYTES} bytes")
            return None
        return self.rfile.read(int(length))

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self.close_connection = True
        body = f'{{"message": "{message}"}}'.encode()
        self._send(Response(status, "application/json", body, {"Connection": "close"}))

    def _forward_to_moto(self) -> None:
        """Let moto's handler answer this request. It closes the connection afterwards."""
        self.close_connection = True
        moto = self.server.moto.get()
        if is_cloudwatch_request(self.headers):
            self.server.dispatcher.publish_metrics()
        self.server.app = moto.application
        moto_handler = moto.handler.__new__(moto.handler)
        moto_handler.__dict__.update(self.__dict__)
        moto_handler.run_wsgi()


def _host(place: str) -> str:
    try:
        return urlsplit(f"//{place}").hostname or ""
    except ValueError:  # brackets without an IPv6 address
        return ""


def _no_application(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return []
