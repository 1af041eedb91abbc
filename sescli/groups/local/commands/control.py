"""`sescli local control`: the settings of the local SES emulator."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, options
from sescli.errors import UsageError
from sescli.groups.local.commands.server_address import chosen_region, connect
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.output.results import Field

app = typer.Typer()

_ON_OFF = {"on": True, "off": False}
_CLOCK_MODES = {"real": "real time", "shifted": "shifted", "frozen": "stopped"}


@options
class ControlOptions:
    """The settings to change; None leaves a setting as it is."""

    sandbox: Annotated[
        str | None, typer.Option(help="Move the account into or out of the sandbox.", metavar="on|off")
    ] = None
    quota: Annotated[
        float | None, typer.Option(help="Quota: recipients in 24 hours; -1 for no limit.", metavar="N")
    ] = None
    rate: Annotated[
        float | None, typer.Option(help="Maximum send rate: recipients per second.", metavar="N")
    ] = None
    fail: Annotated[
        str | None,
        typer.Option(help="AWS error code for the next N sends (default: 1).", metavar="CODE[:N]"),
    ] = None
    verify: Annotated[
        str | None, typer.Option(help="Identity to verify without DNS or a link.", metavar="NAME")
    ] = None
    enforcement: Annotated[
        str | None,
        typer.Option(help="Enforcement status of the account.", metavar="HEALTHY|PROBATION|SHUTDOWN"),
    ] = None
    review: Annotated[
        str | None,
        typer.Option(
            help="Status of the request for production access.", metavar="PENDING|FAILED|GRANTED|DENIED"
        ),
    ] = None
    dedicated_ip: Annotated[
        str | None, typer.Option(help="Dedicated IP address to add to the account.", metavar="IP")
    ] = None
    clock: Annotated[
        str | None,
        typer.Option(
            help="Shift the clock (+25h, -10m), stop it at an ISO 8601 time, or reset it (real).",
            metavar="WHEN",
        ),
    ] = None

    def changes(self) -> dict[str, Any]:
        """The settings that were given. Raises `UsageError`."""
        given = asdict(self)
        if self.sandbox is not None:
            given["sandbox"] = _parse_on_off(self.sandbox)
        for name in ("enforcement", "review"):
            given[name] = given[name] and given[name].upper()
        return {name: value for name, value in given.items() if value is not None}


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
def control(rt: Runtime, chosen: ControlOptions) -> Details | Done:
    """Show or change the settings of the local SES emulator, to test what AWS controls in production.

    Use it to simulate the sandbox, a used-up quota, throttling or a suspended account. Without options the
    command shows the settings. They apply to the region in use; --fail and --clock apply to all regions. If
    one value is not valid, no setting changes. 'sescli local reset' restores the defaults.

    The clock affects quotas, statistics, verification and messages, but not other services; the send rate always uses
    real time. Failures set with --fail do not survive a restart of the emulator; the other settings do.
    """
    changes = chosen.changes()
    inbox, url = connect(rt)
    region = chosen_region(rt)
    if not changes:
        return _settings_details(inbox.settings(region))
    names = ", ".join(name.replace("_", " ") for name in changes)
    if planned := rt.dry_run_result(f"change {names} of the local SES emulator at {url} in {region}"):
        return planned
    inbox.control(region=region, **changes)
    return Done(f"Changed {names} in {region}.", inbox.settings(region), next=NextCommand("local", "control"))


def _parse_on_off(text: str) -> bool:
    if text.lower() not in _ON_OFF:
        raise UsageError(f"--sandbox {text!r} is not valid", hint="give on or off")
    return _ON_OFF[text.lower()]


def _settings_details(settings: Mapping[str, Any]) -> Details:
    failures = [f"{each['code']} ({each['left']} left)" for each in settings["failures"]]
    clock = settings["clock"]
    fields: list[Field] = [
        ("region", settings["region"]),
        ("sandbox", settings["sandbox"]),
        ("24-hour quota", "no limit" if settings["quota"] == -1 else settings["quota"], "number"),
        ("send rate per second", settings["rate"], "number"),
        ("enforcement status", settings["enforcement"], "status"),
        ("production access request", settings["review"] or "none", "status"),
        ("dedicated IPs", settings["dedicated_ips"] or "none"),
        ("failures of next sends", failures or "none"),
        ("verification", settings["verification"]),
        ("clock", f"{clock['now']} ({_CLOCK_MODES[clock['mode']]})"),
    ]
    return Details(settings, fields)
