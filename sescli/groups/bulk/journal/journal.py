"""The journal of a run: it stores every recipient in exactly one state, before the call that changes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from sescli.advice import Advice, NextCommand
from sescli.errors import LocalError
from sescli.groups.bulk.journal import database, integrity, sql
from sescli.groups.bulk.journal.reader import JournalReader, condition
from sescli.groups.bulk.model.entries import (
    FAILED,
    PENDING,
    SENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
    Entry,
    StateChange,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

SUPPRESSED = ("Suppressed", "on the suppression list: SES would not deliver the message")
RESULTS_LOST = "ResultsLost"
INTERRUPTED_CALL = ("Interrupted", "sescli ended during the call: SES may have accepted the message")


class Journal(JournalReader):
    """The file of one run, opened `for_sending` by one process or `for_reading` by any number.

    A journal that cannot be written stops the run.
    """

    _writes = False

    @classmethod
    def for_sending(cls, path: Path, now: Callable[[], float]) -> Self:
        """Open to write. The caller must hold the lock of the run.

        Raises `LocalError` if rows are missing or changed. Results that are lost with the write-ahead log are a
        `problem`: `recover` then sets the rows without a result to `unknown`.
        """
        cls.for_reading(path).close()  # a file that this version cannot read must not be opened to write
        with database.translate_errors(path):
            problem = integrity.check_before_sending(path)
            connection = database.open_for_sending(path)
        journal = cls(path, connection, now, problem)
        journal._writes = True
        return journal

    def close(self) -> None:
        """Close the file. A writer merges the write-ahead log into it first."""
        with database.translate_errors(self.path):
            if self._writes:
                database.close_for_sending(self._db, self.path)
            else:
                self._db.close()

    def commit(
        self,
        *,
        claimed: Iterable[Entry] = (),
        settled: Iterable[StateChange] = (),
        calls: int = 0,
        throttled: int = 0,
        seconds: float = 0.0,
    ) -> None:
        """Write the outcomes of finished calls and the claims of calls to send, in one durable commit.

        Raises `LocalError` if a row is already claimed: the outcomes are kept, and the caller must not send.
        """
        now = self._now()
        outcomes, claims = list(settled), [entry.row for entry in claimed]
        sent = {one.row: one.message_id for one in outcomes if one.state == SENT}
        others = [one for one in outcomes if one.state != SENT]
        with self._transaction():
            if sent:
                self._db.execute(sql.SENT, (now, _json(sent)))
            if others:
                self._db.execute(sql.SETTLE, (now, _json(others)))
            shared = bool(claims) and not self._claim(now, claims)
            self._db.execute(
                "UPDATE run SET calls = calls + ?, throttled = throttled + ?, seconds = seconds + ?",
                (0 if shared else calls, throttled, seconds),
            )
        if shared:
            raise LocalError(
                f"another process is sending from the same journal ({self.path}); this process stops",
                hint=Advice("watch the other process: ", NextCommand("bulk", "show")),
                code="RunInUse",
            )

    def _claim(self, now: float, rows: Sequence[int]) -> bool:
        """Claim all rows or none: locks may not work on a file server, so a claim checks the state again."""
        self._db.execute("SAVEPOINT claims")
        if self._db.execute(sql.CLAIM, (now, json.dumps(rows))).rowcount == len(rows):
            return True
        self._db.execute("ROLLBACK TO claims")
        return False

    def recover(self) -> int:
        """Set rows that a killed process left in `sending` to `unknown`; returns their number.

        If results are lost, also the pending rows: some of them may have been sent.
        """
        set_unknown = "UPDATE outcome SET state = ?, code = ?, reason = ? WHERE state = ?"
        with self._transaction():
            found = self._db.execute(set_unknown, (UNKNOWN, *INTERRUPTED_CALL, SENDING)).rowcount
            if self.problem:
                reason = f"{self.problem}: SES may have accepted the message"
                found += self._db.execute(set_unknown, (UNKNOWN, RESULTS_LOST, reason, PENDING)).rowcount
        return found

    def begin(self) -> None:
        """Record that the run starts or resumes. From here on, a copy without its log is recognized."""
        self.recover()
        with self._transaction():
            self._db.execute(
                "UPDATE run SET started_at = coalesce(started_at, ?), finished_at = NULL,"
                " stop_code = NULL, stop_reason = NULL",
                (self._now(),),
            )
        self.open_session()

    def open_session(self) -> None:
        """Mark the file as being written, before the first result. Raises `LocalError` while another process reads."""
        with self._transaction():
            # To the next odd number: a killed process left an odd one.
            self._db.execute("UPDATE run SET session = session + 1 + session % 2, session_calls = calls")
        with database.translate_errors(self.path):
            is_in_file = database.checkpoint(self._db)
        if not is_in_file:
            raise LocalError(
                f"another program is reading the journal {self.path}, so it cannot be opened safely; nothing was sent",
                hint="end that program (such as a paused `bulk results`), then repeat the command",
                code="Journal",
            )

    def check_rows(self) -> None:
        """Raise `LocalError` if rows of the batch are missing, changed or from another journal."""
        expected = self.metadata.rows, self.metadata.digest
        if expected[1] is None:
            return
        with database.translate_errors(self.path):
            found = integrity.digest_of(self._db)
        if found != expected:
            raise LocalError(
                f"the journal {self.path} is damaged: it has {found[0]:,} of {expected[0]:,} rows, or rows were changed;"
                " nothing was sent",
                hint="restore a complete copy of the folder; `bulk results` shows what can still be read",
                code="JournalDamaged",
            )

    def end(self, code: str | None, reason: str | None) -> None:
        """Record when and why the run stopped; `code` is None if it reached its end."""
        with self._transaction():
            self._db.execute(
                "UPDATE run SET finished_at = ?, stop_code = ?, stop_reason = ?", (self._now(), code, reason)
            )

    def ready(self, limit: int) -> list[Entry]:
        """The first rows that are ready to send."""
        return self.pending(0, limit)

    def mark_suppressed(self, addresses: Iterable[str], *, skip: bool) -> int:
        """Count the pending recipients whose address is on the suppression list; with `skip`, skip them."""
        where = (
            f"state = '{PENDING}'{self._only} AND row IN"  # noqa: S608
            " (SELECT r.row FROM temp.suppressed s JOIN recipient r ON lower(r.address) = s.address)"
        )
        with self._transaction():
            self._db.execute(
                "CREATE TEMP TABLE IF NOT EXISTS suppressed (address TEXT PRIMARY KEY) WITHOUT ROWID"
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO temp.suppressed VALUES (?)", ((one.lower(),) for one in addresses)
            )
            if skip:
                return self._db.execute(
                    f"UPDATE outcome SET state = ?, code = ?, reason = ? WHERE {where}",  # noqa: S608
                    (SKIPPED, *SUPPRESSED),
                ).rowcount
            return int(self._db.execute(f"SELECT count(*) FROM outcome WHERE {where}").fetchone()[0])  # noqa: S608

    def requeue_unknown(self) -> int:
        """Set unknown rows to pending: these recipients may get a second message."""
        with self._transaction():
            return self._db.execute(
                "UPDATE outcome SET state = ?, resent = 1 WHERE state = ?", (PENDING, UNKNOWN)
            ).rowcount

    def requeue_failed(self, codes: Sequence[str]) -> int:
        """Set rows that failed with one of these codes to pending; from now on `pending` returns only these.

        The selection exists in this connection only: after a crash they are ordinary pending rows.
        """
        where, values = condition((FAILED,), codes)
        with self._transaction():
            self._db.execute("CREATE TEMP TABLE again (row INTEGER PRIMARY KEY)")
            self._db.execute(f"INSERT INTO temp.again SELECT row FROM outcome WHERE {where}", values)  # noqa: S608
            count = self._db.execute(
                "UPDATE outcome SET state = ? WHERE row IN (SELECT row FROM temp.again)", (PENDING,)
            ).rowcount
        self._only = " AND row IN (SELECT row FROM temp.again)"
        return count


def _json(value: object) -> str:
    """JSON text, without halves of surrogate pairs: a response can contain them, but SQLite cannot store them."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()
