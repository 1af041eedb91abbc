"""Identities on the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.cli import dns_records
from sescli.groups.identity.service import next_steps, status_meanings
from sescli.output.results import Column, Details, Document, Done, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.advice import Hint
    from sescli.exits import ExitCode
    from sescli.groups.identity.service.identities import Identity
    from sescli.groups.identity.service.verification import Verification
    from sescli.output.results import Field
    from sescli.runtime import Runtime

_TYPES = {"EMAIL_ADDRESS": "email", "DOMAIN": "domain"}

IDENTITY_COLUMNS = (
    Column("identity", "identity"),
    Column("type", lambda row: _TYPES.get(row.type, row.type)),
    Column("status", "verification_status", "status"),
    Column("DKIM", "dkim_status", "status"),
    Column("MAIL FROM", "mail_from_domain"),
    Column("MX status", "mail_from_status", "status"),
    Column("sending", "sending_enabled", "status"),
)


def identity_details(identity: Identity, region: str) -> Details:
    """All details of an identity, what they mean, and the next step."""
    meanings = Listing(list(status_meanings.explain(identity)), [Column("meaning", str)])
    title = f"{identity.identity}, {_TYPES.get(identity.type, identity.type)}, in {region}"
    next_step = next_steps.next_step(identity)
    return Details(identity, _fields(identity), tables=[meanings], title=title, next=next_step)


def _can_send(identity: Identity) -> Field:
    if identity.covered_by:
        return ("can send", f"yes, through {identity.covered_by}")
    return ("can send", identity.sending_enabled, "status")


def _fields(identity: Identity) -> list[Field]:
    info = identity.verification_info
    return [
        ("verification status", identity.verification_status, "status"),
        _can_send(identity),
        ("DKIM status", identity.dkim_status, "status"),
        ("DKIM key", [part for part in (identity.dkim.origin, identity.dkim.key_length) if part]),
        ("DKIM tokens", identity.dkim.tokens),
        ("MAIL FROM domain", identity.mail_from_domain),
        ("MAIL FROM status", identity.mail_from_status, "status"),
        ("email forwarding of bounces", identity.feedback_forwarding),
        ("default configuration set", identity.config_set),
        ("sending policies", list(identity.policies)),
        ("tags", identity.tags),
        ("parent identity", identity.parent and identity.parent.identity),
        ("last DNS check by SES", info.last_checked),
        ("last successful DNS check", info.last_success),
        ("last DNS error", info.error_type),
        ("name server seen by SES", info.soa_record and info.soa_record.primary_name_server),
    ]


def verify_result(rt: Runtime, started: Sequence[Verification], code: ExitCode) -> Done:
    """The result of `identity verify`: one line per identity, then the DNS records of the domains."""
    lines = [_line(rt, verification) for verification in started]
    tables = []
    for verification in started:
        shown = dns_records.shown(rt, verification.records)
        if isinstance(shown, Document):
            heading = [verification.identity, ""] if len(started) > 1 else []
            lines += ["", *heading, shown.text]
        elif verification.records:
            tables.append(replace(shown, title=f"DNS records of {verification.identity}"))
    if any(verification.records for verification in started):
        rt.output.note(dns_records.EDITORS)
    message = "\n".join(lines) or "No verification was started."
    return Done(message, list(started), tables, _next_step(started), code)


def _line(rt: Runtime, verification: Verification) -> str:
    name, region = verification.identity, rt.aws.region
    if verification.sending_enabled:
        return f"{name} is verified in {region}."
    if verification.type == "EMAIL_ADDRESS":
        return f"AWS sent a verification link to {name}. Open it within 24 hours to verify the address in {region}."
    return f"Created {name} in {region}. SES verifies it as soon as it finds the DNS records."


def _next_step(started: Sequence[Verification]) -> Hint | None:
    if not started:
        return None
    first = started[0]
    if first.sending_enabled:
        return next_steps.send_test_email(first.identity)
    if first.type == "EMAIL_ADDRESS":
        return Advice("open the link, then run: ", NextCommand("identity", "show", first.identity))
    return Advice("publish the DNS records, then run: ", NextCommand("identity", "check", first.identity))
