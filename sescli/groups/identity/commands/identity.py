"""`sescli identity`: verification of domains and addresses, and their DNS records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli import dns_records
from sescli.cli.batch import apply_each, worst_exit_code
from sescli.cli.decorator import command, group
from sescli.cli.name_completion import identities
from sescli.cli.params import parse_tags
from sescli.errors import UsageError
from sescli.groups.identity.commands import check, dkim, notifications, policy, publish, setup, wait
from sescli.groups.identity.commands import config_set as identity_config_set
from sescli.groups.identity.commands import mail_from as identity_mail_from
from sescli.groups.identity.commands.dkim_keys import key_length, private_key
from sescli.groups.identity.commands.options import Domain, LegacyTxt, Purpose
from sescli.groups.identity.views.identity import TYPES, begun_result, fields, title
from sescli.output.results import Column, Details, Document, Done, Listing, RawBytes
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.identity.service.deletion import Dependents

app = group(
    "identity",
    "Verify domains and addresses; their DNS records.",
    first=["setup", "verify", "records", "publish", "check", "wait"],
)
for room in (
    check,
    dkim,
    identity_mail_from,
    identity_config_set,
    policy,
    notifications,
    publish,
    setup,
    wait,
):
    app.add_typer(room.app)

_ROW = (
    Column("identity", "identity"),
    Column("type", lambda row: TYPES.get(row.type, row.type)),
    Column("status", "verification_status", "status"),
    Column("DKIM", "dkim_status", "status"),
    Column("MAIL FROM", "mail_from_domain"),
    Column("state", "mail_from_status", "status"),
    Column("sends", "sending_enabled", "status"),
)

Names = Annotated[
    list[str], typer.Argument(metavar="NAME…", help="Domains or addresses.", autocompletion=identities)
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A domain or an address.", autocompletion=identities)
]
PrivateKey = Annotated[
    str | None,
    typer.Option(
        "--dkim-private-key",
        help="File with your RSA key for DKIM (PEM or base64), or - for standard input.",
        metavar="FILE",
    ),
]


@command(
    app,
    "verify",
    examples=[
        "sescli identity verify example.com",
        "sescli identity verify example.com --mail-from bounce --tag team=shop",
        "sescli identity verify john@example.com",
    ],
)
def verify(
    rt: Runtime,
    names: Names,
    mail_from: Annotated[
        str | None, typer.Option(help="Subdomain for bounces: bounce, or bounce.example.com.", metavar="SUB")
    ] = None,
    dkim_selector: Annotated[
        str | None, typer.Option(help="Selector of your own DKIM key.", metavar="SELECTOR")
    ] = None,
    dkim_private_key: PrivateKey = None,
    dkim_key_length: Annotated[
        str | None, typer.Option(help="Of Easy DKIM: 2048 (what SES takes) or 1024.", metavar="BITS")
    ] = None,
    config_set: Annotated[str | None, typer.Option(help="Default configuration set.", metavar="NAME")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag; may be repeated.", metavar="KEY=VALUE")
    ] = None,
    legacy_txt: LegacyTxt = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="Mail the link to an address once more; nothing else.")
    ] = False,
) -> Done:
    """Start the verification of domains and addresses, so that mail may be sent from them.

    A domain covers every address in it, and signs its mail: prefer it. It is verified by DNS records, which
    this prints. An address, told by its @, gets a mail with a link, and does for a first try.

    --mail-from makes bounces go to a subdomain of yours, so that SPF counts for your domain.
    """
    from sescli.dns.names import parse_identities
    from sescli.groups.identity.service import verification

    wish = verification.Wish(
        mail_from=mail_from,
        dkim_selector=dkim_selector,
        dkim_key=private_key(rt, dkim_private_key),
        dkim_key_length=key_length(dkim_key_length, "--dkim-key-length"),
        config_set=config_set,
        tags=parse_tags(tag or []),
        legacy_txt=legacy_txt,
    )
    wanted = parse_identities(names)
    if resend:
        if wish != verification.Wish():
            raise UsageError("--resend mails the link again and sets nothing", hint="give it alone")
        begun, code = apply_each(rt, wanted, lambda name: verification.send_link_again(rt.aws, name))
    else:
        verification.check(wanted, wish)
        begun, code = apply_each(rt, wanted, lambda name: verification.verify(rt.aws, name, wish))
    return begun_result(rt, begun, code)


@command(
    app,
    "list",
    examples=[
        "sescli identity list",
        "sescli identity list --status pending -o json",
        "sescli identity list --type email --contains example.com",
    ],
)
def list_identities(
    rt: Runtime,
    kind: Annotated[str | None, typer.Option("--type", help="email or domain.", metavar="TYPE")] = None,
    status: Annotated[
        str | None,
        typer.Option(help="pending, success, failed, temporary_failure or not_started.", metavar="STATUS"),
    ] = None,
    contains: Annotated[str | None, typer.Option(help="Part of the name.", metavar="TEXT")] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many.", metavar="N", min=1)] = None,
) -> Listing:
    """List the identities of a region, all of them, verified or not.

    See here what may send, and what still waits for DNS or for a link to be followed. Identities are per
    region: one that is missing may be in another.
    """
    from sescli.groups.identity.service import listing

    wanted = listing.Wanted(
        type=listing.parse_type(kind) if kind else None,
        status=listing.parse_status(status) if status else None,
        contains=contains,
    )
    found = listing.identities(rt.aws, wanted, limit=limit, warn=rt.output.warn, sleep=rt.world.sleep)
    all_of_them = wanted == listing.Wanted()
    empty = f"{rt.aws.region} has no {'' if all_of_them else 'such '}identity."
    return Listing(found, _ROW, empty=empty)


@command(
    app,
    "show",
    examples=["sescli identity show example.com", "sescli identity show john@example.com -o json"],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show one identity whole, what its states mean, and what to do next.

    Ask this when mail from it is refused or unsigned, or when a verification does not come to an end: it
    also tells what SES saw at its last look into DNS.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import advice, identities

    identity = identities.show(rt.aws, parse_identity(name), warn=rt.output.warn)
    meaning = Listing(list(advice.meanings(identity)), [Column("what this means", str)])
    next_step = advice.next_step(identity)
    return Details(
        identity, fields(identity), tables=[meaning], title=title(identity, rt.aws.region), next=next_step
    )


@command(
    app,
    "records",
    examples=[
        "sescli identity records example.com",
        "sescli identity records example.com --format zone > ses.zone",
        "sescli identity records example.com --for all -o json",
    ],
)
def records(
    rt: Runtime,
    domain: Domain,
    purpose: Purpose = "sending",
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="zone, route53, terraform, cloudformation or octodns.", metavar="FORMAT"
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(help="For octodns: the zone, where it is a parent of DOMAIN.", metavar="ZONE"),
    ] = None,
    dkim_private_key: PrivateKey = None,
    legacy_txt: LegacyTxt = False,
) -> Listing | Document | RawBytes:
    """Show the DNS records that a domain wants, to publish them where its DNS is.

    For sending: DKIM, which verifies the domain and signs its mail, MX and SPF of the MAIL FROM domain if it
    has one, and a DMARC policy, which SES does not need but large mailbox hosts do. --for receiving adds the
    MX record that brings all mail to the domain to SES.

    --format writes a file that a DNS host or tool takes; -o json gives the records themselves.
    """
    from sescli.dns.formats import checked_format, render
    from sescli.dns.names import parse_domain, parse_identity
    from sescli.dns.records import checked_purpose
    from sescli.groups.identity.service import identities

    form = checked_format(form) if form else None
    name = parse_identity(domain)
    key = private_key(rt, dkim_private_key)
    wanted = identities.records(
        rt.aws,
        name,
        checked_purpose(purpose),
        legacy_txt=legacy_txt,
        dkim_public_key=None if key is None else key.public,
    )
    dns_records.warn_of(rt, wanted)
    if form:
        return RawBytes(render(form, wanted, parse_domain(zone or domain)).encode())
    rt.output.note(dns_records.EDITORS)
    return dns_records.shown(rt, wanted)


@command(app, "delete", examples=["sescli identity delete john@example.com --yes"])
def delete(rt: Runtime, names: Names) -> Done:
    """Delete identities, after saying what leans on them.

    Nothing can be sent from them afterwards, in this region. To verify a domain again takes new DNS records.
    """
    from sescli.dns.names import IdentityName, parse_identities
    from sescli.groups.identity.service import deletion as removal

    wanted = parse_identities(names)
    found, missing = apply_each(rt, wanted, lambda name: removal.leaning(rt.aws, name, warn=rt.output.warn))
    if not found:
        return Done("Nothing was deleted.", [], exit_code=missing)
    _ask(rt, found)
    going = [IdentityName(identity.identity) for identity in found]
    deleted, refused = apply_each(rt, going, lambda name: removal.delete(rt.aws, name))
    message = f"Deleted in {rt.aws.region}: {', '.join(deleted) or 'nothing'}."
    gone = [identity for identity in found if identity.identity in deleted]
    return Done(message, gone, exit_code=worst_exit_code([missing, refused]))


def _ask(rt: Runtime, found: Sequence[Dependents]) -> None:
    """Say what goes with each, and ask once for all."""
    for identity in found:
        rt.output.step(identity.identity)
        for consequence in identity.consequences():
            rt.output.note(f"  {consequence}")
    names = ", ".join(identity.identity for identity in found)
    rt.confirm(f"Delete {names}?", consequence=f"No more mail from {names} in {rt.aws.region}")
