"""A bulk run end to end against the plain boto3 loop that an engineer would write: emails a second, as a ratio.

    python benchmarks/bulk_send.py [RECIPIENTS]

Both send to the same stub server in a process of its own, on the same machine, one after the other. The loop: 8
threads, prebuilt lists of 50, `send_bulk_email`, no journal, boto3's default configuration. Ours: reading the CSV,
checking every row, the journal, the calls, the progress. Printed: emails a second of both, and ours over theirs;
the design asks for 0.8.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socketserver
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_RESULT = '{"Status":"SUCCESS","MessageId":"0100017f8e9a2345-6789abcd-ef01-2345-6789-abcdef012345-000000"}'
_ACCOUNT = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "SendQuota": {"Max24HourSend": -1.0, "MaxSendRate": 1_000_000.0, "SentLast24Hours": 0.0},
}
_TEMPLATE = {
    "TemplateName": "T",
    "TemplateContent": {"Subject": "Order {{orderId}}", "Text": "Dear {{name}}"},
}


class _Stub(socketserver.StreamRequestHandler):
    """As little of HTTP as boto3 needs: it costs the machine little, so the clients are what is measured."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            path, length = line.split()[1].decode(), 0
            while (header := self.rfile.readline()) not in {b"\r\n", b""}:
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            body = self.rfile.read(length)
            answer = self._answer(path, body).encode()
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + answer)

    def _answer(self, path: str, body: bytes) -> str:
        if path == "/v2/email/outbound-bulk-emails":
            return f'{{"BulkEmailEntryResults":[{",".join([_RESULT] * body.count(b"ToAddresses"))}]}}'
        if path == "/v2/email/account":
            return json.dumps(_ACCOUNT)
        if path.startswith("/v2/email/templates/"):
            return json.dumps(_TEMPLATE)
        if path.startswith("/v2/email/suppression/"):
            return '{"SuppressedDestinationSummaries":[]}'
        return '{"IdentityType":"DOMAIN","VerifiedForSendingStatus":true}'


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _serve(port: Any) -> None:
    with _Server(("127.0.0.1", 0), _Stub) as server:
        port.put(server.server_address[1])
        server.serve_forever()


def _people(count: int) -> list[tuple[str, str, str]]:
    return [(f"user{n}@example.com", f"Customer {n}", str(n)) for n in range(count)]


def plain_loop(url: str, count: int) -> float:
    """Emails a second of the loop."""
    import boto3

    entries = [
        {
            "Destination": {"ToAddresses": [to]},
            "ReplacementEmailContent": {
                "ReplacementTemplate": {
                    "ReplacementTemplateData": json.dumps({"name": name, "orderId": order})
                }
            },
        }
        for to, name, order in _people(count)
    ]
    batches = [entries[start : start + 50] for start in range(0, count, 50)]
    client = boto3.client("sesv2", region_name="us-east-1", endpoint_url=url)

    def send(batch: list[dict[str, Any]]) -> int:
        answer = client.send_bulk_email(
            FromEmailAddress="shop@example.com",
            DefaultContent={"Template": {"TemplateName": "T", "TemplateData": "{}"}},
            BulkEmailEntries=batch,
        )
        return sum(one["Status"] == "SUCCESS" for one in answer["BulkEmailEntryResults"])

    began = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, batches)) == count
    return count / (time.perf_counter() - began)


def journalled_run(url: str, count: int) -> tuple[float, float]:
    """Emails a second of `sescli bulk run`, end to end with its start-up, and of its sending alone."""
    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(f"{to},{name},{order}\n" for to, name, order in _people(count))
        Path(folder, "people.csv").write_text(f"email,name,orderId\n{rows}")
        Path(folder, "batch.yaml").write_text(
            "version: 1\nname: benchmark\nfrom: shop@example.com\ntemplate: T\n"
            f"recipients: {{file: people.csv}}\nlimits: {{max_recipients: {count}}}\n"
        )
        argv = [sys.executable, "-m", "sescli", "bulk", "run", f"{folder}/batch.yaml", "--yes", "-o", "json"]
        environ = {**os.environ, "AWS_ENDPOINT_URL": url, "XDG_STATE_HOME": folder}
        began = time.perf_counter()
        ran = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True)
        took = time.perf_counter() - began
        summary = json.loads(ran.stdout)
        assert summary["sent"] == count
        return count / took, summary["emails_per_second"]


def main() -> None:
    """Measure both and print the ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
    port: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(port,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port.get()}"
    plain = plain_loop(url, count)
    whole, sending = journalled_run(url, count)
    server.terminate()
    print(f"{count:,} recipients")
    print(f"plain boto3 loop, 8 threads     {plain:10,.0f} emails a second")
    print(f"sescli bulk run, end to end     {whole:10,.0f} emails a second, {whole / plain:.2f} of the loop")
    print(
        f"sescli bulk run, sending alone  {sending:10,.0f} emails a second, {sending / plain:.2f} of the loop"
    )


if __name__ == "__main__":
    main()
