"""What the user wants a domain to have: the options as given, and the complete specification."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.names import IdentityName
from sescli.errors import UsageError
from sescli.groups.identity.service.mail_from import REJECT, USE_DEFAULT, parse_mail_from_domain

if TYPE_CHECKING:
    from sescli.groups.identity.setup.facts import DomainFacts

KEEP = "keep"  # DMARC as DNS has it
NONE = "none"  # as typed for --mail-from: bounces stay with SES


@dataclass(frozen=True)
class SetupSpec:
    """What a domain is to be.

    `mail_from` is a whole subdomain, None for SES's own. `dmarc` is a policy or `keep`; `rua` are the addresses
    of its reports, None for those that are there. `publish` writes the records to Route 53, into `zone_id` or the
    zone that is found, in the account of `dns_profile`; `file` takes them in `form`.
    """

    domain: str
    mail_from: str | None
    on_mx_failure: str = USE_DEFAULT
    dkim_key_length: str | None = None
    dmarc: str = KEEP
    rua: tuple[str, ...] | None = None
    receive: bool = False
    legacy_txt: bool = False
    publish: bool = False
    zone_id: str | None = None
    dns_profile: str | None = None
    file: str | None = None
    form: str = "text"

    def check(self, facts: DomainFacts) -> None:
        """Refuse what could not be done, before anything is. Raises `UsageError`."""
        now = facts.identity
        if now and now.mail_from_domain and self.mail_from is None:
            raise UsageError(
                f"{self.domain} has the MAIL FROM domain {now.mail_from_domain}, and setup takes nothing away",
                hint=f"sescli identity mail-from clear {self.domain}",
            )
        if now and self.dkim_key_length:
            raise UsageError(
                f"--dkim-key-length is for a new identity, and {self.domain} is one already",
                hint=f"sescli identity dkim rotate {self.domain}",
            )
        if self.receive and not facts.can_receive:
            raise UsageError(f"SES receives no mail in {facts.region}", hint="leave out --receive")
        if self.rua is not None and self.dmarc == KEEP:
            raise UsageError(
                "--rua is part of a DMARC record, and none is to be written", hint="add --dmarc none"
            )
        if self.file and self.publish:
            raise UsageError("--file writes the records down, --publish into DNS", hint="give one of them")

    def command(self) -> str:
        """The one command that does the same."""
        words = ["--mail-from", self._label() or "none"]
        if self.mail_from and self.on_mx_failure == REJECT:
            words += ["--on-mx-failure", "reject"]
        if self.dkim_key_length:
            words += ["--dkim-key-length", self.dkim_key_length.split("_")[1]]
        words += ["--dmarc", self.dmarc]
        for address in self.rua or ():
            words += ["--rua", address]
        words += [
            option for option, on in (("--receive", self.receive), ("--legacy-txt", self.legacy_txt)) if on
        ]
        words += ["--publish"] if self.publish else []
        words += ["--zone-id", self.zone_id] if self.zone_id else []
        words += ["--dns-profile", self.dns_profile] if self.dns_profile else []
        words += ["--file", self.file, "--format", self.form] if self.file else []
        return f"sescli identity setup {self.domain} {shlex.join(words)} --yes"

    def _label(self) -> str | None:
        """A label alone where it means the same."""
        label = (self.mail_from or "").removesuffix(f".{self.domain}")
        return label if "." not in label and label != "none" else self.mail_from


@dataclass(frozen=True)
class SetupInput:
    """What the options have said; None is still open. `facts` are there as soon as the domain is known.

    `mail_from` is as typed: a label, a subdomain, or `none`. With `brief` only what nothing can do without is
    asked, as with --yes.
    """

    domain: str | None = None
    mail_from: str | None = None
    on_mx_failure: str | None = None
    dkim_key_length: str | None = None
    dmarc: str | None = None
    rua: tuple[str, ...] | None = None
    receive: bool | None = None
    legacy_txt: bool = False
    publish: bool | None = None
    zone_id: str | None = None
    dns_profile: str | None = None
    file: str | None = None
    form: str | None = None
    brief: bool = False
    facts: DomainFacts | None = None
    confirmed: bool = False

    @property
    def known(self) -> DomainFacts:
        """The facts. Raises `UsageError` while there is no domain."""
        if self.facts is None:
            raise UsageError("missing: DOMAIN", hint="sescli identity setup --help")
        return self.facts

    @property
    def missing(self) -> list[str]:
        """The options that it cannot do without, and that neither was given nor is true already."""
        now, dns = (self.facts.identity, self.facts.dns) if self.facts else (None, None)
        lacking = {
            "DOMAIN": self.domain is None,
            "--mail-from": self.mail_from is None and not (now and now.mail_from_domain),
            "--dmarc": self.dmarc is None and not (dns and (dns.policy or dns.policy_above)),
        }
        return [option for option, is_open in lacking.items() if is_open]

    def spec(self) -> SetupSpec:
        """What the domain is to be; what was not said stays as it is. Raises `UsageError` for what cannot be."""
        facts = self.known
        now = facts.identity
        behaviour = self.on_mx_failure or (now and now.mail_from_on_mx_failure) or USE_DEFAULT
        spec = SetupSpec(
            domain=facts.domain,
            mail_from=self._mail_from(facts),
            on_mx_failure=behaviour,
            dkim_key_length=self.dkim_key_length,
            dmarc=self.dmarc or KEEP,
            rua=self.rua,
            receive=bool(self.receive) or facts.receives,
            legacy_txt=self.legacy_txt,
            publish=bool(self.publish),
            zone_id=self.zone_id,
            dns_profile=self.dns_profile,
            file=self.file,
            form=self.form or "text",
        )
        spec.check(facts)
        return spec

    def _mail_from(self, facts: DomainFacts) -> str | None:
        if self.mail_from is None or self.mail_from == NONE:
            return facts.identity.mail_from_domain if facts.identity and self.mail_from is None else None
        return parse_mail_from_domain(IdentityName(facts.domain), self.mail_from)
