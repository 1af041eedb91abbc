"""DKIM settings of an identity on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.cli import dns_records
from sescli.groups.identity.service import next_steps, status_meanings
from sescli.output.results import Column, Details, Done, Listing

if TYPE_CHECKING:
    from sescli.groups.identity.service.dkim import DkimState
    from sescli.groups.identity.service.identities import Dkim, Identity
    from sescli.output.results import Field
    from sescli.runtime import Runtime

_ORIGINS = {"AWS_SES": "Easy DKIM (SES creates the keys)", "EXTERNAL": "your own key"}


def dkim_details(rt: Runtime, identity: Identity, state: DkimState) -> Details:
    """The settings, what they mean, the DNS records and the next step."""
    meanings = Listing(list(status_meanings.explain_dkim(identity)), [Column("meaning", str)])
    tables, text = dns_records.within(rt, state.records)
    return Details(
        state,
        _fields(state.dkim),
        tables=[meanings, *tables],
        title=f"DKIM of {identity.identity} in {rt.aws.region}",
        text=text.strip() or None,
        next=next_steps.fix_dkim(identity),
    )


def dkim_done(rt: Runtime, identity: Identity, state: DkimState, message: str, *, has_changed: bool) -> Done:
    """The result of a change: while signing is on, with the DNS records that it needs."""
    tables, text = dns_records.within(rt, state.records) if identity.dkim.signing_enabled else ([], "")
    next_step = next_steps.fix_dkim(identity) if has_changed else None
    return Done(f"{message}{text}", state, tables, next=next_step)


def _fields(dkim: Dkim) -> list[Field]:
    return [
        ("DKIM signing", "on" if dkim.signing_enabled else "off"),
        ("DKIM status", dkim.status, "status"),
        ("key type", dkim.tokens and _ORIGINS.get(str(dkim.origin), dkim.origin)),
        ("key length", dkim.key_length),
        ("next key length", dkim.next_key_length),
        ("key created", dkim.last_key_generation),
        ("SES publishes the keys in", dkim.signing_hosted_zone),
    ]
