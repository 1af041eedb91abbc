"""Checks before a send: what SES would refuse, or accept and never deliver.

`send` and `bulk` share them, so that both give the same result in the same words. A look-up that is denied, throttled
or unavailable becomes a warning and never stops a send, because the permission to send does not include the
permission to look up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sescli.advice import Advice, NextCommand, join_hints
from sescli.aws.throttle_retry import retry_throttled
from sescli.aws.try_read import try_read
from sescli.errors import CheckFailedError, NotFoundError, SescliError, ThrottledError
from sescli.groups.reputation.service.quota import Quota, quota_of
from sescli.groups.send.service.identity_status import VERIFIED, covering_names, statuses_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.mail.addresses import Address

Answer = TypeVar("Answer")

# Seconds before each repetition of a throttled look-up, after botocore's own.
_WAITS = (0.3, 0.7, 1.2)
_SIMULATOR = "simulator.amazonses.com"
_ACCOUNT_PAUSED = "AccountSendingPaused"
# How API v1, the results of SendBulkEmail and this preflight spell it.
_CONFIG_SET_PAUSED = frozenset(
    {
        "CONFIGURATION_SET_SENDING_PAUSED",
        "ConfigurationSetSendingPaused",
        "ConfigurationSetSendingPausedException",
    }
)
NOT_DELIVERED = "SES accepts the message but does not deliver it"


class Preflight:
    """The checks of one send, and what they found: `problems` stop it, `warnings` do not.

    `quota` is None where it is not known. `is_sandbox` says that SES accepts only verified recipients.
    """

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws
        self._waits: Sequence[float] = _WAITS
        self.problems: list[SescliError] = []
        self.warnings: list[Hint] = []
        self.quota: Quota | None = None
        self.is_sandbox = False

    def try_read(
        self, subject: str, read: Callable[[], Answer], *, raise_not_found: bool = False
    ) -> Answer | None:
        """The result of a look-up; None, with a warning, where it failed (`sescli.aws.try_read`).

        Raises `NotFoundError` with `raise_not_found`; otherwise that is a warning too: an endpoint that is not AWS's own
        may lack the operation.
        """
        try:
            return try_read(subject, lambda: self._patiently(read), warn=self.warnings.append)
        except NotFoundError as error:
            if raise_not_found:
                raise
            self.warnings.append(f"could not check {subject}: {error.message}")
            return None

    def _patiently(self, read: Callable[[], Answer]) -> Answer:
        """Repeat a throttled look-up; after one that stays throttled, the others are tried once."""
        try:
            return retry_throttled(read, waits=self._waits, sleep=self._aws.sleep)
        except ThrottledError:
            self._waits = ()
            raise

    def check_account(self) -> None:
        """Check that the account may send (GetAccount); note its quota and whether it is in the sandbox."""
        account = self.try_read("the account", lambda: self._aws.read("sesv2", "GetAccount"))
        if account is None:
            return
        self.quota = quota_of(account)
        self.is_sandbox = not account.get("ProductionAccessEnabled", True)
        if account.get("EnforcementStatus") == "SHUTDOWN":
            hint = Advice("see AWS's message in the AWS Health dashboard; ", NextCommand("status"))
            self._add(f"AWS has paused sending for this account in {self._aws.region}", hint, _ACCOUNT_PAUSED)
        elif not account.get("SendingEnabled", True):
            hint = Advice("turn it on: ", NextCommand("reputation", "sending", "--on"))
            self._add(f"sending is paused for this account in {self._aws.region}", hint, _ACCOUNT_PAUSED)

    def check_sender(self, sender: Address) -> None:
        """Check that an identity of this region covers the sender: the address, its domain or a parent domain."""
        names = covering_names(sender)
        statuses = self.try_read(f"the sender {sender.addr_spec}", lambda: statuses_of(self._aws, names))
        if statuses is None or VERIFIED in statuses.values():
            return
        hint = _pending_hint(names, statuses) or Advice(
            "verify it: ",
            NextCommand("identity", "verify", sender.domain),
            "; if it is verified in another region, name that region with --region",
        )
        self._add(
            f"neither {sender.addr_spec} nor its domain is verified in {self._aws.region}",
            hint,
            "SenderNotVerified",
        )

    def check_config_set(self, name: str | None) -> None:
        """Check that the configuration set exists and that its sending is on (GetConfigurationSet)."""
        if name is None:
            return
        try:
            answer = self.try_read(
                f"the configuration set {name}",
                lambda: self._aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=name),
                raise_not_found=True,
            )
        except NotFoundError as error:
            self.problems.append(_config_set_not_found(self._aws.region, name, error))
            return
        if answer is not None and not answer.get("SendingOptions", {}).get("SendingEnabled", True):
            self._add(
                f"sending is paused for the configuration set {name} in {self._aws.region}",
                resume_config_set(name),
                "ConfigurationSetSendingPaused",
            )

    def check_recipients(self, recipients: Sequence[Address]) -> None:
        """Check a few recipients: the quota has room, the sandbox allows them, and none is suppressed."""
        warning = quota_warning(self.quota, len(recipients))
        self.warnings += [warning] if warning else []
        if self.is_sandbox:
            self._check_sandbox([one for one in recipients if not _is_simulator(one)])
        self.try_read("the suppression list", lambda: self._check_suppression(recipients))

    def _check_sandbox(self, recipients: Sequence[Address]) -> None:
        names = [name for address in recipients for name in covering_names(address)]
        statuses = self.try_read("whether the recipients are verified", lambda: statuses_of(self._aws, names))
        if statuses is None:
            return
        found = (sandbox_problem(self._aws.region, one, statuses) for one in recipients)
        self.problems += [problem for problem in found if problem]

    def _check_suppression(self, recipients: Iterable[Address]) -> None:
        for address in recipients:
            reason = suppression_reason(self._aws, address.addr_spec)
            if reason is not None:
                self.warnings.append(
                    Advice(
                        f"{address.addr_spec} is on the suppression list ({reason}): {NOT_DELIVERED}. "
                        "To remove the address: ",
                        NextCommand("suppression", "remove", address.addr_spec),
                    )
                )

    def _add(self, message: str, hint: Hint, code: str) -> None:
        self.problems.append(CheckFailedError(message, hint=hint, code=code))

    def raise_problems(self) -> None:
        """Raise the one problem, or all of them as one `CheckFailedError` with the code of the first."""
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            lines = "\n".join(f"  - {problem.message}" for problem in self.problems)
            raise CheckFailedError(
                f"SES would refuse this message:\n{lines}",
                hint=join_hints(problem.hint for problem in self.problems),
                code=self.problems[0].code,
            )


def _config_set_not_found(region: str, name: str, error: NotFoundError) -> NotFoundError:
    return NotFoundError(
        f'configuration set "{name}" not found in {region}',
        hint=Advice(
            "create it: ",
            NextCommand("config-set", "create", name),
            "; or name another one: ",
            NextCommand("config-set", "list"),
        ),
        code=error.code,
        request_id=error.request_id,
    )


def is_config_set_pause(code: str | None, reason: str) -> bool:
    """Whether SES refused a send because the configuration set's sending is off, by the code and text of its answer.

    `SendingPausedException` covers the account and the configuration set (docs/ses-behavior.md#error-codes-v2); only
    the text tells which.
    """
    if code in _CONFIG_SET_PAUSED:
        return True
    return code == "SendingPausedException" and "configuration set" in reason.lower()


def resume_config_set(name: str) -> Advice:
    """How to let messages with a paused configuration set go out again."""
    return Advice("turn its sending on: ", NextCommand("config-set", "sending", name, "--on"))


def quota_warning(quota: Quota | None, recipients: int) -> str | None:
    """A warning where the 24-hour quota has less room than `recipients`; None where it has enough or is not known."""
    left = quota.remaining_24_hours if quota else None
    if left is None or left >= recipients:
        return None
    return f"the 24-hour quota has {left:,.0f} left, and this send has {recipients:,} recipients"


def sandbox_problem(region: str, recipient: Address, statuses: Mapping[str, str]) -> CheckFailedError | None:
    """Why SES does not accept this recipient in the sandbox; None where it does: verified, or the mailbox simulator.

    `statuses` holds the status of identities by name, as `statuses_of` and `all_statuses` give it.
    """
    names = covering_names(recipient)
    if _is_simulator(recipient) or any(statuses.get(name) == VERIFIED for name in names):
        return None
    fix = _pending_hint(names, statuses) or Advice(
        "verify it: ", NextCommand("identity", "verify", recipient.addr_spec)
    )
    return CheckFailedError(
        f"the account is in the sandbox in {region}, and {recipient.addr_spec} is not verified",
        hint=Advice(fix, f"; or send to success@{_SIMULATOR}"),
        code="RecipientNotVerified",
    )


def _is_simulator(address: Address) -> bool:
    return address.domain.lower() == _SIMULATOR


def _pending_hint(names: Iterable[str], statuses: Mapping[str, str]) -> Hint | None:
    """What to do about the closest identity that exists and is not verified."""
    name = next((name for name in names if name in statuses), None)
    if name is None:
        return None
    show = NextCommand("identity", "show", name)
    return Advice(f"the identity {name} is {statuses[name]}; to see what is missing: ", show)


def suppression_reason(aws: Gateway, address: str) -> str | None:
    """Why an address is on the account's suppression list; None where it is not (GetSuppressedDestination).

    The look-up needs the case in which SES stores an address (docs/ses-behavior.md#suppression-case), so it tries
    the address as written, then in lower case.
    """
    for spelling in dict.fromkeys((address, address.lower())):
        try:
            answer = aws.read("sesv2", "GetSuppressedDestination", EmailAddress=spelling)
        except NotFoundError:
            continue
        return str(answer["SuppressedDestination"]["Reason"])
    return None
