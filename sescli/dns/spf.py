"""SPF of the MAIL FROM name (RFC 7208): SES must be in it, and it must hold together."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.findings import DUPLICATE, MISMATCH, OK, Finding
from sescli.dns.spf_record import is_spf

if TYPE_CHECKING:
    from sescli.dns.records import Record

SES = "amazonses.com"

_DOMAIN = r"[^\s/]+"
_PREFIX = r"(/\d{1,2})?(//\d{1,3})?"
_TERM = re.compile(
    rf"""(?P<sign>[+?~-]?)(?:
        (?P<all>all)
        | ip(?P<version>[46]):(?P<network>[0-9a-f:.]+(?:/\d{{1,3}})?)
        | (?P<include>include):(?P<included>{_DOMAIN})
        | (?P<exists>exists):{_DOMAIN}
        | (?P<host>a|mx)(?::(?P<of>{_DOMAIN}))?{_PREFIX}
        | (?P<ptr>ptr)(?::{_DOMAIN})?
    )
    | redirect=(?P<redirect>{_DOMAIN})
    | (?P<other>[a-z][a-z0-9._-]*)=\S*""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Policy:
    """An SPF record: `broken` are terms that no one understands, which makes the whole record void.

    `lookups` counts the terms that ask DNS; `includes` are the domains of those that lead to another record,
    `hosts` those of `a` and `mx`, by type of question. Terms after `all` are never reached and are not counted.
    """

    text: str
    lookups: int
    includes: tuple[str, ...]
    hosts: tuple[tuple[str, str], ...]
    redirect: str | None
    broken: tuple[str, ...]
    ending: str | None


def parse(text: str) -> Policy:
    """Read an SPF record."""
    terms = [(term, _read(term)) for term in text.split()[1:]]
    known = [found for _, found in terms if found]
    last = next((place for place, found in enumerate(known) if found["all"]), len(known))
    ending = f"{known[last]['sign'] or '+'}all" if last < len(known) else None
    # RFC 7208 6.1: where there is an all, redirect is not looked at.
    redirects = [_bare(found["redirect"]) for found in known if found["redirect"]] if ending is None else []
    reached = known[:last]
    asking = sum(
        bool(found["include"] or found["exists"] or found["host"] or found["ptr"]) for found in reached
    )
    return Policy(
        text,
        lookups=asking + len(redirects),
        includes=tuple(_bare(found["included"]) for found in reached if found["include"]),
        hosts=tuple((found["host"].upper(), _bare(found["of"])) for found in reached if found["of"]),
        redirect=redirects[0] if redirects else None,
        broken=tuple(term for term, found in terms if not found),
        ending=ending,
    )


def _read(term: str) -> re.Match[str] | None:
    found = _TERM.fullmatch(term)
    if found and found["network"]:
        try:
            network = ipaddress.ip_network(found["network"], strict=False)
        except ValueError:
            return None
        return found if str(network.version) == found["version"] else None
    return found


def _bare(domain: str) -> str:
    return domain.lower().removesuffix(".")


def judge_spf(_record: Record, values: tuple[str, ...]) -> Finding:
    """By the record alone; how many look-ups it costs takes DNS (`spf_walk`)."""
    texts = [each for each in values if is_spf(each)]
    if not texts:
        return _none(values)
    if len(texts) > 1:
        return Finding(
            DUPLICATE,
            "several_spf",
            f"{len(texts)} SPF records: with more than one none counts",
            "put what you need of them into one record, and remove the others",
            values,
        )
    policy = parse(texts[0])
    if policy.broken:
        return Finding(
            MISMATCH,
            "spf_syntax",
            f"SPF does not know {' '.join(policy.broken[:3])}, and so the whole record is void",
            "correct that term",
            values,
        )
    return _reaches_ses(policy, values)


def _none(values: tuple[str, ...]) -> Finding:
    near = [each for each in values if "spf1" in each.lower()]
    if near:
        return Finding(
            MISMATCH,
            "spf_syntax",
            "the record does not begin with v=spf1 and a space, so it is none of SPF",
            "enter the value as it is, without quotation marks or anything before it",
            values,
        )
    return Finding(MISMATCH, "no_spf", "the name has TXT records, but none of SPF", "add this record", values)


def _reaches_ses(policy: Policy, values: tuple[str, ...]) -> Finding:
    if SES in {*policy.includes, policy.redirect}:
        note = "+all lets every server send: end it with ~all" if policy.ending == "+all" else ""
        return Finding(OK, "ok", note, found=values)
    if f"include:{SES}" in policy.text.lower():
        reason = f"include:{SES} stands behind {policy.ending}, where nobody reads on"
        return Finding(MISMATCH, "spf_unreached", reason, f"put include:{SES} before it", values)
    return Finding(
        MISMATCH, "spf_without_ses", "SPF does not let SES send", f"add include:{SES} before the all", values
    )
