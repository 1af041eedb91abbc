"""The plain boto3 loop that an engineer would write, as the baseline of the bulk benchmarks.

    python benchmarks/bulk_loop.py ENDPOINT_URL RECIPIENTS

Eight threads, lists of fifty entries built in advance, `send_bulk_email`, boto3's default configuration. It keeps no
journal, checks nothing, and after a crash cannot say who got the message. Prints the seconds of the loop only, without
its start and without building its lists.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

_ENTRIES, _THREADS = 50, 8


def entry(number: int) -> dict[str, Any]:
    data = json.dumps({"name": f"Customer {number}", "orderId": str(number)})
    return {
        "Destination": {"ToAddresses": [f"user{number}@example.com"]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
    }


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    entries = [entry(number) for number in range(count)]
    batches = [entries[start : start + _ENTRIES] for start in range(0, count, _ENTRIES)]
    client = boto3.client("sesv2", region_name="us-east-1", endpoint_url=url)

    def send(batch: list[dict[str, Any]]) -> int:
        answer = client.send_bulk_email(
            FromEmailAddress="shop@example.com",
            DefaultContent={"Template": {"TemplateName": "T", "TemplateData": "{}"}},
            BulkEmailEntries=batch,
        )
        return sum(one["Status"] == "SUCCESS" for one in answer["BulkEmailEntryResults"])

    began = time.perf_counter()
    with ThreadPoolExecutor(_THREADS) as pool:
        sent = sum(pool.map(send, batches))
    took = time.perf_counter() - began
    if sent != count:
        raise SystemExit(f"{sent} of {count} were sent")
    print(took)


if __name__ == "__main__":
    main()
