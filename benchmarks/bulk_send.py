"""`sescli bulk run` against the plain boto3 loop that an engineer would write: emails a second, and memory.

    python benchmarks/bulk_send.py [RECIPIENTS …]

Both send to the same stub of SES, which is a process of its own, on this machine, taking turns; the figures are
medians of the turns. What is ours is the whole program, end to end: start-up, reading the CSV, checking every row
and the account, the journal, the calls, the progress, the summary. What is the loop's is its loop alone, with
its lists built beforehand (`of the loop`), and for comparison the loop as a program, from start to end
(`of its program`), and the CPU time of that over ours (`of its CPU`), which other work on the machine does not
change much. The design asks for 0.8 of the loop.
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
    """Measure each count and print a line for it."""
    counts = [int(one) for one in sys.argv[1:]] or _COUNTS
    with running() as port:
        print(f"plain boto3 loop and sescli bulk run, emails a second, medians of {_TURNS} turns")
        print(f"the stub alone takes {ceiling(port, _body(), 50):,.0f} a second")
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
