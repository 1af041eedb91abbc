"""CloudFormation: a template with the record sets. The hosted zone is a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.dns.formats.grouping import presented, record_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record


def render(records: Sequence[Record], zone: str) -> str:  # noqa: ARG001 - the hosted zone parameter determines it
    """Render a YAML template with one AWS::Route53::RecordSet for each record set."""
    import yaml

    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "DNS records for Amazon SES",
        "Parameters": {
            "HostedZoneId": {
                "Type": "AWS::Route53::HostedZone::Id",
                "Description": "The Route 53 hosted zone for the records",
            }
        },
        "Resources": _resources(records),
    }
    text: str = yaml.safe_dump(template, sort_keys=False, width=1_000_000, allow_unicode=False)
    return text


def _resources(records: Sequence[Record]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for group in record_sets(records):
        found[_logical_id(group[0], found)] = {
            "Type": "AWS::Route53::RecordSet",
            "Properties": _properties(group),
        }
    return found


def _properties(group: Sequence[Record]) -> dict[str, Any]:
    first = group[0]
    return {
        "HostedZoneId": {"Ref": "HostedZoneId"},
        "Name": f"{first.name}.",
        "Type": first.type,
        "TTL": str(first.ttl),
        "ResourceRecords": [presented(record) for record in group],
    }


def _logical_id(record: Record, taken: dict[str, Any]) -> str:
    """A logical ID of letters and digits: `Dkim1`, `MailFromMx1`."""
    stem = "".join(part.capitalize() for part in record.purpose.split("_"))
    return f"{stem}{sum(name.rstrip('0123456789') == stem for name in taken) + 1}"
