"""A secret access key as the user supplies it: alone, as JSON of the AWS CLI, or in the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import AccessError, UsageError
from sescli.groups.smtp.service.password import is_password
from sescli.text.structured import STRICT_JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "AWS_SECRET_ACCESS_KEY"
_TOKENS = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_KEY_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")
_TEMPORARY = "ASIA"
_PRINTABLE = re.compile(r"[!-~]+")
# The JSON objects that hold a key: responses of iam create-access-key and sts assume-role.
_WRAPPERS = ("AccessKey", "Credentials")
_USUAL_LENGTH = 40


@dataclass(frozen=True)
class SecretKey:
    """A secret access key. `access_key_id` is None if only the secret was given."""

    secret: str = field(repr=False)
    access_key_id: str | None = None
    session_token: bool = False

    @property
    def has_usual_length(self) -> bool:
        """Whether it is 40 characters long, like every key of AWS."""
        return len(self.secret) == _USUAL_LENGTH


def parse_secret_key(text: str, environ: Mapping[str, str]) -> SecretKey:
    """Parse a key: the bare secret, or the JSON of `aws iam create-access-key`.

    If the environment (`environ`) has the same secret with a session token, the key is temporary. Raises
    `UsageError` for an invalid key and `AccessError` for a temporary one. No error repeats any of the text.
    """
    stripped = text.strip()
    key = _from_json(stripped) if stripped.startswith("{") else SecretKey(stripped)
    exported = _environment_key(environ)
    if exported is not None and exported.secret == key.secret:
        key = SecretKey(key.secret, key.access_key_id or exported.access_key_id, exported.session_token)
    return _checked(key)


def key_from_environment(environ: Mapping[str, str]) -> SecretKey | None:
    """The key in AWS_SECRET_ACCESS_KEY, or None. Raises the errors of `parse_secret_key`."""
    key = _environment_key(environ)
    return None if key is None else _checked(key)


def _environment_key(environ: Mapping[str, str]) -> SecretKey | None:
    secret = environ.get(VARIABLE, "").strip()
    if not secret:
        return None
    token = any(environ.get(name) for name in _TOKENS)
    return SecretKey(secret, environ.get("AWS_ACCESS_KEY_ID") or None, token)


def _from_json(text: str) -> SecretKey:
    try:
        found: Any = STRICT_JSON.decode(text)
    except (ValueError, RecursionError):
        raise UsageError("the secret key is neither a bare secret nor JSON") from None
    for wrapper in _WRAPPERS:
        if isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    secret = found.get("SecretAccessKey")
    if not isinstance(secret, str):
        raise UsageError(
            "the JSON has no SecretAccessKey",
            hint="pipe in the output of 'aws iam create-access-key', or only the secret",
        )
    key_id = found.get("AccessKeyId")
    return SecretKey(secret, key_id if isinstance(key_id, str) else None, bool(found.get("SessionToken")))


def _checked(key: SecretKey) -> SecretKey:
    if not _PRINTABLE.fullmatch(key.secret):
        what = "empty" if not key.secret else "not a single line of printable ASCII without spaces"
        raise UsageError(
            f"the secret key is {what}", hint="give the SecretAccessKey of an IAM user: 40 characters"
        )
    if _KEY_ID.fullmatch(key.secret) and not key.has_usual_length:
        raise UsageError(
            "this is an access key ID, not a secret access key",
            hint="the secret has 40 characters in upper and lower case",
        )
    if is_password(key.secret):
        raise UsageError(
            "this is an SMTP password, not a secret access key",
            hint="give the secret access key; a password of another region cannot be derived from an SMTP password",
        )
    if key.session_token or (key.access_key_id or "").startswith(_TEMPORARY):
        raise AccessError(
            "these are temporary credentials, which have no SMTP password",
            hint=Advice("create a user with a permanent key: ", NextCommand("smtp", "create", "USER")),
            code="TemporaryCredentials",
        )
    return key
