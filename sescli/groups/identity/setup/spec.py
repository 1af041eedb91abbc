"""What the user wants for a domain: the options as given, and the complete specification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.dns.names import IdentityName
from sescli.errors import UsageError
from sescli.groups.identity.service.mail_from import REJECT, USE_DEFAULT, parse_mail_from_domain

if TYPE_CHECKING:
    from sescli.groups.identity.setup.facts import DomainFacts

KEEP = "keep"  # leave DMARC unchanged
NONE = "none"  # as given for --mail-from: use the MAIL FROM domain of SES


@dataclass(frozen=True)
class SetupSpec:
    """The complete specification of a domain.

    `mail_from` is a full subdomain, or None for the MAIL FROM domain of SES. `dmarc` is a policy or `keep`. `rua` has
    the report addresses; None keeps the existing ones. `publish` writes the records to Route 53: to the zone `zone_id`,
    or to the zone of the domain, in the account of `dns_profile`. `file` receives the records in the format `form`.
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
        """Check that the specification fits the domain, before any change. Raises `UsageError`."""
        now = facts.identity
        if now and now.mail_from_domain and self.mail_from is None:
            raise UsageError(
                f"{self.domain} has the MAIL FROM domain {now.mail_from_domain}, which setup does not remove",
                hint=Advice(
                    "to remove it, run: ", NextCommand("identity", "mail-from", "clear", self.domain)
                ),
            )
        if now and self.dkim_key_length:
            raise UsageError(
                f"--dkim-key-length is only for a new identity, but {self.domain} exists already",
                hint=Advice(
                    "to change its key, run: ", NextCommand("identity", "dkim", "rotate", self.domain)
                ),
            )
        if self.receive and not facts.can_receive:
            raise UsageError(f"SES does not receive email in {facts.region}", hint="remove --receive")
        if self.rua is not None and self.dmarc == KEEP:
            raise UsageError(
                "--rua needs a DMARC policy, but --dmarc is keep or missing", hint="add --dmarc none"
            )
        if self.file and self.publish:
            raise UsageError("--file and --publish cannot be used together", hint="use one of them")

    def command(self) -> NextCommand:
        """Return the command that does the same without questions."""
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
        return NextCommand("identity", "setup", self.domain, *words, "--yes")

    def _label(self) -> str | None:
        """Return only the label of the subdomain if that is enough."""
        label = (self.mail_from or "").removesuffix(f".{self.domain}")
        return label if "." not in label and label != "none" else self.mail_from


@dataclass(frozen=True)
class SetupInput:
    """The options as given; None means not given. `facts` are set as soon as the domain is known.

    `mail_from` is a label, a subdomain or `none`. With `brief`, as with --yes, only the required options are asked for.
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
        """The facts. Raises `UsageError` if there is no domain yet."""
        if self.facts is None:
            raise UsageError("missing: DOMAIN", hint=NextCommand("identity", "setup", "--help"))
        return self.facts

    @property
    def missing(self) -> list[str]:
        """The required options that are not given and whose value is not set already."""
        now, dns = (self.facts.identity, self.facts.dns) if self.facts else (None, None)
        is_missing = {
            "DOMAIN": self.domain is None,
            "--mail-from": self.mail_from is None and not (now and now.mail_from_domain),
            "--dmarc": self.dmarc is None and not (dns and (dns.policy or dns.policy_above)),
        }
        return [option for option, missing in is_missing.items() if missing]

    def spec(self) -> SetupSpec:
        """Build the specification. Options that are not given change nothing. Raises `UsageError`."""
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
            receive=bool(self.receive) or facts.is_receiving,
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
