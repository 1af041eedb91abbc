"""The world in which the examples of the help are run: what they name is there."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from repository import ROOT

from sescli.emulator.client import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from name_server import NameServer

_EXAMPLES = ROOT / "examples"
_KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}


WORLDS = ("furnished", "without runs", "empty")


def furnish(
    endpoint_url: str, state: Path, sescli: Callable[..., Any], world: str, dns: NameServer, group: str = ""
) -> None:
    """Empty the server at `endpoint_url`, DNS, and the journals in `state`, then fill them as the world has it.

    S3 and IAM take longer than all else together, so only the groups of commands that use them find something there.
    """
    inbox = Inbox(endpoint_url)
    inbox.reset()
    dns.clear()
    shutil.rmtree(state / "runs", ignore_errors=True)
    if world == "empty":
        return
    sesv2 = _client("sesv2", endpoint_url)
    for name in ("example.com", "jane@example.com", "john@example.com"):
        sesv2.create_email_identity(EmailIdentity=name)
    arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    tags = [{"Key": "team", "Value": "shop"}, {"Key": "stage", "Value": "production"}]
    sesv2.tag_resource(ResourceArn=arn, Tags=tags)
    _published(sesv2, dns)
    policy = (_EXAMPLES / "identity" / "sending-policy.json").read_text("utf-8")
    sesv2.create_email_identity_policy(EmailIdentity="example.com", PolicyName="partner", Policy=policy)
    _templates(sesv2)
    _sets_and_lists(sesv2)
    inbox.control(dedicated_ip="198.51.100.7")
    _receiving(_client("ses", endpoint_url))
    if group in {"receipt", "suppression"}:
        _received_mail(_client("s3", endpoint_url))
    if group == "smtp":
        _smtp_user(_client("iam", endpoint_url))
    _alarm(_client("cloudwatch", endpoint_url))
    _client("route53", endpoint_url).create_hosted_zone(Name="example.com", CallerReference="world")
    sesv2.put_suppressed_destination(EmailAddress="jane@example.com", Reason="COMPLAINT")
    assert sescli("template", "create", "--file", "examples/templates/welcome").code == 0
    if world == "furnished":
        _a_mail_and_a_run(sescli)


def snapshot(endpoint_url: str, folders: Sequence[Path]) -> dict[str, Any]:
    """All that a command can change: what the emulator stores, and the files in these folders."""
    sesv2, ses = _client("sesv2", endpoint_url), _client("ses", endpoint_url)
    seen = {
        "account": sesv2.get_account(),
        "suppressed": sesv2.list_suppressed_destinations(),
        "import jobs": sesv2.list_import_jobs(),
        "pools": sesv2.list_dedicated_ip_pools(),
        "ips": sesv2.get_dedicated_ips(),
        "rule sets": ses.list_receipt_rule_sets(),
        "active rules": ses.describe_active_receipt_rule_set(),
        "filters": ses.list_receipt_filters(),
        "buckets": _client("s3", endpoint_url).list_buckets(),
        "alarms": _client("cloudwatch", endpoint_url).describe_alarms(),
        "users": _client("iam", endpoint_url).get_account_authorization_details(Filter=["User"]),
        "newest mail": [mail.id for mail in Inbox(endpoint_url).messages(1)],
        "files": sorted(_files(folders)),
    }
    route53 = _client("route53", endpoint_url)
    for zone in route53.list_hosted_zones()["HostedZones"]:
        seen[f"zone {zone['Id']}"] = route53.list_resource_record_sets(HostedZoneId=zone["Id"])
    for identity in sesv2.list_email_identities()["EmailIdentities"]:
        name = identity["IdentityName"]
        seen[f"identity {name}"] = sesv2.get_email_identity(EmailIdentity=name)
        seen[f"topics {name}"] = ses.get_identity_notification_attributes(Identities=[name])
    for template in sesv2.list_email_templates()["TemplatesMetadata"]:
        name = template["TemplateName"]
        seen[f"template {name}"] = sesv2.get_email_template(TemplateName=name)
    for name in sesv2.list_configuration_sets()["ConfigurationSets"]:
        seen[f"set {name}"] = sesv2.get_configuration_set(ConfigurationSetName=name)
        seen[f"destinations {name}"] = sesv2.get_configuration_set_event_destinations(
            ConfigurationSetName=name
        )
    return {name: _without_metadata(value) for name, value in seen.items()}


def _without_metadata(value: Any) -> Any:
    return (
        {key: part for key, part in value.items() if key != "ResponseMetadata"}
        if isinstance(value, dict)
        else value
    )


def _files(folders: Sequence[Path]) -> Iterator[tuple[str, int, float]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.startswith((".", "local")):
                yield str(path), path.stat().st_size, path.stat().st_mtime


@functools.cache
def _client(service: str, endpoint_url: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint_url, **_KEYS)


def _published(sesv2: Any, dns: NameServer) -> None:
    """example.com has its DNS records, for sending and for receiving."""
    dns.serve_zone("example.com", "ns1.example.com")
    for token in sesv2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]:
        dns.publish(f"{token}._domainkey.example.com", "CNAME", f"{token}.dkim.amazonses.com.")
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=none; rua=mailto:dmarc@example.com"')
    dns.publish("example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")


def _sets_and_lists(sesv2: Any) -> None:
    for name in ("my-config-set", "old-set", "news"):
        sesv2.create_configuration_set(ConfigurationSetName=name)
    sesv2.create_configuration_set_event_destination(
        ConfigurationSetName="my-config-set",
        EventDestinationName="alerts",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE"],
            "SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:ses-events"},
        },
    )
    sesv2.create_contact_list(ContactListName="news", Topics=[])
    sesv2.create_dedicated_ip_pool(PoolName="my-ip-pool", ScalingMode="STANDARD")


def _receiving(ses: Any) -> None:
    ses.create_receipt_rule_set(RuleSetName="my-rule-set")
    for name in ("SaveToS3", "ProcessWithLambda"):
        rule = {
            "Name": name,
            "Enabled": True,
            "Recipients": ["example.com"],
            "Actions": [{"StopAction": {"Scope": "RuleSet"}}],
        }
        ses.create_receipt_rule(RuleSetName="my-rule-set", Rule=rule)
    ses.set_active_receipt_rule_set(RuleSetName="my-rule-set")
    ses.create_receipt_filter(
        Filter={"Name": "spammer", "IpFilter": {"Policy": "Block", "Cidr": "192.0.2.0/24"}}
    )


def _alarm(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName="ses-bounces",
        Namespace="AWS/SES",
        MetricName="Reputation.BounceRate",
        Statistic="Average",
        Threshold=0.05,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        EvaluationPeriods=1,
        Period=3600,
    )


def _received_mail(s3: Any) -> None:
    """moto's S3 is imported at its first call (0.3 s); the bucket outlives a world but not a reset."""
    s3.create_bucket(Bucket="my-email-bucket")
    mail = (_EXAMPLES / "mail" / "invoice.eml").read_bytes()
    s3.put_object(Bucket="my-email-bucket", Key="emails/o3vrnil0e2ic28tr", Body=mail)


def _smtp_user(iam: Any) -> None:
    iam.create_user(UserName="ses-smtp-shop", Path="/sescli/smtp/")
    iam.create_access_key(UserName="ses-smtp-shop")


def _templates(sesv2: Any) -> None:
    content = json.loads((_EXAMPLES / "templates" / "order-confirmation.json").read_text("utf-8"))
    template = content.get("Template", content)
    sesv2.create_email_template(
        TemplateName="hello", TemplateContent={"Subject": "Hello {{name}}", "Text": "Hello {{name}}."}
    )
    sesv2.create_email_template(
        TemplateName=template["TemplateName"],
        TemplateContent={
            "Subject": template["SubjectPart"],
            "Text": template["TextPart"],
            "Html": template["HtmlPart"],
        },
    )


def _a_mail_and_a_run(sescli: Callable[..., Any]) -> None:
    for arguments in (
        [
            "send",
            "email",
            "--from",
            "hello@example.com",
            "--to",
            "john@example.com",
            "--subject",
            "x",
            "--text",
            "x",
        ],
        ["bulk", "run", "examples/bulk/order-confirmation.yaml", "--yes"],
    ):
        ran = sescli(*arguments)
        assert ran.code == 0, ran.stderr
