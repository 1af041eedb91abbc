"""Resource tags, and the tags of a message (docs/ses-behavior.md#resource-tags, #message-tags)."""

from __future__ import annotations

import re

from sescli.emulator.ses.faults import BadRequest

_MAX_COUNT = 50
_KEY, _VALUE = 128, 256
_MESSAGE_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")

Tags = list[dict[str, str]]


def check_tags(tags: Tags) -> Tags:
    """Check resource tags and return them. Raises BadRequest."""
    if len(tags) > _MAX_COUNT:
        raise BadRequest(f"A resource can have at most {_MAX_COUNT} tags.")
    for tag in tags:
        if not 0 < len(tag["Key"]) <= _KEY or len(tag["Value"]) > _VALUE:
            raise BadRequest(f"Tag {tag['Key']} is too long or empty.")
        if tag["Key"].lower().startswith("aws:"):
            raise BadRequest("Tag keys that begin with aws: are reserved.")
    if len({tag["Key"] for tag in tags}) != len(tags):
        raise BadRequest("Tag keys must be unique.")
    return tags


def merge_tags(old: Tags, new: Tags) -> Tags:
    """Add the new tags to the old ones; a new value replaces the old one. Raises BadRequest."""
    values = {tag["Key"]: tag["Value"] for tag in old} | {tag["Key"]: tag["Value"] for tag in check_tags(new)}
    return check_tags([{"Key": key, "Value": value} for key, value in values.items()])


def message_tags(*groups: Tags) -> dict[str, str]:
    """Return message tags by name. For a repeated name, the later group's value counts. Raises BadRequest."""
    tags: dict[str, str] = {}
    for group in groups:
        for tag in group:
            name, value = tag["Name"], tag["Value"]
            if not _MESSAGE_TAG.fullmatch(name) or not _MESSAGE_TAG.fullmatch(value):
                raise BadRequest(
                    f"Invalid email message tag <{name}: {value}>: names and values hold 1 to 256 letters,"
                    " digits, underscores or dashes."
                )
            tags[name] = value
    if len(tags) > _MAX_COUNT:
        raise BadRequest(f"A message can have at most {_MAX_COUNT} tags.")
    return tags
