"""DMARC policies as steps from watching to refusing (RFC 9989): the record of the step that comes next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.dns.dmarc import POLICIES
from sescli.errors import UsageError
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sescli.dns.dmarc import DmarcRecord

MEANINGS = {
    "none": "mailbox hosts only report what fails",
    "quarantine": "mail that fails goes to the junk folder",
    "reject": "mail that fails is refused",
}
# Those of RFC 9989 beside v and p; what else a record has means nothing, `pct` above all.
_KEPT = ("sp", "np", "psd", "adkim", "aspf", "fo", "rua", "ruf", "t")
_HARMLESS = re.compile("[ !#-:<-~]+")  # ASCII without what ends a string or a tag
_MAILTO = "mailto:"


def next_policy(policy: str) -> str | None:
    """The step after a policy, None after the last; what is none of `POLICIES` counts as the first."""
    at = POLICIES.index(policy) if policy in POLICIES else 0
    return POLICIES[at + 1] if at + 1 < len(POLICIES) else None


def stricter(one: str, other: str) -> str:
    """That of two policies which asks for more; what is none of `POLICIES` asks for nothing."""
    return max(one, other, key=lambda policy: POLICIES.index(policy) if policy in POLICIES else -1)


def value(policy: str, rua: Sequence[str] | None, before: DmarcRecord | None = None) -> str:
    """The TXT value of a policy, reports to the addresses of `rua`.

    Where a record is there already (`before`) its other tags stay, and its reports too with `rua` None.
    """
    tags = dict(_kept(before)) if before else {}
    if rua is not None:
        tags.pop("rua", None)
        tags |= {"rua": ",".join(f"{_MAILTO}{address}" for address in rua)} if rua else {}
    return "; ".join(("v=DMARC1", f"p={policy}", *(f"{name}={text}" for name, text in tags.items())))


def parse_policy(text: str) -> str:
    """One of `POLICIES`. Raises `UsageError`."""
    if text.lower() not in POLICIES:
        raise UsageError(f"--dmarc is {text!r}", hint=f"it takes {', '.join(POLICIES)} or keep")
    return text.lower()


def parse_reports(text: str) -> tuple[str, ...]:
    """Addresses with commas between. Raises `UsageError`."""
    parts = [part.strip().removeprefix(_MAILTO) for part in text.split(",")]
    return tuple(dict.fromkeys(_report_address(part) for part in parts if part))


def external_report_domains(domain: str, rua: Iterable[str]) -> list[str]:
    """The domains of report addresses that must say in DNS that they take them (RFC 9990 4).

    Those at the domain itself, above it and below it need not.
    """
    domains = dict.fromkeys(address.rpartition("@")[2].lower() for address in rua)
    return [other for other in domains if not _related(domain, other)]


def _kept(dmarc: DmarcRecord) -> Iterable[tuple[str, str]]:
    for name in _KEPT:
        text = dmarc.tags.get(name, "")
        if _HARMLESS.fullmatch(text):
            yield name, text


def _related(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _report_address(text: str) -> str:
    address = parse_address(text).addr_spec
    # These end an address or a tag in a DMARC record.
    if set(address) & set(",;!"):
        raise UsageError(f"{text!r} cannot get DMARC reports: it has one of , ; ! in it")
    return address
