"""Plan and apply the changes that set up a domain. What is already done is not done again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sescli.dns.dmarc import parse_dmarc
from sescli.dns.dmarc_policy import record_value as policy_value
from sescli.dns.dmarc_policy import stricter_policy
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
    """The changes that a specification needs, given the facts."""

    facts: DomainFacts
    spec: SetupSpec

    @property
    def creates(self) -> bool:
        """Whether the domain is not an identity yet."""
        return self.facts.identity is None

    @property
    def sets_mail_from(self) -> bool:
        """Whether an existing identity gets another MAIL FROM domain, or SES must check it again."""
        now, spec = self.facts.identity, self.spec
        if now is None or spec.mail_from is None:
            return False
        same = (now.mail_from_domain, now.mail_from_on_mx_failure) == (spec.mail_from, spec.on_mx_failure)
        return not same or now.mail_from_status == "FAILED"

    @property
    def begins_dkim(self) -> bool:
        """Whether an existing identity has no DKIM, has it disabled, or SES has stopped checking it."""
        now = self.facts.identity
        if now is None:
            return False
        has_failed = "FAILED" in {now.verification_status, now.dkim.status}
        return has_failed or not now.dkim.signing_enabled or now.dkim.status == "NOT_STARTED"

    @property
    def risk(self) -> str | None:
        """A warning that SES will reject email after the change, or None."""
        if self.facts.identity is None or not self.sets_mail_from:
            return None
        return self._mail_from_change(self.facts.identity).risk

    @property
    def changes_dns(self) -> bool:
        """Whether DNS records may be missing."""
        spec, done = self.spec, {record.verdict for record in self.facts.records if record.required} == {"ok"}
        more = spec.legacy_txt or spec.dmarc != KEEP or (spec.receive and not self.facts.is_receiving)
        return self.creates or self.sets_mail_from or self.begins_dkim or more or not done

    @property
    def in_ses(self) -> list[str]:
        """The changes in SES, one line for each."""
        spec, lines = self.spec, []
        if self.creates:
            lines.append(f"create the identity {spec.domain} in {self.facts.region}")
            lines.append("create DKIM keys, which three CNAME records publish")
        if self.begins_dkim:
            lines.append("check the DKIM records again")
        if spec.mail_from and (self.creates or self.sets_mail_from):
            until = "SES rejects email" if spec.on_mx_failure == REJECT else "SES uses amazonses.com"
            lines.append(f"set the MAIL FROM domain {spec.mail_from} ({until} until it finds the MX record)")
        if spec.legacy_txt:
            lines.append("create the _amazonses token of API v1")
        return lines

    @property
    def lines(self) -> list[str]:
        """All changes, one line for each."""
        spec, place = self.spec, self.facts.dns.place
        then = f"show the DNS records to add{f' at {place.host.name}' if place.host else ''}"
        if spec.publish:
            then = f"show the changes in the Route 53 zone of {spec.domain}, ask, and publish them"
        elif spec.file:
            then = f"write the records to {spec.file} ({spec.form}); an existing file is replaced"
        lines = [*(f"SES: {line}" for line in self.in_ses or ["nothing to change"]), f"DNS: {then}"]
        if spec.receive and not self.facts.is_receiving:
            lines.append(f"DNS: including the MX record that delivers all email for {spec.domain} to SES")
        existing = self.replaced_policy
        if existing is not None:
            lines.append(f"DNS: replace {existing.text} with {policy_value(self.policy, spec.rua, existing)}")
        if self.policy != spec.dmarc:
            lines.append(f"DNS: keep the DMARC policy {self.policy}, which is stricter than {spec.dmarc}")
        return lines

    @property
    def policy(self) -> str:
        """The DMARC policy to publish, or `keep`. Setup never weakens an existing policy."""
        existing, wanted = self.facts.dns.policy, self.spec.dmarc
        return wanted if existing is None or wanted == KEEP else stricter_policy(wanted, existing.policy)

    @property
    def replaced_policy(self) -> DmarcRecord | None:
        """The existing DMARC record that will be replaced, or None."""
        existing, spec = self.facts.dns.policy, self.spec
        if existing is None or spec.dmarc == KEEP:
            return None
        wanted = parse_dmarc(policy_value(self.policy, spec.rua, existing))
        return existing if wanted.tags != existing.tags else None

    def apply(self, aws: Gateway) -> None:
        """Make the API calls. If one fails, the changes of earlier calls remain."""
        spec, name, now = self.spec, IdentityName(self.spec.domain), self.facts.identity
        if now is None:
            options = verification.VerificationOptions(
                mail_from=spec.mail_from,
                on_mx_failure=spec.on_mx_failure,
                dkim_key_length=spec.dkim_key_length,
                legacy_txt=spec.legacy_txt,
            )
            verification.verify(aws, name, options)
            return
        if self.begins_dkim:
            dkim.plan_enable(now, dkim.DkimOptions()).apply(aws)
        if self.sets_mail_from:
            self._mail_from_change(now).apply(aws)
        if spec.legacy_txt:
            aws.write("ses", "VerifyDomainIdentity", Domain=spec.domain)

    def _mail_from_change(self, now: Identity) -> identity_mail_from.MailFromChange:
        return identity_mail_from.plan_change(now, self.spec.mail_from, self.spec.on_mx_failure)

    def records(self, aws: Gateway) -> list[Record]:
        """Return the DNS records that the domain requires, from SES (API v2 GetEmailIdentity)."""
        name = IdentityName(self.spec.domain)
        wanted = identities.records(aws, name, self._purpose, legacy_txt=self.spec.legacy_txt)
        return [each for record in wanted for each in self._with_policy(record)]

    def planned_records(self, aws: Gateway) -> list[Record]:
        """Return the same records before any change. For a new identity, the DKIM records are not known yet."""
        if self.facts.identity is not None:
            return self.records(aws)
        answer = {"MailFromAttributes": {"MailFromDomain": self.spec.mail_from}}
        wanted = WantedRecords(self.spec.domain, answer, self.facts.region).for_purpose(self._purpose)
        return [each for record in wanted for each in self._with_policy(record)]

    @property
    def _purpose(self) -> str:
        return ALL if self.spec.receive else SENDING

    def _with_policy(self, record: Record) -> Iterator[Record]:
        """Yield the record, with the specified DMARC policy if it is the DMARC record."""
        if record.purpose != "dmarc":
            yield record
            return
        existing = self.facts.dns.policy
        if self.spec.dmarc != KEEP:
            yield replace(record, value=policy_value(self.policy, self.spec.rua, existing))
        elif existing is not None:
            yield replace(record, value=existing.text)
