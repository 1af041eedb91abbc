"""Stored templates and their rendering, with the same Handlebars engine as the rest of sescli.

docs/ses-behavior.md#template-syntax
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded, NotFound
from sescli.emulator.ses.sending import mime
from sescli.handlebars import engine
from sescli.handlebars.reserved import OPEN_TRACKER, PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.emulator.ses.region import Region
    from sescli.emulator.ses.sending.message import Message
    from sescli.emulator.store import Record

KIND = "template"
PARTS = ("Subject", "Text", "Html")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_COUNT = 20_000
_MAX_BYTES = 500 * 1024  # bytes
_MAX_BYTES_INLINE = 1024 * 1024

compiled = lru_cache(maxsize=512)(engine.compile)


def create(region: Region, name: str, content: Record, tags: list[dict[str, str]]) -> None:
    """Raises AlreadyExists, BadRequest, LimitExceeded."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"Template name {name} is not valid.", v1_code="InvalidTemplate")
    if region.get(KIND, name) is not None:
        raise AlreadyExists(f"Template {name} already exists.")
    if region.count(KIND) >= _MAX_COUNT:
        raise LimitExceeded(f"Cannot create more than {_MAX_COUNT} templates.")
    check(content, max_bytes=_MAX_BYTES)
    region.put(KIND, name, {"content": content, "created": region.now(), "tags": tags})


def load(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = region.get(KIND, name)
    if record is None:
        raise NotFound(
            f"Template {name} does not exist.", v1_code="TemplateDoesNotExist", entry="TEMPLATE_NOT_FOUND"
        )
    return record


def update(region: Region, name: str, content: Record) -> None:
    """Replace the content (docs/ses-behavior.md#stored-templates). Raises NotFound, BadRequest."""
    record = load(region, name)
    check(content, max_bytes=_MAX_BYTES)
    region.put(KIND, name, record | {"content": content})


def check_inline(content: Record) -> None:
    """Check inline content of a send. Raises BadRequest."""
    check(content, max_bytes=_MAX_BYTES_INLINE)


def check(content: Record, *, max_bytes: int) -> None:
    """Raises BadRequest for a missing subject or body, and for content that is too large or not well formed."""
    if not content.get("Subject"):
        raise BadRequest("The subject must be specified.", v1_code="InvalidTemplate")
    if not content.get("Text") and not content.get("Html"):
        raise BadRequest("The text or html part must be specified.", v1_code="InvalidTemplate")
    if sum(len(content.get(part, "").encode()) for part in PARTS) > max_bytes:
        raise BadRequest(
            f"Template content is larger than {max_bytes // 1024} KB.", v1_code="InvalidTemplate"
        )
    for part in PARTS:
        try:
            compiled(content.get(part, ""))
        except engine.UnknownSyntax:
            continue  # SES may support it (docs/ses-behavior.md#undocumented-template-syntax)
        except engine.TemplateSyntaxError as error:
            raise BadRequest(
                f"The {part.lower()} part of the template is invalid: {error}", v1_code="InvalidTemplate"
            ) from error


def read_data(text: str | None) -> dict[str, Any]:
    """Parse TemplateData, a JSON object in a string. Raises BadRequest."""
    if not text:
        return {}
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            "Template rendering data is not valid JSON.", v1_code="InvalidRenderingParameter"
        ) from error
    if not isinstance(data, dict):
        raise BadRequest("Template rendering data is not a JSON object.", v1_code="InvalidRenderingParameter")
    return data


class RenderingError(Exception):
    """SES accepts the message but cannot render it. The text is that of the Rendering Failure event."""


def render(content: Record, data: Mapping[str, Any]) -> dict[str, str]:
    """Render the parts of the content. Raises RenderingError."""
    try:
        return {part: compiled(content[part]).render(data) for part in PARTS if content.get(part)}
    except engine.MissingVariable as error:
        raise RenderingError(f"Attribute '{error.name}' is not present in the rendering data.") from error
    except (engine.TemplateDataError, engine.TemplateSyntaxError) as error:
        raise RenderingError(str(error)) from error


def fill(message: Message, content: Record, data: Mapping[str, Any]) -> None:
    """Put the rendered parts into the message. SES also accepts a message that cannot be rendered."""
    try:
        parts = render(content, data)
    except RenderingError as error:
        message.subject, message.failure = content.get("Subject"), str(error)
        return
    message.subject = mime.one_line(parts.get("Subject", ""))
    message.text, message.html = parts.get("Text"), without_open_tracker(parts.get("Html"))


def without_open_tracker(html: str | None) -> str | None:
    """The HTML as its reader sees it: SES puts an invisible image there (docs/ses-behavior.md#reserved-placeholders)."""
    return html and html.replace(PLACEHOLDERS[OPEN_TRACKER], "")
