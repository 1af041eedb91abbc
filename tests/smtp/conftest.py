"""SMTP servers for a test, and the authority that signs their certificates."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import SMTP
from smtp_servers import Authority, Recorder, Running, running

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def smtp_server(authority: Authority) -> Iterator[Callable[..., Running]]:
    """`smtp_server(tls="implicit", auth=False, …)`: an SMTP server; `context` is what it shows of itself."""
    with ExitStack() as stack:

        def start(
            *,
            tls: str | None = "starttls",
            auth: bool = True,
            context: ssl.SSLContext | None = None,
            answers: dict[str, str] | None = None,
        ) -> Running:
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

            port = stack.enter_context(running(session, shown if tls == "implicit" else None))
            return Running(port, seen)

        yield start


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """`raw_server(talk)`: a server that does with each connection what `talk` does; gives its port."""
    listeners: list[socket.socket] = []

    def start(talk: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        talk(connection)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.close()
