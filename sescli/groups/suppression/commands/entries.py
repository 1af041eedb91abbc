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
    Column("since", "last_update_time", "time"),
)
_REASON = "bounce or complaint."


@command(
    app,
    "list",
    examples=["sescli suppression list", "sescli suppression list --reason complaint --since 30d"],
)
def list_entries(
    rt: Runtime,
    reason: Annotated[str | None, typer.Option(help=_REASON, metavar="REASON")] = None,
    since: Annotated[
        str | None, typer.Option(help="Put there since: 2026-11-01, or 30d.", metavar="WHEN")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Put there until then.", metavar="WHEN")] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many.", metavar="N", min=1)] = None,
) -> Listing:
    """List the addresses that SES does not deliver to, all of them.

    A mail to one of them is accepted, counts to the quota, and never arrives. The list is per region.
    """
    from sescli.groups.suppression.service import entries

    found = entries.entries(
        rt.aws,
        reasons=[entries.parse_reason(reason)] if reason else (),
        since=parse_moment(since, "--since") if since else None,
        until=parse_moment(until, "--until") if until else None,
    )
    return Listing(islice(found, limit), _ENTRY, empty=f"Nothing is suppressed in {rt.aws.region}.")


@command(app, "add", examples=["sescli suppression add jane@example.com --reason complaint"])
def add(
    rt: Runtime,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Addresses.")],
    reason: Annotated[str, typer.Option(help=_REASON, metavar="REASON")] = "bounce",
) -> Done:
    """Put addresses on the list, so that SES no longer delivers to them.

    Do it when someone complains by other means, or when moving a list from another provider. Not possible
    in the sandbox.
    """
    from sescli.groups.suppression.service import entries
    from sescli.mail.addresses import parse_address

    wanted = entries.parse_reason(reason)
    plain = [parse_address(address).addr_spec for address in addresses]
    added, code = apply_each(rt, plain, lambda address: entries.add(rt.aws, address, wanted))
    return Done(
        f"Suppressed in {rt.aws.region} for {wanted}: {', '.join(added) or 'none'}.",
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
    rt: Runtime, addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Addresses.")]
) -> Details | Listing:
    """Show whether and why an address is suppressed, and which mail did it.

    Ask this first when someone says that nothing arrives.

    Upper and lower case: mail to an address on the list is held back however it is spelt, yet SES finds the
    entry only in the case in which it was put. So an address that is not there as you typed it is looked for
    in the whole list, which takes a call for each 1,000 entries.
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
        ("since", entry.last_update_time),
        ("by the mail", entry.message_id),
        ("feedback", entry.feedback_id),
    )
    return Details(entry, fields, next=NextCommand("suppression", "remove", entry.email))


@command(app, "remove", examples=["sescli suppression remove jane@example.com --yes"])
def remove(
    rt: Runtime, addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Addresses.")]
) -> Done:
    """Take addresses off the list, so that SES delivers to them again.

    Do it only when the cause is gone: a second hard bounce or complaint counts against the account.

    SES removes an address only in the upper and lower case in which it was put. One that is not there as you
    typed it is looked for in the whole list, which is read once however many addresses you name. For thousands
    of them use 'suppression import --action delete'.
    """
    from sescli.groups.suppression.service import entries

    wanted = [entries.parse_entry(address) for address in addresses]
    rt.confirm(
        "Take them off the list?" if len(wanted) > 1 else "Take it off the list?",
        consequence=f"SES in {rt.aws.region} would deliver to {', '.join(wanted)} again",
    )
    spellings = entries.StoredSpellings(rt.aws, wanted)
    taken, code = apply_each(rt, wanted, lambda address: entries.remove(rt.aws, address, spellings))
    removed = list(chain.from_iterable(taken))
    return Done(
        f"Delivered to again from {rt.aws.region}: {', '.join(removed) or 'none'}.",
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
        str | None, typer.Option(help="bounce, complaint, bounce,complaint or none.", metavar="REASONS")
    ] = None,
) -> Details | Done:
    """Show or set what SES puts on the list by itself.

    A configuration set may override this for its own mail.
    """
    from sescli.groups.suppression.service import entries

    if reasons is None:
        now = entries.settings(rt.aws)
        return Details(now, [("suppressed automatically", list(now.reasons) or "nothing")])
    chosen = entries.parse_reasons(reasons)
    if not chosen:
        rt.confirm(
            "Suppress nothing by itself?",
            consequence=f"SES in {rt.aws.region} would go on mailing to those who bounce and complain",
        )
    changed = entries.change_settings(rt.aws, chosen)
    words = " and ".join(changed.reasons) or "nothing"
    return Done(f"SES in {rt.aws.region} now suppresses by itself: {words}.", changed)
