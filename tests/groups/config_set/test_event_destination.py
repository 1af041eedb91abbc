"""`sescli config-set event-destination`: from options and files, read through boto3."""

from __future__ import annotations

import json

import pytest
from repository import ROOT

EXAMPLES = ROOT / "examples" / "config-set"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ses-events"
STREAM = "arn:aws:firehose:us-east-1:123456789012:deliverystream/ses-events"
ROLE = "arn:aws:iam::123456789012:role/SESFirehoseRole"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
ADD = ("config-set", "event-destination", "add", "my-config-set")
UPDATE = ("config-set", "event-destination", "update", "my-config-set")
REMOVE = ("config-set", "event-destination", "remove", "my-config-set")


@pytest.fixture
def config_set(sescli, ses, boto):
    """The program and a client, with an existing set `my-config-set`."""
    client = boto("sesv2")
    client.create_configuration_set(ConfigurationSetName="my-config-set")
    return sescli, client


def stored_destinations(client):
    """The event destinations in SES, from boto3."""
    answer = client.get_configuration_set_event_destinations(ConfigurationSetName="my-config-set")
    return answer["EventDestinations"]


def sns(**changes):
    """A good destination as a file, but for `changes`; one that is None is left out."""
    whole = {
        "Name": "alerts",
        "MatchingEventTypes": ["bounce"],
        "SNSDestination": {"TopicARN": TOPIC},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


@pytest.mark.parametrize(
    ("target", "stored"),
    [
        (
            ["--cloudwatch", "ses:configuration-set=tag", "--cloudwatch", "X-Shop=emailHeader:a.b@c"],
            {
                "CloudWatchDestination": {
                    "DimensionConfigurations": [
                        {
                            "DimensionName": "ses:configuration-set",
                            "DimensionValueSource": "MESSAGE_TAG",
                            "DefaultDimensionValue": "default",
                        },
                        {
                            "DimensionName": "X-Shop",
                            "DimensionValueSource": "EMAIL_HEADER",
                            "DefaultDimensionValue": "a.b@c",
                        },
                    ]
                }
            },
        ),
        (["--sns", TOPIC], {"SnsDestination": {"TopicArn": TOPIC}}),
        (
            ["--firehose", STREAM, "--role", ROLE],
            {"KinesisFirehoseDestination": {"IamRoleArn": ROLE, "DeliveryStreamArn": STREAM}},
        ),
        (["--eventbridge", BUS], {"EventBridgeDestination": {"EventBusArn": BUS}}),
    ],
    ids=["cloudwatch", "sns", "firehose", "eventbridge"],
)
def test_event_destination_add_from_options(config_set, target, stored):
    sescli, client = config_set
    line = [*ADD, "mine", "--events", "send,renderingFailure,DELIVERY_DELAY,send", *target]
    assert [call["operation"] for call in sescli(*line, "--dry-run", "-o", "json").json] == [
        "CreateConfigurationSetEventDestination"
    ]
    assert stored_destinations(client) == []
    assert sescli(*line).code == 0
    events = ["SEND", "RENDERING_FAILURE", "DELIVERY_DELAY"]
    assert stored_destinations(client) == [
        {"Name": "mine", "Enabled": True, "MatchingEventTypes": events, **stored}
    ]


def test_event_destination_add_disabled_with_all_events(config_set):
    sescli, client = config_set
    assert "is disabled" in sescli(*ADD, "mine", "--events", "all", "--sns", TOPIC, "--disabled").stdout
    (found,) = stored_destinations(client)
    assert found["Enabled"] is False
    assert len(found["MatchingEventTypes"]) == 10
    assert (
        "no: it receives no events"
        in sescli("config-set", "event-destination", "list", "my-config-set").stdout
    )


def test_event_destination_add_accepts_files_of_the_aws_guide(config_set):
    """API v1 spelling becomes v2's (docs/ses-behavior.md#v1-spelling)."""
    sescli, client = config_set
    for file in ("event-destination.json", "sns-destination.json", "firehose-destination.json"):
        ran = sescli(*ADD, "--file", str(EXAMPLES / file))
        assert ran.code == 0, ran.stderr
    found = {destination["Name"]: destination for destination in stored_destinations(client)}
    assert found == {
        "CloudWatchDestination": {
            "Name": "CloudWatchDestination",
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK"],
            "CloudWatchDestination": {
                "DimensionConfigurations": [
                    {
                        "DimensionName": "ses:configuration-set",
                        "DimensionValueSource": "MESSAGE_TAG",
                        "DefaultDimensionValue": "default",
                    }
                ]
            },
        },
        "SNSDestination": {
            "Name": "SNSDestination",
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
            "SnsDestination": {"TopicArn": TOPIC},
        },
        "FirehoseDestination": {
            "Name": "FirehoseDestination",
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT", "DELIVERY"],
            "KinesisFirehoseDestination": {"IamRoleArn": ROLE, "DeliveryStreamArn": STREAM},
        },
    }


def test_event_destination_add_accepts_yaml_request_of_api_v2(config_set):
    sescli, client = config_set
    assert sescli(*ADD, "--file", str(EXAMPLES / "eventbridge-destination.yaml")).code == 0
    (found,) = stored_destinations(client)
    assert (found["Name"], found["Enabled"]) == ("EventBridgeDestination", True)
    assert found["EventBridgeDestination"] == {"EventBusArn": BUS}


def test_event_destination_add_accepts_output_of_list(config_set):
    sescli, client = config_set
    sescli(*ADD, "--file", str(EXAMPLES / "event-destination.json"))
    before = stored_destinations(client)
    printed = sescli("config-set", "event-destination", "list", "my-config-set", "-o", "json").json
    assert sescli(*REMOVE, "CloudWatchDestination", "--yes").code == 0
    assert sescli(*ADD, "--file", "-", stdin=json.dumps(printed[0])).code == 0
    assert stored_destinations(client) == before


def test_event_destination_add_accepts_file_url(config_set, tmp_path, monkeypatch):
    sescli, client = config_set
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.json").write_text(json.dumps(sns(Enabled=False)).replace(" ", "\t"))
    assert sescli(*ADD, "other-name", "--file", "file://d.json").code == 0
    assert [(found["Name"], found["Enabled"]) for found in stored_destinations(client)] == [
        ("other-name", False)
    ]


PINPOINT = {"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/x"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("[]", "must contain one object"),
        ('{\n "Name": "a",\n "Name": "b"\n}', ":3:2 (Name): the key is given twice"),
        ('{\n  "Name": "a"\n  "Enabled": true\n}', ":3:3: is not valid JSON: Expecting ','"),
        ('{"Name": "a", "Enabled": tru}', ":1:26: is not valid JSON"),
        ("Name: a\n  Enabled: true\n", ":2:"),
        ("Name: &a x\nEnabled: *a\n", "anchors"),
        (b'{"Name": "\xff"}', ":1: is not UTF-8"),
        (sns(Enabled="yes"), "(Enabled): must be true or false"),
        (sns(Enabled=1), "(Enabled): must be true or false"),
        (sns(Name=None), "lacks Name"),
        (sns(Name="a b"), "(Name): 'a b' is not a valid name for an event destination"),
        (sns(Name="a\r\nb"), "is not a valid"),
        (sns(MatchingEventTypes=None), "lacks MatchingEventTypes"),
        (sns(MatchingEventTypes=[]), "(MatchingEventTypes): is empty"),
        (sns(MatchingEventTypes="bounce"), "must be a list"),
        (
            sns(MatchingEventTypes=["bounce", "sent"]),
            "(MatchingEventTypes[1]): unknown event type: 'sent'",
        ),
        (sns(MatchingEventTypes=[5]), "(MatchingEventTypes[0]): must be a text"),
        (sns(SNSDestination=None), "has none, but an event destination needs exactly one target"),
        (sns(SNSDestination={}), "(SNSDestination): lacks TopicArn"),
        (
            sns(SNSDestination={"TopicARN": "arn:aws:sqs:us-east-1:123456789012:q"}),
            "not the ARN of an SNS topic",
        ),
        (sns(SNSDestination={"TopicARN": TOPIC + "\n"}), "not the ARN of an SNS topic"),
        (sns(SNSDestination={"TopicArm": TOPIC}), "unknown key"),
        (sns(EventBridgeDestination={"EventBusArn": BUS}), "SnsDestination and EventBridgeDestination, but"),
        (sns(SNSDestination=None, PinpointDestination=PINPOINT), "Amazon Pinpoint ended on 2026-10-30"),
        (
            sns(SNSDestination=None, EventBridgeDestination={"EventBusArn": BUS.replace("default", "mine")}),
            "not the default event bus",
        ),
        (
            sns(SNSDestination=None, KinesisFirehoseDestination={"DeliveryStreamARN": STREAM}),
            "lacks IamRoleArn",
        ),
        (sns(SNSDestination=None, CloudWatchDestination={"DimensionConfigurations": []}), "0 dimensions"),
        (sns(ConfigurationSetName="another"), "is 'another', but the command names my-config-set"),
        ({"EventDestination": sns(), "Enabled": True}, "must be inside EventDestination"),
        (sns(Enabeld=True), "unknown key"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_event_destination_add_rejects_invalid_file_with_position(config_set, tmp_path, content, message):
    sescli, client = config_set
    file = tmp_path / "bad"
    data = content if isinstance(content, str | bytes) else json.dumps(content, indent=1)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    ran = sescli(*ADD, "--file", str(file), "-o", "json")
    assert ran.code == 2
    assert ran.error["code"] == "BadFile"
    assert ran.error["message"].startswith(f"{file}:")
    assert message in ran.error["message"]
    assert stored_destinations(client) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"DimensionName": "a b"}, "'a b' is not a valid dimension name"),
        ({"DimensionName": "aws:x"}, "is not a valid"),
        ({"DimensionName": "x" * 256}, "is not a valid"),
        ({"DimensionValueSource": "cookie"}, "'cookie' is not a source"),
        ({"DefaultDimensionValue": "a b"}, "is not a valid dimension value"),
        ({"DefaultDimensionValue": None}, "lacks DefaultDimensionValue"),
    ],
    ids=str,
)
def test_event_destination_add_rejects_invalid_dimension(config_set, tmp_path, change, message):
    sescli, client = config_set
    good = {"DimensionName": "a", "DimensionValueSource": "linkTag", "DefaultDimensionValue": "b"}
    file = tmp_path / "bad.json"
    target = {"DimensionConfigurations": [good, good | change]}
    file.write_text(json.dumps(sns(SNSDestination=None, CloudWatchDestination=target)))
    ran = sescli(*ADD, "--file", str(file))
    assert ran.code == 2
    assert message in ran.stderr
    assert "DimensionConfigurations[1]" in ran.stderr
    assert stored_destinations(client) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "missing: NAME, --events, --cloudwatch, --sns, --firehose or --eventbridge"),
        (["x", "--events", "bounce"], "missing: --cloudwatch"),
        (["x", "--events", "bounce", "--sns", TOPIC, "--eventbridge", BUS], "--sns and --eventbridge"),
        (["x", "--events", "bounce", "--firehose", STREAM], "missing: --role"),
        (["x", "--events", "bounce", "--sns", TOPIC, "--role", ROLE], "missing: --firehose"),
        (["x", "--events", "bounce,opened,seen", "--sns", TOPIC], "'opened', 'seen'"),
        (["x", "--events", ",", "--sns", TOPIC], "no event types given"),
        (["x", "--events", "bounce", "--sns", "ses-events"], "not the ARN of an SNS topic"),
        (["x", "--events", "bounce", "--cloudwatch", "a"], "'a' is not valid for --cloudwatch"),
        (["x", "--events", "bounce", "--cloudwatch", "a=tag", "--cloudwatch", "a=link"], "given twice"),
        (["x", "--events", "bounce", *["--cloudwatch", "a=tag"] * 11], "1 to 10"),
        (["x y", "--events", "bounce", "--sns", TOPIC], "'x y' is not a valid name"),
        (
            ["--file", str(EXAMPLES / "sns-destination.json"), "--events", "send"],
            "remove those options",
        ),
        (["--file", "no-such-file.json"], "no-such-file.json: cannot be read"),
        (["x", "--pinpoint", "arn"], "--pinpoint"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)
def test_event_destination_add_rejects_invalid_options(config_set, arguments, message):
    sescli, client = config_set
    ran = sescli(*ADD, *arguments)
    assert ran.code == 2
    assert message in ran.stderr
    assert stored_destinations(client) == []


def test_event_destination_commands_report_missing_and_existing(config_set):
    sescli, client = config_set
    line = ["alerts", "--events", "bounce", "--sns", TOPIC, "-o", "json"]
    assert sescli("config-set", "event-destination", "list", "nope").code == 5
    nowhere = sescli("config-set", "event-destination", "add", "nope", *line)
    assert nowhere.code == 5
    assert nowhere.error["message"] == "configuration set nope not found in us-east-1"
    assert sescli(*ADD, *line).code == 0
    again = sescli(*ADD, *line)
    assert (again.code, again.error["code"]) == (1, "AlreadyExistsException")
    assert "event-destination update my-config-set alerts" in again.error["hint"]
    for verb in (UPDATE, REMOVE):
        missing = sescli(*verb, "alarms", *(["--disabled"] if verb is UPDATE else ["--yes"]), "-o", "json")
        assert missing.code == 5
        assert "existing: alerts" in missing.error["message"]
    assert len(stored_destinations(client)) == 1


def test_event_destination_update_keeps_other_members(config_set):
    """UpdateConfigurationSetEventDestination wants the whole again, `Enabled` too.

    docs/ses-behavior.md#event-destinations
    """
    sescli, client = config_set
    sescli(*ADD, "alerts", "--events", "bounce", "--sns", TOPIC)
    assert sescli(*UPDATE, "alerts", "--disabled", "--dry-run").code == 0
    assert stored_destinations(client)[0]["Enabled"] is True
    assert sescli(*UPDATE, "alerts", "--disabled").code == 0
    assert sescli(*UPDATE, "alerts", "--events", "bounce,complaint").code == 0
    whole = {"Name": "alerts", "Enabled": False, "MatchingEventTypes": ["BOUNCE", "COMPLAINT"]}
    assert stored_destinations(client) == [{**whole, "SnsDestination": {"TopicArn": TOPIC}}]
    assert sescli(*UPDATE, "alerts", "--eventbridge", BUS, "--enabled").code == 0
    assert stored_destinations(client) == [
        {**whole, "Enabled": True, "EventBridgeDestination": {"EventBusArn": BUS}}
    ]
    nothing = sescli(*UPDATE, "alerts")
    assert (nothing.code, "nothing to change" in nothing.stderr) == (2, True)


def test_event_destination_update_from_file_replaces_all_members(config_set):
    sescli, client = config_set
    sescli(*ADD, "SNSDestination", "--events", "send", "--eventbridge", BUS, "--disabled")
    assert sescli(*UPDATE, "--file", str(EXAMPLES / "sns-destination.json")).code == 0
    (found,) = stored_destinations(client)
    assert (found["Enabled"], found["MatchingEventTypes"]) == (True, ["BOUNCE", "COMPLAINT"])
    assert "EventBridgeDestination" not in found
    assert sescli(*UPDATE, "--file", str(EXAMPLES / "firehose-destination.json")).code == 5


def test_event_destination_remove_asks_for_confirmation(config_set):
    sescli, client = config_set
    sescli(*ADD, "alerts", "--events", "bounce", "--sns", TOPIC)
    assert sescli(*REMOVE, "alerts").code == 2
    assert sescli(*REMOVE, "alerts", "--dry-run").code == 0
    assert sescli(*REMOVE, "alerts", answers=[("Remove alerts?", False)]).code == 2
    assert len(stored_destinations(client)) == 1
    assert sescli(*REMOVE, "alerts", answers=[("Remove alerts?", True)]).code == 0
    assert stored_destinations(client) == []


def test_event_destination_add_reports_limit_of_ses(config_set):
    sescli, client = config_set
    for number in range(10):
        assert sescli(*ADD, f"n{number}", "--events", "bounce", "--sns", TOPIC).code == 0
    ran = sescli(*ADD, "n10", "--events", "bounce", "--sns", TOPIC, "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "LimitExceededException")
    assert len(stored_destinations(client)) == 10


def test_event_destination_add_warns_of_topic_in_another_region(config_set):
    sescli, _ = config_set
    ran = sescli(*ADD, "alerts", "--events", "bounce", "--sns", TOPIC.replace("us-east-1", "eu-west-1"))
    assert ran.code == 0
    assert "is in eu-west-1" in ran.stderr


def test_event_destination_shows_and_removes_pinpoint(config_set):
    sescli, client = config_set
    client.create_configuration_set_event_destination(
        ConfigurationSetName="my-config-set",
        EventDestinationName="old",
        EventDestination={"MatchingEventTypes": ["SEND"], "PinpointDestination": PINPOINT},
    )
    shown = sescli("config-set", "show", "my-config-set")
    assert "the service has ended" in shown.stdout
    assert sescli(*REMOVE, "old", "--yes").code == 0
    assert stored_destinations(client) == []
