"""`sescli smtp`: the group, and the list of endpoints."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.groups.smtp.commands import password, probe, rotate, users
from sescli.output.results import Column, Listing
from sescli.runtime import Runtime

app = group("smtp", "Create, test and rotate SMTP credentials.", first=("create", "list", "rotate", "delete"))

_ENDPOINT_COLUMNS = (
    Column("region", "region"),
    Column("host", "host"),
    Column("FIPS host", "fips_host"),
    Column("STARTTLS ports", lambda found: [str(port) for port in found.starttls_ports]),
    Column("TLS ports", lambda found: [str(port) for port in found.tls_ports]),
    Column("documented", "documented"),
)


@command(
    app,
    "endpoints",
    examples=["sescli smtp endpoints", "sescli smtp endpoints --for-region eu-west-1 -q '[0].host'"],
)
def endpoints(
    rt: Runtime,
    for_region: Annotated[
        str | None, typer.Option("--for-region", metavar="REGION", help="Show only this region.")
    ] = None,
) -> Listing:
    """List the SMTP hosts and ports of SES by region.

    Use port 587 with STARTTLS, or 465 if your program needs implicit TLS. Many networks, including EC2, block or
    throttle port 25; use 2587 and 2465 where the other ports are blocked. A password works only in its own region.
    """
    from sescli.groups.smtp.service import endpoints as smtp_endpoints

    if for_region is None:
        return Listing(smtp_endpoints.endpoints(), _ENDPOINT_COLUMNS)
    found = smtp_endpoints.endpoint(for_region)
    warning = smtp_endpoints.region_warning(found.region)
    if warning:
        rt.output.warn(warning)
    return Listing([found], _ENDPOINT_COLUMNS)


for module in (users, rotate, password, probe):
    app.add_typer(module.app)
