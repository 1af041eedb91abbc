"""Identities in v1: the `_amazonses` TXT token, and operations that v2 supersedes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V1, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000
_STATUS = {
    "PENDING": "Pending",
    "SUCCESS": "Success",
    "FAILED": "Failed",
    "TEMPORARY_FAILURE": "TemporaryFailure",
    "NOT_STARTED": "NotStarted",
}
_BEHAVIOR = {"USE_DEFAULT_VALUE": "UseDefaultValue", "REJECT_MESSAGE": "RejectMessage"}
_BEHAVIOR_V2 = {v1: v2 for v2, v1 in _BEHAVIOR.items()}


@V1
def VerifyDomainIdentity(region: Region, params: Params) -> dict[str, Any]:
    if "@" in params["Domain"]:
        raise BadRequest(f"Invalid domain name {params['Domain']}.")
    record = identities.ensure(region, params["Domain"], dkim=False)
    return {"VerificationToken": identities.verification_token(region, record["name"])}


@V1
def VerifyEmailIdentity(region: Region, params: Params) -> dict[str, Any]:
    if "@" not in params["EmailAddress"]:
        raise BadRequest(f"Invalid email address<{params['EmailAddress']}>.")
    identities.ensure(region, params["EmailAddress"])
    return {}


@V1
def VerifyEmailAddress(region: Region, params: Params) -> dict[str, Any]:
    return VerifyEmailIdentity(region, params)


@V1
def VerifyDomainDkim(region: Region, params: Params) -> dict[str, Any]:
    record = identities.ensure(region, params["Domain"])
    if "Tokens" not in record["dkim"]:
        identities.use_easy_dkim(region, record)
        identities.verify_if_automatic(region, record)
        identities.save(region, record)
    return {"DkimTokens": record["dkim"]["Tokens"]}


@V1
def ListIdentities(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("MaxItems"), default=_PAGE, maximum=_PAGE)
    kind = params.get("IdentityType")

    def wanted(name: str, _record: Record) -> bool:
        return kind is None or (kind == "EmailAddress") == identities.is_address(name)

    found, following = region.page(identities.KIND, size=size, token=params.get("NextToken"), wanted=wanted)
    return {"Identities": [name for name, _ in found], **following}


@V1
def ListVerifiedEmailAddresses(region: Region, _params: Params) -> dict[str, Any]:
    addresses = [
        name
        for name, record in region.store.iter_records(region.name, identities.KIND)
        if identities.is_address(name) and record["status"] == "SUCCESS"
    ]
    return {"VerifiedEmailAddresses": addresses}


@V1
def DeleteIdentity(region: Region, params: Params) -> dict[str, Any]:
    """No error if the identity does not exist."""
    identities.delete(region, params["Identity"])
    return {}


@V1
def DeleteVerifiedEmailAddress(region: Region, params: Params) -> dict[str, Any]:
    identities.delete(region, params["EmailAddress"])
    return {}


@V1
def GetIdentityVerificationAttributes(region: Region, params: Params) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, record in existing_identities(region, params):
        found[name] = {"VerificationStatus": _STATUS[record["status"]]}
        if not identities.is_address(record["name"]):
            found[name]["VerificationToken"] = identities.verification_token(region, record["name"])
    return {"VerificationAttributes": found}


@V1
def GetIdentityDkimAttributes(region: Region, params: Params) -> dict[str, Any]:
    found = {
        name: {
            "DkimEnabled": record["dkim"]["SigningEnabled"],
            "DkimVerificationStatus": _STATUS[record["dkim"]["Status"]],
            "DkimTokens": record["dkim"].get("Tokens"),
        }
        for name, record in existing_identities(region, params)
    }
    return {"DkimAttributes": found}


@V1
def SetIdentityDkimEnabled(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["Identity"])
    record["dkim"]["SigningEnabled"] = params["DkimEnabled"]
    identities.save(region, record)
    return {}


@V1
def GetIdentityMailFromDomainAttributes(region: Region, params: Params) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, record in existing_identities(region, params):
        mail_from = record.get("mail_from")
        found[name] = {
            "MailFromDomain": mail_from["MailFromDomain"] if mail_from else "",
            "MailFromDomainStatus": _STATUS[mail_from["MailFromDomainStatus"]] if mail_from else "",
            "BehaviorOnMXFailure": _BEHAVIOR[mail_from["BehaviorOnMxFailure"]]
            if mail_from
            else "UseDefaultValue",
        }
    return {"MailFromDomainAttributes": found}


@V1
def SetIdentityMailFromDomain(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["Identity"])
    behavior = _BEHAVIOR_V2[params.get("BehaviorOnMXFailure", "UseDefaultValue")]
    identities.set_mail_from(region, record, params.get("MailFromDomain"), behavior)
    identities.save(region, record)
    return {}


def existing_identities(region: Region, params: Params) -> list[tuple[str, Record]]:
    """The existing ones of `Identities`, under the requested names. At most 100.

    docs/ses-behavior.md#control-plane-rate
    """
    if len(params["Identities"]) > 100:  # noqa: PLR2004
        raise BadRequest("The number of identities must be at most 100.")
    found = [(name, identities.find(region, name)) for name in params["Identities"]]
    return [(name, record) for name, record in found if record is not None]
