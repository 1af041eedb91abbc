"""What SES and DNS have of a domain before setup changes anything."""

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
    """What is true of a domain before anything is done. `identity` is None where SES does not know it yet.

    `records` are those that it wants, as DNS has them. `covered_by` is a verified domain above one that SES does
    not know.
    """

    domain: str
    region: str
    identity: Identity | None
    dns: DomainOverview
    records: tuple[CheckedRecord, ...] = ()
    covered_by: str | None = None

    @property
    def can_receive(self) -> bool:
        """Whether SES receives mail in this region."""
        return self.region in RECEIVING

    @property
    def receives(self) -> bool:
        """Whether the mail to the domain goes to SES already."""
        return f"inbound-smtp.{self.region}.amazonaws.com" in self.dns.mail_hosts

    @property
    def verified(self) -> bool:
        """Whether SES has verified it, and signs its mail."""
        now = self.identity
        return now is not None and now.sending_enabled and now.dkim_status == identities.SUCCESS


def look(aws: Gateway, domain: str, sources: Sources) -> DomainFacts:
    """See what SES (API v2 GetEmailIdentity) and DNS have of a domain."""
    found, name = read_overview(domain, sources), IdentityName(domain)
    try:
        answer = identities.get_email_identity(aws, name)
    except NotFoundError:
        above = identities.find_nearest_parent(aws, name, warn=lambda _: None)
        verified = above is not None and above.verification_status == identities.SUCCESS
        return DomainFacts(
            domain, aws.region, None, found, covered_by=above.identity if above and verified else None
        )
    wanted = WantedRecords(domain, answer, aws.region).for_purpose(SENDING)
    checked = check_records(wanted, domain, sources).records
    return DomainFacts(domain, aws.region, identities.build_identity(domain, answer), found, checked)
