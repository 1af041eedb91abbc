"""A secret access key as it is handed over: alone, as the JSON of the AWS CLI, or in the environment."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.errors import AccessError, UsageError
from sescli.groups.smtp.service.password import is_password

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "AWS_SECRET_ACCESS_KEY"
_TOKENS = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_KEY_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")
_TEMPORARY = "ASIA"
_PRINTABLE = re.compile(r"[!-~]+")
# The objects in which AWS hands out keys: iam create-access-key, sts assume-role.
_WRAPPERS = ("AccessKey", "Credentials")
_USUAL_LENGTH = 40


@dataclass(frozen=True)
class SecretKey:
    """A secret access key. `access_key_id` is None where only the secret was given."""

    secret: str = field(repr=False)
    access_key_id: str | None = None
    session_token: bool = False

    @property
    def has_usual_length(self) -> bool:
        """Whether it is as long as AWS makes them."""
        return len(self.secret) == _USUAL_LENGTH


def parse_secret_key(text: str, environ: Mapping[str, str]) -> SecretKey:
    """The key in a text: the bare secret, or the JSON of `aws iam create-access-key`.

    `environ` tells whether that same secret stands in the environment with a session token. Raises `UsageError`
    for what is no secret key, `AccessError` for a temporary one. No error repeats any of the text.
    """
    stripped = text.strip()
    key = _from_json(stripped) if stripped.startswith("{") else SecretKey(stripped)
    beside = _environment_key(environ)
    if beside is not None and beside.secret == key.secret:
        key = SecretKey(key.secret, key.access_key_id or beside.access_key_id, beside.session_token)
    return _checked(key)


def key_from_environment(environ: Mapping[str, str]) -> SecretKey | None:
    """The key in AWS_SECRET_ACCESS_KEY, None without one. Raises as `parse_secret_key`."""
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
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError("the secret key is neither a bare secret nor JSON") from None
    for wrapper in _WRAPPERS:
        if isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    secret = found.get("SecretAccessKey")
    if not isinstance(secret, str):
        raise UsageError(
            "the JSON holds no SecretAccessKey",
            hint="pipe the answer of 'aws iam create-access-key', or the secret alone",
        )
    key_id = found.get("AccessKeyId")
    return SecretKey(secret, key_id if isinstance(key_id, str) else None, bool(found.get("SessionToken")))


def _checked(key: SecretKey) -> SecretKey:
    if not _PRINTABLE.fullmatch(key.secret):
        what = "empty" if not key.secret else "not one line of printable ASCII without spaces"
        raise UsageError(
            f"the secret key is {what}", hint="it is the SecretAccessKey of a user, 40 characters"
        )
    if _KEY_ID.fullmatch(key.secret) and not key.has_usual_length:
        raise UsageError(
            "that is an access key ID, not its secret", hint="the secret has 40 characters, of both cases"
        )
    if is_password(key.secret):
        raise UsageError(
            "that is an SMTP password already, not a secret access key",
            hint="a password of another region cannot be made from it: it takes the secret access key",
        )
    if key.session_token or (key.access_key_id or "").startswith(_TEMPORARY):
        raise AccessError(
            "these are temporary credentials, and SES gives no SMTP password for them",
            hint="make a user with a lasting key: sescli smtp create USER",
            code="TemporaryCredentials",
        )
    return key
