"""Send one message (SES API v2 SendEmail): simple, raw, or from a stored template."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.aws.try_read import try_read
from sescli.errors import ApiError, NotFoundError
from sescli.groups.send.service.preflight import Preflight, is_config_set_pause, resume_config_set
from sescli.groups.template.service import templates
from sescli.handlebars.doubts import unsubscribe_warning
from sescli.handlebars.errors import MissingVariable, TemplateDataError
from sescli.mail.addresses import parse_address
from sescli.mail.errors import MailError
from sescli.mail.message import (
    MAX_RECIPIENTS,
    check_config_set,
    destination,
    simple_content,
    template_content,
)
from sescli.mail.raw import parse_raw
from sescli.mail.tags import tag_params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.handlebars.content import TemplateContent
    from sescli.mail.addresses import Address
    from sescli.mail.attachments import Attachment
    from sescli.mail.message import Envelope
    from sescli.mail.raw import RawEmail

    Warn = Callable[[Hint], None]


@dataclass(frozen=True)
class SendResult:
    """A message that SES accepted. That does not mean delivered: bounces come later, as events."""

    message_id: str
    config_set: str | None
    to: tuple[str, ...]


@dataclass(frozen=True)
class SimpleContent:
    """The content of a simple message."""

    subject: str
    text: str | None = None
    html: str | None = None
    headers: Sequence[tuple[str, str]] = ()
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class TemplateUse:
    """The content of a templated message: the name of a stored template, and its data."""

    name: str
    data: Mapping[str, Any]
    headers: Sequence[tuple[str, str]] = ()
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class RawEnvelope:
    """Sender and recipients in place of those in a raw message's headers, and SES's own settings."""

    sender: str | None = None
    to: Sequence[str] = ()
    tags: Sequence[tuple[str, str]] = ()
    config_set: str | None = None


def send_email(
    aws: Gateway, envelope: Envelope, content: SimpleContent, *, look_up: bool = True, warn: Warn
) -> SendResult:
    """Send a simple message. Without a text body, the text part is made from the HTML.

    Addresses, headers and sizes are always checked. With `look_up` the preflight runs first. Raises `MailError`,
    `CheckFailedError`, `NotFoundError`, and the errors that SES returns.
    """
    params = envelope.params()
    body = simple_content(
        subject=content.subject,
        text=content.text,
        html=content.html,
        headers=content.headers,
        attachments=content.attachments,
    )
    if look_up:
        sender = parse_address(envelope.sender)
        checks = _run_preflight(aws, [sender], envelope.recipients(), envelope.config_set)
        checks.warnings += _unsubscribe_warning(content, has_list=envelope.list_management is not None)
        _conclude(checks, warn)
    return _send(aws, params | {"Content": body}, envelope.recipients(), envelope.config_set)


def send_template(
    aws: Gateway, envelope: Envelope, use: TemplateUse, *, look_up: bool = True, warn: Warn
) -> SendResult:
    """Send a message from a stored template.

    With `look_up` the preflight runs first. It raises `MissingVariable` where the data lacks a variable: SES accepts
    and counts such a message, but never delivers it. Without `look_up`, the template is still read to check the
    subject with its data. Raises `InjectionError` for a control character in it.
    """
    params = envelope.params()
    name = templates.check_name(use.name)
    body = template_content(
        name=name, data=templates.encode_data(use.data), headers=use.headers, attachments=use.attachments
    )
    if look_up:
        sender = parse_address(envelope.sender)
        checks = _run_preflight(aws, [sender], envelope.recipients(), envelope.config_set)
        _check_template(aws, name, use, checks, has_list=envelope.list_management is not None)
        _conclude(checks, warn)
    else:
        _check_subject(aws, name, use.data, warn)
    return _send(aws, params | {"Content": body}, envelope.recipients(), envelope.config_set)


def send_raw(
    aws: Gateway, message: bytes, envelope: RawEnvelope, *, look_up: bool = True, warn: Warn
) -> SendResult:
    """Send a MIME message as it is, except for its line ends. `envelope` overrides the sender and the recipients."""
    mail = parse_raw(message)
    recipients = tuple(parse_address(text) for text in envelope.to) or mail.recipients
    params = _raw_params(mail, envelope, recipients)
    senders = (*mail.senders, parse_address(envelope.sender)) if envelope.sender else mail.senders
    for note in mail.notes:
        warn(note)
    config_set = envelope.config_set or mail.config_set
    if look_up:
        _conclude(_run_preflight(aws, senders, recipients, config_set), warn)
    return _send(aws, params, recipients, config_set)


def _raw_params(mail: RawEmail, envelope: RawEnvelope, recipients: Sequence[Address]) -> dict[str, Any]:
    if not recipients:
        raise MailError("the message has no recipient", hint="add a To header, or use --to")
    if len(recipients) > MAX_RECIPIENTS:
        raise MailError(
            f"the message has {len(recipients)} recipients; SES accepts {MAX_RECIPIENTS}",
            code="TooManyRecipients",
        )
    params: dict[str, Any] = {"Content": {"Raw": {"Data": mail.data}}}
    if envelope.sender:
        params["FromEmailAddress"] = parse_address(envelope.sender).format()
    if envelope.to:
        params["Destination"] = destination(envelope.to)
    if envelope.tags:
        params["EmailTags"] = tag_params(envelope.tags)
    if envelope.config_set:
        params["ConfigurationSetName"] = check_config_set(envelope.config_set)
    return params


def _run_preflight(
    aws: Gateway, senders: Iterable[Address], recipients: Sequence[Address], config_set: str | None
) -> Preflight:
    aws.require_region()
    checks = Preflight(aws)
    for sender in {address.addr_spec: address for address in senders}.values():
        checks.check_sender(sender)
    checks.check_account()
    checks.check_config_set(config_set)
    checks.check_recipients(recipients)
    return checks


def _check_template(aws: Gateway, name: str, use: TemplateUse, checks: Preflight, *, has_list: bool) -> None:
    try:
        content = checks.try_read(
            f"the template {name}", lambda: templates.get_content(aws, name), raise_not_found=True
        )
        if content is not None:
            content.check_subject(use.data)  # also where another part has a syntax error
            checks.warnings += _unsubscribe_warning(content, has_list=has_list)
            checks.warnings += templates.check_data(content, use.data)
    except (NotFoundError, MailError, MissingVariable, TemplateDataError) as error:
        checks.problems.append(error)


def _check_subject(aws: Gateway, name: str, data: Mapping[str, Any], warn: Warn) -> None:
    """Check the rendered subject without the other look-ups. What SES itself refuses is left to SES."""
    with suppress(NotFoundError, TemplateDataError):
        content = try_read(
            f"the subject of the template {name}", lambda: templates.get_content(aws, name), warn=warn
        )
        if content is not None:
            content.check_subject(data)


def _unsubscribe_warning(content: SimpleContent | TemplateContent, *, has_list: bool) -> list[Hint]:
    warning = unsubscribe_warning(content.text, content.html, has_list=has_list)
    return [f"{warning}; name the contact list: --list NAME:TOPIC"] if warning else []


def _conclude(checks: Preflight, warn: Warn) -> None:
    for warning in checks.warnings:
        warn(warning)
    checks.raise_problems()


def _send(
    aws: Gateway, params: Mapping[str, Any], recipients: Sequence[Address], config_set: str | None
) -> SendResult:
    try:
        answer = aws.send("SendEmail", **params)
    except ApiError as error:
        if config_set and is_config_set_pause(error.code, error.message):
            error.hint = resume_config_set(config_set)
        raise
    to = tuple(address.addr_spec for address in recipients)
    return SendResult(str(answer["MessageId"]), config_set, to)
