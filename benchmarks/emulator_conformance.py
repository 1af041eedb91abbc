"""Runs the rows of tests/emulator/conformance_rows on the local SES emulator and on stock moto.

    python benchmarks/emulator_conformance.py [--failures]

Each server is a separate process. Prints how many rows each passes, and with --failures also the failing rows and the
reasons. Rows that need an emulator setting (a quota, a rate, a requested failure) cannot pass on moto, which has no
such settings. Their number is printed too.
"""

from __future__ import annotations

import importlib
import sys
import urllib.request
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from emulator_throughput import emulator, stock_moto

from sescli.emulator.client import Inbox

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "emulator"))
conformance: Any = importlib.import_module("conformance")


def failures(rows: list[dict[str, Any]], server: Any) -> dict[str, str]:
    """The failing rows and the reasons."""
    found = {}
    for row in rows:
        try:
            conformance.check(row, server)
        except conformance.RowError as error:
            found[row["row"]] = str(error).partition("\n")[0]
    return found


def emulator_server(endpoint_url: str) -> Any:
    inbox = Inbox(endpoint_url)
    return conformance.Server(client=_clients(endpoint_url), reset=inbox.reset, switch=inbox.control)


def moto_server(endpoint_url: str) -> Any:
    def reset() -> None:
        request = urllib.request.Request(f"{endpoint_url}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).close()

    return conformance.Server(client=_clients(endpoint_url), reset=reset, patience=0.5)


def _clients(endpoint_url: str) -> Any:
    # Without client-side validation, as in the tests, so that the server refuses invalid calls.
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, parameter_validation=False)
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}

    @cache
    def client(service: str) -> Any:
        return boto3.session.Session().client(service, endpoint_url=endpoint_url, config=config, **keys)

    return client


def main(arguments: list[str]) -> None:
    rows = conformance.rows()
    switched = sum(conformance.needs_switch(row) for row in rows)
    with emulator() as one, stock_moto() as other:
        ours, theirs = failures(rows, emulator_server(one)), failures(rows, moto_server(other))
    print(
        f"local SES emulator {len(rows) - len(ours)} of {len(rows)} rows,"
        f" stock moto {version('moto')} {len(rows) - len(theirs)} of {len(rows)}"
        f" ({switched} need a setting that moto does not have)"
    )
    if "--failures" in arguments:
        for name, found in (("local SES emulator", ours), ("stock moto", theirs)):
            print(f"\n{name}")
            print("\n".join(f"- {row}: {why}" for row, why in found.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
