"""The questions about DNS: who puts the records there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.formats import FORMATS
from sescli.groups.identity.setup.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.identity.publishing.hosted_zones import HostedZone
    from sescli.groups.identity.setup.plan import Facts
    from sescli.groups.identity.setup.wizard import Given
    from sescli.prompts.steps import Asking

_ROUTE53, _BY_HAND, _FILE = "route53", "by hand", "file"
TEXT = "text"
_ENDINGS = {"text": "txt", "zone": "zone", "route53": "json", "terraform": "tf", "cloudformation": "yaml"}
_FOR = {
    "text": "for a person",
    "zone": "a BIND zone, which most DNS hosts import",
    "route53": "a change batch",
    "terraform": "HCL",
    "cloudformation": "a template",
    "octodns": "YAML",
}


def ask(zone_of: Callable[[Facts], HostedZone | None], asking: Asking, given: Given) -> Given | None:
    """Route 53 where the zone is there, a file, or by hand; asked where no option has said it."""
    said = given.publish is not None or given.file is not None
    if said or given.brief or not Plan(given.known, given.spec()).changes_dns:
        return given
    facts = given.known
    host = facts.dns.place.host
    zone = zone_of(facts)
    at = f", at {host.name}" if host else ""
    choices = [(f"I type them in{at}", _BY_HAND), ("somebody else: write a file to hand on", _FILE)]
    if zone is not None:
        choices.insert(0, (f"sescli, into the Route 53 zone {zone.name} ({zone.id})", _ROUTE53))
    while True:
        chosen = asking.select("Who puts the records into DNS?", choices, choices[0][1])
        if chosen is None:
            return None
        if chosen == _BY_HAND:
            return replace(given, publish=False)
        if chosen == _ROUTE53 and zone is not None:
            return replace(given, publish=True, zone_id=given.zone_id)
        filed = _file(asking, given)
        if filed is not None:
            return filed


def _file(asking: Asking, given: Given) -> Given | None:
    again = replace(asking, can_go_back=True)
    forms = [(f"{form}: {_FOR[form]}", form) for form in (TEXT, *FORMATS)]
    form = given.form or again.select("In which format?", forms, TEXT)
    if form is None:
        return None
    ending = _ENDINGS.get(form, "yaml")
    name = again.text("Into which file?", default=f"{given.known.domain}-records.{ending}", check=_filled)
    return None if name is None else replace(given, publish=False, file=name, form=form)


def _filled(text: str) -> str | None:
    return None if text else "it needs a name"
