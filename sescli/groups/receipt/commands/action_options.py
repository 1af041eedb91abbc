"""The options for the actions of a receipt rule. SES runs the actions in the order of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.cli.decorator import options
from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.cli.decorator import OptionOrder

_PANEL = "Actions, in the order given"

# The templates of the SES console (developer guide, "Return bounce response action").
_BOUNCES = {
    "mailbox-does-not-exist": ("550", "5.1.1", "Mailbox does not exist"),
    "message-too-large": ("552", "5.3.4", "Message too large"),
    "mailbox-full": ("552", "5.2.2", "Mailbox full"),
    "content-rejected": ("500", "5.6.1", "Message content rejected"),
    "unknown-failure": ("554", "5.0.0", "Unknown failure"),
    "temporary-failure": ("450", "4.0.0", "Temporary failure"),
}
_ONCE = frozenset({"bounce", "stop"})


@options
class ActionOptions:
    """The actions of a rule and their details."""

    s3: Annotated[
        list[str] | None,
        typer.Option(
            "--s3",
            help="Store the message in an S3 bucket.",
            metavar="BUCKET[/PREFIX]",
            rich_help_panel=_PANEL,
        ),
    ] = None
    s3_key: Annotated[
        str | None,
        typer.Option(
            help="KMS key to encrypt the message with. You then need an S3 encryption client to read it.",
            metavar="ARN",
            rich_help_panel=_PANEL,
        ),
    ] = None
    s3_role: Annotated[
        str | None,
        typer.Option(
            help="IAM role to write with, instead of a bucket policy.", metavar="ARN", rich_help_panel=_PANEL
        ),
    ] = None
    s3_topic: Annotated[
        str | None,
        typer.Option(
            help="SNS topic to notify of each stored message.", metavar="ARN", rich_help_panel=_PANEL
        ),
    ] = None
    lambda_: Annotated[
        list[str] | None,
        typer.Option("--lambda", help="Invoke a Lambda function.", metavar="ARN", rich_help_panel=_PANEL),
    ] = None
    lambda_wait: Annotated[
        bool,
        typer.Option(
            "--lambda-wait",
            help="Wait up to 30 s for the response, which can stop the rule or the rule set.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    sns: Annotated[
        list[str] | None,
        typer.Option(
            "--sns",
            help="Publish the message (up to 150 KB) to an SNS topic.",
            metavar="ARN",
            rich_help_panel=_PANEL,
        ),
    ] = None
    sns_encoding: Annotated[
        str | None,
        typer.Option(
            help="Encoding of the published message: utf-8 or base64.",
            metavar="ENCODING",
            rich_help_panel=_PANEL,
        ),
    ] = None
    bounce: Annotated[
        bool, typer.Option("--bounce", help="Return a bounce to the sender.", rich_help_panel=_PANEL)
    ] = False
    bounce_as: Annotated[
        str | None,
        typer.Option(
            help="Reason of the bounce: mailbox-does-not-exist (default), message-too-large, mailbox-full, "
            "content-rejected, unknown-failure or temporary-failure.",
            metavar="REASON",
            rich_help_panel=_PANEL,
        ),
    ] = None
    bounce_sender: Annotated[
        str | None,
        typer.Option(
            help="Sender of the bounce, a verified address. Default: mailer-daemon at the recipients' domain.",
            metavar="ADDRESS",
            rich_help_panel=_PANEL,
        ),
    ] = None
    bounce_message: Annotated[
        str | None, typer.Option(help="Text of the bounce.", metavar="TEXT", rich_help_panel=_PANEL)
    ] = None
    stop: Annotated[
        bool, typer.Option("--stop", help="Skip the later rules of the rule set.", rich_help_panel=_PANEL)
    ] = False
    workmail: Annotated[
        list[str] | None,
        typer.Option(
            help="Pass the message to an Amazon WorkMail organization.", metavar="ARN", rich_help_panel=_PANEL
        ),
    ] = None
    header: Annotated[
        list[str] | None,
        typer.Option(
            help="Add a header that later actions see.", metavar="'NAME: VALUE'", rich_help_panel=_PANEL
        ),
    ] = None

    def actions(self, order: OptionOrder, recipients: Sequence[str]) -> list[dict[str, Any]]:
        """The actions in the order in which their options were given. Raises `UsageError`."""
        self._refuse_orphan_details()
        makers: dict[str, tuple[Sequence[str], Callable[[str], dict[str, Any]]]] = {
            "s3": (self.s3 or (), self._s3),
            "lambda_": (self.lambda_ or (), self._lambda),
            "sns": (self.sns or (), self._sns),
            "bounce": (("",) if self.bounce else (), lambda _: self._bounce(recipients)),
            "stop": (("",) if self.stop else (), lambda _: {"StopAction": {"Scope": "RuleSet"}}),
            "workmail": (self.workmail or (), lambda arn: {"WorkmailAction": {"OrganizationArn": arn}}),
            "header": (self.header or (), _header),
        }
        values = {name: iter(given) for name, (given, _) in makers.items()}
        return [makers[name][1](value) for name, value in _in_order(order, values)]

    def _refuse_orphan_details(self) -> None:
        needs = (
            (
                "--s3",
                self.s3,
                (("--s3-key", self.s3_key), ("--s3-role", self.s3_role), ("--s3-topic", self.s3_topic)),
            ),
            ("--lambda", self.lambda_, (("--lambda-wait", self.lambda_wait),)),
            ("--sns", self.sns, (("--sns-encoding", self.sns_encoding),)),
            (
                "--bounce",
                self.bounce,
                (
                    ("--bounce-as", self.bounce_as),
                    ("--bounce-sender", self.bounce_sender),
                    ("--bounce-message", self.bounce_message),
                ),
            ),
        )
        for action, given, details in needs:
            orphans = [name for name, value in details if value and not given]
            if orphans:
                raise UsageError(f"{', '.join(orphans)} needs {action}", hint=f"add {action}, or use --file")

    def _s3(self, text: str) -> dict[str, Any]:
        from sescli.groups.receipt.service.inbox import parse_path

        path = parse_path(text)
        members = {
            "BucketName": path.bucket,
            "ObjectKeyPrefix": path.key or None,
            "KmsKeyArn": self.s3_key,
            "IamRoleArn": self.s3_role,
            "TopicArn": self.s3_topic,
        }
        return {"S3Action": {name: value for name, value in members.items() if value}}

    def _lambda(self, arn: str) -> dict[str, Any]:
        kind = "RequestResponse" if self.lambda_wait else "Event"
        return {"LambdaAction": {"FunctionArn": arn, "InvocationType": kind}}

    def _sns(self, arn: str) -> dict[str, Any]:
        encoding = {"Encoding": self.sns_encoding} if self.sns_encoding else {}
        return {"SNSAction": {"TopicArn": arn, **encoding}}

    def _bounce(self, recipients: Sequence[str]) -> dict[str, Any]:
        reason = self.bounce_as or "mailbox-does-not-exist"
        if reason not in _BOUNCES:
            raise UsageError(
                f"--bounce-as {reason!r} is not a valid reason", hint=f"use one of {', '.join(_BOUNCES)}"
            )
        reply, status, message = _BOUNCES[reason]
        return {
            "BounceAction": {
                "SmtpReplyCode": reply,
                "StatusCode": status,
                "Message": message if self.bounce_message is None else self.bounce_message,
                "Sender": self.bounce_sender or _default_bounce_sender(recipients),
            }
        }


def _in_order(order: OptionOrder, values: dict[str, Iterator[str]]) -> Iterator[tuple[str, str]]:
    done: set[str] = set()
    for name in order:
        if name in values and not (name in _ONCE and name in done):
            done.add(name)
            yield name, next(values[name])


def _default_bounce_sender(recipients: Sequence[str]) -> str:
    """The sender of bounces without --bounce-sender: at the one domain that all recipients share."""
    domains = {recipient.rpartition("@")[2].lstrip(".") for recipient in recipients}
    if len(domains) != 1:
        raise UsageError(
            "sescli cannot choose the sender of the bounce: the rule is for no domain, or for several",
            hint="add --bounce-sender ADDRESS, at a verified identity",
        )
    return f"mailer-daemon@{domains.pop()}"


def _header(text: str) -> dict[str, Any]:
    name, colon, value = text.partition(":")
    if not colon:
        raise UsageError(f"--header {text!r} has no colon", hint="write it as --header 'X-Team: support'")
    return {"AddHeaderAction": {"HeaderName": name.strip(), "HeaderValue": value.strip(" ")}}
