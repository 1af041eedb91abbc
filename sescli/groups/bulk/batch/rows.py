"""From a row of the source to an entry of the journal, or to what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NamedTuple

from sescli.errors import UsageError
from sescli.groups.bulk.batch.recipients import RecipientRow, SourceRow, UnreadableRow
from sescli.groups.bulk.batch.unsubscribe import placeholders, unsubscribe_headers
from sescli.groups.bulk.model.entries import Entry, RowProblem
from sescli.mail.addresses import Address, is_plain, parse_address
from sescli.mail.controls import refuse_controls
from sescli.mail.headers import check_header
from sescli.mail.tags import check_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sescli.groups.bulk.model.spec import MessageSpec
    from sescli.handlebars.content import TemplateContent

MAX_RECIPIENTS = 50  # of one message, To, Cc and Bcc together (SES)
# Made once: json.dumps would make one for every row.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_FIRST = 5  # rows of a kind that are named
_MOST_NAMES = 12
_HALF = "holds half a surrogate pair, which is no character"
MAX_DATA = 262_144  # characters of template data (SES API v2 TemplateData)


class _RowErrors(Exception):  # noqa: N818 - a list of faults, raised once
    """Everything that is wrong with one row."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        super().__init__(found)
        self.found = found


class _RowDestination(NamedTuple):
    """Whom a row is for. `key` says who that is where there are several To addresses: two rows with the same
    key are the same recipient. It is None where the address says it.
    """

    address: str
    destination: str | None = None
    weight: int = 1
    key: str | None = None


@dataclass
class EmptyVariable:
    """Rows in which a variable that the template needs is there and empty: how many, and the first of them."""

    name: str
    count: int = 0
    first: list[int] = field(default_factory=list)


class RowValidator:
    """Checks rows one by one; it holds nothing of them, but counts of what is odd in them, in `empty`.

    `template` is None where it could not be read. In the sandbox, `recipient_problem` gives the reason why SES does
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
        self._recipient_problem = recipient_problem
        self._one_each = mailing.one_call_each
        self._placeholders = placeholders(mailing.unsubscribe)
        self._unsubscribe = mailing.unsubscribe
        self.empty = {name: EmptyVariable(name) for name in (template.missing({}) if template else ())}

    def rows(self, source: Iterable[SourceRow]) -> Iterator[tuple[Entry, str | None] | RowProblem]:
        """Each row as an entry with the key that says who it is, or as a problem."""
        return map(self.check, source)

    def check(self, row: SourceRow) -> tuple[Entry, str | None] | RowProblem:
        """One row; the key is None where its id says who it is, or else its one address."""
        if isinstance(row, UnreadableRow):
            return RowProblem(row.row, row.line, _storable(row.to), row.code, _storable(row.reason))
        try:
            return self._entry(row)
        except _RowErrors as faults:
            reason = "; ".join(text for _, text in faults.found)
            to = _storable("; ".join(row.to))
            return RowProblem(row.row, row.line, to, faults.found[0][0], _storable(reason))

    def _entry(self, row: RecipientRow) -> tuple[Entry, str | None]:
        faults: list[tuple[str, str]] = []
        whom = self._whom(row, faults)
        if row.id is not None and not row.id.isascii() and _storable(row.id) != row.id:
            faults.append(("BadId", f"the id {_HALF}"))
        data = {**self._defaults, **row.data} if self._defaults else row.data
        text = self._data(data, faults)
        headers = self._headers(row, data, faults) if self._placeholders or row.headers else None
        if row.tags:
            _check_pairs(check_tag, row.tags, faults)
        if faults:
            raise _RowErrors(faults)
        if '""' in text or "null" in text:
            self._note_empty(row.row, data)
        entry = Entry(
            row.row,
            row.line,
            row.id,
            whom.address,
            whom.destination,
            text,
            json.dumps(dict(row.tags)) if row.tags else None,
            json.dumps(headers) if headers else None,
            whom.weight,
        )
        return entry, None if row.id is not None else whom.key

    def _whom(self, row: RecipientRow, faults: list[tuple[str, str]]) -> _RowDestination:
        if (
            len(row.to) == 1
            and not row.cc
            and not row.bcc
            and not self._recipient_problem
            and is_plain(row.to[0])
        ):
            return _RowDestination(row.to[0])
        to = self._parsed(row.to, faults)
        cc = self._parsed(row.cc, faults) if row.cc else []
        bcc = self._parsed(row.bcc, faults) if row.bcc else []
        weight = len(to) + len(cc) + len(bcc)
        self._check_count(row, weight, faults)
        if faults:
            return _RowDestination("")
        plain = weight == 1 and to and not to[0].display_name
        return _RowDestination(
            (to or cc or bcc)[0].addr_spec,
            None if plain else _destination(to, cc, bcc),
            weight,
            None if len(to) < 2 else ",".join(sorted(address.key for address in to)),  # noqa: PLR2004 - several
        )

    def _parsed(self, texts: tuple[str, ...], faults: list[tuple[str, str]]) -> list[Address]:
        found: list[Address] = []
        for text in texts:
            try:
                address = parse_address(text)
            except UsageError as error:
                faults.append((error.code or "InvalidAddress", error.message))
                continue
            if self._recipient_problem and (problem := self._recipient_problem(address)):
                faults.append(("Sandbox", problem))
            found.append(address)
        return found

    def _check_count(self, row: RecipientRow, weight: int, faults: list[tuple[str, str]]) -> None:
        if not row.to and not row.cc and not row.bcc:
            faults.append(("NoAddress", "there is no address"))
        elif weight > MAX_RECIPIENTS:
            faults.append(("TooManyRecipients", f"{weight} addresses, and a mail takes {MAX_RECIPIENTS}"))
        elif self._one_each and weight > 1:
            faults.append(
                ("OneRecipient", "list management (unsubscribe: list) takes one address, without cc and bcc")
            )

    def _data(self, data: Mapping[str, Any], faults: list[tuple[str, str]]) -> str:
        try:
            text = _encoded(data)
        except ValueError as error:
            faults.append(("BadData", f"the data cannot be sent: {error}"))
            return "{}"
        if not text.isascii() and _storable(text) != text:
            faults.append(("BadData", f"the data cannot be sent: it {_HALF}"))
            return "{}"
        if len(text) > MAX_DATA:
            faults.append(("DataTooLong", f"{len(text):,} characters of data, and SES takes {MAX_DATA:,}"))
        if self._template:
            missing = self._template.missing(data)
            if missing:
                reason = f"the template needs {_named(missing)}, which the row lacks; it has {_named(data)}"
                faults.append(("MissingVariable", reason))
            elif "\\n" in text or "\\r" in text or "\\u" in text:
                self._check_subject(data, faults)
        return text

    def _note_empty(self, row: int, data: Mapping[str, Any]) -> None:
        for name, empty in self.empty.items():
            if name in data and data[name] in ("", None):
                empty.count += 1
                if len(empty.first) < _FIRST:
                    empty.first.append(row)

    def _check_subject(self, data: Mapping[str, Any], faults: list[tuple[str, str]]) -> None:
        """A line break that reaches the subject would begin a header of its own."""
        if not self._template:
            return
        try:
            refuse_controls(
                self._template.compiled["subject"].render(data), "the subject, with this row's data,"
            )
        except UsageError as error:
            faults.append((error.code or "BadData", error.message))

    def _headers(
        self, row: RecipientRow, data: Mapping[str, Any], faults: list[tuple[str, str]]
    ) -> dict[str, str]:
        headers = dict(row.headers)
        if self._placeholders:
            values = {"id": row.id, **data} if row.id is not None else data
            missing = [name for name in self._placeholders if name not in values]
            if missing:
                names = ", ".join(f"'{name}'" for name in missing)
                faults.append(
                    ("MissingVariable", f"the unsubscribe address needs {names}, which the row lacks")
                )
            else:
                headers |= unsubscribe_headers(self._unsubscribe, values)  # checked when the batch was read
        _check_pairs(check_header, headers, faults)
        return headers


def _encoded(data: Mapping[str, Any]) -> str:
    """The JSON text; that of a table's row, which holds nothing but text, in half the time."""
    try:
        return f"{{{','.join([f'{encode_basestring(name)}:{encode_basestring(value)}' for name, value in data.items()])}}}"
    except TypeError:
        return _ENCODER.encode(data)


def _storable(text: str) -> str:
    """Text without halves of surrogate pairs: JSON can spell them, and no journal holds them."""
    return text.encode(errors="replace").decode()


def _check_pairs(
    check: Callable[[str, str], object], pairs: Mapping[str, str], faults: list[tuple[str, str]]
) -> None:
    for name, value in pairs.items():
        try:
            check(name, value)
        except UsageError as error:
            faults.append((error.code or "BadHeader", error.message))


def _named(names: Iterable[str]) -> str:
    """Names in a list, the first of many."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) > _MOST_NAMES:
        quoted[_MOST_NAMES:] = [f"{len(quoted) - _MOST_NAMES} more"]
    return ", ".join(quoted) or "no data"


def _destination(to: list[Address], cc: list[Address], bcc: list[Address]) -> str:
    groups = {"ToAddresses": to, "CcAddresses": cc, "BccAddresses": bcc}
    return json.dumps({name: [one.format() for one in group] for name, group in groups.items() if group})
