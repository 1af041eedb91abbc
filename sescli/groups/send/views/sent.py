"""What `send` shows after SES accepted a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import NextCommand
from sescli.output.results import Done

if TYPE_CHECKING:
    from sescli.groups.send.service.send import SendResult


def sent_result(sent: SendResult, region: str, *, is_local: bool) -> Done:
    """One line with the message ID, and where to see what happened to the message."""
    others = f" and {len(sent.to) - 1} more" if len(sent.to) > 1 else ""
    message = f"SES accepted the message to {sent.to[0]}{others} in {region}: {sent.message_id}"
    statistics = NextCommand("reputation", "stats", "--since", "1d")
    return Done(message, sent, next=NextCommand("local", "inbox") if is_local else statistics)
