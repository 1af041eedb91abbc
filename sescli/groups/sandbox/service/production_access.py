"""The request for production access: its parts, their limits, and sending it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import ApiError, UsageError
from sescli.groups.sandbox.service.sandbox import DENIED, FAILED, PENDING, parse_previous_request
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.sandbox.service.sandbox import PreviousRequest

MAIL_TYPES = ("transactional", "marketing")
LANGUAGES = ("EN", "JA")
# Limits of PutAccountDetails.
LONGEST_USE_CASE, _LONGEST_URL, _MOST_CONTACTS = 5000, 1000, 4
_URL = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]+[^\s]*", re.ASCII)
_SHOW = NextCommand("sandbox", "show")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class ProductionRequest:
    """A valid request; `mail_type` in lower case, `language` as the API spells it."""

    mail_type: str
    website: str
    use_case: str
    language: str = "EN"
    contacts: tuple[str, ...] = ()

    def parameters(self) -> dict[str, Any]:
        """The parameters of PutAccountDetails."""
        contacts = {"AdditionalContactEmailAddresses": list(self.contacts)} if self.contacts else {}
        return {
            "MailType": self.mail_type.upper(),
            "WebsiteURL": self.website,
            "UseCaseDescription": self.use_case,
            "ContactLanguage": self.language,
            "ProductionAccessEnabled": True,
            **contacts,
        }

    def next_command(self) -> NextCommand:
        """The command that sends the same request without questions."""
        # A text that starts with @ means a file; @@ stands for a literal @.
        text = f"@{self.use_case}" if self.use_case.startswith("@") else self.use_case
        words = ["--mail-type", self.mail_type, "--website", self.website, "--use-case", text]
        words += ["--language", self.language]
        for contact in self.contacts:
            words += ["--contact", contact]
        return NextCommand("sandbox", "request-production", *words, "--yes")


@dataclass(frozen=True)
class ProductionAccessResult:
    """The result of a request. `status` is the current answer of AWS, None if there is none yet.

    `command` is the command line that sends the same request.
    """

    region: str
    production_access: bool
    status: str | None
    case_id: str | None
    command: str


def parse_mail_type(text: str) -> str:
    """Parse `transactional` or `marketing`. Raises `UsageError`."""
    if text.lower() not in MAIL_TYPES:
        raise UsageError(f"--mail-type {text!r} is not valid", hint=f"give {' or '.join(MAIL_TYPES)}")
    return text.lower()


def parse_language(text: str) -> str:
    """Parse `EN` or `JA`. Raises `UsageError`."""
    if text.upper() not in LANGUAGES:
        raise UsageError(f"--language {text!r} is not valid", hint=f"give {' or '.join(LANGUAGES)}")
    return text.upper()


def parse_website(text: str) -> str:
    """Parse a URL with http:// or https://. Raises `UsageError`."""
    url = text.strip()
    if len(url) > _LONGEST_URL or not _URL.fullmatch(url):
        raise UsageError(
            f"--website {url[:80]!r} is not a valid URL", hint="write it as https://example.com, in ASCII"
        )
    return url


def parse_use_case(text: str) -> str:
    """Parse a text of up to 5,000 characters. Raises `UsageError`."""
    stripped = text.strip()
    if not stripped or len(stripped) > LONGEST_USE_CASE or _CONTROL.search(stripped):
        raise UsageError(
            f"--use-case has {len(stripped):,} characters; AWS accepts 1 to 5,000, without control characters",
            hint="say what you send, to whom, how recipients sign up, and how you handle bounces and complaints",
        )
    return stripped


def parse_contacts(texts: Sequence[str]) -> tuple[str, ...]:
    """Parse up to four additional addresses for AWS's reply. Raises `UsageError`."""
    contacts = tuple(dict.fromkeys(parse_address(text).addr_spec for text in texts))
    if len(contacts) > _MOST_CONTACTS:
        raise UsageError(f"{len(contacts)} contacts are given, and AWS accepts at most {_MOST_CONTACTS}")
    return contacts


def check_access(aws: Gateway) -> tuple[bool, PreviousRequest | None]:
    """Whether the account has production access, and the previous request (SES API v2 GetAccount).

    Raises `ApiError` while a request is under review: AWS accepts no other until it has replied.
    """
    aws.require_region()
    account = aws.read("sesv2", "GetAccount")
    previous = parse_previous_request(account)
    granted = bool(account.get("ProductionAccessEnabled"))
    if not granted and previous is not None and previous.status == PENDING:
        raise _under_review(aws.region, previous)
    return granted, previous


def previous_request_advice(previous: PreviousRequest | None) -> str | None:
    """What to do about a previous request that AWS denied or that failed, or None."""
    if previous is None or previous.status not in {DENIED, FAILED}:
        return None
    case = f" in support case {previous.case_id}" if previous.case_id else ""
    if previous.status == FAILED:
        return f"the last request failed{case} because of an error at AWS: this sends it again"
    return f"AWS denied the last request{case}: reply there, or send a new request with more details"


def _under_review(region: str, previous: PreviousRequest | None) -> ApiError:
    case = f", support case {previous.case_id}" if previous and previous.case_id else ""
    return ApiError(
        f"AWS is reviewing a request for production access in {region}{case}",
        hint=Advice("AWS replies by email and in the case, usually within a day: ", _SHOW),
        code="ConflictException",
    )


def request_access(aws: Gateway, request: ProductionRequest, command: str) -> ProductionAccessResult:
    """Request production access (SES API v2 PutAccountDetails), and read the status (GetAccount).

    `command` is the command line that sends the same request. Raises `ApiError` (ConflictException) while AWS reviews
    a previous request.
    """
    try:
        aws.write("sesv2", "PutAccountDetails", **request.parameters())
    except ApiError as error:
        if error.code == "ConflictException":
            raise _under_review(aws.region, None) from error
        raise
    account = {} if aws.dry_run else aws.read("sesv2", "GetAccount")
    previous = parse_previous_request(account)
    return ProductionAccessResult(
        region=aws.region,
        production_access=bool(account.get("ProductionAccessEnabled")),
        status=previous.status if previous else None,
        case_id=previous.case_id if previous else None,
        command=command,
    )
