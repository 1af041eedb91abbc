"""File formats for DNS records: one module for each, with `render(records, zone) -> str`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.dns.records import Record

FORMATS = ("zone", "route53", "terraform", "cloudformation", "octodns")


def checked_format(name: str) -> str:
    """Parse the name of a format, in any case. Raises `UsageError`."""
    if name.lower() not in FORMATS:
        raise UsageError(
            f"--format {name!r} is not valid", hint=f"use {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        )
    return name.lower()


def render(form: str, records: Sequence[Record], zone: str) -> str:
    """Render the records in one of `FORMATS`, ending with a line break. The same records give the same text.

    `zone` is the DNS zone of the records; formats with relative names need it (octodns). Records with an unknown
    value are omitted.
    """
    module = importlib.import_module(f"{__name__}.{form}")
    write = cast("Callable[[Sequence[Record], str], str]", module.render)
    text = write([record for record in records if record.value is not None], zone)
    return text if text.endswith("\n") else f"{text}\n"
