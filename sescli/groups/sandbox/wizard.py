"""The conversation for production access: it asks what AWS's reviewers want to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.sandbox.service.production_access import (
    LANGUAGES,
    LONGEST_USE_CASE,
    MAIL_TYPES,
    ProductionRequest,
    parse_contacts,
    parse_use_case,
    parse_website,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.prompts.prompter import Prompter

# A request is denied mostly because these are not answered.
_QUESTIONS = (
    ("What do you send, and to whom?", "What we send"),
    ("How did the recipients get on your list?", "How recipients sign up"),
    ("How many mails a day, and at most how many a second?", "Volume"),
    ("What do you do with bounces and complaints?", "Bounces and complaints"),
    ("How can a recipient stop your mail?", "Unsubscribing"),
)


@dataclass(frozen=True)
class ProductionAccessInput:
    """What the options have said already; None is still to be asked."""

    mail_type: str | None = None
    website: str | None = None
    use_case: str | None = None
    language: str | None = None
    contacts: tuple[str, ...] | None = None

    @property
    def missing(self) -> list[str]:
        """The options that a request cannot do without, and that were not given."""
        needed = {"--mail-type": self.mail_type, "--website": self.website, "--use-case": self.use_case}
        return [option for option, value in needed.items() if value is None]

    def request(self) -> ProductionRequest:
        """The request, where nothing is missing. Raises `UsageError` that names all that is."""
        if self.mail_type is None or self.website is None or self.use_case is None:
            raise UsageError(
                f"missing: {', '.join(self.missing)}", hint="sescli sandbox request-production --help"
            )
        return ProductionRequest(
            self.mail_type, self.website, self.use_case, self.language or LANGUAGES[0], self.contacts or ()
        )


def ask(prompter: Prompter, given: ProductionAccessInput) -> ProductionRequest:
    """Ask for what is missing, and for language and contacts where they were not given."""
    return ProductionAccessInput(
        mail_type=given.mail_type
        or prompter.select("What kind of mail is it, for the most part?", MAIL_TYPES, default=MAIL_TYPES[0]),
        website=given.website
        or parse_website(prompter.text("Your website?", default="https://", check=_as_check(parse_website))),
        use_case=given.use_case or _use_case(prompter),
        language=given.language or prompter.select("Language for AWS's answer?", LANGUAGES, default="EN"),
        contacts=given.contacts if given.contacts is not None else _contacts(prompter),
    ).request()


def _use_case(prompter: Prompter) -> str:
    told: list[str] = []
    for question, heading in _QUESTIONS:
        room = LONGEST_USE_CASE - len("\n".join(told)) - len(heading) - len("\n: ")
        answer = prompter.text(question, check=partial(_check_answer, room=room))
        told.append(f"{heading}: {answer.strip()}")
    return parse_use_case("\n".join(told))


def _check_answer(text: str, room: int) -> str | None:
    if not text.strip():
        return "AWS's reviewers want to know"
    if len(text) > room:
        return f"that is {len(text) - room:,} characters too long"
    return _as_check(parse_use_case)(text)


def _contacts(prompter: Prompter) -> tuple[str, ...]:
    answer = prompter.text(
        "Further addresses that AWS should write to? (with commas between; none is fine)",
        check=_as_check(lambda text: parse_contacts(_split_addresses(text))),
    )
    return parse_contacts(_split_addresses(answer))


def _split_addresses(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _as_check(parse: Callable[[str], object]) -> Callable[[str], str | None]:
    """A parser as a check of an answer."""

    def check(text: str) -> str | None:
        try:
            parse(text)
        except UsageError as error:
            return str(error.hint or error.message)
        return None

    return check
