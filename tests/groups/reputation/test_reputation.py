"""`sescli reputation`: rates, the check for CI, pausing, dedicated IPs; boto3 reads the results back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from gatekeeper import Refusal, denied
from help_examples import example_lines, words
from pseudo_terminal import OnTerminal

from sescli.groups.reputation.commands.reputation import app

IP = "198.51.100.7"


@pytest.fixture
def rates(boto):
    """Publish the rates that SES computes, as fractions."""

    def publish(bounces, complaints, hours_ago=1):
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        boto("cloudwatch").put_metric_data(
            Namespace="AWS/SES",
            MetricData=[
                {"MetricName": "Reputation.BounceRate", "Value": bounces, "Timestamp": at},
                {"MetricName": "Reputation.ComplaintRate", "Value": complaints, "Timestamp": at},
            ],
        )

    return publish


class Points(Refusal):
    """GetSendStatistics of an account with bounces: in the emulator only the simulator bounces, which is not counted."""

    def __init__(self, attempts, bounces):
        super().__init__(200, "", "")
        self.attempts, self.bounces = attempts, bounces

    def body(self, *, xml):
        assert xml
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return (
            "<GetSendStatisticsResponse><GetSendStatisticsResult><SendDataPoints><member>"
            f"<Timestamp>{now}</Timestamp><DeliveryAttempts>{self.attempts}</DeliveryAttempts>"
            f"<Bounces>{self.bounces}</Bounces><Complaints>0</Complaints><Rejects>0</Rejects>"
            "</member></SendDataPoints></GetSendStatisticsResult></GetSendStatisticsResponse>"
        ).encode()


@pytest.fixture
def bounced(refusing):
    """A number of deliveries and a number of bounces."""
    return lambda good, bad, **also: refusing(GetSendStatistics=Points(good + bad, bad), **also)


def checks(ran):
    return {each["name"]: each for each in ran.json["checks"]}


def test_check_passes_and_shows_nothing_sent(sescli, ses):
    ran = sescli("reputation", "check")
    assert ran.code == 0
    assert "Reputation in us-east-1: check passed" in ran.stdout
    assert ran.stdout.count("nothing sent") == 2
    assert "at most 5%" in ran.stdout
    assert "at most 0.1%" in ran.stdout


@pytest.mark.parametrize(
    ("bounces", "complaints", "options", "code"),
    [
        (0.02, 0.0005, [], 0),
        (0.05, 0.001, [], 0),
        (0.0501, 0, [], 3),
        (0, 0.0011, [], 3),
        (0.03, 0, ["--max-bounce-rate", "2%"], 3),
        (0.03, 0, ["--max-bounce-rate", "0.03"], 0),
        (0.0, 0.004, ["--max-complaint-rate", "0.5%"], 0),
    ],
)
def test_check_compares_each_rate_with_its_limit(sescli, rates, bounces, complaints, options, code):
    rates(bounces, complaints)
    ran = sescli("reputation", "check", *options, "-o", "json")
    assert ran.code == code, ran.stderr
    assert ran.json["holds"] is (code == 0)
    assert checks(ran)["bounce_rate"]["value"] == pytest.approx(bounces)
    assert checks(ran)["bounce_rate"]["source"] == "cloudwatch"


def test_check_shows_each_figure_with_its_limit(sescli, rates):
    rates(0.061, 0.0002)
    ran = sescli("reputation", "check", "--min-quota", "500")
    assert ran.code == 3
    lines = {line.split("  ")[0]: line for line in ran.stdout.splitlines()}
    assert "6.1%" in lines["bounce rate"]
    assert "at most 5%" in lines["bounce rate"]
    assert " no " in lines["bounce rate"]
    assert "0.02%" in lines["complaint rate"]
    assert "1,000,000" in lines["remaining 24 hours"]
    assert "at least 500" in lines["remaining 24 hours"]


def test_check_uses_latest_rate(sescli, rates):
    rates(0.2, 0.2, hours_ago=30)
    rates(0.01, 0.0001, hours_ago=2)
    assert sescli("reputation", "check").code == 0


@pytest.mark.parametrize("text", ["5", "1", "7.5", "-1%", "101%", "five", "nan", "inf%", ""])
def test_check_rejects_rate_without_unit(sescli, ses, text):
    ran = sescli("reputation", "check", f"--max-bounce-rate={text}")
    assert ran.code == 2
    assert "--max-bounce-rate" in ran.stderr


def test_check_error_suggests_percentage_and_fraction(sescli, ses):
    stderr = sescli("reputation", "check", "--max-bounce-rate", "5").stderr
    assert "--max-bounce-rate 5% or --max-bounce-rate 0.05" in stderr


def test_check_compares_remaining_quota_with_minimum(sescli, ses):
    ses.control(quota=100)
    ran = sescli("reputation", "check", "--min-quota", "101", "-o", "json")
    assert ran.code == 3
    assert checks(ran)["remaining_24_hours"] == {
        "name": "remaining_24_hours",
        "value": 100,
        "limit": 101,
        "holds": False,
        "source": None,
    }
    assert sescli("reputation", "check", "--min-quota", "100").code == 0
    ses.control(quota=-1)
    unlimited = sescli("reputation", "check", "--min-quota", "100000000")
    assert unlimited.code == 0
    assert "no limit" in unlimited.stdout


def test_check_fails_when_sending_is_disabled_or_paused(sescli, ses, boto):
    boto("sesv2").put_account_sending_attributes(SendingEnabled=False)
    assert checks(sescli("reputation", "check", "-o", "json"))["sending"]["value"] == "DISABLED"
    boto("sesv2").put_account_sending_attributes(SendingEnabled=True)
    ses.control(enforcement="SHUTDOWN")
    ran = sescli("reputation", "check", "-o", "json")
    assert ran.code == 3
    assert checks(ran)["sending"] == {
        "name": "sending",
        "value": "SHUTDOWN",
        "limit": "ENABLED",
        "holds": False,
        "source": None,
    }


def test_check_uses_statistics_without_cloudwatch_rates(sescli, bounced):
    bounced(18, 2)
    ran = sescli("reputation", "check", "-o", "json")
    assert ran.code == 3
    assert checks(ran)["bounce_rate"]["value"] == pytest.approx(0.1)
    assert checks(ran)["bounce_rate"]["source"] == "statistics"
    assert checks(ran)["complaint_rate"]["value"] == 0


def test_check_uses_statistics_when_cloudwatch_is_denied(sescli, rates, bounced):
    rates(0.5, 0.5)
    door = denied("cloudwatch:GetMetricData")
    bounced(4, 0, GetMetricData=door)
    ran = sescli("reputation", "check", "-o", "json")
    assert door.given == 1
    assert ran.code == 0, ran.stderr
    assert checks(ran)["bounce_rate"]["value"] == 0


def test_check_without_permission_fails(sescli, refusing):
    refusing(GetSendStatistics=denied("GetSendStatistics"))
    assert sescli("reputation", "check").code == 4


def test_throttled_check_is_retryable(sescli, refusing):
    refusing(**{"GET /v2/email/account": Refusal(429, "TooManyRequestsException", "Rate exceeded")})
    ran = sescli("reputation", "check", "-o", "json")
    assert ran.code == 6
    assert ran.error["retryable"] is True


@pytest.mark.parametrize(
    ("bounces", "complaints", "verdicts"),
    [
        (0.01, 0.0001, ["ok", "ok"]),
        (0.05, 0.001, ["review", "review"]),
        (0.1, 0.005, ["pause", "pause"]),
        (0.0999, 0.0049, ["review", "review"]),
    ],
)
def test_show_compares_rates_with_aws_thresholds(sescli, rates, bounces, complaints, verdicts):
    rates(bounces, complaints)
    found = sescli("reputation", "show", "-o", "json").json
    assert [rate["verdict"] for rate in found["rates"]] == verdicts
    assert [(rate["review_at"], rate["pause_at"]) for rate in found["rates"]] == [(0.05, 0.1), (0.001, 0.005)]
    assert found["rates"][0]["measured_at"].endswith("Z")


def test_show_prints_rates_attempts_and_next_command(sescli, bounced):
    bounced(9, 1)
    ran = sescli("reputation", "show")
    assert ran.code == 0
    assert "10.00 %" in ran.stdout
    assert "attempts, 14 days  10\n" in ran.stdout
    assert "pause" in ran.stdout
    assert "Next: sescli reputation stats" in ran.stderr


def test_show_on_terminal_draws_sparkline_of_14_days(bounced):
    bounced(9, 1)
    ran = OnTerminal("reputation", "show")
    assert ran.end() == 0
    assert "10  ▁▁▁▁▁▁▁▁▁▁▁▁▁█" in ran.screen
    assert max(len(line) for line in ran.screen.splitlines()) <= 80


def test_disabling_sending_asks_and_enabling_does_not(sescli, ses, boto):
    def enabled():
        return boto("sesv2").get_account()["SendingEnabled"]

    refused = sescli("reputation", "sending", "--off")
    assert refused.code == 2
    assert "--yes" in refused.stderr
    assert (
        sescli("reputation", "sending", "--off", answers=[("All email from us-east-1 stops", False)]).code
        == 2
    )
    assert enabled()
    planned = sescli("reputation", "sending", "--off", "--dry-run", "-o", "json").json
    assert planned[0]["parameters"] == {"SendingEnabled": False}
    assert enabled()
    ran = sescli("reputation", "sending", "--off", "-o", "json", answers=[("Disable sending?", True)])
    assert ran.json == {"sending_enabled": False}
    assert not enabled()
    assert sescli("reputation", "sending", "--on").code == 0
    assert enabled()


def test_sending_requires_on_or_off(sescli, ses):
    ran = sescli("reputation", "sending", "--yes")
    assert ran.code == 2
    assert "--on or --off" in ran.stderr


def test_enabling_sending_fails_when_aws_paused_it(sescli, ses):
    ses.control(enforcement="SHUTDOWN")
    ran = sescli("reputation", "sending", "--on", "-o", "json")
    assert ran.code == 1
    assert ran.error["code"] == "AccountShutdown"
    assert "Support Center" in ran.error["hint"]


def test_write_without_region_fails(sescli, ses, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    for words_ in (["sending", "--on"], ["ip-pool", "create", "p"], ["ip", "warm-up", "--auto"]):
        ran = sescli("reputation", *words_)
        assert ran.code == 2
        assert "no region" in ran.stderr
    assert sescli("reputation", "check").code == 0


def test_pool_is_created_listed_shown_and_deleted(sescli, ses, boto):
    client = boto("sesv2")
    made = sescli("reputation", "ip-pool", "create", "my-ip-pool", "--tag", "team=news")
    assert made.code == 0
    assert "request IPs from AWS Support" in made.stderr
    assert client.get_dedicated_ip_pool(PoolName="my-ip-pool")["DedicatedIpPool"]["ScalingMode"] == "STANDARD"
    arn = "arn:aws:ses:us-east-1:123456789012:dedicated-ip-pool/my-ip-pool"
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "news"}]
    sescli("reputation", "ip-pool", "create", "ours", "--scaling", "managed")
    ses.control(dedicated_ip=IP)
    ses.control(dedicated_ip="198.51.100.8")
    assert sescli("reputation", "ip", "move", IP, "my-ip-pool").code == 0
    assert client.get_dedicated_ip(Ip=IP)["DedicatedIp"]["PoolName"] == "my-ip-pool"
    assert sescli("reputation", "ip-pool", "list", "-o", "json").json == [
        {"name": "ses-default-dedicated-pool", "scaling_mode": "STANDARD", "ips": 1},
        {"name": "my-ip-pool", "scaling_mode": "STANDARD", "ips": 1},
        {"name": "ours", "scaling_mode": "MANAGED", "ips": 0},
    ]
    shown = sescli("reputation", "ip-pool", "show", "my-ip-pool", "-o", "json").json
    assert [each["ip"] for each in shown["ips"]] == [IP]
    assert (
        sescli("reputation", "ip-pool", "delete", "my-ip-pool", answers=[("with 1 IP in it", True)]).code == 0
    )
    assert client.list_dedicated_ip_pools()["DedicatedIpPools"] == ["ours"]


def test_existing_and_missing_pools_are_reported(sescli, ses):
    sescli("reputation", "ip-pool", "create", "p")
    again = sescli("reputation", "ip-pool", "create", "p", "-o", "json")
    assert again.code == 1
    assert again.error["code"] == "AlreadyExistsException"
    for verb in (["show"], ["delete", "--yes"], ["scale", "--yes"]):
        ran = sescli("reputation", "ip-pool", verb[0], "nope", *verb[1:], "-o", "json")
        assert ran.code == 5
        assert ran.error["hint"] == "sescli reputation ip-pool list"
    assert sescli("reputation", "ip", "list", "--pool", "nope").code == 5


@pytest.mark.parametrize(
    "name", ["", "a b", "a\nb", "x" * 65, "ses-shared-pool", "ses-default-dedicated-pool", "ü"]
)
def test_create_pool_rejects_invalid_name(sescli, ses, boto, name):
    assert sescli("reputation", "ip-pool", "create", name).code == 2
    assert boto("sesv2").list_dedicated_ip_pools()["DedicatedIpPools"] == []


def test_create_pool_rejects_invalid_scaling_mode(sescli, ses):
    assert sescli("reputation", "ip-pool", "create", "p", "--scaling", "elastic").code == 2


def test_managed_pool_cannot_become_standard(sescli, ses, boto):
    sescli("reputation", "ip-pool", "create", "p")
    ses.control(dedicated_ip=IP)
    sescli("reputation", "ip", "move", IP, "p")
    off_terminal = sescli("reputation", "ip-pool", "scale", "p")
    assert off_terminal.code == 2
    assert "cannot become a standard pool again" in off_terminal.stderr
    assert sescli("reputation", "ip-pool", "scale", "p", "--yes").code == 0
    assert boto("sesv2").get_dedicated_ip_pool(PoolName="p")["DedicatedIpPool"]["ScalingMode"] == "MANAGED"
    back = sescli("reputation", "ip-pool", "scale", "p", "--scaling", "standard", "--yes", "-o", "json")
    assert back.code == 2
    assert back.error["code"] == "ManagedPool"
    (ip,) = sescli("reputation", "ip", "list", "-o", "json").json
    assert ip == {"ip": IP, "pool": "p", "warm_up_status": "NOT_APPLICABLE", "warm_up_percent": None}
    warm = sescli("reputation", "ip", "warm-up", IP, "--percent", "50", "-o", "json")
    assert warm.code == 2
    assert warm.error["code"] == "ManagedPool"


def test_delete_pool_in_use_fails_and_names_config_sets(sescli, ses, boto):
    client = boto("sesv2")
    sescli("reputation", "ip-pool", "create", "p")
    client.create_configuration_set(
        ConfigurationSetName="news", DeliveryOptions={"SendingPoolName": "p", "TlsPolicy": "OPTIONAL"}
    )
    client.create_configuration_set(ConfigurationSetName="other")
    ran = sescli("reputation", "ip-pool", "delete", "p", "--yes", "-o", "json")
    assert ran.code == 1
    assert ran.error["code"] == "InUse"
    assert ran.error["message"].endswith("in use by configuration sets: news")
    assert client.list_dedicated_ip_pools()["DedicatedIpPools"] == ["p"]
    assert sescli("reputation", "ip-pool", "delete", "p", "--yes", "--no-check").code == 0
    assert client.list_dedicated_ip_pools()["DedicatedIpPools"] == []


def test_delete_pool_asks_and_fails_when_check_is_denied(sescli, ses, boto, refusing):
    sescli("reputation", "ip-pool", "create", "p")
    assert sescli("reputation", "ip-pool", "delete", "p").code == 2
    assert sescli("reputation", "ip-pool", "delete", "p", answers=[("Delete p?", False)]).code == 2
    refusing(**{"POST /v2/email/list-configuration-sets": denied("ListConfigurationSets")})
    ran = sescli("reputation", "ip-pool", "delete", "p", "--yes", "-o", "json")
    assert ran.code == 4
    assert "--no-check" in ran.error["hint"]
    assert boto("sesv2").list_dedicated_ip_pools()["DedicatedIpPools"] == ["p"]


def test_warm_up_sets_percentage_and_automatic_mode(sescli, ses, boto):
    client = boto("sesv2")
    assert sescli("reputation", "ip", "warm-up", "--auto", "-o", "json").json == {"auto_warm_up": True}
    assert client.get_account()["DedicatedIpAutoWarmupEnabled"] is True
    ses.control(dedicated_ip=IP)
    assert sescli("reputation", "ip", "warm-up", IP, "-o", "json").json["warm_up_percent"] == 1
    planned = sescli("reputation", "ip", "warm-up", IP, "--percent", "40", "--dry-run", "-o", "json").json
    assert planned[0]["parameters"] == {"Ip": IP, "WarmupPercentage": 40}
    assert sescli("reputation", "ip", "warm-up", IP, "--percent", "40").code == 0
    assert client.get_dedicated_ip(Ip=IP)["DedicatedIp"]["WarmupPercentage"] == 40
    assert client.get_dedicated_ip(Ip=IP)["DedicatedIp"]["WarmupStatus"] == "IN_PROGRESS"
    sescli("reputation", "ip", "warm-up", IP, "--percent", "100")
    assert client.get_dedicated_ip(Ip=IP)["DedicatedIp"]["WarmupStatus"] == "DONE"
    assert sescli("reputation", "ip", "warm-up", "--no-auto").code == 0
    assert client.get_account()["DedicatedIpAutoWarmupEnabled"] is False
    assert sescli("reputation", "ip", "warm-up", "-o", "json").json == {"auto_warm_up": False}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["warm-up", IP, "--percent", "101"], 2),
        (["warm-up", IP, "--percent", "-1"], 2),
        (["warm-up", "not-an-ip", "--percent", "1"], 2),
        (["warm-up", "2001:db8::1", "--percent", "1"], 2),
        (["warm-up", IP, "--auto"], 2),
        (["warm-up", "--percent", "5"], 2),
        (["warm-up", "203.0.113.9", "--percent", "5"], 5),
        (["move", "203.0.113.9", "p"], 5),
        (["move", IP, "nope"], 5),
    ],
)
def test_ip_commands_reject_invalid_arguments(sescli, ses, arguments, code):
    ses.control(dedicated_ip=IP)
    assert sescli("reputation", "ip", *arguments).code == code


def test_list_ips_reads_all_pages(sescli, ses):
    for number in range(101):
        ses.control(dedicated_ip=f"203.0.113.{number}")
    assert len(sescli("reputation", "ip", "list", "-o", "json").json) == 101


def test_empty_lists_say_so(sescli, ses):
    assert "shared IPs" in sescli("reputation", "ip-pool", "list").stderr
    assert sescli("reputation", "ip", "list", "-o", "json").json == []


@pytest.mark.parametrize("line", example_lines(app))
def test_reputation_help_examples_run(sescli, ses, boto, line):
    ses.control(dedicated_ip=IP)
    made = {"show", "scale", "delete", "list", "move"}
    if made & set(words(line)):
        boto("sesv2").create_dedicated_ip_pool(PoolName="my-ip-pool")
    ran = sescli(*words(line))
    assert ran.code == 0, ran.stderr


def test_stats_fit_80_columns(bounced):
    bounced(98_765, 1_234)
    ran = OnTerminal("reputation", "stats")
    assert ran.end() == 0
    header = next(line for line in ran.screen.splitlines() if "attempts" in line)
    assert header.split() == [
        "start",
        "(UTC)",
        "attempts",
        "bounces",
        "bounce",
        "%",
        "complaints",
        "complaint",
        "%",
        "rejects",
    ]
