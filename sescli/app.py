"""The root of the command line, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import typer

from sescli import __version__
from sescli.cli.common_options import COMPLETE_VARIABLE, FLAGS, OUTPUT
from sescli.cli.lazy_groups import LazyGroup
from sescli.errors import InterruptedRunError, UsageError
from sescli.exits import ExitCode, classify
from sescli.output.terminal import discard_output
from sescli.settings import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from sescli.runtime import World

# In the order of the SES developer guide.
GROUPS = {
    "identity": (
        "sescli.groups.identity.commands.identity",
        "Verify domains and addresses, and manage their DNS records.",
    ),
    "send": ("sescli.groups.send.commands.send", "Send one message: text or HTML, raw, or from a template."),
    "bulk": ("sescli.groups.bulk.commands.bulk", "Send to many recipients from a YAML batch file."),
    "template": ("sescli.groups.template.commands.template", "Manage and render email templates."),
    "config-set": (
        "sescli.groups.config_set.commands.config_set",
        "Manage configuration sets: events, tracking, reputation, TLS, IP pools.",
    ),
    "receipt": (
        "sescli.groups.receipt.commands.receipt",
        "Receive email: rule sets, rules, IP filters, received messages.",
    ),
    "suppression": (
        "sescli.groups.suppression.commands.suppression",
        "Manage the suppression list of the account.",
    ),
    "reputation": (
        "sescli.groups.reputation.commands.reputation",
        "Show bounce and complaint rates, quota, statistics and dedicated IPs.",
    ),
    "smtp": ("sescli.groups.smtp.commands.smtp", "Create, test and rotate SMTP credentials."),
    "events": (
        "sescli.groups.events.commands.metrics",
        "Show metrics of deliveries, bounces and complaints, and set alarms.",
    ),
    "sandbox": (
        "sescli.groups.sandbox.commands.sandbox",
        "Show sandbox limits, simulate bounces, and request production access.",
    ),
    "status": (
        "sescli.groups.status.commands.status",
        "Show the account on one screen: quota, reputation, identities.",
    ),
    "local": (
        "sescli.groups.local.commands.local",
        "Run the local SES emulator: inbox, state, test settings.",
    ),
    "demo": (
        "sescli.groups.demo.commands.demo",
        "Take the guided tour on the local SES emulator; no AWS account needed.",
    ),
    "completion": (
        "sescli.groups.completion.commands.completion",
        "Install completion for bash, zsh, fish and PowerShell.",
    ),
}


class Root(LazyGroup):
    """`sescli` itself."""

    lazy = GROUPS


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_version, help="Print the version."
    ),
) -> None:
    """Use Amazon SES from the terminal.

    Verify a domain, send email, run a bulk send that never sends a message twice, and see deliveries and bounces.
    New to sescli? Run 'sescli demo': it needs no AWS account.

    The common options can be given before or after the name of a command.
    """


def root_command() -> Any:
    """Build the command tree. A group is imported when one of its commands runs."""
    if COMPLETE_VARIABLE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()  # registers the shells; without it Typer answers no completion request
    app = typer.Typer(
        name=PROGRAM,
        cls=Root,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return typer.main.get_command(app)


def run(arguments: Sequence[str], world: World) -> int:
    """Run one command line and return its exit code. A completion request ends the process."""
    root = root_command()
    if COMPLETE_VARIABLE in os.environ:
        root.main([], PROGRAM, COMPLETE_VARIABLE)  # prints the completions and ends the process
    kept: dict[str, Any] = {}
    try:
        with root.make_context(PROGRAM, list(arguments), obj=world) as context:
            kept = context.meta
            code = int(root.invoke(context) or 0)
        world.stdout.flush()
    except typer.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        discard_output(world.stdout)
        return ExitCode.OK
    except SystemExit:
        return ExitCode.OK  # rich exits so when the reader of the help has gone
    except (typer.Abort, KeyboardInterrupt, InterruptedRunError) as interrupt:
        _end_at_next_interrupt()
        return _fail(interrupt, arguments, world, kept)
    except Exception as error:  # noqa: BLE001 - the last resort: users never see a traceback
        code = _fail(error, arguments, world, kept)
        _flush_or_discard(world.stdout)
    return code


def _end_at_next_interrupt() -> None:
    """Let the next Ctrl-C end the process at once: the terminal may be blocked, and the message with it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _flush_or_discard(stream: TextIO) -> None:
    """Drop what a full disk refuses: Python would write it again at exit, and end with code 120."""
    try:
        stream.flush()
    except OSError:
        discard_output(stream)


def _fail(error: BaseException, arguments: Sequence[str], world: World, kept: Mapping[str, Any]) -> int:
    from sescli.cli.errors import output_for, presentable

    shown = presentable(error)
    if shown is not None:
        (kept.get(OUTPUT) or output_for(arguments, world, kept.get(FLAGS, {}))).error(shown)
    if "--debug" in arguments and not isinstance(shown, UsageError):
        import traceback

        from sescli.output import sanitise

        text = sanitise.message("".join(traceback.format_exception(error)))
        # Behind a bar, because the text of an exception can look like another error.
        world.stderr.write("".join(f"  | {line}\n" for line in text.splitlines()))
    return classify(shown)[0] if shown is not None else ExitCode.USAGE if arguments else ExitCode.OK
