"""`sescli demo`: the guided tour. It runs real commands in this process, one after another."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import sescli
from sescli.advice import Advice, NextCommand
from sescli.app import run
from sescli.cli.decorator import command
from sescli.errors import LocalError, UsageError
from sescli.exits import ExitCode
from sescli.output.results import Done
from sescli.runtime import Runtime
from sescli.settings import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.process import LocalServer

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

_DOMAIN = "example.com"
_COMPLAINER = "larsbyrne@shop.example.org"  # a recipient in demo-recipients.csv


@command(app, "demo", examples=["sescli demo"])
def demo(rt: Runtime) -> Done | None:
    """Take the guided tour on the local SES emulator.

    You need no AWS account, and no email leaves this machine. The tour verifies a domain, creates a template, sends to
    500 recipients from a batch file, and shows the results. Each step shows the command that you would type. On a
    terminal, the emulator keeps running afterwards until 'sescli local stop'.
    """
    from sescli.emulator import process

    if planned := rt.dry_run_result("start an empty local SES emulator and send 500 messages in it"):
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
        state = "its state is lost" if server.ephemeral else "its state returns at the next start"
        raise UsageError(
            "the local SES emulator is already running, and the tour needs an empty one",
            hint=Advice("stop it, then take the tour again: ", NextCommand("local", "stop"), f" ({state})"),
        )


def _steps(examples: Path) -> Iterator[tuple[str, list[str]]]:
    """The steps: a heading and the arguments of the command."""
    batch = str(examples / "bulk" / "demo.yaml")
    template = str(examples / "templates" / "order-confirmation.json")
    yield "Start the local SES emulator", ["local", "start", "--ephemeral"]
    yield (
        "Verify a domain. In production, you publish these records in its DNS",
        ["--local", "identity", "verify", _DOMAIN],
    )
    yield "Create a template", ["--local", "template", "create", "--file", template]
    yield (
        "Suppress a recipient who complained before",
        ["--local", "suppression", "add", _COMPLAINER, "--reason", "complaint"],
    )
    yield (
        "Check a batch file with 500 recipients, without sending",
        ["--local", "bulk", "validate", batch, "--skip-suppressed", "--again"],
    )
    yield (
        "Send it. A second run with the same name needs --again",
        ["--local", "bulk", "run", batch, "--skip-suppressed", "--yes", "--again"],
    )
    yield (
        "List the recipients who did not get a message",
        ["--local", "bulk", "results", "-q", "[?code].[to, state, code]"],
    )
    yield (
        "List the bounces; these recipients are addresses of the mailbox simulator",
        ["local", "inbox", "--status", "bounced"],
    )
    yield "Show the remaining quota", ["--local", "reputation", "quota"]
    yield "Show the statistics; messages to the simulator do not count", ["--local", "reputation", "stats"]


def _run_step(rt: Runtime, heading: str, arguments: list[str]) -> None:
    """Show a step and run it. A failed step has printed its error and ends the tour with its exit code."""
    rt.output.out.line(f"\n# {heading}", "bold")
    rt.output.out.line(f"$ {shlex.join([PROGRAM, *arguments])}", "cyan")
    rt.output.out.stream.flush()
    code = run([*arguments, *_inherited_options(rt)], rt.world)
    if code != ExitCode.OK:
        raise typer.Exit(code)


def _inherited_options(rt: Runtime) -> list[str]:
    return ["--color", rt.settings.color] if rt.settings.color != "auto" else []


def _examples() -> Path:
    """The folder examples/: inside an installed package, next to the package in a checkout.

    The path is relative if the folder is inside the current folder, as you would type it.
    """
    package = Path(sescli.__file__).parent
    for folder in (package / "examples", package.parent / "examples"):
        if (folder / "bulk" / "demo.yaml").is_file():
            is_below = folder.is_relative_to(Path.cwd())
            return Path(os.path.relpath(folder)) if is_below else folder
    raise LocalError("this installation has no examples", hint="install sescli again")


_AFTERWARDS = (
    ("sescli local open", "open the inbox in the browser"),
    ("sescli local inbox", "list the messages"),
    ("sescli local show", "show the newest message"),
    ("sescli --local bulk results", "show the result for each recipient"),
    ("sescli --local status", "show the account"),
    ("sescli local stop", "stop the emulator"),
)


def _print_closing(rt: Runtime, *, stays: bool) -> None:
    out = rt.output.out
    out.line("\n# The tour is finished", "bold")
    if not stays:
        out.line("Stopped the local SES emulator. To explore it, take the tour on a terminal.")
        return
    out.line("The local SES emulator keeps running. Try:")
    if shutil.which(PROGRAM) is None:
        activate = Path(sys.prefix) / "bin" / "activate"
        out.line(f"  source {activate}   run this first, because {PROGRAM} is not in your PATH")
    width = max(len(command_line) for command_line, _ in _AFTERWARDS)
    for command_line, purpose in _AFTERWARDS:
        out.line(f"  {command_line:<{width}}   {purpose}")
