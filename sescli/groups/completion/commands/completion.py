"""`sescli completion`: completion of commands, options and values in the shell."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import COMPLETE_VARIABLE, PROGRAM, command, group
from sescli.errors import UsageError
from sescli.output.results import Document, Done
from sescli.runtime import Runtime

app = group("completion", "Completion for bash, zsh, fish and PowerShell.")

_SHELLS = ("bash", "zsh", "fish", "powershell")


def _shells(incomplete: str) -> list[str]:
    return [shell for shell in _SHELLS if shell.startswith(incomplete)]


Shell = Annotated[
    str | None,
    typer.Argument(
        metavar="[SHELL]", help="bash, zsh, fish or powershell; yours unless given.", autocompletion=_shells
    ),
]


@command(app, "show", examples=["sescli completion show bash > sescli.bash"])
def show(rt: Runtime, shell: Shell = None) -> Document:
    """Print the completion script of a shell.

    For a package, or for who wants to place it by hand; 'install' does it for you.
    """
    from typer._completion_shared import get_completion_script  # it has no public name

    name = _resolve_shell(rt, shell)
    script = get_completion_script(prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, shell=name)
    return Document(script, {"shell": name, "script": script})


@command(app, "install", examples=["sescli completion install", "sescli completion install zsh"])
def install(rt: Runtime, shell: Shell = None) -> Done:
    """Install completion for a shell, yours unless you name one.

    Once a machine. It takes effect in the next shell you open.
    """
    from typer._completion_shared import install as place

    if planned := rt.dry_run_result("write the completion script, and a line in the shell's start-up file"):
        return planned
    name, path = place(shell=_resolve_shell(rt, shell), prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE)
    return Done(f"Completion for {name} is in {path}. Open a new shell.", {"shell": name, "path": str(path)})


def _resolve_shell(rt: Runtime, shell: str | None) -> str:
    name = shell or _detect_shell(rt)
    if name in {"pwsh", "powershell"}:
        return name
    if name not in _SHELLS:
        raise UsageError(f"no completion for the shell {name!r}", hint=f"name one of: {', '.join(_SHELLS)}")
    return name


def _detect_shell(rt: Runtime) -> str:
    """The user's login shell: good enough to guess, and it is said."""
    name = rt.world.environ.get("SHELL", "").rsplit("/", 1)[-1]
    if not name:
        raise UsageError("which shell is it for?", hint=f"name one of: {', '.join(_SHELLS)}")
    rt.output.note(f"for {name}, from SHELL")
    return name
