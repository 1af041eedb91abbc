"""What SES would refuse, or accept and never deliver, asked before the send.

Each check gives problems (the send would fail) and warnings. A look-up that is denied, throttled or unavailable
is a warning and never stops a send: who may send need not be allowed to look.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import join_hints
from sescli.errors import (
    AccessError,
    ApiError,
    CheckFailedError,
    NetworkError,
    NotFoundError,
    RetryableError,
    SescliError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.mail.addresses import Address

_SIMULATOR = "simulator.amazonses.com"
# Names that one GetIdentityVerificationAttributes takes.
_NAMES_A_CALL = 100
_DENIED = ("AccessDenied", "AccessDeniedException", "NotAuthorized")


@dataclass
class Findings:
    """What the checks found, in order."""

    problems: list[SescliError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def looking(self, what: str) -> Iterator[None]:
        """A look-up that fails for its own reasons becomes a warning.

        No credentials and no network are not its own: the send would meet them too.
        """
        try:
            yield
        except NetworkError:
            raise
        except (AccessError, RetryableError, ApiError) as error:
            if isinstance(error, AccessError) and error.code not in _DENIED:
                raise
            self.warnings.append(f"{what} was not checked: {error.message}")

    def settle(self) -> None:
        """Raise the one problem, or all of them as one `CheckFailedError`."""
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            lines = "\n".join(f"  - {problem.message}" for problem in self.problems)
            hint = join_hints(problem.hint for problem in self.problems)
            raise CheckFailedError(
                f"SES would refuse this mail:\n{lines}", hint=hint, code=self.problems[0].code
            )


def check_account(aws: Gateway, recipients: Sequence[Address], found: Findings) -> None:
    """Is sending on, is there quota left, and in the sandbox: may these recipients be sent to? (GetAccount)."""
    with found.looking("the account (quota, sandbox)"):
        account = aws.read("sesv2", "GetAccount")
        if not account.get("SendingEnabled", True):
            found.problems.append(
                CheckFailedError(
                    f"sending is paused for this account in {aws.region}",
                    hint="sescli status says why",
                    code="AccountSendingPaused",
                )
            )
        _check_quota(account, len(recipients), found)
        if not account.get("ProductionAccessEnabled", True):
            check_sandbox(aws, recipients, found)


def _check_quota(account: Mapping[str, Any], count: int, found: Findings) -> None:
    quota = account.get("SendQuota", {})
    most = quota.get("Max24HourSend", -1)
    left = most - quota.get("SentLast24Hours", 0)
    if most >= 0 and left < count:
        found.warnings.append(f"the 24-hour quota has {max(0, left):.0f} left, and this mail needs {count}")


def check_sandbox(aws: Gateway, recipients: Sequence[Address], found: Findings) -> None:
    """In the sandbox every recipient must be verified, or be the mailbox simulator."""
    real = [address for address in recipients if address.domain.lower() != _SIMULATOR]
    states = verification_states(aws, (name for address in real for name in names_for(address)))
    for address in real:
        names = [name for name in names_for(address) if name in states]
        if all(states[name] != "Success" for name in names):
            mend = (
                _waits(names[0], states[names[0]]) if names else f"sescli identity verify {address.addr_spec}"
            )
            found.problems.append(
                CheckFailedError(
                    f"the account is in the sandbox in {aws.region}, and {address.addr_spec} is not verified",
                    hint=f"{mend}, or send to success@{_SIMULATOR}",
                    code="RecipientNotVerified",
                )
            )


def check_sender(aws: Gateway, sender: Address, found: Findings) -> None:
    """Is the sender, or a domain that it is in, verified in this region?"""
    with found.looking(f"whether {sender.addr_spec} is verified"):
        names = names_for(sender)
        states = verification_states(aws, names)
        if "Success" in states.values():
            return
        begun = next((name for name in names if name in states), None)
        found.problems.append(
            CheckFailedError(
                f"neither {sender.addr_spec} nor its domain is verified in {aws.region}",
                hint=_waits(begun, states[begun])
                if begun
                else f"sescli identity verify {sender.domain}; identities are per region (--region)",
                code="SenderNotVerified",
            )
        )


def _waits(name: str, status: str) -> str:
    """What to do about an identity that is there and not verified."""
    return f"{name} is an identity, {status.upper()}: sescli identity show {name} says what it waits for"


def check_config_set(aws: Gateway, name: str | None, found: Findings) -> None:
    """Does the configuration set exist, and is its sending on? (GetConfigurationSet)."""
    if name is None:
        return
    with found.looking(f"the configuration set {name}"):
        try:
            answer = aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=name)
        except NotFoundError as error:
            found.problems.append(
                NotFoundError(
                    f"there is no configuration set {name} in {aws.region}",
                    hint="leave --config-set out, or name one of this region",
                    code=error.code,
                    request_id=error.request_id,
                )
            )
            return
        if not answer.get("SendingOptions", {}).get("SendingEnabled", True):
            found.problems.append(
                CheckFailedError(
                    f"sending is paused for the configuration set {name}",
                    code="ConfigurationSetSendingPaused",
                )
            )


def check_suppression(aws: Gateway, recipients: Iterable[Address], found: Findings) -> None:
    """Warn of recipients whom SES would accept and not deliver to (GetSuppressedDestination)."""
    with found.looking("the suppression list"):
        for address in recipients:
            reason = _suppressed(aws, address)
            if reason is not None:
                found.warnings.append(
                    f"{address.addr_spec} is on the suppression list ({reason}): SES will accept the mail and "
                    f"not deliver it; sescli suppression remove {address.addr_spec} takes it off"
                )


def _suppressed(aws: Gateway, address: Address) -> str | None:
    # The list wants the case in which it stores an address (docs/ses-behavior.md#suppression-case): as
    # written, then lower case.
    for spelt in dict.fromkeys((address.addr_spec, address.addr_spec.lower())):
        try:
            answer = aws.read("sesv2", "GetSuppressedDestination", EmailAddress=spelt)
        except NotFoundError:
            continue
        return str(answer["SuppressedDestination"]["Reason"])
    return None


def names_for(address: Address) -> list[str]:
    """The identities that let an address send, closest first: itself, without its +label, its domain and above.

    The part before `@` counts with its case.
    """
    domain = address.domain.lower()
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    unlabelled = address.local.partition("+")[0]
    return list(dict.fromkeys([f"{address.local}@{domain}", f"{unlabelled}@{domain}", *above]))


def verification_states(aws: Gateway, names: Iterable[str]) -> dict[str, str]:
    """The state of each name that is an identity here: Success, Pending, Failed, …

    GetIdentityVerificationAttributes of API v1, because it answers for 100 at once and names that are no identity
    are simply absent.
    """
    asked = list(dict.fromkeys(names))
    states: dict[str, str] = {}
    for start in range(0, len(asked), _NAMES_A_CALL):
        answer = aws.read(
            "ses", "GetIdentityVerificationAttributes", Identities=asked[start : start + _NAMES_A_CALL]
        )
        attributes = answer.get("VerificationAttributes", {})
        states |= {name: str(each.get("VerificationStatus")) for name, each in attributes.items()}
    return states
