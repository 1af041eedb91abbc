"""List-Unsubscribe headers with an address of the sender, filled in for each recipient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sescli.mail import unsubscribe as mail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.groups.bulk.model.spec import Unsubscribe

_PLACEHOLDER = re.compile(r"\{\{\{?\s*([^{}\s]+)\s*\}?\}\}")


def placeholders(unsubscribe: Unsubscribe | None) -> list[str]:
    """The names of the placeholders that are filled in for each recipient, in order."""
    if unsubscribe is None:
        return []
    return list(dict.fromkeys(_PLACEHOLDER.findall(f"{unsubscribe.url} {unsubscribe.mailto}")))


def unsubscribe_headers(unsubscribe: Unsubscribe | None, values: Mapping[str, Any]) -> dict[str, str]:
    """The headers, with each `{{name}}` filled in, percent-encoded. `values` must have every placeholder.

    Raises `MailError` for an invalid unsubscribe address.
    """
    if unsubscribe is None:
        return {}

    def filled(text: str | None) -> str | None:
        return (
            None
            if text is None
            else _PLACEHOLDER.sub(lambda slot: quote(str(values[slot[1]]), safe=""), text)
        )

    return dict(
        mail.unsubscribe_headers(
            filled(unsubscribe.url), filled(unsubscribe.mailto), one_click=unsubscribe.one_click
        )
    )


def example_headers(unsubscribe: Unsubscribe | None) -> dict[str, str]:
    """The headers with sample values, to check whether they are valid."""
    return unsubscribe_headers(unsubscribe, dict.fromkeys(placeholders(unsubscribe), "x"))
