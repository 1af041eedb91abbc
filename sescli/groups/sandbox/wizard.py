"""Questions for a request for production access."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sescli.advice import NextCommand
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

# AWS denies most requests that do not answer these.
_QUESTIONS = (
    ("What do you send, and to whom?", "What we send"),
    ("How do recipients sign up?", "How recipients sign up"),
    ("How many messages do you send per day, and per second at most?", "Volume"),
    ("How do you handle bounces and complaints?", "Bounces and complaints"),
    ("How can recipients unsubscribe?", "Unsubscribing"),
)


@dataclass(frozen=True)
class ProductionAccessInput:
    """The values given as options; None is still to be asked."""

    mail_type: str | None = None
    website: str | None = None
    use_case: str | None = None
    language: str | None = None
    contacts: tuple[str, ...] | None = None

    @property
    def missing(self) -> list[str]:
        """The required options that were not given."""
        needed = {"--mail-type": self.mail_type, "--website": self.website, "--use-case": self.use_case}
        return [option for option, value in needed.items() if value is None]

    def request(self) -> ProductionRequest:
        """The request. Raises `UsageError` that names all missing options."""
        if self.mail_type is None or self.website is None or self.use_case is None:
            raise UsageError(
                f"missing: {', '.join(self.missing)}",
                hint=NextCommand("sandbox", "request-production", "--help"),
            )
        return ProductionRequest(
            self.mail_type, self.website, self.use_case, self.language or LANGUAGES[0], self.contacts or ()
        )


def ask(prompter: Prompter, given: ProductionAccessInput) -> ProductionRequest:
    """Ask for all values that were not given."""
    return ProductionAccessInput(
        mail_type=given.mail_type
        or prompter.select("What type of email do you mostly send?", MAIL_TYPES, default=MAIL_TYPES[0]),
        website=given.website
        or parse_website(
            prompter.text("URL of your website:", default="https://", check=_as_check(parse_website))
        ),
        use_case=given.use_case or _use_case(prompter),
        language=given.language or prompter.select("Language of AWS's reply:", LANGUAGES, default="EN"),
        contacts=given.contacts if given.contacts is not None else _contacts(prompter),
    ).request()


def _use_case(prompter: Prompter) -> str:
    answers: list[str] = []
    for question, heading in _QUESTIONS:
        room = LONGEST_USE_CASE - len("\n".join(answers)) - len(heading) - len("\n: ")
        answer = prompter.text(question, check=partial(_check_answer, room=room))
        answers.append(f"{heading}: {answer.strip()}")
    return parse_use_case("\n".join(answers))


def _check_answer(text: str, room: int) -> str | None:
    if not text.strip():
        return "the reviewers at AWS need an answer"
    if len(text) > room:
        return f"{len(text) - room:,} characters too long"
    return _as_check(parse_use_case)(text)


def _contacts(prompter: Prompter) -> tuple[str, ...]:
    answer = prompter.text(
        "Additional addresses for AWS's reply (optional, separated by commas):",
        check=_as_check(lambda text: parse_contacts(_split_addresses(text))),
    )
    return parse_contacts(_split_addresses(answer))


def _split_addresses(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _as_check(parse: Callable[[str], object]) -> Callable[[str], str | None]:
    """Turn a parser into a check of an answer."""

    def check(text: str) -> str | None:
        try:
            parse(text)
        except UsageError as error:
            return str(error.hint or error.message)
        return None

    return check
