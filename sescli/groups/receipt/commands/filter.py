"""`sescli receipt filter`: IP filters."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.errors import UsageError
from sescli.output.results import Column, Done, Listing
from sescli.runtime import Runtime

app = group("filter", "Manage IP filters, which block or allow senders before any rule runs.")

_FILTER = (Column("filter", "name"), Column("policy", "policy"), Column("addresses", "cidr"))
# A block of more than half of IPv4 may be a mistake, so it gets a warning.
_WIDE = 2**31

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the IP filter.")]


@command(app, "list", examples=["sescli receipt filter list"])
def list_filters(rt: Runtime) -> Listing:
    """List the IP filters of the region.

    IP filters apply to all rule sets. SES also has a block list of its own; an allow filter overrides it.
    """
    from sescli.groups.receipt.service import filters

    return Listing(filters.list_filters(rt.aws), _FILTER, empty=f"No IP filters in {rt.aws.region}.")


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
    block: Annotated[str | None, typer.Option(help="IP address or range to block.", metavar="CIDR")] = None,
    allow: Annotated[str | None, typer.Option(help="IP address or range to allow.", metavar="CIDR")] = None,
) -> Done:
    """Block or allow an IP address or range.

    SES rejects blocked messages during the SMTP conversation, free of charge. Allow an address if the block list
    of SES contains it; that list contains all of Amazon EC2. To receive email only from addresses that you know,
    block 0.0.0.0/0 and allow those addresses.
    """
    from sescli.groups.receipt.service import filters

    policy, cidr = _policy_and_range(block, allow)
    made = filters.add(rt.aws, name, policy, cidr)
    network = filters.network(cidr)
    if policy == filters.BLOCK and network.num_addresses > _WIDE:
        rt.output.warn(
            f"{network} covers most of the internet: SES now accepts email only from allowed addresses"
        )
    verb = "blocks" if policy == filters.BLOCK else "allows"
    return Done(f"Added the IP filter {name}: SES in {rt.aws.region} {verb} {network}.", made)


@command(app, "delete", examples=["sescli receipt filter delete spammer --yes"])
def delete(rt: Runtime, name: Name) -> Done:
    """Delete an IP filter.

    SES then treats email from these addresses like any other.
    """
    from sescli.groups.receipt.service import filters

    gone = filters.find_filter(rt.aws, name)
    rt.confirm(
        "Delete the filter?",
        consequence=f"The IP filter {name} will no longer {gone.policy.lower()} {gone.cidr}",
    )
    filters.delete(rt.aws, name)
    return Done(f"Deleted the IP filter {name} ({gone.policy.lower()} {gone.cidr}).", gone)


def _policy_and_range(block: str | None, allow: str | None) -> tuple[str, str]:
    from sescli.groups.receipt.service.filters import ALLOW, BLOCK

    if (block is None) == (allow is None):
        raise UsageError(
            "an IP filter needs either --block or --allow", hint="add --block CIDR or --allow CIDR"
        )
    return (ALLOW, allow) if allow is not None else (BLOCK, str(block))
