"""Compares the local SES emulator with stock moto in one run: startup time, SendEmail, SendBulkEmail.

    python benchmarks/emulator_throughput.py

Prints rates and ratios, with one client and one thread. The servers take turns, and the best round of each counts, so
that other load on the machine affects both in the same way.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sescli.emulator import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SENDS = 300
ROUNDS = 4
ENTRIES = 50
SENDER, RECIPIENT = "shop@example.com", "customer@example.org"


def client(endpoint_url: str) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client(
        "sesv2",
        region_name="us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=config,
    )


@contextmanager
def emulator() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = process.start(ephemeral=True, folder=folder)
        try:
            yield server.endpoint_url
        finally:
            process.stop(folder)


@contextmanager
def stock_moto() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_PORT": str(port)},
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait()


def _wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.005)
        else:
            return


def start_seconds(start: Callable[[], Any]) -> float:
    """The fastest of three starts, from the call until the server listens."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        with start():
            times.append(time.perf_counter() - began)
    return min(times)


def prepare(ses: Any) -> None:
    ses.create_email_identity(EmailIdentity="example.com")


def send_emails(ses: Any) -> float:
    """Emails per second."""
    began = time.perf_counter()
    for _ in range(SENDS):
        ses.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [RECIPIENT]},
            Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "A short text."}}}},
        )
    return SENDS / (time.perf_counter() - began)


def send_bulk(ses: Any) -> float:
    """Emails per second."""
    entries = [
        {
            "Destination": {"ToAddresses": [f"customer{number}@example.org"]},
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": f"Customer {number}"})}
            },
        }
        for number in range(ENTRIES)
    ]
    template = {"Template": {"TemplateName": "benchmark", "TemplateData": "{}"}}
    calls = SENDS // 10
    began = time.perf_counter()
    for _ in range(calls):
        answer = ses.send_bulk_email(
            FromEmailAddress=SENDER, DefaultContent=template, BulkEmailEntries=entries
        )
        assert all(entry["Status"] == "SUCCESS" for entry in answer["BulkEmailEntryResults"])
    return calls * ENTRIES / (time.perf_counter() - began)


def main() -> None:
    ours, theirs = start_seconds(emulator), start_seconds(stock_moto)
    print(f"Startup             {ours:8.2f} s    stock moto {theirs:8.2f} s    ratio {ours / theirs:.2f}")
    with emulator() as one, stock_moto() as other:
        ses, moto = client(one), client(other)
        # The account's rate must not limit the server.
        remove_limits(one)
        prepare(ses)
        prepare(moto)
        ses.create_email_template(
            TemplateName="benchmark",
            TemplateContent={"Subject": "Hello {{name}}", "Text": "Dear {{name}},\nthank you."},
        )
        rounds = [(send_emails(ses), send_emails(moto), send_bulk(ses)) for _ in range(ROUNDS)]
    single, stock, bulk = (max(column) for column in zip(*rounds, strict=True))
    print(f"SendEmail           {single:8.0f} /s   stock moto {stock:8.0f} /s   ratio {single / stock:.2f}")
    print(f"SendBulkEmail of 50 {bulk:8.0f} /s   SendEmail  {single:8.0f} /s   ratio {bulk / single:.2f}")


def remove_limits(endpoint_url: str) -> None:
    from sescli.emulator.client import Inbox

    Inbox(endpoint_url).control(quota=-1, rate=1_000_000)


if __name__ == "__main__":
    main()
