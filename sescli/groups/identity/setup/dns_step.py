"""The DNS part of `identity setup`: find the zone, show or write the records, or publish them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.aws.try_read import try_read
from sescli.errors import NotFoundError, UsageError
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
    """Where to publish the records: the AWS account of the zone, and the zone."""

    dns: Gateway
    zone: HostedZone


def find_target(rt: Runtime, spec: SetupSpec) -> PublishTarget | None:
    """Find the Route 53 zone to publish to, before any change. None if the records are not published.

    Raises `NotFoundError` if there is no zone, and `LocalError` if the records file cannot be written.
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
            error.hint = "for a zone in another account: --dns-profile NAME; for another DNS provider: remove --publish"
        raise


def find_zone(rt: Runtime, facts: DomainFacts) -> HostedZone | None:
    """Find the Route 53 zone that the wizard can offer. None if another provider serves the domain."""
    from sescli.groups.identity.publishing import hosted_zones

    place = facts.dns.place
    if (place.host is None and place.name_servers) or (
        place.host is not None and place.host.name != "Route 53"
    ):
        return None

    def find() -> HostedZone:
        return hosted_zones.find(rt.aws, facts.domain, None, note=rt.output.note)

    try:
        return try_read("the Route 53 zones", find)
    except (NotFoundError, UsageError):
        return None


def records_to_add(rt: Runtime, plan: SetupPlan, records: Sequence[Record], sources: Sources) -> str:
    """Return the records that are not in DNS yet, as text. Empty if there are none, or if they go to a file."""
    from sescli.dns.check import check_records
    from sescli.groups.identity.setup import records_file

    spec, place = plan.spec, plan.facts.dns.place
    replaced = plan.replaced_policy.text if plan.replaced_policy else None
    if spec.file:
        text = panel_records.format_records(records, place, replaced)
        path = records_file.write(spec.file, spec.form, records, place.zone, text)
        rt.output.step(f"Wrote the records to {path}.")
        return ""
    checked = check_records(records, spec.domain, sources).records
    unverified = [record for record in checked if record.verdict == "unverified"]
    missing = [
        record
        for record in checked
        if record.verdict not in {"ok", "unverified"} or (replaced and record.purpose == "dmarc")
    ]
    if unverified:
        rt.output.warn(f"{unverified[0].reason}; {unverified[0].fix}")
    elif not missing:
        rt.output.note("All records are already in DNS.")
    return panel_records.format_records(missing, place, replaced) if missing else ""


def publish_records(
    rt: Runtime, plan: SetupPlan, records: Sequence[Record], target: PublishTarget
) -> Done | None:
    """Publish the records to the Route 53 zone after a confirmation. Return a result only if it is not possible."""
    from sescli.dns.changes import PublishOptions
    from sescli.groups.identity.commands.publish_flow import spf_check
    from sescli.groups.identity.publishing import route53
    from sescli.groups.identity.setup.spec import KEEP

    options = PublishOptions(replace_dmarc=plan.spec.dmarc != KEEP, check_spf=spf_check(rt))
    changes = route53.plan(target.dns, plan.spec.domain, records, target.zone, options)
    with _explain_existing_identity(plan.spec.domain):
        done = dns_publishing.confirm_publishing(rt, changes)
    if done is not None and done.exit_code != ExitCode.OK:
        return done
    if done is None:
        published = route53.apply(target.dns, changes)
        if rt.settings.dry_run:
            return None
        done = dns_publishing.publishing_result(published)
    rt.output.note(done.message)
    return None


@contextmanager
def _explain_existing_identity(domain: str) -> Iterator[None]:
    """If the user does not confirm publishing, the identity exists already: say so."""
    try:
        yield
    except UsageError as error:
        if error.code != "NotConfirmed":
            raise
        raise UsageError(
            f"the records were not published, but the identity {domain} exists",
            hint=Advice("to continue, run: ", NextCommand("identity", "setup", domain)),
            code=error.code,
        ) from error
