"""Event destinations: SNS, SQS, Firehose, S3, CloudWatch, EventBridge.

docs/ses-behavior.md#event-delivery, #cloudwatch-dimensions
"""

import json
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from refusals import refused, simple, to
from topics import listen

SIMULATOR = "simulator.amazonses.com"
ALL = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"]
ROLE = "arn:aws:iam::123456789012:role/ses"


def eventually(read, wanted, seconds=10.0):
    """Read until `wanted` returns true for the result."""
    until = time.monotonic() + seconds
    while not wanted(found := read()):
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found


@pytest.fixture
def orders(shop):
    """Create the set `orders` and add a destination."""
    shop.create_configuration_set(ConfigurationSetName="orders")

    def destination(name="all", events=ALL, enabled=True, **target):
        shop.create_configuration_set_event_destination(
            ConfigurationSetName="orders",
            EventDestinationName=name,
            EventDestination={"Enabled": enabled, "MatchingEventTypes": list(events), **target},
        )

    return destination


@pytest.fixture
def send(shop):
    def send(*addresses, config_set="orders", **more):
        more |= {"ConfigurationSetName": config_set} if config_set else {}
        return shop.send_email(
            FromEmailAddress="ann@example.com",
            Destination=to(*addresses),
            **{"Content": simple(), **more},
        )["MessageId"]

    return send


def sns(listener):
    return {"SnsDestination": {"TopicArn": listener.arn}}


# SNS, and on to SQS


def test_sns_destination_delivers_events_of_inbox(client, orders, send, inbox):
    listener = listen(client)
    orders(**sns(listener))
    sent = send(f"complaint@{SIMULATOR}")
    (greeting,) = listener.bodies(1)
    # A plain-text validation message for a new topic (docs/ses-behavior.md#event-delivery)
    assert json.loads(greeting)["Message"] == (
        "Successfully validated SNS topic for Amazon SES event publishing."
    )
    envelopes = [json.loads(body) for body in listener.bodies(3)]
    assert {envelope["Type"] for envelope in envelopes} == {"Notification"}
    assert [json.loads(envelope["Message"]) for envelope in envelopes] == inbox.events(sent)


def test_sns_raw_delivery_has_no_envelope(client, orders, send, inbox):
    listener = listen(client, raw=True)
    orders(**sns(listener))
    sent = send("bob@example.org")
    _, *events = listener.bodies(3)
    assert [json.loads(event) for event in events] == inbox.events(sent)


def test_destination_gets_only_matching_events(client, orders, send):
    listener = listen(client)
    orders(events=["BOUNCE"], **sns(listener))
    send("bob@example.org")
    send(f"bounce@{SIMULATOR}")
    assert [event["eventType"] for event in listener.events(1)] == ["Bounce"]
    assert listener.empty()


def test_destination_matches_rendering_failure(client, shop, orders, send):
    listener = listen(client)
    orders(events=["RENDERING_FAILURE"], **sns(listener))
    shop.create_email_template(TemplateName="t", TemplateContent={"Subject": "{{x}}", "Text": "y"})
    send("bob@example.org", Content={"Template": {"TemplateName": "t", "TemplateData": "{}"}})
    assert listener.events(1)[0]["eventType"] == "Rendering Failure"


def test_disabled_destination_gets_nothing(client, orders, send):
    off, on = listen(client, "off"), listen(client, "on")
    orders("off", enabled=False, **sns(off))
    orders("on", **sns(on))
    send("bob@example.org")
    on.events(2)
    off.bodies(1)  # the validation message
    assert off.empty()


def test_message_without_set_has_no_events_in_destination(client, orders, send):
    listener = listen(client)
    orders(**sns(listener))
    send("first@example.org", config_set=None)
    send("second@example.org")
    assert listener.events(1)[0]["mail"]["destination"] == ["second@example.org"]


def test_default_set_of_identity_gets_events(client, shop, orders, send):
    listener = listen(client)
    orders(**sns(listener))
    shop.put_email_identity_configuration_set_attributes(
        EmailIdentity="example.com", ConfigurationSetName="orders"
    )
    send("bob@example.org", config_set=None)
    assert listener.events(1)[0]["mail"]["tags"]["ses:configuration-set"] == ["orders"]


def test_raw_message_header_selects_set(client, shop, orders):
    listener = listen(client)
    orders(**sns(listener))
    raw = b"From: ann@example.com\nTo: bob@example.org\nX-SES-CONFIGURATION-SET: orders\nSubject: x\n\ny\n"
    shop.send_email(Content={"Raw": {"Data": raw}})
    assert [event["eventType"] for event in listener.events(2)] == ["Send", "Delivery"]


def test_destination_created_in_v1_gets_events(client, v1, orders, send):
    listener = listen(client)
    v1.create_configuration_set_event_destination(
        ConfigurationSetName="orders",
        EventDestination={
            "Name": "old",
            "Enabled": True,
            "MatchingEventTypes": ["bounce", "renderingFailure"],
            "SNSDestination": {"TopicARN": listener.arn},
        },
    )
    send(f"bounce@{SIMULATOR}")
    assert listener.events(1)[0]["eventType"] == "Bounce"


def test_bulk_call_delivers_events_of_entries_in_order(client, shop, orders):
    listener = listen(client)
    orders(events=["SEND"], **sns(listener))
    shop.create_email_template(TemplateName="t", TemplateContent={"Subject": "s", "Text": "y"})
    addresses = [f"c{number}@example.org" for number in range(20)]
    shop.send_bulk_email(
        FromEmailAddress="ann@example.com",
        ConfigurationSetName="orders",
        DefaultContent={"Template": {"TemplateName": "t", "TemplateData": "{}"}},
        BulkEmailEntries=[{"Destination": to(address)} for address in addresses],
    )
    events = listener.events(20)
    assert [event["mail"]["destination"] for event in events] == [[address] for address in addresses]
    assert events[0]["mail"]["tags"]["ses:operation"] == ["SendBulkEmail"]


def test_missing_topic_does_not_block_others(client, orders, send):
    gone, there = listen(client, "gone"), listen(client, "there")
    orders("a", **sns(gone))
    orders("b", **sns(there))
    client("sns").delete_topic(TopicArn=gone.arn)
    send("bob@example.org")
    assert len(there.events(2)) == 2


def test_failing_subscriber_does_not_affect_others(client, orders, send):
    listener = listen(client)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    first = client("sns").create_topic(Name="mixed")["TopicArn"]
    client("sns").subscribe(TopicArn=first, Protocol="http", Endpoint=f"http://127.0.0.1:{port}/")
    client("sns").subscribe(
        TopicArn=first, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:events"
    )
    orders(events=["SEND"], SnsDestination={"TopicArn": first})
    send("bob@example.org")
    assert listener.events(1)[0]["eventType"] == "Send"


def test_http_subscriber_gets_sns_post(client, orders, send, inbox):
    with web_server() as (endpoint, posts):
        topic = client("sns").create_topic(Name="web")["TopicArn"]
        client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)
        orders(events=["BOUNCE"], SnsDestination={"TopicArn": topic})
        sent = send(f"bounce@{SIMULATOR}")
        posted = eventually(lambda: [each for each in posts if "ounce" in each[1]], len)
    headers, body = posted[0]
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert json.loads(json.loads(body)["Message"]) == inbox.events(sent)[1]


@contextmanager
def web_server():
    """The server's URL, and the headers and bodies of the requests to it."""
    posts = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            posts.append((self.headers, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", posts
        server.shutdown()


def test_events_without_services_are_dropped(orders, send, inbox):
    orders(SnsDestination={"TopicArn": "arn:aws:sns:us-east-1:123456789012:nowhere"})
    orders("bad", SnsDestination={"TopicArn": "nowhere"})
    assert len(inbox.events(send("bob@example.org"))) == 2
    assert send("bob@example.org")


# Identity topics


def test_identity_topic_gets_notification_without_set(client, v1, shop, send):
    listener = listen(client)
    v1.set_identity_notification_topic(
        Identity="example.com", NotificationType="Bounce", SnsTopic=listener.arn
    )
    greeting = json.loads(json.loads(listener.bodies(1)[0])["Message"])
    assert greeting["notificationType"] == "AmazonSnsSubscriptionSucceeded"
    send("bob@example.org", config_set=None)
    send(f"bounce@{SIMULATOR}", config_set=None)
    (notification,) = listener.events(1)
    # notificationType; sourceIp and callerIdentity; headers only if enabled
    # (docs/ses-behavior.md#identity-notifications)
    assert set(notification) == {"notificationType", "bounce", "mail"}
    assert notification["notificationType"] == "Bounce"
    assert set(notification["mail"]) == {
        "timestamp", "messageId", "source", "sourceArn", "sourceIp", "callerIdentity", "sendingAccountId",
        "destination",
    }  # fmt: skip
    assert listener.empty()


def test_identity_topic_includes_headers_if_enabled(client, v1, shop, send):
    listener = listen(client)
    v1.set_identity_notification_topic(
        Identity="example.com", NotificationType="Delivery", SnsTopic=listener.arn
    )
    v1.set_identity_headers_in_notifications_enabled(
        Identity="example.com", NotificationType="Delivery", Enabled=True
    )
    send("bob@example.org", config_set=None)
    (notification,) = listener.events(1)
    assert notification["notificationType"] == "Delivery"
    assert "remoteMtaIp" in notification["delivery"]
    assert {"headers", "commonHeaders", "headersTruncated"} <= set(notification["mail"])
    assert "tags" not in notification["mail"]


def test_address_identity_uses_its_own_topic(client, v1, shop, send):
    listener = listen(client)
    shop.create_email_identity(EmailIdentity="ann@example.com")
    v1.set_identity_notification_topic(
        Identity="ann@example.com", NotificationType="Complaint", SnsTopic=listener.arn
    )
    send(f"complaint@{SIMULATOR}", config_set=None)
    (notification,) = listener.events(1)
    assert notification["mail"]["sourceArn"].endswith("identity/ann@example.com")
    assert notification["complaint"]["complaintSubType"] is None


# Firehose, and on to S3


def test_firehose_writes_one_event_per_line_to_s3(client, orders, send, inbox):
    s3, firehose = client("s3"), client("firehose")
    s3.create_bucket(Bucket="events-of-mail")
    stream = firehose.create_delivery_stream(
        DeliveryStreamName="mail",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::events-of-mail"},
    )["DeliveryStreamARN"]
    orders(KinesisFirehoseDestination={"IamRoleArn": ROLE, "DeliveryStreamArn": stream})
    sent = [send("bob@example.org"), send(f"bounce@{SIMULATOR}")]

    def lines():
        objects = s3.list_objects_v2(Bucket="events-of-mail").get("Contents", [])
        bodies = [s3.get_object(Bucket="events-of-mail", Key=each["Key"])["Body"].read() for each in objects]
        return [json.loads(line) for body in bodies for line in body.splitlines()]

    found = eventually(lines, lambda lines: len(lines) == 4)
    wanted = [event for each in sent for event in inbox.events(each)]
    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, wanted))


# EventBridge


def test_eventbridge_gets_event_on_default_bus(client, orders, send, inbox):
    events, sqs = client("events"), client("sqs")
    queue = sqs.create_queue(QueueName="bus")["QueueUrl"]
    events.put_rule(Name="bounces", EventPattern='{"source": ["aws.ses"], "detail-type": ["Email Bounced"]}')
    events.put_targets(Rule="bounces", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:bus"}])
    orders(EventBridgeDestination={"EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/default"})
    send("bob@example.org")
    sent = send(f"bounce@{SIMULATOR}")
    got = eventually(lambda: sqs.receive_message(QueueUrl=queue), lambda got: "Messages" in got)
    event = json.loads(got["Messages"][0]["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.ses", "Email Bounced")
    assert event["detail"] == inbox.events(sent)[1]
    assert event["resources"] == ["arn:aws:ses:us-east-1:123456789012:configuration-set/orders"]


DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
}


def test_eventbridge_detail_type_matches_event(client, orders, send):
    """Read the events from a log group (docs/ses-behavior.md#event-delivery)."""
    events, logs = client("events"), client("logs")
    logs.create_log_group(logGroupName="/aws/events/mail")
    events.put_rule(Name="all", EventPattern='{"source": ["aws.ses"]}')
    events.put_targets(
        Rule="all",
        Targets=[{"Id": "1", "Arn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/mail"}],
    )
    orders(EventBridgeDestination={"EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/default"})
    send(f"complaint@{SIMULATOR}", f"bounce@{SIMULATOR}")

    def written():
        got = logs.filter_log_events(logGroupName="/aws/events/mail")["events"]
        return {
            message["detail"]["eventType"]: message["detail-type"]
            for message in (json.loads(each["message"]) for each in got)
        }

    assert eventually(written, lambda found: len(found) == 4) == DETAIL_TYPES


# CloudWatch


def total(client, metric, dimensions=(), stat="Sum"):
    """The sum of a metric over the hours around the current time."""
    now = datetime.now(UTC)
    query = {
        "Id": "m",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SES",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
            },
            "Period": 86400,
            "Stat": stat,
        },
    }
    (result,) = client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(hours=2), EndTime=now + timedelta(hours=2)
    )["MetricDataResults"]
    return sum(result["Values"])


def dimension(source, name, default):
    return {"DimensionName": name, "DimensionValueSource": source, "DefaultDimensionValue": default}


def test_cloudwatch_uses_dimensions_of_destination(client, orders, send):
    """Dimensions come from the CloudWatch destination only; a message without a value has the default.

    docs/ses-behavior.md#cloudwatch-dimensions
    """
    orders(
        CloudWatchDestination={
            "DimensionConfigurations": [
                dimension("MESSAGE_TAG", "campaign", "none"),
                dimension("EMAIL_HEADER", "X-Team", "nobody"),
                dimension("LINK_TAG", "button", "no-link"),
            ]
        }
    )
    tags = [{"Name": "campaign", "Value": "spring"}]
    headers = [{"Name": "x-team", "Value": "blue"}]
    send(f"bounce@{SIMULATOR}", EmailTags=tags, Content=simple(Headers=headers))
    send("bob@example.org", EmailTags=tags, Content=simple(Headers=headers))
    send("bob@example.org")
    first = [("campaign", "spring"), ("X-Team", "blue"), ("button", "no-link")]
    second = [("campaign", "none"), ("X-Team", "nobody"), ("button", "no-link")]
    assert total(client, "Send", first) == 2
    assert total(client, "Delivery", first) == 1
    assert total(client, "Bounce", first) == 1
    assert total(client, "Send", second) == 1


def test_cloudwatch_dimension_may_be_automatic_tag(client, orders, send):
    """`ses:configuration-set` is documented as a dimension (docs/ses-behavior.md#cloudwatch-dimensions)."""
    orders(
        CloudWatchDestination={
            "DimensionConfigurations": [dimension("MESSAGE_TAG", "ses:configuration-set", "none")]
        }
    )
    send("bob@example.org")
    assert total(client, "Delivery", [("ses:configuration-set", "orders")]) == 1
    metrics = client("cloudwatch").list_metrics(Namespace="AWS/SES", MetricName="Delivery")["Metrics"]
    assert {"Name": "ses:configuration-set", "Value": "orders"} in [
        each for metric in metrics for each in metric["Dimensions"]
    ]


def test_account_metrics_need_no_destination(client, v1, shop, send):
    """Automatic at account level, with the same numbers as GetSendStatistics.

    docs/ses-behavior.md#cloudwatch-metrics
    """
    for number in range(3):
        send(f"c{number}@example.org", "d@example.org", config_set=None)
    shop.put_suppressed_destination(EmailAddress="gone@example.org", Reason="BOUNCE")
    send("gone@example.org", config_set=None)
    send(f"bounce@{SIMULATOR}", config_set=None)  # not in reputation (docs/ses-behavior.md#simulator-limits)
    # a suppressed recipient is accepted and counts (docs/ses-behavior.md#suppressed-sends)
    assert total(client, "Send") == 7
    assert total(client, "Delivery") == 6
    assert (
        total(client, "Bounce") == 0
    )  # not counted in the bounce rate (docs/ses-behavior.md#suppressed-sends)
    points = v1.get_send_statistics()["SendDataPoints"]
    assert sum(point["DeliveryAttempts"] for point in points) == 6
    assert total(client, "Reputation.BounceRate", stat="Maximum") == 0
    list_messages = client("cloudwatch").list_metrics(Namespace="AWS/SES")["Metrics"]
    names = sorted(metric["MetricName"] for metric in list_messages)
    assert names == ["Delivery", "Reputation.BounceRate", "Reputation.ComplaintRate", "Send"]


def test_metrics_add_messages_after_first_request(client, shop, send):
    send("bob@example.org", config_set=None)
    assert total(client, "Send") == 1
    assert total(client, "Send") == 1
    send("bob@example.org", config_set=None)
    assert total(client, "Send") == 2


def test_set_with_reputation_metrics_publishes_rates(client, shop, orders, send):
    """`ReputationMetricsEnabled` also exports Reputation.* with dim `ses:configuration-set`.

    docs/ses-behavior.md#reputation-metrics-of-a-set
    """
    shop.put_configuration_set_reputation_options(
        ConfigurationSetName="orders", ReputationMetricsEnabled=True
    )
    send("bob@example.org")
    total(client, "Send")
    list_messages = client("cloudwatch").list_metrics(
        Namespace="AWS/SES", Dimensions=[{"Name": "ses:configuration-set", "Value": "orders"}]
    )["Metrics"]
    assert {metric["MetricName"] for metric in list_messages} == {
        "Reputation.BounceRate",
        "Reputation.ComplaintRate",
    }


# Reset


def test_reset_deletes_events_and_metrics(client, inbox, orders, send, v2):
    listener = listen(client)
    orders(**sns(listener))
    for _ in range(20):
        send("bob@example.org")
    inbox.reset()
    again = listen(client)
    v2.create_email_identity(EmailIdentity="example.com")
    assert total(client, "Send") == 0
    assert again.empty()
    with refused("NotFoundException", status=404):
        v2.get_configuration_set(ConfigurationSetName="orders")
