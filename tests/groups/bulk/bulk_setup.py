"""Starts the fake SES, and creates journals to send from."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sescli.groups.bulk.journal.loading import JournalLoader
from sescli.groups.bulk.journal.run_metadata import RunMetadata
from sescli.groups.bulk.model.entries import Entry
from sescli.groups.bulk.model.spec import MessageSpec, SendLimits

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
BATCH = """\
version: 1
name: news
from: Shop <shop@example.com>
template: OrderConfirmation
recipients:
"""
PEOPLE = [
    {"to": "john@example.com", "data": {"name": "John", "orderId": "1", "total": "9.99"}},
    {
        "to": "jane@example.com",
        "data": {"name": "Jane", "orderId": "2", "total": "9.99"},
        "tags": {"tier": "gold"},
    },
]
# Answer of the fake SES to its second call.
OVER_QUOTA = {2: "TooManyRequestsException:Daily message quota exceeded."}
MAILING = MessageSpec(sender="Shop <shop@example.com>", template="Order")


@dataclass
class FakeSes:
    """A fake SES in another process, and its record of accepted recipients."""

    url: str
    book_path: Path
    process: subprocess.Popen[str]

    @property
    def book(self) -> list[dict[str, Any]]:
        """What it accepted, in order."""
        if not self.book_path.exists():
            return []
        # The last line may still be in the making.
        whole, _, _ = self.book_path.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def has_met(self, fault: str) -> bool:
        """Whether a call has failed in this way."""
        told = Path(f"{self.book_path}.faults")
        return told.exists() and fault in told.read_text().splitlines()

    @property
    def accepted(self) -> list[str]:
        return [entry["to"] for entry in self.book]

    def stop(self) -> None:
        """As if the network were lost: calls in flight are reset, and new ones get no response."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def start_again(self, **faults: Any) -> None:
        """Start again at the same address, with the same record."""
        self.process = _started(self.book_path, int(self.url.rpartition(":")[2]), None, faults)[0]

    def behave(self, **faults: Any) -> None:
        """From now on, show these faults instead, at the same address."""
        self.stop()
        self.start_again(**faults)


def fake_ses(book: Path, *, limit: float | None = None, **faults: Any) -> FakeSes:
    """Start one. `limit` is recipients per second, strictly; for `faults` see fake_ses.py."""
    process, port = _started(book, 0, limit, faults)
    return FakeSes(f"http://127.0.0.1:{port}", book, process)


def _started(
    book: Path, port: int, limit: float | None, faults: dict[str, Any]
) -> tuple[subprocess.Popen[str], int]:
    argv = [sys.executable, str(HERE / "fake_ses.py"), "--book", str(book), "--faults", json.dumps(faults)]
    argv += ["--port", str(port)]
    if limit is not None:
        argv += ["--limit", str(limit)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def entry(row: int, to: str | None = None, weight: int = 1) -> Entry:
    return Entry(
        row, row + 1, None, to or f"user{row}@example.com", None, '{"name":"Jo"}', None, None, weight
    )


def journal(
    path: Path,
    count: int,
    *,
    mailing: MessageSpec = MAILING,
    limits: SendLimits | None = None,
    to: Callable[[int], str | None] = lambda _row: None,
    run: str = "run-1",
    sequence: int | None = None,
) -> Path:
    """Create a journal with this number of recipients, ready to send."""
    with JournalLoader(path.with_suffix(".loading")) as loading:
        loading.add((entry(row, to(row)), f"row {row}") for row in range(1, count + 1))
        head = RunMetadata(
            run,
            "run",
            time.time(),
            "us-east-1",
            "AWS",
            "test",
            mailing,
            limits or SendLimits(),
            sequence=sequence,
        )
        loading.publish(path, head)
    return path


def journals(home: Path) -> list[Path]:
    """The journals of this user, sorted by name."""
    folder = home / ".local" / "state" / "sescli" / "runs"
    return sorted(folder.glob("*.journal")) if folder.exists() else []
