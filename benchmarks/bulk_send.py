"""Compare `sescli bulk run` with the plain boto3 loop that an engineer would write: messages per second, and memory.

    python benchmarks/bulk_send.py [RECIPIENTS …]

Both send to the same stub of SES, a separate process on this machine, and take turns; the figures are medians. sescli is
measured as a program from start to end: start-up, reading the CSV, checking every row and the account, the journal, the
calls, the progress, the summary. The loop is measured alone, with its lists built in advance (`of the loop`), and as a
program from start to end (`of its program`). `of its CPU` compares the CPU time of both programs, which other load on
the machine hardly changes. The design goal is 0.8 of the loop.
"""

from __future__ import annotations

import json
import sys
from statistics import median

from bulk_programs import Measured, loop, sescli
from bulk_stub import ceiling, running

_COUNTS = (10_000, 50_000, 200_000)
_TURNS = 3
_HEAD = (
    "recipients",
    "the loop",
    "bulk run",
    "of the loop",
    "sending only",
    "of its program",
    "of its CPU",
    "peak",
    "its peak",
)


def main() -> None:
    """Measure each number of recipients and print a line for it."""
    counts = [int(one) for one in sys.argv[1:]] or _COUNTS
    with running() as port:
        print(f"plain boto3 loop and sescli bulk run, emails a second, medians of {_TURNS} turns")
        print(f"the stub alone handles {ceiling(port, _body(), 50):,.0f} a second")
        print(_line(*_HEAD))
        for count in counts:
            print(_compared(f"http://127.0.0.1:{port}", count), flush=True)


def _compared(url: str, count: int) -> str:
    theirs: list[Measured] = []
    ours: list[Measured] = []
    for _ in range(_TURNS):
        theirs.append(loop(url, count))
        ours.append(sescli(url, count))
    alone, program = median(one.sending for one in theirs), median(one.whole for one in theirs)
    whole, sending = median(one.whole for one in ours), median(one.sending for one in ours)
    cpu = median(one.used.cpu for one in theirs) / median(one.used.cpu for one in ours)
    return _line(
        f"{count:,}",
        f"{count / alone:,.0f}",
        f"{count / whole:,.0f}",
        f"{alone / whole:.2f}",
        f"{alone / sending:.2f}",
        f"{program / whole:.2f}",
        f"{cpu:.2f}",
        f"{max(one.used.peak for one in ours):.0f} MiB",
        f"{max(one.used.peak for one in theirs):.0f} MiB",
    )


def _line(*cells: str) -> str:
    return "  ".join(
        f"{cell:>{width}}" for cell, width in zip(cells, (10, 8, 8, 11, 12, 14, 10, 8, 8), strict=True)
    )


def _body() -> bytes:
    entries = [
        {"Destination": {"ToAddresses": [f"user{n}@example.com"]}, "Data": "x" * 200} for n in range(50)
    ]
    return json.dumps({"BulkEmailEntries": entries}).encode()


if __name__ == "__main__":
    main()
