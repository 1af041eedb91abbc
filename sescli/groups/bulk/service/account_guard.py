"""Which AWS account sends a run: it is begun and gone on with by one account, whatever profile is set meanwhile."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sescli.errors import SescliError, UsageError
from sescli.groups.bulk.journal.run_metadata import AWS
from sescli.groups.bulk.service.send import run_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.aws.gateway import Gateway
    from sescli.groups.bulk.journal.run_metadata import RunMetadata

# STS answers in a tenth of a second, or cannot be reached from here at all: a network that lets SES alone through.
_PATIENCE = 4.0


class AccountLookup:
    """The account of the credentials in use (STS GetCallerIdentity, which needs no permission), asked beside other work.

    Only AWS has accounts: at another endpoint there is none. `number` is None where it cannot be told, `why` then.
    """

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws
        self._number: str | None = None
        self._why = f"no answer from STS in {_PATIENCE:.0f} seconds"
        # A daemon: nobody waits for an STS that does not answer.
        self._thread = threading.Thread(target=self._ask, name="account", daemon=True)
        self._asked = run_target(aws).place == AWS
        if self._asked:
            self._thread.start()

    def _ask(self) -> None:
        try:
            self._number = self._aws.read("sts", "GetCallerIdentity").get("Account")
            self._why = "STS does not name it"
        except SescliError as error:
            self._why = error.message

    def account_id(self, warn: Callable[[str], None]) -> str | None:
        """The account to note in a new journal; `warn` is told where it cannot be had."""
        if not self._told():
            warn(
                f"the AWS account cannot be told ({self._why}): that this run is gone on with by another one"
                " would not be noticed"
            )
        return self._number

    def require_same_account(self, metadata: RunMetadata, warn: Callable[[str], None]) -> None:
        """Raise `UsageError` where another account began the run; `warn` is told where nobody can say."""
        if metadata.account is None:
            return
        if not self._told():
            warn(f"whether this is still the AWS account {metadata.account} cannot be told ({self._why})")
        elif self._number != metadata.account:
            raise UsageError(
                f"{metadata.run} was begun by the AWS account {metadata.account}, and these credentials are of {self._number}",
                hint="take those of that account: --profile NAME (aws configure list-profiles)",
                code="OtherAccount",
            )

    def _told(self) -> bool:
        if self._asked:
            self._thread.join(_PATIENCE)
        return self._number is not None or not self._asked
