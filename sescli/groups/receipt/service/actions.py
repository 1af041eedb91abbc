"""The actions of a receipt rule, checked member by member, because botocore checks neither enums nor patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sescli.errors import UsageError
from sescli.mail.addresses import parse_address
from sescli.mail.controls import refuse_controls

# Per rule.
MOST_ACTIONS = 10

# A check takes the value, its path in the rule, and the region of the rule. It returns the value for the API.
MemberCheck = Callable[[str, str, str], str]

_ARN = re.compile(r"arn:aws[\w-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12}|aws)?:([!-~]+)")
_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+\Z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,50}")
_REPLY_CODE = re.compile(r"[45]\d\d")
_STATUS_CODE = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
_ROLE = re.compile(r"arn:[\w-]+:iam::\d+:role/([!-~]+/)?[\w+=,.@-]+")
_CONNECT = re.compile(r"arn:(aws|aws-us-gov):connect:[a-z]{2}-[a-z]+-\d:\d{1,20}:instance/[a-f0-9-]{36}")
_LONGEST_HEADER_VALUE = 2048
_LONGEST_KEY = 1024
_LONGEST_ROLE = 2048


def _pattern(pattern: re.Pattern[str], form: str) -> MemberCheck:
    def check(value: str, where: str, _region: str) -> str:
        if not pattern.fullmatch(value):
            raise UsageError(f"{where}: {value!r} is not valid", hint=f"use {form}", code="InvalidValue")
        return value

    return check


def _one_of(*choices: str) -> MemberCheck:
    known = {choice.casefold().replace("-", ""): choice for choice in choices}

    def check(value: str, where: str, _region: str) -> str:
        choice = known.get(value.casefold().replace("-", ""))
        if choice is None:
            raise UsageError(
                f"{where}: {value!r} is not valid", hint=f"use {' or '.join(choices)}", code="InvalidValue"
            )
        return choice

    return check


def _arn(service: str, *, same_region: bool = True) -> MemberCheck:
    def check(value: str, where: str, region: str) -> str:
        found = _ARN.fullmatch(value)
        if not found or found[1] != service:
            form = f"arn:aws:{service}:{region}:123456789012:…"
            raise UsageError(
                f"{where}: {value!r} is not an ARN of {service}",
                hint=f"the format is {form}",
                code="InvalidArn",
            )
        if same_region and found[2] != region:
            raise UsageError(
                f"{where}: {value!r} is in {found[2] or 'no region'}, but the rule is in {region}",
                hint=f"use an ARN in {region}, or --region {found[2]}",
                code="OtherRegion",
            )
        return value

    return check


def _text(longest: int) -> MemberCheck:
    def check(value: str, where: str, _region: str) -> str:
        refuse_controls(value, where)
        if not 1 <= len(value) <= longest:
            raise UsageError(
                f"{where} has {len(value):,} characters",
                hint=f"use 1 to {longest:,} characters",
                code="InvalidValue",
            )
        return value

    return check


def _address(value: str, where: str, _region: str) -> str:
    refuse_controls(value, where)
    address = parse_address(value)
    return f"{address.local}@{address.domain.lower()}"


def _role(value: str, where: str, region: str) -> str:
    if len(value) > _LONGEST_ROLE:
        raise UsageError(
            f"{where} has {len(value):,} characters",
            hint=f"use at most {_LONGEST_ROLE:,} characters",
            code="InvalidValue",
        )
    return _pattern(_ROLE, "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/NAME")(
        value, where, region
    )


@dataclass(frozen=True)
class ActionKind:
    """A kind of action: its short name, its members with their checks, and the required members."""

    type: str
    members: Mapping[str, MemberCheck]
    required: tuple[str, ...]


_TOPIC = _arn("sns")
KINDS: Mapping[str, ActionKind] = {
    "S3Action": ActionKind(
        "s3",
        {
            "BucketName": _pattern(_BUCKET, "a bucket name: 3 to 63 characters of a-z, 0-9, '-' and '.'"),
            "ObjectKeyPrefix": _text(_LONGEST_KEY),
            "KmsKeyArn": _arn("kms"),
            "IamRoleArn": _role,
            "TopicArn": _TOPIC,
        },
        ("BucketName",),
    ),
    "LambdaAction": ActionKind(
        "lambda",
        {
            "FunctionArn": _arn("lambda"),
            "InvocationType": _one_of("Event", "RequestResponse"),
            "TopicArn": _TOPIC,
        },
        ("FunctionArn",),
    ),
    "SNSAction": ActionKind(
        "sns", {"TopicArn": _TOPIC, "Encoding": _one_of("UTF-8", "Base64")}, ("TopicArn",)
    ),
    "BounceAction": ActionKind(
        "bounce",
        {
            "SmtpReplyCode": _pattern(
                _REPLY_CODE, "an SMTP reply code for a rejection, such as 550 (RFC 5321)"
            ),
            "StatusCode": _pattern(_STATUS_CODE, "an enhanced status code, such as 5.1.1 (RFC 3463)"),
            "Message": _text(_LONGEST_KEY),
            "Sender": _address,
            "TopicArn": _TOPIC,
        },
        ("SmtpReplyCode", "Message", "Sender"),
    ),
    "StopAction": ActionKind("stop", {"Scope": _one_of("RuleSet"), "TopicArn": _TOPIC}, ("Scope",)),
    "WorkmailAction": ActionKind(
        "workmail", {"OrganizationArn": _arn("workmail"), "TopicArn": _TOPIC}, ("OrganizationArn",)
    ),
    "AddHeaderAction": ActionKind(
        "add_header",
        {
            "HeaderName": _pattern(_HEADER_NAME, "1 to 50 letters, digits and '-'"),
            "HeaderValue": _text(_LONGEST_HEADER_VALUE),
        },
        ("HeaderName", "HeaderValue"),
    ),
    "ConnectAction": ActionKind(
        "connect",
        {
            "InstanceARN": _pattern(_CONNECT, "the ARN of an Amazon Connect instance"),
            "IAMRoleARN": _role,
        },
        ("InstanceARN", "IAMRoleARN"),
    ),
}


def checked_actions(actions: object, region: str) -> list[dict[str, Any]]:
    """The actions in the form of the API: 1 to 10. Raises `UsageError` that says where the problem is."""
    if not isinstance(actions, list) or not actions:
        raise UsageError(
            "the rule has no action: SES would accept messages and discard them",
            hint="add --s3, --lambda, --sns, --bounce, --stop, --workmail, --header or --file",
            code="NoAction",
        )
    if len(actions) > MOST_ACTIONS:
        raise UsageError(
            f"the rule has {len(actions)} actions; SES allows at most {MOST_ACTIONS}",
            hint="move the others to a second rule for the same recipients",
            code="LimitExceeded",
        )
    return [_checked(action, f"Actions[{index}]", region) for index, action in enumerate(actions)]


def _checked(action: object, where: str, region: str) -> dict[str, Any]:
    if not isinstance(action, dict) or len(action) != 1:
        raise UsageError(
            f"{where} is not one action", hint=f"use one of {', '.join(KINDS)}", code="InvalidAction"
        )
    [(name, members)] = action.items()
    kind = KINDS.get(name)
    if kind is None:
        raise UsageError(
            f"{where}: {name!r} is not an action", hint=f"use one of {', '.join(KINDS)}", code="InvalidAction"
        )
    return {name: _members(kind, members, f"{where}.{name}", region)}


def _members(kind: ActionKind, members: object, where: str, region: str) -> dict[str, str]:
    if not isinstance(members, dict):
        raise UsageError(f"{where} is not an object", code="InvalidAction")
    given = {name: value for name, value in members.items() if value is not None}
    unknown = sorted(set(given) - set(kind.members))
    missing = [name for name in kind.required if not given.get(name)]
    if unknown or missing:
        what = f"has unknown keys: {', '.join(unknown)}" if unknown else f"lacks {', '.join(missing)}"
        raise UsageError(
            f"{where} {what}", hint=f"valid keys: {', '.join(kind.members)}", code="InvalidAction"
        )
    return {name: _member(kind, name, value, where, region) for name, value in given.items()}


def _member(kind: ActionKind, name: str, value: object, where: str, region: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{where}.{name} is not a string", code="InvalidAction")
    return kind.members[name](value, f"{where}.{name}", region)


def to_data(action: Mapping[str, Any]) -> dict[str, str]:
    """An action for machine output: `type`, and its members in snake_case."""
    [(name, members)] = action.items()
    kind = KINDS.get(name)
    return {"type": kind.type if kind else name} | {snake_case(key): value for key, value in members.items()}


def describe(action: Mapping[str, Any]) -> str:
    """An action as a short text."""
    [(name, members)] = action.items()
    kind = KINDS.get(name)
    what = kind.type.replace("_", " ") if kind else name
    if name == "S3Action":
        prefix = members.get("ObjectKeyPrefix")
        path = f"{members['BucketName']}/{prefix}" if prefix else members["BucketName"]
        return f"s3 {path}{' encrypted' if members.get('KmsKeyArn') else ''}"
    if name == "AddHeaderAction":
        return f"header {members['HeaderName']}: {members['HeaderValue']}"
    if name == "BounceAction":
        return f"bounce {members['SmtpReplyCode']} {members['Message']}"
    target = next((members[key] for key in (kind.required if kind else ()) if key != "Scope"), "")
    return f"{what} {target.rpartition(':')[2]}".rstrip()


def snake_case(name: str) -> str:
    """`ObjectKeyPrefix` as `object_key_prefix`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
