"""The DNS part of `identity setup`: which zone, what is to be typed in or written to a file, and publishing."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.errors import AccessError, NotFoundError, UsageError
from sescli.exits import ExitCode
from sescli.groups.identity.views import panel_records
from sescli.groups.identity.views import publishing as dns_publishing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.records import Record
    from sescli.dns.sources import Sources
    from sescli.groups.identity.publishing.hosted_zones import HostedZone
    from sescli.groups.identity.setup.facts import DomainFacts
    from sescli.groups.identity.setup.plan import SetupPlan
    from sescli.groups.identity.setup.spec import SetupSpec
    from sescli.output.results import Done
    from sescli.runtime import Runtime


@dataclass(frozen=True)
class PublishTarget:
    """Where the records are published: the AWS account that has the zone, and the zone."""

    dns: Gateway
    zone: HostedZone


def target(rt: Runtime, spec: SetupSpec) -> PublishTarget | None:
    """The Route 53 zone to publish to, before anything is changed.

    Raises `NotFoundError` without one, and `LocalError` where a file is wanted that cannot be written.
    """
    from sescli.groups.identity.publishing import hosted_zones
    from sescli.groups.identity.setup import records_file

    if spec.file:
        records_file.check_writable(spec.file)
    if not spec.publish:
        return None
    dns = rt.aws.of_profile(spec.dns_profile) if spec.dns_profile else rt.aws
    try:
        return PublishTarget(dns, hosted_zones.find(dns, spec.domain, spec.zone_id, note=rt.output.note))
    except NotFoundError as error:
        if spec.zone_id is None:
            error.hint = "another account: --dns-profile NAME; another DNS host: leave out --publish"
        raise


def zone(rt: Runtime, facts: DomainFacts) -> HostedZone | None:
    """The Route 53 zone that publishing would write to; none where other name servers answer for the domain."""
    from sescli.groups.identity.publishing import hosted_zones

    host = facts.dns.place.host
    if (host is None and facts.dns.place.name_servers) or (host is not None and host.name != "Route 53"):
        return None
    try:
        return hosted_zones.find(rt.aws, facts.domain, None, note=rt.output.note)
    except (AccessError, NotFoundError, UsageError):
        return None


def to_type(rt: Runtime, plan: SetupPlan, records: Sequence[Record], sources: Sources) -> str:
    """What is not in DNS yet, to be typed in; nothing where it went into a file, or where all is there."""
    from sescli.dns.check import check_records
    from sescli.groups.identity.setup import records_file

    spec, place = plan.spec, plan.facts.dns.place
    there = plan.replaced_policy.text if plan.replaced_policy else None
    if spec.file:
        text = panel_records.format_records(records, place, there)
        path = records_file.write(spec.file, spec.form, records, place.zone, text)
        rt.output.step(f"The records are in {path}.")
        return ""
    checked = check_records(records, spec.domain, sources).records
    lacking = [
        record for record in checked if record.verdict != "ok" or (there and record.purpose == "dmarc")
    ]
    if not lacking:
        rt.output.note("All its records are in DNS already.")
    return panel_records.format_records(lacking, place, there) if lacking else ""


def published(rt: Runtime, plan: SetupPlan, records: Sequence[Record], target: PublishTarget) -> Done | None:
    """Write the records into the Route 53 zone, after a yes; gives what stands in the way."""
    from sescli.dns.changes import PublishOptions
    from sescli.groups.identity.publishing import route53
    from sescli.groups.identity.setup.spec import KEEP

    wish = PublishOptions(replace_dmarc=plan.spec.dmarc != KEEP)
    publishing = route53.plan(target.dns, plan.spec.domain, records, target.zone, wish)
    with _staying(plan.spec.domain):
        stopped = dns_publishing.confirm_publishing(rt, publishing)
    if stopped is not None and stopped.exit_code != ExitCode.OK:
        return stopped
    if stopped is None:
        published = route53.apply(target.dns, publishing)
        if rt.settings.dry_run:
            return None
        stopped = dns_publishing.publishing_result(published)
    rt.output.note(stopped.message)
    return None


@contextmanager
def _staying(domain: str) -> Iterator[None]:
    """A no to publishing leaves an identity behind that was made already."""
    try:
        yield
    except UsageError as error:
        if error.code != "NotConfirmed":
            raise
        raise UsageError(
            f"not published; {domain} stays as an identity",
            hint=f"sescli identity setup {domain} goes on",
            code=error.code,
        ) from error
