"""Decode files: UTF-8, with or without a byte-order mark."""

from __future__ import annotations

from sescli.advice import quote
from sescli.errors import InputFileError, Place


def decoded(data: bytes, file: str) -> str:
    """The text of a file. Raises `InputFileError` with the line and the byte if it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputFileError(
            f"is not UTF-8 (byte {data[error.start]:#04x})",
            place=Place(file, line),
            hint=f"convert it: iconv -f latin1 -t utf-8 {quote(file if not file.startswith('-') else f'./{file}')}",
        ) from error
