"""`sescli smtp create|list|delete`: IAM users that send by SMTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.groups.smtp.commands.credentials_output import open_credentials_output
from sescli.groups.smtp.commands.options import CredentialsOptions, User
from sescli.groups.smtp.views.users import USER_COLUMNS, describe_usage
from sescli.output.results import Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.smtp.service.iam_users import AccessKey

app = typer.Typer()


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
        typer.Option(
            "--from",
            metavar="ADDRESS",
            help="Allowed sender: jane@example.com or *@example.com. Repeatable.",
        ),
    ] = None,
    *,
    chosen: CredentialsOptions,
) -> Details | None:
    """Create an IAM user for SMTP, and its password.

    Use it for programs that send by SMTP instead of the API. The user's policy allows only ses:SendRawEmail, and with
    --from only these senders. The password is shown once and works in one region, after a few seconds. If a step
    fails or the password cannot be written, sescli deletes the user again.
    """
    from sescli.groups.smtp.service import provisioning

    provisioning.check_user_name(user)
    allowed = [provisioning.check_sender(sender) for sender in senders or ()]
    target = chosen.target(rt)
    title = f"Created the IAM user {user}. SMTP credentials for {target.region}:"
    with open_credentials_output(rt, chosen.out, chosen.form) as output:
        made = provisioning.create(
            rt.aws, user, target, senders=allowed, deliver=lambda new: output.write_credentials(new, title)
        )
    return output.file_result(made, title)


@command(app, "list", examples=["sescli smtp list", "sescli smtp list -o json"])
def list_users(rt: Runtime) -> Listing:
    """List IAM users that send by SMTP, with their keys and when each key was last used.

    Use it to find unused keys, and users that can do more than send. The list has users created by sescli
    (path /sescli/smtp/) or by the SES console (by their group), users with a policy that allows sending and nothing
    else, and users with AmazonSESFullAccess, which older guides attach.
    """
    from sescli.groups.smtp.service import iam_users

    found = list(iam_users.users(rt.aws, warn=rt.output.warn))
    for user in found:
        if "full-access" in user.recognised_by:
            rt.output.note(f"{user.user} has AmazonSESFullAccess: its key can change everything in SES.")
    return Listing(found, USER_COLUMNS, empty="No IAM user sends by SMTP.")


@command(app, "delete", examples=["sescli smtp delete ses-smtp-shop --yes"])
def delete(rt: Runtime, user: User) -> Done:
    """Delete an IAM user for SMTP, with its keys and policies.

    Its password stops working immediately. sescli does not delete users that were not created for SMTP or that have
    other permissions.
    """
    from sescli.groups.smtp.service import iam_users, provisioning

    found = iam_users.find(rt.aws, provisioning.check_user_name(user))
    iam_users.check_used_only_for_smtp(rt.aws, found)
    keys = iam_users.last_uses(rt.aws, found.keys, warn=rt.output.warn)
    rt.confirm(f"Delete {user}?", consequence=_deletion_consequence(user, keys))
    iam_users.delete(rt.aws, found)
    deleted = [key.access_key_id for key in keys]
    return Done(
        f"Deleted the IAM user {user} and its keys: {', '.join(deleted) or 'none'}.",
        {"user": user, "deleted_keys": deleted},
    )


def _deletion_consequence(user: str, keys: Sequence[AccessKey]) -> str:
    described = ", ".join(f"{key.access_key_id} ({describe_usage(key)})" for key in keys) or "none"
    return f"Programs that use the SMTP password of {user} can no longer send. Keys: {described}"
