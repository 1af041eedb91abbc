"""Calls whose JSON body is ready: botocore does everything but the writing and the reading of JSON.

A call of SendBulkEmail costs botocore most of its time for walking its model over fifty entries, once on the way
out and once on the way back. Here its own events put a body in that is written already, and take the answer out
before it is parsed. Endpoint, credentials, signature, connections and error answers stay botocore's. The first
call of an operation goes through the client and leaves its mould; the next ones are made in that.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from sescli.aws.mould import PreparedRequest, connections

# Stands among a call's parameters in place of them all; no parameter of an API has a hyphen in its name.
_BODY, _SIGNER = "ready-body", "signer"


class FastSender:
    """A client of a REST-JSON service for operations that have all parameters in the body. Thread-safe.

    One for a client: it hooks into the client's events.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._moulds: dict[str, PreparedRequest] = {}
        service = client.meta.service_model.service_id.hyphenize()
        events = client.meta.events
        events.register(f"before-parameter-build.{service}", _set_aside)
        events.register(f"before-call.{service}", _put_in)
        if connections(client) is not None:
            # Last of all: then the request has every header.
            events.register_last("request-created", self._take_mould)
        # After `whole_answer`, which refuses what was cut off.
        events.register_last("before-parse", _take_out)

    def post(self, operation: str, body: bytes) -> dict[str, Any]:
        """Call an operation with the JSON of its parameters; gives its answer. Raises what boto3 would raise."""
        from botocore import xform_name

        mould = self._moulds.get(operation)
        if mould is not None:
            return mould.post(body)
        answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**{_BODY: body})
        return answer

    def _take_mould(self, request: Any, operation_name: str, **_: Any) -> None:
        # Also told of requests that are made in a mould already.
        if operation_name not in self._moulds and request.context.pop(_BODY, None) is not None:
            signer = request.context[_SIGNER]
            self._moulds[operation_name] = PreparedRequest.of(self.client, signer, operation_name, request)


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_BODY] = params.pop(_BODY, None)


def _put_in(params: dict[str, Any], context: dict[str, Any], request_signer: Any, **_: Any) -> None:
    context[_SIGNER] = request_signer
    if context[_BODY] is not None:
        params["body"] = context[_BODY]


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
    # What botocore says of an answer has its place there.
    answer.pop("ResponseMetadata", None)
    customized_response_dict.update(answer)
    response_dict["body"] = b""
