"""TXT records of DKIM and of the older verification held against what a server answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.dns.findings import DUPLICATE, MISMATCH, OK, TRUNCATED, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.dns.records import Record

_DKIM_TAG = re.compile(r"\s*([a-zA-Z]\w*)\s*=\s*(.*?)\s*", re.DOTALL)
_STRING = 255  # bytes, the longest string of a TXT record (RFC 1035 3.3.14)


def judge_dkim_key(record: Record, values: tuple[str, ...]) -> Finding:
    """BYODKIM: tags in any order, white space anywhere in the key (RFC 6376 3.2, 3.6.1)."""
    keys = [each for each in values if "p" in _tags(each)]
    if not keys:
        return Finding(MISMATCH, "other_value", "the TXT record holds no DKIM key", "publish the key", values)
    if len(keys) > 1:
        return Finding(
            DUPLICATE, "several", "the selector has several keys", "remove all but the wanted one", values
        )
    tags = _tags(keys[0])
    problem = _unusable(tags)
    if problem:
        return Finding(MISMATCH, "other_value", problem, "publish the wanted value as it is", values)
    return _compared_key(record, keys[0], _bare(tags["p"]), values)


def _compared_key(record: Record, text: str, key: str, values: tuple[str, ...]) -> Finding:
    wanted = _bare(_tags(record.value or "").get("p", ""))
    if not wanted:
        reason = "a key is there; whether it is the right one only --dkim-private-key can tell"
        return Finding(OK, "not_compared", reason, found=values)
    if key == wanted:
        return Finding(OK, "ok", found=values)
    if key.replace('"', "").replace("\\", "") == wanted:
        return Finding(
            TRUNCATED,
            "quotes_kept",
            "the quotation marks between the parts of the key have become part of it",
            "enter the value in one piece, without quotation marks",
            values,
        )
    if wanted.startswith(key):
        size = len(text.encode())
        limit = f" after {size} characters" + (
            ": one string holds 255" if size in {_STRING, _STRING - 1} else ""
        )
        return Finding(
            TRUNCATED,
            "cut",
            f"the key is cut short{limit}",
            "split the value into strings of at most 255 characters, as identity records --format zone does",
            values,
        )
    return Finding(MISMATCH, "other_value", "another key is there", "change the value to this key", values)


def _unusable(tags: Mapping[str, str]) -> str | None:
    if not _bare(tags["p"]):
        return "the key is empty, which revokes it"
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"v={tags['v']} is no version of DKIM"
    if tags.get("k", "rsa").lower() != "rsa":
        return f"k={tags['k']} is no RSA key"
    return None


def _tags(text: str) -> dict[str, str]:
    parts = text.strip().strip('"').split(";")
    pairs = (_DKIM_TAG.fullmatch(part) for part in parts)
    return {pair[1].lower(): pair[2] for pair in pairs if pair}


def _bare(text: str) -> str:
    return "".join(text.split())


def judge_verification(record: Record, values: tuple[str, ...]) -> Finding:
    """The token of API v1; tokens of other regions may stand beside it."""
    wanted = record.value or ""
    if any(each.strip() == wanted for each in values):
        return Finding(OK, "ok", found=values)
    if any(each.strip().strip('"\\') == wanted for each in values):
        return Finding(
            MISMATCH,
            "quotes_kept",
            "the value has quotation marks in it",
            "enter the value without quotation marks",
            values,
        )
    if any(each.strip() and wanted.startswith(each.strip()) for each in values):
        return Finding(TRUNCATED, "cut", "the value is cut short", "publish the whole value", values)
    return Finding(
        MISMATCH, "other_value", "another token is there", "add the wanted value beside what is there", values
    )
