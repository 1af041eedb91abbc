"""`sescli identity verify`: start the verification of domains and email addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.batch import apply_each
from sescli.cli.decorator import command, options
from sescli.cli.params import parse_tags
from sescli.errors import UsageError
from sescli.groups.identity.commands.dkim_keys import parse_key_length, read_private_key
from sescli.groups.identity.commands.options import (
    DkimKeyLength,
    DkimPrivateKey,
    LegacyTxt,
    MailFromDomain,
    Names,
)
from sescli.groups.identity.views.identity import verify_result
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.service.verification import VerificationOptions

# A Typer without a name: its commands become commands of `sescli identity`.
app = typer.Typer()


@options
class NewIdentityOptions:
    """How a new identity is configured."""

    mail_from: MailFromDomain = None
    dkim_selector: Annotated[
        str | None, typer.Option(help="Selector of your own DKIM key.", metavar="SELECTOR")
    ] = None
    dkim_private_key: DkimPrivateKey = None
    dkim_key_length: DkimKeyLength = None
    config_set: Annotated[
        str | None, typer.Option(help="Default configuration set of the identity.", metavar="NAME")
    ] = None
    tag: Annotated[
        list[str] | None, typer.Option(help="Tag of the identity. Repeatable.", metavar="KEY=VALUE")
    ] = None
    legacy_txt: LegacyTxt = False


@command(
    app,
    "verify",
    examples=[
        "sescli identity verify example.com",
        "sescli identity verify example.com --mail-from bounce --tag team=shop",
        "sescli identity verify john@example.com",
    ],
)
def verify(
    rt: Runtime,
    names: Names,
    new: NewIdentityOptions,
    resend: Annotated[
        bool,
        typer.Option(
            "--resend", help="Send the verification link to an address again. Changes nothing else."
        ),
    ] = False,
) -> Done:
    """Start the verification of domains and email addresses.

    SES sends email only from verified identities. Prefer a domain: it covers every address in it, and SES signs
    its email with DKIM. A domain is verified by DNS records, which this command prints. An address is verified by
    a link that AWS sends to it, which is enough for a first test.

    --mail-from sets a subdomain of yours that receives bounces. SPF then passes for your domain.
    """
    from sescli.dns.names import parse_identities
    from sescli.groups.identity.service import verification

    chosen = _verification_options(rt, new)
    identities = parse_identities(names)
    if resend:
        if chosen != verification.VerificationOptions():
            raise UsageError("--resend cannot be combined with other options", hint="use --resend alone")
        started, code = apply_each(rt, identities, lambda name: verification.resend_link(rt.aws, name))
    else:
        verification.check_options(identities, chosen)
        started, code = apply_each(rt, identities, lambda name: verification.verify(rt.aws, name, chosen))
    return verify_result(rt, started, code)


def _verification_options(rt: Runtime, new: NewIdentityOptions) -> VerificationOptions:
    from sescli.groups.identity.service.verification import VerificationOptions

    return VerificationOptions(
        mail_from=new.mail_from,
        dkim_selector=new.dkim_selector,
        dkim_key=read_private_key(rt, new.dkim_private_key),
        dkim_key_length=parse_key_length(new.dkim_key_length, "--dkim-key-length"),
        config_set=new.config_set,
        tags=parse_tags(new.tag or []),
        legacy_txt=new.legacy_txt,
    )
