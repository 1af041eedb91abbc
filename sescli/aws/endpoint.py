"""Where AWS calls go: account, region, endpoint."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"localhost", "ip6-localhost", "::1", "127.0.0.1"})


@dataclass(frozen=True)
class AwsEndpoint:
    """The AWS settings of a call; boto3 finds the value of what is None as usual.

    `local` is the local SES emulator: it accepts any keys, and the credentials of the machine are not sent to it.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    local: bool = False


def normalize_url(url: str) -> str:
    """One spelling for all spellings of an endpoint's URL.

    Lower case, without user, query, default port and `/` at the end. The names of the loopback address are one host.
    Returns the text unchanged if it is not a URL.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if not parts.hostname:
        return url
    host = parts.hostname.rstrip(".")
    if host in _LOOPBACK or host.endswith(".localhost"):
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    number = "" if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    return f"{parts.scheme}://{shown}{number}{parts.path.rstrip('/')}"


def is_aws_url(url: str) -> bool:
    """Whether a URL is an endpoint of AWS itself, in any partition: regional, FIPS, dual-stack or a VPC endpoint."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return any(host.endswith(f".{suffix}") for suffix in _aws_domains())


@functools.cache
def _aws_domains() -> frozenset[str]:
    """The domains of AWS's endpoints, as botocore lists them for each partition."""
    from botocore.loaders import create_loader

    outputs = [one["outputs"] for one in create_loader().load_data("partitions")["partitions"]]
    return frozenset(
        domain for output in outputs for domain in (output["dnsSuffix"], output["dualStackDnsSuffix"])
    )
