"""Custom verification email templates in v1: the same templates as in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.identities import custom_verification
from sescli.emulator.ses.registry import V1, Params
from sescli.emulator.ses.sending import sending

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V1
def CreateCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    custom_verification.create(region, params, [])
    return {}


@V1
def GetCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    template: dict[str, Any] = custom_verification.load(region, params["TemplateName"])["template"]
    return template


@V1
def ListCustomVerificationEmailTemplates(region: Region, params: Params) -> dict[str, Any]:
    maximum = custom_verification.PAGE
    size = min(params.get("MaxResults", maximum), maximum)
    found, following = region.page(custom_verification.KIND, size=size, token=params.get("NextToken"))
    rows = [custom_verification.row(record) for _, record in found]
    return {"CustomVerificationEmailTemplates": rows, **following}


@V1
def UpdateCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    custom_verification.update(region, params)
    return {}


@V1
def DeleteCustomVerificationEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    """No error if the template does not exist: v1 declares none."""
    region.delete(custom_verification.KIND, params["TemplateName"])
    return {}


@V1
def SendCustomVerificationEmail(region: Region, params: Params) -> dict[str, Any]:
    sending.raise_requested_failure(region)
    return {
        "MessageId": custom_verification.send(
            region, params["TemplateName"], params["EmailAddress"], params.get("ConfigurationSetName")
        )
    }
