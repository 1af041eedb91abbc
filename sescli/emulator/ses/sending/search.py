"""Looking through the outbox, newest first, in strides: a search in a large one holds no sender up."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.sending import outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.store import Store

_BLOCK_SIZE = 1000  # ids looked at while the store is held
_SECONDS = 0.25  # of one search; the next one goes on where it ended
_MAX_WORDS = 8
_MAX_WORD_LENGTH = 200
_SNIPPET = 160  # characters
_MAX_SHOWN_RECIPIENTS = 3  # recipients of a mail in a list
_RUN = re.compile(r"[^\x00-\x1f\x7f-\U0010ffff\"\\=]+")  # what JSON writes as it is


@dataclass(frozen=True)
class SearchQuery:
    """Mails in which every word occurs, in any case: in an address, the subject, the text or HTML, a tag,
    the configuration set, the template or the message id; and of this status.
    """

    words: tuple[str, ...] = ()
    status: str | None = None


@dataclass(frozen=True)
class SearchResult:
    """`next` is the id below which to go on; None when all was looked at."""

    mails: list[dict[str, Any]]
    next: int | None


def parse_query(text: str, status: str | None) -> SearchQuery:
    """What the words of a query ask for; words beyond the eighth count for nothing."""
    words = tuple(word[:_MAX_WORD_LENGTH] for word in text.split()[:_MAX_WORDS])
    return SearchQuery(words, status or None)


def id_range(store: Store) -> tuple[int, int]:
    """The newest and the oldest id; 0 and 0 of an empty outbox."""
    with store.lock:
        # Two questions, since SQLite answers each from the end of the index, but both together by a scan.
        ends = [store.db.execute(f"SELECT {end}(id) FROM mails").fetchone()[0] for end in ("max", "min")]  # noqa: S608
    return ends[0] or 0, ends[1] or 0


def find_messages(
    store: Store, query: SearchQuery, *, before: int | None = None, after: int = 0, limit: int
) -> SearchResult:
    """Briefs of at most `limit` mails of all regions with ids above `after` and below `before`.

    After a quarter of a second it stops, with what it has and where to go on.
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
        # SQLite leaves out what cannot match, in the JSON as it is stored; what remains is read. Its LIKE and
        # the JSON know case and letters of ASCII only, so it is asked for those runs of the word.
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
