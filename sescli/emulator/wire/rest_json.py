"""The protocol of SES v2, REST-JSON: finds the operation for a method and path, and reads its parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from sescli.emulator.ses.faults import BadRequest, Fault
from sescli.emulator.wire.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_TYPE = "application/json"

# botocore before 1.43.110 uses these URIs (docs/ses-behavior.md#list-operation-uris). Older programs still do.
_OLD_URIS = (
    ("GET", "/v2/email/identities", "ListEmailIdentities"),
    ("GET", "/v2/email/configuration-sets", "ListConfigurationSets"),
    ("PUT", "/v1/email/identities/{EmailIdentity}/dkim/signing", "PutEmailIdentityDkimSigningAttributes"),
)
# In the old URIs of list operations, these body members are in the query string.
_OLD_QUERY = {"NextToken", "PageSize"}


@dataclass(frozen=True)
class RestCall:
    """A request with a known operation. Its parameters are not validated yet."""

    operation: str
    in_path: Mapping[str, str]
    in_query: Mapping[str, list[str]]
    body: bytes


class RestJsonProtocol:
    """Built from botocore's model of `sesv2`."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._json = Shapes(model, text=False)
        self._shapes = model["shapes"]
        self._operations = model["operations"]
        self._routes: dict[tuple[str, int], list[tuple[tuple[str, ...], str]]] = {}
        for name, operation in self._operations.items():
            self._add_route(operation["http"]["method"], operation["http"]["requestUri"], name)
        for method, uri, name in _OLD_URIS:
            self._add_route(method, uri, name)

    def _add_route(self, method: str, uri: str, operation: str) -> None:
        parts = tuple(uri.strip("/").split("/"))
        self._routes.setdefault((method, len(parts)), []).append((parts, operation))
        # A fixed segment takes precedence over a parameter in the same position.
        self._routes[method, len(parts)].sort(key=lambda route: [part.startswith("{") for part in route[0]])

    def find(self, method: str, target: str, body: bytes) -> RestCall | None:
        """Find the call for a request line and body. None if the API has no such method and path."""
        path, _, query = target.partition("?")
        parts = path.strip("/").split("/")
        for route, operation in self._routes.get((method, len(parts)), ()):
            in_path = _match(route, parts)
            if in_path is not None:
                return RestCall(operation, in_path, parse_qs(query, keep_blank_values=True), body)
        return None

    def read(self, call: RestCall) -> dict[str, Any]:
        """Read the parameters and validate them against the model. Raises ValidationFault, BadRequest."""
        given = _read_body(call.body)
        shape_name = self._operations[call.operation].get("input", {}).get("shape")
        if shape_name is None:
            return {}
        for name, ref in self._shapes[shape_name]["members"].items():
            value = self._outside_body(name, ref, call)
            if value is not None:
                given[name] = value
        result: dict[str, Any] = self._json.reader(shape_name)(given, "")
        return result

    def _outside_body(self, name: str, ref: Mapping[str, Any], call: RestCall) -> Any:
        location, wire_name = ref.get("location"), ref.get("locationName", name)
        if location == "uri":
            return call.in_path.get(wire_name)
        if location == "querystring" or name in _OLD_QUERY:
            values = call.in_query.get(wire_name)
            if values is None:
                return None
            return values if self._shapes[ref["shape"]]["type"] == "list" else values[0]
        return None


def _match(route: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for expected, part in zip(route, parts, strict=True):
        if expected.startswith("{"):
            found[expected[1:-1]] = unquote(part)
        elif expected != part:
            return None
    return found


def _read_body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("Request body is not valid JSON") from error
    if not isinstance(given, dict):
        raise BadRequest("Request body is not a JSON object")
    return given


def write_result(result: Mapping[str, Any]) -> bytes:
    """Write a result as JSON. Times are already in seconds since 1970."""
    return json.dumps(result).encode()


def write_fault(fault: Fault) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps({"message": fault.message}).encode()
    return fault.v2_status, {"x-amzn-ErrorType": fault.v2_code}, body
