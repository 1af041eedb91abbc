"""JSON and YAML files of the user: the one way to read their values, which stay as they are written.

A value that goes into a message must not change on the way: `0012` and `12:30` in YAML and `99.90` in both stay
text, where other readers make 10, 750 and 99.9 of them.
"""

from __future__ import annotations

import io
import json
from typing import Any

from sescli.errors import InputFileError, Place


def _exact_number(text: str) -> float | str:
    """A number if it is written as Python writes it, else its text."""
    value = float(text)
    return value if repr(value) == text else text


class _ConstantError(ValueError):
    """NaN or Infinity, which Python reads and JSON does not have."""


def _reject_constant(text: str) -> float:
    raise _ConstantError(f"{text} is not JSON")


# Keeps 99.90 as text, and refuses NaN and Infinity.
EXACT_JSON = json.JSONDecoder(parse_float=_exact_number, parse_constant=_reject_constant)


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
        return (decoder or json.JSONDecoder()).decode(text)
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise InputFileError(f"is not valid JSON: {error.msg}", place=place) from error
    except RecursionError as error:
        raise InputFileError("is nested too deeply", place=Place(file)) from error
    except _ConstantError as error:
        raise InputFileError(f"is not valid JSON: {error}", place=Place(file)) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise InputFileError("has a number of thousands of digits", place=Place(file)) from error
