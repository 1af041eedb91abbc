"""What a bulk send asks AWS before the first mail: account, sender, template, suppression list.

A look-up that is denied, throttled or out of order is a warning and blocks nothing: the send itself needs
fewer permissions than the check. An AWS that cannot be reached at all, or keys that are no good, end it here.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.errors import (
    AccessError,
    ApiError,
    NotFoundError,
    OutcomeUnknownError,
    RetryableError,
    ThrottledError,
    UsageError,
)
from sescli.errors import NetworkError as _NetworkError
from sescli.groups.reputation.service.quota import Quota, quota_of
from sescli.groups.template.service import templates
from sescli.handlebars.content import TemplateContent
from sescli.mail.addresses import Address, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.loading import Loading
    from sescli.groups.bulk.model.spec import Mailing

_SIMULATOR = "simulator.amazonses.com"
# Up to so many recipients are asked for one by one; above, the suppression list is read once.
_ASKED_SINGLY = 100


@dataclass(frozen=True)
class Finding:
    """Something about the whole send. `level` is `error` (nothing is sent) or `warning`."""

    level: str
    code: str
    message: str
    hint: Hint | None = None


@dataclass
class Lookups:
    """What was found. `template`, `quota` None: not known. `verified`: identities, in the sandbox only."""

    template: TemplateContent | None = None
    quota: Quota | None = None
    verified: frozenset[str] | None = None
    findings: list[Finding] = field(default_factory=list)

    def allows(self, address: Address) -> bool:
        """Whether the sandbox lets a mail go to this address."""
        if self.verified is None or address.domain.lower() == _SIMULATOR:
            return True
        return not self.verified.isdisjoint(_covering(address))


def look(aws: Gateway, mailing: Mailing) -> Lookups:
    """Ask all of it (GetAccount, GetEmailTemplate, GetEmailIdentity, GetConfigurationSet; in the sandbox
    ListEmailIdentities).
    """
    asking = _Asking(aws)
    asking.account()
    asking.template(mailing)
    asking.sender(mailing)
    asking.config_set(mailing)
    return asking.done()


class _Asking:
    def __init__(self, aws: Gateway) -> None:
        self._aws = aws
        self._found = Lookups()
        self._unasked: dict[str, list[str]] = {}

    def done(self) -> Lookups:
        for reason, subjects in self._unasked.items():
            message = f"not checked, because the look-up failed: {', '.join(subjects)} ({reason})"
            self._found.findings.append(Finding("warning", "NotChecked", message))
        return self._found

    def account(self) -> None:
        account = self._asked("the account's quota and rate", lambda: self._aws.read("sesv2", "GetAccount"))
        if account is None:
            return
        self._found.quota = quota_of(account)
        if not account.get("SendingEnabled", True):
            self._error("SendingPaused", "sending is paused for this account", "sescli status")
        if not account.get("ProductionAccessEnabled", True):
            self._found.verified = self._asked("the verified identities", self._verified)

    def _verified(self) -> frozenset[str]:
        pages = self._aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=1000)
        return frozenset(one["IdentityName"].lower() for one in pages if one.get("SendingEnabled", True))

    def template(self, mailing: Mailing) -> None:
        if mailing.content is not None:
            self._found.template = TemplateContent(
                mailing.content.subject, mailing.content.text, mailing.content.html
            )
            return
        name = mailing.template or ""
        try:
            content = self._asked(
                f"the template {name}", lambda: templates.content_of(self._aws, name), may_lack=True
            )
            if content is not None:
                content.check()
                self._found.template = content
        except NotFoundError as error:
            self._error("TemplateNotFound", error.message, error.hint)
        except UsageError as error:
            self._error(
                "BadTemplate", f"the template {name} would never be delivered: {error.message}", error.hint
            )

    def sender(self, mailing: Mailing) -> None:
        address = parse_address(mailing.sender)
        for name in _identities(address):
            try:
                found = self._asked(
                    f"the sender {name}",
                    lambda name=name: self._identity(name),  # type: ignore[misc]
                    may_lack=True,
                )
            except NotFoundError:
                continue
            if found is None or found.get("VerifiedForSendingStatus"):
                return
            self._error(
                "SenderNotVerified",
                f"{name} is not verified in {self._aws.region} yet",
                f"sescli identity show {name}",
            )
            return
        self._error(
            "SenderNotVerified",
            f"neither {address.addr_spec} nor its domain is an identity in {self._aws.region}",
            f"verify it (sescli identity verify {address.domain}), or name the region where it is: --region",
        )

    def _identity(self, name: str) -> dict[str, Any]:
        return self._aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name)

    def config_set(self, mailing: Mailing) -> None:
        name = mailing.config_set
        if name is None:
            return
        try:
            self._asked(
                f"the configuration set {name}",
                lambda: self._aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=name),
                may_lack=True,
            )
        except NotFoundError:
            self._error(
                "ConfigSetNotFound",
                f"there is no configuration set {name} in {self._aws.region}",
                f"sescli config-set create {shlex.quote(name)}",
            )

    def _error(self, code: str, message: str, hint: Hint | None) -> None:
        self._found.findings.append(Finding("error", code, message, hint))

    def _asked(self, subject: str, ask: Callable[[], Any], *, may_lack: bool = False) -> Any:
        """The answer; None where it could not be had, which is noted. Raises `NotFoundError` where it `may_lack`."""
        try:
            return ask()
        except (AccessError, ApiError, NotFoundError, RetryableError) as error:
            if may_lack and isinstance(error, NotFoundError):
                raise
            reason = unavailable(error)
            self._unasked.setdefault(reason, []).append(subject)
            return None


def unavailable(error: AccessError | ApiError | NotFoundError | RetryableError) -> str:
    """Why a look-up could not be had, in a word; an error that would meet the sends as well is raised again."""
    if isinstance(error, _NetworkError):
        raise error
    if isinstance(error, AccessError):
        if "Denied" not in (error.code or "") and error.code != "NotAuthorized":
            raise error
        return "permission denied"
    if isinstance(error, ThrottledError):
        return "throttled"
    return "no usable answer" if isinstance(error, OutcomeUnknownError) else error.code or "unavailable"


def _identities(address: Address) -> Iterator[str]:
    """What may stand for a sender: the address, its domain, and the domains above, most particular first."""
    yield address.addr_spec
    labels = address.domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def _covering(address: Address) -> set[str]:
    return {name.lower() for name in _identities(address)}


def mark_suppressed(aws: Gateway, loading: Loading, ready: int, *, skip: bool) -> list[Finding]:
    """Find the recipients on the account's suppression list; with `skip` they are left out of the run.

    A few are asked for one by one (SES API v2 GetSuppressedDestination); for many the list is streamed once
    (ListSuppressedDestinations).
    """
    few = ready <= _ASKED_SINGLY
    addresses = _few(aws, loading) if few else _whole_list(aws)
    try:
        count = loading.mark_suppressed(addresses, skip=skip)
    except (AccessError, ApiError, NotFoundError, RetryableError) as error:
        note = f"not checked, because the look-up failed: the suppression list ({unavailable(error)})"
        return [Finding("warning", "NotChecked", note)]
    if not count or skip:
        return []
    message = (
        "1 recipient is on the suppression list: SES takes the mail and does not deliver it"
        if count == 1
        else f"{count:,} recipients are on the suppression list: SES takes their mail and does not deliver it"
    )
    return [Finding("warning", "Suppressed", message, "leave them out: --skip-suppressed")]


def _few(aws: Gateway, loading: Loading) -> Iterator[str]:
    for entry in loading.ready(_ASKED_SINGLY):
        try:
            aws.read("sesv2", "GetSuppressedDestination", EmailAddress=entry.address)
        except NotFoundError:
            continue
        yield entry.address


def _whole_list(aws: Gateway) -> Iterator[str]:
    for one in aws.pages(
        "sesv2", "ListSuppressedDestinations", "SuppressedDestinationSummaries", PageSize=1000
    ):
        yield one["EmailAddress"]
