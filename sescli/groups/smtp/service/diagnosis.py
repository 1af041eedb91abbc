"""Why an SMTP conversation failed and how to fix it: one error for each cause."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from enum import Enum
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
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

    from sescli.advice import Hint
    from sescli.groups.smtp.service.server import SmtpServer

_BAD_CREDENTIALS = 535
_TEMPORARY = range(400, 500)
_OLD_PORT = 25


class SmtpStep(Enum):
    """The step in which the conversation failed."""

    CONNECT = "connecting"
    HELLO = "the greeting"
    TLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "the message"


def diagnose(
    error: Exception, server: SmtpServer, step: SmtpStep, secrets: Sequence[str], *, late: bool
) -> SescliError:
    """Translate the exception that ended a conversation into an error of sescli.

    `late` says that the time was up. `secrets` are the user name and password; they are masked in replies of the
    server, which may quote them.
    """
    if step is SmtpStep.MAIL and (late or isinstance(error, smtplib.SMTPServerDisconnected)):
        return OutcomeUnknownError(
            f"{server} closed the connection or timed out while sending the message",
            hint="check whether the message arrived",
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
    hint = "a firewall may block the port: try --port 2587; for a slow server, raise --timeout"
    if step is SmtpStep.CONNECT and server.tls == STARTTLS:
        hint += "; for a server with implicit TLS, add --tls implicit"
    if server.port == _OLD_PORT:
        hint = "many networks, including EC2, block or throttle port 25: use --port 587"
    return NetworkError(
        f"{server}: {step.value} timed out after {server.timeout:g} s",
        hint=hint,
        code="Timeout",
        retryable=True,
    )


def _certificate(error: ssl.SSLCertVerificationError, server: SmtpServer) -> SescliError:
    why = error.verify_message
    hint = "do not send a password over this connection"
    if "expired" in why:
        hint = "renew the server's certificate; check the clock of this machine too"
    elif "mismatch" in why or "doesn't match" in why or "not valid for" in why:
        hint = "connect to the name in the certificate: --host NAME"
    elif "issuer" in why or "self" in why:
        hint = "if a private authority signed it, add --ca-file FILE.pem"
    return CheckFailedError(
        f"{server}: certificate not trusted: {why}; the password was not sent",
        hint=hint,
        code="CertificateNotTrusted",
    )


def _tls_failed(error: ssl.SSLError, server: SmtpServer) -> SescliError:
    other = STARTTLS if server.tls == IMPLICIT else IMPLICIT
    return CheckFailedError(
        f"{server}: TLS failed ({error.reason or error}); the password was not sent",
        hint=f"the port may use the other TLS mode: --tls {other}",
        code="TlsFailed",
    )


def _missing_feature(server: SmtpServer, step: SmtpStep) -> SescliError:
    if step is SmtpStep.TLS:
        return CheckFailedError(
            f"{server} does not offer STARTTLS; the password was not sent",
            hint="if the port uses implicit TLS, add --tls implicit; otherwise use another server",
            code="NoTls",
        )
    return CheckFailedError(
        f"{server} offers no supported AUTH mechanism",
        hint="this is not a submission server: SES offers AUTH PLAIN and LOGIN on ports 587 and 465",
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
            said,
            hint=Advice("the quota covers the last 24 hours: ", NextCommand("reputation", "quota")),
            code=str(code),
            retryable=True,
        )
    if "rate exceeded" in text.lower():
        return ThrottledError(said, hint="send more slowly and try again", code=str(code), retryable=True)
    if code in _TEMPORARY:
        return RetryableError(said, hint="a temporary error: try again later", code=str(code), retryable=True)
    if "not authorized" in text.lower() or "access denied" in text.lower():
        hint = Advice("the IAM policy of the user does not allow this sender: ", NextCommand("smtp", "list"))
        return AccessError(said, hint=hint, code=str(code))
    return ApiError(said, hint=_rejection_hint(text, server), code=str(code))


def _bad_credentials_hint(server: SmtpServer) -> Hint:
    """The usual cause is a password of another region (SES developer guide, troubleshooting SMTP)."""
    region = region_of_host(server.host)
    rest = (
        "or the user name is not an access key ID, the key is inactive or deleted, "
        "or it is new and not active everywhere yet: wait 30 seconds"
    )
    if region is None:
        return f"the user name or the password is wrong; {rest}"
    derive = NextCommand("smtp", "password", "--for-region", region)
    other = NextCommand("smtp", "test", "--for-region", "REGION")
    return Advice(
        f"a password works in one region only, and this host is in {region}: derive its password with ",
        derive,
        ", or test in the region of your password with ",
        other,
        f"; {rest}",
    )


def _rejection_hint(text: str, server: SmtpServer) -> Hint | None:
    if "not verified" not in text.lower():
        return None
    region = region_of_host(server.host)
    verify = NextCommand("identity", "verify", "NAME", *(("--region", region) if region else ()))
    return Advice("verify the sender in this region, in the sandbox the recipient too: ", verify)


def _not_smtp(server: SmtpServer, step: SmtpStep) -> SescliError:
    return CheckFailedError(
        f"{server} closed the connection or is not an SMTP server (during {step.value})",
        hint="check the port: SES uses 587, 2587 and 25 for STARTTLS, 465 and 2465 for implicit TLS",
        code="NotSmtp",
    )


def _unreachable(error: Exception, server: SmtpServer) -> SescliError:
    if isinstance(error, socket.gaierror):
        endpoints = Advice("check --host and --for-region: ", NextCommand("smtp", "endpoints"))
        return NetworkError(
            f"cannot resolve {server.host} ({error.strerror})", hint=endpoints, code="Dns", retryable=True
        )
    reason = getattr(error, "strerror", None) or error
    hint = "check --port and --tls; a firewall may block SMTP: try --port 2587"
    return NetworkError(
        f"{server}: cannot connect ({reason})", hint=hint, code="NoConnection", retryable=True
    )


def _masked_reply(answer: bytes | str, secrets: Sequence[str]) -> str:
    """The reply of the server, without the password."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    username, password = secrets
    plain = f"\0{username}\0{password}"
    for secret in (plain, password):
        text = text.replace(base64.b64encode(secret.encode()).decode(), "(redacted)")
    return text.replace(password, "(redacted)")
