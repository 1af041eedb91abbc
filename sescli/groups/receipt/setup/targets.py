"""Who is told of received mail: an SNS topic that is there, a Lambda function that SES may invoke for one rule."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sescli.errors import AccessError, NotFoundError

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway

_SERVICE = "ses.amazonaws.com"
_INVOKING = frozenset({"lambda:InvokeFunction", "lambda:*", "*"})
_NO_STATEMENT_ID = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_STATEMENT_ID = 100


def account_of(arn: str) -> str:
    """The account that owns what an ARN names."""
    return arn.split(":")[4]


def is_allowed(aws: Gateway, function: str, account_id: str, source: str) -> bool:
    """Whether SES may invoke it for the rule (Lambda GetFunctionConfiguration, GetPolicy).

    Raises `NotFoundError` where there is no such function.
    """
    try:
        aws.read("lambda", "GetFunctionConfiguration", FunctionName=function)
    except NotFoundError as error:
        error.hint = f"aws lambda list-functions --region {aws.region} shows those there are"
        raise
    try:
        policy = json.loads(aws.read("lambda", "GetPolicy", FunctionName=function)["Policy"])
    except NotFoundError:
        return False
    return any(_lets_ses(one, account_id, source) for one in policy.get("Statement", ()))


def _lets_ses(statement: dict[str, Any], account_id: str, source: str) -> bool:
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, dict) else principal
    conditions = {
        key.casefold(): value
        for operator in (statement.get("Condition") or {}).values()
        for key, value in operator.items()
    }
    return (
        statement.get("Effect") == "Allow"
        and statement.get("Action") in _INVOKING
        and service == _SERVICE
        and conditions.get("aws:sourceaccount", account_id) == account_id
        and conditions.get("aws:sourcearn", source) == source
    )


def allow(aws: Gateway, function: str, account_id: str, source: str) -> None:
    """Let SES invoke it for one rule (Lambda AddPermission)."""
    rule = source.partition(":receipt-rule-set/")[2]
    aws.write(
        "lambda",
        "AddPermission",
        FunctionName=function,
        StatementId=_NO_STATEMENT_ID.sub("-", f"ses-{rule}")[:_LONGEST_STATEMENT_ID],
        Action="lambda:InvokeFunction",
        Principal=_SERVICE,
        SourceAccount=account_id,
        SourceArn=source,
    )


def require_topic(aws: Gateway, topic: str) -> None:
    """Refuse a topic that is not there (SNS GetTopicAttributes). Raises `NotFoundError`.

    Where that may not be asked, SES finds it out when the rule is made.
    """
    try:
        aws.read("sns", "GetTopicAttributes", TopicArn=topic)
    except AccessError:
        return
    except NotFoundError as error:
        error.hint = f"aws sns list-topics --region {aws.region} shows those there are"
        raise
