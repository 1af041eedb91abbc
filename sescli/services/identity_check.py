"""What DNS says now about the records that an identity wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.check import Check, check_records
from sescli.dns.records import SENDING
from sescli.services import identities

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName
    from sescli.dns.sources import Sources


def check(
    aws: Gateway,
    name: IdentityName,
    purpose: str = SENDING,
    *,
    sources: Sources,
    warn: Callable[[str], None],
    legacy_txt: bool = False,
    dkim_public_key: str | None = None,
) -> Check:
    """Ask DNS for the records that SES wants of a domain (SES API v2 GetEmailIdentity).

    `purpose` and what follows are as in `identities.records`, whose errors this raises too. What is odd about
    the zone goes to `warn`, a line each.
    """
    wanted = identities.records(aws, name, purpose, legacy_txt=legacy_txt, dkim_public_key=dkim_public_key)
    found = check_records(wanted, name.domain, sources)
    for remark in found.remarks:
        warn(remark)
    return found
