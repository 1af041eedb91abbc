"""Which DNS servers a command asks: `--resolver`, and what stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sescli.dns.sources import Sources
    from sescli.runtime import Runtime

# Seconds for all questions of a check together.
PATIENCE = 15.0

Resolver = Annotated[
    str | None,
    typer.Option(
        help="Ask this DNS server only (or SESCLI_RESOLVER); without it the zone's own and this machine's.",
        metavar="HOST[:PORT]",
    ),
]


def asked(rt: Runtime, resolver: str | None, *, timeout: float = PATIENCE) -> Sources:
    """Whom to ask; all of it may take `timeout` seconds.

    Raises `UsageError` for a resolver that is none, and `NetworkError` for one without an address.
    """
    from sescli.dns.sources import sources

    return sources(resolver, timeout=timeout, environ=rt.world.environ)
