"""`sescli smtp rotate`: replace the key and the password of a user in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import Advice, NextCommand
from sescli.cli.decorator import command
from sescli.errors import UsageError
from sescli.groups.smtp.commands.credentials_output import open_credentials_output
from sescli.groups.smtp.commands.options import CredentialsOptions, User
from sescli.groups.smtp.views.users import describe_usage
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.smtp.service.provisioning import KeyRotation

app = typer.Typer()


@command(
    app,
    "rotate",
    examples=["sescli smtp rotate ses-smtp-shop", "sescli smtp rotate ses-smtp-shop --finish --yes"],
)
def rotate(
    rt: Runtime,
    user: User,
    *,
    finish: Annotated[
        bool, typer.Option("--finish", help="Delete the old key, after your programs use the new one.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Delete the new key and create another, if its secret was lost.")
    ] = False,
    old_key: Annotated[
        str | None,
        typer.Option("--old-key", metavar="ID", help="ID of the key to replace. Default: the older one."),
    ] = None,
    chosen: CredentialsOptions,
) -> Details | Done | None:
    """Rotate the SMTP password of a user in two steps, so that one key always works.

    The first run creates a second key and shows its password; the old key continues to work. Give the new
    password to your programs, test it, then run the command again with --finish to deactivate and delete the
    old key. Until then, 'sescli smtp list' shows both keys.
    """
    from sescli.groups.smtp.service.provisioning import check_user_name

    if finish and restart:
        raise UsageError("--finish and --restart cannot be combined", hint="--finish keeps the new key")
    check_user_name(user)
    if finish:
        return _finish_rotation(rt, user, old_key)
    return _start_rotation(rt, user, old_key, chosen, restart=restart)


def _start_rotation(
    rt: Runtime, user: str, old_key: str | None, chosen: CredentialsOptions, *, restart: bool
) -> Details | None:
    from sescli.groups.smtp.service import provisioning

    target = chosen.target(rt)
    title = f"Created a new key for {user}. SMTP credentials for {target.region}:"
    with open_credentials_output(rt, chosen.out, chosen.form) as output:
        discarded = _discard_newer_key(rt, user, old_key) if restart else None
        made = provisioning.rotate(
            rt.aws,
            user,
            target,
            discarded=discarded,
            deliver=lambda new: output.write_credentials(new.credentials, title, _next_steps(user, new)),
        )
    return output.file_result(made.credentials, title, _next_steps(user, made))


def _next_steps(user: str, made: KeyRotation) -> Advice | None:
    if made.old_key is None:
        return None
    finish = NextCommand("smtp", "rotate", user, "--finish", "--old-key", made.old_key)
    test = NextCommand("smtp", "test")
    return Advice("test the password (", test, "), give it to your programs, then run: ", finish)


def _finish_rotation(rt: Runtime, user: str, old_key: str | None) -> Done:
    from sescli.groups.smtp.service import iam_users, provisioning

    pair = provisioning.find_key_to_retire(rt.aws, user, old_key)
    if pair is None:
        return Done(f"{user} has only one key; nothing was changed.", {"user": user, "deleted_key": None})
    old, new = iam_users.last_uses(rt.aws, pair, warn=rt.output.warn)
    rt.confirm(
        f"Delete {old.access_key_id}?",
        consequence=f"The old key {old.access_key_id} ({describe_usage(old)}) stops working; "
        f"{new.access_key_id} ({describe_usage(new)}) stays",
    )
    provisioning.retire(rt.aws, user, old)
    return Done(
        f"Deleted the old key {old.access_key_id} of {user}. {new.access_key_id} remains.",
        {"user": user, "deleted_key": old.access_key_id, "access_key_id": new.access_key_id},
    )


def _discard_newer_key(rt: Runtime, user: str, old_key: str | None) -> str:
    """Delete the newer key. Returns its ID."""
    from sescli.groups.smtp.service import iam_users, provisioning

    pair = provisioning.find_key_to_discard(rt.aws, user, old_key)
    old, new = iam_users.last_uses(rt.aws, pair, warn=rt.output.warn)
    rt.confirm(
        f"Delete {new.access_key_id}?",
        consequence=f"The newer key {new.access_key_id} ({describe_usage(new)}) stops working; "
        f"{old.access_key_id} ({describe_usage(old)}) continues to work",
    )
    provisioning.retire(rt.aws, user, new)
    return new.access_key_id
