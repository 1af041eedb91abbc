"""Commands that accept several names: each is tried, each failure is shown, one exit code covers all."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sescli.errors import NetworkError, SescliError
from sescli.exits import ExitCode, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.runtime import Runtime

Name = TypeVar("Name")
Made = TypeVar("Made")

# The order of exit codes where several apply: a retry may fix the first.
_WEIGHT = (ExitCode.TRY_LATER, ExitCode.CHECK_FAILED)


def apply_each(
    rt: Runtime, names: Sequence[Name], act: Callable[[Name], Made]
) -> tuple[list[Made], ExitCode]:
    """Call `act` for each name; return the results and the exit code. With one name its error is raised."""
    if len(names) == 1:
        return [act(names[0])], ExitCode.OK
    made: list[Made] = []
    failures: list[SescliError] = []
    for number, name in enumerate(names, start=1):
        try:
            made.append(act(name))
        except SescliError as error:
            failures.append(error)
            if (isinstance(error, NetworkError) or error.code == "Sandbox") and number < len(names):
                # The other names would fail in the same way.
                rt.output.warn(f"skipped: {', '.join(map(str, names[number:]))}")
                break
    for failure in failures:
        rt.output.error(failure)
    return made, worst_exit_code([classify(failure)[0] for failure in failures])


def worst_exit_code(codes: Sequence[ExitCode]) -> ExitCode:
    """One exit code for several: the common one, otherwise the first by `_WEIGHT`."""
    codes = [code for code in codes if code is not ExitCode.OK]
    if not codes:
        return ExitCode.OK
    for code in _WEIGHT:
        if code in codes:
            return code
    return codes[0] if len(set(codes)) == 1 else ExitCode.FAILED
