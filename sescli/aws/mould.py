"""The mould of a call, taken from one that botocore made, for many more of its kind.

A call through a client costs about half a millisecond for what comes out the same each time: the user agent,
the endpoint's rules, events that nobody heeds. What may change from call to call stays botocore's: credentials,
which it renews, the signature, and the connections with their proxies, certificates and time-outs.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

_INVOCATION = "amz-sdk-invocation-id"
# botocore puts these in when a request is signed already, so that the signature does not cover them.
_UNSIGNED = frozenset({_INVOCATION, "amz-sdk-request"})
# Headers that are of one call only: the signer and the preparation of a request write them anew.
_OF_ONE_CALL = frozenset(
    {
        "authorization",
        "content-length",
        "content-md5",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    }
)


@dataclass(frozen=True)
class PreparedRequest:
    """An operation of a client, ready to be called with other bodies. Safe to use from several threads."""

    client: Any
    signer: Any
    operation: str
    url: str
    headers: dict[str, str]
    unsigned: dict[str, str]
    context: dict[str, Any]

    @classmethod
    def of(cls, client: Any, signer: Any, operation: str, request: Any) -> PreparedRequest:
        """Taken from botocore's own request, as its event `request-created` has it."""
        lasting = {key: value for key, value in request.headers.items() if key.lower() not in _OF_ONE_CALL}
        unsigned = {key: lasting.pop(key) for key in list(lasting) if key.lower() in _UNSIGNED}
        return cls(client, signer, operation, request.url, lasting, unsigned, dict(request.context))

    def post(self, body: bytes) -> dict[str, Any]:
        """Make the call, once. Raises what the client would raise."""
        from botocore.awsrequest import AWSRequest

        request = AWSRequest("POST", self.url, headers=self.headers, data=body)
        request.context.update(self.context)
        self.signer.sign(self.operation, request)
        for key, value in self.unsigned.items():
            request.headers[key] = str(uuid.uuid4()) if key == _INVOCATION else value
        return self._read(connections(self.client).send(request.prepare()))

    def _read(self, response: Any) -> dict[str, Any]:
        from botocore.endpoint import convert_to_response_dict
        from botocore.exceptions import ClientError
        from botocore.parsers import create_parser

        service = self.client.meta.service_model
        model = service.operation_model(self.operation)
        raw = convert_to_response_dict(response, model)
        request_id = response.headers.get("x-amzn-requestid")
        answer: dict[str, Any] = {"ResponseMetadata": {"RequestId": request_id}} if request_id else {}
        self.client.meta.events.emit(
            f"before-parse.{service.service_id.hyphenize()}.{self.operation}",
            operation_model=model,
            response_dict=raw,
            customized_response_dict=answer,
        )
        if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        parser = create_parser(service.resolved_protocol)
        raise ClientError(parser.parse(raw, model.output_shape), self.operation)


def connections(client: Any) -> Any:
    """A client's connections, for which botocore has no public name: None where it has changed its private one."""
    return getattr(getattr(client, "_endpoint", None), "http_session", None)
