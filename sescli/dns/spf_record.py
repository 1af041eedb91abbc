"""The text of an SPF record (RFC 7208 4.5, 4.6): whether it is one, whether it lets SES send, and how it would."""

from __future__ import annotations

_SES = "include:amazonses.com"


def is_spf(text: str) -> bool:
    """Whether a TXT is an SPF record, right or wrong: its version, and then a space or nothing."""
    return text.lower().split(" ", 1)[0] == "v=spf1"


def permits_ses(text: str) -> bool:
    """Whether it names SES among those who may send."""
    return any(term.lower().lstrip("+") == _SES for term in text.split())


def with_ses(text: str) -> str:
    """The same record with SES in it, before what settles all the rest (`all`, `redirect=`)."""
    terms = text.split()
    last = next((place for place, term in enumerate(terms) if _settles(term)), len(terms))
    return " ".join([*terms[:last], _SES, *terms[last:]])


def _settles(term: str) -> bool:
    return term.lower().lstrip("+-~?") == "all" or term.lower().startswith("redirect=")
