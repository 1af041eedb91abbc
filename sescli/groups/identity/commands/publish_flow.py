"""Publishing step by step: plan the changes, warn, ask, write, and wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.cli.params import dns_sources
from sescli.groups.identity.views import publishing as view
from sescli.output.results import Done

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from sescli.aws.gateway import Gateway
    from sescli.dns.changes import PublishOptions
    from sescli.dns.dynamic_update import PrimaryServer
    from sescli.dns.findings import RecordFinding
    from sescli.dns.records import Record
    from sescli.groups.identity.publishing.hosted_zones import HostedZone
    from sescli.groups.identity.publishing.plan import PublishResult, ZonePlan
    from sescli.runtime import Runtime

# Seconds for DNS queries that help to plan.
_DELEGATION_TIMEOUT = 5.0


def plan_route53(
    rt: Runtime,
    dns: Gateway,
    domain: str,
    records: Sequence[Record],
    zone_id: str | None,
    options: PublishOptions,
) -> ZonePlan[HostedZone]:
    """What publishing changes in the hosted zone of a domain, or in the given one."""
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.publishing import hosted_zones, route53

    name = parse_identity(domain)
    zone = hosted_zones.find(dns, name.domain, zone_id, note=rt.output.note)
    return route53.plan(dns, name.text, records, zone, options)


def spf_check(rt: Runtime, resolver: str | None = None) -> Callable[[str, str], RecordFinding] | None:
    """A function that evaluates the SPF record of a name in DNS. None if public DNS does not know the zone."""
    if not _knows_zone(rt, resolver):
        return None

    def check(name: str, text: str) -> RecordFinding:
        from sescli.dns.spf import check_spf_text

        return check_spf_text(name, text, dns_sources(rt, resolver, timeout=_DELEGATION_TIMEOUT))

    return check


def _knows_zone(rt: Runtime, resolver: str | None) -> bool:
    """Whether DNS can know the zone. Public DNS never knows zones of a custom endpoint."""
    from sescli.dns.sources import VARIABLE

    is_custom_endpoint = (
        rt.settings.local or rt.settings.endpoint_url or rt.world.environ.get("AWS_ENDPOINT_URL")
    )
    return bool(not is_custom_endpoint or resolver or rt.world.environ.get(VARIABLE))


def warn_of_delegation(
    rt: Runtime, dns: Gateway, publishing: ZonePlan[HostedZone], resolver: str | None
) -> None:
    """Warn before the question if DNS does not use the zone. Public DNS never knows zones of a custom endpoint."""
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.publishing.hosted_zones import delegation_warning

    if not publishing.writes or not _knows_zone(rt, resolver):
        return
    sources = dns_sources(rt, resolver, timeout=_DELEGATION_TIMEOUT)
    domain = parse_identity(publishing.domain).domain
    if warning := delegation_warning(dns, publishing.zone, domain, sources):
        rt.output.warn(warning)


def publish_route53(
    rt: Runtime, dns: Gateway, publishing: ZonePlan[HostedZone], longest: timedelta | None
) -> Done:
    """Show the changes, ask, write them, and wait for at most `longest`. None does not wait."""
    from sescli.groups.identity.publishing import route53

    if (finished := view.confirm_publishing(rt, publishing)) is not None:
        return finished
    published = route53.apply(dns, publishing)
    if rt.settings.dry_run:
        return Done("", published)
    if longest is not None:
        published = _wait(rt, dns, published, longest)
    return view.publishing_result(published)


def _wait(
    rt: Runtime, dns: Gateway, published: PublishResult[HostedZone], longest: timedelta
) -> PublishResult[HostedZone]:
    from sescli.groups.identity.publishing import route53

    if published.status == route53.PENDING:
        rt.output.note(
            "Published. Waiting until all Route 53 name servers have the change (about a minute) …"
        )
    latest = route53.wait(dns, published, longest, sleep=rt.world.sleep, clock=rt.world.clock)
    if latest.status == route53.PENDING:
        rt.output.warn(
            "could not check whether all name servers have the change: permission denied (requires route53:GetChange)"
        )
    return latest


def update_server(
    rt: Runtime, primary: PrimaryServer, domain: str, records: Sequence[Record], options: PublishOptions
) -> Done:
    """Show the changes, ask, and send them to a DNS server as one dynamic update."""
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.publishing import rfc2136

    publishing = rfc2136.plan(primary, parse_identity(domain), records, options)
    if (finished := view.confirm_publishing(rt, publishing)) is not None:
        return finished
    number = view.count_record_sets(len(publishing.writes))
    if dry_run := rt.dry_run_result(f"publish {number} to {publishing.zone.label}"):
        return dry_run
    return view.publishing_result(rfc2136.apply(primary, publishing))
