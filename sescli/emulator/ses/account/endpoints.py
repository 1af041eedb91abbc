"""Multi-region endpoints: stored and listed, but the second region is not used for sending.

docs/ses-behavior.md#multi-region-endpoints
"""

from __future__ import annotations

import re
import secrets
import string
from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import AlreadyExists, BadRequest, NotFound

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

KIND = "multi-region-endpoint"
_ID_LETTERS = string.ascii_lowercase + string.digits
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")


def create(region: Region, name: str, routes: list[str], tags: list[dict[str, str]]) -> Record:
    """Create an endpoint for this region and exactly one other. Raises AlreadyExists, BadRequest."""
    if len(routes) != 1 or not _REGION.fullmatch(routes[0]) or routes[0] == region.name:
        raise BadRequest("Exactly one secondary region must be specified, other than the region of the call.")
    if region.get(KIND, name) is not None:
        raise AlreadyExists(f"Multi-region endpoint {name} already exists.")
    label = "".join(secrets.choice(_ID_LETTERS) for _ in range(10))
    record: Record = {
        "id": f"{label}.{secrets.choice(_ID_LETTERS)}{secrets.choice(_ID_LETTERS)}{secrets.choice(_ID_LETTERS)}",
        "regions": [region.name, *routes],
        "created": region.now(),
        "looked_at": False,
        "tags": tags,
    }
    region.put(KIND, name, record)
    return record


def load(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = region.get(KIND, name)
    if record is None:
        raise NotFound(f"Multi-region endpoint {name} does not exist.")
    return record


def status(record: Record) -> str:
    """CREATING for the first request, because AWS never creates it immediately."""
    return "READY" if record["looked_at"] else "CREATING"
