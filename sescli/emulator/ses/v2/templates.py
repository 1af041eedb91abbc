"""Templates in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.sending import mime
from sescli.emulator.ses.tags import check_tags
from sescli.emulator.ses.templates import templates

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region

_PAGE, _MAX_COUNT = 10, 100


@V2
def CreateEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    tags = check_tags(params.get("Tags", []))
    templates.create(region, params["TemplateName"], params["TemplateContent"], tags)
    return {}


@V2
def GetEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    record = templates.load(region, params["TemplateName"])
    return {
        "TemplateName": params["TemplateName"],
        "TemplateContent": record["content"],
        "Tags": record["tags"],
    }


@V2
def ListEmailTemplates(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_MAX_COUNT)
    found, following = region.page(templates.KIND, size=size, token=params.get("NextToken"))
    rows = [{"TemplateName": name, "CreatedTimestamp": record["created"]} for name, record in found]
    return {"TemplatesMetadata": rows, **following}


@V2
def UpdateEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    templates.update(region, params["TemplateName"], params["TemplateContent"])
    return {}


@V2
def DeleteEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    templates.load(region, params["TemplateName"])
    region.delete(templates.KIND, params["TemplateName"])
    return {}


@V2
def TestRenderEmailTemplate(region: Region, params: Params) -> dict[str, Any]:
    """Return the rendered message as MIME. Unlike in a send, a missing variable is an error."""
    content = templates.load(region, params["TemplateName"])["content"]
    try:
        parts = templates.render(content, templates.read_data(params["TemplateData"]))
    except templates.RenderingError as error:
        raise BadRequest(str(error)) from error
    return {"RenderedTemplate": mime.render_mime(parts, region.now())}
