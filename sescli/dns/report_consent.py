"""Whether those who are to get a domain's DMARC reports say that they take them (RFC 9990 4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.answers import TOLD
from sescli.dns.dmarc import is_dmarc, parse
from sescli.dns.dmarc_policy import external_report_domains

if TYPE_CHECKING:
    from sescli.dns.dmarc import Dmarc
    from sescli.dns.domain_view import View
    from sescli.dns.findings import Finding

_MOST_ASKED = 5


async def accepts_reports(view: View, finding: Finding) -> Finding:
    """The finding of a policy, with a word on reports to other domains that will not come."""
    policy = next((parse(text) for text in finding.found if is_dmarc(text)), None)
    others = external_report_domains(view.domain, _addresses(policy))[:_MOST_ASKED] if policy else []
    taking = await asyncio.gather(*(_takes(view, other) for other in others))
    silent = [other for other, takes in zip(others, taking, strict=True) if not takes]
    if not silent:
        return finding
    word = f"no reports will come to {', '.join(silent)}, which does not say that it takes those of {view.domain}"
    return replace(finding, reason="; ".join(part for part in (finding.reason, word) if part))


def _addresses(policy: Dmarc) -> list[str]:
    """Those of `rua`; behind a ! stood a limit of size, before RFC 9990."""
    uris = (uri.strip().partition("!")[0] for uri in policy.tags.get("rua", "").split(","))
    return [uri.removeprefix("mailto:") for uri in uris if uri.startswith("mailto:") and "@" in uri]


async def _takes(view: View, other: str) -> bool:
    """Unless DNS says that it does not."""
    answer = await view.seen(f"{view.domain}._report._dmarc.{other}", "TXT")
    return answer.state not in TOLD or any(is_dmarc(text) for text in answer.values)
