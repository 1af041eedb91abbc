"""`sescli smtp`: credentials for programs that send by SMTP; here the endpoints, the password and the test."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.errors import UsageError
from sescli.groups.smtp.commands import secret_input
from sescli.groups.smtp.commands.users import ForRegion, app, chosen_region
from sescli.output.results import Column, Details, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.smtp.service.credentials import SmtpInput
    from sescli.groups.smtp.service.probe import Login, ProbeMessage, ProbeResult
    from sescli.groups.smtp.service.secret_key import SecretKey
    from sescli.groups.smtp.service.server import SmtpServer

_ENDPOINT = (
    Column("region", "region"),
    Column("host", "host"),
    Column("FIPS host", "fips_host"),
    Column("STARTTLS", lambda found: [str(port) for port in found.starttls_ports]),
    Column("TLS", lambda found: [str(port) for port in found.tls_ports]),
    Column("in AWS's list", "documented"),
)


@dataclass(frozen=True)
class DerivedPassword:
    """The SMTP password of a secret key for one region."""

    region: str
    smtp_password: str = field(repr=False)


@command(
    app,
    "endpoints",
    examples=["sescli smtp endpoints", "sescli smtp endpoints --for-region eu-west-1 -q '[0].host'"],
)
def endpoints(
    rt: Runtime,
    for_region: Annotated[
        str | None, typer.Option("--for-region", metavar="REGION", help="This region only.")
    ] = None,
) -> Listing:
    """List the SMTP hosts of SES by region, and their ports.

    Use 587 with STARTTLS, or 465 where a program speaks TLS from the start. 25 is blocked or throttled in many
    networks, EC2 among them; 2587 and 2465 are for networks that block the others. A password works in its own
    region only.
    """
    from sescli.groups.smtp.service import endpoints as smtp_endpoints

    if for_region is None:
        return Listing(smtp_endpoints.endpoints(), _ENDPOINT)
    found = smtp_endpoints.endpoint(for_region)
    warning = smtp_endpoints.region_warning(found.region)
    if warning:
        rt.output.warn(warning)
    return Listing([found], _ENDPOINT)


@command(
    app,
    "password",
    examples=[
        "sescli smtp password --for-region eu-west-1 < secret-key.txt",
        "sescli smtp password --for-region eu-west-1 -q smtp_password",
    ],
)
def password(rt: Runtime, for_region: ForRegion = None) -> Details:
    """Derive the SMTP password from a secret access key, here, without a call to AWS.

    For a key that there is already, or for one more region: the same key has another password in each. The secret
    key is read from standard input if something is piped in (the bare secret, or the answer of 'aws iam
    create-access-key' as it is), else from AWS_SECRET_ACCESS_KEY, else it is asked for. It is never an argument, which
    others on the machine could read. Temporary credentials (SSO, roles) have no SMTP password.
    """
    from sescli.groups.smtp.service.password import derive_password

    region = chosen_region(rt, for_region)
    key, source = _read_secret_key(rt)
    if not key.has_usual_length:
        rt.output.warn(f"the secret key {source} has {len(key.secret)} characters; those of AWS have 40")
    rt.output.note(f"derived from the secret key {source}; it works in {region} only")
    made = DerivedPassword(region, derive_password(key.secret, region))
    fields = [("region", region), ("user name", key.access_key_id or "the access key ID of that secret")]
    return Details(
        made,
        [*fields, ("password", made.smtp_password)],
        next="sescli smtp test" + (f" --for-region {region}" if for_region else ""),
    )


@command(
    app,
    "test",
    examples=[
        "sescli smtp test < smtp.env",
        "sescli smtp test --from hello@example.com --to success@simulator.amazonses.com < smtp.env",
    ],
)
def try_credentials(
    rt: Runtime,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="Server; else SES's of the region.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", min=1, max=65535, help="Port; else 587.")
    ] = None,
    tls: Annotated[
        str | None,
        typer.Option(metavar="MODE", help="starttls or implicit; else what is usual on the port."),
    ] = None,
    username: Annotated[
        str | None, typer.Option(metavar="ID", help="SMTP user name, an access key ID; it is no secret.")
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Send one mail to it.")] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="ADDRESS", help="Its sender.")] = None,
    ca_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Trust these authorities (PEM) and no others.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, max=600, help="For all of it.")
    ] = 30.0,
    for_region: ForRegion = None,
) -> Details:
    """Try SMTP credentials: connect, secure the connection, log in; with --to also send one mail.

    Do this before you give them to a program. It says what is wrong: a password of another region, a certificate
    that is not to be trusted, a blocked port, a sender that is not verified. The password is piped in (alone, or as
    the file that 'sescli smtp create' writes), else taken from SMTP_PASSWORD, else asked for; it is sent over
    verified TLS only.
    """
    from sescli.groups.smtp.service.probe import run_probe

    mail = _probe_message(sender, to)
    given = _smtp_input(rt)
    server = _resolve_server(rt, given, host, port, tls, timeout, for_region)
    login = _resolve_login(rt, given, username)
    if rt.settings.dry_run and mail:
        rt.output.note("dry run: the connection is tried, no mail is sent")
    worked = run_probe(
        server,
        login,
        ca_file=ca_file,
        mail=None if rt.settings.dry_run else mail,
        say=rt.output.step,
    )
    return Details(worked, _fields(worked), title=f"{server} takes these credentials")


def _fields(worked: ProbeResult) -> list[tuple[str, object]]:
    return [
        ("TLS", f"{worked.tls_version}, {worked.tls}, certificate verified"),
        ("certificate until", worked.certificate_expires),
        ("AUTH", f"{worked.username} was let in"),
        ("offered", list(worked.auth)),
        ("message ID", worked.message_id),
    ]


def _read_secret_key(rt: Runtime) -> tuple[SecretKey, str]:
    """The key, and in words where it is from."""
    from sescli.groups.smtp.service import secret_key

    environ = rt.world.environ
    text = secret_input.read_piped(rt, "the secret key")
    if text is not None:
        return secret_key.parse_secret_key(text, environ), "on standard input"
    found = secret_key.key_from_environment(environ)
    if found is not None:
        return found, f"in {secret_key.VARIABLE}"
    answer = secret_input.prompt_secret(rt, "secret access key", secret_key.VARIABLE)
    return secret_key.parse_secret_key(answer, environ), "that you typed"


def _smtp_input(rt: Runtime) -> SmtpInput:
    """What is piped in, completed from the environment unless it names a user of its own."""
    from sescli.groups.smtp.service.credentials import parse_smtp_input, smtp_input_from_environment

    environment = smtp_input_from_environment(rt.world.environ)
    text = secret_input.read_piped(rt, "the SMTP password")
    if text is None:
        return environment
    piped = parse_smtp_input(text)
    if piped.username:
        return piped
    return replace(environment, **{name: value for name, value in asdict(piped).items() if value is not None})


def _resolve_login(rt: Runtime, given: SmtpInput, username: str | None) -> Login:
    from sescli.groups.smtp.service.credentials import PASSWORD_VARIABLE, USERNAME_VARIABLE, parse_smtp_input
    from sescli.groups.smtp.service.probe import Login

    name = username or given.username
    if not name:
        if not rt.asks:
            raise UsageError("there is no SMTP user name", hint=f"--username ID, or {USERNAME_VARIABLE}")
        name = rt.prompter.text("SMTP user name (an access key ID)")
    word = given.password
    if word is None:
        word = parse_smtp_input(secret_input.prompt_secret(rt, "SMTP password", PASSWORD_VARIABLE)).password
    if not word or not name.isascii() or not name.isprintable():
        raise UsageError("the SMTP user name and password must be one line of ASCII each")
    return Login(name, word)


def _resolve_server(
    rt: Runtime,
    given: SmtpInput,
    host: str | None,
    port: int | None,
    tls: str | None,
    timeout: float,
    for_region: str | None,
) -> SmtpServer:
    """Options first, then what came with the credentials, then the region in use."""
    from sescli.groups.smtp.service.endpoints import USUAL_PORT, endpoint, region_mismatch
    from sescli.groups.smtp.service.server import TLS_MODES, SmtpServer, usual_tls

    if tls is not None and tls not in TLS_MODES:
        raise UsageError(f"--tls is {tls!r}", hint="it takes starttls or implicit")
    if host is None and for_region is None:
        host = given.host
    if host is None:
        if rt.settings.local:
            raise UsageError("the embedded SES speaks no SMTP", hint="name a server: --host HOST")
        host = endpoint(chosen_region(rt, for_region or given.region)).host
    doubt = region_mismatch(given.region, host)
    if doubt:
        rt.output.warn(doubt)
    port = port or given.port or USUAL_PORT
    return SmtpServer(host, port, tls or usual_tls(port), timeout)


def _probe_message(sender: str | None, to: str | None) -> ProbeMessage | None:
    from sescli.groups.smtp.service.probe import ProbeMessage
    from sescli.mail.addresses import parse_address

    if sender is None and to is None:
        return None
    if sender is None or to is None:
        raise UsageError("a mail needs a sender and a recipient", hint="give --from and --to")
    return ProbeMessage(parse_address(sender).addr_spec, parse_address(to).addr_spec)
