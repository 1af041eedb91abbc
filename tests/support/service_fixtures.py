"""Other places than the shared emulator: one that verifies nothing by itself, and one with a gatekeeper."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from gatekeeper import Refusal, gatekeeper

from sescli.emulator import process
from sescli.emulator.client import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sescli.emulator.process import LocalServer


@pytest.fixture(scope="session")
def _patient_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("patient")
    yield process.start(ephemeral=True, verification="manual", folder=folder)
    process.stop(folder)


@pytest.fixture
def patient_ses(ses: Inbox, _patient_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """The emulator whose identities wait, as those of AWS do, until `control(verify=NAME)`."""
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
