"""`sescli config-set event-destination`: from options and from files, read back through boto3."""

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
def made(sescli, ses, boto):
    """The program and a client, with `my-config-set` there."""
    client = boto("sesv2")
    client.create_configuration_set(ConfigurationSetName="my-config-set")
    return sescli, client


def there(client):
    """What SES has, as boto3 tells it."""
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
def test_add_from_options(made, target, stored):
    sescli, client = made
    line = [*ADD, "mine", "--events", "send,renderingFailure,DELIVERY_DELAY,send", *target]
    assert [call["operation"] for call in sescli(*line, "--dry-run", "-o", "json").json] == [
        "CreateConfigurationSetEventDestination"
    ]
    assert there(client) == []
    assert sescli(*line).code == 0
    events = ["SEND", "RENDERING_FAILURE", "DELIVERY_DELAY"]
    assert there(client) == [{"Name": "mine", "Enabled": True, "MatchingEventTypes": events, **stored}]


def test_disabled_and_all_events(made):
    sescli, client = made
    assert "is disabled" in sescli(*ADD, "mine", "--events", "all", "--sns", TOPIC, "--disabled").stdout
    (found,) = there(client)
    assert found["Enabled"] is False
    assert len(found["MatchingEventTypes"]) == 10
    assert "no: it gets nothing" in sescli("config-set", "event-destination", "list", "my-config-set").stdout


def test_the_files_of_the_guide_as_they_are(made):
    """API v1 spelling becomes v2's (docs/ses-behavior.md#v1-spelling)."""
    sescli, client = made
    for file in ("event-destination.json", "sns-destination.json", "firehose-destination.json"):
        ran = sescli(*ADD, "--file", str(EXAMPLES / file))
        assert ran.code == 0, ran.stderr
    found = {destination["Name"]: destination for destination in there(client)}
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


def test_a_yaml_file_of_api_v2_with_its_wrapper(made):
    sescli, client = made
    assert sescli(*ADD, "--file", str(EXAMPLES / "eventbridge-destination.yaml")).code == 0
    (found,) = there(client)
    assert (found["Name"], found["Enabled"]) == ("EventBridgeDestination", True)
    assert found["EventBridgeDestination"] == {"EventBusArn": BUS}


def test_what_list_prints_may_be_read_again(made):
    sescli, client = made
    sescli(*ADD, "--file", str(EXAMPLES / "event-destination.json"))
    before = there(client)
    printed = sescli("config-set", "event-destination", "list", "my-config-set", "-o", "json").json
    assert sescli(*REMOVE, "CloudWatchDestination", "--yes").code == 0
    assert sescli(*ADD, "--file", "-", stdin=json.dumps(printed[0])).code == 0
    assert there(client) == before


def test_the_file_of_the_aws_cli_is_named_so(made, tmp_path, monkeypatch):
    sescli, client = made
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.json").write_text(json.dumps(sns(Enabled=False)).replace(" ", "\t"))
    assert sescli(*ADD, "other-name", "--file", "file://d.json").code == 0
    assert [(found["Name"], found["Enabled"]) for found in there(client)] == [("other-name", False)]


PINPOINT = {"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/x"}


@pytest.mark.parametrize(
    ("content", "said"),
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
        (sns(Name="a b"), "(Name): 'a b' cannot be the name of an event destination"),
        (sns(Name="a\r\nb"), "cannot be the name"),
        (sns(MatchingEventTypes=None), "lacks MatchingEventTypes"),
        (sns(MatchingEventTypes=[]), "(MatchingEventTypes): is empty"),
        (sns(MatchingEventTypes="bounce"), "must be a list"),
        (
            sns(MatchingEventTypes=["bounce", "sent"]),
            "(MatchingEventTypes[1]): there is no event type 'sent'",
        ),
        (sns(MatchingEventTypes=[5]), "(MatchingEventTypes[0]): must be a text"),
        (sns(SNSDestination=None), "has none, and an event destination has exactly one"),
        (sns(SNSDestination={}), "(SNSDestination): lacks TopicArn"),
        (
            sns(SNSDestination={"TopicARN": "arn:aws:sqs:us-east-1:123456789012:q"}),
            "not the ARN of an SNS topic",
        ),
        (sns(SNSDestination={"TopicARN": TOPIC + "\n"}), "not the ARN of an SNS topic"),
        (sns(SNSDestination={"TopicArm": TOPIC}), "unknown key"),
        (sns(EventBridgeDestination={"EventBusArn": BUS}), "SnsDestination and EventBridgeDestination, and"),
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
        (sns(ConfigurationSetName="another"), "is 'another', and the command names my-config-set"),
        ({"EventDestination": sns(), "Enabled": True}, "belongs inside it"),
        (sns(Enabeld=True), "unknown key"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_file_is_refused_with_its_place(made, tmp_path, content, said):
    sescli, client = made
    file = tmp_path / "bad"
    data = content if isinstance(content, str | bytes) else json.dumps(content, indent=1)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    ran = sescli(*ADD, "--file", str(file), "-o", "json")
    assert ran.code == 2
    assert ran.error["code"] == "BadFile"
    assert ran.error["message"].startswith(f"{file}:")
    assert said in ran.error["message"]
    assert there(client) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DimensionName": "a b"}, "'a b' cannot be the name of a dimension"),
        ({"DimensionName": "aws:x"}, "cannot be the name"),
        ({"DimensionName": "x" * 256}, "cannot be the name"),
        ({"DimensionValueSource": "cookie"}, "'cookie' is no source"),
        ({"DefaultDimensionValue": "a b"}, "cannot be the value"),
        ({"DefaultDimensionValue": None}, "lacks DefaultDimensionValue"),
    ],
    ids=str,
)
def test_a_bad_dimension_is_refused(made, tmp_path, change, said):
    sescli, client = made
    good = {"DimensionName": "a", "DimensionValueSource": "linkTag", "DefaultDimensionValue": "b"}
    file = tmp_path / "bad.json"
    target = {"DimensionConfigurations": [good, good | change]}
    file.write_text(json.dumps(sns(SNSDestination=None, CloudWatchDestination=target)))
    ran = sescli(*ADD, "--file", str(file))
    assert ran.code == 2
    assert said in ran.stderr
    assert "DimensionConfigurations[1]" in ran.stderr
    assert there(client) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "missing: NAME, --events, --cloudwatch, --sns, --firehose or --eventbridge"),
        (["x", "--events", "bounce"], "missing: --cloudwatch"),
        (["x", "--events", "bounce", "--sns", TOPIC, "--eventbridge", BUS], "--sns and --eventbridge"),
        (["x", "--events", "bounce", "--firehose", STREAM], "missing: --role"),
        (["x", "--events", "bounce", "--sns", TOPIC, "--role", ROLE], "missing: --firehose"),
        (["x", "--events", "bounce,opened,seen", "--sns", TOPIC], "'opened', 'seen'"),
        (["x", "--events", ",", "--sns", TOPIC], "no event type"),
        (["x", "--events", "bounce", "--sns", "ses-events"], "not the ARN of an SNS topic"),
        (["x", "--events", "bounce", "--cloudwatch", "a"], "--cloudwatch is 'a'"),
        (["x", "--events", "bounce", "--cloudwatch", "a=tag", "--cloudwatch", "a=link"], "given twice"),
        (["x", "--events", "bounce", *["--cloudwatch", "a=tag"] * 11], "1 to 10"),
        (["x y", "--events", "bounce", "--sns", TOPIC], "'x y' cannot be the name"),
        (
            ["--file", str(EXAMPLES / "sns-destination.json"), "--events", "send"],
            "leave the other options out",
        ),
        (["--file", "no-such-file.json"], "no-such-file.json: cannot be read"),
        (["x", "--pinpoint", "arn"], "--pinpoint"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)
def test_bad_options_are_refused(made, arguments, said):
    sescli, client = made
    ran = sescli(*ADD, *arguments)
    assert ran.code == 2
    assert said in ran.stderr
    assert there(client) == []


def test_not_found_and_there_already(made):
    sescli, client = made
    line = ["alerts", "--events", "bounce", "--sns", TOPIC, "-o", "json"]
    assert sescli("config-set", "event-destination", "list", "nope").code == 5
    nowhere = sescli("config-set", "event-destination", "add", "nope", *line)
    assert nowhere.code == 5
    assert nowhere.error["message"] == "there is no configuration set nope in us-east-1"
    assert sescli(*ADD, *line).code == 0
    again = sescli(*ADD, *line)
    assert (again.code, again.error["code"]) == (1, "AlreadyExistsException")
    assert "event-destination update my-config-set alerts" in again.error["hint"]
    for verb in (UPDATE, REMOVE):
        missing = sescli(*verb, "alarms", *(["--disabled"] if verb is UPDATE else ["--yes"]), "-o", "json")
        assert missing.code == 5
        assert "it has alerts" in missing.error["message"]
    assert len(there(client)) == 1


def test_update_keeps_what_is_not_named(made):
    """UpdateConfigurationSetEventDestination wants the whole again, `Enabled` too.

    docs/ses-behavior.md#event-destinations
    """
    sescli, client = made
    sescli(*ADD, "alerts", "--events", "bounce", "--sns", TOPIC)
    assert sescli(*UPDATE, "alerts", "--disabled", "--dry-run").code == 0
    assert there(client)[0]["Enabled"] is True
    assert sescli(*UPDATE, "alerts", "--disabled").code == 0
    assert sescli(*UPDATE, "alerts", "--events", "bounce,complaint").code == 0
    whole = {"Name": "alerts", "Enabled": False, "MatchingEventTypes": ["BOUNCE", "COMPLAINT"]}
    assert there(client) == [{**whole, "SnsDestination": {"TopicArn": TOPIC}}]
    assert sescli(*UPDATE, "alerts", "--eventbridge", BUS, "--enabled").code == 0
    assert there(client) == [{**whole, "Enabled": True, "EventBridgeDestination": {"EventBusArn": BUS}}]
    nothing = sescli(*UPDATE, "alerts")
    assert (nothing.code, "nothing to change" in nothing.stderr) == (2, True)


def test_update_from_a_file_replaces_whole(made):
    sescli, client = made
    sescli(*ADD, "SNSDestination", "--events", "send", "--eventbridge", BUS, "--disabled")
    assert sescli(*UPDATE, "--file", str(EXAMPLES / "sns-destination.json")).code == 0
    (found,) = there(client)
    assert (found["Enabled"], found["MatchingEventTypes"]) == (True, ["BOUNCE", "COMPLAINT"])
    assert "EventBridgeDestination" not in found
    assert sescli(*UPDATE, "--file", str(EXAMPLES / "firehose-destination.json")).code == 5


def test_remove_asks(made):
    sescli, client = made
    sescli(*ADD, "alerts", "--events", "bounce", "--sns", TOPIC)
    assert sescli(*REMOVE, "alerts").code == 2
    assert sescli(*REMOVE, "alerts", "--dry-run").code == 0
    assert sescli(*REMOVE, "alerts", answers=[("Remove alerts?", False)]).code == 2
    assert len(there(client)) == 1
    assert sescli(*REMOVE, "alerts", answers=[("Remove alerts?", True)]).code == 0
    assert there(client) == []


def test_the_eleventh_is_refused_by_ses(made):
    sescli, client = made
    for number in range(10):
        assert sescli(*ADD, f"n{number}", "--events", "bounce", "--sns", TOPIC).code == 0
    ran = sescli(*ADD, "n10", "--events", "bounce", "--sns", TOPIC, "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "LimitExceededException")
    assert len(there(client)) == 10


def test_a_topic_in_another_region_is_warned_of(made):
    sescli, _ = made
    ran = sescli(*ADD, "alerts", "--events", "bounce", "--sns", TOPIC.replace("us-east-1", "eu-west-1"))
    assert ran.code == 0
    assert "is in eu-west-1" in ran.stderr


def test_a_leftover_of_pinpoint_is_shown_and_may_be_removed(made):
    sescli, client = made
    client.create_configuration_set_event_destination(
        ConfigurationSetName="my-config-set",
        EventDestinationName="old",
        EventDestination={"MatchingEventTypes": ["SEND"], "PinpointDestination": PINPOINT},
    )
    shown = sescli("config-set", "show", "my-config-set")
    assert "the service has ended" in shown.stdout
    assert sescli(*REMOVE, "old", "--yes").code == 0
    assert there(client) == []
