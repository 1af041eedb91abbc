"""Identities as people see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.cli import dns_records
from sescli.output.results import Document, Done

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.exits import ExitCode
    from sescli.groups.identity.service.identities import Identity
    from sescli.groups.identity.service.verification import Verification
    from sescli.runtime import Runtime

TYPES = {"EMAIL_ADDRESS": "email", "DOMAIN": "domain"}


def begun_result(rt: Runtime, begun: Sequence[Verification], code: ExitCode) -> Done:
    """What `verify` says: a line a name, then the records of the domains."""
    lines = [_line(rt, verification) for verification in begun]
    tables = []
    for verification in begun:
        shown = dns_records.shown(rt, verification.records)
        if isinstance(shown, Document):
            lines += ["", *([verification.identity, ""] if len(begun) > 1 else []), shown.text]
        elif verification.records:
            tables.append(replace(shown, title=f"DNS records of {verification.identity}"))
    if any(verification.records for verification in begun):
        rt.output.note(dns_records.EDITORS)
    return Done("\n".join(lines) or "Nothing was started.", list(begun), tables, _next(begun), code)


def _line(rt: Runtime, verification: Verification) -> str:
    name = verification.identity
    if verification.sending_enabled:
        return f"{name} is verified in {rt.aws.region}."
    if verification.type == "EMAIL_ADDRESS":
        return (
            f"{name}: AWS has mailed a link; who follows it within 24 hours verifies it in {rt.aws.region}."
        )
    return f"{name} waits for its DNS records; once they are there, SES verifies it in {rt.aws.region}."


def _next(begun: Sequence[Verification]) -> str | None:
    if not begun:
        return None
    first = begun[0]
    if not first.sending_enabled:
        if first.type == "EMAIL_ADDRESS":
            return f"follow the link, then: sescli identity show {first.identity}"
        return f"publish the records, then: sescli identity check {first.identity}"
    sender = first.identity if "@" in first.identity else f"hello@{first.identity}"
    return (
        f"sescli send email --from {sender} --to success@simulator.amazonses.com --subject Hello --text Hello"
    )


def title(identity: Identity, region: str) -> str:
    """What an identity is, and where."""
    return f"{identity.identity}, {TYPES.get(identity.type, identity.type)}, in {region}"


def fields(identity: Identity) -> list[tuple[str, object] | tuple[str, object, str]]:
    """An identity for people, line by line."""
    info = identity.verification_info
    return [
        ("verification", identity.verification_status, "status"),
        ("may send", identity.sending_enabled, "status"),
        ("DKIM", identity.dkim_status, "status"),
        ("DKIM key", [part for part in (identity.dkim.origin, identity.dkim.key_length) if part]),
        ("DKIM tokens", identity.dkim.tokens),
        ("MAIL FROM", identity.mail_from_domain),
        ("MAIL FROM status", identity.mail_from_status, "status"),
        ("feedback by mail", identity.feedback_forwarding),
        ("configuration set", identity.config_set),
        ("sending policies", list(identity.policies)),
        ("tags", identity.tags),
        ("domain above", identity.parent and identity.parent.identity),
        ("DNS last looked at", info.last_checked),
        ("last found right", info.last_success),
        ("last error", info.error_type),
        ("name server seen", info.soa_record and info.soa_record.primary_name_server),
    ]
