"""`sescli sandbox request-production`: request production access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, options
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.sandbox.service.production_access import ProductionRequest
    from sescli.groups.sandbox.wizard import ProductionAccessInput

app = typer.Typer()


@options
class ProductionAccessOptions:
    """The answers that AWS asks for in a request for production access."""

    mail_type: Annotated[
        str | None, typer.Option(help="transactional or marketing. Required.", metavar="TYPE")
    ] = None
    website: Annotated[str | None, typer.Option(help="URL of your website. Required.", metavar="URL")] = None
    use_case: Annotated[
        str | None,
        typer.Option(
            help="What you send, to whom, how recipients sign up, and how you handle bounces and complaints: text, "
            "@FILE, or - for standard input. Required.",
            metavar="TEXT",
        ),
    ] = None
    language: Annotated[
        str | None, typer.Option(help="Language of the reply: EN (default) or JA.", metavar="LANGUAGE")
    ] = None
    contact: Annotated[
        list[str] | None,
        typer.Option(
            help="Additional address for AWS's reply; may be given up to four times.", metavar="ADDRESS"
        ),
    ] = None

    def parse(self, rt: Runtime) -> ProductionAccessInput:
        """The checked values. Raises `UsageError`; off a terminal also for missing values, all in one error."""
        from sescli.cli.text_input import read_body
        from sescli.groups.sandbox.service import production_access as access
        from sescli.groups.sandbox.wizard import ProductionAccessInput

        values = ProductionAccessInput(
            mail_type=None if self.mail_type is None else access.parse_mail_type(self.mail_type),
            website=None if self.website is None else access.parse_website(self.website),
            use_case=None if self.use_case is None else access.parse_use_case(read_body(self.use_case, rt)),
            language=None if self.language is None else access.parse_language(self.language),
            contacts=None if self.contact is None else access.parse_contacts(self.contact),
        )
        if not rt.asks:
            values.request()
        return values


@command(
    app,
    "request-production",
    examples=[
        (
            "sescli sandbox request-production --mail-type transactional --website https://example.com "
            "--use-case 'Receipts and password resets for our customers, about 500 a day.' --yes"
        ),
    ],
)
def request_production(rt: Runtime, chosen: ProductionAccessOptions) -> Done:
    """Request production access for the account in this region.

    On a terminal, sescli asks for missing values, shows the request, and sends it after you confirm. AWS
    staff review it and reply in a support case, usually within a day. Explain how recipients sign up and how
    you handle bounces and complaints; requests often lack this. AWS accepts no other request until it has
    replied. To raise limits later, use Service Quotas.
    """
    from sescli.groups.sandbox.service import production_access

    values = chosen.parse(rt)
    granted, previous = production_access.check_access(rt.aws)
    if granted:
        data = {"region": rt.aws.region, "production_access": True}
        return Done(f"The account already has production access in {rt.aws.region}.", data)
    warning = production_access.previous_request_advice(previous)
    if warning:
        rt.output.warn(warning)
    return _send_request(rt, _complete(rt, values))


def _complete(rt: Runtime, values: ProductionAccessInput) -> ProductionRequest:
    """Ask for what is missing, show the request, and ask for confirmation."""
    from sescli.groups.sandbox import wizard

    interactive = bool(values.missing)
    request = wizard.ask(rt.prompter, values) if interactive else values.request()
    rt.output.step(f"Request for production access in {rt.aws.region}")
    for line in (f"{request.mail_type} email, {request.website}", request.use_case):
        rt.output.note(line)
    if interactive:
        rt.output.same(request.next_command())
    rt.confirm("Send it?", consequence="AWS staff review this request. Only one request can be open")
    return request


def _send_request(rt: Runtime, request: ProductionRequest) -> Done:
    from sescli.groups.sandbox.service import production_access

    command_line = rt.output.with_context_options(request.next_command())
    sent = production_access.request_access(rt.aws, request, command_line)
    if sent.production_access:
        return Done(f"AWS granted production access in {sent.region}.", sent, next=NextCommand("status"))
    case = f" in support case {sent.case_id}" if sent.case_id else ""
    return Done(
        f"Sent the request. AWS replies{case} and by email.", sent, next=NextCommand("sandbox", "show")
    )
