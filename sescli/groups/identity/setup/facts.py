"""What SES and DNS know about a domain before setup changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.dns.check import check_records
from sescli.dns.domain_overview import DomainOverview, read_overview
from sescli.dns.names import IdentityName
from sescli.dns.records import SENDING, WantedRecords
from sescli.dns.regions import RECEIVING
from sescli.errors import NotFoundError
from sescli.groups.identity.service import identities

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway
    from sescli.dns.findings import CheckedRecord
    from sescli.dns.sources import Sources
    from sescli.groups.identity.service.identities import Identity


@dataclass(frozen=True)
class DomainFacts:
    """The state of a domain before setup. `identity` is None if it is not an identity yet.

    `records` are the records that the identity requires, with their state in DNS. `covered_by` is a verified domain
    above a domain that is not an identity.
    """

    domain: str
    region: str
    identity: Identity | None
    dns: DomainOverview
    records: tuple[CheckedRecord, ...] = ()
    covered_by: str | None = None

    @property
    def can_receive(self) -> bool:
        """Whether SES can receive email in this region."""
        return self.region in RECEIVING

    @property
    def is_receiving(self) -> bool:
        """Whether email to the domain already goes to SES."""
        return f"inbound-smtp.{self.region}.amazonaws.com" in self.dns.mail_hosts

    @property
    def is_verified(self) -> bool:
        """Whether SES has verified the domain and signs its email with DKIM."""
        now = self.identity
        return now is not None and now.sending_enabled and now.dkim_status == identities.SUCCESS


def inspect_domain(aws: Gateway, domain: str, sources: Sources) -> DomainFacts:
    """Read the state of a domain from SES (API v2 GetEmailIdentity) and DNS."""
    overview, name = read_overview(domain, sources), IdentityName(domain)
    try:
        answer = identities.get_email_identity(aws, name)
    except NotFoundError:
        above = identities.verified_parent(identities.find_parents(aws, name, warn=lambda _: None))
        return DomainFacts(domain, aws.region, None, overview, covered_by=above)
    wanted = WantedRecords(domain, answer, aws.region).for_purpose(SENDING)
    checked = check_records(wanted, domain, sources).records
    return DomainFacts(domain, aws.region, identities.build_identity(domain, answer), overview, checked)
