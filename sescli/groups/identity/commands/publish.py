"""`sescli identity publish`: the DNS records of a domain, written to Route 53."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli import dns_records
from sescli.cli.decorator import command
from sescli.cli.params import dns_sources, parse_duration
from sescli.errors import UsageError
from sescli.groups.identity.commands.dkim_keys import private_key
from sescli.groups.identity.commands.options import Domain, LegacyTxt, Purpose
from sescli.groups.identity.views import publishing as dns_publishing
from sescli.groups.identity.views.publishing import PARTS
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sescli.aws.gateway import Gateway
    from sescli.dns.changes import PublishOptions
    from sescli.dns.dynamic_update import PrimaryServer
    from sescli.dns.records import Record
    from sescli.groups.identity.publishing.hosted_zones import HostedZone
    from sescli.groups.identity.publishing.plan import PublishResult, ZonePlan

app = typer.Typer()

# Seconds for a look whose outcome is only a warning.
_DNS_PATIENCE = 5.0


@command(
    app,
    "publish",
    examples=[
        "sescli identity publish example.com",
        "sescli identity publish example.com --only dkim,mail-from --no-wait",
        "sescli identity publish example.com --for all --ttl 300 -o json",
    ],
)
def publish(
    rt: Runtime,
    domain: Domain,
    zone_id: Annotated[
        str | None, typer.Option(help="The hosted zone, where several have the name.", metavar="ID")
    ] = None,
    purpose: Purpose = "sending",
    only: Annotated[
        str | None,
        typer.Option(
            help="Some alone: dkim, mail-from, dmarc, verification, receiving; with commas.",
            metavar="PARTS",
        ),
    ] = None,
    dkim_private_key: Annotated[
        str | None,
        typer.Option(
            "--dkim-private-key",
            help="File with your RSA key for DKIM, whose public half is published; - for standard input.",
            metavar="FILE",
        ),
    ] = None,
    legacy_txt: LegacyTxt = False,
    replace_dmarc: Annotated[
        bool, typer.Option("--replace-dmarc", help="Write over a DMARC policy that is there.")
    ] = False,
    ttl: Annotated[
        int | None,
        typer.Option(
            help="Seconds that resolvers may keep a record; 1800.", metavar="SECONDS", min=1, max=604800
        ),
    ] = None,
    dns_profile: Annotated[
        str | None,
        typer.Option(help="AWS profile of the account that has the zone, if another.", metavar="NAME"),
    ] = None,
    rfc2136: Annotated[
        str | None,
        typer.Option(
            "--rfc2136",
            help="Not to Route 53 but to this DNS server, the zone's primary, as a dynamic update.",
            metavar="HOST[:PORT]",
        ),
    ] = None,
    tsig_key_file: Annotated[
        str | None,
        typer.Option(
            help="The key that --rfc2136 signs with, as tsig-keygen writes it; - for standard input.",
            metavar="FILE",
        ),
    ] = None,
    resolver: Annotated[
        str | None,
        typer.Option(
            help="DNS server that tells whether the world asks the zone (or SESCLI_RESOLVER); else this machine's.",
            metavar="HOST[:PORT]",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until every name server of the zone has it.")
    ] = True,
    timeout: Annotated[str, typer.Option(help="The longest wait.", metavar="TIME")] = "5m",
) -> Done:
    """Write the DNS records of a domain to its zone, in Route 53 or on a server that takes dynamic updates.

    It shows what would change, and asks. Records that it does not name stay as they are; so do other texts of a
    TXT record set, and a DMARC policy of yours. Where a record cannot stand beside what is there, such as a
    second SPF record, nothing is written, and you are told what to do. Once all is there, it does nothing.

    In Route 53 the zone is the public one of DOMAIN or of the closest domain above it. With --rfc2136 it is that
    of the server (BIND, Knot, PowerDNS and others). For any other DNS host see identity records.
    """
    from sescli.dns.changes import PublishOptions

    selection = Selection(purpose, _parts(only), legacy_txt)
    longest = parse_duration(timeout, "--timeout")
    server = _server(rfc2136, tsig_key_file, route53_options=(zone_id, dns_profile))
    records = selection.records(rt, domain, dkim_private_key)
    if server is not None:
        return _updated(rt, _primary(rt, *server), domain, records, PublishOptions(ttl, replace_dmarc))
    dns = rt.aws.of_profile(dns_profile) if dns_profile else rt.aws
    publishing = planned(rt, dns, domain, records, zone_id, ttl, replace_dmarc=replace_dmarc)
    _warn_of_delegation(rt, dns, publishing, resolver)
    return made(rt, dns, publishing, longest if wait else None)


@dataclass(frozen=True)
class Selection:
    """Which records: those for a purpose, or some parts of them."""

    purpose: str
    parts: tuple[str, ...]
    legacy_txt: bool

    def records(self, rt: Runtime, domain: str, dkim_private_key: str | None) -> list[Record]:
        """The records, read from SES. A region is not guessed: MAIL FROM and DKIM are of one region."""
        from sescli.dns.names import parse_identity
        from sescli.dns.records import ALL, SENDING, checked_purpose
        from sescli.groups.identity.service import identities

        purpose = checked_purpose(self.purpose)
        name = parse_identity(domain)
        key = private_key(rt, dkim_private_key)
        rt.aws.require_region()
        if self.parts:
            purpose = ALL if "receiving" in self.parts else SENDING
        found = identities.records(
            rt.aws,
            name,
            purpose,
            legacy_txt=self.legacy_txt or "verification" in self.parts,
            dkim_public_key=None if key is None else key.public,
        )
        wanted = {purpose for part in self.parts for purpose in PARTS[part]}
        chosen = [record for record in found if not wanted or record.purpose in wanted]
        if not chosen:
            raise UsageError(
                f"{name} wants no record of {', '.join(self.parts)}", hint=f"sescli identity records {name}"
            )
        dns_records.warn_of(rt, chosen)
        return chosen


def _parts(only: str | None) -> tuple[str, ...]:
    parts = tuple(part.strip().lower().replace("_", "-") for part in (only or "").split(",") if part.strip())
    unknown = [part for part in parts if part not in PARTS]
    if unknown or (only is not None and not parts):
        raise UsageError(f"--only is {only!r}", hint=f"it takes one or more of: {', '.join(PARTS)}")
    return parts


def planned(
    rt: Runtime,
    dns: Gateway,
    domain: str,
    records: Sequence[Record],
    zone_id: str | None,
    ttl: int | None,
    *,
    replace_dmarc: bool,
) -> ZonePlan[HostedZone]:
    """What publishing changes in the zone of a domain, or in the one given."""
    from sescli.dns.changes import PublishOptions
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.publishing import hosted_zones, route53

    name = parse_identity(domain)
    zone = hosted_zones.find(dns, name.domain, zone_id, note=rt.output.note)
    return route53.plan(dns, name.text, records, zone, PublishOptions(ttl, replace_dmarc))


def _warn_of_delegation(
    rt: Runtime, dns: Gateway, publishing: ZonePlan[HostedZone], resolver: str | None
) -> None:
    """Say before the question where the change would not be seen. An endpoint other than AWS's is in no DNS."""
    from sescli.dns.names import parse_identity
    from sescli.dns.sources import VARIABLE
    from sescli.groups.identity.publishing.hosted_zones import delegation_warning

    elsewhere = rt.settings.local or rt.settings.endpoint_url or rt.world.environ.get("AWS_ENDPOINT_URL")
    named = resolver or rt.world.environ.get(VARIABLE)
    if not publishing.writes or (elsewhere and not named):
        return
    whom = dns_sources(rt, resolver, timeout=_DNS_PATIENCE)
    if warning := delegation_warning(dns, publishing.zone, parse_identity(publishing.domain).domain, whom):
        rt.output.warn(warning)


def made(rt: Runtime, dns: Gateway, publishing: ZonePlan[HostedZone], longest: timedelta | None) -> Done:
    """Show what changes, ask, make the change, and wait for it at most so long."""
    from sescli.groups.identity.publishing import route53 as service

    if (settled := dns_publishing.asked(rt, publishing)) is not None:
        return settled
    published = service.apply(dns, publishing)
    if rt.settings.dry_run:
        return Done("", published)
    if longest is not None:
        published = _awaited(rt, dns, published, longest)
    return dns_publishing.result(published)


def _awaited(
    rt: Runtime, dns: Gateway, published: PublishResult[HostedZone], longest: timedelta
) -> PublishResult[HostedZone]:
    from sescli.groups.identity.publishing import route53 as service

    if published.status == service.PENDING:
        rt.output.note("Published; waiting until every name server of Route 53 has it (about a minute) …")
    awaited = service.wait(dns, published, longest, sleep=rt.world.sleep, clock=rt.world.clock)
    if awaited.status == service.PENDING:
        rt.output.warn("not known whether every name server has it: route53:GetChange is denied")
    return awaited


def _server(
    place: str | None, key_file: str | None, *, route53_options: tuple[str | None, ...]
) -> tuple[str, str] | None:
    """The server and its key's file, or None for Route 53. Raises `UsageError` for half of each."""
    if place is None and key_file is None:
        return None
    if place is None or key_file is None:
        raise UsageError(
            f"missing: {'--rfc2136' if place is None else '--tsig-key-file'}",
            hint="a dynamic update takes both: --rfc2136 HOST[:PORT] --tsig-key-file FILE",
        )
    if any(route53_options):
        raise UsageError(
            "--zone-id and --dns-profile are for Route 53, and --rfc2136 is another server",
            hint="leave one of them out",
        )
    return place, key_file


def _primary(rt: Runtime, place: str, key_file: str) -> PrimaryServer:
    from sescli.cli.text_input import read_body
    from sescli.dns.dynamic_update import resolve_primary
    from sescli.dns.tsig_key import parse_tsig_key

    is_place = key_file == "-" or key_file.startswith(("@", "file://"))
    text = read_body(key_file if is_place else f"@{key_file}", rt)
    return resolve_primary(place, parse_tsig_key(text, key_file))


def _updated(
    rt: Runtime, primary: PrimaryServer, domain: str, records: Sequence[Record], wish: PublishOptions
) -> Done:
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.publishing import rfc2136 as service

    publishing = service.plan(primary, parse_identity(domain), records, wish)
    if (settled := dns_publishing.asked(rt, publishing)) is not None:
        return settled
    number = dns_publishing.sets(len(publishing.writes))
    if planned := rt.dry_run_result(f"publish {number} to {publishing.zone.label}"):
        return planned
    return dns_publishing.result(service.apply(primary, publishing))
