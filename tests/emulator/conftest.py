"""The emulator of the test session, reset before each test, and boto3 clients for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from clients import REGION, make_client

from sescli.emulator import process
from sescli.emulator.client import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.process import LocalServer


@pytest.fixture
def endpoint(ses_server: LocalServer) -> str:
    return ses_server.endpoint_url


@pytest.fixture
def inbox(endpoint: str) -> Inbox:
    inbox = Inbox(endpoint)
    inbox.reset()
    return inbox


@pytest.fixture
def v2(endpoint: str, inbox: Inbox) -> Any:
    return make_client("sesv2", endpoint)


@pytest.fixture
def v1(endpoint: str, inbox: Inbox) -> Any:
    return make_client("ses", endpoint)


@pytest.fixture
def client(endpoint: str, inbox: Inbox) -> Any:
    """Create a client for any service and region."""
    return lambda service, region=REGION: make_client(service, endpoint, region)


@pytest.fixture
def shop(v2: Any) -> Any:
    """A v2 client with the verified domain example.com."""
    v2.create_email_identity(EmailIdentity="example.com")
    return v2


@pytest.fixture(scope="session")
def manual_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("manual")
    yield process.start(ephemeral=True, verification="manual", folder=folder).endpoint_url
    process.stop(folder)


@pytest.fixture
def manual(manual_server: str) -> tuple[Any, Inbox]:
    """A v2 client and the settings of a server with manual verification."""
    inbox = Inbox(manual_server)
    inbox.reset()
    return make_client("sesv2", manual_server), inbox
