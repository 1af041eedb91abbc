"""A bulk run as one watches it: a live bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from sescli.groups.bulk.engine.progress import NullObserver
from sescli.output import sanitise
from sescli.output.formats import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from sescli.groups.bulk.engine.progress import Progress
    from sescli.output.output import Output


# The terminal writes ^C behind the bar: past the last column it would begin a line that nobody takes away.
_FOR_CTRL_C = 5
_LONGEST_BAR, _SHORTEST_BAR = 32, 8
_ROUND = 100
# Off a terminal a line every so many seconds at first; then each waits a twentieth of the time so far, so that a log
# of hours has no thousands of them; but never longer than CI systems bear without a word.
_EVERY, _AT_LAST = 5.0, 60.0
_SHARE = 0.05


@contextmanager
def watching(output: Output, record: Callable[[Any], object]) -> Iterator[NullObserver]:
    """The observer that fits the output: records for `-o jsonl`, nothing for other machine formats.

    `record` makes of a recipient what is written of it, as plain data.
    """
    if output.style == "jsonl" and output.query is None:
        yield _Records(output, record)
    elif not output.for_people or output.quiet:
        yield NullObserver()
    elif output.terminal.stderr_is_tty:
        bar = _Bar(output)
        try:
            yield bar
        finally:
            bar.clear()
    else:
        yield _Lines(output.note)


class _Records(NullObserver):
    """A JSON line per recipient, as soon as its outcome is on disk."""

    wants_results = True

    def __init__(self, output: Output, record: Callable[[Any], object]) -> None:
        self._stream = output.terminal.stdout
        self._record = record

    def on_results(self, results: Sequence[Any]) -> None:
        try:
            self._stream.write("".join(f"{dumps(self._record(one), indent=None)}\n" for one in results))
            self._stream.flush()
        except BrokenPipeError:
            _discard(self._stream)
            raise


def _discard(stream: TextIO) -> None:
    """What is still buffered, and what comes, goes nowhere, or the last flush of the program would fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class _Lines(NullObserver):
    """Plain lines."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._began = self._said_at = clock()

    def on_progress(self, progress: Progress) -> None:
        now = self._clock()
        if now - self._said_at >= min(_AT_LAST, max(_EVERY, (now - self._began) * _SHARE)):
            self._said_at = now
            self._say(in_words(progress))


class _Bar(NullObserver):
    """A bar, drawn anew in place; it begins with the sending, so that questions before it have the screen.

    A terminal that goes away tells the run so by SIGHUP. Who has that ignored (nohup, disown) wants the run to
    go on, so what can no longer be drawn is no fault: the rest of what the program says goes nowhere.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._live: Live | None = None

    def on_progress(self, progress: Progress) -> None:
        with self._unless_gone():
            self._draw(progress)

    def clear(self) -> None:
        """Take the bar away."""
        if self._live is not None:
            with self._unless_gone():
                self._live.stop()

    def _draw(self, progress: Progress) -> None:
        if self._live is None:
            from rich.live import Live

            # No thread of its own: the run says four times a second how far it is, and that is smooth enough.
            self._live = Live(console=self._output.console(), auto_refresh=False, transient=True)
            self._live.start()
        width = self._width()
        self._live.console.width = width
        self._live.update(_drawn(progress, width), refresh=True)

    def _width(self) -> int:
        """Of the terminal now: its window may have been resized."""
        try:
            return (
                os.get_terminal_size(self._output.terminal.stderr.fileno()).columns or self._output.err.width
            )
        except (OSError, ValueError):
            return self._output.err.width

    @contextmanager
    def _unless_gone(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            terminal = self._output.terminal
            _discard(terminal.stderr)
            if terminal.stdout_is_tty:
                _discard(terminal.stdout)


def in_words(progress: Progress) -> str:
    """The state of a run as one line."""
    settled = progress.recipients - progress.pending
    parts = [
        f"{settled:,} of {progress.recipients:,}",
        f"sent {progress.sent:,}",
        f"failed {progress.failed:,}",
        f"unknown {progress.unknown:,}" if progress.unknown else "",
        f"throttled {progress.throttled:,}" if progress.throttled else "",
        f"{progress.rate:,.1f}/s of {_limit(progress)}/s",
        f"{_span(progress.eta)} left" if progress.eta is not None and progress.pending else "",
        progress.note or "",
    ]
    return ", ".join(part for part in parts if part)


def _drawn(progress: Progress, width: int) -> Group:
    """The bar and the figures beside it in one line of `width` columns, and below what holds the run up.

    Where there is little room, the bar goes first, then what matters least.
    """
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    settled = progress.recipients - progress.pending
    share = settled / progress.recipients if progress.recipients else 1.0
    room = width - _FOR_CTRL_C
    figures = _figures(progress, f"{share:4.0%}", room)
    line = Table.grid(padding=(0, 1))
    bar = min(_LONGEST_BAR, room - 1 - sum(figure.cell_len + 2 for figure in figures))
    if bar >= _SHORTEST_BAR:
        total = max(1, progress.recipients)
        line.add_row(ProgressBar(total=total, completed=settled, width=bar), Text("  ").join(figures))
    else:
        line.add_row(Text("  ").join(figures))
    if not progress.note:
        return Group(line)
    # SES's own words may be in it.
    note = Text(sanitise.one_line(progress.note), style="yellow", no_wrap=True)
    note.truncate(room, overflow="ellipsis")
    return Group(line, note)


def _figures(progress: Progress, share: str, room: int) -> list[Text]:
    """As many of the figures as fit, in their order."""
    from rich.text import Text

    left = _span(progress.eta) if progress.eta is not None else "?"
    ranked = [
        (0, Text(share)),
        (1, Text.assemble(("sent ", "dim"), (f"{progress.sent:,}", "green"))),
        (2, _count("failed", progress.failed, "red")),
        (3, _count("unknown", progress.unknown, "yellow") if progress.unknown else None),
        (6, _count("throttled", progress.throttled, "yellow") if progress.throttled else None),
        (4, Text(f"{progress.rate:,.0f}/s of {_limit(progress)}/s")),
        (5, Text.assemble(("left ", "dim"), left)),
    ]
    figures = [(rank, text) for rank, text in ranked if text is not None]
    while sum(text.cell_len + 2 for _, text in figures) > room and len(figures) > 1:
        figures.remove(max(figures, key=lambda one: one[0]))
    return [text for _, text in figures]


def _count(what: str, count: int, style: str) -> Text:
    from rich.text import Text

    return Text.assemble((f"{what} ", "dim"), (f"{count:,}", style if count else ""))


def _limit(progress: Progress) -> str:
    return f"{progress.limit:,.0f}" if progress.limit >= _ROUND else f"{progress.limit:.3g}"


def _span(seconds: float | None) -> str:
    whole = int(seconds or 0)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
