"""SMTP credentials: what a program needs to send through SES, and the formats that store them."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import UsageError
from sescli.text.structured import STRICT_JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

USERNAME_VARIABLE, PASSWORD_VARIABLE = "SMTP_USERNAME", "SMTP_PASSWORD"
_HOST_VARIABLE, _PORT_VARIABLE, _REGION_VARIABLE = "SMTP_HOST", "SMTP_PORT", "SMTP_REGION"
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_PRINTABLE = re.compile(r"[!-~]+")
_CREATE_FILE = NextCommand("smtp", "create", "USER", "--out", "smtp.env", "--format", "env")


@dataclass(frozen=True)
class SmtpCredentials:
    """The SMTP credentials of an IAM user for one region."""

    user: str
    access_key_id: str
    region: str
    host: str
    port: int
    smtp_username: str
    smtp_password: str = field(repr=False)

    def to_text(self, form: str) -> str:
        """The content of a file in a format: `json` or `env` (dotenv). No value needs quotes; docker --env-file has none."""
        if form == "json":
            return json.dumps(asdict(self), indent=2) + "\n"
        values = {
            _HOST_VARIABLE: self.host,
            _PORT_VARIABLE: self.port,
            USERNAME_VARIABLE: self.smtp_username,
            PASSWORD_VARIABLE: self.smtp_password,
            _REGION_VARIABLE: self.region,
        }
        return "".join(f"{name}={value}\n" for name, value in values.items())


@dataclass(frozen=True)
class SmtpInput:
    """Credentials that the user supplied; None for what was missing."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    region: str | None = None


def parse_smtp_input(text: str) -> SmtpInput:
    """Parse credentials: the password alone, a file of `SmtpCredentials.to_text`, or similar lines.

    Raises `UsageError` for anything else. No error repeats any of the text.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        return _smtp_input(_json(stripped))
    lines = [line.strip() for line in stripped.splitlines() if line.strip() and not line.startswith("#")]
    assignments = [_ASSIGNMENT.fullmatch(line) for line in lines]
    named = {found[1].lower(): found[2].strip("\"'") for found in assignments if found}
    if PASSWORD_VARIABLE.lower() in named:
        return _smtp_input(named)
    if len(lines) != 1:
        raise UsageError(
            "the credentials are neither a single line with the password nor a file written by sescli",
            hint=Advice("pipe in the password alone, or the file of ", _CREATE_FILE),
        )
    return SmtpInput(password=_printable(lines[0], "the password"))


def smtp_input_from_environment(environ: Mapping[str, str]) -> SmtpInput:
    """Credentials in the environment: SMTP_USERNAME, SMTP_PASSWORD, SMTP_HOST, SMTP_PORT and SMTP_REGION."""
    names = (USERNAME_VARIABLE, PASSWORD_VARIABLE, _HOST_VARIABLE, _PORT_VARIABLE, _REGION_VARIABLE)
    return _smtp_input({name.lower(): environ[name] for name in names if environ.get(name)})


def _json(text: str) -> dict[str, Any]:
    try:
        found = STRICT_JSON.decode(text)
    except (ValueError, RecursionError):
        raise UsageError("the credentials start like JSON but are not valid JSON") from None
    if not isinstance(found, dict) or not found.get("smtp_password"):
        raise UsageError("the JSON has no smtp_password", hint="with --out, the password is only in the file")
    return {key if key.startswith("smtp_") else f"smtp_{key}": value for key, value in found.items()}


def _smtp_input(named: Mapping[str, Any]) -> SmtpInput:
    username, password, host, region = (
        _printable(str(named[name]), name) if named.get(name) else None
        for name in ("smtp_username", "smtp_password", "smtp_host", "smtp_region")
    )
    port = str(named.get("smtp_port") or "")
    if port and not port.isdecimal():
        raise UsageError("the port in the credentials is not a number")
    return SmtpInput(username, password, host, int(port) if port else None, region)


def _printable(value: str, what: str) -> str:
    """SES's user names and passwords are printable ASCII; anything else was damaged on the way."""
    if not _PRINTABLE.fullmatch(value):
        raise UsageError(f"{what} contains a space, a control character or a character outside ASCII")
    return value
