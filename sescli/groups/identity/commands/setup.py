"""`sescli identity setup`: set up a domain for sending, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, options
from sescli.cli.name_completion import identities
from sescli.cli.params import Resolver, parse_duration
from sescli.groups.identity.commands.dkim_keys import parse_key_length
from sescli.groups.identity.commands.options import (
    DkimKeyLength,
    HostedZoneOptions,
    Interval,
    LegacyTxt,
    OnMxFailure,
    Timeout,
)
from sescli.groups.identity.commands.wait import checked_interval
from sescli.groups.identity.setup import flow
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.setup.spec import SetupInput

app = typer.Typer()


@options
class DomainOptions:
    """How the domain is configured."""

    mail_from: Annotated[
        str | None,
        typer.Option(
            help="Subdomain that receives bounces: bounce, or bounce.example.com. Use none to skip it.",
            metavar="SUBDOMAIN",
        ),
    ] = None
    on_mx_failure: OnMxFailure = None
    dkim_key_length: DkimKeyLength = None
    dmarc: Annotated[
        str | None,
        typer.Option(
            help="Minimum DMARC policy: none, quarantine or reject. Use keep to leave DNS unchanged.",
            metavar="POLICY",
        ),
    ] = None
    rua: Annotated[
        list[str] | None,
        typer.Option(help="Address that receives DMARC reports. Repeatable.", metavar="ADDRESS"),
    ] = None
    receive: Annotated[
        bool | None,
        typer.Option(
            "--receive/--no-receive",
            help="Include the MX record that routes all email for the domain to SES.",
        ),
    ] = None
    legacy_txt: LegacyTxt = False


@options
class RecordsFileOptions:
    """A file with the DNS records, and whether they are published."""

    publish: Annotated[
        bool | None, typer.Option("--publish/--no-publish", help="Write the DNS records to Route 53.")
    ] = None
    file: Annotated[str | None, typer.Option(help="Write the DNS records to this file.", metavar="FILE")] = (
        None
    )
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Format of the file: text, zone, route53, terraform, cloudformation or octodns.",
            metavar="FORMAT",
        ),
    ] = None


@options
class SetupWaitOptions:
    """How to wait for the verification."""

    wait: Annotated[
        bool | None,
        typer.Option(
            "--wait/--no-wait", help="Wait until SES has verified the domain. Default on a terminal: wait."
        ),
    ] = None
    timeout: Timeout = "72h"
    interval: Interval = "10s"
    resolver: Resolver = None

    def parse(self, *, is_interactive: bool) -> flow.WaitOptions:
        """The options, checked."""
        return flow.WaitOptions(
            wait=is_interactive if self.wait is None else self.wait,
            timeout=self.timeout,
            seconds=parse_duration(self.timeout, "--timeout").total_seconds(),
            interval=checked_interval(self.interval),
            resolver=self.resolver,
        )


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
    wanted: DomainOptions,
    delivery: RecordsFileOptions,
    route53: HostedZoneOptions,
    waiting: SetupWaitOptions,
    domain: Annotated[
        str | None,
        typer.Argument(
            metavar="[DOMAIN]",
            help="Domain to set up. On a terminal, sescli asks for it.",
            autocompletion=identities,
        ),
    ] = None,
) -> Done:
    """Set up a domain for sending: DKIM, MAIL FROM, DMARC, DNS records, and verification.

    On a terminal, it asks for everything that the options do not set. You can go back at each question. It
    first checks SES and DNS, so it knows what exists and how your DNS provider expects record names. sescli
    changes nothing until you confirm the full list of changes. You can stop at any time and run it again: it
    continues where it stopped.

    At the end it prints one command that does the same without questions. With --yes, only DOMAIN, --mail-from
    and --dmarc are required, and the last two only if they are not set yet.
    """
    given = _setup_input(domain, wanted, delivery, route53)
    return flow.run(rt, given, waiting.parse(is_interactive=rt.asks))


def _setup_input(
    domain: str | None, wanted: DomainOptions, delivery: RecordsFileOptions, route53: HostedZoneOptions
) -> SetupInput:
    """The options, checked. What is None is asked for."""
    from sescli.dns.dmarc_policy import parse_policy, parse_reports
    from sescli.dns.names import parse_domain
    from sescli.groups.identity.service.mail_from import parse_behaviour
    from sescli.groups.identity.setup.records_file import checked_form
    from sescli.groups.identity.setup.spec import KEEP, SetupInput

    name = None if domain is None else parse_domain(domain)
    dmarc, behaviour, form = wanted.dmarc, wanted.on_mx_failure, delivery.form
    return SetupInput(
        domain=name,
        mail_from=_mail_from_domain(name, wanted.mail_from),
        on_mx_failure=None if behaviour is None else parse_behaviour(behaviour),
        dkim_key_length=parse_key_length(wanted.dkim_key_length, "--dkim-key-length"),
        dmarc=dmarc if dmarc is None or dmarc.lower() == KEEP else parse_policy(dmarc),
        rua=None if wanted.rua is None else parse_reports(",".join(wanted.rua)),
        receive=wanted.receive,
        legacy_txt=wanted.legacy_txt,
        publish=delivery.publish,
        zone_id=route53.zone_id,
        dns_profile=route53.dns_profile,
        file=delivery.file,
        form=None if form is None else checked_form(form),
    )


def _mail_from_domain(domain: str | None, given: str | None) -> str | None:
    """The whole MAIL FROM domain as far as it is known: without a domain the label as given, or `none`."""
    from sescli.dns.names import IdentityName
    from sescli.groups.identity.service.mail_from import parse_mail_from_domain
    from sescli.groups.identity.setup.spec import NONE

    lowered = None if given is None else given.lower()
    if domain is None or lowered is None or lowered == NONE:
        return lowered
    return parse_mail_from_domain(IdentityName(domain), lowered)
