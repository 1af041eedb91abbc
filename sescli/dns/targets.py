"""Say what is wrong with the host name in a CNAME or MX record, label by label."""

from __future__ import annotations

import difflib
import re

from sescli.dns.findings import MISMATCH, TRUNCATED, RecordFinding

_REGION = re.compile(
    r"[a-z]{2}(-gov|-iso[a-z]?)?-(north|south|east|west|central|northeast|northwest|southeast|southwest)-\d"
)
_ESCAPE = re.compile(r"\\(\d{3}|.)")
_SERVICES = {
    "feedback-smtp": "receives bounces for a MAIL FROM domain",
    "inbound-smtp": "receives email for a domain",
    "email-smtp": "is for sending over SMTP",
}
_QUOTES = "\"'“”‘’`"  # noqa: RUF001 - typographic quotation marks are what is looked for
_MIN_CUT = 0.5
_LIKE = 0.7
_MAX_SHOWN = 100


def explain_target(what: str, name: str, expected: str, found: str) -> RecordFinding:
    """Return the finding for a target that is not `expected`. `what` names it: `target` or `mail server name`.

    `found` is as DNS has it, with escapes. `name` is the name of the record.
    """
    text = _unescape(found)
    values = (found,)
    if reason := _stray_text(what, expected, text):
        return RecordFinding(MISMATCH, "stray_text", reason, f"enter exactly: {expected}", values)
    if found.startswith(f"{expected}."):
        return _with_more_labels(what, name, found[len(expected) + 1 :], values)
    if expected.startswith(found) and len(found) > len(expected) * _MIN_CUT:
        return RecordFinding(TRUNCATED, "cut", f"the {what} is cut off", "publish the full value", values)
    if expected.endswith(f".{found}") and len(found) > len(expected) * _MIN_CUT:
        reason = f"the {what} lacks its beginning, {expected.removesuffix(found)}"
        return RecordFinding(TRUNCATED, "cut", reason, "publish the full value", values)
    return _compare_labels(what, expected, found)


def _unescape(found: str) -> str:
    """Undo the escapes of DNS presentation format."""

    def character(match: re.Match[str]) -> str:
        return chr(int(match[1])) if len(match[1]) > 1 else match[1]

    return _ESCAPE.sub(character, found)


def _stray_text(what: str, expected: str, text: str) -> str | None:
    """Explain characters that no host name has, around the expected name or in it."""
    shown = repr(text[:_MAX_SHOWN])
    if re.match(r"[a-z]+://", text):
        return f"the {what} is a URL ({shown}), but it must be a host name"
    if set(text) & set(_QUOTES):
        return f"the {what} contains quotation marks ({shown})"
    if re.match(r"\d+\s+\S", text):
        return f"the {what} begins with the priority ({shown}), which has a field of its own"
    if text != text.strip():
        where = "begins" if text != text.lstrip() else "ends"
        return f"the {what} {where} with a space ({shown})"
    bare = re.sub(r"[^a-z0-9._-].*", "", text, flags=re.DOTALL).rstrip(".")
    if bare != text.rstrip(".") and bare == expected:
        return f"the {what} is followed by other text ({shown})"
    if re.search(r"\s", text):
        return f"the {what} contains a space ({shown})"
    wrong = re.search(r"[^a-z0-9._-]", text)
    return f"the {what} contains {wrong[0]!r} ({shown}), which no host name has" if wrong else None


def _with_more_labels(what: str, name: str, more: str, values: tuple[str, ...]) -> RecordFinding:
    if f".{name}".endswith(f".{more}") and "." in more:
        reason = f"the DNS provider appended the zone to the {what}"
        fix = f"add a dot to the end of the value, or look up how your DNS provider accepts a {what} outside the zone"
        return RecordFinding(MISMATCH, "target_zone_appended", reason, fix, values)
    reason = f"the {what} is followed by .{more}, which is not part of it"
    return RecordFinding(MISMATCH, "other_value", reason, f"remove .{more} from the value", values)


def _compare_labels(what: str, expected: str, found: str) -> RecordFinding:
    right, wrong = expected.split("."), found.split(".")
    fix = "change the value to the expected one"
    region = _region_at(right)
    if region is not None and len(right) == len(wrong):
        differing = [index for index, label in enumerate(right) if label != wrong[index]]
        if differing == [region] and _REGION.fullmatch(wrong[region]):
            reason = f"the record is for SES in another region, {wrong[region]}, not in {right[region]}"
            other = "change the record, or use another name for this region: a name works in one region only"
            return RecordFinding(MISMATCH, "other_region", reason, other, (found,))
    if finding := _other_dkim_zone(right, wrong, found):
        return finding
    if not _is_similar(right, wrong):
        reason = f"the record points to another {'target' if what == 'target' else 'server'}"
        return RecordFinding(MISMATCH, "other_value", reason, fix, (found,))
    return RecordFinding(MISMATCH, "other_value", _differences(what, right, wrong), fix, (found,))


def _other_dkim_zone(right: list[str], wrong: list[str], found: str) -> RecordFinding | None:
    """Compare `token.dkim[.region].amazonses.com`."""
    zone = wrong[1:]
    is_zone = zone[:1] == ["dkim"] and zone[-2:] == ["amazonses", "com"] and right[1:2] == ["dkim"]
    regions = zone[1:-2]
    if not is_zone or wrong[0] != right[0] or len(regions) > 1 or zone == right[1:]:
        return None
    if regions and not _REGION.fullmatch(regions[0]):
        return None
    reason = f"the token is correct, but {'.'.join(zone)} is the DKIM zone of another region"
    return RecordFinding(MISMATCH, "other_region", reason, "change the value to the expected one", (found,))


def _region_at(labels: list[str]) -> int | None:
    return next((index for index, label in enumerate(labels) if _REGION.fullmatch(label)), None)


def _is_similar(right: list[str], wrong: list[str]) -> bool:
    """Whether a name is recognizable as a mistyped form of the expected one."""
    domain = ".".join(wrong[-2:])
    near = difflib.SequenceMatcher(None, ".".join(right[-2:]), domain).ratio() > _LIKE
    own = set(right) - {"com"}
    return near and (len(own & set(wrong)) * 2 >= len(own) or wrong[0] in _SERVICES)


def _differences(what: str, right: list[str], wrong: list[str]) -> str:
    """Name the first labels that differ, and what they mean."""
    if wrong[0] in _SERVICES and right[0] in _SERVICES and wrong[0] != right[0]:
        return (
            f"{wrong[0]} {_SERVICES[wrong[0]]}, but this record needs {right[0]}, which {_SERVICES[right[0]]}"
        )
    region = _region_at(right)
    if right[-2:] == ["amazonses", "com"] and wrong[-2:] == ["amazonaws", "com"]:
        return f"the {what} ends with amazonaws.com, but it must end with amazonses.com"
    if right[-2:] == ["amazonaws", "com"] and wrong[-2:] == ["amazonses", "com"]:
        return f"the {what} ends with amazonses.com, but it must end with amazonaws.com"
    if region is not None and len(right) == len(wrong) and wrong[region] != right[region]:
        label = wrong[region]
        is_region = _REGION.fullmatch(label) is not None
        return f"{label!r} in the {what} is {'another' if is_region else 'not a'} region: it must be {right[region]}"
    lacking = [label for label in right if label not in wrong]
    extra = [label for label in wrong if label not in right]
    parts = [f"lacks {', '.join(lacking)}"] if lacking else []
    parts += [f"has {', '.join(extra)}"] if extra else []
    return f"the {what} {' and '.join(parts)}" if parts else f"the labels of the {what} are in another order"
