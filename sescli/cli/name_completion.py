"""Completion of names in SES: identities, templates, configuration sets, rule sets.

The user waits at the Tab key, so it ends after two seconds with the names found by then, and shows no errors. It uses
the common options typed so far, and never starts the emulator.
"""

from __future__ import annotations

import io
import re
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - Typer reads annotations

from sescli.cli.common_options import FLAGS
from sescli.errors import SescliError
from sescli.runtime import World, build

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SECONDS = 2.0
# Letters, digits and the signs of addresses and names that have no meaning in bash, zsh, fish and PowerShell.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,319}")


def identities(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of identities with this beginning (ListEmailIdentities)."""
    return _names(ctx, incomplete, "sesv2", "ListEmailIdentities", "EmailIdentities", "IdentityName")


def templates(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of templates with this beginning (ListEmailTemplates)."""
    return _names(ctx, incomplete, "sesv2", "ListEmailTemplates", "TemplatesMetadata", "TemplateName")


def configuration_sets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of configuration sets with this beginning (ListConfigurationSets)."""
    return _names(ctx, incomplete, "sesv2", "ListConfigurationSets", "ConfigurationSets", None)


def rule_sets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of receipt rule sets with this beginning (ListReceiptRuleSets)."""
    return _names(ctx, incomplete, "ses", "ListReceiptRuleSets", "RuleSets", "Name")


def safe_names(names: Iterable[str], incomplete: str) -> list[str]:
    """The names with this beginning that no shell reads as anything but text.

    The completion script of zsh evaluates what it gets, bash expands wildcards in it, and a name that starts with `-`
    would be an option. Names with other characters are not offered; the user can type them in quotes.
    """
    return [name for name in list(names) if name.startswith(incomplete) and _SAFE.fullmatch(name)]


def _names(
    ctx: typer.Context, incomplete: str, service: str, operation: str, key: str, member: str | None
) -> list[str]:
    found: list[str] = []
    aws = None
    with suppress(SescliError, OSError):
        aws = _gateway(ctx.meta.get(FLAGS, {}))
    if aws is None:
        return []

    def look() -> None:
        with suppress(SescliError, OSError):
            items = aws.pages(service, operation, key)
            found.extend(str(item[member] if member else item) for item in items)

    # A daemon thread ends with the process, even while its call waits.
    thread = Thread(target=look, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return safe_names(found, incomplete)


def _gateway(flags: Mapping[str, Any]) -> Any:
    """The gateway for the options so far; None for an emulator that is not running."""
    from sescli.emulator import process

    silent = World(stdout=io.StringIO(), stderr=io.StringIO())
    runtime = build({**flags, "quiet": True}, silent)
    if runtime.settings.local and process.status() is None:
        return None
    return runtime.aws if runtime.aws.region else None  # the region loads boto3, before the clock runs
