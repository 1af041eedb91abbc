"""The options of every command and group, and how a call stores them."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

# Typer's own copy of Click has no public name.
from typer.core import TyperOption

from sescli.output.output import FORMATS
from sescli.settings import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPLETE_VARIABLE = "_SESCLI_COMPLETE"

# Keys of Click's `ctx.meta`: the output of the running command, and the common options that were given.
OUTPUT, FLAGS = "sescli.output", "sescli.flags"
_PANEL = "Common options"


def _remember(ctx: Any, param: Any, value: Any) -> Any:
    """Store a common option that was given; a later one on the command line overrides an earlier one."""
    if value not in (None, False):
        ctx.meta.setdefault(FLAGS, {})[param.name] = value
    return value


def _option(*names: str, **settings: Any) -> TyperOption:
    return TyperOption(
        param_decls=list(names),
        default=None,
        expose_value=False,
        callback=_remember,
        rich_help_panel=_PANEL,
        show_default=False,
        **settings,
    )


def _switch(*names: str, text: str) -> TyperOption:
    return _option(*names, is_flag=True, type=bool, help=text)


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _formats(_ctx: Any, _words: Any, incomplete: str) -> list[str]:
    return [name for name in FORMATS if name.startswith(incomplete)]


def _colours(_ctx: Any, _words: Any, incomplete: str) -> list[str]:
    return [name for name in COLOURS if name.startswith(incomplete)]


@functools.cache
def common_options(*, shown: bool = False) -> tuple[TyperOption, ...]:
    """The options that every command and every group accepts.

    Only the help of `sescli` itself shows them, to keep the other help texts short. Completion skips hidden
    options, so it gets them unhidden.
    """
    options = _common_options()
    for option in options:
        option.hidden = not shown and COMPLETE_VARIABLE not in os.environ
    return options


def _common_options() -> tuple[TyperOption, ...]:
    return (
        _option("--profile", metavar="NAME", help="AWS profile."),
        _option("--region", metavar="REGION", help="AWS region."),
        _option("--endpoint-url", metavar="URL", help="Endpoint URL to use instead of the AWS endpoint."),
        _switch("--local", text="Use the local SES emulator on this machine; no AWS account needed."),
        _option(
            "-o",
            "--output",
            metavar="FORMAT",
            autocompletion=_formats,
            help=f"Output format: {_either(FORMATS)}.",
        ),
        _option("-q", "--query", metavar="JMESPATH", help="JMESPath query on the result, as in the AWS CLI."),
        _switch("-y", "--yes", text="Answer yes to every prompt."),
        _switch("--no-input", text="Never prompt; fail if an answer is missing."),
        _switch("--dry-run", text="Print the API calls of a change without sending them."),
        _switch("--quiet", text="Show only results, warnings and errors."),
        _switch("-v", "--verbose", text="Show each API call with its request ID."),
        _switch("--debug", text="Show the traceback of an error."),
        _option(
            "--color", metavar="WHEN", autocompletion=_colours, help=f"When to use color: {_either(COLOURS)}."
        ),
    )
