"""Checks rows of a source: each becomes an entry of the journal or a problem."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple

from sescli.errors import UsageError
from sescli.groups.bulk.batch.recipients import RecipientRow, SourceRow, UnreadableRow, named
from sescli.groups.bulk.batch.subjects import RowSubjects
from sescli.groups.bulk.batch.unsubscribe import placeholders, unsubscribe_headers
from sescli.groups.bulk.model.entries import Entry, RowProblem
from sescli.mail.addresses import Address, is_plain, parse_address
from sescli.mail.headers import check_header
from sescli.mail.tags import check_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sescli.groups.bulk.model.spec import MessageSpec
    from sescli.handlebars.content import TemplateContent
    from sescli.handlebars.doubts import DataNote

MAX_RECIPIENTS = 50  # of one message, To, Cc and Bcc together (SES)
# Created once: json.dumps would create one for every row.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_MAX_EXAMPLES = 5  # rows of a kind that are listed
_HALF = "contains half of a surrogate pair, which is not a character"
MAX_DATA = 262_144  # characters of template data (SES API v2 TemplateData)


class _RowErrors(Exception):  # noqa: N818 - a list of errors
    """All problems of one row, as (code, reason)."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        super().__init__(found)
        self.found = found


class _RowDestination(NamedTuple):
    """The addresses of a row. `key` identifies the recipient of a row with several To addresses: rows with the
    same key are duplicates. It is None where the address identifies the recipient.
    """

    address: str
    destination: str | None = None
    weight: int = 1
    key: str | None = None


@dataclass
class EmptyVariable:
    """Rows that have an empty value for a variable of the template: their number, and the first of them."""

    name: str
    count: int = 0
    first: list[int] = field(default_factory=list)


@dataclass
class NotedRows:
    """Rows with a note of one kind: their number, and the first of them."""

    note: DataNote
    count: int = 0
    first: list[int] = field(default_factory=list)


class RowValidator:
    """Checks rows one by one; it keeps no rows. It counts empty variables in `empty`, and notes about data in `notes`.

    `template` is None if it could not be read. In the sandbox, `recipient_problem` gives the reason why SES does
    not accept an address; it is None outside.
    """

    def __init__(
        self,
        mailing: MessageSpec,
        default_data: Mapping[str, Any],
        template: TemplateContent | None,
        recipient_problem: Callable[[Address], str | None] | None = None,
    ) -> None:
        self._defaults = dict(default_data)
        self._template = template
        self._subjects = RowSubjects(template)
        self._recipient_problem = recipient_problem
        self._one_each = mailing.one_call_each
        self._placeholders = placeholders(mailing.unsubscribe)
        self._unsubscribe = mailing.unsubscribe
        self.notes: dict[tuple[str, str], NotedRows] = {}
        self.empty = {name: EmptyVariable(name) for name in (template.missing({}) if template else ())}

    def rows(self, source: Iterable[SourceRow]) -> Iterator[tuple[Entry, str | None] | RowProblem]:
        """Check each row: an entry with its recipient key, or a problem."""
        return map(self.check, source)

    def check(self, row: SourceRow) -> tuple[Entry, str | None] | RowProblem:
        """Check one row. The key is None if the row's id, or else its only address, identifies the recipient."""
        if isinstance(row, UnreadableRow):
            return RowProblem(row.row, row.line, _storable(row.to), row.code, _storable(row.reason))
        try:
            return self._entry(row)
        except _RowErrors as error:
            reason = "; ".join(text for _, text in error.found)
            to = _storable("; ".join(row.to))
            return RowProblem(row.row, row.line, to, error.found[0][0], _storable(reason))

    def _entry(self, row: RecipientRow) -> tuple[Entry, str | None]:
        errors: list[tuple[str, str]] = []
        destination = self._destination_of(row, errors)
        if row.id is not None and not row.id.isascii() and _storable(row.id) != row.id:
            errors.append(("BadId", f"the id {_HALF}"))
        data = {**self._defaults, **row.data} if self._defaults else row.data
        text = self._data(row.row, data, errors)
        headers = self._headers(row, data, errors) if self._placeholders or row.headers else None
        if row.tags:
            _check_pairs(check_tag, row.tags, errors)
        if errors:
            raise _RowErrors(errors)
        if '""' in text or "null" in text:
            self._count_empty(row.row, data)
        entry = Entry(
            row.row,
            row.line,
            row.id,
            destination.address,
            destination.destination,
            text,
            json.dumps(dict(row.tags)) if row.tags else None,
            json.dumps(headers) if headers else None,
            destination.weight,
        )
        return entry, None if row.id is not None else destination.key

    def _destination_of(self, row: RecipientRow, errors: list[tuple[str, str]]) -> _RowDestination:
        if (
            len(row.to) == 1
            and not row.cc
            and not row.bcc
            and not self._recipient_problem
            and is_plain(row.to[0])
        ):
            return _RowDestination(row.to[0])
        to = self._parsed(row.to, errors)
        cc = self._parsed(row.cc, errors) if row.cc else []
        bcc = self._parsed(row.bcc, errors) if row.bcc else []
        weight = len(to) + len(cc) + len(bcc)
        _check_repeated([*to, *cc, *bcc], errors)
        self._check_count(row, weight, errors)
        if errors:
            return _RowDestination("")
        plain = weight == 1 and to and not to[0].display_name
        return _RowDestination(
            (to or cc or bcc)[0].addr_spec,
            None if plain else _destination(to, cc, bcc),
            weight,
            None if len(to) < 2 else ",".join(sorted(address.key for address in to)),  # noqa: PLR2004 - several
        )

    def _parsed(self, texts: tuple[str, ...], errors: list[tuple[str, str]]) -> list[Address]:
        found: list[Address] = []
        for text in texts:
            try:
                address = parse_address(text)
            except UsageError as error:
                errors.append((error.code or "InvalidAddress", error.message))
                continue
            if self._recipient_problem and (problem := self._recipient_problem(address)):
                errors.append(("Sandbox", problem))
            found.append(address)
        return found

    def _check_count(self, row: RecipientRow, weight: int, errors: list[tuple[str, str]]) -> None:
        if not row.to and not row.cc and not row.bcc:
            errors.append(("NoAddress", "the row has no address"))
        elif weight > MAX_RECIPIENTS:
            errors.append(
                ("TooManyRecipients", f"{weight} addresses, but a message can have at most {MAX_RECIPIENTS}")
            )
        elif self._one_each and weight > 1:
            errors.append(
                (
                    "OneRecipient",
                    "list management (unsubscribe: list) allows one address only, without cc and bcc",
                )
            )

    def _data(self, row: int, data: Mapping[str, Any], errors: list[tuple[str, str]]) -> str:
        try:
            text = _encoded(data)
        except ValueError as error:
            errors.append(("BadData", f"the data cannot be sent: {error}"))
            return "{}"
        if not text.isascii() and _storable(text) != text:
            errors.append(("BadData", f"the data cannot be sent: it {_HALF}"))
            return "{}"
        if len(text) > MAX_DATA:
            errors.append(
                ("DataTooLong", f"{len(text):,} characters of data, but SES accepts at most {MAX_DATA:,}")
            )
        if self._template:
            self._render(self._template, row, data, errors)
            if not errors and (problem := self._subjects.problem(data, text)):
                errors.append((problem.code or "BadData", problem.message))
        return text

    def _render(
        self, template: TemplateContent, row: int, data: Mapping[str, Any], errors: list[tuple[str, str]]
    ) -> None:
        """Render the row as a send does. A line break in the subject would start a new header."""
        try:
            report = template.check_data(data)
        except UsageError as error:
            errors.append((error.code or "BadData", error.message))
            return
        if report.missing:
            reason = f"the template requires {named(report.missing)}; the row has {named(data)}"
            errors.append(("MissingVariable", reason))
        for note in report.notes:
            noted = self.notes.setdefault((note.code, note.name), NotedRows(note))
            noted.count += 1
            if len(noted.first) < _MAX_EXAMPLES:
                noted.first.append(row)

    def _count_empty(self, row: int, data: Mapping[str, Any]) -> None:
        for name, empty in self.empty.items():
            if name in data and data[name] in ("", None):
                empty.count += 1
                if len(empty.first) < _MAX_EXAMPLES:
                    empty.first.append(row)

    def _headers(
        self, row: RecipientRow, data: Mapping[str, Any], errors: list[tuple[str, str]]
    ) -> dict[str, str]:
        headers = dict(row.headers)
        if self._placeholders:
            values = {"id": row.id, **data} if row.id is not None else data
            missing = [name for name in self._placeholders if name not in values]
            if missing:
                names = ", ".join(f"'{name}'" for name in missing)
                errors.append(
                    (
                        "MissingVariable",
                        f"the unsubscribe address requires {names}, which the row does not have",
                    )
                )
            else:
                headers |= unsubscribe_headers(self._unsubscribe, values)  # checked when the batch was read
        _check_pairs(check_header, headers, errors)
        return headers


def _encoded(data: Mapping[str, Any]) -> str:
    """The JSON text; for a row of a table, which has only text values, in half the time."""
    try:
        return f"{{{','.join([f'{encode_basestring(name)}:{encode_basestring(value)}' for name, value in data.items()])}}}"
    except TypeError:
        return _ENCODER.encode(data)


def _storable(text: str) -> str:
    """Text without halves of surrogate pairs: JSON can contain them, but SQLite cannot store them."""
    return text.encode(errors="replace").decode()


def _check_pairs(
    check: Callable[[str, str], object], pairs: Mapping[str, str], errors: list[tuple[str, str]]
) -> None:
    for name, value in pairs.items():
        try:
            check(name, value)
        except UsageError as error:
            errors.append((error.code or "BadHeader", error.message))


def _check_repeated(addresses: list[Address], errors: list[tuple[str, str]]) -> None:
    """An address that is twice in a row, in any of To, Cc and Bcc, gets the message twice."""
    seen: set[str] = set()
    for address in addresses:
        if address.key in seen:
            errors.append(("RepeatedAddress", f"{address.addr_spec} is in this row more than once"))
        seen.add(address.key)


def _destination(to: list[Address], cc: list[Address], bcc: list[Address]) -> str:
    groups = {"ToAddresses": to, "CcAddresses": cc, "BccAddresses": bcc}
    return json.dumps({name: [one.format() for one in group] for name, group in groups.items() if group})
