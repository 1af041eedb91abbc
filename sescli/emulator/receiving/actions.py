"""What the actions of a receipt rule do (docs/ses-behavior.md#receipt-actions), one function a kind."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.emulator.receiving import bounce, notifications
from sescli.emulator.ses.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.emulator.receiving.incoming_message import IncomingMessage
    from sescli.emulator.service_clients import ServiceClients
    from sescli.mail.addresses import Address

DONE, FAILED, SKIPPED, NOT_RUN = "done", "failed", "skipped", "not run"
STOP_RULE, STOP_SET = "STOP_RULE", "STOP_RULE_SET"
# How moto's Lambda answers where there is no Docker to run a function in.
_NO_DOCKER = "error running docker"


@dataclass(frozen=True)
class ActionOutcome:
    """`done`, `failed` (SES would try for four hours and count a PublishFailure), `skipped` or `not run`.

    `stop` is STOP_RULE or STOP_RULE_SET where nothing of the rule, or of the set, comes after it.
    """

    outcome: str
    detail: str
    stop: str | None = None
    event: dict[str, Any] | None = None  # of a function that could not be invoked


@dataclass(frozen=True)
class ActionContext:
    """An action of a rule, on a mail that the rule took for `recipients`.

    `send_bounce` puts a composed bounce into the outbox and gives its message ID, or says why not.
    """

    mail: IncomingMessage
    recipients: Sequence[Address]
    scanned: bool
    action: dict[str, Any]
    clients: ServiceClients
    send_bounce: Callable[[str, str, bytes], ActionOutcome]

    def told(
        self, described: dict[str, Any], max_bytes: int = notifications.HEADERS_OF_SNS
    ) -> dict[str, Any]:
        """What is told of it; `described` is the action as the JSON has it, without empty members."""
        known = {key: value for key, value in described.items() if value}
        return notifications.build_event(
            self.mail, known, self.recipients, scanned=self.scanned, max_bytes=max_bytes
        )


def run(kind: str, context: ActionContext) -> ActionOutcome:
    """Run one action; `kind` is its name in the API. What other services refuse is its outcome."""
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
    except ValueError as error:  # a bounce whose sender cannot stand in a header
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
        detail += ", not encrypted: the embedded SES does not use the KMS key"
    described = {"type": "S3", "bucketName": bucket, "objectKeyPrefix": prefix, "objectKey": key}
    return _notify_topic(context, described, ActionOutcome(DONE, detail))


def _sns(context: ActionContext) -> ActionOutcome:
    topic, encoding = context.action["TopicArn"], context.action.get("Encoding", "UTF-8")
    told = context.told({"type": "SNS", "topicArn": topic, "encoding": encoding})
    message = notifications.topic_message(told, context.mail.content(scanned=context.scanned), encoding)
    return _publish(context, topic, message) or ActionOutcome(
        DONE, f"published to {topic}, with the mail in {encoding}"
    )


def _lambda(context: ActionContext) -> ActionOutcome:
    function, invocation_type = context.action["FunctionArn"], context.action.get("InvocationType", "Event")
    if failure := _check_region(context, function):
        return failure
    described = {"type": "Lambda", "functionArn": function, "invocationType": invocation_type}
    told = context.told(
        {**described, "topicArn": context.action.get("TopicArn")}, notifications.HEADERS_OF_LAMBDA
    )
    event = notifications.lambda_event(told)
    # Synchronous for Event too: only so does moto say that it could not run the function.
    response = context.clients.get("lambda", context.mail.region).invoke(
        FunctionName=function, Payload=json.dumps(event, ensure_ascii=False)
    )
    payload = response["Payload"].read().decode("utf-8", "replace")
    return _notify_topic(
        context,
        described,
        _invocation_outcome(function, invocation_type, payload, event, failed="FunctionError" in response),
    )


def _invocation_outcome(
    function: str, invocation_type: str, payload: str, event: dict[str, Any], *, failed: bool
) -> ActionOutcome:
    """What a function's answer means for the mail: only that of a RequestResponse call counts."""
    if _NO_DOCKER in payload:
        return ActionOutcome(
            NOT_RUN, f"there is no Docker to run {function} in ({invocation_type})", event=event
        )
    if failed:
        return ActionOutcome(FAILED, f"{function} failed: {payload}")
    if invocation_type == "Event":
        return ActionOutcome(DONE, f"invoked {function}")
    disposition = _disposition(payload)
    stop = disposition if disposition in {STOP_RULE, STOP_SET} else None
    return ActionOutcome(
        DONE, f"invoked {function}, which said {disposition or 'nothing, so CONTINUE'}", stop
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
        return ActionOutcome(SKIPPED, "the mail is itself a bounce (it has no sender), and is not bounced")
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
    told = ActionOutcome(DONE, f"bounced to {sender} with {bounce.reply(action)}; {outcome.detail}")
    return _notify_topic(context, described, told)


def _stop(context: ActionContext) -> ActionOutcome:
    told = ActionOutcome(DONE, "stopped the rule set", STOP_SET)
    return _notify_topic(context, {"type": "Stop", "scope": context.action["Scope"]}, told)


def _workmail(context: ActionContext) -> ActionOutcome:
    organization = context.action["OrganizationArn"]
    told = ActionOutcome(NOT_RUN, f"there is no WorkMail here; the mail would go to {organization}")
    return _notify_topic(context, {"type": "WorkMail", "organizationArn": organization}, told)


def _connect(context: ActionContext) -> ActionOutcome:
    return ActionOutcome(
        NOT_RUN, f"there is no Connect here; the mail would go to {context.action['InstanceARN']}"
    )


def _notify_topic(context: ActionContext, described: dict[str, Any], outcome: ActionOutcome) -> ActionOutcome:
    """The outcome, once the topic of the action, where it has one, was told: without the mail itself."""
    topic = context.action.get("TopicArn")
    if not topic or outcome.outcome in {FAILED, SKIPPED}:
        return outcome
    told = context.told({**described, "topicArn": topic})
    failure = _publish(context, topic, notifications.topic_message(told))
    if failure is not None:
        return ActionOutcome(FAILED, f"{outcome.detail}; then {failure.detail}", outcome.stop)
    return replace(outcome, detail=f"{outcome.detail}; told {topic}")


def _publish(context: ActionContext, topic: str, message: str) -> ActionOutcome | None:
    """Publish to a topic of this region. The failure where there is one, so that what was done stays told."""
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
    """SES takes topics and functions of its own region alone (docs/ses-behavior.md#receipt-actions)."""
    parts = arn.split(":")
    region = parts[3] if len(parts) > 3 else context.mail.region  # noqa: PLR2004  arn:aws:service:region:…
    if region == context.mail.region:
        return None
    return ActionOutcome(
        FAILED, f"PublishFailure: {arn} is in {region}, and SES wants it in {context.mail.region}"
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
