"""An SMTP server, and a connection to it with verified TLS and a deadline."""

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

# Otherwise smtplib looks up the name of this machine in DNS, waits, and sends it to the server.
_OWN_NAME = "[127.0.0.1]"


@dataclass(frozen=True)
class SmtpServer:
    """An SMTP server. `timeout` is for the complete conversation, in seconds."""

    host: str
    port: int
    tls: str
    timeout: float = 30.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def usual_tls(port: int) -> str:
    """The TLS mode of a port of SES: implicit on 465 and 2465, STARTTLS on all others."""
    return IMPLICIT if port in TLS_PORTS else STARTTLS


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later that verifies the certificate and the host name.

    `ca_file` (PEM) replaces the trusted authorities of this machine. Raises `InputFileError` if it cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except ssl.SSLError as error:
        raise InputFileError("has no certificate in PEM format", place=Place(str(ca_file))) from error
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror}", place=Place(str(ca_file))) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Deadline:
    """Closes a connection when its time is up.

    The time limit of a socket applies to one read. A server that sends a byte now and then could block for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._timer = threading.Timer(seconds, self._close)
        self._timer.daemon = True
        self._duplicate: socket.socket | None = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._duplicate is not None:
            self._duplicate.close()

    def watch(self, connection: socket.socket) -> None:
        """Watch a duplicate of the connection, because TLS takes over the original."""
        self._duplicate = connection.dup()

    def _close(self) -> None:
        import socket
        from contextlib import suppress

        self.passed = True
        if self._duplicate is not None:
            with suppress(OSError):
                self._duplicate.shutdown(socket.SHUT_RDWR)


class Client(smtplib.SMTP):
    """smtplib's client. The constructor connects, with implicit TLS if the server needs it."""

    def __init__(self, server: SmtpServer, context: ssl.SSLContext, deadline: Deadline) -> None:
        self._tls = server.tls
        self._context = context
        self._deadline = deadline
        super().__init__(server.host, server.port, local_hostname=_OWN_NAME, timeout=server.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Wrap the socket, as smtplib's own SMTP_SSL does in this method."""
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._deadline.watch(connection)
        if self._tls != IMPLICIT:
            return connection
        return self._context.wrap_socket(connection, server_hostname=host)
