"""How IAM users for SMTP and their keys look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column

if TYPE_CHECKING:
    from datetime import datetime

    from sescli.groups.smtp.service.iam_users import AccessKey, SmtpUser


def _describe_key(key: AccessKey) -> str:
    return f"{key.access_key_id} ({key.status.lower()})"


def _usage_times(user: SmtpUser) -> list[datetime]:
    return [key.last_used_at for key in user.keys if key.last_used_at is not None]


USER_COLUMNS = (
    Column("user", "user"),
    Column("recognised by", "recognised_by"),
    Column("keys", lambda user: [_describe_key(key) for key in user.keys]),
    Column("last used", lambda user: max(_usage_times(user), default=None), "time"),
    Column("other permissions", "more"),
)


def describe_usage(key: AccessKey) -> str:
    """The status of a key and its last use, such as `active, last used 2026-11-28 14:32 UTC in eu-west-1`."""
    if key.last_used_at is None:
        return f"{key.status.lower()}, no use recorded by IAM"
    return f"{key.status.lower()}, last used {key.last_used_at:%Y-%m-%d %H:%M} UTC in {key.last_used_region}"
