"""Options and arguments that several `sescli smtp` commands share, and the region that they act on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import options
from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.groups.smtp.service.provisioning import SmtpTarget
    from sescli.runtime import Runtime

User = Annotated[str, typer.Argument(metavar="USER", help="Name of the IAM user.")]
ForRegion = Annotated[
    str | None,
    typer.Option("--for-region", metavar="REGION", help="Region to send from. Default: the region in use."),
]


@options
class CredentialsOptions:
    """Where new SMTP credentials go, and the region and port that they are for."""

    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the password to this file (mode 0600), not to the screen."
        ),
    ] = None
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="Format: env (dotenv file) or json.")
    ] = None
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="PORT",
            min=1,
            max=65535,
            help="Port: 587, 2587 or 25 (STARTTLS); 465 or 2465 (implicit TLS).",
        ),
    ] = 587
    for_region: ForRegion = None

    def target(self, rt: Runtime) -> SmtpTarget:
        """The region and its SMTP host. Raises `UsageError`."""
        from sescli.groups.smtp.service.provisioning import smtp_target

        return smtp_target(chosen_region(rt, self.for_region), self.port)


def chosen_region(rt: Runtime, for_region: str | None) -> str:
    """The region to send from: --for-region, or the region in use. Raises `UsageError` if none is configured."""
    from sescli.groups.smtp.service.endpoints import check_region, region_warning

    if for_region is None:
        _check_region_configured(rt)
    region = check_region(for_region or rt.aws.region)
    warning = region_warning(region)
    if warning:
        rt.output.warn(warning)
    return region


def _check_region_configured(rt: Runtime) -> None:
    try:
        rt.aws.require_region()
    except UsageError as error:
        error.message = "no region is configured, and an SMTP password works in one region only"
        raise
