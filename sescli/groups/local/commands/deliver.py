"""`sescli local deliver`: a mail comes in, and the receipt rules run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
    Column("outcome", "outcome", "status"),
    Column("what happened", "detail"),
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
    file: Annotated[str, typer.Argument(metavar="FILE", help="A MIME message, or - for standard input.")],
    to: Annotated[
        list[str], typer.Option("--to", help="Recipient of the envelope; may be repeated.", metavar="ADDRESS")
    ],
    sender: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Sender of the envelope, unless that of the From header; <> for none, as a bounce has.",
            metavar="ADDRESS",
        ),
    ] = None,
    source_ip: Annotated[
        str | None, typer.Option(help="Where it comes from: IP filters look at it.", metavar="IP")
    ] = None,
    verdict: Annotated[
        list[str] | None,
        typer.Option(
            help="What SES's checks say: spf, dkim, dmarc, spam or virus; may be repeated.",
            metavar="CHECK=STATUS",
        ),
    ] = None,
) -> Done:
    """Let a mail come in to the embedded SES: the active receipt rule set runs for real.

    For trying out rules before mail depends on them, and for developing what reads the bucket, the topic or the
    function. S3 objects are written, topics told, bounces sent to the outbox ('sescli local inbox'); a Lambda
    function runs where there is Docker. Buckets and topics must be there: make them with the AWS CLI or any SDK.

    Exit code 3 when SES would refuse the mail, for any of its recipients, and when an action failed.
    'sescli receipt test' tells beforehand which rules would take it.
    """
    from sescli.cli.text_input import name_of, read_file
    from sescli.emulator.delivery import DeliverRequest
    from sescli.groups.local.commands.server_address import chosen_region, connect

    content = read_file(file, rt)
    inbox, place = connect(rt)
    if planned := rt.dry_run_result(f"deliver {name_of(file)} to {', '.join(to)} at {place}"):
        return planned
    mail = DeliverRequest(content, to, sender, source_ip, verdict or ())
    return _delivery_result(rt, inbox.deliver(mail, chosen_region(rt)))


def _delivery_result(rt: Runtime, delivery: DeliverResult) -> Done:
    """What became of it. Raises CheckFailedError for a mail that nobody got."""
    if delivery.message_id is None:
        first = delivery.refused[0]
        raise CheckFailedError(
            f"SES would refuse this mail: {first.reason}", hint=_fix_command(rt, first), code=first.code
        )
    for refusal in delivery.refused:
        mends = _fix_command(rt, refusal)
        rt.output.warn(f"SES would refuse {refusal.address}: {refusal.reason} (see {mends})")
    if delivery.failed:
        rt.output.warn("an action failed; SES would try for four hours, then count a PublishFailure")
    table = Listing(delivery.steps, _STEP_COLUMNS, empty="No action ran.")
    return Done(
        f"Took {delivery.message_id} for {', '.join(delivery.recipients)} by rule set {delivery.rule_set}.",
        delivery,
        [table],
        exit_code=ExitCode.CHECK_FAILED if delivery.failed or delivery.refused else ExitCode.OK,
    )


def _fix_command(rt: Runtime, refusal: Refusal) -> str:
    """The command that mends it, at the server of this call."""
    place = rt.settings.endpoint_url
    return f"sescli --endpoint-url {place} {refusal.fix}" if place else f"sescli --local {refusal.fix}"
