"""Sending-authorization policies of an identity: at most 20, 4 KB each.

docs/ses-behavior.md#identity-policies
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import BadRequest, LimitExceeded

if TYPE_CHECKING:
    from sescli.emulator.store import Record

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_COUNT = 20
_MAX_LENGTH = 4096


def put(record: Record, name: str, policy: str) -> None:
    """Add or replace a policy of the identity in `record`. Raises BadRequest, LimitExceeded."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"Policy name {name} is not valid.", v1_code="InvalidPolicy")
    if len(policy.encode()) > _MAX_LENGTH:
        raise BadRequest(f"The policy is longer than {_MAX_LENGTH} bytes.", v1_code="InvalidPolicy")
    try:
        document = json.loads(policy)
    except ValueError as error:
        raise BadRequest("The policy is not valid JSON.", v1_code="InvalidPolicy") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise BadRequest("The policy has no Statement.", v1_code="InvalidPolicy")
    if name not in record["policies"] and len(record["policies"]) >= _MAX_COUNT:
        raise LimitExceeded(f"An identity can have at most {_MAX_COUNT} policies.")
    record["policies"][name] = policy
