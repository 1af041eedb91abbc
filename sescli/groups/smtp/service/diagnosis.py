"""What it means when an SMTP conversation fails, and the way out: one verdict for each thing that happens."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from enum import Enum
from typing import TYPE_CHECKING

from sescli.errors import (
    AccessError,
    ApiError,
    CheckFailedError,
    NetworkError,
    OutcomeUnknownError,
    QuotaExceededError,
    RetryableError,
    SescliError,
    ThrottledError,
)
from sescli.groups.smtp.service.endpoints import region_of_host
from sescli.groups.smtp.service.server import IMPLICIT, STARTTLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.smtp.service.server import SmtpServer

_BAD_CREDENTIALS = 535
_TEMPORARY = range(400, 500)
_OLD_PORT = 25


class SmtpStep(Enum):
    """How far the conversation had come."""

    CONNECT = "connecting"
    HELLO = "the greeting"
    TLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "the mail"


def diagnose(
    error: Exception, server: SmtpServer, step: SmtpStep, secrets: Sequence[str], *, late: bool
) -> SescliError:
    """The error of sescli's tree for what broke a conversation.

    `late` says that time was up. `secrets` are the user name and password: a server may quote them back, and
    then they are masked.
    """
    if step is SmtpStep.MAIL and (late or isinstance(error, smtplib.SMTPServerDisconnected)):
        return OutcomeUnknownError(
            f"{server} hung up on the mail, or was too slow", hint="look whether it has arrived"
        )
    if late:
        return _timed_out(server, step)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, server)
    if isinstance(error, ssl.SSLError):
        return _tls_failed(error, server)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _missing_feature(server, step)
    if isinstance(error, smtplib.SMTPResponseException):
        return _rejected(error.smtp_code, _masked_reply(error.smtp_error, secrets), server, step)
    if isinstance(error, smtplib.SMTPException | ValueError):
        return _not_smtp(server, step)
    return _unreachable(error, server)


def _timed_out(server: SmtpServer, step: SmtpStep) -> SescliError:
    hint = "a firewall may drop the connection: try --port 2587, or --timeout for a slow server"
    if step is SmtpStep.CONNECT and server.tls == STARTTLS:
        hint += "; if the server speaks TLS from the start: --tls implicit"
    if server.port == _OLD_PORT:
        hint = "port 25 is blocked or throttled in many networks (EC2 too): --port 587"
    return NetworkError(
        f"{server}: no end of {step.value} within {server.timeout:g} s",
        hint=hint,
        code="Timeout",
        retryable=True,
    )


def _certificate(error: ssl.SSLCertVerificationError, server: SmtpServer) -> SescliError:
    why = error.verify_message
    hint = "do not trust this connection with a password"
    if "expired" in why:
        hint = "the server's certificate must be renewed; check this machine's clock too"
    elif "mismatch" in why or "doesn't match" in why or "not valid for" in why:
        hint = "connect by the name that the certificate has: --host NAME"
    elif "issuer" in why or "self" in why:
        hint = "if a private authority has signed it: --ca-file FILE.pem"
    return CheckFailedError(
        f"{server}: the certificate is not to be trusted: {why}; the password was not sent",
        hint=hint,
        code="CertificateNotTrusted",
    )


def _tls_failed(error: ssl.SSLError, server: SmtpServer) -> SescliError:
    other = STARTTLS if server.tls == IMPLICIT else IMPLICIT
    return CheckFailedError(
        f"{server}: TLS does not come about ({error.reason or error}); the password was not sent",
        hint=f"the port may begin in the other way: --tls {other}",
        code="TlsFailed",
    )


def _missing_feature(server: SmtpServer, step: SmtpStep) -> SescliError:
    if step is SmtpStep.TLS:
        return CheckFailedError(
            f"{server} offers no STARTTLS; the password was not sent in the clear",
            hint="if the port speaks TLS from the start: --tls implicit; else it is no server to log in to",
            code="NoTls",
        )
    return CheckFailedError(
        f"{server} offers no AUTH that is known here",
        hint="this is no submission server: SES offers AUTH PLAIN and LOGIN on ports 587 and 465",
        code="NoAuth",
    )


def _rejected(code: int, text: str, server: SmtpServer, step: SmtpStep) -> SescliError:
    said = f"{server} answered {code} to {step.value}: {text}"
    if code < 0:
        return _not_smtp(server, step)
    if code == _BAD_CREDENTIALS:
        return AccessError(said, hint=_bad_credentials_hint(server), code="535")
    if "quota exceeded" in text.lower():
        return QuotaExceededError(
            said, hint="it counts the last 24 hours: sescli reputation quota", code=str(code), retryable=True
        )
    if "rate exceeded" in text.lower():
        return ThrottledError(said, hint="send more slowly, and try again", code=str(code), retryable=True)
    if code in _TEMPORARY:
        return RetryableError(
            said, hint="a passing fault: try again in a while", code=str(code), retryable=True
        )
    if "not authorized" in text.lower() or "access denied" in text.lower():
        hint = "the user's policy does not allow this sender: sescli smtp list, and --from of smtp create"
        return AccessError(said, hint=hint, code=str(code))
    return ApiError(said, hint=_rejection_hint(text, server), code=str(code))


def _bad_credentials_hint(server: SmtpServer) -> str:
    """A password of another region is what it mostly is (SES developer guide, troubleshooting SMTP)."""
    region = region_of_host(server.host)
    rest = (
        "or the user name is no access key ID, the key is inactive or deleted, "
        "or it is so new that AWS does not know it everywhere yet: wait half a minute"
    )
    if region is None:
        return f"the user name or the password is wrong; {rest}"
    return (
        f"a password is for one region, and this host is {region}'s: derive it with 'sescli smtp password "
        f"--for-region {region}', or name the region it is for: 'sescli smtp test --for-region REGION'; {rest}"
    )


def _rejection_hint(text: str, server: SmtpServer) -> str | None:
    if "not verified" not in text.lower():
        return None
    where = region_of_host(server.host)
    place = f" --region {where}" if where else ""
    return (
        f"verify the sender in this region, and in the sandbox the recipient too: "
        f"sescli identity verify NAME{place}"
    )


def _not_smtp(server: SmtpServer, step: SmtpStep) -> SescliError:
    return CheckFailedError(
        f"{server} hung up or does not speak SMTP, at {step.value}",
        hint="check the port: SES has 587, 2587 and 25 for STARTTLS, 465 and 2465 for TLS from the start",
        code="NotSmtp",
    )


def _unreachable(error: Exception, server: SmtpServer) -> SescliError:
    if isinstance(error, socket.gaierror):
        hint = "check --host and --for-region: sescli smtp endpoints"
        return NetworkError(
            f"DNS does not know {server.host} ({error.strerror})", hint=hint, code="Dns", retryable=True
        )
    reason = getattr(error, "strerror", None) or error
    hint = "check --port and --tls, and whether a firewall lets SMTP out: --port 2587"
    return NetworkError(f"{server}: no connection ({reason})", hint=hint, code="NoConnection", retryable=True)


def _masked_reply(answer: bytes | str, secrets: Sequence[str]) -> str:
    """What the server said, without what it must not say on."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    username, password = secrets
    plain = f"\0{username}\0{password}"
    for secret in (plain, password):
        text = text.replace(base64.b64encode(secret.encode()).decode(), "(redacted)")
    return text.replace(password, "(redacted)")
