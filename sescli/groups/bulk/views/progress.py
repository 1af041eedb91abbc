"""The progress of a bulk run: a live bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from sescli.groups.bulk.engine.progress import NullObserver
from sescli.output import sanitise
from sescli.output.detached_stream import DetachedStream, detached, release
from sescli.output.formats import dumps
from sescli.output.terminal import discard_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from sescli.groups.bulk.engine.progress import Progress
    from sescli.output.output import Output


# The terminal echoes ^C after the bar. Past the last column, it would start a line that stays on the screen.
_CTRL_C_WIDTH = 5
_LONGEST_BAR, _SHORTEST_BAR = 32, 8
_ROUND = 100
# Without a terminal: one line every 5 seconds at first. Later lines wait 5% of the time so far, so that a run of hours
# does not fill its log, but at most 60 seconds, because CI systems stop silent jobs.
_MIN_INTERVAL, _MAX_INTERVAL = 5.0, 60.0
_INTERVAL_SHARE = 0.05


@contextmanager
def progress_observer(output: Output, to_record: Callable[[Any], object]) -> Iterator[NullObserver]:
    """The observer for this output: records for `-o jsonl`, nothing for other machine formats.

    `to_record` turns the result of a recipient into plain data. The observer runs in a thread that may block, so it
    writes through streams of its own.
    """
    own = detached(output)
    observer = _observer(own, to_record)
    observer.wants_trace = output.verbose
    yield observer
    if observer.has_ended:
        release(own)


def _observer(own: Output, to_record: Callable[[Any], object]) -> _View:
    if own.style == "jsonl" and own.query is None:
        return _JsonLines(own, to_record)
    if not own.for_people or own.quiet:
        return _View(own)
    return _ProgressBar(own) if own.terminal.stderr_is_tty else _PlainLines(own)


class _View(NullObserver):
    """Shows nothing but the lines of --verbose; the base class of the views."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.has_ended = False

    def on_trace(self, line: str) -> None:
        self._output.trace(line)

    def on_end(self) -> None:
        self.has_ended = True

    def discard(self) -> None:
        _discard(self._output.terminal.stderr)
        if self._output.terminal.stdout_is_tty:
            _discard(self._output.terminal.stdout)


class _JsonLines(_View):
    """Writes one JSON line per recipient, as soon as its result is on disk."""

    wants_results = True

    def __init__(self, output: Output, to_record: Callable[[Any], object]) -> None:
        super().__init__(output)
        self._stream = output.terminal.stdout
        self._to_record = to_record

    def on_results(self, results: Sequence[Any]) -> None:
        try:
            self._stream.write("".join(f"{dumps(self._to_record(one), indent=None)}\n" for one in results))
            self._stream.flush()
        except BrokenPipeError:
            _discard(self._stream)
            raise

    def discard(self) -> None:
        _discard(self._stream)
        if self._output.terminal.stdout_is_tty:
            super().discard()


class _PlainLines(_View):
    """Writes plain lines, less often as time goes on."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(output)
        self._clock = clock
        self._started = self._last_line = clock()

    def on_progress(self, progress: Progress) -> None:
        now = self._clock()
        if now - self._last_line >= min(
            _MAX_INTERVAL, max(_MIN_INTERVAL, (now - self._started) * _INTERVAL_SHARE)
        ):
            self._last_line = now
            self._output.note(progress_text(progress))


class _ProgressBar(_View):
    """Redraws a bar in place. It appears when the sending starts, after all questions.

    A terminal that closes sends SIGHUP. If the user ignores that signal (nohup, disown), the run continues: a failed
    write to the terminal is not an error, and the rest of the output is discarded.
    """

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._live: Live | None = None

    def on_progress(self, progress: Progress) -> None:
        with self._ignore_closed_terminal():
            self._draw(progress)

    def on_trace(self, line: str) -> None:
        with self._ignore_closed_terminal():
            if self._live is None:
                super().on_trace(line)
            else:
                self._live.console.print(line, style="dim", soft_wrap=True)

    def on_end(self) -> None:
        """Remove the bar."""
        if self._live is not None:
            with self._ignore_closed_terminal():
                self._live.stop()
        super().on_end()

    def _draw(self, progress: Progress) -> None:
        if self._live is None:
            from rich.live import Live

            # Without a refresh thread: the run reports its progress four times a second.
            self._live = Live(console=self._output.console(), auto_refresh=False, transient=True)
            self._live.start()
        width = self._width()
        self._live.console.width = width
        self._live.update(_render(progress, width), refresh=True)

    def _width(self) -> int:
        """The current width of the terminal, whose window may have been resized."""
        try:
            return (
                os.get_terminal_size(self._output.terminal.stderr.fileno()).columns or self._output.err.width
            )
        except (OSError, ValueError):
            return self._output.err.width

    @contextmanager
    def _ignore_closed_terminal(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.discard()


def _discard(stream: TextIO) -> None:
    """Discard what is written later, here and in the stream that the command writes its result to."""
    discard_output(stream)
    if isinstance(stream, DetachedStream):
        discard_output(stream.original)


def progress_text(progress: Progress) -> str:
    """The progress of a run as one line."""
    settled = progress.recipients - progress.pending
    parts = [
        f"{settled:,} of {progress.recipients:,}",
        f"sent {progress.sent:,}",
        f"failed {progress.failed:,}",
        f"unknown {progress.unknown:,}" if progress.unknown else "",
        f"throttled {progress.throttled:,}" if progress.throttled else "",
        f"{progress.rate:,.1f}/s of {_limit(progress)}/s",
        f"{_clock_time(progress.eta)} left" if progress.eta is not None and progress.pending else "",
        progress.note or "",
    ]
    return ", ".join(part for part in parts if part)


def _render(progress: Progress, width: int) -> Group:
    """The bar and the counts in one line of `width` columns, and below it what delays the run.

    Where there is little room, the bar is left out first, then the least important counts.
    """
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    settled = progress.recipients - progress.pending
    share = settled / progress.recipients if progress.recipients else 1.0
    room = width - _CTRL_C_WIDTH
    counts = _counts(progress, f"{share:4.0%}", room)
    line = Table.grid(padding=(0, 1))
    bar = min(_LONGEST_BAR, room - 1 - sum(count.cell_len + 2 for count in counts))
    if bar >= _SHORTEST_BAR:
        total = max(1, progress.recipients)
        line.add_row(ProgressBar(total=total, completed=settled, width=bar), Text("  ").join(counts))
    else:
        line.add_row(Text("  ").join(counts))
    if not progress.note:
        return Group(line)
    # The note may contain text from SES.
    note = Text(sanitise.one_line(progress.note), style="yellow", no_wrap=True)
    note.truncate(room, overflow="ellipsis")
    return Group(line, note)


def _counts(progress: Progress, share: str, room: int) -> list[Text]:
    """As many of the counts as fit, in their order."""
    from rich.text import Text

    left = _clock_time(progress.eta) if progress.eta is not None else "?"
    ranked = [
        (0, Text(share)),
        (1, Text.assemble(("sent ", "dim"), (f"{progress.sent:,}", "green"))),
        (2, _count("failed", progress.failed, "red")),
        (3, _count("unknown", progress.unknown, "yellow") if progress.unknown else None),
        (6, _count("throttled", progress.throttled, "yellow") if progress.throttled else None),
        (4, Text(f"{progress.rate:,.0f}/s of {_limit(progress)}/s")),
        (5, Text.assemble(("left ", "dim"), left)),
    ]
    counts = [(rank, text) for rank, text in ranked if text is not None]
    while sum(text.cell_len + 2 for _, text in counts) > room and len(counts) > 1:
        counts.remove(max(counts, key=lambda one: one[0]))
    return [text for _, text in counts]


def _count(what: str, count: int, style: str) -> Text:
    from rich.text import Text

    return Text.assemble((f"{what} ", "dim"), (f"{count:,}", style if count else ""))


def _limit(progress: Progress) -> str:
    return f"{progress.limit:,.0f}" if progress.limit >= _ROUND else f"{progress.limit:.3g}"


def _clock_time(seconds: float | None) -> str:
    whole = int(seconds or 0)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
