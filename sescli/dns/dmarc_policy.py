"""DMARC policies from monitoring to rejection (RFC 9989), and the record for a policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sescli.dns.organization import is_same_organization
from sescli.errors import UsageError
from sescli.mail.addresses import parse_address
from sescli.mail.errors import MailError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sescli.dns.dmarc import DmarcRecord

POLICIES = ("none", "quarantine", "reject")
MEANINGS = {
    "none": "receivers only report failing messages",
    "quarantine": "failing messages go to the spam folder",
    "reject": "receivers reject failing messages",
}
# The tags of RFC 9989 besides v and p. Other tags, such as `pct`, have no effect.
_KEPT_TAGS = ("sp", "np", "psd", "adkim", "aspf", "fo", "rua", "ruf", "t")
_SAFE_VALUE = re.compile("[ !#-:<-~]+")  # ASCII without the characters that end a string or a tag
_MAILTO = "mailto:"


def next_policy(policy: str) -> str | None:
    """Return the next stricter policy, or None after the last. Unknown policies count as the first."""
    at = POLICIES.index(policy) if policy in POLICIES else 0
    return POLICIES[at + 1] if at + 1 < len(POLICIES) else None


def stricter_policy(one: str, other: str) -> str:
    """Return the stricter of two policies. Unknown policies are the least strict."""
    return max(one, other, key=lambda policy: POLICIES.index(policy) if policy in POLICIES else -1)


def record_value(policy: str, rua: Sequence[str] | None, before: DmarcRecord | None = None) -> str:
    """Return the TXT value for a policy that sends reports to the addresses of `rua`.

    The other tags of an existing record (`before`) are kept. With `rua` None its report addresses are kept too.
    """
    tags = dict(_kept(before)) if before else {}
    if rua is not None:
        tags.pop("rua", None)
        tags |= {"rua": ",".join(f"{_MAILTO}{address}" for address in rua)} if rua else {}
    return "; ".join(("v=DMARC1", f"p={policy}", *(f"{name}={text}" for name, text in tags.items())))


def parse_policy(text: str) -> str:
    """Parse one of `POLICIES`. Raises `UsageError`."""
    if text.lower() not in POLICIES:
        raise UsageError(f"--dmarc {text!r} is not valid", hint=f"use {', '.join(POLICIES)} or keep")
    return text.lower()


def parse_reports(text: str) -> tuple[str, ...]:
    """Parse addresses separated by commas. Raises `UsageError`."""
    parts = [re.sub(f"^{_MAILTO}", "", part.strip(), flags=re.IGNORECASE) for part in text.split(",")]
    return tuple(dict.fromkeys(_report_address(part) for part in parts if part))


def external_report_domains(domain: str, rua: Iterable[str]) -> list[str]:
    """Return the domains of report addresses that must authorize the reports in DNS (RFC 9990 4).

    The other domains of the same organization need no authorization.
    """
    domains = dict.fromkeys(address.rpartition("@")[2].lower() for address in rua)
    return [other for other in domains if not _related(domain, other)]


def report_addresses(dmarc: DmarcRecord, tag: str) -> list[str]:
    """Return the valid addresses in `rua` or `ruf`."""
    return [address for address, _ in _report_uris(dmarc, tag) if address]


def report_problems(dmarc: DmarcRecord) -> list[str]:
    """Say why receivers send no reports: no `rua`, or addresses in `rua` or `ruf` that are not valid."""
    found = [] if "rua" in dmarc.tags else ["without rua, so you receive no reports"]
    for tag in ("rua", "ruf"):
        uris = _report_uris(dmarc, tag)
        found += [problem for address, problem in uris if not address]
        if tag in dmarc.tags and not uris:
            found.append(f"{tag} is empty, so you receive no reports by it")
    return found


def _report_uris(dmarc: DmarcRecord, tag: str) -> list[tuple[str, str]]:
    """Return (address, what is wrong) for each URI of a tag; one of both is empty."""
    return [_read_uri(tag, uri.strip()) for uri in dmarc.tags.get(tag, "").split(",") if uri.strip()]


def _read_uri(tag: str, uri: str) -> tuple[str, str]:
    # Before RFC 9990, a size limit could follow after an exclamation mark. The scheme has any case (RFC 3986 3.1).
    scheme, colon, text = uri.partition("!")[0].partition(":")
    if not colon or "@" in scheme:
        more = f": write mailto:{uri}" if "@" in uri else ""
        return "", f"{tag}={uri} does not begin with mailto:, so receivers ignore it{more}"
    if scheme.lower() != "mailto":
        return "", f"{tag}={uri}: receivers send reports only to mailto: addresses"
    try:
        return parse_address(unquote(text)).addr_spec, ""
    except MailError:
        return "", f"{tag}={uri} is not a valid email address, so receivers ignore it"


def _kept(dmarc: DmarcRecord) -> Iterable[tuple[str, str]]:
    for name in _KEPT_TAGS:
        text = dmarc.tags.get(name, "")
        if _SAFE_VALUE.fullmatch(text):
            yield name, text


def _related(one: str, other: str) -> bool:
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    return is_same_organization(one, other)


def _report_address(text: str) -> str:
    address = parse_address(text).addr_spec
    # These characters end an address or a tag in a DMARC record.
    if set(address) & set(",;!"):
        raise UsageError(
            f"{text!r} cannot receive DMARC reports: it contains a comma, semicolon or exclamation mark"
        )
    return address
