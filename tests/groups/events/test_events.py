"""`sescli events metrics` and `events alarm`; boto3 writes the CloudWatch data and reads the alarms back."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta

import pytest
from gatekeeper import Refusal, denied
from help_examples import example_lines, words
from pseudo_terminal import OnTerminal

from sescli.errors import AccessError, RetryableError, UsageError
from sescli.groups.events.commands.metrics import app
from sescli.groups.events.service import data
from sescli.groups.events.service.catalog import parse_metric
from sescli.groups.events.service.data import build_window

TOPIC = "arn:aws:sns:us-east-1:123456789012:ses-alerts"
NOW = datetime(2026, 11, 24, 12, 34, 56, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def put(boto):
    """Publish values of a metric, each a number of hours ago."""

    def publish(metric, values, **dimensions):
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        named = [
            {"Name": f"ses:{name.replace('_', '-')}", "Value": value} for name, value in dimensions.items()
        ]
        boto("cloudwatch").put_metric_data(
            Namespace="AWS/SES",
            MetricData=[
                {
                    "MetricName": metric,
                    "Value": value,
                    "Timestamp": hour - ago * HOUR + timedelta(minutes=1),
                    "Dimensions": named,
                }
                for ago, value in values.items()
            ],
        )

    return publish


@pytest.fixture
def alarms(boto):
    """The existing alarms by name."""

    def read():
        return {alarm["AlarmName"]: alarm for alarm in boto("cloudwatch").describe_alarms()["MetricAlarms"]}

    return read


def test_metrics_sums_counts_per_hour(sescli, put):
    put("Bounce", {1: 3, 2: 1})
    put("Bounce", {2: 4})
    put("Send", {1: 100})
    ran = sescli("events", "metrics", "--since", "6h", "--period", "1h", "-o", "json")
    assert ran.code == 0, ran.stderr
    bounces = [point for point in ran.json if point["metric"] == "Bounce"]
    assert [point["value"] for point in bounces] == [5, 3]
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    assert bounces[1] == {
        "timestamp": (hour - HOUR).isoformat().replace("+00:00", "Z"),
        "metric": "Bounce",
        "statistic": "Sum",
        "value": 3,
        "period_seconds": 3600,
        "dimensions": {},
    }


def test_metrics_averages_rates_and_shows_percentages(sescli, put):
    put("Reputation.BounceRate", {1: 0.021})
    ran = sescli("events", "metrics", "--metric", "bounce-rate", "--since", "3h", "--period", "1h")
    assert ran.code == 0, ran.stderr
    assert "2.10 %" in ran.stdout
    assert "Average" in ran.stdout
    (point,) = sescli(*words("x events metrics --metric bounce-rate -o json")).json
    assert point["value"] == pytest.approx(0.021)


def test_metrics_uses_config_set_as_dimension(sescli, put):
    put("Bounce", {1: 7}, configuration_set="news")
    put("Bounce", {1: 2}, configuration_set="other")
    ran = sescli("events", "metrics", "--config-set", "news", "--metric", "Bounce", "-o", "json")
    assert [point["value"] for point in ran.json] == [7]
    assert ran.json[0]["dimensions"] == {"ses:configuration-set": "news"}
    same = sescli("events", "metrics", "--dimension", "ses:configuration-set=news", "-o", "json")
    assert [point["value"] for point in same.json] == [7]


def test_metrics_shows_one_column_per_metric(sescli, put):
    put("Bounce", {1: 3})
    put("Send", {1: 100, 2: 50})
    lines = sescli("events", "metrics", "--since", "6h", "--period", "1h").stdout.splitlines()
    header = next(line for line in lines if line.startswith("TIME"))
    assert header.split() == ["TIME", "SEND", "BOUNCE"]
    assert [line.split()[1:] for line in lines[lines.index(header) + 1 :]] == [["50", "-"], ["100", "3"]]
    assert "█" not in "".join(lines)


@pytest.mark.parametrize("metrics", [["Bounce"], ["Bounce", "Send"]])
def test_plot_fits_terminal(put, metrics):
    put("Bounce", {1: 3, 5: 8})
    put("Send", {1: 100, 2: 50})
    options = [part for name in metrics for part in ("--metric", name)]
    ran = OnTerminal("events", "metrics", *options, columns=80, lines=50)
    assert ran.end() == 0
    assert "█" in ran.screen
    assert "UTC" in ran.screen
    assert max(len(line) for line in ran.screen.splitlines()) <= 80


def test_json_on_terminal_has_no_plot(sescli, put):
    put("Bounce", {1: 3})
    assert "█" not in sescli("events", "metrics", "-o", "json", tty=True).stdout
    assert "█" in sescli("events", "metrics", "--metric", "Bounce", tty=True).stdout


def test_metrics_without_data_explains_why_for_account(sescli, ses):
    ran = sescli("events", "metrics", "--metric", "Bounce", "--metric", "Open")
    assert ran.code == 0
    assert "Bounce: no data in this time range" in ran.stderr
    assert "Open: SES publishes it only through a CloudWatch event destination" in ran.stderr
    assert sescli("events", "metrics", "-o", "json").stdout == "[]\n"
    assert sescli("events", "metrics", "-o", "json").stderr == ""


def test_metrics_without_data_suggests_command_to_publish_it(sescli, boto):
    client = boto("sesv2")
    client.create_configuration_set(ConfigurationSetName="news")
    ran = sescli("events", "metrics", "--config-set", "news", "--metric", "Bounce")
    assert "no enabled CloudWatch destination of news publishes it" in ran.stderr
    command = ran.stderr.partition("Try: sescli ")[2].splitlines()[0]
    fixed = sescli(*shlex.split(command))
    assert fixed.code == 0, fixed.stderr
    (destination,) = client.get_configuration_set_event_destinations(ConfigurationSetName="news")[
        "EventDestinations"
    ]
    assert destination["MatchingEventTypes"] == ["BOUNCE"]
    again = sescli("events", "metrics", "--config-set", "news", "--metric", "Bounce")
    assert "no data in this time range" in again.stderr
    assert "Try:" not in again.stderr


def test_metrics_reports_disabled_destination(sescli, boto):
    client = boto("sesv2")
    client.create_configuration_set(ConfigurationSetName="news")
    dimension = {
        "DimensionName": "ses:configuration-set",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    client.create_configuration_set_event_destination(
        ConfigurationSetName="news",
        EventDestinationName="metrics",
        EventDestination={
            "Enabled": False,
            "MatchingEventTypes": ["BOUNCE"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )
    ran = sescli("events", "metrics", "--config-set", "news", "--metric", "Bounce")
    assert "no enabled CloudWatch destination of news" in ran.stderr


def test_metrics_without_data_suggests_reputation_metrics(sescli, boto):
    boto("sesv2").create_configuration_set(ConfigurationSetName="news")
    asked = ["events", "metrics", "--config-set", "news", "--metric", "complaint-rate"]
    ran = sescli(*asked)
    command = ran.stderr.partition("Try: sescli ")[2].splitlines()[0]
    assert command == "config-set reputation news --on"
    assert sescli(*shlex.split(command)).code == 0
    assert "Try:" not in sescli(*asked).stderr


def test_metrics_without_data_names_dimensions_with_data(sescli, put):
    put("Click", {1: 3}, campaign="spring")
    ran = sescli("events", "metrics", "--metric", "Click", "--dimension", "ses:campaign=autumn")
    assert "Click: CloudWatch has data for ses:campaign=spring." in ran.stderr


def test_metrics_of_missing_config_set_fails(sescli, ses):
    for style in ("table", "json"):
        ran = sescli("events", "metrics", "--config-set", "nope", "-o", style)
        assert ran.code == 5
        assert "configuration set nope not found in us-east-1" in ran.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--metric", "Bounces"],
        ["--statistic", "p99"],
        ["--metric", "bounce-rate", "--statistic", "sum"],
        ["--period", "90s"],
        ["--period", "0m"],
        ["--since", "16d", "--period", "1m"],
        ["--since", "64d", "--period", "5m"],
        ["--since", "456d"],
        ["--since", "1h", "--until", "2h"],
        ["--since", "2999-01-01"],
        ["--since", "yesterday"],
        ["--dimension", "campaign"],
        ["--dimension", ":x=1"],
        ["--dimension", "a=b\r\nc"],
        ["--dimension", "a= "],
        ["--dimension", "ä=b"],
        ["--dimension", f"a={'x' * 1025}"],
        ["--config-set", "a", "--dimension", "ses:configuration-set=b"],
        ["--config-set", ""],
    ],
)
def test_metrics_rejects_invalid_options(sescli, options):
    ran = sescli("events", "metrics", *options)
    assert ran.code == 2, ran.stderr
    assert "error: " in ran.stderr


@pytest.mark.parametrize(
    ("ago", "period"),
    [
        (HOUR, timedelta(minutes=1)),
        (timedelta(hours=5), timedelta(minutes=5)),
        (DAY, HOUR),
        (timedelta(days=14), timedelta(hours=6)),
        (timedelta(days=63), DAY),
        (timedelta(days=455), DAY),
    ],
)
def test_default_period_gives_at_most_60_points(ago, period):
    span = build_window(NOW - ago, NOW, None, now=NOW)
    assert span.period == period
    assert span.start <= NOW - ago < span.start + span.period
    assert span.start.timestamp() % span.period.total_seconds() == 0


def test_default_period_of_old_data_is_coarser():
    span = build_window(NOW - timedelta(days=70), NOW - timedelta(days=70) + HOUR, None, now=NOW)
    assert span.period == HOUR
    with pytest.raises(UsageError, match="multiple of 5 minutes"):
        build_window(NOW - timedelta(days=20), NOW, timedelta(minutes=1), now=NOW)


class Pages:
    """A gateway that returns these results of GetMetricData on several pages."""

    def __init__(self, *results):
        self.results = results

    def pages(self, service, operation, key, /, **params):
        assert (service, operation, key) == ("cloudwatch", "GetMetricData", "MetricDataResults")
        yield from self.results


def result(identifier, values, status="Complete", **more):
    times = [NOW - ago * HOUR for ago in values]
    return {
        "Id": identifier,
        "Timestamps": times,
        "Values": list(values.values()),
        "StatusCode": status,
        **more,
    }


def test_metric_over_several_pages_is_one_series():
    span = build_window(NOW - DAY, NOW, HOUR, now=NOW)
    pages = Pages(result("m0", {1: 5.0}, "PartialData"), result("m1", {}), result("m0", {3: 7.0}))
    send, bounce = data.read(pages, [parse_metric("send"), parse_metric("bounce")], span, {})
    assert [point.value for point in send.points] == [7.0, 5.0]
    assert bounce.points == ()


@pytest.mark.parametrize(("status", "kind"), [("Forbidden", AccessError), ("InternalError", RetryableError)])
def test_error_of_single_metric_is_raised(status, kind):
    span = build_window(NOW - DAY, NOW, HOUR, now=NOW)
    failed = result("m0", {}, status, Messages=[{"Code": status, "Value": "because"}], Label="Send")
    with pytest.raises(kind, match="Send: because"):
        data.read(Pages(failed), [parse_metric("send")], span, {})


def test_metrics_reports_denied_and_throttled_calls(sescli, refusing):
    refusing(
        GetMetricData=denied("GetMetricData"),
        DescribeAlarms=Refusal(400, "ThrottlingException", "Rate exceeded"),
    )
    assert sescli("events", "metrics").code == 4
    ran = sescli("events", "alarm", "list", "-o", "json")
    assert ran.code == 6
    assert ran.error["retryable"] is True


@pytest.mark.parametrize(
    ("preset", "metric", "statistic", "threshold", "missing"),
    [
        ("bounce-rate", "Reputation.BounceRate", "Average", 0.05, "ignore"),
        ("complaint-rate", "Reputation.ComplaintRate", "Average", 0.001, "ignore"),
        ("bounce-rate-pause", "Reputation.BounceRate", "Average", 0.1, "ignore"),
        ("complaint-rate-pause", "Reputation.ComplaintRate", "Average", 0.005, "ignore"),
        ("rejects", "Reject", "Sum", 1, "notBreaching"),
        ("rendering-failures", "RenderingFailure", "Sum", 1, "notBreaching"),
    ],
)
def test_alarm_presets_set_metric_and_threshold(
    sescli, boto, alarms, preset, metric, statistic, threshold, missing
):
    boto("sns").create_topic(Name="ses-alerts")
    ran = sescli("events", "alarm", "create", "a", "--preset", preset, "--notify", TOPIC, "-o", "json")
    assert ran.code == 0, ran.stderr
    found = alarms()["a"]
    assert (found["Namespace"], found["MetricName"]) == ("AWS/SES", metric)
    assert (found["Statistic"], found["Threshold"]) == (statistic, threshold)
    assert found["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert found["TreatMissingData"] == missing
    assert (found["Period"], found["EvaluationPeriods"]) == (3600, 1)
    assert found["AlarmActions"] == [TOPIC]
    assert found["AlarmDescription"]
    assert ran.json["threshold"] == threshold
    assert ran.json["treat_missing_data"] == missing


def test_alarm_on_count_with_all_options(sescli, ses, alarms):
    ran = sescli(
        *("events", "alarm", "create", "many bounces", "--metric", "bounce", "--statistic", "sum"),
        *("--threshold", "50", "--comparison", "gt", "--period", "15m", "--evaluation-periods", "3"),
        *("--config-set", "news", "--dimension", "campaign=spring", "--missing-data", "breaching"),
        *("--description", "fünfzig", "--notify", TOPIC, "--notify-ok"),
    )
    # the configuration set does not exist, so nothing could ever publish this
    assert ran.code == 5
    assert alarms() == {}
    sescli("config-set", "create", "news")
    ran = sescli(
        *("events", "alarm", "create", "many bounces", "--metric", "bounce", "--statistic", "sum"),
        *("--threshold", "50", "--comparison", "gt", "--period", "15m", "--evaluation-periods", "3"),
        *("--config-set", "news", "--dimension", "campaign=spring", "--missing-data", "breaching"),
        *("--description", "fünfzig", "--notify", TOPIC, "--notify-ok"),
    )
    assert ran.code == 0, ran.stderr
    assert "no enabled CloudWatch destination of news" in ran.stderr
    found = alarms()["many bounces"]
    assert found["MetricName"] == "Bounce"
    assert (found["Threshold"], found["ComparisonOperator"]) == (50, "GreaterThanThreshold")
    assert (found["Period"], found["EvaluationPeriods"]) == (900, 3)
    assert found["TreatMissingData"] == "breaching"
    assert found["OKActions"] == [TOPIC]
    assert found["AlarmDescription"] == "fünfzig"
    assert found["Dimensions"] == [
        {"Name": "ses:configuration-set", "Value": "news"},
        {"Name": "campaign", "Value": "spring"},
    ]


def test_alarm_threshold_in_percent_becomes_fraction(sescli, ses, alarms):
    sescli("events", "alarm", "create", "a", "--metric", "bounce-rate", "--threshold", "2.5%")
    assert alarms()["a"]["Threshold"] == 0.025


def test_alarm_warns_about_unreachable_rate_threshold(sescli, ses, alarms):
    ran = sescli("events", "alarm", "create", "a", "--metric", "bounce-rate", "--threshold", "5")
    assert ran.code == 0
    assert "never reaches 5: for 5%, give --threshold 0.05" in ran.stderr
    assert alarms()["a"]["Threshold"] == 5
    assert "never reached" not in sescli("events", "alarm", "create", "b", "--preset", "bounce-rate").stderr


def test_alarm_without_subscriber_prints_warning(sescli, ses, boto):
    create = ["events", "alarm", "create", "--preset", "bounce-rate"]
    assert "--notify" in sescli(*create, "a").stderr
    assert f"{TOPIC} does not exist" in sescli(*create, "b", "--notify", TOPIC).stderr
    boto("sns").create_topic(Name="ses-alerts")
    assert "has no confirmed subscription" in sescli(*create, "c", "--notify", TOPIC).stderr
    boto("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:q")
    assert sescli(*create, "d", "--notify", TOPIC).stderr.startswith("Next:")


def test_alarm_create_overwrites_only_with_replace(sescli, ses, alarms):
    sescli("events", "alarm", "create", "a", "--preset", "bounce-rate")
    again = sescli("events", "alarm", "create", "a", "--preset", "complaint-rate", "-o", "json")
    assert again.code == 1
    assert again.error["code"] == "AlreadyExists"
    assert "--replace" in again.error["hint"]
    assert alarms()["a"]["MetricName"] == "Reputation.BounceRate"
    assert sescli("events", "alarm", "create", "a", "--preset", "complaint-rate", "--replace").code == 0
    assert alarms()["a"]["MetricName"] == "Reputation.ComplaintRate"


def test_alarm_create_dry_run_creates_nothing(sescli, ses, alarms):
    ran = sescli("events", "alarm", "create", "a", "--preset", "bounce-rate", "--dry-run", "-o", "json")
    assert ran.code == 0
    (call,) = ran.json
    assert (call["service"], call["operation"]) == ("cloudwatch", "PutMetricAlarm")
    assert call["parameters"]["Threshold"] == 0.05
    assert alarms() == {}


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--metric", "Bounce"],
        ["--threshold", "5"],
        ["--preset", "bounces"],
        ["--preset", "bounce-rate", "--metric", "Bounce"],
        ["--metric", "Bounce", "--threshold", "5%"],
        ["--metric", "Bounce", "--threshold", "nan"],
        ["--metric", "Bounce", "--threshold", "-1"],
        ["--metric", "bounce-rate", "--threshold", "inf"],
        ["--preset", "bounce-rate", "--comparison", "about"],
        ["--preset", "bounce-rate", "--statistic", "Sum"],
        ["--preset", "bounce-rate", "--period", "30s"],
        ["--preset", "bounce-rate", "--period", "30m", "--evaluation-periods", "49"],
        ["--preset", "bounce-rate", "--period", "1d", "--evaluation-periods", "8"],
        ["--preset", "bounce-rate", "--missing-data", "forget"],
        ["--preset", "bounce-rate", "--notify", "ses-alerts"],
        ["--preset", "bounce-rate", "--notify", "arn:aws:sns:eu-west-1:123456789012:ses-alerts"],
        ["--preset", "bounce-rate", *["--notify", TOPIC] * 6],
        ["--preset", "bounce-rate", "--description", "a\x07"],
        ["--preset", "bounce-rate", "--description", "x" * 1025],
    ],
)
def test_alarm_create_rejects_invalid_options(sescli, monkeypatch, options):
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    ran = sescli("events", "alarm", "create", "a", *options)
    assert ran.code == 2, ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 256, "\x1b[31m"])
def test_alarm_create_rejects_invalid_name(sescli, monkeypatch, name):
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert sescli("events", "alarm", "create", name, "--preset", "bounce-rate").code == 2


def test_alarm_create_names_all_missing_options(sescli):
    stderr = sescli("events", "alarm", "create", "a", "--region", "us-east-1").stderr
    assert "missing: --metric (or --preset), --threshold" in stderr


def test_alarm_list_shows_only_ses_alarms_and_expressions(sescli, boto):
    client = boto("cloudwatch")
    common = {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 0.03,
        "AlarmActions": [TOPIC],
    }
    client.put_metric_alarm(
        AlarmName="cpu", Namespace="AWS/EC2", MetricName="CPU", Statistic="Sum", Period=60, **common
    )
    parts = [
        {
            "Id": identifier,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/SES", "MetricName": name},
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for identifier, name in (("b", "Bounce"), ("s", "Send"))
    ]
    client.put_metric_alarm(
        AlarmName="ratio", Metrics=[*parts, {"Id": "r", "Expression": "b/s", "ReturnData": True}], **common
    )
    sescli("events", "alarm", "create", "plain", "--preset", "bounce-rate")
    found = {alarm["name"]: alarm for alarm in sescli("events", "alarm", "list", "-o", "json").json}
    assert set(found) == {"ratio", "plain"}
    assert found["ratio"]["metric"] == "Bounce, Send"
    assert found["ratio"]["notify"] == [TOPIC]
    assert found["plain"]["threshold"] == 0.05
    assert found["plain"]["updated_at"].endswith("Z")
    table = sescli("events", "alarm", "list").stdout
    assert "Reputation.BounceRate Average >= 0.05 in 1h" in table
    assert "ses-alerts" in table


def test_alarm_list_filters_by_state(sescli, boto):
    for name in ("calm", "loud"):
        sescli("events", "alarm", "create", name, "--preset", "bounce-rate")
    boto("cloudwatch").set_alarm_state(AlarmName="loud", StateValue="ALARM", StateReason="tried")
    found = sescli("events", "alarm", "list", "--state", "alarm", "-o", "json").json
    assert [(alarm["name"], alarm["state"], alarm["reason"]) for alarm in found] == [
        ("loud", "ALARM", "tried")
    ]
    assert sescli("events", "alarm", "list", "--state", "bad").code == 2


def test_empty_alarm_list_says_so(sescli, ses):
    assert "No alarms on SES metrics in us-east-1" in sescli("events", "alarm", "list").stderr


def test_alarm_delete_asks_and_deletes(sescli, ses, alarms):
    sescli("events", "alarm", "create", "a", "--preset", "bounce-rate")
    refused = sescli("events", "alarm", "delete", "a")
    assert refused.code == 2
    assert "Reputation.BounceRate Average >= 0.05" in refused.stderr
    assert sescli("events", "alarm", "delete", "a", answers=[("Delete a?", False)]).code == 2
    assert sescli("events", "alarm", "delete", "a", "--dry-run", "-o", "json").json[0]["parameters"] == {
        "AlarmNames": ["a"]
    }
    assert set(alarms()) == {"a"}
    ran = sescli("events", "alarm", "delete", "a", "-o", "json", answers=[("Delete a?", True)])
    assert ran.json == {"name": "a", "deleted": True}
    assert alarms() == {}


def test_alarm_delete_refuses_other_services(sescli, boto, alarms):
    boto("cloudwatch").put_metric_alarm(
        AlarmName="cpu",
        Namespace="AWS/EC2",
        MetricName="CPU",
        Statistic="Sum",
        Period=60,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=1,
    )
    ran = sescli("events", "alarm", "delete", "cpu", "--yes")
    assert ran.code == 2
    assert "AWS/EC2" in ran.stderr
    missing = sescli("events", "alarm", "delete", "nope", "--yes", "-o", "json")
    assert missing.code == 5
    assert missing.error["hint"] == "sescli events alarm list"
    assert set(alarms()) == {"cpu"}


def test_alarm_list_sanitises_names(sescli, boto):
    boto("cloudwatch").put_metric_alarm(
        AlarmName="evil [bold]\u202ex",
        Namespace="AWS/SES",
        MetricName="Bounce\u009b31m",
        Statistic="Sum",
        Period=60,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=1,
    )
    ran = sescli("events", "alarm", "list")
    assert "evil [bold]" in ran.stdout
    assert not {"\x9b", "\u202e", "\x1b"} & set(ran.stdout)


@pytest.mark.parametrize("line", example_lines(app))
def test_events_help_examples_run(sescli, ses, line):
    sescli("config-set", "create", "news")
    sescli("events", "alarm", "create", "ses-bounces", "--preset", "bounce-rate")
    ran = sescli(*words(line))
    assert ran.code == 0, ran.stderr
