"""Valid targets of an event destination; botocore does not check them.

docs/ses-behavior.md#event-destinations
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.errors import UsageError
from sescli.groups.config_set.service.event_destinations import (
    CloudWatch,
    Dimension,
    EventBridge,
    Firehose,
    Sns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.config_set.service.event_destinations import Target

VALUE_SOURCES = {"MESSAGE_TAG": "tag", "EMAIL_HEADER": "header", "LINK_TAG": "link"}
# SES adds `ses:` tags to every event. Other names have the characters of message tags.
_DIMENSION_NAME = re.compile(r"(ses:)?[A-Za-z0-9_-]{1,255}")
_DIMENSION_VALUE = re.compile(r"[A-Za-z0-9_@.-]{1,255}")
_MOST_DIMENSIONS = 10
_NO_VALUE = "default"

_PARTITION = r"arn:aws[a-z0-9-]*"
_REGION_AND_ACCOUNT = r":[a-z0-9-]+:\d{12}"
_ARNS = {
    "sns": (rf"{_PARTITION}:sns{_REGION_AND_ACCOUNT}:[A-Za-z0-9_.-]{{1,256}}", "an SNS topic"),
    "firehose": (
        rf"{_PARTITION}:firehose{_REGION_AND_ACCOUNT}:deliverystream/[A-Za-z0-9_.-]{{1,64}}",
        "a Firehose stream",
    ),
    "role": (rf"{_PARTITION}:iam::\d{{12}}:role/[A-Za-z0-9_+=,.@/-]{{1,512}}", "an IAM role"),
    "eventbridge": (
        rf"{_PARTITION}:events{_REGION_AND_ACCOUNT}:event-bus/[A-Za-z0-9_./-]{{1,256}}",
        "an event bus",
    ),
}
_ARN_FORMATS = {
    "sns": "arn:aws:sns:REGION:ACCOUNT:TOPIC",
    "firehose": "arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME",
    "role": "arn:aws:iam::ACCOUNT:role/NAME",
    "eventbridge": "arn:aws:events:REGION:ACCOUNT:event-bus/default",
}


def sns(topic_arn: str) -> Sns:
    """An SNS target. Raises `UsageError`."""
    return Sns(_arn(topic_arn, "sns"))


def firehose(role_arn: str, stream_arn: str) -> Firehose:
    """A Firehose target. Raises `UsageError`."""
    return Firehose(iam_role_arn=_arn(role_arn, "role"), delivery_stream_arn=_arn(stream_arn, "firehose"))


def event_bridge(bus_arn: str) -> EventBridge:
    """An EventBridge target. Raises `UsageError`, also for a bus that is not the default one."""
    if not _arn(bus_arn, "eventbridge").endswith(":event-bus/default"):
        raise UsageError(
            f"{bus_arn} is not the default event bus, the only one that SES publishes to",
            hint="use the default bus, and a rule on it that forwards the events",
        )
    return EventBridge(bus_arn)


def cloud_watch(dimensions: Sequence[Dimension]) -> CloudWatch:
    """A CloudWatch target. Raises `UsageError` for no or more than 10 dimensions, and for a repeated name."""
    names = [dimension.dimension_name for dimension in dimensions]
    if not names or len(names) > _MOST_DIMENSIONS:
        raise UsageError(f"{len(names)} dimensions given; CloudWatch needs 1 to {_MOST_DIMENSIONS}")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise UsageError(f"the dimension {', '.join(sorted(twice))} is given twice")
    return CloudWatch(tuple(dimensions))


def dimension(name: str, source: str, default: str) -> Dimension:
    """A dimension; its source in any spelling: tag, messageTag, MESSAGE_TAG. Raises `UsageError`."""
    if not _DIMENSION_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a valid dimension name",
            hint="use 1 to 255 letters, digits, - and _; names of SES tags start with ses:",
        )
    if not _DIMENSION_VALUE.fullmatch(default):
        raise UsageError(
            f"{default!r} is not a valid dimension value",
            hint="use 1 to 255 letters, digits, -, _, @ and .",
        )
    return Dimension(name, value_source(source), default)


def value_source(text: str) -> str:
    """The source of a dimension value, in API v2 spelling. Raises `UsageError`."""
    squeezed = re.sub(r"[-_]", "", text).upper()
    for source, short in VALUE_SOURCES.items():
        if squeezed in {source.replace("_", ""), short.upper()}:
            return source
    raise UsageError(f"{text!r} is not a source of dimension values", hint="use tag, header or link")


def parse_dimension(text: str) -> Dimension:
    """`NAME=SOURCE[:DEFAULT]`, such as `ses:configuration-set=tag:none`. Raises `UsageError`.

    DEFAULT is the value for messages without the tag or header. Its default is `default`.
    """
    name, equals, rest = text.partition("=")
    source, _, default = rest.partition(":")
    if not equals:
        raise UsageError(
            f"{text!r} is not valid for --cloudwatch",
            hint="write it as --cloudwatch ses:configuration-set=tag:default",
        )
    return dimension(name, source, default or _NO_VALUE)


def region_of(target: Target | None) -> str | None:
    """The region of a target; None if it has none."""
    arn = {
        Sns: getattr(target, "topic_arn", None),
        Firehose: getattr(target, "delivery_stream_arn", None),
        EventBridge: getattr(target, "event_bus_arn", None),
    }.get(type(target))
    return arn.split(":")[3] if arn else None


def _arn(text: str, kind: str) -> str:
    pattern, what = _ARNS[kind]
    if not re.fullmatch(pattern, text, re.ASCII):
        raise UsageError(f"{text!r} is not the ARN of {what}", hint=f"the format is {_ARN_FORMATS[kind]}")
    return text
