"""The cost of showing progress: CPU time of `bulk run` with each view, compared with the same run without one.

    python benchmarks/bulk_progress.py [RECIPIENTS]

The runs send one after the other to the stub of benchmarks/bulk_stub.py, at 20,000 recipients per second or as fast as
the machine can, each in its own process. `--quiet` shows nothing; the bar is drawn on a pseudo-terminal of 80 columns;
lines are the output in a CI job; `-o jsonl` writes a record for each recipient to a pipe. The output: the rate reached,
the CPU seconds of the process, and how much more they are than with `--quiet`.
"""

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
import threading
from dataclasses import dataclass
from pathlib import Path

import bulk_stub

_RATE = 20_000
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Cost:
    """The cost of one run: CPU seconds, messages per second, and bytes written to the view."""

    cpu: float
    rate: float
    shown: int


def _read_all(descriptor: int, seen: list[int]) -> None:
    while True:
        try:
            content = os.read(descriptor, _CHUNK)
        except OSError:  # Linux: the other end of the terminal is closed
            return
        if not content:
            return
        seen.append(len(content))


def run(url: str, folder: Path, options: list[str], *, terminal: bool) -> Cost:
    """Run the batch in the folder once, with its view on a terminal or a pipe."""
    state = tempfile.mkdtemp(dir=folder)
    environ = {**os.environ, "AWS_ENDPOINT_URL": url, "XDG_STATE_HOME": state, "TERM": "xterm-256color"}
    environ.pop("CI", None)
    ours, theirs = pty.openpty() if terminal else os.pipe()
    if terminal:
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    argv = [sys.executable, "-m", "sescli", "bulk", "run", f"{folder}/batch.yaml", "--yes", *options]
    out = theirs if terminal or "jsonl" in options else subprocess.DEVNULL
    process = subprocess.Popen(argv, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=theirs)
    os.close(theirs)
    seen: list[int] = []
    reader = threading.Thread(target=_read_all, args=(ours, seen))
    reader.start()
    _, status, used = os.wait4(process.pid, 0)
    reader.join()
    os.close(ours)
    assert status == 0, f"{argv} ended with {os.waitstatus_to_exitcode(status)}"
    shown = [sys.executable, "-m", "sescli", "bulk", "show", "-o", "json"]
    summary = json.loads(subprocess.run(shown, env=environ, capture_output=True, check=True).stdout)
    return Cost(used.ru_utime + used.ru_stime, summary["emails_per_second"], sum(seen))


def main() -> None:
    """Measure all views and print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
    with tempfile.TemporaryDirectory() as place, bulk_stub.running() as port:
        folder = Path(place)
        rows = "".join(f"user{n}@example.com,Customer {n},{n}\n" for n in range(count))
        (folder / "people.csv").write_text(f"email,name,orderId\n{rows}")
        (folder / "batch.yaml").write_text(
            "version: 1\nname: benchmark\nfrom: shop@example.com\ntemplate: T\n"
            f"recipients: {{file: people.csv}}\nlimits: {{rate: {_RATE}, max_recipients: {count}}}\n"
        )
        url = f"http://127.0.0.1:{port}"
        views = {
            "--quiet": run(url, folder, ["--quiet"], terminal=False),
            "bar": run(url, folder, [], terminal=True),
            "lines": run(url, folder, [], terminal=False),
            "-o jsonl": run(url, folder, ["-o", "jsonl"], terminal=False),
        }
    print(f"{count:,} recipients; view, emails a second, CPU seconds, over --quiet, bytes shown")
    none = views["--quiet"]
    for name, cost in views.items():
        print(f"{name:9} {cost.rate:10,.0f} {cost.cpu:8.2f} {cost.cpu / none.cpu - 1:+8.1%} {cost.shown:12,}")


if __name__ == "__main__":
    main()
