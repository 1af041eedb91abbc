"""IAM users that send by SMTP: how sescli recognises them, their permissions, keys and deletion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.try_read import try_read
from sescli.errors import NotFoundError, SescliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sescli.aws.gateway import Gateway

# The path of users that sescli creates. IAM lists by path in one call; tags need one call for each user.
PATH = "/sescli/smtp/"
# The names that the SES console uses (SES developer guide, "Obtaining SES SMTP credentials").
POLICY = "AmazonSesSendingAccess"
CONSOLE_GROUP = "AWSSESSendingGroupDoNotRename"
# Older guides attach this policy. It allows far more than sending.
FULL_ACCESS = "AmazonSESFullAccess"

_SENDING = frozenset({"ses:sendrawemail", "ses:sendemail"})


@dataclass(frozen=True)
class AccessKey:
    """An access key. `last_used_*` are None if it was never used or the look-up is denied."""

    access_key_id: str
    status: str
    created_at: datetime
    last_used_at: datetime | None = None
    last_used_region: str | None = None
    last_used_service: str | None = None


@dataclass(frozen=True)
class SmtpUser:
    """An IAM user for SMTP.

    `recognised_by` says how sescli recognises it: `path` (created by sescli), `group` (created by the SES console),
    `policy` (an inline policy that allows sending and nothing else), `full-access` (AmazonSESFullAccess, which older
    guides attach). `more` lists its other permissions and groups. `keys` are sorted by age, oldest first.
    """

    user: str
    path: str
    created_at: datetime | None
    recognised_by: tuple[str, ...]
    more: tuple[str, ...]
    keys: tuple[AccessKey, ...] = ()
    # IAM deletes a user only after these are removed.
    groups: tuple[str, ...] = field(default=(), metadata={"json": False})
    managed: tuple[str, ...] = field(default=(), metadata={"json": False})
    inline: tuple[str, ...] = field(default=(), metadata={"json": False})


def users(aws: Gateway, *, warn: Callable[[str], None]) -> Iterator[SmtpUser]:
    """All users for SMTP, with their keys and when each key was last used.

    IAM GetAccountAuthorizationDetails, ListAccessKeys, GetAccessKeyLastUsed. If the first is denied, only users that
    sescli created are found (ListUsers), and `warn` is called.
    """
    usage = _KeyUsage(aws, warn)
    for user in _candidates(aws, warn):
        if user.recognised_by:
            yield _with_keys(user, usage.read(keys_of(aws, user.user)))


def find(aws: Gateway, name: str) -> SmtpUser:
    """One user for SMTP, with its keys.

    IAM GetUser, ListUserPolicies, GetUserPolicy, ListAttachedUserPolicies, ListGroupsForUser, ListAccessKeys.
    Raises `NotFoundError`, and `UsageError` for a user that is not for SMTP.
    """
    try:
        found = aws.read("iam", "GetUser", UserName=name)["User"]
    except NotFoundError as error:
        raise NotFoundError(
            f"IAM user {name} not found",
            hint=NextCommand("smtp", "list"),
            code=error.code,
        ) from error
    inline = {
        policy: aws.read("iam", "GetUserPolicy", UserName=name, PolicyName=policy).get("PolicyDocument")
        for policy in aws.pages("iam", "ListUserPolicies", "PolicyNames", UserName=name)
    }
    managed = aws.pages("iam", "ListAttachedUserPolicies", "AttachedPolicies", UserName=name)
    groups = (group["GroupName"] for group in aws.pages("iam", "ListGroupsForUser", "Groups", UserName=name))
    user = _classify_user(found, inline, [policy["PolicyArn"] for policy in managed], list(groups))
    if not user.recognised_by:
        raise UsageError(
            f"{name} is not an SMTP user, so sescli does not change it",
            hint=Advice(
                "list SMTP users: ", NextCommand("smtp", "list"), "; change other users with 'aws iam'"
            ),
            code="NotAnSmtpUser",
        )
    return _with_keys(user, tuple(keys_of(aws, name)))


def keys_of(aws: Gateway, name: str) -> list[AccessKey]:
    """The keys of a user, oldest first (IAM ListAccessKeys); IAM allows two."""
    found = aws.pages("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name)
    keys = [AccessKey(key["AccessKeyId"], key["Status"], key["CreateDate"]) for key in found]
    return sorted(keys, key=lambda key: key.created_at)


def last_uses(
    aws: Gateway, keys: tuple[AccessKey, ...], *, warn: Callable[[str], None]
) -> tuple[AccessKey, ...]:
    """The keys with the time, region and service of their last use (IAM GetAccessKeyLastUsed)."""
    return _KeyUsage(aws, warn).read(list(keys))


def check_used_only_for_smtp(aws: Gateway, user: SmtpUser) -> None:
    """Raise `UsageError` for a user that has other uses than SMTP (IAM GetLoginProfile, if allowed)."""
    more = [*user.more, *(["a console password"] if _has_console_password(aws, user.user) else [])]
    if more:
        raise UsageError(
            f"{user.user} is used for more than SMTP ({', '.join(more)}), so sescli does not delete it",
            hint=f"delete only its SMTP keys: aws iam delete-access-key --user-name {user.user}",
            code="UsedForMore",
        )


def delete(aws: Gateway, user: SmtpUser) -> None:
    """Delete a user: keys, group memberships, policies, then the user. What is already deleted is skipped.

    IAM DeleteAccessKey, RemoveUserFromGroup, DetachUserPolicy, DeleteUserPolicy, DeleteUser. An error says what
    remains.
    """
    name = user.user
    steps = [("DeleteAccessKey", {"AccessKeyId": key.access_key_id}) for key in user.keys]
    steps += [("RemoveUserFromGroup", {"GroupName": group}) for group in user.groups]
    steps += [("DetachUserPolicy", {"PolicyArn": arn}) for arn in user.managed]
    steps += [("DeleteUserPolicy", {"PolicyName": policy}) for policy in user.inline]
    steps += [("DeleteUser", {})]
    for done, (operation, parameters) in enumerate(steps):
        try:
            aws.write("iam", operation, UserName=name, **parameters)
        except NotFoundError:
            continue
        except SescliError as error:
            left = ", ".join(_describe_deletion(*step) for step in steps[done:])
            error.message += f"; not deleted yet: {left}"
            again = NextCommand("smtp", "delete", name)
            error.hint = Advice(error.hint or "fix the cause", "; then run again: ", again)
            raise


def _describe_deletion(operation: str, parameters: Mapping[str, str]) -> str:
    nouns = {
        "DeleteAccessKey": "the key",
        "RemoveUserFromGroup": "the membership in group",
        "DetachUserPolicy": "the policy",
        "DeleteUserPolicy": "the policy",
        "DeleteUser": "the user itself",
    }
    return " ".join([nouns[operation], *parameters.values()])


def _candidates(aws: Gateway, warn: Callable[[str], None]) -> Iterator[SmtpUser]:
    details = try_read(
        "all IAM users",
        lambda: list(aws.pages("iam", "GetAccountAuthorizationDetails", "UserDetailList", Filter=["User"])),
        warn=lambda reason: warn(f"{reason}; the list has only users that sescli created"),
    )
    if details is None:
        for found in aws.pages("iam", "ListUsers", "Users", PathPrefix=PATH):
            yield _classify_user(found, {}, [], [])
        return
    for found in details:
        inline = {
            policy["PolicyName"]: policy.get("PolicyDocument") for policy in found.get("UserPolicyList", ())
        }
        managed = [policy["PolicyArn"] for policy in found.get("AttachedManagedPolicies", ())]
        yield _classify_user(found, inline, managed, found.get("GroupList", []))


def _classify_user(
    found: Mapping[str, Any], inline: Mapping[str, Any], managed: list[str], groups: list[str]
) -> SmtpUser:
    """How a user is recognised as one for SMTP, and what else it may do."""
    path = found.get("Path", "/")
    sending = [name for name, document in inline.items() if _only_sends(document)]
    full = [arn for arn in managed if arn.endswith(f":policy/{FULL_ACCESS}")]
    reasons = {
        "path": path == PATH,
        "group": CONSOLE_GROUP in groups,
        "policy": bool(sending),
        "full-access": bool(full),
    }
    more = [
        *(f"group {group}" for group in groups if group != CONSOLE_GROUP),
        *(f"policy {arn.rpartition('/')[2]}" for arn in managed if arn not in full),
        *(f"policy {name}" for name in inline if name not in sending),
    ]
    return SmtpUser(
        user=found["UserName"],
        path=path,
        created_at=found.get("CreateDate"),
        recognised_by=tuple(reason for reason, holds in reasons.items() if holds),
        more=tuple(more),
        groups=tuple(groups),
        managed=tuple(managed),
        inline=tuple(inline),
    )


def _only_sends(document: object) -> bool:
    """Whether a policy allows sending with SES and nothing else."""
    if not isinstance(document, Mapping):
        return False
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    allowing = [statement for statement in statements if statement.get("Effect") == "Allow"]
    return bool(allowing) and all(_actions(statement) <= _SENDING for statement in allowing)


def _actions(statement: Mapping[str, Any]) -> set[str]:
    actions = statement.get("Action", ["*"])  # NotAction allows almost everything
    return {action.lower() for action in ([actions] if isinstance(actions, str) else actions)}


def _with_keys(user: SmtpUser, keys: tuple[AccessKey, ...]) -> SmtpUser:
    return replace(user, keys=keys)


def _has_console_password(aws: Gateway, name: str) -> bool:
    try:
        profile = try_read("the console password", lambda: aws.read("iam", "GetLoginProfile", UserName=name))
    except NotFoundError:
        return False
    return profile is not None


class _KeyUsage:
    """Reads when keys were last used, until the first look-up that fails."""

    def __init__(self, aws: Gateway, warn: Callable[[str], None]) -> None:
        self._aws = aws
        self._warn = warn
        self._failed = False

    def read(self, keys: list[AccessKey]) -> tuple[AccessKey, ...]:
        return tuple(self._read_one(key) for key in keys)

    def _read_one(self, key: AccessKey) -> AccessKey:
        if self._failed:
            return key
        answer = try_read(
            "when access keys were last used",
            lambda: self._aws.read("iam", "GetAccessKeyLastUsed", AccessKeyId=key.access_key_id),
            warn=self._warn,
        )
        if answer is None:
            self._failed = True
            return key
        use = answer.get("AccessKeyLastUsed", {})
        if not use.get("LastUsedDate"):
            return key
        return replace(
            key,
            last_used_at=use["LastUsedDate"],
            last_used_region=use.get("Region"),
            last_used_service=use.get("ServiceName"),
        )
