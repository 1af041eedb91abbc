"""`sescli sandbox simulate`: send to the mailbox simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.batch import worst_exit_code
from sescli.cli.decorator import command
from sescli.exits import classify
from sescli.output.results import Column, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.sandbox.service.simulator import SimulationResult

app = typer.Typer()

_COLUMNS = (
    Column("scenario", "scenario"),
    Column("recipient", "to"),
    Column("message ID", "message_id"),
    Column("expected result", "expect"),
)


@command(
    app,
    "simulate",
    examples=[
        "sescli sandbox simulate bounce --from hello@example.com",
        "sescli sandbox simulate all --from hello@example.com --label job42 --config-set news",
    ],
)
def simulate(
    rt: Runtime,
    scenario: Annotated[
        str,
        typer.Argument(metavar="SCENARIO", help="success, bounce, complaint, ooto, suppressionlist or all."),
    ],
    sender: Annotated[
        str,
        typer.Option(
            "--from", help="Sender: a verified address or an address in a verified domain.", metavar="ADDRESS"
        ),
    ],
    label: Annotated[
        str | None,
        typer.Option(help="Label after a + in the recipient, to identify a test.", metavar="LABEL"),
    ] = None,
    config_set: Annotated[
        str | None, typer.Option(help="Configuration set that publishes the events.", metavar="SET")
    ] = None,
) -> Listing:
    """Send to the mailbox simulator to get a delivery, a bounce, a complaint or an out-of-office reply.

    Use it to test how your program handles bounces and complaints; it works in the sandbox too. These messages do not
    count towards the daily quota or your bounce and complaint rates. They are rate-limited and billed like other
    messages. With 'all', sescli sends one message for each scenario.
    """
    from sescli.groups.sandbox.service import simulator

    message = simulator.SimulatorMessage(sender, label, config_set)
    scenarios = simulator.parse_scenario(scenario)
    sent = simulator.simulate(rt.aws, scenarios, message, warn=rt.output.warn, sleep=rt.world.sleep)
    return _simulation_listing(rt, sent)


def _simulation_listing(rt: Runtime, sent: Sequence[SimulationResult]) -> Listing:
    failures = [each.error for each in sent if each.error is not None]
    for error in failures:
        rt.output.error(error)
    return Listing(
        sent,
        _COLUMNS,
        next=NextCommand("local", "inbox") if rt.settings.local else None,
        exit_code=worst_exit_code([classify(error)[0] for error in failures]),
    )
