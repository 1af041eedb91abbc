"""Send to a million recipients with `sescli bulk run`: speed and peak memory.

    python benchmarks/bulk_million.py [RECIPIENTS]

The design goal is less than 150 MiB; the exit code is 1 above it. Takes about a minute, and 0.5 GB of disk space for
the recipients file and the journal.
"""

from __future__ import annotations

import sys

from bulk_programs import sescli
from bulk_stub import running

_LIMIT = 150


def main() -> None:
    """Run it once and print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with running() as port:
        ours = sescli(f"http://127.0.0.1:{port}", count)
    print(f"{count:,} recipients, all sent, in {ours.whole:.1f} s: {count / ours.whole:,.0f} emails a second")
    print(
        f"of these {ours.whole - ours.sending:.1f} s to start, read and check, {ours.sending:.1f} s to send"
    )
    print(f"{ours.used.cpu / count * 1e6:.0f} microseconds of CPU time each")
    print(f"peak memory {ours.used.peak:.0f} MiB of {_LIMIT} MiB")
    raise SystemExit(ours.used.peak > _LIMIT)


if __name__ == "__main__":
    main()
