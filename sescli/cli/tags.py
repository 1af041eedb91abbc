"""Tags of AWS resources as they are typed: --tag team=billing."""

from __future__ import annotations

from sescli.errors import UsageError

# Tag and TagList of the SES API v2.
_LONGEST_KEY, _LONGEST_VALUE, _MOST = 128, 256, 50


def resource_tags(texts: list[str]) -> tuple[tuple[str, str], ...]:
    """Parse `key=value`, each key once. Raises `UsageError` for what AWS does not take."""
    tags: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            raise UsageError(f"--tag is {text!r}", hint="write it as --tag team=billing")
        if key in tags:
            raise UsageError(f"--tag {key} is given twice")
        if key.lower().startswith("aws:"):
            raise UsageError(f"--tag {key}: names that begin with aws: belong to AWS")
        if len(key) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise UsageError(f"--tag {key[:20]}…: at most 128 characters before the = and 256 after it")
        tags[key] = value
    if len(tags) > _MOST:
        raise UsageError(f"{len(tags)} tags; AWS takes {_MOST}")
    return tuple(tags.items())
