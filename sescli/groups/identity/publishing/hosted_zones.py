"""Hosted zones of Route 53: the public one that a domain's records go into, and the record sets in it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sescli.dns.record_set import RecordSet
from sescli.dns.zones import zone_of
from sescli.errors import AccessError, ApiError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.sources import Sources

PERMISSIONS = "route53:ListHostedZonesByName, GetHostedZone, ListResourceRecordSets, ChangeResourceRecordSets and GetChange"
_ID = re.compile(r"(?:/?hostedzone/)?([A-Z0-9]{1,32})")
# Zones named in an error; an account can have 500 and more.
_SHOWN = 5

_ROUTED = {
    "Weight": "weighted",
    "Region": "latency",
    "Failover": "failover",
    "GeoLocation": "geolocation",
    "GeoProximityLocation": "geoproximity",
    "CidrRoutingConfig": "IP-based",
    "MultiValueAnswer": "multivalue",
}


@dataclass(frozen=True)
class HostedZone:
    """A public hosted zone: `id` without its path, `name` without the closing dot."""

    id: str
    name: str
    comment: str | None = None
    records: int | None = None

    @property
    def label(self) -> str:
        """How people are told of it."""
        return f"{self.name} ({self.id}) in Route 53"


def find(aws: Gateway, domain: str, zone_id: str | None, *, note: Callable[[str], None]) -> HostedZone:
    """The public zone of the domain, or of the closest domain above it (ListHostedZonesByName), or the one given.

    Raises `NotFoundError` without one, and `UsageError` where several have the name or the one given will not
    do. Private zones are passed over, and `note` is told.
    """
    with permitted():
        if zone_id is not None:
            return _given(aws, domain, zone_id)
        for name in _upwards(domain):
            public = _public(aws, name, note)
            if len(public) > 1:
                raise _several(public)
            if public:
                return public[0]
        raise _none(aws, domain)


def record_sets(aws: Gateway, zone: HostedZone, name: str) -> list[RecordSet]:
    """The record sets of one name, all of them (Route 53 ListResourceRecordSets)."""
    with permitted():
        found = takewhile(lambda one: _plain_name(one["Name"]) == name, _sets_from(aws, zone, name))
        return [_record_set(one) for one in found]


@contextmanager
def permitted() -> Iterator[None]:
    """Say, where Route 53 denies a call, what publishing needs, and that its zone may be another account's."""
    try:
        yield
    except AccessError as error:
        hint = error.hint
        if "ccessDenied" in (error.code or ""):
            hint = f"publishing needs {PERMISSIONS}; a zone of another account: --dns-profile NAME"
        raise AccessError(error.message, hint=hint, code=error.code, request_id=error.request_id) from error


def delegation_warning(aws: Gateway, zone: HostedZone, domain: str, sources: Sources) -> str | None:
    """Why records in the zone would not be seen, in a sentence (Route 53 GetHostedZone, and NS in DNS).

    None where DNS names a server of the zone, and where it cannot be told: DNS does not answer, or the call is
    denied.
    """
    try:
        answer = aws.read("route53", "GetHostedZone", Id=zone.id)
    except AccessError:
        return None
    own = {_plain_name(server) for server in answer.get("DelegationSet", {}).get("NameServers", ())}
    seen = zone_of(domain, sources)
    if not own or (seen.apex is not None and own & set(map(_plain_name, seen.name_servers))):
        return None
    whole = f"the name servers of the zone {zone.id} are {', '.join(sorted(own))}"
    if seen.apex is None or not seen.name_servers:
        return f"{seen.error}; {whole}" if seen.error and "delegated" in seen.error else None
    return (
        f"DNS asks others for {domain} ({', '.join(seen.name_servers)}, the zone {seen.apex}), and {whole}: "
        f"until your registrar names these, what is published here is not seen"
    )


def _upwards(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def _given(aws: Gateway, domain: str, zone_id: str) -> HostedZone:
    found = _ID.fullmatch(zone_id.strip())
    if not found:
        raise UsageError(
            f"--zone-id is {zone_id!r}, which is no ID of a zone", hint="it looks like Z0123456789ABC"
        )
    answer = aws.read("route53", "GetHostedZone", Id=found[1])
    zone = _zone(answer["HostedZone"])
    if domain != zone.name and not domain.endswith(f".{zone.name}"):
        raise UsageError(
            f"the zone {zone.id} is {zone.name}, and {domain} is not in it",
            hint="leave out --zone-id to have it found",
        )
    if _is_private(answer["HostedZone"]):
        raise UsageError(
            f"the zone {zone.id} ({zone.name}) is private: SES and the rest of the world never see it",
            hint="name the public zone, or leave out --zone-id to have it found",
        )
    return zone


def _public(aws: Gateway, name: str, note: Callable[[str], None]) -> list[HostedZone]:
    named = takewhile(lambda zone: _plain_name(zone["Name"]) == name, _zones(aws, DNSName=f"{name}."))
    found = list(named)
    private = [_zone(zone).id for zone in found if _is_private(zone)]
    if private:
        note(f"passed over the private zone {name} ({', '.join(private)})")
    return [_zone(zone) for zone in found if not _is_private(zone)]


def _zones(aws: Gateway, **start: str) -> Iterator[dict[str, Any]]:
    """Zones by name from a start on; Route 53 sorts by the labels backwards, so equal names stand together."""
    yield from _pages(
        aws,
        "ListHostedZonesByName",
        "HostedZones",
        {},
        start,
        {"DNSName": "NextDNSName", "HostedZoneId": "NextHostedZoneId"},
    )


def _sets_from(aws: Gateway, zone: HostedZone, name: str) -> Iterator[dict[str, Any]]:
    yield from _pages(
        aws,
        "ListResourceRecordSets",
        "ResourceRecordSets",
        {"HostedZoneId": zone.id, "MaxItems": "100"},
        {"StartRecordName": f"{name}."},
        {
            "StartRecordName": "NextRecordName",
            "StartRecordType": "NextRecordType",
            "StartRecordIdentifier": "NextRecordIdentifier",
        },
    )


def _pages(
    aws: Gateway,
    operation: str,
    key: str,
    always: Mapping[str, str],
    start: Mapping[str, str],
    following: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Every item of every page; Route 53 says in several fields where the next page begins."""
    while True:
        page = aws.read("route53", operation, **always, **start)
        yield from page.get(key, ())
        if not page.get("IsTruncated"):
            return
        begin = {parameter: page[field] for parameter, field in following.items() if page.get(field)}
        if not begin or begin == start:
            raise ApiError(f"route53 {operation}: the service repeats a page", code="RepeatedToken")
        start = begin


def _zone(found: Mapping[str, Any]) -> HostedZone:
    return HostedZone(
        id=str(found["Id"]).rpartition("/")[2],
        name=_plain_name(found["Name"]),
        comment=found.get("Config", {}).get("Comment") or None,
        records=found.get("ResourceRecordSetCount"),
    )


def _is_private(found: Mapping[str, Any]) -> bool:
    return bool(found.get("Config", {}).get("PrivateZone"))


def _record_set(found: Mapping[str, Any]) -> RecordSet:
    return RecordSet(
        name=_plain_name(found["Name"]),
        type=str(found["Type"]),
        ttl=found.get("TTL"),
        values=tuple(record["Value"] for record in found.get("ResourceRecords", ())),
        special=_special(found),
    )


def _special(found: Mapping[str, Any]) -> str | None:
    if found.get("AliasTarget"):
        return "an alias"
    if found.get("TrafficPolicyInstanceId"):
        return "made by a traffic policy"
    kinds = [word for key, word in _ROUTED.items() if key in found]
    if kinds or found.get("SetIdentifier"):
        return f"part of a {kinds[0] if kinds else 'special'} routing"
    return None


def _plain_name(name: str) -> str:
    return name.rstrip(".").lower()


def _several(zones: Sequence[HostedZone]) -> UsageError:
    listed = "; ".join(
        f"{zone.id} ({zone.records} record sets{f', {zone.comment}' if zone.comment else ''})"
        for zone in zones
    )
    return UsageError(
        f"{len(zones)} public zones are named {zones[0].name}: {listed}",
        hint="choose the one that the domain is delegated to: --zone-id ID "
        "(aws route53 get-hosted-zone --id ID shows its name servers)",
    )


def _none(aws: Gateway, domain: str) -> NotFoundError:
    names = sorted({_plain_name(zone["Name"]) for zone in _zones(aws) if not _is_private(zone)})
    near = [name for name in names if name.split(".")[-2:] == domain.split(".")[-2:]]
    shown = near or names
    there = "this account has no public zone at all"
    if shown:
        more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
        there = f"this account has {', '.join(shown[:_SHOWN])}{more}"
    return NotFoundError(
        f"Route 53 has no public zone for {domain} or a domain above it; {there}",
        hint=f"another account: --dns-profile NAME; another DNS host: sescli identity records {domain}",
        code="NoHostedZone",
    )
