"""Options and option values that several commands share: how they are declared, and how their text is parsed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.cli.text_input import name_of, read_file
from sescli.errors import UsageError
from sescli.text.decoding import decoded

if TYPE_CHECKING:
    from sescli.dns.sources import Sources
    from sescli.runtime import Runtime
    from sescli.text.definition_files import Definition

# Seconds for all DNS queries of a check together.
DNS_TIMEOUT = 15.0

# Longer than SES or CloudWatch keep anything, and shorter than the range of a calendar.
_LONGEST = timedelta(days=3650)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION_HINT = "write it as 15m, 6h or 14d"

# Limits of Tag and TagList in SES API v2.
_LONGEST_KEY, _LONGEST_VALUE, _MOST_TAGS = 128, 256, 50

Resolver = Annotated[
    str | None,
    typer.Option(
        help="Query only this DNS server (or SESCLI_RESOLVER). "
        "Default: the zone's name servers and this machine's resolver.",
        metavar="HOST[:PORT]",
    ),
]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        help="Template variable; order.id=5 sets a key of an object. Repeatable.",
        metavar="KEY=VALUE",
    ),
]
DataFile = Annotated[
    str | None,
    typer.Option(
        "--data-file",
        help="JSON or YAML file with template variables, or - for standard input.",
        metavar="FILE",
    ),
]


def dns_sources(rt: Runtime, resolver: str | None, *, timeout: float = DNS_TIMEOUT) -> Sources:
    """The DNS servers to query; all queries together may take `timeout` seconds.

    Raises `UsageError` for a resolver that is not valid, and `NetworkError` for one without an address.
    """
    from sescli.dns.sources import sources

    return sources(resolver, timeout=timeout, environ=rt.world.environ)


def template_data(rt: Runtime, pairs: list[str] | None, file: str | None) -> dict[str, Any]:
    """Template variables from --data-file, overridden by those from --data."""
    from sescli.handlebars import files
    from sescli.handlebars.pairs import set_pairs

    data = files.parse_data(read_file(file, rt), name_of(file)) if file else {}
    return set_pairs(data, pairs or [])


def read_definition(path: str, rt: Runtime) -> Definition:
    """The JSON or YAML definition in a file; `-` is standard input. Raises `InputFileError`.

    `file://` before the path, as the AWS CLI writes it, is accepted.
    """
    from sescli.text import definition_files

    path = path.removeprefix("file://")
    return definition_files.parse(decoded(read_file(path, rt), name_of(path)), name_of(path))


def parse_duration(text: str, option: str) -> timedelta:
    """Parse `90s`, `15m`, `72h`, `14d` or `2w`. Raises `UsageError` that names the option."""
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip().lower())
    if not found or int(found[1]) == 0:
        raise UsageError(f"{option} {text!r} is not a valid duration", hint=_DURATION_HINT)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > _LONGEST:
        raise UsageError(f"{option} {text!r} is longer than ten years", hint=_DURATION_HINT)
    return length


def parse_moment(text: str, option: str) -> datetime:
    """Parse an ISO 8601 date or time (UTC without an offset), or a duration before now."""
    if re.fullmatch(r"\d+[smhdw]", text.strip().lower()):
        return datetime.now(UTC) - parse_duration(text, option)
    try:
        parsed = datetime.fromisoformat(text.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = f"{option} {text!r} is not a valid date"
        raise UsageError(message, hint="write it as 2026-11-01, 2026-11-01T12:00Z or 30d") from error


def format_duration(length: timedelta) -> str:
    """A duration as it is typed: `90s`, `15m`, `1h`, `14d`."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0 and seconds:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def parse_tags(texts: list[str], option: str | None = "--tag") -> tuple[tuple[str, str], ...]:
    """Parse AWS resource tags, `key=value`, each key once. Raises `UsageError` for what AWS does not accept.

    `option` is None where the tags are arguments, not values of an option. docs/ses-behavior.md#resource-tags
    """
    label, example = (option, f"{option} team=billing") if option else ("tag", "team=billing")
    tags: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            raise UsageError(f"{label} {text!r} is not KEY=VALUE", hint=f"write it as {example}")
        if key in tags:
            raise UsageError(f"{label} {key} is given twice")
        if key.lower().startswith("aws:"):
            raise UsageError(f"{label} {key}: keys that begin with aws: are reserved for AWS")
        if len(key) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise UsageError(f"{label} {key[:20]}…: a key has at most 128 characters, a value at most 256")
        tags[key] = value
    if len(tags) > _MOST_TAGS:
        raise UsageError(f"{len(tags)} tags are given, and AWS accepts at most {_MOST_TAGS}")
    return tuple(tags.items())
