"""Hostile rows of recipients: each is an entry that can be stored and sent, or a problem in words."""

from __future__ import annotations

import json
import sqlite3
from random import Random

import pytest
from fuzzing import Campaign

from sescli.groups.bulk.batch.recipients import from_object
from sescli.groups.bulk.batch.rows import RowValidator
from sescli.groups.bulk.model.entries import RowProblem
from sescli.groups.bulk.model.spec import Columns, MessageSpec
from sescli.handlebars.content import TemplateContent
from sescli.text.structured import EXACT_JSON

pytestmark = pytest.mark.fuzz

_PIECES = (
    "a@b.co", "jane@example.com", "Jane <jane@example.com>", "\r\nBcc: evil@evil.example", "\n", "\r", "\t", "\0", "\x0b", "\x7f",
    "\x85", "\u2028", "\ud800", "\udfff", "\u202e", "\u200b", "\U000e0041", "é", "=1+1", "'", '"', ",", ";", "<", ">", "(((",
    "{{name}}", "{{#if x}}", "=?utf-8?q?=0D=0ABcc:_e@e.example?=", "x" * 300, "99999999999999999999", "-", "--yes", "@", "..",
)  # fmt: skip
_KEYS = ("to", "email", "cc", "bcc", "id", "data", "tags", "name", "Destination", "ReplacementTemplateData", "ReplacementTags", "ReplacementHeaders", "x", "")  # fmt: skip
_SPEC = MessageSpec(sender="shop@example.com", template="news")


def _text(random: Random) -> str:
    return "".join(random.choice(_PIECES) for _ in range(random.randint(0, 3)))


def _value(random: Random, depth: int = 0):
    kind = random.randrange(10 if depth < 3 else 7)
    if kind < 5:
        return _text(random)
    if kind == 5:
        return random.choice((None, True, 0, -1, 10**30, 1e308, "1"))
    if kind == 6:
        return random.choice(("a@b.co", ["a@b.co"], ["a@b.co", _text(random)]))
    if kind == 7:
        return [_value(random, depth + 1) for _ in range(random.randint(0, 3))]
    return {
        random.choice((*_KEYS, _text(random))): _value(random, depth + 1) for _ in range(random.randint(0, 4))
    }


def hostile_row(random: Random) -> str:
    """A line of a JSON lines file."""
    row = {key: _value(random) for key in random.sample(_KEYS, random.randint(0, 5))}
    if random.random() < 0.6:
        row["to"] = random.choice(("a@b.co", _text(random), [_text(random)]))
    line = json.dumps(row if random.random() < 0.95 else _value(random))
    if random.random() < 0.1:
        at = random.randrange(len(line) + 1)
        line = line[:at] + random.choice(('"', "{", "[", ",", "NaN", '"to":1,', "")) + line[at:]
    return line


ROWS = Campaign("bulk rows", total=20_000, generate=hostile_row)
_TEMPLATE = TemplateContent("Hello {{name}}", "Hi {{name}}")
_DATABASE = sqlite3.connect(":memory:")


def _checked(line: str, *, template: TemplateContent | None = _TEMPLATE):
    try:
        value = EXACT_JSON.decode(line)
    except (ValueError, RecursionError):
        return None
    return RowValidator(_SPEC, {"name": "Jane"}, template).check(from_object(value, 1, 1, Columns()))


def _through(line: str, *, template: TemplateContent | None = _TEMPLATE) -> str | None:
    checked = _checked(line, template=template)
    if checked is None:
        return None
    if isinstance(checked, RowProblem):
        _DATABASE.execute("SELECT ?, ?", (checked.to, checked.reason)).fetchone()
        return None if checked.reason else "a problem without a reason"
    entry, _ = checked
    _DATABASE.execute("SELECT ?, ?, ?, ?", (entry.address, entry.data, entry.tags, entry.headers)).fetchone()
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in entry.address):
        return "a control character in an address"
    subject = _TEMPLATE.compiled["subject"].render(json.loads(entry.data))
    if any(sign in subject for sign in "\r\n\0"):
        return "a line break in the subject"
    for text in (entry.tags, entry.headers):
        if any(sign in str(value) for value in json.loads(text or "{}").values() for sign in "\r\n\0"):
            return "a line break in a header or a tag"
    return None


def test_bulk_rows(fuzz):
    fuzz.none_through(ROWS, _through)


def test_bulk_rows_finds_subject_that_is_not_checked(fuzz):
    fuzz.finds(ROWS, lambda line: _through(line, template=None))


def test_bulk_rows_through_the_command_line(fuzz, sescli, ses, tmp_path):
    lines = fuzz.sample(ROWS, 300)
    (tmp_path / "people.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "batch.yaml").write_text(
        "version: 1\nname: news\nfrom: shop@example.com\ncontent: {subject: 'Hello', text: Hi}\n"
        "recipients: {file: people.jsonl}\n"
    )
    ran = sescli("bulk", "validate", str(tmp_path / "batch.yaml"), "-o", "json")
    assert ran.code == 3, ran.stderr
    assert "bug in sescli" not in ran.stderr
