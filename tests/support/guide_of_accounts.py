"""Checks of the guide's map: reputation, SMTP, events."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import boto3
from guide_checks import SECRET_KEY, SET, of

from sescli.groups.smtp.service.password import derive_password

if TYPE_CHECKING:
    from guide_checks import Seen


# --- reputation ---


@of(1228, 1625)
def what_was_sent_is_counted(seen: Seen) -> None:
    points = seen.v1.get_send_statistics()["SendDataPoints"]
    attempts, bounces = (sum(point[name] for point in points) for name in ("DeliveryAttempts", "Bounces"))
    assert attempts
    assert re.search(rf"\b{attempts} +{bounces}\b", seen.said)


@of(1268, 1624)
def the_quota_is_told(seen: Seen) -> None:
    quota = seen.v2.get_account()["SendQuota"]
    assert quota["SentLast24Hours"]
    assert f"{quota['Max24HourSend']:,.0f}" in seen.said
    assert re.search(rf"sent in the last 24 hours +{quota['SentLast24Hours']:.0f}\b", seen.said)


@of(1295)
def production_is_asked_for(seen: Seen) -> None:
    account = seen.v2.get_account()
    assert account["Details"]["WebsiteURL"] == "https://example.com"
    assert account["Details"]["MailType"] == "TRANSACTIONAL"
    assert account["ProductionAccessEnabled"]


@of(1317)
def the_pool_is_there(seen: Seen) -> None:
    found = seen.v2.get_dedicated_ip_pool(PoolName="my-ip-pool")["DedicatedIpPool"]
    assert found["ScalingMode"] == "STANDARD"


# --- SMTP ---


def policies(seen: Seen, user: str) -> str:
    iam = seen.boto("iam")
    names = iam.list_user_policies(UserName=user)["PolicyNames"]
    found = [iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"] for name in names]
    assert found
    return json.dumps(found)


@of(1339)
def the_user_may_send_and_nothing_else(seen: Seen) -> None:
    assert re.findall(r"\w+:\w+", policies(seen, "ses-smtp-user")) == ["ses:SendRawEmail"]
    (key,) = seen.boto("iam").list_access_keys(UserName="ses-smtp-user")["AccessKeyMetadata"]
    assert key["AccessKeyId"] in seen.said


@of(1342)
def the_user_may_send_from_one_address(seen: Seen) -> None:
    assert "ses:FromAddress" in policies(seen, "ses-smtp-noreply")
    assert "noreply@example.com" in policies(seen, "ses-smtp-noreply")


@of(1347)
def the_user_has_a_second_key(seen: Seen) -> None:
    keys = seen.boto("iam").list_access_keys(UserName="ses-smtp-user")["AccessKeyMetadata"]
    assert [key["Status"] for key in keys] == ["Active", "Active"]


@of(1366)
def the_password_is_derived(seen: Seen) -> None:
    """Nothing reaches AWS; the derivation itself is held against published vectors in tests/smtp."""
    assert derive_password(SECRET_KEY, "us-east-1") in seen.said


@of(1368)
def the_endpoints_are_told(seen: Seen) -> None:
    told = set(re.findall(r"\bemail-smtp\.([a-z0-9-]+)\.amazonaws\.com", seen.said))
    session = boto3.session.Session()
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ses", partition)
    }
    assert len(told & known) > 25
    assert told <= known


@of(1377)
def the_server_let_it_in(seen: Seen) -> None:
    """No part of AWS answers SMTP here: the server's own book says who logged in."""
    assert len(seen.logins) == 1
    assert seen.logins[0][0] in seen.said


# --- events ---


@of(1428)
def the_bounces_are_counted(seen: Seen) -> None:
    (metric,) = seen.boto("cloudwatch").list_metrics(Namespace="AWS/SES", MetricName="Bounce")["Metrics"]
    assert metric["Dimensions"] == [{"Name": "ses:configuration-set", "Value": SET}]
    assert re.search(r"\b7\b", seen.said)


@of(1447)
def the_alarm_is_on_the_rate(seen: Seen) -> None:
    found = seen.boto("cloudwatch").describe_alarms(AlarmNames=["high-bounce-rate"])["MetricAlarms"]
    (alarm,) = found
    assert (alarm["MetricName"], alarm["Threshold"]) == ("Reputation.BounceRate", 0.05)
    assert alarm["AlarmActions"] == ["arn:aws:sns:us-east-1:123456789012:ses-alerts"]
