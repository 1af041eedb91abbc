"""`sescli identity dkim`: whether and with which key SES signs the mail of an identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli import dns_records
from sescli.cli.decorator import command, group
from sescli.cli.name_completion import identities
from sescli.errors import UsageError
from sescli.groups.identity.commands.dkim_keys import key_length, private_key
from sescli.groups.identity.commands.options import Domain
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.service.dkim import Change, Wish
    from sescli.groups.identity.service.identities import Dkim

app = group("dkim", "DKIM: whether and with which key SES signs its mail.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A domain or an address that is an identity.", autocompletion=identities
    ),
]
Bits = Annotated[str | None, typer.Option("--key-length", help="Of Easy DKIM: 2048 or 1024.", metavar="BITS")]
Selector = Annotated[
    str | None, typer.Option("--selector", help="Selector of a key of your own.", metavar="SELECTOR")
]
PrivateKey = Annotated[
    str | None,
    typer.Option(
        "--private-key",
        help="File with your RSA key (PEM or base64), or - for standard input.",
        metavar="FILE",
    ),
]


@command(
    app,
    "show",
    examples=["sescli identity dkim show example.com", "sescli identity dkim show example.com -o json"],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show the DKIM of an identity: its states, what they mean, what to do, and its DNS records.

    Ask this when mail goes out unsigned, when DMARC reports tell of failures, or while a domain waits.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import advice
    from sescli.groups.identity.service import dkim as identity_dkim

    identity, state = identity_dkim.show(rt.aws, parse_identity(name))
    meaning = Listing(list(advice.dkim_meanings(identity)), [Column("what this means", str)])
    tables, text = dns_records.within(rt, state.records)
    return Details(
        state,
        _fields(state.dkim),
        tables=[meaning, *tables],
        title=f"DKIM of {identity.identity} in {rt.aws.region}",
        text=text.strip() or None,
        next=advice.dkim_next_step(identity),
    )


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
    bits: Bits = None,
    selector: Selector = None,
    private_key_file: PrivateKey = None,
    easy: Annotated[
        bool, typer.Option("--easy", help="Easy DKIM again, in place of a key of your own.")
    ] = False,
) -> Done:
    """Sign the mail of an identity with DKIM, or have SES look for the DNS records again.

    With Easy DKIM SES makes the keys, and three CNAMEs lead to them. --selector and --private-key sign with
    a key of your own: one TXT record, and you rotate it. Publish that record first: from the change on SES
    signs with the new key only, and not before it has found the record. Without options signing is turned on
    as it was, begun where a domain has no DKIM yet, and begun again where SES has given up.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import dkim as identity_dkim

    wish = _wish(rt, bits, selector, private_key_file, easy=easy)
    now, _ = identity_dkim.show(rt.aws, parse_identity(name))
    change = identity_dkim.enabling(now, wish)
    return _made(rt, change, "DKIM is on" if change.calls else "DKIM is on already, and nothing was changed")


@command(app, "disable", examples=["sescli identity dkim disable example.com --yes"])
def disable(rt: Runtime, name: Name) -> Done:
    """Stop signing the mail of an identity with DKIM.

    Seldom right: without a signature mail passes DMARC only by SPF, with a MAIL FROM domain of its own, and
    large mailbox hosts want both. Leave the DNS records: they also verify the domain. For an address this
    overrides what its domain does.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import dkim as identity_dkim

    now, _ = identity_dkim.show(rt.aws, parse_identity(name))
    change = identity_dkim.disabling(now)
    return _made(
        rt, change, "DKIM is off" if change.calls else "DKIM is off already, and nothing was changed"
    )


@command(app, "rotate", examples=["sescli identity dkim rotate example.com --key-length 1024 --dry-run"])
def rotate(
    rt: Runtime,
    domain: Domain,
    bits: Bits = None,
    selector: Selector = None,
    private_key_file: PrivateKey = None,
) -> Done:
    """Sign with a new key.

    The keys of Easy DKIM are SES's own: it makes a new one on demand only with another length, and that once
    in 24 hours; the DNS records stay. A key of your own is replaced as often as you like, always under a new
    selector: publish the new record first, and keep the old one until mail under way has arrived, a few days.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import dkim as identity_dkim

    wish = _wish(rt, bits, selector, private_key_file, easy=False)
    now, _ = identity_dkim.show(rt.aws, parse_identity(domain))
    change = identity_dkim.rotating(now, wish)
    if change.own_key is None:
        return _made(rt, change, "SES makes a new key, and the DNS records stay as they are")
    old = ", ".join(f"{token}._domainkey.{now.identity}" for token in now.dkim.tokens)
    return _made(rt, change, f"Signed with a new key from now on; keep the record {old} for a few days")


def _wish(rt: Runtime, bits: str | None, selector: str | None, key_file: str | None, *, easy: bool) -> Wish:
    from sescli.groups.identity.service.dkim import Wish, check_own_key

    own = check_own_key(selector, private_key(rt, key_file))
    if own and (bits or easy):
        given = "--key-length" if bits else "--easy"
        raise UsageError(f"{given} is for Easy DKIM, and --selector for a key of your own", hint="give one")
    return Wish(own, key_length(bits, "--key-length"), easy)


def _made(rt: Runtime, change: Change, what: str) -> Done:
    """Ask where something may break, make the change, and show what DNS must have."""
    from sescli.groups.identity.service import advice
    from sescli.groups.identity.service.dkim import records_to_come

    name = change.before.identity
    if change.risk:
        for record in records_to_come(rt.aws, change):
            rt.output.note(f"publish this first: {record.type} {record.name} {record.value}")
        rt.confirm(f"Change the DKIM of {name}?", consequence=change.risk)
    identity, state = change.apply(rt.aws)
    tables, text = dns_records.within(rt, state.records) if identity.dkim.signing_enabled else ([], "")
    message = f"{name} in {rt.aws.region}: {what}.{text}"
    return Done(message, state, tables, next=advice.dkim_next_step(identity) if change.calls else None)


def _fields(dkim: Dkim) -> list[tuple[str, object] | tuple[str, object, str]]:
    origins = {"AWS_SES": "Easy DKIM: SES makes the keys", "EXTERNAL": "a key of your own"}
    return [
        ("signing", "on" if dkim.signing_enabled else "off"),
        ("status", dkim.status, "status"),
        ("key", dkim.tokens and origins.get(str(dkim.origin), dkim.origin)),
        ("length", dkim.key_length),
        ("length of the next", dkim.next_key_length),
        ("key made", dkim.last_key_generation),
        ("keys published in", dkim.signing_hosted_zone),
    ]
