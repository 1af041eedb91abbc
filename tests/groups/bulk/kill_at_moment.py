"""Run the real program in a process that kills itself (SIGKILL) at one moment: `kill_at_moment.py MOMENT ARGUMENTS…`.

sescli has no code for this: the moment is found with Python's audit events and SQLite's trace.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import threading
from typing import Any

_ROW = "sql INSERT INTO recipient"
_CLAIM = "sql UPDATE outcome SET state = 'sending'"
_SETTLE = r"sql UPDATE outcome SET state = ('sent'|said\.state)"
_END = "sql UPDATE run SET finished_at"
_COMMIT = "sql COMMIT"
_FOLD = "sql PRAGMA journal_mode=DELETE"

# Events that must be seen one after the other; just before the last one happens, the process is killed.
MOMENTS = {
    "the first rows are in": [_ROW],
    "all rows are in, not checked": [_ROW, r"sql (?!INSERT INTO (recipient|outcome|scratch\.keys)\b)"],
    "all rows are checked, it is no run yet": ["os.rename"],
    "it is a run, not begun": ["os.rename", "sql PRAGMA journal_mode=WAL"],
    "it is being begun": ["sql UPDATE run SET started_at"],
    "a claim is written, not durable": [_CLAIM, _COMMIT],
    "a claim is durable, the call has not left": [_CLAIM, _COMMIT, "socket.connect"],
    "an answer is there, not in the journal": [_CLAIM, _SETTLE],
    "an outcome is written, not durable": [_CLAIM, _SETTLE, _COMMIT],
    "an outcome is durable": [_CLAIM, _SETTLE, _COMMIT, "sql "],
    "all is sent, the end is not noted": [_END],
    "the end is noted": [_END, _COMMIT, "sql "],
    "the journal is not folded": [_END, _COMMIT, _FOLD],
    "the summary is not printed": [_END, _COMMIT, _FOLD, "fcntl.flock"],
}


class KillSwitch:
    """Kills the process at its moment."""

    def __init__(self, moment: str) -> None:
        self._left = [re.compile(pattern) for pattern in MOMENTS[moment]]
        self._lock = threading.Lock()

    def look_on(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect/handle":
            self._trace_as_soon_as_it_is_made(arguments[0])
        elif event in {"os.rename", "socket.connect", "fcntl.flock"}:
            self.see(event)

    def _trace_as_soon_as_it_is_made(self, connection: sqlite3.Connection) -> None:
        """The event comes before the connection can be used, so a profiler waits for its first use."""

        def profile(*_: object) -> None:
            sys.setprofile(None)
            connection.set_trace_callback(lambda statement: self.see(f"sql {statement.strip()}"))

        sys.setprofile(profile)

    def see(self, what: str) -> None:
        with self._lock:
            if self._left and self._left[0].match(what):
                self._left.pop(0)
                if not self._left:
                    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    from sescli.__main__ import main as program

    death = KillSwitch(sys.argv.pop(1))
    sys.addaudithook(death.look_on)
    program()


if __name__ == "__main__":
    main()
