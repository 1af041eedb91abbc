"""`sescli identity delete`: delete identities, after showing what depends on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sescli.cli.batch import apply_each, worst_exit_code
from sescli.cli.decorator import command
from sescli.groups.identity.commands.options import Names
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.identity.service.deletion import Dependents

app = typer.Typer()


@command(app, "delete", examples=["sescli identity delete john@example.com --yes"])
def delete(rt: Runtime, names: Names) -> Done:
    """Delete identities. First shows what depends on each of them.

    You can no longer send from a deleted identity in this region. To verify a domain again, you need new DNS
    records.
    """
    from sescli.dns.names import IdentityName, parse_identities
    from sescli.groups.identity.service import deletion

    parsed = parse_identities(names)
    found, missing = apply_each(
        rt, parsed, lambda name: deletion.find_dependents(rt.aws, name, warn=rt.output.warn)
    )
    if not found:
        return Done("No identity was deleted.", [], exit_code=missing)
    _confirm(rt, found)
    existing = [IdentityName(identity.identity) for identity in found]
    deleted, refused = apply_each(rt, existing, lambda name: deletion.delete(rt.aws, name))
    message = f"Deleted in {rt.aws.region}: {', '.join(deleted) or 'nothing'}."
    gone = [identity for identity in found if identity.identity in deleted]
    return Done(message, gone, exit_code=worst_exit_code([missing, refused]))


def _confirm(rt: Runtime, found: Sequence[Dependents]) -> None:
    """Show what depends on each identity, and ask once for all of them."""
    for identity in found:
        rt.output.step(identity.identity)
        for consequence in identity.consequences():
            rt.output.note(f"  {consequence}")
    names = ", ".join(identity.identity for identity in found)
    rt.confirm(f"Delete {names}?", consequence=f"You can no longer send from {names} in {rt.aws.region}")
