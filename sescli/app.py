"""The root of the command line, and the one place where errors become exit codes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import typer

from sescli import __version__
from sescli.cli.common_options import COMPLETE_VARIABLE, FLAGS, OUTPUT
from sescli.cli.lazy_groups import LazyGroup
from sescli.errors import UsageError
from sescli.exits import ExitCode, classify
from sescli.output.terminal import discard_output
from sescli.settings import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from sescli.runtime import World

# In the order of the SES guide: what one does first stands first.
GROUPS = {
    "identity": (
        "sescli.groups.identity.commands.identity",
        "Verify domains and addresses; their DNS records.",
    ),
    "send": ("sescli.groups.send.commands.send", "Send one message: text or HTML, raw, or from a template."),
    "bulk": ("sescli.groups.bulk.commands.bulk", "Send to many from a YAML batch file, with a journal."),
    "template": ("sescli.groups.template.commands.template", "Manage and render email templates."),
    "config-set": (
        "sescli.groups.config_set.commands.config_set",
        "Configuration sets: events, tracking, reputation, TLS, pools.",
    ),
    "receipt": (
        "sescli.groups.receipt.commands.receipt",
        "Receive mail: rule sets, rules, IP filters, the mail itself.",
    ),
    "suppression": ("sescli.groups.suppression.commands.suppression", "The account's suppression list."),
    "reputation": (
        "sescli.groups.reputation.commands.reputation",
        "Rates, quota, statistics, dedicated IPs.",
    ),
    "smtp": ("sescli.groups.smtp.commands.smtp", "SMTP credentials: make them, test them, renew them."),
    "events": (
        "sescli.groups.events.commands.metrics",
        "Metrics of what became of the mail, and alarms on them.",
    ),
    "sandbox": (
        "sescli.groups.sandbox.commands.sandbox",
        "The sandbox, the mailbox simulator, and production access.",
    ),
    "status": ("sescli.groups.status.commands.status", "One screen of the account."),
    "local": ("sescli.groups.local.commands.local", "The embedded SES on this machine."),
    "demo": ("sescli.groups.demo.commands.demo", "The guided tour on the embedded SES; no AWS account."),
    "completion": (
        "sescli.groups.completion.commands.completion",
        "Completion for bash, zsh, fish and PowerShell.",
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
    """Amazon SES from the terminal.

    Verify a domain, send mail, run a bulk send that never mails anyone twice, and see what became of it.
    New here? 'sescli demo' shows it all without an AWS account.

    The common options may stand before or after the name of a command.
    """


def root_command() -> Any:
    """The command tree; groups are loaded when called."""
    if COMPLETE_VARIABLE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()  # tells Typer the shells; without it no completion request is answered
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
    """Run one command line and give its exit code. A completion request ends the process."""
    root = root_command()
    if COMPLETE_VARIABLE in os.environ:
        root.main([], PROGRAM, COMPLETE_VARIABLE)  # answers the shell and ends the process
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
        return ExitCode.OK  # rich's way to say that the reader of the help has gone
    except (typer.Abort, KeyboardInterrupt) as interrupt:
        return _fail(interrupt, arguments, world, kept)
    except Exception as error:  # noqa: BLE001 - the one net under the program: a user never sees a traceback
        code = _fail(error, arguments, world, kept)
        _let_go(world.stdout)
    return code


def _let_go(stream: TextIO) -> None:
    """What a full disk has refused is still buffered: Python would try again at exit, and end with code 120."""
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

        world.stderr.write(sanitise.block("".join(traceback.format_exception(error))))
    return classify(shown)[0] if shown is not None else ExitCode.USAGE if arguments else ExitCode.OK
