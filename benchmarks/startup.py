"""Start-up: sescli against the AWS CLI and against a bare boto3 script.

Prints medians and ratios. The AWS CLI is installed into a virtual environment of its own, because it pins
botocore. Both commands that make a call make the same one, GetAccount, on the local SES emulator.

    python benchmarks/startup.py [ROUNDS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from sescli.emulator import process

BARE = """
import boto3
print(boto3.client("sesv2").get_account()["SendQuota"])
"""


def main() -> None:
    """Measure in turns, so that what else the machine does falls on all alike."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        aws = _aws_cli(place / "aws")
        server = process.start(ephemeral=True, folder=place / "ses")
        try:
            _measure(rounds, aws, _environment(place, server.endpoint_url))
        finally:
            process.stop(place / "ses")


def _measure(rounds: int, aws: str, environment: dict[str, str]) -> None:
    sescli = [sys.executable, "-m", "sescli"]
    commands = {
        "sescli --help": [*sescli, "--help"],
        "aws --version": [aws, "--version"],
        "sescli reputation quota": [*sescli, "reputation", "quota"],
        "bare boto3 GetAccount": [sys.executable, "-c", BARE],
        "aws sesv2 get-account": [aws, "sesv2", "get-account"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        _run(command, environment)  # once to warm the disk's cache and the .pyc files
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(_run(command, environment))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        spread = f"{min(taken[name]) * 1000:.0f} to {max(taken[name]) * 1000:.0f}"
        print(f"{name:26} {median * 1000:6.0f} ms   ({spread})")
    for subject, baseline in (
        ("sescli --help", "aws --version"),
        ("sescli reputation quota", "bare boto3 GetAccount"),
        ("sescli reputation quota", "aws sesv2 get-account"),
    ):
        print(f"{subject} / {baseline} = {medians[subject] / medians[baseline]:.2f}")


def _run(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    return time.perf_counter() - started


def _environment(home: Path, endpoint_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SESCLI_"))}
    return kept | {
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _aws_cli(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run(
        [python, "-m", "pip", "--quiet", "install", "awscli"], check=True, stderr=subprocess.DEVNULL
    )
    return str(folder / "bin" / "aws")


if __name__ == "__main__":
    main()
