"""A bulk run as one watches it: a live bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sescli.output.formats import write_jsonl
from sescli.output.plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.live import Live
    from rich.table import Table

    from sescli.output.output import Output


class Figures(Protocol):
    """How far a run is: what `sescli.bulk.progress.Progress` says."""

    @property
    def recipients(self) -> int: ...
    @property
    def pending(self) -> int: ...
    @property
    def sent(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def unknown(self) -> int: ...
    @property
    def throttled(self) -> int: ...
    @property
    def rate(self) -> float: ...
    @property
    def limit(self) -> float: ...
    @property
    def eta(self) -> float | None: ...
    @property
    def note(self) -> str | None: ...


# Off a terminal a line every so many seconds.
_EVERY = 5.0


@contextmanager
def watching(output: Output, row: Callable[[Any], object]) -> Iterator[Silent]:
    """The observer that fits the output: records for `-o jsonl`, nothing for other machine formats.

    `row` makes the record of a recipient.
    """
    if output.style == "jsonl" and output.query is None:
        yield _Records(output, row)
    elif not output.for_people or output.quiet:
        yield Silent()
    elif output.terminal.stderr_is_tty:
        bar = _Bar(output)
        try:
            yield bar
        finally:
            bar.clear()
    else:
        yield _Lines(output.note)


class Silent:
    """Looks on and says nothing."""

    def progressed(self, progress: Figures) -> None:
        """How far it is."""

    def settled(self, results: Sequence[Any]) -> None:
        """Recipients that have just got their outcome."""


class _Records(Silent):
    """A JSON line per recipient, as soon as its outcome is on disk."""

    def __init__(self, output: Output, row: Callable[[Any], object]) -> None:
        self._stream = output.terminal.stdout
        self._row = row

    def settled(self, results: Sequence[Any]) -> None:
        try:
            write_jsonl((to_plain(self._row(one)) for one in results), self._stream)
        except BrokenPipeError:
            # What is still buffered goes nowhere, or the last flush of the program would fail once more.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            raise


class _Lines(Silent):
    """Plain lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said_at = time.monotonic()

    def progressed(self, progress: Figures) -> None:
        now = time.monotonic()
        if now - self._said_at >= _EVERY:
            self._said_at = now
            self._say(in_words(progress))


class _Bar(Silent):
    """A bar, drawn anew in place; it begins with the sending, so that questions before it have the screen."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._live: Live | None = None

    def progressed(self, progress: Figures) -> None:
        if self._live is None:
            from rich.live import Live

            self._live = Live(console=self._output.console(), refresh_per_second=8, transient=True)
            self._live.start()
        self._live.update(_drawn(progress))

    def clear(self) -> None:
        """Take the bar away."""
        if self._live is not None:
            self._live.stop()


def in_words(progress: Figures) -> str:
    """The state of a run as one line."""
    settled = progress.recipients - progress.pending
    parts = [
        f"{settled:,} of {progress.recipients:,}",
        f"sent {progress.sent:,}",
        f"failed {progress.failed:,}",
        f"unknown {progress.unknown:,}" if progress.unknown else "",
        f"throttled {progress.throttled:,}" if progress.throttled else "",
        f"{progress.rate:.1f}/s of {progress.limit:.4g}/s",
        f"{_span(progress.eta)} left" if progress.eta is not None and progress.pending else "",
        progress.note or "",
    ]
    return ", ".join(part for part in parts if part)


def _drawn(progress: Figures) -> Table:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    settled = progress.recipients - progress.pending
    grid = Table.grid(padding=(0, 1))
    share = settled / progress.recipients if progress.recipients else 1.0
    grid.add_row(
        ProgressBar(total=max(1, progress.recipients), completed=settled, width=32),
        Text(f"{share:4.0%}"),
        Text.assemble(
            ("sent ", "dim"),
            (f"{progress.sent:,}", "green"),
            ("  failed ", "dim"),
            (f"{progress.failed:,}", "red" if progress.failed else ""),
            ("  unknown ", "dim") if progress.unknown else "",
            (f"{progress.unknown:,}", "yellow") if progress.unknown else "",
            ("  throttled ", "dim"),
            (f"{progress.throttled:,}", "yellow" if progress.throttled else ""),
            ("  rate ", "dim"),
            f"{progress.rate:.0f}/{progress.limit:.4g} a second",
            ("  left ", "dim"),
            _span(progress.eta) if progress.eta is not None else "?",
        ),
    )
    if progress.note:
        grid.add_row("", "", Text(progress.note, style="yellow"))
    return grid


def _span(seconds: float | None) -> str:
    whole = int(seconds or 0)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
