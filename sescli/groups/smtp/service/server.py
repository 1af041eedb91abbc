"""Which SMTP server to speak to, and how a connection to it is kept safe and short."""

from __future__ import annotations

import smtplib
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sescli.errors import InputFileError, Place
from sescli.groups.smtp.service.endpoints import TLS_PORTS

if TYPE_CHECKING:
    import socket
    from pathlib import Path

STARTTLS, IMPLICIT = "starttls", "implicit"
TLS_MODES = (STARTTLS, IMPLICIT)

# smtplib would ask DNS for this machine's name, wait for it, and tell it to the server.
_OWN_NAME = "[127.0.0.1]"


@dataclass(frozen=True)
class SmtpServer:
    """An SMTP server. `timeout` is what the whole conversation may take, in seconds."""

    host: str
    port: int
    tls: str
    timeout: float = 30.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def usual_tls(port: int) -> str:
    """How a port of SES begins TLS: at once on 465 and 2465, after STARTTLS on all others."""
    return IMPLICIT if port in TLS_PORTS else STARTTLS


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later with the certificate and the host's name checked.

    `ca_file` (PEM) takes the place of the machine's own authorities. Raises `InputFileError` when it will not do.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except ssl.SSLError as error:
        raise InputFileError("holds no certificate in PEM form", place=Place(str(ca_file))) from error
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror}", place=Place(str(ca_file))) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Deadline:
    """Cuts a connection when its time is up.

    A time limit of the socket's holds for one read; a server that sends a byte now and then would keep one
    waiting for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._twin: socket.socket | None = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._twin is not None:
            self._twin.close()

    def watch(self, connection: socket.socket) -> None:
        """Watch a connection; a twin of it, because TLS takes the first one over."""
        self._twin = connection.dup()

    def _cut(self) -> None:
        import socket
        from contextlib import suppress

        self.passed = True
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


class Client(smtplib.SMTP):
    """smtplib's client, connected by its constructor, with TLS from the start where the server wants it."""

    def __init__(self, server: SmtpServer, context: ssl.SSLContext, deadline: Deadline) -> None:
        self._tls = server.tls
        self._context = context
        self._deadline = deadline
        super().__init__(server.host, server.port, local_hostname=_OWN_NAME, timeout=server.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The place where smtplib's own SMTP_SSL wraps its socket too."""
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._deadline.watch(connection)
        if self._tls != IMPLICIT:
            return connection
        return self._context.wrap_socket(connection, server_hostname=host)
