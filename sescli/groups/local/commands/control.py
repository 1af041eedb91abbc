"""`sescli local control`: the switches of the embedded SES."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.cli.decorator import command
from sescli.errors import UsageError
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.output.results import Field

app = typer.Typer()

_ON = {"on": True, "off": False}
_CLOCK = {"real": "the machine's", "shifted": "moved", "frozen": "stopped"}


@command(
    app,
    "control",
    examples=[
        "sescli local control",
        "sescli local control --sandbox on",
        "sescli local control --fail Throttling:3 --quota 500",
        "sescli local control --clock +25h",
    ],
)
def control(
    rt: Runtime,
    sandbox: Annotated[
        str | None, typer.Option(help="Put the account into the sandbox, or out of it.", metavar="on|off")
    ] = None,
    quota: Annotated[
        float | None, typer.Option(help="Recipients in 24 hours; -1 without end.", metavar="N")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="Recipients a second.", metavar="N")] = None,
    fail: Annotated[
        str | None,
        typer.Option(
            help="The next N sends (1 unless given) fail with this AWS error code.", metavar="CODE[:N]"
        ),
    ] = None,
    verify: Annotated[
        str | None,
        typer.Option(help="Verify an identity, as if DNS or the link had been done.", metavar="NAME"),
    ] = None,
    enforcement: Annotated[
        str | None, typer.Option(help="What AWS thinks of the account.", metavar="HEALTHY|PROBATION|SHUTDOWN")
    ] = None,
    review: Annotated[
        str | None,
        typer.Option(
            help="AWS's answer to the request for production access.", metavar="PENDING|FAILED|GRANTED|DENIED"
        ),
    ] = None,
    dedicated_ip: Annotated[
        str | None, typer.Option(help="Lease the account this IP address.", metavar="IP")
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(
            help="Move the server's clock (+25h, -10m), stop it at an ISO time, or set it free (real).",
            metavar="WHEN",
        ),
    ] = None,
) -> Details | Done:
    """Show or turn the switches of the embedded SES: what AWS would decide, a test decides here.

    For the failures that production would have: the sandbox, a quota that is used up, throttling, a suspended
    account. Without options it shows how they stand. They act on --region; --fail and --clock on the whole
    server. Several turn all at once, or none where one will not do. 'sescli local reset' sets all of them back.

    The clock is that of quotas, statistics, verification and mails, not that of other services; the rate of
    sending is always real time. Failures that are still to come end with the server, the others stay.
    """
    from sescli.groups.local.commands.server_address import chosen_region, connect

    given: dict[str, Any] = {
        "sandbox": None if sandbox is None else _parse_on_off(sandbox),
        "quota": quota,
        "rate": rate,
        "fail": fail,
        "verify": verify,
        "enforcement": None if enforcement is None else enforcement.upper(),
        "review": None if review is None else review.upper(),
        "dedicated_ip": dedicated_ip,
        "clock": clock,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    inbox, place = connect(rt)
    region = chosen_region(rt)
    if not wanted:
        return _settings_details(inbox.settings(region))
    named = ", ".join(name.replace("_", " ") for name in wanted)
    if planned := rt.dry_run_result(f"turn {named} of the embedded SES at {place} in {region}"):
        return planned
    inbox.control(region=region, **wanted)
    return Done(f"Turned {named} in {region}.", inbox.settings(region), next="sescli local control")


def _parse_on_off(text: str) -> bool:
    if text.lower() not in _ON:
        raise UsageError(f"--sandbox is on or off, not {text!r}")
    return _ON[text.lower()]


def _settings_details(switches: Mapping[str, Any]) -> Details:
    failing = [f"{each['code']} ({each['left']} to come)" for each in switches["failures"]]
    clock = switches["clock"]
    fields: list[Field] = [
        ("region", switches["region"]),
        ("sandbox", switches["sandbox"]),
        ("quota in 24 hours", "without end" if switches["quota"] == -1 else switches["quota"], "number"),
        ("rate a second", switches["rate"], "number"),
        ("enforcement", switches["enforcement"], "status"),
        ("review", switches["review"] or "none", "status"),
        ("dedicated IPs", switches["dedicated_ips"] or "none"),
        ("next sends", failing or "do not fail"),
        ("verification", switches["verification"]),
        ("clock", f"{clock['now']} ({_CLOCK[clock['mode']]})"),
    ]
    return Details(switches, fields)
