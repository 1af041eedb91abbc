"""What is waited for, as one watches it: drawn anew in place on a terminal, a line a change elsewhere."""

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

# Columns above, right, below and left of a line.
_INDENT, _DEEPER = (0, 0, 0, 2), (0, 0, 0, 8)


@dataclass(frozen=True)
class WatchedItem:
    """Something that is waited for: what it is, its state as a word, and why it is so."""

    what: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class WatchedState:
    """How things stand, in groups of parts. `foot` is asked anew at each drawing: it tells of times that pass."""

    groups: tuple[tuple[WatchedItem, ...], ...]
    foot: Callable[[], str]

    @property
    def parts(self) -> tuple[WatchedItem, ...]:
        """All of them."""
        return tuple(part for group in self.groups for part in group)


class LiveView(Protocol):
    """Is shown how things stand, again and again."""

    def show(self, scene: WatchedState, data: object) -> None:
        """A scene for people, and the same as data."""


@contextmanager
def live_view(output: Output, title: str) -> Iterator[LiveView]:
    """The watcher that fits the output: a record a change for `-o jsonl`, nothing beside other machine formats."""
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
    """Looks on and says nothing."""

    def show(self, scene: WatchedState, data: object) -> None:
        """Nothing."""


class _RecordView:
    """A JSON line whenever a part has changed."""

    def __init__(self, output: Output) -> None:
        self._stream = output.terminal.stdout
        self._last: tuple[WatchedItem, ...] = ()

    def show(self, scene: WatchedState, data: object) -> None:
        if scene.parts != self._last:
            self._last = scene.parts
            write_jsonl([to_plain(data)], self._stream)


class _LineView:
    """A plain line for each part that has changed."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._states: dict[str, WatchedItem] = {}

    def show(self, scene: WatchedState, data: object) -> None:  # noqa: ARG002 - the other watchers show it
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
    """The scene, with a spinner as long as it is waited for; what was seen last stays on the screen."""

    live: Live

    def __init__(self, title: str, width: int) -> None:
        self._title = title
        self._width = width
        self._spinner: Spinner | None = None
        self._scene: WatchedState | None = None
        self._ended = False

    def show(self, scene: WatchedState, data: object) -> None:  # noqa: ARG002 - the other watchers show it
        self._scene = scene
        self.live.refresh()

    def end(self) -> None:
        """It is no longer waited for."""
        self._ended = True
        self.live.refresh()

    def drawn(self) -> Group:
        """What the screen shows now."""
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
                "dots", text=Text(f"{title}; Ctrl-C leaves it", style="bold"), style="cyan"
            )
        return self._spinner


def _drawn(scene: WatchedState, width: int) -> Iterator[RenderableType]:
    """A line a part, the states below one another where there is room; under it why it is so."""
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
