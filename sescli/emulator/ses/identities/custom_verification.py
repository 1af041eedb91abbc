"""Custom verification email templates and their messages (docs/ses-behavior.md#custom-verification)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from sescli.emulator.ses.account import account
from sescli.emulator.ses.faults import AlreadyExists, BadRequest, Fault, LimitExceeded, NotFound
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.sending import sending
from sescli.emulator.ses.sending.address import bare_address, parse_address
from sescli.emulator.ses.sending.message import Message

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

KIND = "custom-verification-template"
PAGE = 50
_MAX_COUNT = 50  # developer guide, "Using custom verification email templates"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_BYTES = 10 * 1024 * 1024


def create(region: Region, template: Record, tags: list[dict[str, str]]) -> None:
    """Create a template from the members that both APIs share. Raises AlreadyExists, BadRequest, LimitExceeded."""
    name = template["TemplateName"]
    if not _NAME.fullmatch(name):
        raise BadRequest(f"Template name {name} is not valid.")
    if region.get(KIND, name) is not None:
        raise AlreadyExists(
            f"Custom verification email template {name} already exists.",
            v1_code="CustomVerificationEmailTemplateAlreadyExists",
        )
    if region.count(KIND) >= _MAX_COUNT:
        raise LimitExceeded(f"Cannot create more than {_MAX_COUNT} custom verification email templates.")
    _check(region, template)
    region.put(KIND, name, {"template": template, "tags": tags})


def load(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = region.get(KIND, name)
    if record is None:
        raise NotFound(
            f"Custom verification email template {name} does not exist.",
            v1_code="CustomVerificationEmailTemplateDoesNotExist",
        )
    return record


def update(region: Region, template: Record) -> None:
    """Replace the given members; v2 always gives all. Raises BadRequest, NotFound."""
    name = template["TemplateName"]
    record = load(region, name)
    record["template"] |= template
    _check(region, record["template"])
    region.put(KIND, name, record)


def send(region: Region, name: str, address: str, config_set: str | None) -> str:
    """Send the verification message to an address and return its MessageId. Raises Fault."""
    template = load(region, name)["template"]
    if not account.load(region)["production"]:
        raise BadRequest(
            "Custom verification email needs production access.", v1_code="ProductionAccessNotGranted"
        )
    bare_address(address)
    _check_sender(region, template)
    context = sending.open_send_context(
        region,
        [template["FromEmailAddress"]],
        operation="SendCustomVerificationEmail",
        config_set=config_set,
    )
    identities.ensure(region, address)
    link = _link(region, address)
    message = Message(
        source=template["FromEmailAddress"],
        to=[address],
        subject=template["TemplateSubject"],
        html=f'{template["TemplateContent"]}\n<p><a href="{link}">{link}</a></p>',
    )
    return sending.send(context, message)


def row(record: Record) -> Record:
    """The template as in a list: without its content."""
    return {name: value for name, value in record["template"].items() if name != "TemplateContent"}


def _check(region: Region, template: Record) -> None:
    if len(template["TemplateContent"].encode()) >= _MAX_BYTES:
        raise BadRequest(
            "The template content must be smaller than 10 MB.",
            v1_code="CustomVerificationEmailInvalidContent",
        )
    _check_sender(region, template)


def _check_sender(region: Region, template: Record) -> None:
    sender = template["FromEmailAddress"]
    unverified = Fault(f"From email address {sender} is not verified.", v1_code="FromEmailAddressNotVerified")
    try:
        if identities.verified_for(region, parse_address(sender)) is None:
            raise unverified
    except BadRequest as fault:
        raise unverified from fault


def _link(region: Region, address: str) -> str:
    """The verification link. It does not work here; use `local control --verify`."""
    word = hashlib.sha256(f"{region.name}:{address}".encode()).hexdigest()[:32]
    return f"https://{region.name}.verification.invalid/{word}"
