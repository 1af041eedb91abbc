"""`sescli identity setup`: a domain from nothing to verified, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.name_completion import identities
from sescli.cli.params import Resolver, parse_duration
from sescli.groups.identity.commands.dkim_keys import key_length
from sescli.groups.identity.commands.options import LegacyTxt, OnMxFailure
from sescli.groups.identity.commands.wait import Timeout, checked_interval
from sescli.groups.identity.setup import flow
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.setup.spec import SetupInput

app = typer.Typer()


@command(
    app,
    "setup",
    examples=[
        "sescli identity setup example.com --mail-from bounce --dmarc none --yes",
        (
            "sescli identity setup example.com --mail-from bounce --dmarc none --rua dmarc@example.com "
            "--file ses.txt --yes"
        ),
    ],
)
def setup(
    rt: Runtime,
    domain: Annotated[
        str | None,
        typer.Argument(
            metavar="[DOMAIN]", help="The domain; asked for on a terminal.", autocompletion=identities
        ),
    ] = None,
    mail_from: Annotated[
        str | None,
        typer.Option(help="Subdomain for bounces: bounce, or bounce.example.com; or none.", metavar="SUB"),
    ] = None,
    on_mx_failure: OnMxFailure = None,
    dkim_key_length: Annotated[
        str | None, typer.Option(help="Of Easy DKIM: 2048 (what SES takes) or 1024.", metavar="BITS")
    ] = None,
    dmarc: Annotated[
        str | None,
        typer.Option(
            help="Policy at least: none, quarantine or reject; or keep, as DNS has it.", metavar="POLICY"
        ),
    ] = None,
    rua: Annotated[
        list[str] | None,
        typer.Option(help="Address that gets DMARC reports; may be repeated.", metavar="ADDRESS"),
    ] = None,
    receive: Annotated[
        bool | None,
        typer.Option("--receive/--no-receive", help="Also the MX that brings all mail to the domain to SES."),
    ] = None,
    legacy_txt: LegacyTxt = False,
    publish: Annotated[
        bool | None, typer.Option("--publish/--no-publish", help="Write the records to Route 53.")
    ] = None,
    zone_id: Annotated[
        str | None, typer.Option(help="The hosted zone, where several have the name.", metavar="ID")
    ] = None,
    dns_profile: Annotated[
        str | None,
        typer.Option(help="AWS profile of the account that has the zone, if another.", metavar="NAME"),
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="Write the records to a file, to hand on.", metavar="FILE")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Of the file: text, zone, route53, terraform, cloudformation or octodns.",
            metavar="FORMAT",
        ),
    ] = None,
    wait: Annotated[
        bool | None,
        typer.Option("--wait/--no-wait", help="Wait until SES has verified it; on a terminal it does."),
    ] = None,
    timeout: Timeout = "72h",
    interval: Annotated[
        str, typer.Option(help="Time between two looks, 1s at least.", metavar="TIME")
    ] = "10s",
    resolver: Resolver = None,
) -> Done:
    """Set up a domain to send from: DKIM, MAIL FROM, DMARC, the DNS records, and the wait until all is found.

    On a terminal it asks for what the options do not say, one step after the other; each can go back. It looks
    into DNS first, so that it knows what is there already and how your DNS host wants names typed. Nothing is
    changed before you have confirmed the whole. Leave it when you like: run again, it goes on from what is true.

    It ends with the one command that does the same. With --yes only DOMAIN, --mail-from and --dmarc are needed,
    and these not where they are set already.
    """
    given = _given(domain, mail_from, on_mx_failure, dkim_key_length, dmarc, rua)
    given = _and_dns(given, publish, zone_id, dns_profile, file, form)
    given = replace(given, receive=receive, legacy_txt=legacy_txt)
    patience = flow.WaitOptions(
        wait=rt.asks if wait is None else wait,
        timeout=timeout,
        seconds=parse_duration(timeout, "--timeout").total_seconds(),
        interval=checked_interval(interval),
        resolver=resolver,
    )
    return flow.run(rt, given, patience)


def _given(
    domain: str | None,
    mail_from: str | None,
    on_mx_failure: str | None,
    dkim_key_length: str | None,
    dmarc: str | None,
    rua: list[str] | None,
) -> SetupInput:
    """What the options say of the identity, checked."""
    from sescli.dns.dmarc_policy import parse_policy, parse_reports
    from sescli.dns.names import IdentityName, parse_domain
    from sescli.groups.identity.service.mail_from import parse_behaviour, subdomain
    from sescli.groups.identity.setup.spec import KEEP, NONE, SetupInput

    name = None if domain is None else parse_domain(domain)
    bounces = None if mail_from is None else mail_from.lower()
    if name is not None and bounces not in {None, NONE}:
        bounces = subdomain(IdentityName(name), str(bounces))
    return SetupInput(
        domain=name,
        mail_from=bounces,
        on_mx_failure=None if on_mx_failure is None else parse_behaviour(on_mx_failure),
        dkim_key_length=key_length(dkim_key_length, "--dkim-key-length"),
        dmarc=dmarc if dmarc is None or dmarc.lower() == KEEP else parse_policy(dmarc),
        rua=None if rua is None else parse_reports(",".join(rua)),
    )


def _and_dns(
    given: SetupInput,
    publish: bool | None,
    zone_id: str | None,
    dns_profile: str | None,
    file: str | None,
    form: str | None,
) -> SetupInput:
    """Who puts the records into DNS, checked."""
    from sescli.groups.identity.setup.records_file import checked_form

    return replace(
        given,
        publish=publish,
        zone_id=zone_id,
        dns_profile=dns_profile,
        file=file,
        form=None if form is None else checked_form(form),
    )
