"""What `resume` and `run --resume` check again: the account, the message, the suppression list, and the batch file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import CheckFailedError, InputFileError, UsageError
from sescli.groups.bulk.batch import sources
from sescli.groups.bulk.batch.rows import RowValidator
from sescli.groups.bulk.engine.outcome import Stop
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.loading import JournalLoader
from sescli.groups.bulk.model.spec import RecipientsFile
from sescli.groups.bulk.service import preflight
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.model.spec import Batch, MessageSpec
    from sescli.groups.bulk.service.preflight import BatchFinding, BatchPreflight
    from sescli.groups.bulk.service.send import RunContext

_ACCEPT = "to send the rest anyway: --accept-changes"
# Rows that are named in an error; the others are only counted.
_EXAMPLES = 5
# The names of the batch file for the fields of a message.
_KEYS = {"sender": "from", "reply_to": "reply_to", "config_set": "config_set"}


def check_message(
    aws: Gateway, journal: Journal, context: RunContext, *, accept_changes: bool
) -> tuple[Stop | None, BatchPreflight]:
    """Check the account and the message as `run` did; changes nothing.

    Returns why SES would reject every message, or None, and what the look-ups found. Raises `UsageError` if the content
    of the template changed since the run started, unless `accept_changes`.
    """
    metadata = journal.metadata
    checks = preflight.check_batch(aws, metadata.mailing)
    _check_template(metadata.template, metadata.mailing, checks, context, accept_changes=accept_changes)
    return _first_error(checks.findings, context), checks


def check_suppression(aws: Gateway, journal: Journal, context: RunContext) -> Stop | None:
    """Find pending recipients that were suppressed since the run started; skip them if it has --skip-suppressed."""
    pending, skip = journal.counts().unfinished, journal.metadata.skip_suppressed
    return _first_error(preflight.mark_suppressed(aws, journal, pending, skip=skip), context)


def _first_error(findings: Iterable[BatchFinding], context: RunContext) -> Stop | None:
    """Show the warnings, and return the first error."""
    for finding in findings:
        if finding.level == "error":
            error = CheckFailedError(finding.message, hint=finding.hint, code=finding.code)
            return Stop(finding.code, finding.message, error)
        context.warn(finding.message)
    return None


def _check_template(
    before: str | None,
    mailing: MessageSpec,
    checks: BatchPreflight,
    context: RunContext,
    *,
    accept_changes: bool,
) -> None:
    now = preflight.template_digest(checks.template)
    if mailing.content is not None or before is None or now in {None, before}:
        return
    message = f"the template {mailing.template} has changed since this run started"
    if not accept_changes:
        raise UsageError(
            f"{message}: the other recipients would get a different message",
            hint=f"restore the template; or {_ACCEPT}",
            code="TemplateChanged",
        )
    context.warn(message)


def check_batch_unchanged(batch: Batch, journal: Path, context: RunContext, *, accept_changes: bool) -> None:
    """Compare a batch file with the run that it would continue, which keeps its own recipients and message.

    Raises `UsageError` that names new rows and changed keys, unless `accept_changes`; then it is a warning.
    """
    with Journal.for_reading(journal) as opened:
        changes = [*_changed_keys(batch.mailing, opened.metadata.mailing), *_new_rows(batch, opened, context)]
        run = opened.metadata.run
    if not changes:
        return
    message = f"the batch file has changed since {run} started: {'; '.join(changes)}"
    if not accept_changes:
        raise UsageError(
            f"{message}. The run has its own copy, so these changes would have no effect",
            hint=f"undo the changes; send to new recipients under another name; or {_ACCEPT}",
            code="BatchChanged",
        )
    context.warn(f"{message}; the run does not use these changes")


def _changed_keys(now: MessageSpec, before: MessageSpec) -> list[str]:
    # As JSON, because the journal stores it so.
    stored = type(now).from_json(now.to_json())
    names = [_KEYS.get(name, name) for name in vars(before) if getattr(stored, name) != getattr(before, name)]
    return [f"{', '.join(names)} {'differs' if len(names) == 1 else 'differ'}"] if names else []


def _new_rows(batch: Batch, journal: Journal, context: RunContext) -> list[str]:
    source = batch.recipients
    if isinstance(source, RecipientsFile) and source.path is None:
        context.warn(
            "the recipients come from standard input, so they were not compared with those of the run"
        )
        return []
    try:
        with JournalLoader(None) as loading:
            check = RowValidator(batch.mailing, batch.default_data, None, None)
            loading.add(check.rows(sources.read_recipients(source)))
            if (loading.digest.rows, loading.digest.text) == (journal.metadata.rows, journal.metadata.digest):
                return []
            count, first = loading.new_rows(journal.results(), _EXAMPLES)
    except InputFileError as error:
        context.warn(f"could not compare the recipients with those of the run: {error.message}")
        return []
    if not count:
        return []
    named = ", ".join(f"row {row} ({to})" for row, to in first)
    more = f" and {count - len(first):,} more" if count > len(first) else ""
    return [f"{counted(count, 'new row')}: {named}{more}"]
