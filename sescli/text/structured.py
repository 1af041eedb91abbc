"""JSON and YAML files of the user: the one way to read their values, which stay as they are written.

A value that goes into a message must not change on the way: `0012` and `12:30` in YAML and `99.90` in both stay
text, where other readers make 10, 750 and 99.9 of them.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

from sescli.errors import InputFileError, Place


def _exact_number(text: str) -> float | str:
    """A number if it is written as Python writes it, else its text."""
    value = float(text)
    return value if repr(value) == text else text


class InvalidJsonError(ValueError):
    """JSON that Python reads and that is refused all the same: NaN, Infinity, an object with a key twice."""


def _reject_constant(text: str) -> float:
    raise InvalidJsonError(f"{text} is not JSON")


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Other programs keep the first or the last of two equal keys, so a reviewer may see another value than SES."""
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        key = next(key for key, count in counts.items() if count > 1)
        raise InvalidJsonError(f"the key '{key}' is given twice")
    return found


# Both refuse NaN, Infinity and duplicate keys; the first one keeps 99.90 as text.
EXACT_JSON = json.JSONDecoder(
    parse_float=_exact_number, parse_constant=_reject_constant, object_pairs_hook=_reject_duplicates
)
STRICT_JSON = json.JSONDecoder(parse_constant=_reject_constant, object_pairs_hook=_reject_duplicates)


def json_problem(error: ValueError | RecursionError) -> str:
    """Why a text is not valid JSON, in words of the user."""
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    if isinstance(error, InvalidJsonError):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it has a number of thousands of digits"


def read_data(text: str, file: str) -> Any:
    """The value in a JSON or YAML file called `file`, with every number as written.

    YAML is limited to what `sescli.text.yaml_nodes` accepts. Raises `InputFileError` with line and column.
    """
    if is_json(text, file):
        return parse_json(text, file, EXACT_JSON)
    from sescli.text.yaml_nodes import plain, read_document

    return plain(read_document(io.StringIO(text), file), keep_text=True)


def is_json(text: str, file: str) -> bool:
    """Whether a text is meant as JSON: it begins with a brace or bracket, and the name is not that of a YAML file."""
    return text.lstrip().startswith(("{", "[")) and not file.endswith((".yaml", ".yml"))


def parse_json(text: str, file: str, decoder: json.JSONDecoder | None = None) -> Any:
    """Parse JSON. Raises `InputFileError` with line and column."""
    try:
        return (decoder or STRICT_JSON).decode(text)
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise InputFileError(f"is not valid JSON: {error.msg}", place=place) from error
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"is not valid JSON: {json_problem(error)}", place=Place(file)) from error
