"""SMTP credentials of IAM users: made, renewed, and taken back when something fails on the way."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import (
    AlreadyExistsError,
    InterruptedRunError,
    LocalError,
    NotFoundError,
    OutcomeUnknownError,
    SescliError,
    UsageError,
)
from sescli.groups.smtp.service import iam_users
from sescli.groups.smtp.service.credentials import SmtpCredentials
from sescli.groups.smtp.service.endpoints import USUAL_PORT, endpoint
from sescli.groups.smtp.service.iam_users import PATH, POLICY, AccessKey, SmtpUser
from sescli.groups.smtp.service.password import derive_password
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.aws.gateway import Gateway

_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_MOST_KEYS = 2  # IAM's quota, which cannot be raised


@dataclass(frozen=True)
class SmtpTarget:
    """The region that a password is for, and the host and port that go with it."""

    region: str
    host: str
    port: int = USUAL_PORT


@dataclass(frozen=True)
class KeyRotation:
    """A new key, and the one that it is to replace: None where there was none."""

    credentials: SmtpCredentials
    old_key: str | None


def smtp_target(region: str, port: int = USUAL_PORT) -> SmtpTarget:
    """Where SES speaks SMTP in a region."""
    return SmtpTarget(region, endpoint(region).host, port)


def check_user_name(name: str) -> str:
    """The name, when IAM takes it. Raises `UsageError`."""
    if not _USER_NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' is no name for an IAM user",
            hint="letters, digits and + = , . @ _ -, up to 64, as in ses-smtp-shop",
        )
    return name


def check_sender(text: str) -> str:
    """An address, or `*@example.com`, for the condition on who may be the sender. Raises `UsageError`."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise UsageError(f"--from {text} is no address", hint=f"for all of a domain: --from '*@{text}'")
    address = parse_address(f"any@{domain}" if local == "*" else text)
    if address.display_name:
        raise UsageError(f"--from {text}: the address alone, without a name")
    return f"*@{address.domain}" if local == "*" else address.addr_spec


def sending_policy(senders: Sequence[str] = ()) -> str:
    """The least policy that SMTP needs: ses:SendRawEmail, with `senders` only for mail from them."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    if senders:
        statement["Condition"] = {"StringLike": {"ses:FromAddress": list(senders)}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create(
    aws: Gateway,
    name: str,
    where: SmtpTarget,
    *,
    senders: Sequence[str] = (),
    deliver: Callable[[SmtpCredentials], None],
) -> SmtpCredentials:
    """Make a user that may send, and its password (IAM CreateUser, PutUserPolicy, CreateAccessKey).

    `deliver` puts the credentials where they are kept. If it or a later call fails, all is taken back, and
    what could not be is named.
    """
    try:
        aws.write("iam", "CreateUser", UserName=name, Path=PATH)
    except AlreadyExistsError as error:
        error.message = f"the IAM user {name} exists already"
        error.hint = f"a new key for it: sescli smtp rotate {name}; or choose another name"
        raise
    except OutcomeUnknownError as error:
        error.hint = f"look: sescli smtp list; if it is there: sescli smtp delete {name}"
        raise
    with _undo_on_failure(
        lambda: _delete_created_user(aws, name), f"the user {name}", f"sescli smtp delete {name}"
    ):
        aws.write(
            "iam", "PutUserPolicy", UserName=name, PolicyName=POLICY, PolicyDocument=sending_policy(senders)
        )
        credentials = _create_key(aws, name, where)
        deliver(credentials)
    return credentials


def rotate(
    aws: Gateway,
    name: str,
    where: SmtpTarget,
    *,
    discarded: str | None = None,
    deliver: Callable[[KeyRotation], None],
) -> KeyRotation:
    """Make a second key for a user; the first one goes on working (IAM CreateAccessKey).

    `discarded` is a key that was deleted for this one, and may still be listed: a dry run only plans its end,
    and IAM may be late. Raises `UsageError` where there are two already. If anything fails, the new key is
    taken back.
    """
    user = iam_users.find(aws, name)
    old = [key.access_key_id for key in user.keys if key.access_key_id != discarded]
    if len(old) >= _MOST_KEYS:
        raise _two_keys_error(user)
    before = {key.access_key_id for key in user.keys}
    with _undo_on_failure(lambda: _drop_new_keys(aws, name, before), "the new key", f"sescli smtp list, then: sescli smtp rotate {name} --restart"):  # fmt: skip
        made = KeyRotation(_create_key(aws, name, where), old[0] if old else None)
        deliver(made)
    return made


def find_key_to_retire(aws: Gateway, name: str, old_key: str | None) -> tuple[AccessKey, AccessKey] | None:
    """The key that `finish` would delete and the one that stays; None where there is but one.

    Without `old_key` it is the older. Raises `UsageError` where the other key could not take over.
    """
    keys = iam_users.find(aws, name).keys
    if old_key is not None and old_key not in {key.access_key_id for key in keys}:
        if len(keys) == 1:
            return None  # finished before
        raise NotFoundError(f"{name} has no key {old_key}", hint="sescli smtp list")
    if len(keys) < _MOST_KEYS:
        if old_key is not None:
            raise UsageError(
                f"{old_key} is the only key of {name}",
                hint=f"make the next one first: sescli smtp rotate {name}",
            )
        return None
    old, new = _old_and_new(name, keys, old_key)
    if new.status != "Active":
        raise UsageError(
            f"the other key of {name}, {new.access_key_id}, is not active: nothing would work any more",
            hint=f"make it active: aws iam update-access-key --user-name {name} "
            f"--access-key-id {new.access_key_id} --status Active",
        )
    return old, new


def find_key_to_discard(aws: Gateway, name: str, old_key: str | None) -> tuple[AccessKey, AccessKey]:
    """The key that works, and the newer one whose secret was lost. Raises `UsageError` where that does not fit."""
    keys = iam_users.find(aws, name).keys
    if len(keys) < _MOST_KEYS:
        raise UsageError(f"{name} has no second key to discard", hint=f"make one: sescli smtp rotate {name}")
    old, new = _old_and_new(name, keys, old_key)
    if old.status != "Active":
        raise UsageError(
            f"{old.access_key_id} is not active, so {new.access_key_id} is the one that works",
            hint=f"sescli smtp rotate {name} --finish",
        )
    return old, new


def retire(aws: Gateway, name: str, key: AccessKey) -> None:
    """Deactivate a key, then delete it (IAM UpdateAccessKey, DeleteAccessKey)."""
    parameters = {"UserName": name, "AccessKeyId": key.access_key_id}
    aws.write("iam", "UpdateAccessKey", **parameters, Status="Inactive")
    try:
        aws.write("iam", "DeleteAccessKey", **parameters)
    except SescliError as error:
        error.message += f"; {key.access_key_id} is inactive, but still there"
        error.hint = f"{error.hint or 'mend the cause'}; then again: sescli smtp rotate {name} --finish"
        raise


def _create_key(aws: Gateway, name: str, where: SmtpTarget) -> SmtpCredentials:
    key = aws.write("iam", "CreateAccessKey", UserName=name)["AccessKey"]
    key_id, secret = str(key["AccessKeyId"]), key["SecretAccessKey"]
    password = str(secret) if aws.dry_run else derive_password(secret, where.region)
    return SmtpCredentials(name, key_id, where.region, where.host, where.port, key_id, password)


def _old_and_new(name: str, keys: Sequence[AccessKey], old_key: str | None) -> tuple[AccessKey, AccessKey]:
    first, second = keys[:_MOST_KEYS]
    if old_key is not None:
        return (first, second) if first.access_key_id == old_key else (second, first)
    if first.created_at == second.created_at:
        raise UsageError(
            f"the keys of {name} are of the same second: which is the old one?",
            hint=f"name it: --old-key {first.access_key_id}, or --old-key {second.access_key_id}",
        )
    return first, second


def _two_keys_error(user: SmtpUser) -> UsageError:
    keys = " and ".join(f"{key.access_key_id} ({key.status.lower()})" for key in user.keys)
    return UsageError(
        f"{user.user} has two keys already, {keys}, and IAM allows no third",
        hint=f"if the newer one is in use: sescli smtp rotate {user.user} --finish; "
        f"if its secret was lost: sescli smtp rotate {user.user} --restart",
        code="TwoKeys",
    )


@contextmanager
def _undo_on_failure(undo: Callable[[], None], what: str, mend: str) -> Iterator[None]:
    """Undo what was made when something inside fails, whatever it is, and say in the error whether that worked."""
    try:
        yield
    except SescliError as error:
        error.message += f"; {_undo_and_report(undo, what, mend)}"
        raise
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(f"interrupted; {_undo_and_report(undo, what, mend)}") from interrupt
    except OSError as error:
        raise LocalError(f"{error.strerror or error}; {_undo_and_report(undo, what, mend)}") from error
    except BaseException as error:
        outcome = _undo_and_report(undo, what, mend)
        raise SescliError(
            f"unexpected fault: {type(error).__name__}; {outcome}",
            hint="this is a fault of sescli: run it again with --debug for the traceback, and report it",
            code="InternalError",
        ) from error


def _undo_and_report(undo: Callable[[], None], what: str, mend: str) -> str:
    try:
        undo()
    except (SescliError, KeyboardInterrupt) as failure:
        why = failure.message if isinstance(failure, SescliError) else "interrupted"
        return f"{what} could not be taken back ({why}): {mend}"
    return f"{what} was taken back"


def _delete_created_user(aws: Gateway, name: str) -> None:
    """Delete the user that was made a moment ago, with every key: a call without an answer may have made one."""
    made = SmtpUser(name, PATH, None, ("path",), (), tuple(iam_users.keys_of(aws, name)), inline=(POLICY,))
    iam_users.delete(aws, made)


def _drop_new_keys(aws: Gateway, name: str, before: set[str]) -> None:
    for key in iam_users.keys_of(aws, name):
        if key.access_key_id not in before:
            aws.write("iam", "DeleteAccessKey", UserName=name, AccessKeyId=key.access_key_id)
