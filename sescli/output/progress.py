"""Progress of an operation with a known total: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.output.output import Output

# Seconds between two lines off a terminal.
_EVERY = 5.0


@contextmanager
def progress(output: Output, doing: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number done of `total`; `doing` names the operation, such as `imported`.

    Nothing is shown beside a machine format or with --quiet.
    """
    if not output.for_people or output.quiet:
        yield _nothing
    elif output.terminal.stderr_is_tty:
        yield from _bar(output, doing, total)
    else:
        yield _lines(output.note, doing, total)


def _nothing(_done: int) -> None:
    """Show nothing."""


def _bar(output: Output, doing: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=output.console(), transient=True) as progress:
        task = progress.add_task(doing, total=total)

        def tell(done: int) -> None:
            progress.update(task, completed=done)

        yield tell


def _lines(say: Callable[[str], None], doing: str, total: int) -> Callable[[int], None]:
    started = said_at = time.monotonic()

    def tell(done: int) -> None:
        nonlocal said_at
        now = time.monotonic()
        if now - said_at >= _EVERY:
            said_at = now
            say(f"{doing} {done:,} of {total:,}, {done / (now - started):.1f} a second")

    return tell
