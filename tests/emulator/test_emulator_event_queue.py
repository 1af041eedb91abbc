"""The event queue on disk: a stop or a crash loses no event, and messages without destinations cost nothing."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clients import make_client
from refusals import simple, to
from topics import listen

from sescli.emulator import liveness, process
from sescli.emulator.server import DATABASE

CLOUDWATCH = {
    "CloudWatchDestination": {
        "DimensionConfigurations": [
            {"DimensionName": "job", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "none"}
        ]
    }
}


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    process.stop(tmp_path)


def orders(v2, **target):
    v2.create_email_identity(EmailIdentity="example.com")
    v2.create_configuration_set(ConfigurationSetName="orders")
    v2.create_configuration_set_event_destination(
        ConfigurationSetName="orders",
        EventDestinationName="d",
        EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND", "DELIVERY"], **target},
    )


def send(v2, count, number=0):
    entries = [{"Destination": to(f"c{number + each}@example.org")} for each in range(count)]
    content = {"Template": {"TemplateContent": {"Subject": "s", "Text": "t"}, "TemplateData": "{}"}}
    answer = v2.send_bulk_email(
        FromEmailAddress="ann@example.com",
        ConfigurationSetName="orders",
        DefaultContent=content,
        BulkEmailEntries=entries,
    )
    assert {each["Status"] for each in answer["BulkEmailEntryResults"]} == {"SUCCESS"}


def counted(endpoint_url, metric="Delivery"):
    now = datetime.now(UTC)
    points = make_client("cloudwatch", endpoint_url).get_metric_statistics(
        Namespace="AWS/SES",
        MetricName=metric,
        Dimensions=[{"Name": "job", "Value": "none"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=86400,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def test_metrics_survive_restart(folder):
    first = process.start(folder=folder).endpoint_url
    v2 = make_client("sesv2", first)
    orders(v2, **CLOUDWATCH)
    send(v2, 50)
    assert counted(first) == 50
    process.stop(folder)
    assert counted(process.start(folder=folder).endpoint_url) == 50


def test_stop_delivers_waiting_events(folder):
    server = process.start(folder=folder)
    v2 = make_client("sesv2", server.endpoint_url)
    orders(v2, **CLOUDWATCH)
    for number in range(8):
        send(v2, 50, 50 * number)
    process.stop(folder)
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        assert db.execute("SELECT count(*) FROM deliveries").fetchone() == (0,)
        wanted = "SELECT sum(value) FROM metrics WHERE metric = 'Delivery' AND dimensions LIKE '%job%'"
        assert db.execute(wanted).fetchone() == (400,)


def test_crash_loses_no_events(folder):
    server = process.start(folder=folder)
    v2 = make_client("sesv2", server.endpoint_url)
    orders(v2, **CLOUDWATCH)
    for number in range(8):
        send(v2, 50, 50 * number)
    os.kill(server.pid, signal.SIGKILL)
    assert liveness.wait_until_ended(folder, 10)
    again = process.start(folder=folder).endpoint_url
    assert (counted(again), counted(again, "Send")) == (400, 400)


def test_concurrent_clients_keep_event_order_per_message(v2, client):
    listener = listen(client, raw=True)
    orders(v2, SnsDestination={"TopicArn": listener.arn})

    def work(number):
        send(v2, 10, 100 * number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _, *bodies = listener.bodies(81)
    kinds = {}
    for event in map(json.loads, bodies):
        kinds.setdefault(event["mail"]["messageId"], []).append(event["eventType"])
    assert len(kinds) == 40
    assert set(map(tuple, kinds.values())) == {("Send", "Delivery")}


SERVED = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from clients import make_client
from refusals import simple, to
from sescli.emulator import server, state_file

options = server.ServerOptions(Path(sys.argv[1]), 0, True)
threading.Thread(target=server.serve, args=(options,), daemon=True).start()
while (state := state_file.read(options.folder)) is None:
    time.sleep(0.01)
v2 = make_client("sesv2", state.endpoint_url)
v2.create_email_identity(EmailIdentity="example.com")
v2.create_configuration_set(ConfigurationSetName="orders")
for name, target in (
    ("sns", {"SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none"}}),
    ("bus", {"EventBridgeDestination": {"EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/default"}}),
):
    v2.create_configuration_set_event_destination(
        ConfigurationSetName="orders",
        EventDestinationName=name,
        EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND"], **target},
    )
v2.send_email(
    FromEmailAddress="a@example.com", Destination=to("b@example.org"), Content=simple(),
    ConfigurationSetName="orders",
)
time.sleep(0.5)
print(sorted(name for name in sys.modules if name.partition(".")[0] == "moto"))
"""


def test_events_without_receivers_do_not_import_moto(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SERVED, str(tmp_path), str(Path(__file__).parent)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "[]\n", done.stderr


def test_several_destinations_get_same_event(v2, client):
    first, second = listen(client, "first", raw=True), listen(client, "second", raw=True)
    orders(v2, SnsDestination={"TopicArn": first.arn})
    v2.create_configuration_set_event_destination(
        ConfigurationSetName="orders",
        EventDestinationName="other",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY"],
            "SnsDestination": {"TopicArn": second.arn},
        },
    )
    v2.send_email(
        FromEmailAddress="ann@example.com",
        Destination=to("bob@example.org"),
        Content=simple(),
        ConfigurationSetName="orders",
    )
    _, _, delivery = first.bodies(3)
    assert second.bodies(2)[1] == delivery
