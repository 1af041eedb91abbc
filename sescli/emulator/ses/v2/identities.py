"""Identities in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.config_sets import configuration_sets
from sescli.emulator.ses.faults import BadRequest, NotFound
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.tags import check_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000
_DAY = 86_400


@V2
def CreateEmailIdentity(region: Region, params: Params) -> dict[str, Any]:
    tags = check_tags(params.get("Tags", []))
    config_set = params.get("ConfigurationSetName")
    if config_set:
        configuration_sets.load(region, config_set)
    signing = params.get("DkimSigningAttributes")
    if signing:
        _check_signing(params["EmailIdentity"], signing)
    record = identities.create(region, params["EmailIdentity"])
    record["tags"] = tags
    if config_set:
        record["config_set"] = config_set
    if signing:
        _apply_signing(region, record, signing)
    identities.save(region, record)
    return {
        "IdentityType": _type(record),
        "VerifiedForSendingStatus": record["status"] == "SUCCESS",
        "DkimAttributes": record["dkim"],
    }


@V2
def GetEmailIdentity(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    result = {
        "IdentityType": _type(record),
        "FeedbackForwardingStatus": record["feedback_forwarding"],
        "VerifiedForSendingStatus": record["status"] == "SUCCESS",
        "VerificationStatus": record["status"],
        "DkimAttributes": record["dkim"],
        "MailFromAttributes": record.get("mail_from", {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}),
        "Policies": record["policies"],
        "Tags": record["tags"],
        "VerificationInfo": _verification_info(record),
    }
    if "config_set" in record:
        result["ConfigurationSetName"] = record["config_set"]
    return result


@V2
def ListEmailIdentities(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE, minimum=0)
    asked = params.get("Filter", {})

    def wanted(name: str, record: Record) -> bool:
        return (
            asked.get("IDENTITY_NAME_CONTAINS", "").lower() in name.lower()
            and asked.get("IDENTITY_TYPE", _type(record)) == _type(record)
            and asked.get("VERIFICATION_STATUS", record["status"]) == record["status"]
        )

    found, following = region.page(
        identities.KIND, size=size, token=params.get("NextToken"), wanted=wanted if asked else None
    )
    rows = [
        {
            "IdentityType": _type(record),
            "IdentityName": name,
            "SendingEnabled": record["status"] == "SUCCESS",
            "VerificationStatus": record["status"],
        }
        for name, record in found
    ]
    return {"EmailIdentities": rows, **following}


@V2
def DeleteEmailIdentity(region: Region, params: Params) -> dict[str, Any]:
    if not identities.delete(region, params["EmailIdentity"]):
        raise NotFound(f"Email identity {params['EmailIdentity']} does not exist.")
    return {}


@V2
def PutEmailIdentityDkimAttributes(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    record["dkim"]["SigningEnabled"] = params.get("SigningEnabled", False)
    identities.save(region, record)
    return {}


@V2
def PutEmailIdentityDkimSigningAttributes(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    signing = params.get("SigningAttributes", {})
    if params["SigningAttributesOrigin"] not in {"AWS_SES", "EXTERNAL"}:
        raise BadRequest("SigningAttributesOrigin must be AWS_SES or EXTERNAL.")
    own = "DomainSigningSelector" in signing or "DomainSigningPrivateKey" in signing
    if "DomainSigningAttributesOrigin" in signing:
        raise BadRequest("DomainSigningAttributesOrigin is only for CreateEmailIdentity.")
    if own != (params["SigningAttributesOrigin"] == "EXTERNAL"):
        raise BadRequest("A selector and a private key go with the origin EXTERNAL, and only with it.")
    _check_signing(record["name"], signing)
    if "NextSigningKeyLength" in signing:
        _change_length(region, record, signing["NextSigningKeyLength"])
    _apply_signing(region, record, signing)
    identities.save(region, record)
    answer = {"DkimStatus": record["dkim"]["Status"], "DkimTokens": record["dkim"]["Tokens"]}
    if "SigningHostedZone" in record["dkim"]:
        answer["SigningHostedZone"] = record["dkim"]["SigningHostedZone"]
    return answer


@V2
def PutEmailIdentityMailFromAttributes(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    behavior = params.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE")
    identities.set_mail_from(region, record, params.get("MailFromDomain"), behavior)
    identities.save(region, record)
    return {}


@V2
def PutEmailIdentityFeedbackAttributes(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    record["feedback_forwarding"] = params.get("EmailForwardingEnabled", False)
    identities.save(region, record)
    return {}


@V2
def PutEmailIdentityConfigurationSetAttributes(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    name = params.get("ConfigurationSetName")
    if name:
        configuration_sets.load(region, name)
        record["config_set"] = name
    else:
        record.pop("config_set", None)
    identities.save(region, record)
    return {}


def _type(record: Record) -> str:
    return "EMAIL_ADDRESS" if identities.is_address(record["name"]) else "DOMAIN"


def _verification_info(record: Record) -> dict[str, Any]:
    info: dict[str, Any] = {}
    if "checked_at" in record:
        info["LastCheckedTimestamp"] = record["checked_at"]
    if "verified_at" in record:
        info["LastSuccessTimestamp"] = record["verified_at"]
    if "error_type" in record:
        info["ErrorType"] = record["error_type"]
    if "soa" in record:
        info["SOARecord"] = record["soa"]
    return info


def _check_signing(name: str, signing: Params) -> None:
    """Raises BadRequest for DKIM attributes of an address, and for a selector without a key or vice versa."""
    if identities.is_address(name):
        raise BadRequest("DKIM signing attributes can only be set for a domain.")
    if ("DomainSigningSelector" in signing) != ("DomainSigningPrivateKey" in signing):
        raise BadRequest("DomainSigningSelector and DomainSigningPrivateKey must be given together.")


def _change_length(region: Region, record: Record, length: str) -> None:
    """Allow one change in 24 hours and, within them, one step down to 1024 (developer guide, "DKIM signing key length").

    Raises BadRequest.
    """
    present = record["dkim"].get("NextSigningKeyLength")
    if present is None:
        return
    if length == present:
        raise BadRequest(f"The signing key length is {length} already.")
    down = length == "RSA_1024_BIT"
    last = record.get("dkim_shortened_at" if down else "dkim_length_changed_at", 0)
    if region.now() - last < _DAY:
        raise BadRequest("The signing key length can be changed once in 24 hours.")
    record["dkim_length_changed_at"] = region.now()
    if down:
        record["dkim_shortened_at"] = region.now()


def _apply_signing(region: Region, record: Record, signing: Params) -> None:
    if "DomainSigningSelector" in signing:
        identities.use_own_dkim(record, signing["DomainSigningSelector"], signing["DomainSigningPrivateKey"])
    else:
        length = signing.get("NextSigningKeyLength") or record["dkim"].get(
            "NextSigningKeyLength", "RSA_2048_BIT"
        )
        identities.use_easy_dkim(region, record, length)
        record["dkim"]["SigningAttributesOrigin"] = signing.get("DomainSigningAttributesOrigin", "AWS_SES")
    identities.verify_if_automatic(region, record)
