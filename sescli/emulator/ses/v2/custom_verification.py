"""Custom verification email templates in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.identities import custom_verification
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.sending import sending
from sescli.emulator.ses.tags import check_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V2
def CreateCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    tags = check_tags(params.pop("Tags", []))
    custom_verification.create(region, params, tags)
    return {}


@V2
def GetCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    record = custom_verification.load(region, params["TemplateName"])
    return {**record["template"], "Tags": record["tags"]}


@V2
def ListCustomVerificationEmailTemplates(region: Region, params: Params) -> dict[str, Any]:
    maximum = custom_verification.PAGE
    size = page_size(params.get("PageSize"), default=maximum, maximum=maximum)
    found, following = region.page(custom_verification.KIND, size=size, token=params.get("NextToken"))
    rows = [custom_verification.row(record) for _, record in found]
    return {"CustomVerificationEmailTemplates": rows, **following}


@V2
def UpdateCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    custom_verification.update(region, params)
    return {}


@V2
def DeleteCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    custom_verification.load(region, params["TemplateName"])
    region.delete(custom_verification.KIND, params["TemplateName"])
    return {}


@V2
def SendCustomVerificationEmail(region: Region, params: Params) -> dict[str, Any]:
    sending.raise_requested_failure(region)
    return {
        "MessageId": custom_verification.send(
            region, params["TemplateName"], params["EmailAddress"], params.get("ConfigurationSetName")
        )
    }
