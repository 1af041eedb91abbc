"""Calls whose JSON body is ready: botocore does everything but the writing and the reading of JSON.

A call of SendBulkEmail costs botocore three quarters of its time for walking its model over fifty entries, once
on the way out and once on the way back. Here its own events put a body in that is written already, and take
the answer out before it is parsed. Endpoint, credentials, signature, connection, proxies, time-outs and error
answers stay botocore's.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

# Stands among the parameters of a call for all of them; no parameter of an API has a hyphen in its name.
READY = "ready-body"


def take_ready_bodies(client: Any) -> None:
    """Let a client of a REST-JSON service take `READY`, the body as bytes, in place of all parameters.

    Only for operations whose parameters are all in the body.
    """
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parameter-build.{service}", _set_aside)
    client.meta.events.register(f"before-call.{service}", _put_in)
    # After `whole_answer`, which refuses what was cut off.
    client.meta.events.register_last("before-parse", _take_out)


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[READY] = params.pop(READY, None)


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if context.get(READY) is not None:
        params["body"] = context[READY]


def _take_out(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Read the answer; raises ResponseParserError for what is no JSON object."""
    from botocore.parsers import ResponseParserError

    if response_dict["status_code"] != HTTPStatus.OK:
        return
    try:
        answer = json.loads(response_dict["body"] or b"{}")
    except ValueError as error:
        raise ResponseParserError(f"the answer is no JSON: {error}") from error
    if not isinstance(answer, dict):
        raise ResponseParserError(f"the answer is no JSON object: {response_dict['body'][:80]!r}")
    customized_response_dict.update(answer)
    response_dict["body"] = b""
