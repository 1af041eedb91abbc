"""DNS records as files: one module a format, each with `render(records, zone) -> str`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.dns.records import Record

FORMATS = ("zone", "route53", "terraform", "cloudformation", "octodns")


def checked_format(name: str) -> str:
    """The name of a format, whatever its case. Raises `UsageError` for one that is not known."""
    if name.lower() not in FORMATS:
        raise UsageError(f"--format is {name!r}, which is none of: {', '.join(FORMATS)}")
    return name.lower()


def render(form: str, records: Sequence[Record], zone: str) -> str:
    """The records in one of `FORMATS`, ending with a line break. The same records give the same text.

    `zone` is the DNS zone that they go into, for the format that names records relative to it (octodns).
    Records whose value is not known are left out.
    """
    module = importlib.import_module(f"{__name__}.{form}")
    write = cast("Callable[[Sequence[Record], str], str]", module.render)
    text = write([record for record in records if record.value is not None], zone)
    return text if text.endswith("\n") else f"{text}\n"
