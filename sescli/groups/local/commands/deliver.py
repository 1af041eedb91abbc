"""`sescli local deliver`: deliver a message to the emulator and run the receipt rules."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import Advice, NextCommand
from sescli.cli.decorator import command
from sescli.errors import CheckFailedError
from sescli.exits import ExitCode
from sescli.output.results import Column, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.emulator.delivery import DeliverResult, Refusal

app = typer.Typer()

_STEP_COLUMNS = (
    Column("rule", "rule"),
    Column("action", "action"),
    Column("result", "outcome", "status"),
    Column("details", "detail"),
)


@command(
    app,
    "deliver",
    examples=[
        "sescli local deliver examples/receipt/inbound.eml --to support@example.com",
        "sescli local deliver - --to support@example.com --source-ip 203.0.113.9 < examples/receipt/inbound.eml",
    ],
)
def deliver(
    rt: Runtime,
    file: Annotated[str, typer.Argument(metavar="FILE", help="MIME message, or - for standard input.")],
    to: Annotated[list[str], typer.Option("--to", help="Envelope recipient. Repeatable.", metavar="ADDRESS")],
    sender: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Envelope sender. Default: the From header; <> for the null sender of a bounce.",
            metavar="ADDRESS",
        ),
    ] = None,
    source_ip: Annotated[
        str | None, typer.Option(help="IP address of the sending server, for IP filters.", metavar="IP")
    ] = None,
    verdict: Annotated[
        list[str] | None,
        typer.Option(
            help="Result of a check by SES: spf, dkim, dmarc, spam or virus. Repeatable.",
            metavar="CHECK=STATUS",
        ),
    ] = None,
) -> Done:
    """Deliver a message to the local SES emulator, which runs the active receipt rule set.

    Use it to test rules, and to develop programs that read the bucket, topic or function. The emulator writes S3
    objects, notifies topics and sends bounces ('sescli local inbox' shows them). It runs Lambda functions if Docker is
    available. Create the buckets and topics first, with the AWS CLI or an SDK.

    Exit code 3 if SES would reject the message for a recipient, or if an action failed. 'sescli receipt test' shows
    in advance which rules match.
    """
    from sescli.cli.text_input import name_of, read_file
    from sescli.emulator.delivery import DeliverRequest
    from sescli.groups.local.commands.server_address import chosen_region, connect

    content = read_file(file, rt)
    inbox, url = connect(rt)
    if planned := rt.dry_run_result(f"deliver {name_of(file)} to {', '.join(to)} at {url}"):
        return planned
    request = DeliverRequest(content, to, sender, source_ip, verdict or ())
    return _delivery_result(rt, inbox.deliver(request, chosen_region(rt)))


def _delivery_result(rt: Runtime, delivery: DeliverResult) -> Done:
    """The result. Raises `CheckFailedError` if the message was rejected for all recipients."""
    if delivery.message_id is None:
        first = delivery.refused[0]
        raise CheckFailedError(
            f"SES would reject this message: {first.reason}", hint=_fix(rt, first), code=first.code
        )
    for refusal in delivery.refused:
        rejected = f"SES would reject {refusal.address}: {refusal.reason}. Run: "
        rt.output.warn(Advice(rejected, _fix(rt, refusal)))
    if delivery.failed:
        rt.output.warn("an action failed; SES would retry for four hours, then count a PublishFailure")
    return Done(
        f"Delivered {delivery.message_id} to {', '.join(delivery.recipients)} with rule set {delivery.rule_set}.",
        delivery,
        [Listing(delivery.steps, _STEP_COLUMNS, empty="No action ran.")],
        exit_code=ExitCode.CHECK_FAILED if delivery.failed or delivery.refused else ExitCode.OK,
    )


def _fix(rt: Runtime, refusal: Refusal) -> NextCommand:
    """The command that fixes it, on the server of this call. `local` commands run without --local, so it is added."""
    url = rt.settings.endpoint_url
    return NextCommand(*(("--endpoint-url", url) if url else ("--local",)), *shlex.split(refusal.fix))
