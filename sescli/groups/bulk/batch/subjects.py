"""Check the subjects of a bulk send: the one in the batch file, and the one of each row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sescli.errors import InputFileError, Place, UsageError
from sescli.handlebars.errors import RenderingUnknown
from sescli.mail.controls import refuse_controls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.handlebars.content import TemplateContent

# In the JSON of a row, other control characters are escapes.
_CONTROL = re.compile("[\\\\\x7f\x85\u2028\u2029]")


def check_subject(subject: str, place: Place) -> None:
    """Raise `InputFileError` for a subject with a control character, also inside an encoded-word."""
    try:
        refuse_controls(subject, "the subject")
    except UsageError as error:
        raise InputFileError(error.message, place=place, hint=error.hint, code=error.code) from error


class RowSubjects:
    """Checks the subject of each row, rendered with its data. Rows that cannot fail are not rendered."""

    def __init__(self, template: TemplateContent | None) -> None:
        self._template = template
        subject = template.subject if template else ""
        # Both characters are part of an encoded-word, wherever they come from.
        self._equals, self._question = "=" in subject, "?" in subject

    def problem(self, data: Mapping[str, Any], text: str) -> UsageError | None:
        """Why the subject is refused; None where it is not. `text` is the data as JSON."""
        may_have_word = (self._equals or "=" in text) and (self._question or "?" in text)
        if self._template is None or not (may_have_word or _CONTROL.search(text)):
            return None
        try:
            subject = self._template.compiled["subject"].render(data)
            refuse_controls(subject, "the subject, with this row's data,")
        except RenderingUnknown:
            return None  # what SES does with this row is not known: the check of its data warns of it
        except UsageError as error:
            return error
        return None
