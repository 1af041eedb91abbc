"""`sescli identity dkim`: DKIM signing of an identity's email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group, options
from sescli.errors import UsageError
from sescli.groups.identity.commands.dkim_keys import parse_key_length, read_private_key
from sescli.groups.identity.commands.options import Domain, Name
from sescli.groups.identity.views import dkim as view
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.service.dkim import DkimChange, DkimOptions

app = group("dkim", "Manage DKIM signing of an identity.")


@options
class SigningKeyOptions:
    """The key that SES signs with."""

    bits: Annotated[
        str | None,
        typer.Option("--key-length", help="Easy DKIM key length: 2048 or 1024 bits.", metavar="BITS"),
    ] = None
    selector: Annotated[str | None, typer.Option(help="Selector of your own key.", metavar="SELECTOR")] = None
    private_key: Annotated[
        str | None,
        typer.Option(
            help="File with your own RSA private key (PEM or base64), or - for standard input.",
            metavar="FILE",
        ),
    ] = None

    def parse(self, rt: Runtime, *, easy: bool = False) -> DkimOptions:
        """The options, checked. Raises `UsageError` for Easy DKIM and a key of your own together."""
        from sescli.groups.identity.service.dkim import DkimOptions, check_own_key

        own = check_own_key(self.selector, read_private_key(rt, self.private_key))
        if own and (self.bits or easy):
            option = "--key-length" if self.bits else "--easy"
            raise UsageError(
                f"{option} is for Easy DKIM and --selector is for your own key", hint="use one of them"
            )
        return DkimOptions(own, parse_key_length(self.bits, "--key-length"), easy)


@command(
    app,
    "show",
    examples=["sescli identity dkim show example.com", "sescli identity dkim show example.com -o json"],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show the DKIM settings of an identity: status, what to do next, and DNS records.

    Use it when email is not signed, when DMARC reports show DKIM failures, or while a domain is pending.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import dkim as service

    identity, state = service.show(rt.aws, parse_identity(name))
    return view.dkim_details(rt, identity, state)


@command(
    app,
    "enable",
    examples=[
        "sescli identity dkim enable example.com",
        (
            "openssl genrsa -out dkim.pem 2048 && "
            "sescli identity dkim enable example.com --selector s2026 --private-key dkim.pem"
        ),
    ],
)
def enable(
    rt: Runtime,
    name: Name,
    key: SigningKeyOptions,
    easy: Annotated[bool, typer.Option("--easy", help="Switch from your own key back to Easy DKIM.")] = False,
) -> Done:
    """Turn on DKIM signing for an identity, or let SES look for the DNS records again.

    With Easy DKIM, SES creates the keys and you publish three CNAME records. With --selector and --private-key,
    SES signs with your own key: you publish one TXT record and rotate the key yourself. Publish that record
    first: after the change, SES signs only with the new key, and does not sign until it finds the record.

    Without options, signing is turned on with the current key. A domain without DKIM gets Easy DKIM. If SES
    stopped looking for the records after 72 hours, it starts again.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import dkim as service

    chosen = key.parse(rt, easy=easy)
    identity, _ = service.show(rt.aws, parse_identity(name))
    change = service.plan_enable(identity, chosen)
    target = f"{identity.identity} ({rt.aws.region})"
    if not change.calls:
        return _apply(rt, change, f"DKIM signing is already on for {target}. Nothing changed.")
    return _apply(rt, change, f"Turned on DKIM signing for {target}.")


@command(app, "disable", examples=["sescli identity dkim disable example.com --yes"])
def disable(rt: Runtime, name: Name) -> Done:
    """Turn off DKIM signing for an identity. Not recommended.

    Without DKIM, email passes DMARC only through SPF with a MAIL FROM domain of your own. Large mailbox providers
    require both DKIM and SPF. Keep the DNS records: they also verify the domain. For an address, this overrides the setting
    of its domain.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import dkim as service

    identity, _ = service.show(rt.aws, parse_identity(name))
    change = service.plan_disable(identity)
    target = f"{identity.identity} ({rt.aws.region})"
    if not change.calls:
        return _apply(rt, change, f"DKIM signing is already off for {target}. Nothing changed.")
    return _apply(rt, change, f"Turned off DKIM signing for {target}.")


@command(app, "rotate", examples=["sescli identity dkim rotate example.com --key-length 1024 --dry-run"])
def rotate(rt: Runtime, domain: Domain, key: SigningKeyOptions) -> Done:
    """Replace the DKIM key of a domain.

    With Easy DKIM, SES creates a new key only if you change the key length, at most once in 24 hours. The DNS
    records stay the same. You can replace your own key at any time, with a new selector each time. Publish
    the new record first, and keep the old one for a few days, until all email signed with it has arrived.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import dkim as service

    chosen = key.parse(rt)
    identity, _ = service.show(rt.aws, parse_identity(domain))
    change = service.plan_rotate(identity, chosen)
    target = f"{identity.identity} ({rt.aws.region})"
    if change.own_key is None:
        return _apply(rt, change, f"SES creates a new DKIM key for {target}. The DNS records stay the same.")
    old = ", ".join(f"{token}._domainkey.{identity.identity}" for token in identity.dkim.tokens)
    message = f"Replaced the DKIM key of {target}. Keep the record {old} for a few days."
    return _apply(rt, change, message)


def _apply(rt: Runtime, change: DkimChange, message: str) -> Done:
    """Ask first if the change has a risk, make the change, and show the DNS records."""
    from sescli.groups.identity.service.dkim import planned_records

    name = change.before.identity
    if change.risk:
        for record in planned_records(rt.aws, change):
            rt.output.note(f"Publish this record first: {record.type} {record.name} {record.value}")
        rt.confirm(f"Change DKIM signing of {name}?", consequence=change.risk)
    identity, state = change.apply(rt.aws)
    return view.dkim_done(rt, identity, state, message, has_changed=bool(change.calls))
