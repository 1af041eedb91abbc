"""The permissions that SES needs for a receipt rule: bucket, key and topic policies, and Lambda permissions.

The statements are from the SES developer guide, "Giving permissions to Amazon SES for email receiving", limited to
this account and this rule (`AWS:SourceAccount`, `AWS:SourceArn`).
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.aws.caller import UNKNOWN_ACCOUNT, account

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.aws.gateway import Gateway

_SERVICE = "ses.amazonaws.com"


@dataclass(frozen=True)
class RequiredPermission:
    """One permission. `kind` is bucket_policy, key_policy, topic_policy or lambda_permission.

    `policy` is the policy document for `resource`, or the statement for a key policy. Lambda has a command instead.
    """

    kind: str
    resource: str
    policy: dict[str, Any] | None = None
    command: str | None = None


def rule_arn(region: str, account_id: str, set_name: str, rule_name: str) -> str:
    """The ARN of a rule, for `AWS:SourceArn`."""
    return f"arn:aws:ses:{region}:{account_id}:receipt-rule-set/{set_name}:receipt-rule/{rule_name}"


def required_permissions(
    aws: Gateway, set_name: str, rule: Mapping[str, Any]
) -> tuple[RequiredPermission, ...]:
    """All permissions that a rule needs, each once."""
    if not any(action.keys() - {"StopAction", "AddHeaderAction"} for action in rule["Actions"]):
        return ()
    account_id = account(aws)
    source = rule_arn(aws.region, account_id, set_name, rule["Name"])
    found: dict[tuple[str, str], RequiredPermission] = {}
    for action in rule["Actions"]:
        [(kind, members)] = action.items()
        for access in _permissions_of(kind, members, account_id, source):
            found.setdefault((access.kind, access.resource), access)
    return tuple(found.values())


def _permissions_of(
    kind: str, members: Mapping[str, str], account_id: str, source: str
) -> Iterator[RequiredPermission]:
    if members.get("IamRoleArn"):
        return  # SES uses only the role for bucket, key and topic
    if kind == "S3Action":
        yield bucket_permission(members["BucketName"], account_id, source)
        key = members.get("KmsKeyArn", "")
        if key and not key.endswith(":alias/aws/ses"):
            yield _key_permission(key, account_id, source)
    if kind == "LambdaAction":
        yield lambda_permission(members["FunctionArn"], account_id, source)
    topic = members.get("TopicArn")
    if topic and topic.split(":")[4] != account_id != UNKNOWN_ACCOUNT:
        yield _topic_permission(topic, account_id, source)


def bucket_permission(bucket: str, account_id: str, source: str) -> RequiredPermission:
    """The permission to write to a bucket for one rule."""
    statement = _statement("AllowSESPuts", "s3:PutObject", f"arn:aws:s3:::{bucket}/*", account_id, source)
    return RequiredPermission("bucket_policy", bucket, _document(statement))


def lambda_permission(function: str, account_id: str, source: str) -> RequiredPermission:
    """The permission to invoke a function for one rule."""
    words = ["aws", "lambda", "add-permission", "--region", function.split(":")[3]]
    words += ["--function-name", function, "--statement-id", "GiveSESPermissionToInvokeFunction"]
    words += ["--action", "lambda:InvokeFunction", "--principal", _SERVICE]
    words += ["--source-account", account_id, "--source-arn", source]
    return RequiredPermission("lambda_permission", function, command=shlex.join(words))


def _key_permission(key: str, account_id: str, source: str) -> RequiredPermission:
    sid = "AllowSESToEncryptMessagesBelongingToThisAccount"
    return RequiredPermission(
        "key_policy", key, _statement(sid, "kms:GenerateDataKey*", "*", account_id, source)
    )


def _topic_permission(topic: str, account_id: str, source: str) -> RequiredPermission:
    return RequiredPermission(
        "topic_policy", topic, _document(_statement("AllowSES", "SNS:Publish", topic, account_id, source))
    )


def _document(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def _statement(sid: str, action: str, resource: str, account_id: str, source: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": _SERVICE},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": {"AWS:SourceAccount": account_id, "AWS:SourceArn": source}},
    }


_INTRODUCTIONS = {
    "bucket_policy": "To allow SES to write to the bucket {}, its bucket policy needs:",
    "key_policy": "To allow SES to use the key {}, its key policy needs this statement:",
    "topic_policy": "To allow SES to publish to {}, which another account owns, its access policy needs:",
    "lambda_permission": "To allow SES to invoke {}, run:",
}


def instructions(access: tuple[RequiredPermission, ...]) -> str:
    """How to grant the permissions, one paragraph each."""
    return "\n".join(_instruction(one) for one in access)


def _instruction(access: RequiredPermission) -> str:
    how = access.command or json.dumps(access.policy, indent=2)
    lines = [_INTRODUCTIONS[access.kind].format(access.resource), how]
    if access.kind == "bucket_policy":
        lines.append(
            f"Save it as policy.json and run: aws s3api put-bucket-policy --bucket {access.resource} "
            "--policy file://policy.json (this replaces an existing policy; in that case, add the statement to it)"
        )
    return "\n".join(lines)
