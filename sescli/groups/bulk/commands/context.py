"""What bulk commands need from the runtime: batch files, runs, standard input, and the context of a run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from sescli.errors import SescliError, UsageError
from sescli.groups.bulk.journal.run_metadata import AWS, LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sescli.groups.bulk.commands.options import BatchOptions
    from sescli.groups.bulk.journal.runs import RunRepository
    from sescli.groups.bulk.model.spec import Batch
    from sescli.groups.bulk.service.send import RunContext
    from sescli.runtime import Runtime


def read_batch(rt: Runtime, options: BatchOptions) -> Batch:
    """Read the batch file. Raises `InputFileError` with file, line, column and key."""
    from sescli.groups.bulk.batch.batch_file import load

    return load(options.spec, stdin=rt.world.stdin, recipients=options.recipients)


def standard_input(rt: Runtime) -> IO[bytes] | None:
    """Standard input as bytes, for recipients or event records."""
    return getattr(rt.world.stdin, "buffer", None)


def find_runs(rt: Runtime, journal: Path | None) -> RunRepository:
    """The runs on this machine, or the one in the file of --journal."""
    from sescli.groups.bulk.journal.runs import RunRepository

    return RunRepository(rt.state_folder / "runs", journal)


def current_place(rt: Runtime) -> Callable[[], str]:
    """Where this call sends to; among several runs of a name, those sent to the same place come first.

    It is looked up when it is needed, because it needs boto3. A configuration that cannot be used does not stop a
    command that reads journals only.
    """

    def look_up() -> str:
        from sescli.groups.bulk.service import send

        try:
            return LOCAL if rt.settings.local else send.current_place(rt.aws)
        except SescliError:
            return AWS

    return look_up


def send_timeout(rt: Runtime) -> float | None:
    """SESCLI_SEND_TIMEOUT: seconds that one API call may take, instead of `limits.timeout` of the batch file."""
    text = rt.world.environ.get("SESCLI_SEND_TIMEOUT", "")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"SESCLI_SEND_TIMEOUT is {text!r}; it must be a number of seconds above 0")
    return seconds


@contextmanager
def run_context(rt: Runtime) -> Iterator[RunContext]:
    """The clock, the randomness, the progress display and the standard input of a run."""
    import random
    import time

    from sescli.groups.bulk.engine.engine import RunClock
    from sescli.groups.bulk.service.send import RunContext
    from sescli.groups.bulk.views.progress import progress_observer
    from sescli.groups.bulk.views.recipients import to_record

    clock = RunClock(time.monotonic, rt.world.clock, random.SystemRandom().random)
    with progress_observer(rt.output, to_record) as observer:
        yield RunContext(clock, observer, stdin=standard_input(rt), warn=rt.output.warn)
