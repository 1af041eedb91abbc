"""What a rule notifies of received messages: an SNS topic, or a Lambda function that SES can invoke."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sescli.aws.try_read import try_read
from sescli.errors import NotFoundError

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway

_SERVICE = "ses.amazonaws.com"
_INVOKE_ACTIONS = frozenset({"lambda:InvokeFunction", "lambda:*", "*"})
_INVALID_IN_STATEMENT_ID = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_STATEMENT_ID = 100


def account_of(arn: str) -> str:
    """The account ID in an ARN."""
    return arn.split(":")[4]


def is_allowed(aws: Gateway, function: str, account_id: str, source: str) -> bool:
    """Whether SES can invoke the function for the rule (Lambda GetFunctionConfiguration, GetPolicy).

    Raises `NotFoundError` if the function does not exist.
    """
    try:
        aws.read("lambda", "GetFunctionConfiguration", FunctionName=function)
    except NotFoundError as error:
        error.hint = f"to list the functions: aws lambda list-functions --region {aws.region}"
        raise
    try:
        policy = json.loads(aws.read("lambda", "GetPolicy", FunctionName=function)["Policy"])
    except NotFoundError:
        return False
    return any(_allows_ses(one, account_id, source) for one in policy.get("Statement", ()))


def _allows_ses(statement: dict[str, Any], account_id: str, source: str) -> bool:
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, dict) else principal
    conditions = {
        key.casefold(): value
        for operator in (statement.get("Condition") or {}).values()
        for key, value in operator.items()
    }
    return (
        statement.get("Effect") == "Allow"
        and statement.get("Action") in _INVOKE_ACTIONS
        and service == _SERVICE
        and conditions.get("aws:sourceaccount", account_id) == account_id
        and conditions.get("aws:sourcearn", source) == source
    )


def allow(aws: Gateway, function: str, account_id: str, source: str) -> None:
    """Allow SES to invoke the function for one rule (Lambda AddPermission)."""
    rule = source.partition(":receipt-rule-set/")[2]
    aws.write(
        "lambda",
        "AddPermission",
        FunctionName=function,
        StatementId=_INVALID_IN_STATEMENT_ID.sub("-", f"ses-{rule}")[:_LONGEST_STATEMENT_ID],
        Action="lambda:InvokeFunction",
        Principal=_SERVICE,
        SourceAccount=account_id,
        SourceArn=source,
    )


def require_topic(aws: Gateway, topic: str) -> None:
    """Raise `NotFoundError` for a topic that does not exist (SNS GetTopicAttributes).

    If the look-up is denied, SES checks the topic when the rule is created.
    """
    try:
        try_read(f"the topic {topic}", lambda: aws.read("sns", "GetTopicAttributes", TopicArn=topic))
    except NotFoundError as error:
        error.hint = f"to list the topics: aws sns list-topics --region {aws.region}"
        raise
