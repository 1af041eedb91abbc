"""Templates that SES stores (SES API v2), and what they render to."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import AccessError, AlreadyExistsError, NotFoundError
from sescli.handlebars.content import LARGEST_DATA, RenderedTemplate, TemplateContent
from sescli.handlebars.errors import TemplateDataError, TemplateSyntaxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from email.message import EmailMessage

    from sescli.aws.gateway import Gateway

_PAGE = 100
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class TemplateRow:
    name: str
    created_at: datetime | None


@dataclass(frozen=True)
class Template:
    """A stored template; `variables` are the paths that it reads, `lines[].price` of every element."""

    name: str
    subject: str
    text: str | None
    html: str | None
    variables: tuple[str, ...]

    @property
    def content(self) -> TemplateContent:
        """Its parts, to compile and render."""
        return TemplateContent(self.subject, self.text, self.html)


def check_name(name: str) -> str:
    """The name of a template: 1 to 64 letters, digits, `_` and `-`."""
    if not _NAME.fullmatch(name):
        raise TemplateDataError(
            f"'{name}' is not the name of a template: letters, digits, '_' and '-', up to 64"
        )
    return name


def templates(aws: Gateway) -> Iterator[TemplateRow]:
    """All templates of the region, page by page (ListEmailTemplates, one page a second)."""
    for found in aws.pages("sesv2", "ListEmailTemplates", "TemplatesMetadata", PageSize=_PAGE):
        yield TemplateRow(found["TemplateName"], found.get("CreatedTimestamp"))


def get(aws: Gateway, name: str, *, warn: Callable[[str], None]) -> Template:
    """One template (GetEmailTemplate). Raises `NotFoundError` with what to do.

    One that is not well formed is shown all the same, without its variables.
    """
    content = content_of(aws, name)
    try:
        variables = content.variables
    except TemplateSyntaxError as error:
        warn(f"{name} is not well formed: {error.message}")
        variables = ()
    return Template(name, content.subject, content.text, content.html, variables)


def content_of(aws: Gateway, name: str) -> TemplateContent:
    """The parts of a stored template, not compiled yet. Raises `NotFoundError`."""
    try:
        answer = aws.read("sesv2", "GetEmailTemplate", TemplateName=name)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    parts = answer["TemplateContent"]
    return TemplateContent(parts.get("Subject", ""), parts.get("Text") or None, parts.get("Html") or None)


def create(aws: Gateway, name: str, content: TemplateContent) -> Template:
    """Store a new template (CreateEmailTemplate), once it is well formed here.

    Raises `AlreadyExistsError`, `TemplateSyntaxError`, `TemplateDataError`.
    """
    params = _params(name, content)
    try:
        aws.write("sesv2", "CreateEmailTemplate", **params)
    except AlreadyExistsError as error:
        raise AlreadyExistsError(
            f"the template {name} exists already in {aws.region}",
            hint=f"change it: sescli template update {name} …; sescli template show {name} shows it",
            code=error.code,
            request_id=error.request_id,
        ) from error
    return Template(name, content.subject, content.text, content.html, content.variables)


def update(aws: Gateway, name: str, content: TemplateContent) -> Template:
    """Replace a stored template whole (UpdateEmailTemplate). Raises `NotFoundError`, `TemplateSyntaxError`."""
    params = _params(name, content)
    try:
        aws.write("sesv2", "UpdateEmailTemplate", **params)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    return Template(name, content.subject, content.text, content.html, content.variables)


def delete(aws: Gateway, name: str) -> str:
    """Delete a template (DeleteEmailTemplate). Raises `NotFoundError`."""
    try:
        aws.write("sesv2", "DeleteEmailTemplate", TemplateName=name)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    return name


def render(aws: Gateway, name: str, data: Mapping[str, Any]) -> RenderedTemplate:
    """The template as SES renders it (TestRenderEmailTemplate, once a second).

    The data is compared with the template first (GetEmailTemplate), because SES names only the first variable
    that is missing. SES gives a MIME message, which is taken apart. Raises `MissingVariable` with all of them.
    """
    _require(aws, name, data)
    try:
        answer = aws.read("sesv2", "TestRenderEmailTemplate", TemplateName=name, TemplateData=to_json(data))
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    return from_mime(answer["RenderedTemplate"])


def _require(aws: Gateway, name: str, data: Mapping[str, Any]) -> None:
    """Who may render need not be allowed to read, and SES may know what is not well formed here."""
    with suppress(AccessError, TemplateSyntaxError):
        content_of(aws, name).require(data)


def to_json(data: Mapping[str, Any]) -> str:
    """Data as `TemplateData` has it: a JSON object in a text of up to 262,144 characters."""
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TemplateDataError(f"the data cannot be written as JSON: {error}") from error
    if len(text) > LARGEST_DATA:
        raise TemplateDataError(f"the data has {len(text)} characters as JSON, and SES takes {LARGEST_DATA}")
    return text


def from_mime(message: str) -> RenderedTemplate:
    """Subject, text and HTML of a rendered MIME message, with plain line ends."""
    from email import message_from_string, policy

    parsed: EmailMessage = message_from_string(message, policy=policy.default)
    subject = str(parsed.get("Subject", ""))
    return RenderedTemplate(subject, _part(parsed, "plain"), _part(parsed, "html"))


def _part(message: EmailMessage, kind: str) -> str | None:
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}" and not part.is_multipart():
            return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n")
    return None


def _params(name: str, content: TemplateContent) -> dict[str, Any]:
    content.check()
    parts = {"Subject": content.subject, "Text": content.text, "Html": content.html}
    given = {part: text for part, text in parts.items() if text}
    return {"TemplateName": check_name(name), "TemplateContent": given}


def _not_found(aws: Gateway, name: str, error: NotFoundError) -> NotFoundError:
    return NotFoundError(
        f"there is no template {name} in {aws.region}",
        hint="sescli template list shows them; templates are per region, so it may be in another (--region)",
        code=error.code,
        request_id=error.request_id,
    )
