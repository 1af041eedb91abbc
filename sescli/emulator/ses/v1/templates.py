"""Templates in v1, with the parts SubjectPart, TextPart and HtmlPart (docs/ses-behavior.md#v1-spelling)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.registry import V1, Params
from sescli.emulator.ses.sending import mime
from sescli.emulator.ses.templates import templates

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE, _MAX_COUNT = 10, 100


@V1
def CreateTemplate(region: Region, params: Params) -> dict[str, Any]:
    templates.create(region, params["Template"]["TemplateName"], _content(params["Template"]), [])
    return {}


@V1
def GetTemplate(region: Region, params: Params) -> dict[str, Any]:
    content = templates.load(region, params["TemplateName"])["content"]
    parts = {f"{part}Part": content.get(part) for part in templates.PARTS}
    return {"Template": {"TemplateName": params["TemplateName"], **parts}}


@V1
def ListTemplates(region: Region, params: Params) -> dict[str, Any]:
    """A page size above 100 means 100 (according to the service model)."""
    size = min(max(params.get("MaxItems", _PAGE), 1), _MAX_COUNT)
    found, following = region.page(templates.KIND, size=size, token=params.get("NextToken"))
    rows = [{"Name": name, "CreatedTimestamp": record["created"]} for name, record in found]
    return {"TemplatesMetadata": rows, **following}


@V1
def UpdateTemplate(region: Region, params: Params) -> dict[str, Any]:
    templates.update(region, params["Template"]["TemplateName"], _content(params["Template"]))
    return {}


@V1
def DeleteTemplate(region: Region, params: Params) -> dict[str, Any]:
    """No error if the template does not exist (docs/ses-behavior.md#delete-missing)."""
    region.delete(templates.KIND, params["TemplateName"])
    return {}


@V1
def TestRenderTemplate(region: Region, params: Params) -> dict[str, Any]:
    content = templates.load(region, params["TemplateName"])["content"]
    try:
        parts = templates.render(content, templates.read_data(params["TemplateData"]))
    except templates.RenderingError as error:
        raise BadRequest(str(error), v1_code="MissingRenderingAttribute") from error
    return {"RenderedTemplate": mime.render_mime(parts, region.now())}


def _content(template: Params) -> Record:
    return {part: template[f"{part}Part"] for part in templates.PARTS if f"{part}Part" in template}
