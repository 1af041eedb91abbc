"""`sescli smtp create|list|rotate|delete`: the users that send by SMTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.errors import UsageError
from sescli.groups.smtp.commands.credentials_output import open_credentials_output
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from datetime import datetime

    from sescli.groups.smtp.service.iam_users import AccessKey, SmtpUser
    from sescli.groups.smtp.service.provisioning import KeyRotation, SmtpTarget

app = group("smtp", "SMTP credentials: make them, test them, renew them.")

_ROW = (
    Column("user", "user"),
    Column("recognised by", "recognised_by"),
    Column("keys", lambda user: [_describe_key(key) for key in user.keys]),
    Column("last used", lambda user: max(_usage_times(user), default=None), "time"),
    Column("may also", "more"),
)

User = Annotated[str, typer.Argument(metavar="USER", help="Name of the IAM user.")]
ForRegion = Annotated[
    str | None,
    typer.Option("--for-region", metavar="REGION", help="Region to send from; else the one in use."),
]
Port = Annotated[
    int, typer.Option("--port", metavar="PORT", min=1, max=65535, help="587, 2587 or 25; 465 or 2465.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write the secret to a file (mode 0600), not to the screen."),
]
Form = Annotated[str | None, typer.Option("--format", metavar="FORM", help="env for a dotenv file, or json.")]
OldKey = Annotated[
    str | None,
    typer.Option("--old-key", metavar="ID", help="The key to be replaced; else the older one."),
]


@command(
    app,
    "create",
    examples=[
        "sescli smtp create ses-smtp-shop",
        "sescli smtp create ses-smtp-blog --from '*@blog.example.com' --out smtp.env --format env",
    ],
)
def create(
    rt: Runtime,
    user: User,
    senders: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="ADDRESS", help="Only mail from it: jane@example.com, *@example.com."),
    ] = None,
    out: Out = None,
    form: Form = None,
    port: Port = 587,
    for_region: ForRegion = None,
) -> Details | None:
    """Make an IAM user that may send by SMTP, and its password.

    For programs that speak SMTP and not the API. The user may do one thing, ses:SendRawEmail, and with --from
    only in the name of these senders. The password is shown once, is for one region, and works there only;
    AWS needs some seconds until it does. If a step fails, or the password cannot be written, all is taken back.
    """
    from sescli.groups.smtp.service import provisioning

    provisioning.check_user_name(user)
    allowed = [provisioning.check_sender(sender) for sender in senders or ()]
    where = _target(rt, for_region, port)
    title = f"Created the IAM user {user}; its SMTP password for {where.region}:"
    with open_credentials_output(rt, out, form) as output:
        made = provisioning.create(
            rt.aws, user, where, senders=allowed, deliver=lambda new: output.write_credentials(new, title)
        )
    return output.file_result(made, title)


@command(app, "list", examples=["sescli smtp list", "sescli smtp list -o json"])
def list_users(rt: Runtime) -> Listing:
    """List the users that send by SMTP, their keys, and when these were last used.

    Look here for keys that nobody uses any more, and for users that may do more than send. Found are those that
    sescli made (by their path, /sescli/smtp/), those of the SES console (by their group), those with a policy
    that allows sending and nothing else, and those with AmazonSESFullAccess, as old guides attach it.
    """
    from sescli.groups.smtp.service import iam_users

    found = list(iam_users.users(rt.aws, warn=rt.output.warn))
    for user in found:
        if "full-access" in user.recognised_by:
            rt.output.note(f"{user.user} has AmazonSESFullAccess: who has its password rules all of SES")
    return Listing(found, _ROW, empty="No user sends by SMTP.")


@command(
    app,
    "rotate",
    examples=["sescli smtp rotate ses-smtp-shop", "sescli smtp rotate ses-smtp-shop --finish --yes"],
)
def rotate(
    rt: Runtime,
    user: User,
    finish: Annotated[
        bool, typer.Option("--finish", help="The new key is in use: delete the old one.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="The new key's secret was lost: discard it, make another.")
    ] = False,
    old_key: OldKey = None,
    out: Out = None,
    form: Form = None,
    port: Port = 587,
    for_region: ForRegion = None,
) -> Details | Done | None:
    """Renew the password of a user, in two steps, so that it always has a key that works.

    The first call makes a second key and shows its password; the old one goes on working. Give the new one to
    your programs, test it, then call again with --finish, which deactivates and deletes the old key. Interrupted
    in between, 'sescli smtp list' shows where it stands.
    """
    from sescli.groups.smtp.service import provisioning

    if finish and restart:
        raise UsageError("--finish keeps the new key, --restart discards it", hint="give one of them")
    provisioning.check_user_name(user)
    if finish:
        return _finish_rotation(rt, user, old_key)
    where = _target(rt, for_region, port)
    title = f"Created a new key for {user}; its SMTP password for {where.region}:"
    with open_credentials_output(rt, out, form) as output:
        discarded = _discard_newer_key(rt, user, old_key) if restart else None
        made = provisioning.rotate(
            rt.aws,
            user,
            where,
            discarded=discarded,
            deliver=lambda new: output.write_credentials(new.credentials, title, _rotation_next(user, new)),
        )
    return output.file_result(made.credentials, title, _rotation_next(user, made))


@command(app, "delete", examples=["sescli smtp delete ses-smtp-shop --yes"])
def delete(rt: Runtime, user: User) -> Done:
    """Delete a user that sends by SMTP, with its keys and policies.

    Its password stops working at once. Users that were not made for SMTP, or serve for more than it, are left
    alone.
    """
    from sescli.groups.smtp.service import iam_users, provisioning

    found = iam_users.find(rt.aws, provisioning.check_user_name(user))
    iam_users.check_used_only_for_smtp(rt.aws, found)
    keys = iam_users.last_uses(rt.aws, found.keys, warn=rt.output.warn)
    state = ", ".join(f"{key.access_key_id} ({_describe_usage(key)})" for key in keys) or "none"
    rt.confirm(
        f"Delete {user}?",
        consequence=f"programs that send as {user} by SMTP will no longer be let in; its keys: {state}",
    )
    iam_users.delete(rt.aws, found)
    deleted = [key.access_key_id for key in keys]
    return Done(
        f"Deleted the IAM user {user} and its keys: {', '.join(deleted) or 'it had none'}.",
        {"user": user, "deleted_keys": deleted},
    )


def chosen_region(rt: Runtime, for_region: str | None) -> str:
    """The region to send from: --for-region, else the one in use, never a guessed one."""
    from sescli.groups.smtp.service.endpoints import check_region, region_warning

    if for_region is None:
        _check_region_configured(rt)
    region = check_region(for_region or rt.aws.region)
    warning = region_warning(region)
    if warning:
        rt.output.warn(warning)
    return region


def _check_region_configured(rt: Runtime) -> None:
    try:
        rt.aws.require_region()
    except UsageError as error:
        error.message = "no region is configured, and an SMTP password works in one region only"
        raise


def _target(rt: Runtime, for_region: str | None, port: int) -> SmtpTarget:
    from sescli.groups.smtp.service.provisioning import smtp_target

    return smtp_target(chosen_region(rt, for_region), port)


def _finish_rotation(rt: Runtime, user: str, old_key: str | None) -> Done:
    from sescli.groups.smtp.service import iam_users, provisioning

    pair = provisioning.find_key_to_retire(rt.aws, user, old_key)
    if pair is None:
        return Done(f"{user} has one key: there is nothing to finish.", {"user": user, "deleted_key": None})
    old, new = iam_users.last_uses(rt.aws, pair, warn=rt.output.warn)
    rt.confirm(
        f"Delete {old.access_key_id}?",
        consequence=f"the old key {old.access_key_id} ({_describe_usage(old)}) will no longer work; "
        f"{new.access_key_id} ({_describe_usage(new)}) stays",
    )
    provisioning.retire(rt.aws, user, old)
    return Done(
        f"Deleted the old key {old.access_key_id} of {user}; {new.access_key_id} is the one that works.",
        {"user": user, "deleted_key": old.access_key_id, "access_key_id": new.access_key_id},
    )


def _rotation_next(user: str, made: KeyRotation) -> str | None:
    if made.old_key is None:
        return None
    last = f"sescli smtp rotate {user} --finish --old-key {made.old_key}"
    return f"test it (sescli smtp test), give it to your programs, then: {last}"


def _discard_newer_key(rt: Runtime, user: str, old_key: str | None) -> str:
    """Delete the newer key, and give its ID."""
    from sescli.groups.smtp.service import iam_users, provisioning

    old, new = iam_users.last_uses(
        rt.aws, provisioning.find_key_to_discard(rt.aws, user, old_key), warn=rt.output.warn
    )
    rt.confirm(
        f"Discard {new.access_key_id}?",
        consequence=f"the newer key {new.access_key_id} ({_describe_usage(new)}) will no longer work; "
        f"{old.access_key_id} ({_describe_usage(old)}) goes on",
    )
    provisioning.retire(rt.aws, user, new)
    return new.access_key_id


def _describe_key(key: AccessKey) -> str:
    return f"{key.access_key_id} ({key.status.lower()})"


def _describe_usage(key: AccessKey) -> str:
    if key.last_used_at is None:
        return f"{key.status.lower()}, no use known"
    return f"{key.status.lower()}, last used {key.last_used_at:%Y-%m-%d %H:%M} UTC in {key.last_used_region}"


def _usage_times(user: SmtpUser) -> list[datetime]:
    return [key.last_used_at for key in user.keys if key.last_used_at is not None]
