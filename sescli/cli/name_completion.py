"""Completion of the names of what SES holds: identities, templates, configuration sets, rule sets.

A look at SES while somebody waits for the Tab key: it ends after two seconds, with what has come by then, and
says nothing of what went wrong. It goes where the common options typed so far lead, and starts nothing.
"""

from __future__ import annotations

import io
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - Typer reads annotations

from sescli.cli.common_options import FLAGS
from sescli.errors import SescliError
from sescli.runtime import World, build

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 2.0


def identities(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of identities that begin so (ListEmailIdentities)."""
    return _names(ctx, incomplete, "sesv2", "ListEmailIdentities", "EmailIdentities", "IdentityName")


def templates(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of templates that begin so (ListEmailTemplates)."""
    return _names(ctx, incomplete, "sesv2", "ListEmailTemplates", "TemplatesMetadata", "TemplateName")


def configuration_sets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of configuration sets that begin so (ListConfigurationSets)."""
    return _names(ctx, incomplete, "sesv2", "ListConfigurationSets", "ConfigurationSets", None)


def rule_sets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of receipt rule sets that begin so (ListReceiptRuleSets)."""
    return _names(ctx, incomplete, "ses", "ListReceiptRuleSets", "RuleSets", "Name")


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

    # A thread of the background dies with the process, whatever its call still waits for.
    thread = Thread(target=look, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return [name for name in list(found) if name.startswith(incomplete)]


def _gateway(flags: Mapping[str, Any]) -> Any:
    """SES as the options so far name it; None where that is an embedded one which does not run."""
    from sescli.emulator import process

    silent = World(stdout=io.StringIO(), stderr=io.StringIO())
    runtime = build({**flags, "quiet": True}, silent)
    if runtime.settings.local and process.status() is None:
        return None
    return runtime.aws if runtime.aws.region else None  # the region loads boto3, before the clock runs
