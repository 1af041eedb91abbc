"""Checks of SES errors as boto3 raises them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def refused(code: str, text: str = "", status: int = 400) -> Iterator[None]:
    """Expect the call to fail with this code and status, and the text in its message."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response
    assert error["Error"]["Code"] == code, error
    assert error["ResponseMetadata"]["HTTPStatusCode"] == status
    assert text in error["Error"]["Message"]


def simple(subject: str = "Hello", text: str = "A text", **more: object) -> dict[str, object]:
    """The content of a simple message."""
    return {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}, **more}}


def to(*addresses: str) -> dict[str, object]:
    return {"ToAddresses": list(addresses)}
