"""Live views of a wait: redrawn in place on a terminal, one line per change elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sescli.output import sanitise
from sescli.output.cell_format import style_of
from sescli.output.formats import write_jsonl
from sescli.output.plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Group, RenderableType
    from rich.live import Live
    from rich.spinner import Spinner

    from sescli.output.output import Output

# Padding above, right, below and left of a line.
_INDENT, _DEEPER = (0, 0, 0, 2), (0, 0, 0, 8)


@dataclass(frozen=True)
class WatchedItem:
    """One thing that the command waits for: its name, its status as a word, and the reason."""

    what: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class WatchedState:
    """The status of all items, in groups. `foot` is called at each redraw, because it shows elapsed times."""

    groups: tuple[tuple[WatchedItem, ...], ...]
    foot: Callable[[], str]

    @property
    def parts(self) -> tuple[WatchedItem, ...]:
        """The items of all groups."""
        return tuple(part for group in self.groups for part in group)


class LiveView(Protocol):
    """Shows each new status."""

    def show(self, scene: WatchedState, data: object) -> None:
        """Show a status: `scene` for people, `data` for scripts."""


@contextmanager
def live_view(output: Output, title: str) -> Iterator[LiveView]:
    """Open the view for this output: one record per change for `-o jsonl`, none for other machine formats."""
    if output.style == "jsonl" and output.query is None:
        yield _RecordView(output)
    elif not output.for_people or output.quiet:
        yield _HiddenView()
    elif output.terminal.stderr_is_tty:
        with _live(output, title) as watcher:
            yield watcher
    else:
        output.note(title)
        yield _LineView(output.note)


class _HiddenView:
    """Shows nothing."""

    def show(self, scene: WatchedState, data: object) -> None:
        """Do nothing."""


class _RecordView:
    """Prints a JSON line when an item changes."""

    def __init__(self, output: Output) -> None:
        self._stream = output.terminal.stdout
        self._last: tuple[WatchedItem, ...] = ()

    def show(self, scene: WatchedState, data: object) -> None:
        if scene.parts != self._last:
            self._last = scene.parts
            write_jsonl([to_plain(data)], self._stream)


class _LineView:
    """Prints a plain line for each item that changes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._states: dict[str, WatchedItem] = {}

    def show(self, scene: WatchedState, data: object) -> None:  # noqa: ARG002 - other views show it
        for part in scene.parts:
            before = self._states.get(part.what)
            if part == before:
                continue
            self._states[part.what] = part
            was = f"{before.state} -> " if before and before.state != part.state else ""
            why = f" ({part.why})" if part.why else ""
            self._say(f"{part.what}: {was}{part.state}{why}")


@contextmanager
def _live(output: Output, title: str) -> Iterator[_TerminalView]:
    from rich.live import Live

    watcher = _TerminalView(title, output.err.width)
    with Live(
        console=output.console(),
        get_renderable=watcher.drawn,
        refresh_per_second=8,
        vertical_overflow="visible",
    ) as live:
        watcher.live = live
        yield watcher
        watcher.end()


class _TerminalView:
    """Shows the status with a spinner until the wait ends; the last status stays on the screen."""

    live: Live

    def __init__(self, title: str, width: int) -> None:
        self._title = title
        self._width = width
        self._spinner: Spinner | None = None
        self._scene: WatchedState | None = None
        self._ended = False

    def show(self, scene: WatchedState, data: object) -> None:  # noqa: ARG002 - other views show it
        self._scene = scene
        self.live.refresh()

    def end(self) -> None:
        """Stop the spinner: the wait has ended."""
        self._ended = True
        self.live.refresh()

    def drawn(self) -> Group:
        """The current content of the screen."""
        from rich.console import Group
        from rich.padding import Padding
        from rich.text import Text

        lines: list[RenderableType] = [self._head()]
        if self._scene is not None:
            lines += _drawn(self._scene, self._width)
            foot = sanitise.block(self._scene.foot())
            lines += [Padding(Text(line, style="dim"), _INDENT) for line in foot.splitlines()]
        return Group(*lines)

    def _head(self) -> RenderableType:
        from rich.spinner import Spinner
        from rich.text import Text

        title = sanitise.one_line(self._title)
        if self._ended:
            return Text(title, style="bold")
        if self._spinner is None:
            self._spinner = Spinner(
                "dots", text=Text(f"{title}; press Ctrl-C to stop", style="bold"), style="cyan"
            )
        return self._spinner


def _drawn(scene: WatchedState, width: int) -> Iterator[RenderableType]:
    """One line per item, with the status in its own column if there is room, and the reason below."""
    from rich.padding import Padding
    from rich.text import Text

    longest = max((len(part.state) for part in scene.parts), default=0)
    column = min(max((len(part.what) for part in scene.parts), default=0), width - longest - 4)
    for group in scene.groups:
        for part in group:
            line = Text(f"  {sanitise.one_line(part.what):<{column}}  ")
            if len(part.what) > column:
                line = Text(f"  {sanitise.one_line(part.what)}\n{'':<{column + 4}}")
            yield line.append(part.state, style=style_of(part.state, "status"))
            if part.why:
                yield Padding(Text(sanitise.one_line(part.why), style="dim"), _DEEPER)
        yield Text("")
