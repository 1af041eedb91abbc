"""The actions of a receipt rule, one function per type (docs/ses-behavior.md#receipt-actions)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.emulator.outbound import LAMBDA_OPTION
from sescli.emulator.receiving import bounce, notifications
from sescli.emulator.ses.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.emulator.outbound import OutboundPolicy
    from sescli.emulator.receiving.incoming_message import IncomingMessage
    from sescli.emulator.service_clients import ServiceClients
    from sescli.mail.addresses import Address

DONE, FAILED, SKIPPED, NOT_RUN = "done", "failed", "skipped", "not run"
STOP_RULE, STOP_SET = "STOP_RULE", "STOP_RULE_SET"
# moto's response to a Lambda invocation if Docker is missing.
_NO_DOCKER = "error running docker"


@dataclass(frozen=True)
class ActionOutcome:
    """`done`, `failed` (SES would retry for four hours and count a PublishFailure), `skipped` or `not run`.

    `stop` is STOP_RULE or STOP_RULE_SET if the action ends the rule or the rule set.
    """

    outcome: str
    detail: str
    stop: str | None = None
    event: dict[str, Any] | None = None  # input of a function that could not be invoked


@dataclass(frozen=True)
class ActionContext:
    """An action of a rule and the message, which the rule matched for `recipients`.

    `send_bounce` puts a composed bounce into the outbox. Its outcome has the message ID or the reason for a failure.
    """

    mail: IncomingMessage
    recipients: Sequence[Address]
    scanned: bool
    action: dict[str, Any]
    clients: ServiceClients
    send_bounce: Callable[[str, str, bytes], ActionOutcome]
    policy: OutboundPolicy

    def build_notification(
        self, described: dict[str, Any], max_bytes: int = notifications.HEADERS_OF_SNS
    ) -> dict[str, Any]:
        """Build the notification. `described` is the action as it appears in the JSON; empty members are left out."""
        known = {key: value for key, value in described.items() if value}
        return notifications.build_event(
            self.mail, known, self.recipients, scanned=self.scanned, max_bytes=max_bytes
        )


def run(kind: str, context: ActionContext) -> ActionOutcome:
    """Run one action. `kind` is its name in the API. Errors of other services become its outcome."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _KINDS[kind](context)
    except ClientError as error:
        failure = error.response.get("Error", {})
        return ActionOutcome(FAILED, f"PublishFailure: {failure.get('Code')}: {failure.get('Message')}")
    except BotoCoreError as error:
        return ActionOutcome(FAILED, f"PublishFailure: {error}")
    except Fault as fault:
        return ActionOutcome(FAILED, f"{fault.v1_code}: {fault.message}")
    except ValueError as error:  # a bounce sender that is not allowed in a header
        return ActionOutcome(FAILED, f"InvalidParameterValue: {error}")


def _add_header(context: ActionContext) -> ActionOutcome:
    name, value = context.action["HeaderName"], context.action["HeaderValue"]
    context.mail.added_headers.insert(0, (name, value))
    return ActionOutcome(DONE, f"added {name}: {value}")


def _s3(context: ActionContext) -> ActionOutcome:
    bucket, prefix = context.action["BucketName"], context.action.get("ObjectKeyPrefix", "")
    key = f"{prefix}{context.mail.message_id}"
    context.clients.get("s3", context.mail.region).put_object(
        Bucket=bucket, Key=key, Body=context.mail.content(scanned=context.scanned)
    )
    detail = f"stored s3://{bucket}/{key}"
    if context.action.get("KmsKeyArn"):
        detail += ", not encrypted: the local SES emulator does not use the KMS key"
    described = {"type": "S3", "bucketName": bucket, "objectKeyPrefix": prefix, "objectKey": key}
    return _notify_topic(context, described, ActionOutcome(DONE, detail))


def _sns(context: ActionContext) -> ActionOutcome:
    topic, encoding = context.action["TopicArn"], context.action.get("Encoding", "UTF-8")
    notification = context.build_notification({"type": "SNS", "topicArn": topic, "encoding": encoding})
    message = notifications.topic_message(
        notification, context.mail.content(scanned=context.scanned), encoding
    )
    return _publish(context, topic, message) or ActionOutcome(
        DONE, f"published to {topic}, with the message in {encoding}"
    )


def _lambda(context: ActionContext) -> ActionOutcome:
    function, invocation_type = context.action["FunctionArn"], context.action.get("InvocationType", "Event")
    if failure := _check_region(context, function):
        return failure
    described = {"type": "Lambda", "functionArn": function, "invocationType": invocation_type}
    notification = context.build_notification(
        {**described, "topicArn": context.action.get("TopicArn")}, notifications.HEADERS_OF_LAMBDA
    )
    event = notifications.lambda_event(notification)
    if not context.policy.functions:
        return _not_invoked(context, function, invocation_type, event)
    # Synchronous for Event too, because otherwise moto does not report that the function could not run.
    response = context.clients.get("lambda", context.mail.region).invoke(
        FunctionName=function, Payload=json.dumps(event, ensure_ascii=False)
    )
    payload = response["Payload"].read().decode("utf-8", "replace")
    return _notify_topic(
        context,
        described,
        _invocation_outcome(function, invocation_type, payload, event, failed="FunctionError" in response),
    )


def _not_invoked(
    context: ActionContext, function: str, invocation_type: str, event: dict[str, Any]
) -> ActionOutcome:
    """Report a function that does not run because `local start` has an option for that. It must exist, as for SES."""
    context.clients.get("lambda", context.mail.region).get_function(FunctionName=function)
    context.policy.blocked.add("a Lambda action", function, LAMBDA_OPTION)
    detail = (
        f"{function} was not invoked ({invocation_type}); the emulator runs functions with {LAMBDA_OPTION}"
    )
    return ActionOutcome(NOT_RUN, detail, event=event)


def _invocation_outcome(
    function: str, invocation_type: str, payload: str, event: dict[str, Any], *, failed: bool
) -> ActionOutcome:
    """The outcome of an invocation. Only the response of a RequestResponse call can stop a rule."""
    if _NO_DOCKER in payload:
        return ActionOutcome(
            NOT_RUN, f"{function} needs Docker, which is not available ({invocation_type})", event=event
        )
    if failed:
        return ActionOutcome(FAILED, f"{function} failed: {payload}")
    if invocation_type == "Event":
        return ActionOutcome(DONE, f"invoked {function}")
    disposition = _disposition(payload)
    stop = disposition if disposition in {STOP_RULE, STOP_SET} else None
    return ActionOutcome(
        DONE, f"invoked {function}, which returned {disposition or 'no disposition (CONTINUE)'}", stop
    )


def _disposition(payload: str) -> str | None:
    try:
        response = json.loads(payload)
    except ValueError:
        return None
    value = response.get("disposition") if isinstance(response, dict) else None
    return value.upper() if isinstance(value, str) else None


def _bounce(context: ActionContext) -> ActionOutcome:
    action, sender = context.action, context.mail.sender
    if not sender:
        return ActionOutcome(SKIPPED, "the message is itself a bounce (it has no sender) and is not bounced")
    outcome = context.send_bounce(
        action["Sender"], sender, bounce.compose(context.mail, action, context.recipients)
    )
    described = {
        "type": "Bounce",
        "smtpReplyCode": action["SmtpReplyCode"],
        "statusCode": action.get("StatusCode"),
        "message": action["Message"],
        "sender": action["Sender"],
    }
    if outcome.outcome != DONE:
        return outcome
    finished = ActionOutcome(DONE, f"bounced to {sender} with {bounce.reply(action)}; {outcome.detail}")
    return _notify_topic(context, described, finished)


def _stop(context: ActionContext) -> ActionOutcome:
    finished = ActionOutcome(DONE, "stopped the rule set", STOP_SET)
    return _notify_topic(context, {"type": "Stop", "scope": context.action["Scope"]}, finished)


def _workmail(context: ActionContext) -> ActionOutcome:
    organization = context.action["OrganizationArn"]
    finished = ActionOutcome(NOT_RUN, f"WorkMail is not emulated; the message would go to {organization}")
    return _notify_topic(context, {"type": "WorkMail", "organizationArn": organization}, finished)


def _connect(context: ActionContext) -> ActionOutcome:
    return ActionOutcome(
        NOT_RUN, f"Connect is not emulated; the message would go to {context.action['InstanceARN']}"
    )


def _notify_topic(context: ActionContext, described: dict[str, Any], outcome: ActionOutcome) -> ActionOutcome:
    """Notify the topic of the action, if it has one, without the message content. Return the outcome of both."""
    topic = context.action.get("TopicArn")
    if not topic or outcome.outcome in {FAILED, SKIPPED}:
        return outcome
    notification = context.build_notification({**described, "topicArn": topic})
    failure = _publish(context, topic, notifications.topic_message(notification))
    if failure is not None:
        return ActionOutcome(FAILED, f"{outcome.detail}; then {failure.detail}", outcome.stop)
    return replace(outcome, detail=f"{outcome.detail}; notified {topic}")


def _publish(context: ActionContext, topic: str, message: str) -> ActionOutcome | None:
    """Publish to a topic of this region. Return the failure, if any, so that the caller can report both outcomes."""
    from botocore.exceptions import ClientError

    if failure := _check_region(context, topic):
        return failure
    try:
        context.clients.get("sns", context.mail.region).publish(
            TopicArn=topic, Message=message, Subject=notifications.SUBJECT
        )
    except ClientError as error:
        failure = error.response.get("Error", {})
        reason = f"{failure.get('Code')}: {failure.get('Message')}"
        return ActionOutcome(FAILED, f"PublishFailure: {topic}: {reason}")
    return None


def _check_region(context: ActionContext, arn: str) -> ActionOutcome | None:
    """SES accepts only topics and functions of its own region (docs/ses-behavior.md#receipt-actions)."""
    parts = arn.split(":")
    region = parts[3] if len(parts) > 3 else context.mail.region  # noqa: PLR2004  arn:aws:service:region:…
    if region == context.mail.region:
        return None
    return ActionOutcome(
        FAILED, f"PublishFailure: {arn} is in {region}, and SES needs it in {context.mail.region}"
    )


_KINDS: dict[str, Callable[[ActionContext], ActionOutcome]] = {
    "AddHeaderAction": _add_header,
    "S3Action": _s3,
    "SNSAction": _sns,
    "LambdaAction": _lambda,
    "BounceAction": _bounce,
    "StopAction": _stop,
    "WorkmailAction": _workmail,
    "ConnectAction": _connect,
}
