"""`sescli identity mail-from`: the custom MAIL FROM domain of an identity."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.groups.identity.commands.options import Name, OnMxFailure
from sescli.groups.identity.views import mail_from as view
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

app = group("mail-from", "Manage the MAIL FROM domain of an identity.")


@command(
    app,
    "show",
    examples=[
        "sescli identity mail-from show example.com",
        "sescli identity mail-from show example.com -o json",
    ],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show the MAIL FROM domain of an identity: status, what it means, and DNS records.

    Use it when DMARC reports show that SPF is not aligned, or when SES rejects email with
    MailFromDomainNotVerified.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import mail_from

    identity, found = mail_from.show(rt.aws, parse_identity(name))
    return view.mail_from_details(rt, identity, found)


@command(
    app,
    "set",
    examples=[
        "sescli identity mail-from set example.com --domain bounce",
        "sescli identity mail-from set example.com --domain mail.example.com --on-mx-failure use-default",
    ],
)
def set_mail_from(
    rt: Runtime,
    name: Name,
    domain: Annotated[
        str | None,
        typer.Option(
            help="Subdomain that receives bounces: bounce, or bounce.example.com. Omit it to keep the current one.",
            metavar="SUBDOMAIN",
        ),
    ] = None,
    on_mx_failure: OnMxFailure = None,
) -> Done:
    """Set the MAIL FROM domain of an identity: a subdomain of yours that receives bounces.

    SPF then passes for your domain, so DMARC passes through SPF as well as DKIM. Choose a subdomain that sends
    and receives no other email: its only MX record must be the one of SES in this region. If you set the same
    domain again, SES looks for its records again.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import mail_from as service

    behaviour = service.parse_behaviour(on_mx_failure) if on_mx_failure is not None else None
    identity, _ = service.show(rt.aws, parse_identity(name))
    change = service.plan_change(identity, domain, behaviour)
    if change.risk:
        rt.confirm(f"Reject email while {change.domain} has no MX record?", consequence=change.risk)
    if service.is_registered_identity(rt.aws, change.domain, warn=rt.output.warn):
        rt.output.warn(f"{change.domain} is also an identity. A MAIL FROM domain should send no other email")
    identity, found = change.apply(rt.aws)
    return view.mail_from_done(rt, change, identity, found)


@command(app, "clear", examples=["sescli identity mail-from clear example.com --yes"])
def clear(rt: Runtime, name: Name) -> Done:
    """Remove the MAIL FROM domain of an identity. SES uses amazonses.com again.

    SPF then passes for amazonses.com but not for your domain, so DMARC depends on DKIM alone. Keep the DNS
    records for a few days, until the last bounces have arrived.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import mail_from as service

    parsed = parse_identity(name)
    identity, found = service.show(rt.aws, parsed)
    target = f"{parsed} ({rt.aws.region})"
    if identity.mail_from_domain is None:
        return Done(f"{target} has no MAIL FROM domain. Nothing changed.", found)
    rt.confirm(f"Remove the MAIL FROM domain of {parsed}?", consequence=service.clear_effect(identity))
    cleared = service.clear(rt.aws, parsed)
    return Done(f"Removed the MAIL FROM domain {identity.mail_from_domain} of {target}.", cleared)
