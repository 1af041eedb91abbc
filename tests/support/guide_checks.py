"""What each command of the guide's map must have brought about, read back through boto3.

A check is by the guide's line. It is called before the command too, with an empty answer, and must fail then: so it
is the command that it proves, not the world around it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from sescli.emulator.client import Inbox


@dataclass(frozen=True)
class Answer:
    """What a command said; by default nothing at all."""

    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True)
class Seen:
    """What a check looks at: the answer of the command, boto3 clients of the same SES, and its inbox."""

    ran: Answer
    boto: Callable[[str], Any]
    inbox: Inbox
    logins: list[tuple[str, str]]

    @property
    def said(self) -> str:
        return self.ran.stdout

    @property
    def v2(self) -> Any:
        return self.boto("sesv2")

    @property
    def v1(self) -> Any:
        return self.boto("ses")


@functools.cache
def client(service: str, endpoint_url: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.session.Session().client(service, endpoint_url=endpoint_url, **keys)


CHECKS: dict[int, Callable[[Seen], None]] = {}
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SET = "my-config-set"


def of(*lines: int) -> Callable[[Callable[[Seen], None]], Callable[[Seen], None]]:
    def keep(check: Callable[[Seen], None]) -> Callable[[Seen], None]:
        assert not CHECKS.keys() & set(lines)
        CHECKS.update(dict.fromkeys(lines, check))
        return check

    return keep
