"""Checks that the same AWS account starts and resumes a run, even if the profile changes in between."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sescli.errors import SescliError, UsageError
from sescli.groups.bulk.journal.run_metadata import AWS, LOCAL
from sescli.groups.bulk.service.send import run_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.run_metadata import RunMetadata

# How long to wait for STS, in seconds. It answers in 0.1 s, or never, in a network that allows only SES.
_TIMEOUT = 4.0


class AccountLookup:
    """Looks up the account of the credentials in the background (STS GetCallerIdentity, needs no permission).

    The local SES emulator has no accounts. Other endpoints may have none, so a look-up that fails there is no warning.
    """

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws
        self._account_id: str | None = None
        self._reason = f"no response from STS within {_TIMEOUT:.0f} seconds"
        # A daemon thread, so that the process does not wait for STS at its end.
        self._thread = threading.Thread(target=self._look_up, name="account", daemon=True)
        place = run_target(aws).place
        self._has_account, self._is_aws = place != LOCAL, place == AWS
        if self._has_account:
            self._thread.start()

    def _look_up(self) -> None:
        try:
            self._account_id = self._aws.read("sts", "GetCallerIdentity").get("Account")
            self._reason = "the response of STS has no account"
        except SescliError as error:
            self._reason = error.message

    def account_id(self, warn: Callable[[str], None]) -> str | None:
        """The account ID for a new journal, or None; `warn` gets a sentence if the look-up failed."""
        if not self._is_complete() and self._is_aws:
            warn(
                f"could not look up the AWS account ({self._reason}): when you resume this run,"
                " its account cannot be checked"
            )
        return self._account_id

    def require_same_account(self, metadata: RunMetadata, warn: Callable[[str], None]) -> None:
        """Raise `UsageError` if another account started the run; `warn` gets a sentence if the look-up failed."""
        if metadata.account is None:
            return
        if not self._is_complete():
            warn(f"could not check that this is the AWS account {metadata.account} ({self._reason})")
        elif self._account_id != metadata.account:
            raise UsageError(
                f"{metadata.run} was started by AWS account {metadata.account}, but these credentials belong to {self._account_id}",
                hint="use a profile of that account: --profile NAME (to list profiles: aws configure list-profiles)",
                code="OtherAccount",
            )

    def _is_complete(self) -> bool:
        if self._has_account:
            self._thread.join(_TIMEOUT)
        return self._account_id is not None or not self._has_account
