"""How the emulator's server looks on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.emulator.process import LocalServer

_BLOCKED_SHOWN = 10
_BLOCKED_COLUMNS = (
    Column("blocked at", "at", "time"),
    Column("what", "what"),
    Column("target", "target"),
    Column("allowed with", lambda each: each["option"] or "-"),
)


def server_details(
    server: LocalServer, *, token: str | None = None, blocked: Sequence[dict[str, Any]] | None = None
) -> Details:
    """The running server. `local start` shows the token; `local status` shows what was blocked."""
    fields = [
        ("endpoint", server.endpoint_url),
        ("process ID", str(server.pid)),
        ("running since", server.started_at),
        ("for other programs", f"export AWS_ENDPOINT_URL={server.endpoint_url}"),
        ("", "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"),
        ("", "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1"),
    ]
    if token is not None:
        fields.append(("", f"export SESCLI_LOCAL_TOKEN={token}"))
    data = server.to_data()
    data |= {} if token is None else {"token": token}
    data |= {} if blocked is None else {"blocked": blocked}
    shown = list(blocked or ())[:_BLOCKED_SHOWN]
    return Details(
        data,
        fields,
        [Listing(shown, _BLOCKED_COLUMNS)] if shown else [],
        title="The local SES emulator is running.",
        next=NextCommand("--local", "status"),
    )
