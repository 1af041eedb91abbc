"""Fixtures: the fake SES and clients for it, journals, batch files, and an account that can send."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bulk_setup
import pytest
from repository import ROOT

from sescli.groups.bulk.journal.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bulk_setup import FakeSes


@pytest.fixture
def start_fake_ses(tmp_path: Path) -> Iterator[Callable[..., FakeSes]]:
    running: list[FakeSes] = []

    def start(*, limit: float | None = None, **faults: Any) -> FakeSes:
        running.append(bulk_setup.fake_ses(tmp_path / f"book-{len(running)}.jsonl", limit=limit, **faults))
        return running[-1]

    yield start
    for fake_ses in running:
        fake_ses.stop()


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A real sender, over boto3 and HTTP."""

    def make(fake_ses: FakeSes, *, concurrency: int = 4, timeout: float = 5.0) -> Any:
        from sescli.aws.endpoint import AwsEndpoint
        from sescli.aws.gateway import Gateway

        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        gateway = Gateway(AwsEndpoint(region="us-east-1", endpoint_url=fake_ses.url))
        return gateway.sender(concurrency=concurrency, timeout=timeout)

    return make


@pytest.fixture
def journal_of(tmp_path: Path) -> Callable[..., Path]:
    """Create a journal with this number of recipients, ready to send."""
    return lambda count, **more: bulk_setup.journal(tmp_path / "runs" / "run.journal", count, **more)


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Journal]]:
    """Journals that are closed at the end of the test."""
    journals: list[Journal] = []

    def make(path: Path) -> Journal:
        journals.append(Journal.for_sending(path, time.time))
        return journals[-1]

    yield make
    for journal in journals:
        journal.close()


@pytest.fixture
def shop(ses: Any, sescli: Any) -> Any:
    """An account that can send: a verified domain and a template."""
    template = ROOT / "examples" / "templates" / "order-confirmation.json"
    assert sescli("identity", "verify", "example.com").code == 0
    assert sescli("template", "create", "--file", str(template)).code == 0
    return ses


@pytest.fixture
def batch(tmp_path: Path) -> Callable[..., str]:
    """Create a batch file with these recipients, and more keys at its end."""

    def make(people: Any = bulk_setup.PEOPLE, more: str = "") -> str:
        path = tmp_path / "batch.yaml"
        rows = "".join(f"  - {json.dumps(one)}\n" for one in people)
        path.write_text(f"{bulk_setup.BATCH}{rows}{more}", encoding="utf-8")
        return str(path)

    return make


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeSes], FakeSes]:
    """Make the program use a fake SES."""

    def point(fake_ses: FakeSes) -> FakeSes:
        for name, value in {
            "AWS_ENDPOINT_URL": fake_ses.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        return fake_ses

    return point


@pytest.fixture
def eight_rows(tmp_path: Path) -> str:
    """A batch file for 8 recipients, slow enough to be stopped in between."""
    path = tmp_path / "news.yaml"
    rows = "".join(f"  - {{to: user{n}@example.com, data: {{name: Jo, orderId: 1}}}}\n" for n in range(8))
    path.write_text(
        "version: 1\nname: news\nfrom: shop@example.com\ntemplate: Order\nlimits: {rate: 40}\n"
        f"recipients:\n{rows}"
    )
    return str(path)


@pytest.fixture
def old_runs(bare_machine: Path) -> Callable[[Path], None]:
    """Puts the journals of a folder, written by an older version, among the runs of this machine."""

    def put(journals: Path) -> None:
        runs = bare_machine / ".local" / "state" / "sescli" / "runs"
        runs.mkdir(parents=True)
        for path in journals.iterdir():
            shutil.copy(path, runs)

    return put
