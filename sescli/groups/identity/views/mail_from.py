"""The MAIL FROM domain of an identity on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.cli import dns_records
from sescli.groups.identity.service import next_steps, status_meanings
from sescli.groups.identity.service.mail_from import REJECT
from sescli.output.results import Column, Details, Done, Listing

if TYPE_CHECKING:
    from sescli.groups.identity.service.identities import Identity
    from sescli.groups.identity.service.mail_from import MailFrom, MailFromChange
    from sescli.runtime import Runtime

_ON_MX_FAILURE = {"USE_DEFAULT_VALUE": "send with amazonses.com", "REJECT_MESSAGE": "reject email"}


def mail_from_details(rt: Runtime, identity: Identity, found: MailFrom) -> Details:
    """The domain, what its status means, its DNS records and the next step."""
    meanings = Listing(list(status_meanings.explain_mail_from(identity)), [Column("meaning", str)])
    tables, text = dns_records.within(rt, found.records)
    behaviour = found.mail_from_on_mx_failure
    return Details(
        found,
        [
            ("MAIL FROM domain", found.mail_from_domain or "amazonses.com (default)"),
            ("MAIL FROM status", found.mail_from_status, "status"),
            ("if the MX is missing", _ON_MX_FAILURE.get(str(behaviour), behaviour)),
        ],
        tables=[meanings, *tables],
        title=f"MAIL FROM of {identity.identity} in {rt.aws.region}",
        text=text.strip() or None,
        next=next_steps.fix_mail_from(identity),
    )


def mail_from_done(rt: Runtime, change: MailFromChange, identity: Identity, found: MailFrom) -> Done:
    """The result of `mail-from set`, with the DNS records that the domain needs."""
    tables, text = dns_records.within(rt, found.records)
    fallback = "rejects email" if change.behaviour == REJECT else "sends with amazonses.com"
    message = (
        f"Set the MAIL FROM domain of {identity.identity} ({rt.aws.region}) to {change.domain}. "
        f"While its MX record is missing, SES {fallback}."
    )
    return Done(f"{message}{text}", found, tables, next=next_steps.fix_mail_from(identity))
