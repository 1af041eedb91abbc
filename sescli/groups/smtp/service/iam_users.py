"""IAM users that send by SMTP: which they are, what they may do, their keys, and their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.errors import AccessError, NotFoundError, SescliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sescli.aws.gateway import Gateway

# Our users' path: IAM lists by it in one call, where tags would have to be asked for user by user.
PATH = "/sescli/smtp/"
# The names that the SES console uses (SES developer guide, "Obtaining SES SMTP credentials").
POLICY = "AmazonSesSendingAccess"
CONSOLE_GROUP = "AWSSESSendingGroupDoNotRename"
# What the older guides attach; it lets the password's owner do far more than send.
FULL_ACCESS = "AmazonSESFullAccess"

_SENDING = frozenset({"ses:sendrawemail", "ses:sendemail"})


@dataclass(frozen=True)
class AccessKey:
    """An access key. `last_used_*` are None where it was never used, or where that may not be asked."""

    access_key_id: str
    status: str
    created_at: datetime
    last_used_at: datetime | None = None
    last_used_region: str | None = None
    last_used_service: str | None = None


@dataclass(frozen=True)
class SmtpUser:
    """A user made for SMTP.

    `recognised_by` says why it counts as one: `path` (made by sescli), `group` (made by the SES console),
    `policy` (an inline policy that allows sending and nothing else), `full-access` (AmazonSESFullAccess, as old
    guides attach it). `more` is what it may do or belongs to besides. `keys` are in order of age.
    """

    user: str
    path: str
    created_at: datetime | None
    recognised_by: tuple[str, ...]
    more: tuple[str, ...]
    keys: tuple[AccessKey, ...] = ()
    # What must go before the user can.
    groups: tuple[str, ...] = field(default=(), metadata={"json": False})
    managed: tuple[str, ...] = field(default=(), metadata={"json": False})
    inline: tuple[str, ...] = field(default=(), metadata={"json": False})


def users(aws: Gateway, *, warn: Callable[[str], None]) -> Iterator[SmtpUser]:
    """Every user made for SMTP, with its keys and when they were last used.

    IAM GetAccountAuthorizationDetails, ListAccessKeys, GetAccessKeyLastUsed. Where the first is denied, only
    those that sescli made are found (ListUsers), and `warn` hears it.
    """
    uses = _KeyUsage(aws, warn)
    for user in _candidates(aws, warn):
        if user.recognised_by:
            yield _with_keys(user, uses.known(keys_of(aws, user.user)))


def find(aws: Gateway, name: str) -> SmtpUser:
    """One user made for SMTP, with its keys.

    IAM GetUser, ListUserPolicies, GetUserPolicy, ListAttachedUserPolicies, ListGroupsForUser, ListAccessKeys.
    Raises `NotFoundError`, and `UsageError` for a user that was not made for SMTP.
    """
    try:
        found = aws.read("iam", "GetUser", UserName=name)["User"]
    except NotFoundError as error:
        raise NotFoundError(
            f"there is no IAM user {name}",
            hint="sescli smtp list shows those that send by SMTP",
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
            f"{name} is a user, but none that was made for SMTP, and is left alone",
            hint="sescli smtp list shows those that were; 'aws iam' changes any user",
            code="NotAnSmtpUser",
        )
    return _with_keys(user, tuple(keys_of(aws, name)))


def keys_of(aws: Gateway, name: str) -> list[AccessKey]:
    """The keys of a user, the oldest first (IAM ListAccessKeys); IAM allows two."""
    found = aws.pages("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name)
    keys = [AccessKey(key["AccessKeyId"], key["Status"], key["CreateDate"]) for key in found]
    return sorted(keys, key=lambda key: key.created_at)


def last_uses(
    aws: Gateway, keys: tuple[AccessKey, ...], *, warn: Callable[[str], None]
) -> tuple[AccessKey, ...]:
    """The keys with when, where and for what they were last used (IAM GetAccessKeyLastUsed)."""
    return _KeyUsage(aws, warn).known(list(keys))


def check_used_only_for_smtp(aws: Gateway, user: SmtpUser) -> None:
    """Raise `UsageError` for a user that does more than send mail (IAM GetLoginProfile, if allowed)."""
    more = [*user.more, *(["a password for the console"] if _has_console_password(aws, user.user) else [])]
    if more:
        raise UsageError(
            f"{user.user} is there for more than SMTP ({', '.join(more)}), and is left alone",
            hint=f"take its SMTP keys only: aws iam delete-access-key --user-name {user.user}",
            code="UsedForMore",
        )


def delete(aws: Gateway, user: SmtpUser) -> None:
    """Delete a user: keys, groups, policies, then itself. What is gone already is no fault.

    IAM DeleteAccessKey, RemoveUserFromGroup, DetachUserPolicy, DeleteUserPolicy, DeleteUser. An error says what
    is left.
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
            error.message += f"; of {name} is left: {left}"
            error.hint = f"{error.hint or 'mend the cause'}; then again: sescli smtp delete {name}"
            raise


def _describe_deletion(operation: str, parameters: Mapping[str, str]) -> str:
    nouns = {
        "DeleteAccessKey": "the key",
        "RemoveUserFromGroup": "its place in the group",
        "DetachUserPolicy": "the policy",
        "DeleteUserPolicy": "the policy",
        "DeleteUser": "the user",
    }
    return " ".join([nouns[operation], *parameters.values()])


def _candidates(aws: Gateway, warn: Callable[[str], None]) -> Iterator[SmtpUser]:
    try:
        # Denied or not shows with the first page; a generator would show it too late.
        details = list(aws.pages("iam", "GetAccountAuthorizationDetails", "UserDetailList", Filter=["User"]))
    except AccessError as error:
        warn(f"only users that sescli made are listed, because all may not be read: {error.message}")
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
    """Why a user counts as made for SMTP, and what it has besides."""
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
    """Whether a policy allows sending by SES and nothing else."""
    if not isinstance(document, Mapping):
        return False
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    allowing = [statement for statement in statements if statement.get("Effect") == "Allow"]
    return bool(allowing) and all(_actions(statement) <= _SENDING for statement in allowing)


def _actions(statement: Mapping[str, Any]) -> set[str]:
    actions = statement.get("Action", ["*"])  # NotAction allows nearly everything
    return {action.lower() for action in ([actions] if isinstance(actions, str) else actions)}


def _with_keys(user: SmtpUser, keys: tuple[AccessKey, ...]) -> SmtpUser:
    from dataclasses import replace

    return replace(user, keys=keys)


def _has_console_password(aws: Gateway, name: str) -> bool:
    try:
        aws.read("iam", "GetLoginProfile", UserName=name)
    except (NotFoundError, AccessError):
        return False
    return True


class _KeyUsage:
    """When keys were last used; asked until it is denied."""

    def __init__(self, aws: Gateway, warn: Callable[[str], None]) -> None:
        self._aws = aws
        self._warn = warn
        self._denied = False

    def known(self, keys: list[AccessKey]) -> tuple[AccessKey, ...]:
        return tuple(self._known(key) for key in keys)

    def _known(self, key: AccessKey) -> AccessKey:
        from dataclasses import replace

        if self._denied:
            return key
        try:
            answer = self._aws.read("iam", "GetAccessKeyLastUsed", AccessKeyId=key.access_key_id)
        except AccessError as error:
            self._denied = True
            self._warn(f"not known when keys were last used: {error.message}")
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
