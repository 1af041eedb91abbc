"""Send calls whose JSON body is ready: botocore does everything except writing and reading the JSON.

For a SendBulkEmail call botocore spends most of its time walking its model over fifty entries, once for the request
and once for the answer. Here its own events put in a body that is written already, and take the answer out before
it is parsed. Endpoint, credentials, signature, connections and error answers stay botocore's.

The first call of an operation goes through the client and leaves a `PreparedRequest`; later calls reuse it. That
saves about half a millisecond a call for what is the same each time: the user agent, the endpoint rules, and events
without a handler. What may change from call to call stays botocore's: credentials, which it renews, the signature,
and the connections with their proxies, certificates and time-outs.
"""

from __future__ import annotations

import json
import os
import socket
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

# Stands among a call's parameters in place of them all; no parameter of an API has a hyphen in its name.
_BODY, _SIGNER = "ready-body", "signer"

_INVOCATION = "amz-sdk-invocation-id"
# botocore adds these after it has signed a request, so the signature does not cover them.
_UNSIGNED = frozenset({_INVOCATION, "amz-sdk-request"})
# Headers that belong to one call: the signer and the preparation of a request write them again.
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


class Connections:
    """The connections of a sender, with the proxies, certificates and time-outs of a client. Thread-safe.

    They are of botocore's own class, so that errors mean the same as those of the client: whether a request can have
    left decides whether a message may be sent again. `ca_bundle` is the file that the AWS configuration names.
    """

    def __init__(self, client: Any, ca_bundle: str | None) -> None:
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        config = client.meta.config
        url = client.meta.endpoint_url
        options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        if config.tcp_keepalive:
            options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
        self._session = URLLib3Session(
            # As botocore: its own configuration first, then the variable of the library requests.
            verify=ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True,
            proxies=get_environ_proxies(url) if config.proxies is None else config.proxies,
            timeout=(config.connect_timeout, config.read_timeout),
            max_pool_connections=config.max_pool_connections,
            socket_options=options,
            client_cert=config.client_cert,
            proxies_config=config.proxies_config,
        )

    def send(self, prepared: Any) -> Any:
        """Send a prepared request, once. Raises what botocore's client raises."""
        return self._session.send(prepared)


@dataclass(frozen=True)
class PreparedRequest:
    """An operation of a client, ready to be called with other bodies. Thread-safe."""

    client: Any
    connections: Connections
    signer: Any
    operation: str
    url: str
    headers: dict[str, str]
    unsigned: dict[str, str]
    context: dict[str, Any]

    @classmethod
    def of(
        cls, client: Any, connections: Connections, signer: Any, operation: str, request: Any
    ) -> PreparedRequest:
        """Made from botocore's own request, as its event `request-created` passes it."""
        lasting = {key: value for key, value in request.headers.items() if key.lower() not in _OF_ONE_CALL}
        unsigned = {key: lasting.pop(key) for key in list(lasting) if key.lower() in _UNSIGNED}
        return cls(
            client, connections, signer, operation, request.url, lasting, unsigned, dict(request.context)
        )

    def post(self, body: bytes) -> dict[str, Any]:
        """Make the call, once. Raises what the client raises."""
        from botocore.awsrequest import AWSRequest

        request = AWSRequest("POST", self.url, headers=self.headers, data=body)
        request.context.update(self.context)
        self.signer.sign(self.operation, request)
        for key, value in self.unsigned.items():
            request.headers[key] = str(uuid.uuid4()) if key == _INVOCATION else value
        return self._read(self.connections.send(request.prepare()))

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


class FastSender:
    """Calls operations of a REST-JSON service that have all parameters in the body. Thread-safe.

    Use one per client: it registers handlers for the client's events.
    """

    def __init__(self, client: Any, connections: Connections) -> None:
        self.client = client
        self._connections = connections
        self._prepared: dict[str, PreparedRequest] = {}
        service = client.meta.service_model.service_id.hyphenize()
        events = client.meta.events
        events.register(f"before-parameter-build.{service}", _set_aside)
        events.register(f"before-call.{service}", _put_in)
        # Last of all: then the request has every header.
        events.register_last("request-created", self._keep_request)
        # After `whole_answer`, which refuses a truncated answer.
        events.register_last("before-parse", _take_out)

    def post(self, operation: str, body: bytes) -> dict[str, Any]:
        """Call an operation with its parameters as JSON and return its answer. Raises what boto3 raises."""
        from botocore import xform_name

        prepared = self._prepared.get(operation)
        if prepared is not None:
            return prepared.post(body)
        answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**{_BODY: body})
        return answer

    def _keep_request(self, request: Any, operation_name: str, **_: Any) -> None:
        # Requests of a PreparedRequest raise this event too.
        if operation_name not in self._prepared and request.context.pop(_BODY, None) is not None:
            signer = request.context[_SIGNER]
            self._prepared[operation_name] = PreparedRequest.of(
                self.client, self._connections, signer, operation_name, request
            )


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_BODY] = params.pop(_BODY, None)


def _put_in(params: dict[str, Any], context: dict[str, Any], request_signer: Any, **_: Any) -> None:
    context[_SIGNER] = request_signer
    if context[_BODY] is not None:
        params["body"] = context[_BODY]


def _take_out(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Read the answer; raises ResponseParserError if it is not a JSON object."""
    from botocore.parsers import ResponseParserError

    if response_dict["status_code"] != HTTPStatus.OK:
        return
    try:
        answer = json.loads(response_dict["body"] or b"{}")
    except ValueError as error:
        raise ResponseParserError(f"the response is not JSON: {error}") from error
    if not isinstance(answer, dict):
        raise ResponseParserError(f"the response is not a JSON object: {response_dict['body'][:80]!r}")
    # botocore writes its own metadata under this key.
    answer.pop("ResponseMetadata", None)
    customized_response_dict.update(answer)
    response_dict["body"] = b""
