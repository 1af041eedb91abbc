"""`sescli receipt filter`: IP filters."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.errors import UsageError
from sescli.output.results import Column, Done, Listing
from sescli.runtime import Runtime

app = group("filter", "IP filters: whose mail is refused or taken before any rule.")

_FILTER = (Column("filter", "name"), Column("policy", "policy"), Column("addresses", "cidr"))
# A range of more addresses than half of IPv4 is taken for a slip or a strict block list.
_WIDE = 2**31

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the filter.")]


@command(app, "list", examples=["sescli receipt filter list"])
def list_filters(rt: Runtime) -> Listing:
    """List the IP filters of the region.

    They count for all rule sets. SES has its own block list beside them; an allow filter overrides it.
    """
    from sescli.groups.receipt.service import filters

    return Listing(
        filters.list_filters(rt.aws), _FILTER, empty=f"There are no IP filters in {rt.aws.region}."
    )


@command(
    app,
    "add",
    examples=[
        "sescli receipt filter add spammer --block 192.0.2.0/24",
        "sescli receipt filter add our-office --allow 198.51.100.7",
    ],
)
def add(
    rt: Runtime,
    name: Name,
    block: Annotated[str | None, typer.Option(help="Refuse mail from there.", metavar="CIDR")] = None,
    allow: Annotated[str | None, typer.Option(help="Take mail from there.", metavar="CIDR")] = None,
) -> Done:
    """Refuse or take mail from an IP address or a range of them.

    A blocked mail is refused during the SMTP conversation and costs nothing. Allow an address when SES's own
    list blocks it, as it does all of Amazon EC2. To take mail from known places alone, block 0.0.0.0/0 and
    allow those.
    """
    from sescli.groups.receipt.service import filters

    policy, cidr = _wanted(block, allow)
    made = filters.add(rt.aws, name, policy, cidr)
    network = filters.network(cidr)
    if policy == filters.BLOCK and network.num_addresses > _WIDE:
        rt.output.warn(f"{network} is nearly everybody: only allowed addresses get through now")
    verb = "refuses" if policy == filters.BLOCK else "takes"
    return Done(f"SES in {rt.aws.region} now {verb} mail from {network} (filter {name}).", made)


@command(app, "delete", examples=["sescli receipt filter delete spammer --yes"])
def delete(rt: Runtime, name: Name) -> Done:
    """Delete an IP filter.

    Mail from there is then treated as any other.
    """
    from sescli.groups.receipt.service import filters

    gone = filters.find_filter(rt.aws, name)
    rt.confirm("Delete it?", consequence=f"the filter {name} no longer {gone.policy.lower()}s {gone.cidr}")
    filters.delete(rt.aws, name)
    return Done(f"Deleted the filter {name} ({gone.policy.lower()} {gone.cidr}).", gone)


def _wanted(block: str | None, allow: str | None) -> tuple[str, str]:
    from sescli.groups.receipt.service.filters import ALLOW, BLOCK

    if (block is None) == (allow is None):
        raise UsageError("a filter either blocks or allows", hint="give --block CIDR or --allow CIDR")
    return (ALLOW, allow) if allow is not None else (BLOCK, str(block))
