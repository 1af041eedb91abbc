"""SMTP servers on loopback: real ones with STARTTLS, implicit TLS and AUTH, and ones that misbehave."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

USERNAME = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"  # us-east-1 (docs/ses-behavior.md#smtp-password)


class Authority:
    """An authority of one's own and the certificates that it signs."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def context(self, name: str = "localhost", *, expired: bool = False) -> ssl.SSLContext:
        import ssl

        now = datetime.now(UTC)
        dates = {"not_before": now - timedelta(days=9), "not_after": now - timedelta(days=1)}
        certificate = self._ca.issue_cert(name, **(dates if expired else {}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context


@dataclass
class Recorder:
    """An aiosmtpd handler that keeps messages and answers as SES does; `answers` replaces what it says."""

    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        if "hang" in self.answers:
            await asyncio.sleep(float(self.answers["hang"]))
        if "data" in self.answers:
            return self.answers["data"]
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 Ok 0102018f-12345678-000000"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, auth: Any) -> AuthResult:
        self.logins.append((auth.login.decode(), auth.password.decode()))
        if "auth" in self.answers:
            return AuthResult(success=False, handled=False, message=self.answers["auth"])
        return AuthResult(success=self.logins[-1] == (USERNAME, PASSWORD), handled=False)


@contextmanager
def running(factory: Callable[[], SMTP], implicit: ssl.SSLContext | None) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def serve() -> asyncio.Server:
        return await loop.create_server(factory, "127.0.0.1", 0, ssl=implicit)

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)

    async def end() -> None:
        server.close()
        for task in asyncio.all_tasks(loop) - {asyncio.current_task()}:
            task.cancel()

    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@dataclass(frozen=True)
class Running:
    port: int
    seen: Recorder

    @property
    def place(self) -> list[str]:
        return ["--host", "localhost", "--port", str(self.port)]


@contextmanager
def serving(
    authority: Authority,
    *,
    tls: str | None = "starttls",
    auth: bool = True,
    context: ssl.SSLContext | None = None,
    answers: dict[str, str] | None = None,
) -> Iterator[Running]:
    """An SMTP server that takes `USERNAME` and `PASSWORD`; `context` is what it shows of itself."""
    seen = Recorder(answers=answers or {})
    shown = context or authority.context()

    def session() -> SMTP:
        return SMTP(
            seen,
            hostname="email-smtp.amazonaws.com",
            tls_context=shown if tls == "starttls" else None,
            require_starttls=tls == "starttls",
            authenticator=seen.authenticate if auth else None,
            auth_required=auth and tls == "starttls",
            auth_require_tls=tls == "starttls",
            auth_exclude_mechanism=None if auth else ["PLAIN", "LOGIN"],
        )

    with running(session, shown if tls == "implicit" else None) as port:
        yield Running(port, seen)


def silent(connection: socket.socket) -> None:
    """Wait for the other side to give up."""
    connection.settimeout(20)
    while connection.recv(1024):
        pass


def dripping(connection: socket.socket) -> None:
    """A byte now and then, and never a whole line."""
    for _ in range(600):
        connection.sendall(b"2")
        time.sleep(0.05)
