"""The mailbox simulator: the outcome for each of its addresses (docs/ses-behavior.md#simulator)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.emulator.ses.sending.message import SendOutcome

if TYPE_CHECKING:
    from sescli.emulator.ses.sending.address import SesAddress

_NO_SUCH_USER = "smtp; 550 5.1.1 user unknown"
ON_GLOBAL_LIST = "Amazon SES has suppressed sending to this address: it is on the global list"
_RESULTS: dict[str, tuple[str, str | None]] = {
    "success": ("delivered", None),
    "bounce": ("bounced", _NO_SUCH_USER),
    "complaint": ("complained", "abuse"),
    "ooto": ("ooto", "Automatic reply: out of the office"),
    "suppressionlist": ("bounced", ON_GLOBAL_LIST),
}


def deliver(address: SesAddress) -> SendOutcome:
    """Return the outcome for an address. A `+label` is ignored. Unknown mailboxes bounce."""
    mailbox = address.local.partition("+")[0].lower()
    status, reason = _RESULTS.get(mailbox, ("bounced", _NO_SUCH_USER))
    return SendOutcome(str(address), status, reason)
