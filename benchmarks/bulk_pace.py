"""Run `bulk run` against a server with a strict limit: how much of it is reached, and how many calls are throttled.

    python benchmarks/bulk_pace.py [SECONDS]

The server (tests/groups/bulk/fake_ses.py, a separate process) rejects calls that would exceed the limit within any
second. The real program sends at 1, 14, 100 and 500 recipients per second, one after the other, for about SECONDS each
(default 15). The last run starts at 100 per second, and the server halves its limit during the run. A busy machine sends
late, and late calls are throttled, so use an idle machine. The output for each run: recipients per second from the first
to the last accepted one, as a share of the limit (design goal: 0.9); throttled calls as a share of all calls (goal: less
than 1% if the limit does not change); and the recipients per call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAKE_SES = Path(__file__).parents[1] / "tests" / "groups" / "bulk" / "fake_ses.py"
_LIMITS = (1, 14, 100, 500)
_LATENCY = 0.03


@dataclass(frozen=True)
class Measured:
    """One run. `at` is when each recipient was accepted, in seconds."""

    at: list[float]
    calls: int
    throttled: int

    def share(self, limit: float, *, first: int = 0) -> float:
        """The share of the limit from the recipient `first` on; those of the first moment took no time."""
        later = self.at[first:]
        began = later[0]
        return sum(moment > began for moment in later) / (later[-1] - began) / limit

    @property
    def throttled_share(self) -> float:
        """Throttled calls as a share of all calls."""
        return self.throttled / self.calls

    @property
    def size(self) -> float:
        """Recipients per accepted call."""
        return len(self.at) / (self.calls - self.throttled)


@contextmanager
def _server(folder: Path, limit: float, faults: dict[str, Any]) -> Iterator[str]:
    book = folder / "book.jsonl"
    argv = [sys.executable, str(_FAKE_SES), "--book", str(book), "--limit", str(limit)]
    with subprocess.Popen(
        [*argv, "--faults", json.dumps({"latency": _LATENCY, **faults})], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def measure(limit: float, seconds: float, **faults: Any) -> Measured:
    """Run the program against a server with this limit for about this many seconds."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        count = max(10, int(limit * seconds))
        rows = "".join(f"user{n}@example.com,Customer {n},{n}\n" for n in range(count))
        (folder / "people.csv").write_text(f"email,name,orderId\n{rows}")
        (folder / "batch.yaml").write_text(
            "version: 1\nname: pace\nfrom: shop@example.com\ntemplate: T\n"
            f"recipients: {{file: people.csv}}\nlimits: {{max_recipients: {count}}}\n"
        )
        with _server(folder, limit, faults) as url:
            argv = [sys.executable, "-m", "sescli", "bulk", "run", f"{folder}/batch.yaml"]
            keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
            environ = {**os.environ, **keys, "AWS_ENDPOINT_URL": url, "XDG_STATE_HOME": place}
            ran = subprocess.run(
                [*argv, "--yes", "-o", "json"], env=environ, capture_output=True, text=True, check=True
            )
        summary = json.loads(ran.stdout)
        assert summary["sent"] == count
        book = [json.loads(line) for line in (folder / "book.jsonl").read_text().splitlines()]
    return Measured([one["at"] for one in book], summary["calls"], summary["throttled"])


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    print("limit        of the limit reached   calls throttled   recipients per call")
    for limit in _LIMITS:
        run = measure(limit, seconds)
        print(f"{limit:5}/s        {run.share(limit):15.3f} {run.throttled_share:16.2%} {run.size:17.1f}")
    limit, after = 100, int(100 * seconds / 3)
    run = measure(limit, seconds, lower={"after": after, "to": limit / 2})
    print(f"100/s, and after {after:,} recipients 50/s:")
    print(
        f"{limit // 2:5}/s        {run.share(limit / 2, first=after + limit):15.3f} {run.throttled_share:16.2%} {run.size:17.1f}"
    )


if __name__ == "__main__":
    main()
