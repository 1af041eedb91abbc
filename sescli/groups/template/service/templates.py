"""The email templates that SES stores: list, read, write and render them (SES API v2)."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import AccessError, AlreadyExistsError, NotFoundError
from sescli.handlebars.content import LARGEST_DATA, RenderedTemplate, TemplateContent
from sescli.handlebars.errors import TemplateDataError, TemplateSyntaxError, UnknownSyntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from email.message import EmailMessage

    from sescli.aws.gateway import Gateway

_PAGE = 100
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class TemplateRow:
    """A template in a list."""

    name: str
    created_at: datetime | None


@dataclass(frozen=True)
class Template:
    """A stored template. `variables` are the paths that it reads; `lines[].price` means in each element of `lines`."""

    name: str
    subject: str
    text: str | None
    html: str | None
    variables: tuple[str, ...]

    @property
    def content(self) -> TemplateContent:
        """The parts, to compile and render."""
        return TemplateContent(self.subject, self.text, self.html)


def check_name(name: str) -> str:
    """Return the name where it is valid: 1 to 64 letters, digits, `_` and `-`. Raises `TemplateDataError`."""
    if not _NAME.fullmatch(name):
        raise TemplateDataError(
            f"'{name}' is not a valid template name: it has 1 to 64 letters, digits, '_' and '-'"
        )
    return name


def list_templates(aws: Gateway) -> Iterator[TemplateRow]:
    """All templates of the region, page by page (ListEmailTemplates, one page a second)."""
    for found in aws.pages("sesv2", "ListEmailTemplates", "TemplatesMetadata", PageSize=_PAGE):
        yield TemplateRow(found["TemplateName"], found.get("CreatedTimestamp"))


def get(aws: Gateway, name: str, *, warn: Callable[[str], None]) -> Template:
    """One template (GetEmailTemplate). Raises `NotFoundError`.

    A template that sescli cannot read comes without its variables, and with a warning.
    """
    content = get_content(aws, name)
    try:
        for doubt in content.doubts:
            warn(doubt)
    except TemplateSyntaxError as error:
        warn(f"template {name} has a syntax error: {error.message}")
    return _template(name, content)


def _template(name: str, content: TemplateContent) -> Template:
    try:
        variables = content.variables
    except TemplateSyntaxError:
        variables = ()
    return Template(name, content.subject, content.text, content.html, variables)


def get_content(aws: Gateway, name: str) -> TemplateContent:
    """The parts of a stored template, not compiled (GetEmailTemplate). Raises `NotFoundError`."""
    try:
        answer = aws.read("sesv2", "GetEmailTemplate", TemplateName=name)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    parts = answer["TemplateContent"]
    return TemplateContent(parts.get("Subject", ""), parts.get("Text") or None, parts.get("Html") or None)


def create(aws: Gateway, name: str, content: TemplateContent) -> Template:
    """Check and store a new template (CreateEmailTemplate).

    Raises `AlreadyExistsError`, `TemplateSyntaxError`, `TemplateDataError`.
    """
    params = _params(name, content)
    try:
        aws.write("sesv2", "CreateEmailTemplate", **params)
    except AlreadyExistsError as error:
        raise AlreadyExistsError(
            f'template "{name}" already exists in {aws.region}',
            hint=Advice(
                "to change it: ",
                NextCommand("template", "update", name),
                "; to see it: ",
                NextCommand("template", "show", name),
            ),
            code=error.code,
            request_id=error.request_id,
        ) from error
    return _template(name, content)


def update(aws: Gateway, name: str, content: TemplateContent) -> Template:
    """Replace all parts of a template (UpdateEmailTemplate). Raises `NotFoundError`, `TemplateSyntaxError`."""
    params = _params(name, content)
    try:
        aws.write("sesv2", "UpdateEmailTemplate", **params)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    return _template(name, content)


def delete(aws: Gateway, name: str) -> str:
    """Delete a template (DeleteEmailTemplate). Raises `NotFoundError`."""
    try:
        aws.write("sesv2", "DeleteEmailTemplate", TemplateName=name)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    return name


def check_data(content: TemplateContent, data: Mapping[str, Any]) -> list[str]:
    """Check the data of one message with the template; return warnings about what is not known of SES.

    Raises `MissingVariable` with all variables that the data lacks, and `TemplateDataError`.
    """
    try:
        warnings = [f"template: {doubt}" for doubt in content.doubts]
        return warnings + [f"the data has {note.what}; {note.hint}" for note in content.checked(data)]
    except UnknownSyntax:
        return warnings
    except TemplateSyntaxError as error:
        return [f"could not check the template: {error.message}"]


def render_here(
    content: TemplateContent, data: Mapping[str, Any], *, warn: Callable[[str], None]
) -> RenderedTemplate:
    """Render a template on this machine. Raises `TemplateSyntaxError` and the errors of `TemplateContent.render`."""
    for warning in check_data(content, data):
        warn(warning)
    return content.render(data)


def render(
    aws: Gateway, name: str, data: Mapping[str, Any], *, warn: Callable[[str], None]
) -> RenderedTemplate:
    """The template as SES renders it (TestRenderEmailTemplate, at most once a second).

    Compares the data with the template first (GetEmailTemplate), because SES names only the first missing variable.
    Raises `MissingVariable`, which names all of them, and `NotFoundError`.
    """
    _require_variables(aws, name, data, warn)
    try:
        answer = aws.read(
            "sesv2", "TestRenderEmailTemplate", TemplateName=name, TemplateData=encode_data(data)
        )
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error
    return parse_rendered(answer["RenderedTemplate"])


def _require_variables(aws: Gateway, name: str, data: Mapping[str, Any], warn: Callable[[str], None]) -> None:
    """The permission to render does not include the permission to read."""
    with suppress(AccessError):
        for warning in check_data(get_content(aws, name), data):
            warn(warning)


def encode_data(data: Mapping[str, Any]) -> str:
    """The data as `TemplateData`: a JSON object of up to 262,144 characters. Raises `TemplateDataError`."""
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TemplateDataError(f"cannot write the data as JSON: {error}") from error
    if len(text) > LARGEST_DATA:
        raise TemplateDataError(
            f"the data has {len(text):,} characters as JSON; SES accepts {LARGEST_DATA:,}"
        )
    return text


def parse_rendered(message: str) -> RenderedTemplate:
    """Subject, text and HTML of the MIME message that TestRenderEmailTemplate returns, with LF line ends."""
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
        f'template "{name}" not found in {aws.region}',
        hint=Advice(
            "to see the templates of this region: ",
            NextCommand("template", "list"),
            "; for another region, add --region",
        ),
        code=error.code,
        request_id=error.request_id,
    )
