"""Turn exceptions into errors for the user, and find the output to show them with."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from typer.exceptions import Abort, TyperException

from sescli.errors import InterruptedRunError, LocalError, SescliError, UsageError
from sescli.output.next_commands import ContextOptions
from sescli.output.output import Output
from sescli.output.terminal import detect
from sescli.settings import Settings, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.runtime import World


def presentable(error: BaseException) -> SescliError | None:
    """The error of sescli for an exception; None if the help has been printed instead."""
    if isinstance(error, SescliError):
        return error
    if isinstance(error, KeyboardInterrupt | Abort):
        return InterruptedRunError("interrupted")
    if isinstance(error, TyperException):
        return _usage(error)
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return LocalError(f"{what}: {error.filename}" if error.filename else what)
    return SescliError(
        f"unexpected error: {type(error).__name__}: {error}",
        hint="this is a bug in sescli: run the command again with --debug, and report the traceback",
        code="InternalError",
    )


def output_for(arguments: Sequence[str], world: World, parsed: Mapping[str, Any]) -> Output:
    """The output for an error that occurred before the command line was parsed.

    `parsed` are the common options found so far. -o and --color are searched in the arguments; other settings
    come from the environment and config.yaml if these are valid.
    """
    asked = {
        "output": _requested(arguments, ("-o", "--output")),
        "color": _requested(arguments, ("--color",)),
    }
    flags = {**{name: value for name, value in asked.items() if value is not None}, **parsed}
    try:
        chosen = load(flags, world.environ)
    except SescliError:
        chosen = Settings(output="json" if flags.get("output") == "json" else "table")
    verbose = "-v" in arguments or "--verbose" in arguments
    terminal = detect(
        world.stdin, world.stdout, world.stderr, world.environ, no_input=True, colour=chosen.color
    )
    return Output(terminal, chosen.output, verbose=verbose, context_options=ContextOptions.of(flags))


def _usage(error: TyperException) -> UsageError | None:
    # Without arguments Typer has printed the help and raises this.
    if type(error).__name__ == "NoArgsIsHelpError":
        return None
    context: Any = getattr(error, "ctx", None)
    hint = f"{context.command_path} --help" if context is not None else "sescli --help"
    param: Any = getattr(error, "param", None)
    if type(error).__name__ == "MissingParameter" and param is not None:
        return UsageError(f"missing: {named(param, context)}", hint=hint)
    return UsageError(_in_lower_case(error.format_message()), hint=hint)


def named(param: Any, context: Any) -> str:
    """A parameter as the user types it: `--to`, or NAME."""
    return str(param.get_error_hint(context)).strip("'")


def _in_lower_case(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")


def _requested(arguments: Sequence[str], names: Sequence[str]) -> str | None:
    """The last value of an option in the arguments: `-o json`, `-ojson`, `--output=json`."""
    found = None
    for argument, following in pairwise([*arguments, ""]):
        for name in names:
            if argument == name:
                found = following
            elif name.startswith("--") and argument.startswith(f"{name}="):
                found = argument.partition("=")[2]
            elif not name.startswith("--") and argument.startswith(name):
                found = argument[len(name) :].removeprefix("=")
    return found
