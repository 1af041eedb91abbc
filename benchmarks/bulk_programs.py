"""Runs and measures the two programs of the bulk benchmarks, each in its own process, against the stub."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
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
    """A finished program: seconds from start to end, seconds of sending only, and its resources."""

    whole: float
    sending: float
    used: Used


@dataclass(frozen=True)
class Used:
    """The resources of a program: seconds of CPU time, and peak memory in MiB."""

    cpu: float
    peak: float


def loop(url: str, count: int) -> Measured:
    """The plain boto3 loop."""
    out, whole, used = _run([sys.executable, str(_LOOP), url, str(count)], _KEYS, terminal=False)
    return Measured(whole, float(out), used)


def sescli(url: str, count: int) -> Measured:
    """`sescli bulk run` of a CSV file on a terminal with a progress bar; deletes the journal afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        batch = _written(Path(folder), count)
        environ = {**_KEYS, "AWS_ENDPOINT_URL": url, "XDG_STATE_HOME": folder, "TERM": "xterm-256color"}
        bulk = [sys.executable, "-m", "sescli", "bulk"]
        shown, whole, used = _run([*bulk, "run", str(batch), "--yes"], environ)
        summary = json.loads(_run([*bulk, "show", "-o", "json"], environ, terminal=False)[0])
    if summary["sent"] != count:
        raise SystemExit(f"{summary['sent']} of {count} were sent\n{shown}")
    return Measured(whole, summary["seconds"], used)


def _written(folder: Path, count: int) -> Path:
    with (folder / "people.csv").open("w", encoding="utf-8") as people:
        people.write("email,name,orderId\n")
        people.writelines(f"user{n}@example.com,Customer {n},{n}\n" for n in range(count))
    batch = folder / "batch.yaml"
    batch.write_text(_BATCH.format(count=count))
    return batch


def _run(argv: list[str], environ: dict[str, str], *, terminal: bool = True) -> tuple[str, float, Used]:
    """Its output, seconds, and resources. Linux counts peak memory from the fork on, and this process is small."""
    reading, writing = _terminal() if terminal else os.pipe()
    began = time.perf_counter()
    process = subprocess.Popen(
        argv, env={**os.environ, **environ}, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing
    )
    os.close(writing)
    written = b"".join(iter(lambda: _some(reading), b"")).decode()
    os.close(reading)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}\n{written}")
    kibibytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return written, took, Used(used.ru_utime + used.ru_stime, kibibytes / 1024)


def _terminal() -> tuple[int, int]:
    """A pseudo-terminal of 80 columns: the end to read from, and the end for the program."""
    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return reading, writing


def _some(reading: int) -> bytes:
    try:
        return os.read(reading, 65_536)
    except OSError:  # Linux: the last writer closed the terminal
        return b""
