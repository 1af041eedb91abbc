"""Route 53 hosted zones: find the public zone of a domain, read its record sets, and check its delegation."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.errors import is_permission_denied
from sescli.aws.try_read import try_read
from sescli.dns.record_set import RecordSet
from sescli.dns.zones import zone_of
from sescli.errors import AccessError, ApiError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.sources import Sources

PERMISSIONS = "route53:ListHostedZonesByName, GetHostedZone, ListResourceRecordSets, ChangeResourceRecordSets and GetChange"
_ID = re.compile(r"(?:/?hostedzone/)?([A-Z0-9]{1,32})")
# Zones named in an error. An account can have more than 500.
_MAX_SHOWN = 5

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
    """A public hosted zone: `id` without its path, `name` without the trailing dot."""

    id: str
    name: str
    comment: str | None = None
    records: int | None = None

    @property
    def label(self) -> str:
        """The zone in output."""
        return f"{self.name} ({self.id}) in Route 53"


def find(aws: Gateway, domain: str, zone_id: str | None, *, note: Callable[[str], None]) -> HostedZone:
    """Find the public zone of the domain or of the closest domain above (ListHostedZonesByName), or use the given one.

    Raises `NotFoundError` if there is none, and `UsageError` if several zones have the name or the given one does not
    fit. Private zones are skipped and reported to `note`.
    """
    with explain_denied_access():
        if zone_id is not None:
            return _specified(aws, domain, zone_id)
        for name in _domain_and_above(domain):
            public = _public(aws, name, note)
            if len(public) > 1:
                raise _several(public)
            if public:
                return public[0]
        raise _not_found(aws, domain)


def record_sets(aws: Gateway, zone: HostedZone, name: str) -> list[RecordSet]:
    """Return all record sets of one name (Route 53 ListResourceRecordSets)."""
    with explain_denied_access():
        found = takewhile(lambda one: _plain_name(one["Name"]) == name, _sets_from(aws, zone, name))
        return [_record_set(one) for one in found]


@contextmanager
def explain_denied_access() -> Iterator[None]:
    """If Route 53 denies a call, name the permissions, and say that the zone can be in another account."""
    try:
        yield
    except AccessError as error:
        hint = error.hint
        if is_permission_denied(error):
            hint = f"publishing requires {PERMISSIONS}. For a zone in another account: --dns-profile NAME"
        raise AccessError(error.message, hint=hint, code=error.code, request_id=error.request_id) from error


def delegation_warning(aws: Gateway, zone: HostedZone, domain: str, sources: Sources) -> str | None:
    """Warn if resolvers do not use the zone's name servers (Route 53 GetHostedZone, and NS records in DNS).

    None if they do, and if that cannot be checked: DNS does not answer, or the call is denied.
    """
    answer = try_read(f"the zone {zone.id}", lambda: aws.read("route53", "GetHostedZone", Id=zone.id))
    if answer is None:
        return None
    own = {_plain_name(server) for server in answer.get("DelegationSet", {}).get("NameServers", ())}
    seen = zone_of(domain, sources)
    if not own or (seen.apex is not None and own & set(map(_plain_name, seen.name_servers))):
        return None
    expected = f"the name servers of the zone {zone.id} are {', '.join(sorted(own))}"
    if seen.apex is None or not seen.name_servers:
        return f"{seen.error}; {expected}" if seen.error and "delegated" in seen.error else None
    return (
        f"other name servers serve {domain} ({', '.join(seen.name_servers)}, zone {seen.apex}), but {expected}: "
        f"until you set these name servers at your registrar, resolvers do not see the records "
        f"that you publish here"
    )


def _domain_and_above(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def _specified(aws: Gateway, domain: str, zone_id: str) -> HostedZone:
    found = _ID.fullmatch(zone_id.strip())
    if not found:
        raise UsageError(
            f"--zone-id {zone_id!r} is not a hosted zone ID", hint="use an ID such as Z0123456789ABC"
        )
    answer = aws.read("route53", "GetHostedZone", Id=found[1])
    zone = _zone(answer["HostedZone"])
    if domain != zone.name and not domain.endswith(f".{zone.name}"):
        raise UsageError(
            f"{domain} is not in the zone {zone.id} ({zone.name})",
            hint="remove --zone-id: sescli then finds the zone",
        )
    if _is_private(answer["HostedZone"]):
        raise UsageError(
            f"the zone {zone.id} ({zone.name}) is private: SES and other servers on the internet cannot see it",
            hint="specify the public zone, or remove --zone-id: sescli then finds it",
        )
    return zone


def _public(aws: Gateway, name: str, note: Callable[[str], None]) -> list[HostedZone]:
    named = takewhile(lambda zone: _plain_name(zone["Name"]) == name, _zones(aws, DNSName=f"{name}."))
    found = list(named)
    private = [_zone(zone).id for zone in found if _is_private(zone)]
    if private:
        note(f"Skipped the private zone {name} ({', '.join(private)})")
    return [_zone(zone) for zone in found if not _is_private(zone)]


def _zones(aws: Gateway, **start: str) -> Iterator[dict[str, Any]]:
    """Yield zones by name. Route 53 sorts by reversed labels, so equal names are adjacent."""
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
    """Yield every item of every page. Route 53 returns the start of the next page in several fields."""
    while True:
        page = aws.read("route53", operation, **always, **start)
        yield from page.get(key, ())
        if not page.get("IsTruncated"):
            return
        begin = {parameter: page[field] for parameter, field in following.items() if page.get(field)}
        if not begin or begin == start:
            raise ApiError(
                f"route53 {operation}: the service returned the same page twice", code="RepeatedToken"
            )
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
        return "created by a traffic policy"
    kinds = [word for key, word in _ROUTED.items() if key in found]
    if kinds or found.get("SetIdentifier"):
        return f"part of {kinds[0] if kinds else 'special'} routing"
    return None


def _plain_name(name: str) -> str:
    return name.rstrip(".").lower()


def _several(zones: Sequence[HostedZone]) -> UsageError:
    listed = "; ".join(
        f"{zone.id} ({zone.records} record sets{f', {zone.comment}' if zone.comment else ''})"
        for zone in zones
    )
    return UsageError(
        f"{len(zones)} public zones have the name {zones[0].name}: {listed}",
        hint="specify the one that the domain is delegated to: --zone-id ID "
        "(aws route53 get-hosted-zone --id ID shows its name servers)",
    )


def _not_found(aws: Gateway, domain: str) -> NotFoundError:
    names = sorted({_plain_name(zone["Name"]) for zone in _zones(aws) if not _is_private(zone)})
    near = [name for name in names if name.split(".")[-2:] == domain.split(".")[-2:]]
    shown = near or names
    existing = "this account has no public zones"
    if shown:
        more = f" and {len(shown) - _MAX_SHOWN} more" if len(shown) > _MAX_SHOWN else ""
        existing = f"this account has {', '.join(shown[:_MAX_SHOWN])}{more}"
    return NotFoundError(
        f"Route 53 has no public zone for {domain} or a domain above; {existing}",
        hint=Advice(
            "for a zone in another account: --dns-profile NAME; for another DNS provider: ",
            NextCommand("identity", "records", domain),
        ),
        code="NoHostedZone",
    )
