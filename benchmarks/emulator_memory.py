"""Sends a hundred thousand messages to the local SES emulator and compares its memory before and after.

    python benchmarks/emulator_memory.py [MESSAGES]

Two rounds: a server that only stores the messages, and one whose configuration set sends every event to an SNS topic
and to CloudWatch. The second round waits until the last event is delivered and counts the events in CloudWatch.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sescli.emulator import process
from sescli.emulator.client import Inbox

ENTRIES = 50
SET = "soak"
DIMENSION = {"DimensionName": SET, "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "yes"}


def client(service: str, endpoint_url: str) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(read_timeout=1800, retries={"total_max_attempts": 1}),
    )


def resident(pid: int) -> float:
    """Resident memory of the process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this system has no /proc/PID/status with the memory of a process")


def prepare(endpoint_url: str, *, events: bool) -> None:
    Inbox(endpoint_url).control(quota=-1, rate=1_000_000)
    ses = client("sesv2", endpoint_url)
    ses.create_email_identity(EmailIdentity="example.com")
    ses.create_email_template(
        TemplateName=SET, TemplateContent={"Subject": "Hello {{name}}", "Text": "Dear {{name}},\nthank you."}
    )
    ses.create_configuration_set(ConfigurationSetName=SET)
    if not events:
        return
    topic = client("sns", endpoint_url).create_topic(Name=SET)["TopicArn"]
    client("cloudwatch", endpoint_url).list_metrics()
    targets: dict[str, Any] = {
        "SnsDestination": {"TopicArn": topic},
        "CloudWatchDestination": {"DimensionConfigurations": [DIMENSION]},
    }
    for name, target in targets.items():
        definition = {"Enabled": True, "MatchingEventTypes": ["SEND", "DELIVERY"], name: target}
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=SET, EventDestinationName=name, EventDestination=definition
        )


def send(endpoint_url: str, messages: int) -> None:
    ses = client("sesv2", endpoint_url)
    for first in range(0, messages, ENTRIES):
        entries = [
            {
                "Destination": {"ToAddresses": [f"customer{number}@example.org"]},
                "ReplacementEmailContent": {
                    "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": f"No. {number}"})}
                },
            }
            for number in range(first, min(first + ENTRIES, messages))
        ]
        answer = ses.send_bulk_email(
            FromEmailAddress="shop@example.com",
            ConfigurationSetName=SET,
            DefaultContent={"Template": {"TemplateName": SET, "TemplateData": "{}"}},
            BulkEmailEntries=entries,
        )
        assert all(entry["Status"] == "SUCCESS" for entry in answer["BulkEmailEntryResults"])


def delivered(endpoint_url: str) -> int:
    """The set's Delivery events in CloudWatch. The request waits for events that are being delivered."""
    now = datetime.now(UTC)
    answer = client("cloudwatch", endpoint_url).get_metric_statistics(
        Namespace="AWS/SES",
        MetricName="Delivery",
        Dimensions=[{"Name": SET, "Value": "yes"}],
        StartTime=now - timedelta(hours=6),
        EndTime=now + timedelta(hours=1),
        Period=86400,
        Statistics=["Sum"],
    )
    return int(sum(point["Sum"] for point in answer["Datapoints"]))


def soak(messages: int, *, events: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = process.start(folder=folder)
        try:
            prepare(server.endpoint_url, events=events)
            send(server.endpoint_url, ENTRIES)
            before, began = resident(server.pid), time.perf_counter()
            send(server.endpoint_url, messages)
            accepted = time.perf_counter() - began
            counted = delivered(server.endpoint_url) if events else 0
            settled = time.perf_counter() - began
            after = resident(server.pid)
        finally:
            process.stop(folder)
    what = "messages and events" if events else "messages only      "
    print(
        f"{what}  {messages:,} accepted in {accepted:.0f} s; memory {before:.0f} MB before, {after:.0f} MB after"
    )
    if events:
        print(f"                     delivered after {settled:.0f} s: {counted - ENTRIES:,} in CloudWatch")


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    soak(wanted, events=False)
    soak(wanted, events=True)
