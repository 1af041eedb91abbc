"""Identities: addresses and domains, their verification, DKIM and MAIL FROM.

docs/ses-behavior.md#dkim-records, #mail-from
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from sescli.dns.dkim_key import parse_dkim_key
from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded, MailFromNotVerified, NotFound
from sescli.emulator.ses.sending.address import SesAddress, bare_address, is_domain
from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

KIND = "identity"
_MAX_IDENTITIES = 10_000  # docs/ses-behavior.md#resource-limits
# Regions with their own zone for DKIM names (docs/ses-behavior.md#dkim-zone).
_OWN_ZONE = frozenset(
    {
        "af-south-1", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-5", "ca-west-1",
        "eu-central-2", "eu-south-1", "il-central-1", "me-central-1", "us-gov-east-1",
    }
)  # fmt: skip


def signing_zone(region: Region) -> str:
    return f"dkim.{region.name}.amazonses.com" if region.name in _OWN_ZONE else "dkim.amazonses.com"


def normalize_name(name: str) -> str:
    """Return the name under which an identity is stored: a domain in lower case, an address with its local part as is.

    Raises BadRequest.
    """
    if "@" in name:
        return str(bare_address(name))
    if not is_domain(name):
        raise BadRequest(f"Invalid domain name {name}.")
    return name.lower()


def is_address(name: str) -> bool:
    return "@" in name


def find(region: Region, name: str) -> Record | None:
    """Return the identity's record, or None if it does not exist or the name is not valid."""
    try:
        return region.get(KIND, normalize_name(name))
    except BadRequest:
        return None


def load(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = find(region, name)
    if record is None:
        raise NotFound(f"Email identity {name} does not exist.", v1_code="InvalidParameterValue")
    return record


def save(region: Region, record: Record) -> None:
    region.put(KIND, record["name"], record)


def create(region: Region, name: str, *, dkim: bool = True) -> Record:
    """Create an identity. With `dkim`, a domain gets its Easy DKIM tokens immediately, as in v2.

    Raises AlreadyExists, BadRequest, LimitExceeded.
    """
    name = normalize_name(name)
    if region.get(KIND, name) is not None:
        raise AlreadyExists(f"Email identity {name} already exist.")
    if region.count(KIND) >= _MAX_IDENTITIES:
        raise LimitExceeded(f"Cannot create more than {_MAX_IDENTITIES} identities.")
    record: Record = {
        "name": name,
        "status": "PENDING",
        "created": region.now(),
        "dkim": _no_dkim(),
        "feedback_forwarding": True,
        "policies": {},
        "tags": [],
        "topics": {},
        "topic_headers": {},
    }
    if dkim and not is_address(name):
        use_easy_dkim(region, record)
    verify_if_automatic(region, record)
    save(region, record)
    return record


def ensure(region: Region, name: str, *, dkim: bool = True) -> Record:
    """Return the identity. Create it if it does not exist, as the Verify… operations of v1 do."""
    return find(region, name) or create(region, name, dkim=dkim)


def delete(region: Region, name: str) -> bool:
    try:
        return region.delete(KIND, normalize_name(name))
    except BadRequest:
        return False


# Verification


def verify_if_automatic(region: Region, record: Record) -> None:
    """Verify the pending parts if the server verifies identities automatically."""
    if region.controls.verification == "auto":
        verify(region, record)


def verify(region: Region, record: Record) -> None:
    """Verify the identity as if its link was opened or its DNS records were found."""
    now = region.now()
    if record["status"] != "SUCCESS":
        record["verified_at"] = now
    record["status"] = "SUCCESS"
    record["checked_at"] = now
    for problem in ("error_type", "soa", "waiting_since"):
        record.pop(problem, None)
    if record["dkim"]["Status"] == "PENDING":
        record["dkim"]["Status"] = "SUCCESS"
    if "mail_from" in record:
        record["mail_from"]["MailFromDomainStatus"] = "SUCCESS"


def verification_token(region: Region, name: str) -> str:
    """The value of v1's `_amazonses` TXT record: 44 characters, the same in every call."""
    digest = hashlib.sha256(f"verification:{region.name}:{name}".encode()).digest()
    return base64.b64encode(digest).decode()


# DKIM


def _no_dkim() -> dict[str, Any]:
    return {"SigningEnabled": False, "Status": "NOT_STARTED", "SigningAttributesOrigin": "AWS_SES"}


def use_easy_dkim(region: Region, record: Record, key_length: str = "RSA_2048_BIT") -> None:
    """Set up Easy DKIM with tokens to publish as CNAME records. A domain keeps its tokens when the key changes."""
    present = record["dkim"]
    has_them = present["SigningAttributesOrigin"] == "AWS_SES" and "Tokens" in present
    tokens = [_dkim_token(region, record["name"], number) for number in range(3)]
    record["dkim"] = {
        "SigningEnabled": True,
        "Status": "SUCCESS" if has_them and present["Status"] == "SUCCESS" else "PENDING",
        "Tokens": present["Tokens"] if has_them else tokens,
        "SigningHostedZone": signing_zone(region),
        "SigningAttributesOrigin": "AWS_SES",
        "NextSigningKeyLength": key_length,
        "CurrentSigningKeyLength": key_length,
        "LastKeyGenerationTimestamp": region.now(),
    }
    _restart_verification(record)


def use_own_dkim(record: Record, selector: str, private_key: str) -> None:
    """Set up BYODKIM. The selector is the only token. The public key is stored to compare it with DNS."""
    try:
        record["dkim_public_key"] = parse_dkim_key(private_key).public
    except UsageError:  # the API accepts it, and the DNS check fails later
        record.pop("dkim_public_key", None)
    record["dkim"] = {
        "SigningEnabled": True,
        "Status": "PENDING",
        "Tokens": [selector],
        "SigningAttributesOrigin": "EXTERNAL",
    }
    _restart_verification(record)


def _restart_verification(record: Record) -> None:
    """Restart a failed domain verification, because it depends on DKIM, which is pending again."""
    if record["status"] == "FAILED" and record["dkim"]["Status"] == "PENDING":
        record["status"] = "PENDING"


def _dkim_token(region: Region, domain: str, number: int) -> str:
    """A token of 32 letters and digits, different for each domain, region and creation."""
    seed = f"{region.name}:{domain}:{number}:{secrets.token_hex(8)}"
    return base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode().lower()[:32]


# MAIL FROM


def set_mail_from(region: Region, record: Record, domain: str | None, behavior: str) -> None:
    """Set the custom MAIL FROM domain, or remove it if `domain` is empty. Raises BadRequest."""
    if not domain:
        record.pop("mail_from", None)
        return
    parent = record["name"].rpartition("@")[2]
    if not is_domain(domain) or not domain.lower().endswith(f".{parent}"):
        raise BadRequest(
            f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{parent}>."
        )
    record["mail_from"] = {
        "MailFromDomain": domain.lower(),
        "MailFromDomainStatus": "PENDING",
        "BehaviorOnMxFailure": behavior,
    }
    if record["status"] == "SUCCESS":
        verify_if_automatic(region, record)


# Sending


def candidate_identities(address: SesAddress) -> Iterator[str]:
    """Yield the identities that may authorize an address, the closest first
    (docs/ses-behavior.md#identity-inheritance).

    The local part is case-sensitive. An address with a `+label` needs no separate verification. A domain covers its
    subdomains.
    """
    yield str(address)
    if "+" in address.local:
        yield address.unlabelled
    labels = address.domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def verified_for(region: Region, address: SesAddress) -> Record | None:
    """Return the closest verified identity for the address, or None."""
    for name in candidate_identities(address):
        record = region.get(KIND, name)
        if record is not None and record["status"] == "SUCCESS":
            return record
    return None


def check_mail_from(record: Record) -> None:
    """Raises MailFromNotVerified if the identity requires its MAIL FROM domain and it is not verified."""
    mail_from = record.get("mail_from")
    if (
        mail_from
        and mail_from["BehaviorOnMxFailure"] == "REJECT_MESSAGE"
        and mail_from["MailFromDomainStatus"] != "SUCCESS"
    ):
        raise MailFromNotVerified(
            f"MAIL FROM domain <{mail_from['MailFromDomain']}> of the identity <{record['name']}> is not verified."
        )
