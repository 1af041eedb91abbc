"""The checks of a bulk send before the first message: those of every send, the template, and all recipients at once."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.errors import NotFoundError, SescliError
from sescli.groups.send.service import identity_status, preflight
from sescli.groups.send.service.preflight import NOT_DELIVERED, Preflight
from sescli.groups.template.service import templates
from sescli.handlebars.content import TemplateContent
from sescli.handlebars.doubts import unsubscribe_warning
from sescli.handlebars.errors import TemplateSyntaxError
from sescli.mail.addresses import Address, parse_address
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.journal import Journal
    from sescli.groups.bulk.journal.loading import JournalLoader
    from sescli.groups.bulk.model.spec import MessageSpec
    from sescli.groups.reputation.service.quota import Quota

# Up to this many recipients are looked up one by one; for more, the suppression list is read once.
_MAX_SINGLE_LOOKUPS = 100
# The codes of `bulk validate` that differ from those of `send`.
_CODES = {"AccountSendingPaused": "SendingPaused"}


def template_digest(content: TemplateContent | None) -> str | None:
    """A digest of a template's content, to see whether it changed; None if the content is not known."""
    if content is None:
        return None
    text = json.dumps([content.subject, content.text, content.html])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class BatchFinding:
    """Something about the batch as a whole. `level` is `error` (nothing is sent) or `warning`."""

    level: str
    code: str
    message: str
    hint: Hint | None = None


@dataclass
class BatchPreflight:
    """What the look-ups found. `template` and `quota` are None where not known.

    `identities` has the status of each identity by name, in the sandbox only.
    """

    region: str
    template: TemplateContent | None = None
    quota: Quota | None = None
    identities: Mapping[str, str] | None = None
    findings: list[BatchFinding] = field(default_factory=list)

    def recipient_problem(self, address: Address) -> str | None:
        """Why SES does not accept this recipient in the sandbox; None where it does."""
        if self.identities is None:
            return None
        problem = preflight.sandbox_problem(self.region, address, self.identities)
        return problem.message if problem else None


def check_batch(aws: Gateway, mailing: MessageSpec) -> BatchPreflight:
    """Make all look-ups: GetAccount, GetEmailTemplate, GetIdentityVerificationAttributes, GetConfigurationSet.

    In the sandbox also ListEmailIdentities.
    """
    checks = Preflight(aws)
    found = BatchPreflight(aws.region)
    checks.check_account()
    found.template = _template(aws, mailing, checks)
    template_findings = list(_template_findings(mailing, found.template))
    checks.check_sender(parse_address(mailing.sender))
    checks.check_config_set(mailing.config_set)
    if checks.is_sandbox:
        found.identities = checks.try_read(
            "whether the recipients are verified", lambda: identity_status.all_statuses(aws)
        )
    found.quota = checks.quota
    found.findings = [_as_finding(problem) for problem in checks.problems]
    found.findings += [BatchFinding("warning", "NotChecked", str(warning)) for warning in checks.warnings]
    found.findings += template_findings
    found.template = _readable(found.template)
    return found


def _template_findings(mailing: MessageSpec, template: TemplateContent | None) -> Iterator[BatchFinding]:
    """Warnings about what SES does not document, and about SES's unsubscribe link without list management."""
    if template is None:
        return
    try:
        for doubt in template.doubts:
            yield BatchFinding("warning", "UndocumentedSyntax", f"the template: {doubt}")
    except TemplateSyntaxError as error:
        yield BatchFinding("warning", "NotChecked", f"could not check the template: {error.message}")
    warning = unsubscribe_warning(template.text, template.html, has_list=mailing.one_call_each)
    if warning:
        fix = "name the contact list: unsubscribe: {list: NAME}"
        yield BatchFinding("warning", "UnsubscribePlaceholder", warning, fix)


def _readable(template: TemplateContent | None) -> TemplateContent | None:
    """The template; None where sescli cannot read it and so cannot check rows with it."""
    with suppress(TemplateSyntaxError):
        return template if template and template.compiled else None
    return None


def _template(aws: Gateway, mailing: MessageSpec, checks: Preflight) -> TemplateContent | None:
    if mailing.content is not None:
        return TemplateContent(mailing.content.subject, mailing.content.text, mailing.content.html)
    name = mailing.template or ""
    try:
        return checks.try_read(
            f"the template {name}", lambda: templates.get_content(aws, name), raise_not_found=True
        )
    except NotFoundError as error:
        checks.problems.append(_with_code(error, "TemplateNotFound", error.message))
        return None


def _with_code(error: SescliError, code: str, message: str) -> SescliError:
    return SescliError(message, hint=error.hint, code=code)


def _as_finding(problem: SescliError) -> BatchFinding:
    code = "ConfigSetNotFound" if isinstance(problem, NotFoundError) else str(problem.code)
    return BatchFinding("error", _CODES.get(code, code), problem.message, problem.hint)


def mark_suppressed(
    aws: Gateway, rows: JournalLoader | Journal, ready: int, *, skip: bool
) -> list[BatchFinding]:
    """Find the recipients on the account's suppression list; with `skip` they are left out of the run.

    If the list cannot be read, that is a warning; with `skip` it is an error, because the user asked for a guarantee.

    A few are looked up one by one (GetSuppressedDestination); for many the list is streamed once
    (ListSuppressedDestinations).
    """
    checks = Preflight(aws)

    def mark() -> int:
        few = ready <= _MAX_SINGLE_LOOKUPS
        addresses = _suppressed_of_few(aws, rows) if few else _suppression_list(aws)
        return rows.mark_suppressed(addresses, skip=skip)

    count = checks.try_read("the suppression list", mark)
    if count is None and skip:
        message = f"{checks.warnings[0]}, so --skip-suppressed cannot leave these recipients out"
        hint = "repeat the command later, get the permission, or leave out --skip-suppressed"
        return [BatchFinding("error", "SuppressionNotChecked", message, hint)]
    if count is None:
        return [BatchFinding("warning", "NotChecked", str(checks.warnings[0]))]
    if not count or skip:
        return []
    are = "is" if count == 1 else "are"
    message = f"{counted(count, 'recipient')} {are} on the suppression list: {NOT_DELIVERED}"
    return [BatchFinding("warning", "Suppressed", message, "leave them out: --skip-suppressed")]


def _suppressed_of_few(aws: Gateway, rows: JournalLoader | Journal) -> Iterator[str]:
    for entry in rows.ready(_MAX_SINGLE_LOOKUPS):
        if preflight.suppression_reason(aws, entry.address) is not None:
            yield entry.address


def _suppression_list(aws: Gateway) -> Iterator[str]:
    for one in aws.pages(
        "sesv2", "ListSuppressedDestinations", "SuppressedDestinationSummaries", PageSize=1000
    ):
        yield one["EmailAddress"]
