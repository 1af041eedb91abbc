"""Recognizes requests for SES and answers them. The HTTP server sends all other requests to the admin API or to moto.

A request is for SES if its path says so (v2) or the service in its signature (v1). No SES request reaches moto, so a
missing operation answers 501 as an AWS error and never with an HTML page.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import sescli.emulator.ses.v1
import sescli.emulator.ses.v2  # noqa: F401  importing them registers the operations
from sescli.emulator.http_messages import Request, Response
from sescli.emulator.ses.faults import BadRequest, Fault, InternalFault, NotImplementedHere
from sescli.emulator.ses.region import Controls, Region
from sescli.emulator.ses.registry import V1, V2, Operation, Params
from sescli.emulator.wire import query, rest_json
from sescli.errors import SescliError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.emulator.http_messages import Headers
    from sescli.emulator.store import Store

_log = logging.getLogger(__name__)
_SCOPE = re.compile(r"Credential=[^/,]*/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Whatever fails inside an operation, the client gets an AWS error.
_INTERNAL_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SescliError,
    TypeError,
    ValueError,
    sqlite3.Error,
)
DEFAULT_REGION = "us-east-1"
_REGION_NAME = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")


def is_region(name: str) -> bool:
    """Whether the text has the form of a region name."""
    return _REGION_NAME.fullmatch(name) is not None


class Router:
    """SES v1 and v2 on one store. Thread-safe: one request at a time uses the state."""

    def __init__(
        self, store: Store, controls: Controls, load_model: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self._store = store
        self._controls = controls
        self._v1 = query.QueryProtocol(load_model("ses"))
        self._v2 = rest_json.RestJsonProtocol(load_model("sesv2"))
        self._regions: dict[str, Region] = {}
        # Called without the store's lock, with the operation, the region and a function that reads the parameters.
        self.before_operation: Callable[[str, str, Callable[[], Params]], None] | None = None

    def region(self, name: str) -> Region:
        """Return the state of a region. The caller holds the store's lock."""
        return self._regions.setdefault(name, Region(name, self._store, self._controls))

    def clear_regions(self) -> None:
        """Drop the in-memory state of all regions after the store was cleared."""
        self._regions.clear()

    def is_for_ses(self, request: Request) -> bool:
        """Whether the request is for SES."""
        if request.target.startswith(("/v2/email/", "/v1/email/")):
            return True
        return _scope(request.headers)[1] == "ses"

    def answer(self, request: Request) -> Response:
        """Answer an SES request. An internal error is logged and becomes an AWS error too."""
        if request.target.startswith(("/v2/", "/v1/")):
            return self._answer_v2(request)
        return self._answer_v1(request)

    def _answer_v2(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        headers = {"x-amzn-RequestId": request_id}
        try:
            call = self._v2.find(request.method, request.target, request.body)
            if call is None:
                raise NotImplementedHere(_unknown(f"{request.method} {unquote(request.target)}"))
            operation = _known(V2.get(call.operation), call.operation)
            result = self._run(operation, partial(self._v2.read, call), request, call.operation)
        except Fault as fault:
            status, more, body = rest_json.write_fault(fault)
            return Response(status, rest_json.CONTENT_TYPE, body, headers | more)
        return Response(200, rest_json.CONTENT_TYPE, rest_json.write_result(result), headers)

    def _answer_v1(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        headers = {"x-amzn-RequestId": request_id}
        try:
            form = query.read_form(request.body, request.target.partition("?")[2])
            name = form.pop("Action", "")
            if not self._v1.has_operation(name):
                raise _InvalidAction(f"Could not find operation {name} for version 2010-12-01")
            operation = _known(V1.get(name), name)
            result = self._run(operation, partial(self._v1.read, name, form), request, name)
            body = self._v1.write_result(name, result, request_id)
        except Fault as fault:
            status, body = query.write_fault(fault, request_id)
            return Response(status, query.CONTENT_TYPE, body, headers)
        return Response(200, query.CONTENT_TYPE, body, headers)

    def _run(
        self, operation: Operation, read: Callable[[], Params], request: Request, name: str
    ) -> dict[str, Any]:
        """Read the parameters and run one operation as one transaction. Raises Fault."""
        region_name = _scope(request.headers)[0] or DEFAULT_REGION
        if not is_region(region_name):
            raise BadRequest(f"{region_name} is not a valid region name.")
        if self.before_operation is not None:
            self.before_operation(name, region_name, read)
        with self._store.lock:
            done = False
            try:
                result = operation(self.region(region_name), read())
                self._store.commit()
                done = True
            except Fault:
                raise
            except _INTERNAL_ERRORS as error:
                _log.exception("internal error in %s", name)
                raise InternalFault(f"The local SES emulator failed in {name}: {error!r}") from error
            finally:
                if not done:
                    self._store.rollback()
        return result


def is_cloudwatch_request(headers: Headers) -> bool:
    """Whether the request is for CloudWatch."""
    return _scope(headers)[1] == "monitoring"


class _InvalidAction(Fault):
    v1_code = "InvalidAction"


def _known(operation: Operation | None, name: str) -> Operation:
    if operation is None:
        raise NotImplementedHere(_unknown(name))
    return operation


def _unknown(what: str) -> str:
    return f"The local SES emulator does not implement {what}."


def _scope(headers: Headers) -> tuple[str | None, str | None]:
    """Return the region and service of the signature, or None for both if there is no signature."""
    found = _SCOPE.search(headers.get("Authorization") or "")
    return (found.group(1), found.group(2)) if found else (None, None)
