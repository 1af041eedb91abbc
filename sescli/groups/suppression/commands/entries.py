"""`sescli suppression list`, `add`, `show`, `remove` and `settings`."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.batch import apply_each
from sescli.cli.decorator import command
from sescli.cli.params import parse_moment
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.suppression.service.entries import SuppressedAddressDetails

# Its commands become those of `sescli suppression`: a Typer without a name is merged into its parent.
app = typer.Typer()

_ENTRY = (
    Column("address", "email"),
    Column("reason", "reason", "status"),
    Column("added", "last_update_time", "time"),
)
_REASON = "Reason: bounce or complaint."


@command(
    app,
    "list",
    examples=["sescli suppression list", "sescli suppression list --reason complaint --since 30d"],
)
def list_entries(
    rt: Runtime,
    reason: Annotated[str | None, typer.Option(help=_REASON, metavar="REASON")] = None,
    since: Annotated[
        str | None, typer.Option(help="Show addresses added since then: 2026-11-01, or 30d.", metavar="WHEN")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Show addresses added until then.", metavar="WHEN")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Maximum number of addresses.", metavar="N", min=1)
    ] = None,
) -> Listing:
    """List all addresses that SES does not deliver to.

    SES accepts a message to such an address and counts it towards the quota, but does not deliver it. Each region
    has its own list.
    """
    from sescli.groups.suppression.service import entries

    found = entries.entries(
        rt.aws,
        reasons=[entries.parse_reason(reason)] if reason else (),
        since=parse_moment(since, "--since") if since else None,
        until=parse_moment(until, "--until") if until else None,
    )
    return Listing(islice(found, limit), _ENTRY, empty=f"No suppressed addresses in {rt.aws.region}.")


@command(app, "add", examples=["sescli suppression add jane@example.com --reason complaint"])
def add(
    rt: Runtime,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Email addresses.")],
    reason: Annotated[str, typer.Option(help=_REASON, metavar="REASON")] = "bounce",
) -> Done:
    """Add addresses to the suppression list. SES then no longer delivers to them.

    Use it if a recipient complains to you directly, or if you move from another provider. You cannot change the
    list in the sandbox.
    """
    from sescli.groups.suppression.service import entries
    from sescli.mail.addresses import parse_address

    wanted = entries.parse_reason(reason)
    plain = [parse_address(address).addr_spec for address in addresses]
    added, code = apply_each(rt, plain, lambda address: entries.add(rt.aws, address, wanted))
    return Done(
        f"Added {_named(added)} to the suppression list ({rt.aws.region}), reason {wanted.lower()}.",
        [{"email": address, "reason": wanted} for address in added],
        exit_code=code,
        next=NextCommand("suppression", "list"),
    )


@command(
    app,
    "show",
    examples=["sescli suppression show jane@example.com", "sescli suppression show Jane@Example.com -o json"],
)
def show(
    rt: Runtime, addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Email addresses.")]
) -> Details | Listing:
    """Show whether and why addresses are suppressed, and which message caused it.

    Check this first if a recipient gets no messages.

    SES ignores upper and lower case when it suppresses an address, but finds the entry only with the spelling
    that was added. If SES does not find the address as you typed it, sescli reads the full list: one call for
    each 1,000 addresses.
    """
    from sescli.groups.suppression.service import entries

    wanted = [entries.parse_entry(address) for address in addresses]
    spellings = entries.StoredSpellings(rt.aws, wanted)
    shown, code = apply_each(rt, wanted, lambda address: entries.show(rt.aws, address, spellings))
    found = list(chain.from_iterable(shown))
    return _entry_details(found[0]) if len(addresses) == 1 else Listing(found, _ENTRY, exit_code=code)


def _entry_details(entry: SuppressedAddressDetails) -> Details:
    fields = (
        ("address", entry.email),
        ("reason", entry.reason, "status"),
        ("added", entry.last_update_time),
        ("message ID", entry.message_id),
        ("feedback ID", entry.feedback_id),
    )
    return Details(entry, fields, next=NextCommand("suppression", "remove", entry.email))


@command(app, "remove", examples=["sescli suppression remove jane@example.com --yes"])
def remove(
    rt: Runtime, addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Email addresses.")]
) -> Done:
    """Remove addresses from the suppression list. SES then delivers to them again.

    Do this only if the cause is fixed: another hard bounce or complaint harms the reputation of your account.

    SES removes an address only with the upper and lower case in which it was added. If SES does not find an
    address as you typed it, sescli reads the full list, once for all addresses. For thousands of addresses,
    use 'suppression import --action delete'.
    """
    from sescli.groups.suppression.service import entries

    wanted = [entries.parse_entry(address) for address in addresses]
    rt.confirm(
        "Remove them from the suppression list?"
        if len(wanted) > 1
        else "Remove it from the suppression list?",
        consequence=f"SES in {rt.aws.region} will deliver to {', '.join(wanted)} again",
    )
    spellings = entries.StoredSpellings(rt.aws, wanted)
    found, code = apply_each(rt, wanted, lambda address: entries.remove(rt.aws, address, spellings))
    removed = list(chain.from_iterable(found))
    return Done(
        f"Removed {_named(removed)} from the suppression list ({rt.aws.region}).",
        [{"email": address} for address in removed],
        exit_code=code,
    )


@command(
    app,
    "settings",
    examples=["sescli suppression settings", "sescli suppression settings --reasons bounce,complaint"],
)
def settings(
    rt: Runtime,
    reasons: Annotated[
        str | None,
        typer.Option(help="Reasons to set: bounce, complaint, bounce,complaint or none.", metavar="REASONS"),
    ] = None,
) -> Details | Done:
    """Show or set the reasons for which SES adds addresses automatically.

    A configuration set can override these settings for its messages.
    """
    from sescli.groups.suppression.service import entries

    if reasons is None:
        now = entries.settings(rt.aws)
        return Details(now, [("automatic suppression", list(now.reasons) or "off")])
    chosen = entries.parse_reasons(reasons)
    if not chosen:
        rt.confirm(
            "Turn automatic suppression off?",
            consequence=f"SES in {rt.aws.region} will keep sending to addresses that bounce or complain",
        )
    changed = entries.change_settings(rt.aws, chosen)
    reasons_text = " and ".join(changed.reasons).lower() or "off"
    return Done(f"Set automatic suppression to {reasons_text} ({rt.aws.region}).", changed)


def _named(addresses: list[str]) -> str:
    return ", ".join(addresses) or "no addresses"
