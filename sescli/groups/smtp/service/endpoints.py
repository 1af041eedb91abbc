"""The SMTP endpoints of SES by region (AWS General Reference, SES endpoints and quotas)."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from sescli.advice import Advice, Hint, NextCommand
from sescli.errors import UsageError

STARTTLS_PORTS = (587, 2587, 25)
TLS_PORTS = (465, 2465)
USUAL_PORT = 587

# Regions for which AWS documents an SMTP endpoint.
DOCUMENTED = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-north-1",
    "eu-west-1", "eu-west-2", "eu-west-3", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-southeast-1", "ap-southeast-2", "us-gov-west-1",
)  # fmt: skip

# SES is available, but AWS does not say, or contradicts itself, whether SMTP is: sescli warns and does not refuse.
UNCONFIRMED = (
    "af-south-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
    "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1",
    "me-south-1", "mx-central-1", "us-gov-east-1",
)  # fmt: skip

_FIPS = frozenset({"us-east-1", "us-east-2", "us-west-2", "us-gov-west-1"})
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
_HOST = re.compile(r"email-smtp(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com|api\.aws)")


@dataclass(frozen=True)
class Endpoint:
    """The SMTP endpoint of SES in a region.

    `fips_host` is None if AWS lists none. `documented` is False if AWS does not list SMTP for the region; `host` then
    only follows the usual pattern.
    """

    region: str
    host: str
    fips_host: str | None
    starttls_ports: tuple[int, ...]
    tls_ports: tuple[int, ...]
    documented: bool


def endpoint(region: str) -> Endpoint:
    """The endpoint of a region. Raises `UsageError` for an invalid region name."""
    region = check_region(region)
    fips = f"email-smtp-fips.{region}.amazonaws.com" if region in _FIPS else None
    return Endpoint(
        region,
        f"email-smtp.{region}.amazonaws.com",
        fips,
        STARTTLS_PORTS,
        TLS_PORTS,
        region in DOCUMENTED,
    )


def endpoints() -> list[Endpoint]:
    """The endpoints of all regions of SES, documented ones first."""
    return [endpoint(region) for region in (*DOCUMENTED, *UNCONFIRMED)]


def check_region(region: str) -> str:
    """Check and lower-case the name of a region. Raises `UsageError`."""
    name = region.strip().lower()
    if _REGION.fullmatch(name):
        return name
    near = difflib.get_close_matches(name, (*DOCUMENTED, *UNCONFIRMED), n=1)
    raise UsageError(
        f"'{region}' is not a valid region name",
        hint=f"did you mean {near[0]}?" if near else NextCommand("smtp", "endpoints"),
    )


def region_warning(region: str) -> Hint | None:
    """A warning for a region without a documented SMTP endpoint, or None."""
    if region in DOCUMENTED:
        return None
    known = "" if region in UNCONFIRMED else f"{region} is not a region that sescli knows; "
    unlisted = f"{known}AWS lists no SMTP endpoint for {region}. Test it before you use it: "
    return Advice(unlisted, NextCommand("smtp", "test"))


def region_of_host(host: str) -> str | None:
    """The region of an SMTP host of SES, or None for another host."""
    found = _HOST.fullmatch(host.lower().rstrip("."))
    return found[1] if found else None


def region_mismatch(region: str | None, host: str) -> str | None:
    """A warning if the password and the host belong to different regions, or None."""
    host_region = region_of_host(host)
    if region is None or host_region is None or host_region == region:
        return None
    return f"the password is for {region}, but {host} is in {host_region}: expect error 535"
