"""Searches the outbox, newest first, in blocks, so that a long search does not block senders."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.sending import outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.store import Store

_BLOCK_SIZE = 1000  # IDs searched per lock of the store
_SECONDS = 0.25  # time limit of one search; the next one continues where it ended
_MAX_WORDS = 8
_MAX_WORD_LENGTH = 200
_SNIPPET = 160  # characters
_MAX_SHOWN_RECIPIENTS = 3  # recipients of a message in a list
_RUN = re.compile(r"[^\x00-\x1f\x7f-\U0010ffff\"\\=]+")  # characters that JSON does not escape


@dataclass(frozen=True)
class SearchQuery:
    """A search for messages with this status that contain every word.

    Words are case-insensitive. They may occur in an address, the subject, the text or HTML body, a tag, the
    configuration set, the template or the message ID.
    """

    words: tuple[str, ...] = ()
    status: str | None = None


@dataclass(frozen=True)
class SearchResult:
    """`next` is the ID below which to continue; None if the search is complete."""

    mails: list[dict[str, Any]]
    next: int | None


def parse_query(text: str, status: str | None) -> SearchQuery:
    """Parse the words of a query. Words after the eighth are ignored."""
    words = tuple(word[:_MAX_WORD_LENGTH] for word in text.split()[:_MAX_WORDS])
    return SearchQuery(words, status or None)


def id_range(store: Store) -> tuple[int, int]:
    """The newest and the oldest ID, or 0 and 0 if the outbox is empty."""
    with store.lock:
        # Two queries: SQLite reads each from an end of the index, but would scan the table for both together.
        ends = [store.db.execute(f"SELECT {end}(id) FROM mails").fetchone()[0] for end in ("max", "min")]  # noqa: S608
    return ends[0] or 0, ends[1] or 0


def find_messages(
    store: Store, query: SearchQuery, *, before: int | None = None, after: int = 0, limit: int
) -> SearchResult:
    """Find summaries of at most `limit` messages of all regions with IDs above `after` and below `before`.

    Stops after a quarter of a second and returns the results so far and where to continue.
    """
    newest, oldest = id_range(store)
    high = min(before if before is not None else newest + 1, newest + 1)
    low = max(oldest, after + 1)
    deadline = time.monotonic() + _SECONDS
    mails: list[dict[str, Any]] = []
    while high > low:
        floor = max(high - _BLOCK_SIZE, low)
        with store.lock:
            for mail in _search_block(store, query, floor, high):
                if len(mails) == limit:
                    return SearchResult(mails, int(mails[-1]["id"]))
                mails.append(_summarize(mail))
        high = floor
        if time.monotonic() > deadline and high > low:
            return SearchResult(mails, high)
    return SearchResult(mails, None)


def _search_block(store: Store, query: SearchQuery, floor: int, high: int) -> Iterator[dict[str, Any]]:
    condition, values = "", []
    if query.status is not None:
        condition, values = " AND status = ?", [query.status]
    for word in query.words:
        # SQLite preselects rows by their stored JSON, and Python checks the rest. LIKE ignores case only for ASCII,
        # and the JSON escapes other letters, so the query uses only the ASCII runs of the word.
        runs = _RUN.findall(word) or [""]
        condition += (
            f" AND ({' AND '.join(['body LIKE ? ESCAPE ?'] * len(runs))} OR message_id LIKE ? ESCAPE '!')"
        )
        for run in runs:
            values += [f"%{_escaped(run)}%", "!"]
        values.append(f"%{_escaped(word)}%")
    rows = store.db.execute(
        "SELECT id, region, message_id, at, status, body FROM mails"  # noqa: S608  the constants above
        f" WHERE id >= ? AND id < ?{condition} ORDER BY id DESC",
        (floor, high, *values),
    )
    for row in rows:
        mail = outbox.message_from_row(row)
        if not query.words or _matches(mail, query.words):
            yield mail


def _escaped(pattern: str) -> str:
    return pattern.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _matches(mail: dict[str, Any], words: tuple[str, ...]) -> bool:
    parts = [mail[name] or "" for name in ("from", "subject", "text", "html", "config_set", "template")]
    parts += [*mail["to"], *mail["cc"], *mail["bcc"], *mail["reply_to"], mail["message_id"]]
    parts += [f"{name}={value}" for name, value in mail["tags"].items()]
    whole = "\n".join(parts).casefold()
    return all(word.casefold() in whole for word in words)


def _summarize(mail: dict[str, Any]) -> dict[str, Any]:
    recipients = [*mail["to"], *mail["cc"], *mail["bcc"]]
    return {
        **{name: mail[name] for name in ("id", "message_id", "from", "subject", "status", "at", "region")},
        "to": recipients[:_MAX_SHOWN_RECIPIENTS],
        "recipients": len(recipients),
        "attachments": len(mail["attachments"]),
        "snippet": " ".join((mail["text"] or "")[: 2 * _SNIPPET].split())[:_SNIPPET],
    }
