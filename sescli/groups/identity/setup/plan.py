"""The changes that setting up a domain makes: what is true already is not done again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sescli.dns.dmarc import parse_dmarc
from sescli.dns.dmarc_policy import stricter
from sescli.dns.dmarc_policy import value as policy_value
from sescli.dns.names import IdentityName
from sescli.dns.records import ALL, SENDING, Record, WantedRecords
from sescli.groups.identity.service import dkim, identities, verification
from sescli.groups.identity.service import mail_from as identity_mail_from
from sescli.groups.identity.service.mail_from import REJECT
from sescli.groups.identity.setup.spec import KEEP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.aws.gateway import Gateway
    from sescli.dns.dmarc import DmarcRecord
    from sescli.groups.identity.service.identities import Identity
    from sescli.groups.identity.setup.facts import DomainFacts
    from sescli.groups.identity.setup.spec import SetupSpec


@dataclass(frozen=True)
class SetupPlan:
    """What is to be done of a spec; what is true already is not done again."""

    facts: DomainFacts
    spec: SetupSpec

    @property
    def creates(self) -> bool:
        """Whether SES does not know the domain yet."""
        return self.facts.identity is None

    @property
    def sets_mail_from(self) -> bool:
        """Whether an identity that is there gets another MAIL FROM, or SES is to look for it again."""
        now, spec = self.facts.identity, self.spec
        if now is None or spec.mail_from is None:
            return False
        same = (now.mail_from_domain, now.mail_from_on_mx_failure) == (spec.mail_from, spec.on_mx_failure)
        return not same or now.mail_from_status == "FAILED"

    @property
    def begins_dkim(self) -> bool:
        """Whether an identity that is there has no DKIM yet, has it off, or SES has given up on it."""
        now = self.facts.identity
        if now is None:
            return False
        given_up = "FAILED" in {now.verification_status, now.dkim.status}
        return given_up or not now.dkim.signing_enabled or now.dkim.status == "NOT_STARTED"

    @property
    def risk(self) -> str | None:
        """Mail that would be refused from now on, or None."""
        if self.facts.identity is None or not self.sets_mail_from:
            return None
        return self._setting(self.facts.identity).risk

    @property
    def changes_dns(self) -> bool:
        """Whether anything may be left to put into DNS."""
        spec, done = self.spec, {record.verdict for record in self.facts.records if record.required} == {"ok"}
        more = spec.legacy_txt or spec.dmarc != KEEP or (spec.receive and not self.facts.receives)
        return self.creates or self.sets_mail_from or self.begins_dkim or more or not done

    @property
    def in_ses(self) -> list[str]:
        """What is done in SES, a line each."""
        spec, lines = self.spec, []
        if self.creates:
            lines.append(f"create the identity {spec.domain} in {self.facts.region}")
            lines.append("make the keys of DKIM, which signs its mail; three CNAMEs verify the domain")
        if self.begins_dkim:
            lines.append("look for the DKIM records (again)")
        if spec.mail_from and (self.creates or self.sets_mail_from):
            until = "mail is refused" if spec.on_mx_failure == REJECT else "amazonses.com"
            lines.append(f"MAIL FROM {spec.mail_from} ({until} until its MX is found)")
        if spec.legacy_txt:
            lines.append("make the _amazonses token of API v1")
        return lines

    @property
    def lines(self) -> list[str]:
        """All that is done, a line each."""
        spec, place = self.spec, self.facts.dns.place
        then = f"show the DNS records to type in{f' at {place.host.name}' if place.host else ''}"
        if spec.publish:
            then = f"show what changes in the Route 53 zone of {spec.domain}, ask, and write it"
        elif spec.file:
            then = f"write the records to {spec.file} ({spec.form}), over what is there"
        lines = [*(f"SES: {line}" for line in self.in_ses or ["nothing to change"]), f"DNS: {then}"]
        if spec.receive and not self.facts.receives:
            lines.append(f"DNS: among them the MX that brings all mail to {spec.domain} to SES")
        there = self.replaced_policy
        if there is not None:
            lines.append(f"DNS: {policy_value(self.policy, spec.rua, there)} in place of {there.text}")
        if self.policy != spec.dmarc:
            lines.append(f"DNS: the DMARC policy {self.policy} stays, which is stricter than {spec.dmarc}")
        return lines

    @property
    def policy(self) -> str:
        """The DMARC policy to be, or `keep`. Setup takes nothing away: a stricter one that is there stays."""
        there, wish = self.facts.dns.policy, self.spec.dmarc
        return wish if there is None or wish == KEEP else stricter(wish, there.policy)

    @property
    def replaced_policy(self) -> DmarcRecord | None:
        """The DMARC record that another takes the place of, if any."""
        there, spec = self.facts.dns.policy, self.spec
        if there is None or spec.dmarc == KEEP:
            return None
        wanted = parse_dmarc(policy_value(self.policy, spec.rua, there))
        return there if wanted.tags != there.tags else None

    def apply(self, aws: Gateway) -> None:
        """Make the calls. Raises what they raise; what was done before stays."""
        spec, name, now = self.spec, IdentityName(self.spec.domain), self.facts.identity
        if now is None:
            wish = verification.VerificationOptions(
                mail_from=spec.mail_from,
                on_mx_failure=spec.on_mx_failure,
                dkim_key_length=spec.dkim_key_length,
                legacy_txt=spec.legacy_txt,
            )
            verification.verify(aws, name, wish)
            return
        if self.begins_dkim:
            dkim.plan_enable(now, dkim.DkimOptions()).apply(aws)
        if self.sets_mail_from:
            self._setting(now).apply(aws)
        if spec.legacy_txt:
            aws.write("ses", "VerifyDomainIdentity", Domain=spec.domain)

    def _setting(self, now: Identity) -> identity_mail_from.MailFromChange:
        return identity_mail_from.plan_change(now, self.spec.mail_from, self.spec.on_mx_failure)

    def records(self, aws: Gateway) -> list[Record]:
        """The DNS records that the domain is to have, as SES tells them (API v2 GetEmailIdentity)."""
        name = IdentityName(self.spec.domain)
        wanted = identities.records(aws, name, self._purpose, legacy_txt=self.spec.legacy_txt)
        return [each for record in wanted for each in self._with_policy(record)]

    def planned_records(self, aws: Gateway) -> list[Record]:
        """The same before anything is done: without what SES tells only then, the names of DKIM's CNAMEs."""
        if self.facts.identity is not None:
            return self.records(aws)
        to_be = {"MailFromAttributes": {"MailFromDomain": self.spec.mail_from}}
        wanted = WantedRecords(self.spec.domain, to_be, self.facts.region).for_purpose(self._purpose)
        return [each for record in wanted for each in self._with_policy(record)]

    @property
    def _purpose(self) -> str:
        return ALL if self.spec.receive else SENDING

    def _with_policy(self, record: Record) -> Iterator[Record]:
        """Every record as it is, but the DMARC policy as it was wished for."""
        if record.purpose != "dmarc":
            yield record
            return
        there = self.facts.dns.policy
        if self.spec.dmarc != KEEP:
            yield replace(record, value=policy_value(self.policy, self.spec.rua, there))
        elif there is not None:
            yield replace(record, value=there.text)
