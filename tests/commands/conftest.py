"""Other places than the shared embedded SES: one that verifies nothing by itself, and one with a gatekeeper."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from gatekeeper import Refusal, gatekeeper

from sescli.local import process
from sescli.local.client import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.local.process import LocalServer


@pytest.fixture(scope="session")
def _patient_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("patient")
    yield process.start(ephemeral=True, verification="manual", folder=folder)
    process.stop(folder)


@pytest.fixture
def patient_ses(ses: Inbox, _patient_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """The embedded SES whose identities wait, as those of AWS do, until `control(verify=NAME)`."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", _patient_server.endpoint_url)
    inbox = Inbox(_patient_server.endpoint_url)
    inbox.reset()
    return inbox


@pytest.fixture
def refusing(
    ses: Inbox, ses_server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """`refusing(GetIdentityDkimAttributes=denied(…))`: the same SES behind a gatekeeper."""
    with ExitStack() as stack:

        def start(**refusals: Refusal) -> None:
            address = stack.enter_context(gatekeeper(ses_server.endpoint_url, refusals))
            monkeypatch.setenv("AWS_ENDPOINT_URL", address)

        yield start


@pytest.fixture
def listed(boto):
    """What is on the list, by address."""

    def read():
        found = {}
        token = {}
        while True:
            page = boto("sesv2").list_suppressed_destinations(**token)
            found |= {one["EmailAddress"]: one["Reason"] for one in page["SuppressedDestinationSummaries"]}
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    return read


@pytest.fixture
def suppressed(boto):
    """Put addresses on the list, past sescli."""

    def put(*addresses, reason="BOUNCE"):
        for address in addresses:
            boto("sesv2").put_suppressed_destination(EmailAddress=address, Reason=reason)

    return put


@pytest.fixture
def list_file(tmp_path):
    """Write a file of addresses."""

    def write(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def bucket(boto, ses):
    """A bucket for lists; gives the keys in it."""
    boto("s3").create_bucket(Bucket="lists")

    def keys():
        return [one["Key"] for one in boto("s3").list_objects_v2(Bucket="lists").get("Contents", [])]

    return keys
