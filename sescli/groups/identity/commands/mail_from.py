"""`sescli identity mail-from`: the domain that bounces go to, and that SPF is checked on."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli import dns_records
from sescli.cli.decorator import command, group
from sescli.cli.name_completion import identities
from sescli.groups.identity.commands.options import OnMxFailure
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

app = group("mail-from", "MAIL FROM: where bounces go, and whose SPF counts.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A domain or an address that is an identity.", autocompletion=identities
    ),
]


@command(
    app,
    "show",
    examples=[
        "sescli identity mail-from show example.com",
        "sescli identity mail-from show example.com -o json",
    ],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show the MAIL FROM domain of an identity, what its state means, and its DNS records.

    Ask this when DMARC reports tell that SPF does not align, or when SES refuses mail with
    MailFromDomainNotVerified.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import advice, mail_from

    identity, found = mail_from.show(rt.aws, parse_identity(name))
    meaning = Listing(list(advice.mail_from_meanings(identity)), [Column("what this means", str)])
    tables, text = dns_records.within(rt, found.records)
    return Details(
        found,
        [
            ("MAIL FROM", found.mail_from_domain or "amazonses.com (SES's own)"),
            ("status", found.mail_from_status, "status"),
            ("without its MX", found.mail_from_on_mx_failure),
        ],
        tables=[meaning, *tables],
        title=f"MAIL FROM of {identity.identity} in {rt.aws.region}",
        text=text.strip() or None,
        next=advice.mail_from_next_step(identity),
    )


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
            help="A subdomain: bounce, or bounce.example.com. Left out, the present one.", metavar="SUB"
        ),
    ] = None,
    on_mx_failure: OnMxFailure = None,
) -> Done:
    """Let bounces go to a subdomain of yours, so that SPF counts for your domain.

    With it DMARC passes by SPF as well as by DKIM. Take a subdomain that neither sends nor receives other
    mail: its MX must be SES's alone, and that of this region. Setting it again has SES look again.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import advice
    from sescli.groups.identity.service import mail_from as service

    behaviour = service.parse_behaviour(on_mx_failure) if on_mx_failure is not None else None
    now, _ = service.show(rt.aws, parse_identity(name))
    setting = service.setting(now, domain, behaviour)
    if setting.risk:
        rt.confirm(f"Reject mail without {setting.domain}?", consequence=setting.risk)
    if service.is_identity(rt.aws, setting.domain):
        rt.output.warn(f"{setting.domain} is an identity too; a MAIL FROM domain should send no other mail")
    identity, found = setting.apply(rt.aws)
    tables, text = dns_records.within(rt, found.records)
    without = "is rejected" if setting.behaviour == service.REJECT else "has amazonses.com in its place"
    message = f"{now.identity} in {rt.aws.region}: MAIL FROM is {setting.domain}; without its MX mail {without}.{text}"
    return Done(message, found, tables, next=advice.mail_from_next_step(identity))


@command(app, "clear", examples=["sescli identity mail-from clear example.com --yes"])
def clear(rt: Runtime, name: Name) -> Done:
    """Go back to amazonses.com as the MAIL FROM domain of an identity.

    SPF then passes for Amazon's domain and says nothing about yours, so that DMARC leans on DKIM alone. The
    DNS records can go a few days later, when the last bounces have come in.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import mail_from as service

    wanted = parse_identity(name)
    now, found = service.show(rt.aws, wanted)
    place = f"{wanted} in {rt.aws.region}"
    if now.mail_from_domain is None:
        return Done(f"{place}: MAIL FROM is amazonses.com already, and nothing was changed.", found)
    rt.confirm(f"Clear the MAIL FROM domain of {wanted}?", consequence=service.loss(now))
    cleared = service.clear(rt.aws, wanted)
    return Done(f"{place}: MAIL FROM is amazonses.com again, no longer {now.mail_from_domain}.", cleared)
