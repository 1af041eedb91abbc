"""Refuse truncated answers.

botocore reads a truncated JSON answer as an empty one: a list would be short and a send would look refused, without
an error. (It does not compare a body with its Content-Length, and its JSON parser turns what it cannot parse into a
message.)
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


def whole_answer(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
    """Refuse a body shorter than its Content-Length, and a JSON answer that is not a JSON object.

    A handler for botocore's event `before-parse`. Raises IncompleteReadError and ResponseParserError.
    """
    from botocore.exceptions import IncompleteReadError
    from botocore.parsers import ResponseParserError

    if operation_model.has_streaming_output:
        return
    body = response_dict["body"]
    promised = response_dict["headers"].get("content-length")
    if promised is not None and promised.isdecimal() and len(body) < int(promised):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(promised))
    json_protocol = "json" in operation_model.service_model.resolved_protocol
    if json_protocol and response_dict["status_code"] == HTTPStatus.OK and not _is_object(body):
        raise ResponseParserError(f"the response is not a JSON object: {body[:80]!r}")


def _is_object(body: bytes) -> bool:
    """Whether a body can be a JSON object; an empty body means the empty object."""
    text = body.strip()
    return not text or (text.startswith(b"{") and text.endswith(b"}"))
