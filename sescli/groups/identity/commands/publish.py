"""`sescli identity publish`: write the DNS records of a domain to its zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli import dns_records
from sescli.cli.decorator import command, options
from sescli.cli.params import parse_duration
from sescli.errors import UsageError
from sescli.groups.identity.commands import publish_flow
from sescli.groups.identity.commands.dkim_keys import as_file_reference, read_public_key
from sescli.groups.identity.commands.options import Domain, HostedZoneOptions, RecordOptions
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.dns.changes import PublishOptions
    from sescli.dns.dynamic_update import PrimaryServer
    from sescli.dns.records import Record

app = typer.Typer()


@options
class ChangeOptions:
    """Which records to write, and how."""

    only: Annotated[
        str | None,
        typer.Option(
            help="Records to write, separated by commas: dkim, mail-from, dmarc, verification, receiving.",
            metavar="PARTS",
        ),
    ] = None
    replace_dmarc: Annotated[
        bool, typer.Option("--replace-dmarc", help="Replace an existing DMARC policy.")
    ] = False
    ttl: Annotated[
        int | None,
        typer.Option(
            help="Time to live of the records in seconds (default 1800).",
            metavar="SECONDS",
            min=1,
            max=604800,
        ),
    ] = None

    def compare_options(self, rt: Runtime, resolver: str | None) -> PublishOptions:
        """The same, for the comparison with the zone."""
        from sescli.dns.changes import PublishOptions

        return PublishOptions(self.ttl, self.replace_dmarc, publish_flow.spf_check(rt, resolver))


@options
class DynamicUpdateOptions:
    """A DNS server that accepts dynamic updates, in place of Route 53."""

    rfc2136: Annotated[
        str | None,
        typer.Option(
            "--rfc2136",
            help="Primary DNS server of the zone. Send a dynamic update (RFC 2136) to it, not to Route 53.",
            metavar="HOST[:PORT]",
        ),
    ] = None
    tsig_key_file: Annotated[
        str | None,
        typer.Option(
            help="TSIG key for --rfc2136, as tsig-keygen writes it, or - for standard input.",
            metavar="FILE",
        ),
    ] = None

    def check(self, route53: HostedZoneOptions) -> None:
        """Raises `UsageError` for half of the options, and for these together with the ones of Route 53."""
        if self.rfc2136 is None and self.tsig_key_file is None:
            return
        if self.rfc2136 is None or self.tsig_key_file is None:
            raise UsageError(
                f"missing: {'--rfc2136' if self.rfc2136 is None else '--tsig-key-file'}",
                hint="a dynamic update needs both: --rfc2136 HOST[:PORT] --tsig-key-file FILE",
            )
        if route53.zone_id or route53.dns_profile:
            raise UsageError(
                "--zone-id and --dns-profile are for Route 53 and cannot be combined with --rfc2136",
                hint="remove --rfc2136, or remove --zone-id and --dns-profile",
            )

    def primary(self, rt: Runtime) -> PrimaryServer | None:
        """The server with its key, None for Route 53."""
        from sescli.cli.text_input import read_body
        from sescli.dns.dynamic_update import resolve_primary
        from sescli.dns.tsig_key import parse_tsig_key

        if self.rfc2136 is None or self.tsig_key_file is None:
            return None
        text = read_body(as_file_reference(self.tsig_key_file), rt)
        return resolve_primary(self.rfc2136, parse_tsig_key(text, self.tsig_key_file))


@options
class PublishWaitOptions:
    """How to follow a change in Route 53."""

    resolver: Annotated[
        str | None,
        typer.Option(
            help="DNS server that shows whether the domain is delegated to the zone and what its SPF record includes "
            "(or SESCLI_RESOLVER; default: the resolver of this machine).",
            metavar="HOST[:PORT]",
        ),
    ] = None
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Wait until every name server of the zone has the change."),
    ] = True
    timeout: Annotated[str, typer.Option(help="Longest time to wait.", metavar="TIME")] = "5m"


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
    wanted: RecordOptions,
    changes: ChangeOptions,
    route53: HostedZoneOptions,
    server: DynamicUpdateOptions,
    waiting: PublishWaitOptions,
) -> Done:
    """Write the DNS records of a domain to its zone, in Route 53 or by dynamic update.

    Shows the changes and asks before it writes them. It keeps all other records, other values of a TXT record
    set, and an existing DMARC policy. If a record conflicts with an existing one, such as a second SPF
    record, nothing is written and the output shows what to do. If all records exist, nothing is changed.

    In Route 53, the zone is the public hosted zone of DOMAIN or of its closest parent domain. With --rfc2136, it
    is the zone of that server (BIND, Knot, PowerDNS and others). For other DNS providers, use identity records.
    """
    from sescli.groups.identity.service.record_selection import parse_parts

    parts = parse_parts(changes.only)
    longest = parse_duration(waiting.timeout, "--timeout")
    server.check(route53)
    records = _select(rt, domain, wanted, parts)
    primary = server.primary(rt)
    compare = changes.compare_options(rt, waiting.resolver)
    if primary is not None:
        return publish_flow.update_server(rt, primary, domain, records, compare)
    dns = rt.aws.of_profile(route53.dns_profile) if route53.dns_profile else rt.aws
    publishing = publish_flow.plan_route53(rt, dns, domain, records, route53.zone_id, compare)
    publish_flow.warn_of_delegation(rt, dns, publishing, waiting.resolver)
    return publish_flow.publish_route53(rt, dns, publishing, longest if waiting.wait else None)


def _select(rt: Runtime, domain: str, wanted: RecordOptions, parts: tuple[str, ...]) -> list[Record]:
    """The records to write. A region must be set: MAIL FROM and DKIM records differ by region."""
    from sescli.dns.names import parse_identity
    from sescli.dns.records import checked_purpose
    from sescli.groups.identity.service.record_selection import select_records

    purpose = checked_purpose(wanted.purpose)
    name = parse_identity(domain)
    public_key = read_public_key(rt, wanted.dkim_private_key)
    rt.aws.require_region()
    records = select_records(
        rt.aws, name, purpose, parts, legacy_txt=wanted.legacy_txt, dkim_public_key=public_key
    )
    dns_records.warn_of(rt, records)
    return records
