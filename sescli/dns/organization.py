"""Whether two domains belong to one organization, by the Public Suffix List."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_same_organization(one: str, other: str) -> bool:
    """Whether two domains, in lower-case punycode, are registered as one: `a.example.co.uk` and `b.example.co.uk`."""
    registered = registered_domain(one)
    return registered is not None and registered == registered_domain(other)


def registered_domain(domain: str) -> str | None:
    """Return the domain below the public suffix. None for a public suffix itself."""
    found: str | None = _suffixes(domain.rpartition(".")[2]).privatesuffix(domain)
    return found


@functools.cache
def _suffixes(top: str) -> PublicSuffixList:
    """The suffixes below one top-level domain. To parse the full list takes three times as long."""
    import publicsuffixlist

    label = top.encode().decode("idna") if top.startswith("xn--") else top
    lines = Path(publicsuffixlist.PSLFILE).read_text("utf-8").splitlines()
    own = [line for line in lines if line.rpartition(".")[2] == label and not line.startswith("//")]
    return publicsuffixlist.PublicSuffixList(own, accept_encoded_idn=True)
