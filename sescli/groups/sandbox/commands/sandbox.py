"""`sescli sandbox`: the group, the sandbox status, and verified recipients."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group
from sescli.groups.sandbox.commands import production_access, simulate
from sescli.groups.sandbox.views.sandbox import sandbox_details
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

app = group(
    "sandbox",
    "Show sandbox limits, simulate bounces, and request production access.",
    first=("show", "simulate", "verify-recipient", "request-production"),
)

_MESSAGES = {
    "mailed": "Sent a verification link to {email}. The recipient must open it within 24 hours.",
    "mailed_again": "Sent the verification link to {email} again. It is valid for 24 hours.",
    "verified": "{email} is already verified.",
    "covered": "{email} needs no verification, because {by} is verified.",
}


@command(app, "show", examples=["sescli sandbox show", "sescli sandbox show -q sandbox"])
def show(rt: Runtime) -> Details:
    """Show whether the account is in the sandbox, and the state of the request for production access.

    Every account starts in the sandbox in each region: 200 messages in 24 hours, one per second, and only to verified
    addresses and domains or to the mailbox simulator.
    """
    from sescli.groups.sandbox.service import sandbox

    return sandbox_details(sandbox.show(rt.aws))


@command(app, "verify-recipient", examples=["sescli sandbox verify-recipient jane@example.com"])
def verify_recipient(
    rt: Runtime,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Email address of the recipient.")],
) -> Done:
    """Verify a recipient, so that you can send to it from the sandbox.

    AWS sends a link to the address, and the recipient must open it. Run the command again to send the link again.
    Outside the sandbox, recipients need no verification; neither do addresses in a verified domain.
    """
    from sescli.groups.sandbox.service import sandbox

    found = sandbox.verify_recipient(rt.aws, address)
    message = _MESSAGES[found.outcome].format(email=found.email, by=found.by)
    is_pending = found.outcome.startswith("mailed")
    return Done(message, found, next=NextCommand("identity", "show", found.email) if is_pending else None)


app.add_typer(simulate.app)
app.add_typer(production_access.app)
