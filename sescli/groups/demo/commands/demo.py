"""`sescli demo`: the guided tour. It types real commands into this very program, one after another."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import sescli
from sescli.app import run
from sescli.cli.decorator import PROGRAM, command
from sescli.errors import LocalError, UsageError
from sescli.exits import ExitCode
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.process import LocalServer

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

_DOMAIN = "example.com"
_COMPLAINER = "larsbyrne@shop.example.org"  # one of demo-recipients.csv


@command(app, "demo", examples=["sescli demo"])
def demo(rt: Runtime) -> Done | None:
    """Take the guided tour on the embedded SES: no AWS account, and no mail leaves this machine.

    It verifies a domain, makes a template, sends to 500 recipients from a batch file, and shows what became
    of them. Each step shows the command that you would type. On a terminal the embedded SES stays for you
    to play with, until 'sescli local stop'.
    """
    from sescli.emulator import process

    if planned := rt.dry_run_result("start an empty embedded SES and send 500 mails in it"):
        return planned
    _require_stopped_emulator(process.status())
    stays = False
    try:
        for heading, arguments in _steps(_examples()):
            _run_step(rt, heading, arguments)
        stays = rt.terminal.interactive and rt.terminal.stdout_is_tty
    finally:
        if not stays:
            process.stop()
    _print_closing(rt, stays=stays)
    return None


def _require_stopped_emulator(server: LocalServer | None) -> None:
    if server is not None:
        fate = (
            "what it holds is lost then" if server.ephemeral else "what it holds comes back at the next start"
        )
        raise UsageError(
            "the embedded SES is running already, and the tour wants an empty one",
            hint=f"sescli local stop ({fate}), and take the tour again",
        )


def _steps(examples: Path) -> Iterator[tuple[str, list[str]]]:
    """Each step: what it is for, and the command line."""
    batch = str(examples / "bulk" / "demo.yaml")
    template = str(examples / "templates" / "order-confirmation.json")
    yield "Start an SES on this machine", ["local", "start", "--ephemeral"]
    yield "Verify a domain; these records would go into its DNS", ["--local", "identity", "verify", _DOMAIN]
    yield "Make a template", ["--local", "template", "create", "--file", template]
    yield (
        "One recipient has complained before",
        ["--local", "suppression", "add", _COMPLAINER, "--reason", "complaint"],
    )
    yield (
        "Check a batch file of 500 recipients; nothing is sent",
        ["--local", "bulk", "validate", batch, "--skip-suppressed", "--again"],
    )
    yield (
        "Send it; without --again a second run of its name would be refused",
        ["--local", "bulk", "run", batch, "--skip-suppressed", "--yes", "--again"],
    )
    yield (
        "Who got none, for a script",
        ["--local", "bulk", "results", "-q", "[?code].[to, state, code]"],
    )
    yield "Some were addresses of the mailbox simulator", ["local", "inbox", "--status", "bounced"]
    yield "What is left of the quota", ["--local", "reputation", "quota"]
    yield "The statistics; the simulator does not count", ["--local", "reputation", "stats"]


def _run_step(rt: Runtime, heading: str, arguments: list[str]) -> None:
    """Show a step and run it; a step that fails has said why, and ends the tour with its own exit code."""
    rt.output.out.line(f"\n# {heading}", "bold")
    rt.output.out.line(f"$ {shlex.join([PROGRAM, *arguments])}", "cyan")
    rt.output.out.stream.flush()
    code = run([*arguments, *_inherited_options(rt)], rt.world)
    if code != ExitCode.OK:
        raise typer.Exit(code)


def _inherited_options(rt: Runtime) -> list[str]:
    return ["--color", rt.settings.color] if rt.settings.color != "auto" else []


def _examples() -> Path:
    """The folder examples/: inside the package where it is installed, beside it in a checkout.

    As a path relative to the current folder where it lies below it: that is what one would type.
    """
    package = Path(sescli.__file__).parent
    for folder in (package / "examples", package.parent / "examples"):
        if (folder / "bulk" / "demo.yaml").is_file():
            below = folder.is_relative_to(Path.cwd())
            return Path(os.path.relpath(folder)) if below else folder
    raise LocalError("the examples are missing from this installation", hint="install sescli again")


def _print_closing(rt: Runtime, *, stays: bool) -> None:
    out = rt.output.out
    out.line("\n# That was the tour", "bold")
    if not stays:
        out.line("The embedded SES has been stopped. To look around in it, run the tour on a terminal.")
        return
    out.line("The embedded SES goes on running, with the inbox:")
    if shutil.which(PROGRAM) is None:
        out.line(
            f"  source {Path(sys.prefix) / 'bin' / 'activate'}   first, because {PROGRAM} is not on your path"
        )
    out.line("  sescli local open                   the inbox, in the browser")
    out.line("  sescli local inbox                  the inbox, here")
    out.line("  sescli local show                   the newest mail")
    out.line("  sescli --local bulk results         each recipient's state")
    out.line("  sescli --local status               the account")
    out.line("  sescli local stop                   ends it")
