"""`sescli completion`: shell completion of commands, options and values."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.common_options import COMPLETE_VARIABLE
from sescli.cli.decorator import command, group
from sescli.errors import UsageError
from sescli.output.results import Document, Done
from sescli.runtime import Runtime
from sescli.settings import PROGRAM

app = group("completion", "Install completion for bash, zsh, fish and PowerShell.")

_SHELLS = ("bash", "zsh", "fish", "powershell")


def _shells(incomplete: str) -> list[str]:
    return [shell for shell in _SHELLS if shell.startswith(incomplete)]


Shell = Annotated[
    str | None,
    typer.Argument(
        metavar="[SHELL]",
        help="bash, zsh, fish or powershell. Default: your login shell.",
        autocompletion=_shells,
    ),
]


@command(app, "show", examples=["sescli completion show bash > sescli.bash"])
def show(rt: Runtime, shell: Shell = None) -> Document:
    """Print the completion script for a shell.

    Use it in a package, or to install the script yourself; 'install' does that for you.
    """
    from typer._completion_shared import get_completion_script  # it has no public name

    name = _resolve_shell(rt, shell)
    script = get_completion_script(prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, shell=name)
    return Document(script, {"shell": name, "script": script})


@command(app, "install", examples=["sescli completion install", "sescli completion install zsh"])
def install(rt: Runtime, shell: Shell = None) -> Done:
    """Install completion for a shell.

    Run it once on each machine. Completion works in shells that you open afterwards.
    """
    from typer._completion_shared import install as install_script

    if planned := rt.dry_run_result(
        "write the completion script and a line in the start-up file of the shell"
    ):
        return planned
    name = _resolve_shell(rt, shell)
    name, path = install_script(shell=name, prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE)
    return Done(
        f"Installed completion for {name} in {path}. Open a new shell to use it.",
        {"shell": name, "path": str(path)},
    )


def _resolve_shell(rt: Runtime, shell: str | None) -> str:
    name = shell or _detect_shell(rt)
    if name in {"pwsh", "powershell"}:
        return name
    if name not in _SHELLS:
        raise UsageError(f"completion does not support the shell {name!r}", hint=_shell_hint())
    return name


def _detect_shell(rt: Runtime) -> str:
    """The login shell of the user, from SHELL. A note names it, because another shell may be in use."""
    name = rt.world.environ.get("SHELL", "").rsplit("/", 1)[-1]
    if not name:
        raise UsageError("cannot detect your shell: SHELL is not set", hint=_shell_hint())
    rt.output.note(f"Shell: {name} (from SHELL).")
    return name


def _shell_hint() -> str:
    return f"give one of: {', '.join(_SHELLS)}"
