"""`sescli sandbox`: what the sandbox allows, tests with the mailbox simulator, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.batch import worst
from sescli.cli.decorator import command, group
from sescli.exits import classify
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.sandbox.service.sandbox import PreviousRequest, SandboxStatus
    from sescli.groups.sandbox.service.simulator import SimulationResult
    from sescli.groups.sandbox.wizard import ProductionAccessInput

app = group("sandbox", "The sandbox, the mailbox simulator, and production access.")

_SHOWN = 10
_MESSAGES = {
    "mailed": "AWS has mailed a link to {email}; once it is followed, within 24 hours, mail may go there.",
    "mailed_again": "AWS has mailed the link to {email} again; it holds for 24 hours.",
    "verified": "{email} is verified already: mail may go there.",
    "covered": "{email} needs no verification: {by} is verified, and with it all its addresses.",
}


@command(app, "show", examples=["sescli sandbox show", "sescli sandbox show -q sandbox"])
def show(rt: Runtime) -> Details:
    """Show whether the account is in the sandbox here, whom it may send to, and how a request stands.

    Every account starts in the sandbox, and is in it region by region: 200 mails in 24 hours, one a second,
    and only to verified addresses and domains, or to the mailbox simulator.
    """
    from sescli.groups.sandbox.service import sandbox

    now = sandbox.show(rt.aws)
    quota = now.quota
    most = "no limit" if quota.max_24_hour_send is None else f"{quota.max_24_hour_send:,.0f} in 24 hours"
    fields = (
        ("access", "sandbox" if now.sandbox else "production"),
        ("may send to", _describe_recipients(now)),
        ("limits", f"{most}, {quota.max_send_rate:g} a second"),
        ("sending", "ENABLED" if now.sending_enabled else "DISABLED", "status"),
        ("review", now.enforcement_status, "status"),
        *_request_fields(now.request),
    )
    return Details(now, fields, title=f"Amazon SES in {now.region}", next=_next(now))


def _describe_recipients(now: SandboxStatus) -> str:
    if not now.sandbox:
        return "anyone"
    simulator = "the mailbox simulator"
    if now.verified is None:
        return f"verified identities (the look-up is denied), {simulator}"
    names = [name if "@" in name else f"anyone at {name}" for name in now.verified[:_SHOWN]]
    more = len(now.verified) - _SHOWN
    return ", ".join([*names, *([f"{more:,} more identities"] if more > 0 else []), simulator])


def _request_fields(
    request: PreviousRequest | None,
) -> Sequence[tuple[str, object] | tuple[str, object, str]]:
    if request is None:
        return [("request for production", "none")]
    return [
        ("request for production", request.status or "none", "status"),
        ("support case", request.case_id),
        ("mail", (request.mail_type or "").lower()),
        ("website", request.website_url),
        ("contacts", list(request.additional_contacts)),
    ]


def _next(now: SandboxStatus) -> str | None:
    if not now.sandbox:
        return None
    if now.request is not None and now.request.status == "PENDING":
        return "wait for AWS's answer, in the support case and by mail"
    return "sescli sandbox request-production"


@command(
    app,
    "simulate",
    examples=[
        "sescli sandbox simulate bounce --from hello@example.com",
        "sescli sandbox simulate all --from hello@example.com --label job42 --config-set news",
    ],
)
def simulate(
    rt: Runtime,
    scenario: Annotated[
        str,
        typer.Argument(metavar="SCENARIO", help="success, bounce, complaint, ooto, suppressionlist or all."),
    ],
    sender: Annotated[
        str,
        typer.Option(
            "--from", help="Sender: a verified address, or one of a verified domain.", metavar="ADDRESS"
        ),
    ],
    label: Annotated[
        str | None, typer.Option(help="Put after a +, to tell the mails of a test apart.", metavar="LABEL")
    ] = None,
    config_set: Annotated[
        str | None, typer.Option(help="Configuration set that publishes the events.", metavar="SET")
    ] = None,
) -> Listing:
    """Send to the mailbox simulator: a delivery, a bounce, a complaint, an out-of-office reply, on demand.

    Test with it what your program does with bounces and complaints before real ones come; also in the
    sandbox. It does not count to the daily quota or to bounce and complaint rates, but it is rate-limited and
    billed as any mail. With all, each scenario is a mail of its own.
    """
    from sescli.groups.sandbox.service import simulator

    mailing = simulator.SimulatorMessage(sender, label, config_set)
    scenarios = simulator.parse_scenario(scenario)
    sent = simulator.simulate(rt.aws, scenarios, mailing, warn=rt.output.warn, sleep=rt.world.sleep)
    return _simulation_listing(rt, sent)


def _simulation_listing(rt: Runtime, sent: Sequence[SimulationResult]) -> Listing:
    failures = [each.error for each in sent if each.error is not None]
    for error in failures:
        rt.output.error(error)
    columns = (
        Column("scenario", "scenario"),
        Column("to", "to"),
        Column("message ID", "message_id"),
        Column("expect", "expect"),
    )
    return Listing(
        sent,
        columns,
        next="sescli local inbox" if rt.settings.local else None,
        exit_code=worst([classify(error)[0] for error in failures]),
    )


@command(app, "verify-recipient", examples=["sescli sandbox verify-recipient jane@example.com"])
def verify_recipient(
    rt: Runtime, address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A recipient's address.")]
) -> Done:
    """Verify a recipient, so that mail may go to it from the sandbox.

    AWS mails a link to the address; who reads its mail must follow it. Run again, it mails the link again.
    Out of the sandbox no recipient needs this, and addresses of a verified domain need it nowhere.
    """
    from sescli.groups.sandbox.service import sandbox

    found = sandbox.verify_recipient(rt.aws, address)
    message = _MESSAGES[found.outcome].format(email=found.email, by=found.by)
    waits = found.outcome.startswith("mailed")
    return Done(message, found, next=f"sescli identity show {found.email}" if waits else None)


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
def request_production(
    rt: Runtime,
    mail_type: Annotated[
        str | None, typer.Option(help="transactional or marketing. Needed.", metavar="TYPE")
    ] = None,
    website: Annotated[str | None, typer.Option(help="Your website. Needed.", metavar="URL")] = None,
    use_case: Annotated[
        str | None,
        typer.Option(
            help="What you send, to whom, how they signed up, what you do with bounces and complaints: the "
            "text itself, @FILE, or - for standard input. Needed.",
            metavar="TEXT",
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="EN or JA, for AWS's answer; EN unless said.", metavar="LANGUAGE")
    ] = None,
    contact: Annotated[
        list[str] | None,
        typer.Option(help="Further address that AWS writes to, up to four times.", metavar="ADDRESS"),
    ] = None,
) -> Done:
    """Ask AWS to let the account out of the sandbox, in this region.

    On a terminal it asks for whatever the options do not say, shows the request, and sends it only when you
    confirm. People at AWS read it and answer within about a day, in a support case; what they miss most is
    how recipients signed up, and what you do with bounces and complaints. While a request is under review,
    AWS takes no other. For higher limits afterwards ask Service Quotas, not this.
    """
    from sescli.groups.sandbox.service import production_access

    given = _parse_input(rt, mail_type, website, use_case, language, contact)
    granted, earlier = production_access.check_access(rt.aws)
    if granted:
        data = {"region": rt.aws.region, "production_access": True}
        return Done(f"The account has production access in {rt.aws.region} already.", data)
    told = production_access.previous_request_advice(earlier)
    if told:
        rt.output.warn(told)
    return _send_request(rt, given)


def _parse_input(
    rt: Runtime,
    mail_type: str | None,
    website: str | None,
    use_case: str | None,
    language: str | None,
    contact: list[str] | None,
) -> ProductionAccessInput:
    """The options, checked; off a terminal all that is missing is told at once."""
    from sescli.cli.text_input import read_body
    from sescli.groups.sandbox.service import production_access as access
    from sescli.groups.sandbox.wizard import ProductionAccessInput

    given = ProductionAccessInput(
        mail_type=None if mail_type is None else access.parse_mail_type(mail_type),
        website=None if website is None else access.parse_website(website),
        use_case=None if use_case is None else access.parse_use_case(read_body(use_case, rt)),
        language=None if language is None else access.parse_language(language),
        contacts=None if contact is None else access.parse_contacts(contact),
    )
    if not rt.asks:
        given.request()
    return given


def _send_request(rt: Runtime, given: ProductionAccessInput) -> Done:
    from sescli.groups.sandbox import wizard
    from sescli.groups.sandbox.service import production_access

    conversation = bool(given.missing)
    request = wizard.ask(rt.prompter, given) if conversation else given.request()
    rt.output.step(f"Request for production access in {rt.aws.region}")
    for line in (f"{request.mail_type} mail, {request.website}", request.use_case):
        rt.output.note(line)
    if conversation:
        rt.output.same(request.next_command())
    rt.confirm("Send it?", consequence="People at AWS review the request, and only one at a time")
    command = rt.output.with_context_options(request.next_command())
    asked = production_access.request_access(rt.aws, request, command)
    if asked.production_access:
        return Done(f"The account has production access in {asked.region}.", asked, next="sescli status")
    case = f" in support case {asked.case_id}" if asked.case_id else ""
    return Done(f"Asked; AWS answers{case} and by mail.", asked, next="sescli sandbox show")
