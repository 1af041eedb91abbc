"""Sending: the checks before SES accepts a message, and the outcome of accepted messages.

A call opens a `SendContext` with what its messages share (account, sender, configuration set). The context then accepts
each message separately. Errors are Faults.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.emulator.ses.account import account, metrics, statistics, tenants
from sescli.emulator.ses.config_sets import configuration_sets
from sescli.emulator.ses.events import destinations
from sescli.emulator.ses.faults import BadRequest, MessageRejected
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.lists import contacts, suppression
from sescli.emulator.ses.sending import outbox, simulator
from sescli.emulator.ses.sending.address import SesAddress, parse_address
from sescli.emulator.ses.sending.message import Message, SendOutcome, check_attachment_names, check_size

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

MAX_RECIPIENTS = 50  # docs/ses-behavior.md#recipients-per-message
MAX_BYTES_V1 = 10 * 1024 * 1024
MAX_BYTES_V2 = 40 * 1024 * 1024


@dataclass
class SendContext:
    """The data that the messages of one call share, after its checks. `save` stores the accepted messages."""

    region: Region
    account: Record
    operation: str
    identity: Record  # the verified identity of the sender
    config_set: str | None
    targets: list[Record]  # event destinations of these messages
    set_reputation: bool  # whether the configuration set has its own reputation metrics
    reasons: list[str]  # suppression reasons that apply to this call
    max_bytes: int
    sent: int  # recipients in the last 24 hours, including those that this call has accepted so far
    tenant_list: str | None = None  # the tenant whose own suppression list applies
    accepted: list[outbox.AcceptedMessage] = field(default_factory=list)
    count: statistics.SendCounts = field(default_factory=statistics.SendCounts)

    def send_for_tenant(self, tenant: str, template: str | None) -> None:
        """Send for a tenant: check its resources and use its suppression settings. Raises Fault."""
        needed = {
            "identity": self.identity["name"],
            "configuration-set": self.config_set,
            "template": template,
        }
        record = tenants.check_sending(self.region, tenant, needed)
        found = configuration_sets.load(self.region, self.config_set) if self.config_set else None
        if tenants.has_own_list(record, configuration_sets.suppression_options(found)):
            self.tenant_list = tenant
        reasons = record["suppression"].get("SuppressedReasons", self.account["suppressed_reasons"])
        self.reasons = configuration_sets.suppressed_reasons(found, reasons)

    def accept(self, message: Message) -> str:
        """Accept one message and return its MessageId. Raises Fault, and then counts nothing."""
        recipients = [parse_address(text) for text in message.recipients]
        self._check(message, recipients)
        real = sum(not address.is_simulated for address in recipients)
        account.consume(self.region, self.account, sent=self.sent, counted=real, recipients=len(recipients))
        self.sent += real
        outcomes = self._deliver_to_recipients(message, recipients)
        message_id = new_message_id(self.region)
        self.accepted.append(
            outbox.AcceptedMessage(
                message_id, message, self.config_set, outcomes, self.identity["name"], self.operation
            )
        )
        self.count.quota += real
        for outcome, address in zip(outcomes, recipients, strict=True):
            if not address.is_simulated:
                self.count.add(outcome)
        return message_id

    def save(self) -> None:
        """Store the accepted messages and their counts, all at once."""
        outbox.add(self.region, self.accepted)
        destinations.queue_events(self.region, [each.message_id for each in self.accepted], self.targets)
        if self.count.quota:
            statistics.add(self.region, self.count)
            metrics.add(self.region, metrics.account_points(self.count.metrics))
        if self.count.quota and self.config_set and self.set_reputation:
            metrics.add(self.region, metrics.set_points(self.config_set, self.count.metrics))

    def _check(self, message: Message, recipients: list[SesAddress]) -> None:
        if not recipients:
            raise BadRequest("Recipient list cannot be empty.")
        if len(recipients) > MAX_RECIPIENTS:
            raise BadRequest(f"Recipient count exceeds {MAX_RECIPIENTS}.")
        check_size(message.size, self.max_bytes)
        check_attachment_names([each.name for each in message.attachments])
        if not self.account["production"]:
            check_verified(self.region, [each for each in recipients if not each.is_simulated])

    def _deliver_to_recipients(self, message: Message, recipients: list[SesAddress]) -> list[SendOutcome]:
        if message.failure is not None:
            return [SendOutcome(str(each), "rendering_failed", message.failure) for each in recipients]
        if any(each.is_infected for each in message.attachments):
            return [SendOutcome(str(each), "rejected", "Bad content") for each in recipients]
        return [self._outcome(message, each) for each in recipients]

    def _outcome(self, message: Message, recipient: SesAddress) -> SendOutcome:
        if recipient.is_simulated:
            return simulator.deliver(recipient)
        if suppression.is_suppressed(self.region, str(recipient), self.reasons, self.tenant_list):
            whose = "Tenant" if self.tenant_list else "Account"
            return SendOutcome(str(recipient), "suppressed", f"On{whose}SuppressionList")
        if message.contact_list and _opted_out(self.region, message, recipient):
            return SendOutcome(str(recipient), "bounced", "UnsubscribedRecipient")
        return SendOutcome(str(recipient), "delivered")


def open_send_context(
    region: Region,
    senders: list[str],
    *,
    operation: str,
    config_set: str | None,
    max_bytes: int = MAX_BYTES_V2,
) -> SendContext:
    """Check the account, the senders (From and, if given, Return-Path) and the configuration set.

    Without `config_set`, the default set of the sender's identity applies. Raises Fault.
    """
    record = account.load(region)
    account.check_sending(record)
    identity = check_verified(region, [parse_address(sender) for sender in senders])
    identities.check_mail_from(identity)
    name = config_set or identity.get("config_set")
    found = configuration_sets.load(region, name) if name else None
    if found is not None and name:
        configuration_sets.check_sending(found, name)
    reasons = configuration_sets.suppressed_reasons(found, record["suppressed_reasons"])
    if not suppression.has_addresses(region):
        reasons = []
    sent = statistics.sent_last_24_hours(region)
    return SendContext(
        region,
        record,
        operation,
        identity,
        name,
        destinations.list_destinations(found, identity),
        configuration_sets.has_reputation_metrics(found),
        reasons,
        max_bytes,
        sent,
    )


def check_verified(region: Region, addresses: list[SesAddress]) -> Record:
    """Return the verified identity of the first address. Raises MessageRejected with all unverified addresses."""
    found = [(address, identities.verified_for(region, address)) for address in addresses]
    unknown = [str(address) for address, record in found if record is None]
    if unknown:
        raise MessageRejected(
            "Email address is not verified. The following identities failed the check in region"
            f" {region.name.upper()}: {', '.join(dict.fromkeys(unknown))}"
        )
    return next((record for _, record in found if record is not None), {})


def raise_requested_failure(region: Region, *, of_entries: bool | None = None) -> None:
    """Raise the next Fault that the setting `fail` requested, if any.

    With `of_entries`, only if the next fault is (True) or is not (False) one for entries of a bulk call.
    """
    failures = region.controls.failures
    if failures and of_entries in {None, failures[0].of_entries}:
        raise failures.popleft()


def send(context: SendContext, message: Message) -> str:
    """Send the only message of a call and return its MessageId. Raises Fault."""
    message_id = context.accept(message)
    context.save()
    return message_id


def new_message_id(region: Region) -> str:
    """Create a message ID in SES's form: hexadecimal, starting with the time."""
    noise = os.urandom(16).hex()
    spaced = f"{noise[:8]}-{noise[8:12]}-{noise[12:16]}-{noise[16:20]}-{noise[20:]}"
    return f"0100{int(region.now() * 1000):012x}-{spaced}-000000"


def _opted_out(region: Region, message: Message, recipient: SesAddress) -> bool:
    owner = contacts.load_list(region, message.contact_list or "")
    contact = region.get(contacts.contact_kind(message.contact_list or ""), str(recipient))
    return contacts.has_opted_out(owner, contact, message.topic)
