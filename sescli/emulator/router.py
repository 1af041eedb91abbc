"""Who answers which request: SES here, the admin pages here, every other service moto.

SES is told apart by its paths (v2) or by the service in the signature (v1). Nothing of SES ever reaches
moto, so an operation that is not there answers 501 as AWS would write it, never with a page of HTML.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

import sescli.emulator.ses.v1
import sescli.emulator.ses.v2  # noqa: F401  importing them registers the operations
from sescli.emulator.ses.faults import BadRequest, Fault, InternalFault, NotImplementedHere
from sescli.emulator.ses.region import Controls, Region
from sescli.emulator.ses.registry import V1, V2, Operation, Params
from sescli.emulator.wire import query, rest_json
from sescli.errors import SescliError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.emulator.store import Store

_log = logging.getLogger(__name__)
_SCOPE = re.compile(r"Credential=[^/,]*/\d{8}/([^/]+)/([^/]+)/aws4_request")
# The last line before the wire: whatever breaks in an operation, the client gets an AWS error.
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
    """Whether it is spelt as the name of a region."""
    return _REGION_NAME.fullmatch(name) is not None


class Headers(Protocol):
    """Header fields by name, in any case."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True)
class Request:
    method: str
    target: str  # path and query, percent-encoded as they came
    headers: Headers
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Response:
    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Router:
    """SES v1 and v2 over one store. Thread-safe: one request at a time works on the state."""

    def __init__(
        self, store: Store, controls: Controls, load_model: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self._store = store
        self._controls = controls
        self._v1 = query.QueryProtocol(load_model("ses"))
        self._v2 = rest_json.RestJsonProtocol(load_model("sesv2"))
        self._regions: dict[str, Region] = {}
        # Called with the operation, the region and a reader of its parameters, without the store's lock.
        self.before_operation: Callable[[str, str, Callable[[], Params]], None] | None = None

    def region(self, name: str) -> Region:
        """The region's state; the caller holds the store's lock."""
        return self._regions.setdefault(name, Region(name, self._store, self._controls))

    def clear_regions(self) -> None:
        """Drop what is held in memory of each region, after the store was cleared."""
        self._regions.clear()

    def is_for_ses(self, request: Request) -> bool:
        """Whether the request is one for SES."""
        if request.target.startswith(("/v2/email/", "/v1/email/")):
            return True
        return _scope(request.headers)[1] == "ses"

    def answer(self, request: Request) -> Response:
        """The answer of SES; a fault of ours is an AWS error too, and is logged."""
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
        """One operation as one transaction, its parameters read first. Raises Fault."""
        region_name = _scope(request.headers)[0] or DEFAULT_REGION
        if not is_region(region_name):
            raise BadRequest(f"{region_name} is not the name of a region.")
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
                _log.exception("fault in %s", name)
                raise InternalFault(f"The embedded SES failed in {name}: {error!r}") from error
            finally:
                if not done:
                    self._store.rollback()
        return result


def is_cloudwatch_request(headers: Headers) -> bool:
    """Whether the request is one for CloudWatch."""
    return _scope(headers)[1] == "monitoring"


class _InvalidAction(Fault):
    v1_code = "InvalidAction"


def _known(operation: Operation | None, name: str) -> Operation:
    if operation is None:
        raise NotImplementedHere(_unknown(name))
    return operation


def _unknown(what: str) -> str:
    return f"The embedded SES does not implement {what}."


def _scope(headers: Headers) -> tuple[str | None, str | None]:
    """Region and service of the signature; both None without one."""
    found = _SCOPE.search(headers.get("Authorization") or "")
    return (found.group(1), found.group(2)) if found else (None, None)
