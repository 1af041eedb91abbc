"""Runs the active rule set on an incoming message: the rules in order, and the actions of each rule in order."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sescli.emulator.receiving import acceptance, actions
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.receiving import received_messages
from sescli.emulator.ses.sending import mime, outbox, sending
from sescli.emulator.ses.sending.address import parse_address
from sescli.emulator.ses.sending.message import Message, SendOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.emulator.outbound import OutboundPolicy
    from sescli.emulator.receiving.actions import ActionOutcome
    from sescli.emulator.receiving.incoming_message import IncomingMessage
    from sescli.emulator.service_clients import ServiceClients
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record
    from sescli.mail.addresses import Address

StepData = dict[str, Any]  # {"rule", "action", "outcome", "detail", "event"}


class Receiver:
    """Receives messages for one region. The actions run without the store's lock because they call this server."""

    def __init__(self, region: Region, clients: ServiceClients, policy: OutboundPolicy) -> None:
        self._region = region
        self._clients = clients
        self._policy = policy

    def deliver(self, mail: IncomingMessage) -> dict[str, Any]:
        """Deliver a message. The result says whether it was refused, or has a step for each action that ran."""
        with self._region.store.lock:
            accepted = acceptance.check_acceptance(self._region, mail)
            if not isinstance(accepted, acceptance.AcceptanceRefusal):
                received_messages.keep(self._region, mail.message_id, mail.sender, mail.raw)
                self._region.store.commit()
        if isinstance(accepted, acceptance.AcceptanceRefusal):
            return {
                "message_id": None,
                "rule_set": None,
                "recipients": [],
                "refused": [asdict(accepted)],
                "steps": [],
            }
        mail.recipients = accepted.recipients
        return {
            "message_id": mail.message_id,
            "rule_set": accepted.rule_set,
            "recipients": [each.addr_spec for each in accepted.recipients],
            "refused": [asdict(each) for each in accepted.refused],
            "steps": list(self._run_rules(accepted.rules, mail)),
        }

    def _run_rules(self, rules: Sequence[Record], mail: IncomingMessage) -> Iterator[StepData]:
        for rule in rules:
            recipients = acceptance.matching_recipients(rule, mail.recipients)
            if not recipients:
                continue
            stop = None
            for wanted in rule["Actions"]:
                [(kind, action)] = wanted.items()
                outcome = self._run(kind, action, rule, mail, recipients)
                yield _step_data(rule["Name"], kind, outcome)
                stop = outcome.stop
                if stop is not None:
                    break
            if stop == actions.STOP_SET:
                return

    def _run(
        self, kind: str, action: Record, rule: Record, mail: IncomingMessage, recipients: Sequence[Address]
    ) -> ActionOutcome:
        act = actions.ActionContext(
            mail, recipients, rule["ScanEnabled"], action, self._clients, self._bounce, self._policy
        )
        return actions.run(kind, act)

    def _bounce(self, sender: str, to: str, raw: bytes) -> ActionOutcome:
        """Put a bounce into the outbox. As in SES, its sender must be verified."""
        region = self._region
        with region.store.lock:
            identity = identities.verified_for(region, parse_address(sender))
            if identity is None:
                reason = f"the bounce sender {sender} is not verified in {region.name}"
                return actions.ActionOutcome(actions.FAILED, f"MessageRejected: {reason}")
            parsed = mime.read_raw(raw)
            message = Message(
                source=sender,
                to=[to],
                subject=parsed.header("Subject"),
                text=parsed.body("plain"),
                headers=parsed.headers(),
                raw=raw,
            )
            message_id = sending.new_message_id(region)
            sent = [SendOutcome(to, "delivered")]
            record = outbox.AcceptedMessage(message_id, message, None, sent, identity["name"], "SendBounce")
            outbox.add(region, [record])
            region.store.commit()
        return actions.ActionOutcome(actions.DONE, f"message {message_id}")


def _step_data(rule: str, kind: str, outcome: ActionOutcome) -> StepData:
    name = kind.removesuffix("Action").replace("Workmail", "WorkMail")
    return {
        "rule": rule,
        "action": name,
        "outcome": outcome.outcome,
        "detail": outcome.detail,
        "event": outcome.event,
    }
