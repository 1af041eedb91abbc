"""Create and rotate SMTP credentials of IAM users, and undo the changes if a step fails."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand, join_hints
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

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway

_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_MAX_KEYS = 2  # IAM's quota, which cannot be raised


@dataclass(frozen=True)
class SmtpTarget:
    """The region of a password, and its SMTP host and port."""

    region: str
    host: str
    port: int = USUAL_PORT


@dataclass(frozen=True)
class KeyRotation:
    """New credentials, and the ID of the key that they replace, or None."""

    credentials: SmtpCredentials
    old_key: str | None


def smtp_target(region: str, port: int = USUAL_PORT) -> SmtpTarget:
    """The SMTP host of a region."""
    return SmtpTarget(region, endpoint(region).host, port)


def check_user_name(name: str) -> str:
    """Check the name of an IAM user. Raises `UsageError`."""
    if not _USER_NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' is not a valid IAM user name",
            hint="use up to 64 letters, digits and + = , . @ _ -, such as ses-smtp-shop",
        )
    return name


def check_sender(text: str) -> str:
    """Parse an allowed sender: an address or `*@example.com`. Raises `UsageError`."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise UsageError(
            f"--from: {text} is not an email address", hint=f"for a whole domain: --from '*@{text}'"
        )
    address = parse_address(f"any@{domain}" if local == "*" else text)
    if address.display_name:
        raise UsageError(f"--from: {text} has a display name; give only the address")
    return f"*@{address.domain}" if local == "*" else address.addr_spec


def sending_policy(senders: Sequence[str] = ()) -> str:
    """The least policy that SMTP needs: ses:SendRawEmail, only from `senders` if given."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    if senders:
        statement["Condition"] = {"StringLike": {"ses:FromAddress": list(senders)}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create(
    aws: Gateway,
    name: str,
    target: SmtpTarget,
    *,
    senders: Sequence[str] = (),
    deliver: Callable[[SmtpCredentials], None],
) -> SmtpCredentials:
    """Create a user that may send, and its password (IAM CreateUser, PutUserPolicy, CreateAccessKey).

    `deliver` writes the credentials to their destination. If it or a call fails, the user is deleted again; the error
    says if that failed too.
    """
    try:
        aws.write("iam", "CreateUser", UserName=name, Path=PATH)
    except AlreadyExistsError as error:
        error.message = f"IAM user {name} already exists"
        rotate_key = NextCommand("smtp", "rotate", name)
        error.hint = Advice("to create a new key for it: ", rotate_key, "; or choose another name")
        raise
    except OutcomeUnknownError as error:
        error.hint = Advice(
            "check whether it exists: ",
            NextCommand("smtp", "list"),
            "; if so, delete it: ",
            NextCommand("smtp", "delete", name),
        )
        raise
    fix = NextCommand("smtp", "delete", name)
    with _undo_on_failure(lambda: _delete_created_user(aws, name), f"the new user {name}", fix):
        aws.write(
            "iam", "PutUserPolicy", UserName=name, PolicyName=POLICY, PolicyDocument=sending_policy(senders)
        )
        credentials = _create_key(aws, name, target)
        deliver(credentials)
    return credentials


def rotate(
    aws: Gateway,
    name: str,
    target: SmtpTarget,
    *,
    discarded: str | None = None,
    deliver: Callable[[KeyRotation], None],
) -> KeyRotation:
    """Create a second key for a user; the first one continues to work (IAM CreateAccessKey).

    `discarded` is a key that was deleted before and may still be listed: a dry run only plans the deletion, and IAM is
    eventually consistent. Raises `UsageError` if there are two keys already. If a step fails, the new key is deleted
    again.
    """
    user = iam_users.find(aws, name)
    old = [key.access_key_id for key in user.keys if key.access_key_id != discarded]
    if len(old) >= _MAX_KEYS:
        raise _two_keys_error(user)
    before = {key.access_key_id for key in user.keys}
    restart = NextCommand("smtp", "rotate", name, "--restart")
    fix = Advice(NextCommand("smtp", "list"), ", then: ", restart)
    with _undo_on_failure(lambda: _drop_new_keys(aws, name, before), "the new key", fix):
        made = KeyRotation(_create_key(aws, name, target), old[0] if old else None)
        deliver(made)
    return made


def find_key_to_retire(aws: Gateway, name: str, old_key: str | None) -> tuple[AccessKey, AccessKey] | None:
    """The key that `--finish` deletes and the key that stays; None if there is only one key.

    Without `old_key`, the older key is deleted. Raises `UsageError` if the key that stays is not active.
    """
    keys = iam_users.find(aws, name).keys
    if old_key is not None and old_key not in {key.access_key_id for key in keys}:
        if len(keys) == 1:
            return None  # a previous --finish deleted it
        raise NotFoundError(f"{name} has no key {old_key}", hint=NextCommand("smtp", "list"))
    if len(keys) < _MAX_KEYS:
        if old_key is not None:
            raise UsageError(
                f"{old_key} is the only key of {name}",
                hint=Advice("create the next key first: ", NextCommand("smtp", "rotate", name)),
            )
        return None
    old, new = _old_and_new(name, keys, old_key)
    if new.status != "Active":
        raise UsageError(
            f"the other key of {name}, {new.access_key_id}, is not active: no password would work",
            hint=f"activate it: aws iam update-access-key --user-name {name} "
            f"--access-key-id {new.access_key_id} --status Active",
        )
    return old, new


def find_key_to_discard(aws: Gateway, name: str, old_key: str | None) -> tuple[AccessKey, AccessKey]:
    """The key in use, and the newer key whose secret was lost. Raises `UsageError` if there are no such keys."""
    keys = iam_users.find(aws, name).keys
    if len(keys) < _MAX_KEYS:
        raise UsageError(
            f"{name} has no second key to discard",
            hint=Advice("create one: ", NextCommand("smtp", "rotate", name)),
        )
    old, new = _old_and_new(name, keys, old_key)
    if old.status != "Active":
        raise UsageError(
            f"{old.access_key_id} is not active, so {new.access_key_id} is the key in use",
            hint=NextCommand("smtp", "rotate", name, "--finish"),
        )
    return old, new


def retire(aws: Gateway, name: str, key: AccessKey) -> None:
    """Deactivate a key, then delete it (IAM UpdateAccessKey, DeleteAccessKey)."""
    parameters = {"UserName": name, "AccessKeyId": key.access_key_id}
    aws.write("iam", "UpdateAccessKey", **parameters, Status="Inactive")
    try:
        aws.write("iam", "DeleteAccessKey", **parameters)
    except SescliError as error:
        error.message += f"; {key.access_key_id} is inactive but not deleted"
        finish = NextCommand("smtp", "rotate", name, "--finish")
        error.hint = Advice(error.hint or "fix the cause", "; then run again: ", finish)
        raise


def _create_key(aws: Gateway, name: str, target: SmtpTarget) -> SmtpCredentials:
    key = aws.write("iam", "CreateAccessKey", UserName=name)["AccessKey"]
    key_id, secret = str(key["AccessKeyId"]), key["SecretAccessKey"]
    password = str(secret) if aws.dry_run else derive_password(secret, target.region)
    return SmtpCredentials(name, key_id, target.region, target.host, target.port, key_id, password)


def _old_and_new(name: str, keys: Sequence[AccessKey], old_key: str | None) -> tuple[AccessKey, AccessKey]:
    first, second = keys[:_MAX_KEYS]
    if old_key is not None:
        return (first, second) if first.access_key_id == old_key else (second, first)
    if first.created_at == second.created_at:
        raise UsageError(
            f"the keys of {name} were created in the same second, so the older one is unknown",
            hint=f"name the old key: --old-key {first.access_key_id}, or --old-key {second.access_key_id}",
        )
    return first, second


def _two_keys_error(user: SmtpUser) -> UsageError:
    keys = " and ".join(f"{key.access_key_id} ({key.status.lower()})" for key in user.keys)
    return UsageError(
        f"{user.user} already has two keys, {keys}, and IAM allows no third",
        hint=Advice(
            "if your programs use the newer key: ",
            NextCommand("smtp", "rotate", user.user, "--finish"),
            "; if its secret was lost: ",
            NextCommand("smtp", "rotate", user.user, "--restart"),
        ),
        code="TwoKeys",
    )


@contextmanager
def _undo_on_failure(undo: Callable[[], None], subject: str, fix: Hint) -> Iterator[None]:
    """Undo the changes if anything inside fails. The error says whether that worked; if not, `fix` is its hint."""
    try:
        yield
    except SescliError as error:
        outcome, hint = _undo(undo, subject, fix)
        error.message += f"; {outcome}"
        error.hint = join_hints([error.hint, hint])
        raise
    except KeyboardInterrupt as interrupt:
        outcome, hint = _undo(undo, subject, fix)
        raise InterruptedRunError(f"interrupted; {outcome}", hint=hint) from interrupt
    except OSError as error:
        outcome, hint = _undo(undo, subject, fix)
        raise LocalError(f"{error.strerror or error}; {outcome}", hint=hint) from error
    except BaseException as error:
        outcome, hint = _undo(undo, subject, fix)
        report = "this is a bug in sescli: run the command again with --debug and report the traceback"
        raise SescliError(
            f"unexpected error: {type(error).__name__}; {outcome}",
            hint=join_hints([report, hint]),
            code="InternalError",
        ) from error


def _undo(undo: Callable[[], None], subject: str, fix: Hint) -> tuple[str, Hint | None]:
    try:
        undo()
    except (SescliError, KeyboardInterrupt) as failure:
        reason = failure.message if isinstance(failure, SescliError) else "interrupted"
        return f"sescli could not delete {subject} ({reason})", Advice(f"delete {subject}: ", fix)
    return f"sescli deleted {subject}", None


def _delete_created_user(aws: Gateway, name: str) -> None:
    """Delete the user with all its keys: a call whose response was lost may have created one."""
    made = SmtpUser(name, PATH, None, ("path",), (), tuple(iam_users.keys_of(aws, name)), inline=(POLICY,))
    iam_users.delete(aws, made)


def _drop_new_keys(aws: Gateway, name: str, before: set[str]) -> None:
    for key in iam_users.keys_of(aws, name):
        if key.access_key_id not in before:
            aws.write("iam", "DeleteAccessKey", UserName=name, AccessKeyId=key.access_key_id)
