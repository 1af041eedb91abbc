"""The request for production access: what AWS wants to know, and the asking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.errors import ApiError, UsageError
from sescli.groups.sandbox.service.sandbox import DENIED, FAILED, PENDING, parse_previous_request
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.sandbox.service.sandbox import PreviousRequest

MAIL_TYPES = ("transactional", "marketing")
LANGUAGES = ("EN", "JA")
# PutAccountDetails.
LONGEST_USE_CASE, _LONGEST_URL, _MOST_CONTACTS = 5000, 1000, 4
_URL = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]+[^\s]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class ProductionRequest:
    """A request that is fit to be sent; `mail_type` as it is typed, `language` as the API spells it."""

    mail_type: str
    website: str
    use_case: str
    language: str = "EN"
    contacts: tuple[str, ...] = ()

    def parameters(self) -> dict[str, Any]:
        """As PutAccountDetails takes it."""
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
        # A text that begins with @ or is - would be read from a file: @@ says that it is text.
        text = f"@{self.use_case}" if self.use_case.startswith("@") else self.use_case
        words = ["--mail-type", self.mail_type, "--website", self.website, "--use-case", text]
        words += ["--language", self.language]
        for contact in self.contacts:
            words += ["--contact", contact]
        return NextCommand("sandbox", "request-production", *words, "--yes")


@dataclass(frozen=True)
class ProductionAccessResult:
    """What became of a request. `status` is AWS's answer so far, None where it has none yet.

    `command` is the one command that asks for the same.
    """

    region: str
    production_access: bool
    status: str | None
    case_id: str | None
    command: str


def parse_mail_type(text: str) -> str:
    """`transactional` or `marketing`. Raises `UsageError`."""
    if text.lower() not in MAIL_TYPES:
        raise UsageError(f"--mail-type is {text!r}", hint=f"it takes {' or '.join(MAIL_TYPES)}")
    return text.lower()


def parse_language(text: str) -> str:
    """`EN` or `JA`. Raises `UsageError`."""
    if text.upper() not in LANGUAGES:
        raise UsageError(f"--language is {text!r}", hint=f"it takes {' or '.join(LANGUAGES)}")
    return text.upper()


def parse_website(text: str) -> str:
    """A web address, with its https://. Raises `UsageError`."""
    url = text.strip()
    if len(url) > _LONGEST_URL or not _URL.fullmatch(url):
        raise UsageError(
            f"--website is {url[:80]!r}, which is no web address", hint="as https://example.com, in ASCII"
        )
    return url


def parse_use_case(text: str) -> str:
    """A text of up to 5000 characters. Raises `UsageError`."""
    told = text.strip()
    if not told or len(told) > LONGEST_USE_CASE or _CONTROL.search(told):
        raise UsageError(
            f"--use-case has {len(told):,} characters; it takes 1 to 5,000, and no control characters",
            hint="say what you send, to whom, how they signed up, and what you do with bounces and complaints",
        )
    return told


def parse_contacts(texts: Sequence[str]) -> tuple[str, ...]:
    """Up to four addresses that AWS writes to besides the account's own. Raises `UsageError`."""
    contacts = tuple(dict.fromkeys(parse_address(text).addr_spec for text in texts))
    if len(contacts) > _MOST_CONTACTS:
        raise UsageError(f"{len(contacts)} contacts; AWS takes {_MOST_CONTACTS}")
    return contacts


def check_access(aws: Gateway) -> tuple[bool, PreviousRequest | None]:
    """Whether the account has production access here, and the earlier request (SES API v2 GetAccount).

    Raises `ApiError` while a request is under review: AWS takes no other until it is answered.
    """
    aws.require_region()
    account = aws.read("sesv2", "GetAccount")
    earlier = parse_previous_request(account)
    granted = bool(account.get("ProductionAccessEnabled"))
    if not granted and earlier is not None and earlier.status == PENDING:
        raise _under_review(aws.region, earlier)
    return granted, earlier


def previous_request_advice(earlier: PreviousRequest | None) -> str | None:
    """What to do about an earlier request that came to nothing."""
    if earlier is None or earlier.status not in {DENIED, FAILED}:
        return None
    case = f" in support case {earlier.case_id}" if earlier.case_id else ""
    if earlier.status == FAILED:
        return f"the last request failed{case}, for a reason of AWS's own: ask again"
    return f"the last request was denied{case}: answer there, or ask again and say more than the last time"


def _under_review(region: str, earlier: PreviousRequest | None) -> ApiError:
    case = f", support case {earlier.case_id}" if earlier and earlier.case_id else ""
    return ApiError(
        f"a request for production access in {region} is under review{case}, and AWS takes no other until then",
        hint="AWS answers by mail and in the case, mostly within a day: sescli sandbox show",
        code="ConflictException",
    )


def request_access(aws: Gateway, request: ProductionRequest, command: str) -> ProductionAccessResult:
    """Ask for production access (SES API v2 PutAccountDetails), and see what AWS says so far (GetAccount).

    Raises `ApiError` (ConflictException) while an earlier request is under review.
    """
    try:
        aws.write("sesv2", "PutAccountDetails", **request.parameters())
    except ApiError as error:
        if error.code == "ConflictException":
            raise _under_review(aws.region, None) from error
        raise
    account = {} if aws.dry_run else aws.read("sesv2", "GetAccount")
    earlier = parse_previous_request(account)
    return ProductionAccessResult(
        region=aws.region,
        production_access=bool(account.get("ProductionAccessEnabled")),
        status=earlier.status if earlier else None,
        case_id=earlier.case_id if earlier else None,
        command=command,
    )
