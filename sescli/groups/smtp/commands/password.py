"""`sescli smtp password`: derive the SMTP password of an existing key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.groups.smtp.commands import secret_input
from sescli.groups.smtp.commands.options import ForRegion, chosen_region
from sescli.output.results import Details
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.smtp.service.secret_key import SecretKey

app = typer.Typer()


@dataclass(frozen=True)
class DerivedPassword:
    """The SMTP password of a secret key for one region."""

    region: str
    smtp_password: str = field(repr=False)


@command(
    app,
    "password",
    examples=[
        "sescli smtp password --for-region eu-west-1 < secret-key.txt",
        "sescli smtp password --for-region eu-west-1 -q smtp_password",
    ],
)
def password(rt: Runtime, for_region: ForRegion = None) -> Details:
    """Derive the SMTP password from a secret access key, without a call to AWS.

    Use it for an existing key, or for another region: the password differs in each region. sescli reads the secret key
    from standard input (only the secret, or the output of 'aws iam create-access-key'), else from
    AWS_SECRET_ACCESS_KEY, else it asks. It is never an argument, because others on this machine could read it.
    Temporary credentials (SSO, roles) have no SMTP password.
    """
    from sescli.groups.smtp.service.password import derive_password

    region = chosen_region(rt, for_region)
    key, source = _read_secret_key(rt)
    if not key.has_usual_length:
        rt.output.warn(f"the secret key {source} has {len(key.secret)} characters; AWS keys have 40")
    rt.output.note(f"Derived from the secret key {source}. It works only in {region}.")
    made = DerivedPassword(region, derive_password(key.secret, region))
    fields = [("region", region), ("user name", key.access_key_id or "the access key ID of this secret key")]
    return Details(
        made,
        [*fields, ("password", made.smtp_password)],
        next=NextCommand("smtp", "test", *(("--for-region", region) if for_region else ())),
    )


def _read_secret_key(rt: Runtime) -> tuple[SecretKey, str]:
    """The key, and words that say where it comes from."""
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
