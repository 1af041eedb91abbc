"""Test SMTP credentials in a conversation with a server (RFC 5321, 3207, 4954)."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from sescli.groups.smtp.service.diagnosis import SmtpStep, diagnose
from sescli.groups.smtp.service.server import STARTTLS, Client, Deadline, SmtpServer, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_KNOWN_AUTH = frozenset({"PLAIN", "LOGIN", "CRAM-MD5"})
_GOOD = range(200, 300)
# What SES answers when it accepts a message: "250 Ok 0102018f…-000000".
_ACCEPTED = re.compile(r"Ok (\S+)")


@dataclass(frozen=True)
class Login:
    """A user name and a password."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ProbeMessage:
    """A test message, from one bare address to another."""

    sender: str
    recipient: str

    def message(self, server: SmtpServer) -> bytes:
        """The MIME message, 7-bit."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, self.recipient
        mail["Subject"] = "Test of SMTP credentials"
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail.set_content(f"This message was sent through {server.host} by SMTP.\n")
        return mail.as_bytes().replace(b"\n", b"\r\n")


@dataclass(frozen=True)
class ProbeResult:
    """What a successful conversation showed.

    `certificate_expires` belongs to the server's certificate. `message_id` is None unless a message was sent.
    """

    host: str
    port: int
    tls: str
    tls_version: str
    certificate_expires: datetime | None
    username: str
    auth: tuple[str, ...]
    message_id: str | None


def run_probe(
    server: SmtpServer,
    login: Login,
    *,
    ca_file: Path | None = None,
    mail: ProbeMessage | None = None,
    say: Callable[[str], None],
) -> ProbeResult:
    """Connect, secure the connection, log in, and send `mail` if given; `say` is called after each step.

    The password is sent only over TLS, to a server whose certificate was verified. Raises `NetworkError`,
    `CheckFailedError` (certificate, no TLS, no AUTH), `AccessError` (535), `ThrottledError` and
    `QuotaExceededError` (454), `ApiError`.
    """
    context = tls_context(ca_file)
    with Deadline(server.timeout) as deadline:
        conversation = _Conversation(server, login, deadline)
        client = conversation.open(context)
        try:
            say(f"connected to {server}")
            conversation.secure(client, context)
            say(f"{_tls(client).version()}, certificate verified")
            auth = conversation.log_in(client)
            say(f"logged in as {login.username}")
            message_id = conversation.send(client, mail) if mail else None
            return _probe_result(server, login, client, auth, message_id)
        finally:
            with suppress(OSError):  # smtplib's exceptions are OSErrors; the result is known already
                client.close()


class _Conversation:
    """The steps of the conversation. The failure of a step becomes a diagnosis."""

    def __init__(self, server: SmtpServer, login: Login, deadline: Deadline) -> None:
        self._server = server
        self._login = login
        self._deadline = deadline

    def open(self, context: ssl.SSLContext) -> Client:
        with self._diagnosed(SmtpStep.CONNECT):
            return Client(self._server, context, self._deadline)

    def secure(self, client: Client, context: ssl.SSLContext) -> None:
        with self._diagnosed(SmtpStep.HELLO):
            client.ehlo_or_helo_if_needed()
        if self._server.tls == STARTTLS:
            with self._diagnosed(SmtpStep.TLS):
                client.starttls(context=context)

    def log_in(self, client: Client) -> tuple[str, ...]:
        with self._diagnosed(SmtpStep.AUTH):
            client.ehlo_or_helo_if_needed()  # what the server offered before TLS no longer applies
            offered = tuple(client.esmtp_features.get("auth", "").split())
            if not _KNOWN_AUTH & set(offered):
                raise smtplib.SMTPNotSupportedError
            client.login(self._login.username, self._login.password)
        return offered

    def send(self, client: Client, mail: ProbeMessage) -> str:
        with self._diagnosed(SmtpStep.MAIL):
            _expect(*client.mail(mail.sender))
            _expect(*client.rcpt(mail.recipient))
            code, answer = client.data(mail.message(self._server))
            _expect(code, answer)
        text = answer.decode("utf-8", "replace")
        found = _ACCEPTED.search(text)
        return found[1] if found else text

    @contextmanager
    def _diagnosed(self, step: SmtpStep) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            # smtplib reports a time-out as "unexpectedly closed".
            timed_out = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            late = self._deadline.passed or timed_out
            secrets = (self._login.username, self._login.password)
            raise diagnose(error, self._server, step, secrets, late=late) from None


def _expect(code: int, answer: bytes) -> None:
    if code not in _GOOD:
        raise smtplib.SMTPResponseException(code, answer)


def _tls(client: Client) -> ssl.SSLSocket:
    if not isinstance(client.sock, ssl.SSLSocket):
        raise TypeError("the connection is not a TLS one")
    return client.sock


def _probe_result(
    server: SmtpServer, login: Login, client: Client, auth: tuple[str, ...], message_id: str | None
) -> ProbeResult:
    tls = _tls(client)
    certificate: dict[str, Any] = tls.getpeercert() or {}
    expires = certificate.get("notAfter")
    return ProbeResult(
        server.host,
        server.port,
        server.tls,
        str(tls.version()),
        datetime.fromtimestamp(ssl.cert_time_to_seconds(expires), UTC) if expires else None,
        login.username,
        auth,
        message_id,
    )
