"""The two programs of the bulk benchmarks, each run in a process of its own against the stub, and measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_LOOP = Path(__file__).with_name("bulk_loop.py")
_KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
_BATCH = """version: 1
name: benchmark
from: shop@example.com
template: T
recipients: {{file: people.csv}}
limits: {{max_recipients: {count}}}
"""


@dataclass(frozen=True)
class Measured:
    """A program that has ended: seconds from its start to its end, those of its sending, and its peak in MiB."""

    whole: float
    sending: float
    peak: float


def loop(url: str, count: int) -> Measured:
    """The plain boto3 loop."""
    out, whole, peak = _run([sys.executable, str(_LOOP), url, str(count)], _KEYS)
    return Measured(whole, float(out), peak)


def sescli(url: str, count: int) -> Measured:
    """`sescli bulk run` of a CSV file, with its journal in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        batch = _written(Path(folder), count)
        environ = {**_KEYS, "AWS_ENDPOINT_URL": url, "XDG_STATE_HOME": folder}
        argv = [sys.executable, "-m", "sescli", "bulk", "run", str(batch), "--yes", "-o", "json"]
        out, whole, peak = _run(argv, environ)
    summary = json.loads(out)
    if summary["sent"] != count:
        raise SystemExit(f"{summary['sent']} of {count} were sent")
    return Measured(whole, summary["seconds"], peak)


def _written(folder: Path, count: int) -> Path:
    with (folder / "people.csv").open("w", encoding="utf-8") as people:
        people.write("email,name,orderId\n")
        people.writelines(f"user{n}@example.com,Customer {n},{n}\n" for n in range(count))
    batch = folder / "batch.yaml"
    batch.write_text(_BATCH.format(count=count))
    return batch


def _run(argv: list[str], environ: dict[str, str]) -> tuple[str, float, float]:
    """What it printed, its seconds and its peak. This process is small: Linux counts a child's peak from the fork."""
    began = time.perf_counter()
    process = subprocess.Popen(argv, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}")
    kibibytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return out, time.perf_counter() - began, kibibytes / 1024
