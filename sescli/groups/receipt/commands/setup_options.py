"""The options of `sescli receipt setup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import options

if TYPE_CHECKING:
    from sescli.groups.receipt.setup.input import ReceivingInput


@options
class ReceivingOptions:
    """What the command line says about receiving email for a domain."""

    domain: Annotated[
        str | None,
        typer.Argument(
            metavar="[DOMAIN]", help="Domain to receive email for. On a terminal, sescli asks for it."
        ),
    ] = None
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            help="Recipients: DOMAIN for all its addresses, .DOMAIN for its subdomains, or one address. "
            "Repeatable. Required.",
            metavar="RECIPIENT",
        ),
    ] = None
    s3: Annotated[
        str | None,
        typer.Option(
            "--s3", help="Bucket and prefix to store messages in. Required.", metavar="BUCKET[/PREFIX]"
        ),
    ] = None
    create_bucket: Annotated[
        bool, typer.Option("--create-bucket", help="Create the bucket if it does not exist.")
    ] = False
    s3_topic: Annotated[
        str | None, typer.Option(help="SNS topic to notify of each message.", metavar="ARN")
    ] = None
    lambda_: Annotated[
        str | None,
        typer.Option("--lambda", help="Lambda function to invoke for each message.", metavar="ARN"),
    ] = None
    rule_set: Annotated[
        str | None,
        typer.Option(
            help="Rule set to add the rule to. Default: the active one, or inbound if none is active.",
            metavar="NAME",
        ),
    ] = None
    rule: Annotated[
        str | None, typer.Option(help="Name of the rule. Default: receive-DOMAIN.", metavar="NAME")
    ] = None
    activate: Annotated[
        bool | None,
        typer.Option(
            "--activate/--no-activate",
            help="Activate the rule set. Default: activate it unless another rule set is active.",
            show_default=False,
        ),
    ] = None
    scan: Annotated[
        bool,
        typer.Option("--scan/--no-scan", help="Scan messages for spam and viruses.", show_default=False),
    ] = True
    resolver: Annotated[
        str | None,
        typer.Option(
            help="DNS server to ask for the domain's current MX record (or SESCLI_RESOLVER).",
            metavar="HOST[:PORT]",
        ),
    ] = None

    def missing(self) -> list[str]:
        """The arguments and options that are required and not given."""
        needed = {"DOMAIN": self.domain, "--recipient": self.recipient, "--s3": self.s3}
        return [name for name, value in needed.items() if not value]

    def input(self, domain: str) -> ReceivingInput:
        """The options, each checked as far as possible without AWS. Raises `UsageError`."""
        from sescli.groups.receipt.service.inbox import parse_path
        from sescli.groups.receipt.service.names import checked_rule_name, checked_set_name
        from sescli.groups.receipt.setup.input import ReceivingInput
        from sescli.groups.receipt.setup.spec import parse_recipients

        path = None if self.s3 is None else parse_path(self.s3)
        return ReceivingInput(
            recipients=parse_recipients(self.recipient, domain) if self.recipient else None,
            bucket=path.bucket if path else None,
            prefix=path.key if path else "",
            create_bucket=self.create_bucket,
            topic=self.s3_topic,
            function=self.lambda_,
            rule_set=None if self.rule_set is None else checked_set_name(self.rule_set),
            rule=None if self.rule is None else checked_rule_name(self.rule),
            activate=self.activate,
            scan=self.scan,
        )
