"""`sescli smtp test`: test SMTP credentials against a real server."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, options
from sescli.errors import UsageError
from sescli.groups.smtp.commands import secret_input
from sescli.groups.smtp.commands.options import ForRegion, chosen_region
from sescli.output.results import Details
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.smtp.service.credentials import SmtpInput
    from sescli.groups.smtp.service.probe import Login, ProbeMessage, ProbeResult
    from sescli.groups.smtp.service.server import SmtpServer

app = typer.Typer()


@options
class ProbeOptions:
    """The server to test, how to log in, and the message to send."""

    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="SMTP server. Default: SES in the region.")
    ] = None
    port: Annotated[
        int | None, typer.Option(metavar="PORT", min=1, max=65535, help="Port. Default: 587.")
    ] = None
    tls: Annotated[
        str | None, typer.Option(metavar="MODE", help="TLS mode: starttls or implicit. Default: by port.")
    ] = None
    username: Annotated[
        str | None, typer.Option(metavar="ID", help="SMTP user name: an access key ID, not a secret.")
    ] = None
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Recipient of a test message.")] = None
    sender: Annotated[
        str | None, typer.Option("--from", metavar="ADDRESS", help="Sender of the test message.")
    ] = None
    ca_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trust only the certificate authorities in this PEM file."),
    ] = None
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, max=600, help="Time limit for the complete test.")
    ] = 30.0
    for_region: ForRegion = None

    def message(self) -> ProbeMessage | None:
        """The message to send, or None. Raises `UsageError`."""
        from sescli.groups.smtp.service.probe import ProbeMessage
        from sescli.mail.addresses import parse_address

        if self.sender is None and self.to is None:
            return None
        if self.sender is None or self.to is None:
            raise UsageError(
                "a test message needs a sender and a recipient", hint="give both --from and --to"
            )
        return ProbeMessage(parse_address(self.sender).addr_spec, parse_address(self.to).addr_spec)


@command(
    app,
    "test",
    examples=[
        "sescli smtp test < smtp.env",
        "sescli smtp test --from hello@example.com --to success@simulator.amazonses.com < smtp.env",
    ],
)
def try_credentials(rt: Runtime, chosen: ProbeOptions) -> Details:
    """Test SMTP credentials: connect, start TLS and log in; with --to, also send a message.

    Run it before you give the credentials to a program. It explains what is wrong: a password of another region, an
    untrusted certificate, a blocked port, an unverified sender. Pipe in the password (alone, or the file written by
    'sescli smtp create'), or set SMTP_PASSWORD; otherwise sescli asks. The password is sent only over verified TLS.
    """
    from sescli.groups.smtp.service.probe import run_probe

    message = chosen.message()
    supplied = _read_credentials(rt)
    server = _resolve_server(rt, supplied, chosen)
    login = _resolve_login(rt, supplied, chosen.username)
    if rt.settings.dry_run and message:
        rt.output.note("Dry run: sescli tests the connection but sends no message.")
        message = None
    result = run_probe(server, login, ca_file=chosen.ca_file, mail=message, say=rt.output.step)
    return Details(result, _fields(result), title=f"{server} accepted the credentials")


def _fields(result: ProbeResult) -> list[tuple[str, object]]:
    return [
        ("TLS", f"{result.tls_version}, {result.tls}, certificate verified"),
        ("certificate expires", result.certificate_expires),
        ("logged in as", result.username),
        ("AUTH mechanisms", list(result.auth)),
        ("message ID", result.message_id),
    ]


def _read_credentials(rt: Runtime) -> SmtpInput:
    """Credentials from standard input; the environment adds what is missing, unless a user is named there."""
    from sescli.groups.smtp.service.credentials import parse_smtp_input, smtp_input_from_environment

    environment = smtp_input_from_environment(rt.world.environ)
    text = secret_input.read_piped(rt, "the SMTP password")
    if text is None:
        return environment
    piped = parse_smtp_input(text)
    if piped.username:
        return piped
    return replace(environment, **{name: value for name, value in asdict(piped).items() if value is not None})


def _resolve_login(rt: Runtime, supplied: SmtpInput, username: str | None) -> Login:
    from sescli.groups.smtp.service.credentials import PASSWORD_VARIABLE, USERNAME_VARIABLE, parse_smtp_input
    from sescli.groups.smtp.service.probe import Login

    name = username or supplied.username
    if not name:
        if not rt.asks:
            raise UsageError("no SMTP user name", hint=f"give --username ID, or set {USERNAME_VARIABLE}")
        name = rt.prompter.text("SMTP user name (an access key ID)")
    password = supplied.password
    if password is None:
        answer = secret_input.prompt_secret(rt, "SMTP password", PASSWORD_VARIABLE)
        password = parse_smtp_input(answer).password
    if not password or not name.isascii() or not name.isprintable():
        raise UsageError("the SMTP user name and password must each be one line of ASCII")
    return Login(name, password)


def _resolve_server(rt: Runtime, supplied: SmtpInput, chosen: ProbeOptions) -> SmtpServer:
    """From the options, else from the supplied credentials, else SES in the region in use."""
    from sescli.groups.smtp.service.endpoints import USUAL_PORT, region_mismatch
    from sescli.groups.smtp.service.server import TLS_MODES, SmtpServer, usual_tls

    if chosen.tls is not None and chosen.tls not in TLS_MODES:
        raise UsageError(f"--tls: {chosen.tls!r} is not valid", hint="give starttls or implicit")
    host = _resolve_host(rt, supplied, chosen)
    mismatch = region_mismatch(supplied.region, host)
    if mismatch:
        rt.output.warn(mismatch)
    port = chosen.port or supplied.port or USUAL_PORT
    return SmtpServer(host, port, chosen.tls or usual_tls(port), chosen.timeout)


def _resolve_host(rt: Runtime, supplied: SmtpInput, chosen: ProbeOptions) -> str:
    from sescli.groups.smtp.service.endpoints import endpoint

    host = chosen.host
    if host is None and chosen.for_region is None:
        host = supplied.host
    if host is not None:
        return host
    if rt.settings.local:
        raise UsageError("the local SES emulator has no SMTP server", hint="name a server: --host HOST")
    return endpoint(chosen_region(rt, chosen.for_region or supplied.region)).host
