"""Calls of the program in a test: what goes in, and what comes out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ran:
    """What a call of the program left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def error(self) -> Any:
        """The error object of `-o json`: the last line of standard error."""
        return json.loads(self.stderr.splitlines()[-1])["error"]


class Stream(io.TextIOWrapper):
    def __init__(self, content: bytes = b"", *, tty: bool) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", newline="")
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


Sescli = Callable[..., Ran]
