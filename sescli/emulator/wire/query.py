"""The protocol of SES v1: Query requests (`Action=…&Destination.ToAddresses.member.1=…`), XML responses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from sescli.emulator.wire.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.emulator.ses.faults import Fault

CONTENT_TYPE = "text/xml"
_NAMESPACE = "http://ses.amazonaws.com/doc/2010-12-01/"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class QueryProtocol:
    """Built from botocore's model of `ses`."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._text = Shapes(model, text=True)
        self._shapes = model["shapes"]
        self._operations = model["operations"]

    def has_operation(self, operation: str) -> bool:
        return operation in self._operations

    def read(self, operation: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Read the parameters and validate them against the model. Raises ValidationFault."""
        shape_name = self._operations[operation].get("input", {}).get("shape")
        if shape_name is None:
            return {}
        result: dict[str, Any] = self._text.reader(shape_name)(_as_tree(form), "")
        return result

    def write_result(self, operation: str, result: Mapping[str, Any], request_id: str) -> bytes:
        output = self._operations[operation].get("output", {}).get("shape")
        inner = "".join(self._write(output, result)) if output else ""
        return (
            f'<{operation}Response xmlns="{_NAMESPACE}"><{operation}Result>{inner}</{operation}Result>'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
        ).encode()

    def _write(self, shape_name: str, value: Any) -> Iterator[str]:
        shape = self._shapes[shape_name]
        kind = shape["type"]
        if kind == "structure":
            for name, ref in shape["members"].items():
                if value.get(name) is not None:
                    yield from _element(name, self._write(ref["shape"], value[name]))
        elif kind == "list":
            for item in value:
                yield from _element("member", self._write(shape["member"]["shape"], item))
        elif kind == "map":
            for key, item in value.items():
                pair = [
                    f"<key>{_text(key)}</key>",
                    *_element("value", self._write(shape["value"]["shape"], item)),
                ]
                yield from _element("entry", pair)
        else:
            yield _scalar(kind, value)


def _element(name: str, inner: Any) -> Iterator[str]:
    yield f"<{name}>"
    yield from inner
    yield f"</{name}>"


def _scalar(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return _text(str(value))


def _text(value: str) -> str:
    # XML 1.0 does not allow most control characters, not even escaped.
    return escape(_NOT_XML.sub("\ufffd", value))


def read_form(body: bytes, query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(pairs)


def _as_tree(form: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in form.items():
        node = tree
        *path, last = key.split(".")
        for part in path:
            below = node.get(part)
            if not isinstance(below, dict):
                below = node[part] = {}
            node = below
        node[last] = value
    return tree


def write_fault(fault: Fault, request_id: str) -> tuple[int, bytes]:
    side = "Receiver" if fault.v1_status >= 500 else "Sender"  # noqa: PLR2004  the HTTP server errors
    body = (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>{side}</Type><Code>{fault.v1_code}</Code>'
        f"<Message>{_text(fault.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return fault.v1_status, body.encode()
