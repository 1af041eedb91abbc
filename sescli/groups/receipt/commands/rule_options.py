"""The arguments and options that the commands of receipt rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.cli.decorator import options
from sescli.cli.name_completion import rule_sets
from sescli.cli.text_input import name_of, read_file
from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.groups.receipt.service.rule_file import RuleFile
    from sescli.groups.receipt.service.rules import RulePosition
    from sescli.runtime import Runtime

RuleSetArgument = Annotated[
    str, typer.Argument(metavar="SET", help="Name of the rule set.", autocompletion=rule_sets)
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the rule.")]


@options
class RuleOptions:
    """The name of a rule and its options apart from the actions, or a file that has them."""

    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Name of the rule. With --file, the name from the file."),
    ] = None
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            help="Address (with all its +labels), domain, or .DOMAIN for its subdomains. Repeatable.",
            metavar="RECIPIENT",
        ),
    ] = None
    enabled: Annotated[
        bool | None,
        typer.Option("--enabled/--disabled", help="Enable or disable the rule.", show_default=False),
    ] = None
    tls: Annotated[
        str | None,
        typer.Option(help="TLS policy: require rejects messages without TLS, or optional.", metavar="POLICY"),
    ] = None
    scan: Annotated[
        bool | None,
        typer.Option("--scan/--no-scan", help="Scan messages for spam and viruses.", show_default=False),
    ] = None
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            help="JSON or YAML file that defines the rule. - reads standard input.",
            metavar="FILE",
        ),
    ] = None

    def read_file(self, rt: Runtime, rule_set: str) -> RuleFile:
        """The rule in --file; without --file, empty. Raises `UsageError`, `InputFileError`."""
        from sescli.groups.receipt.service.rule_file import RuleFile, read_rule

        if self.file is None:
            return RuleFile({})
        found = read_rule(read_file(self.file, rt), name_of(self.file), rt.aws.region)
        if found.rule_set not in {None, rule_set}:
            raise UsageError(
                f"{name_of(self.file)} is for the rule set {found.rule_set}, not for {rule_set}",
                hint=f"use {found.rule_set}, or remove RuleSetName from {name_of(self.file)}",
            )
        return found

    def members(self) -> dict[str, Any]:
        """The members of the rule that the options give; the rule or its file keeps the others."""
        given = {
            "Recipients": self.recipient,
            "Enabled": self.enabled,
            "TlsPolicy": self.tls,
            "ScanEnabled": self.scan,
        }
        return {name: value for name, value in given.items() if value is not None}

    def rule_name(self, file: RuleFile) -> str:
        """The name of the rule: the argument, or the one in the file. Raises `UsageError`."""
        found: str | None = self.name or file.members.get("Name")
        if found is None:
            raise UsageError("the rule has no name", hint="add NAME, or a --file that has one")
        return found


@options
class PositionOptions:
    """Where a rule goes in its set; without an option, last."""

    after: Annotated[str | None, typer.Option(help="Place the rule after this rule.", metavar="NAME")] = None
    first: Annotated[bool, typer.Option("--first", help="Place the rule before all others.")] = False

    def position(self, default_after: str | None = None) -> RulePosition:
        """The position; `default_after` applies without options. Raises `UsageError`."""
        from sescli.groups.receipt.service.rules import RulePosition

        if self.after is not None and self.first:
            raise UsageError("--first and --after cannot be combined", hint="use one of them")
        return RulePosition(self.after or (None if self.first else default_after), self.first)
