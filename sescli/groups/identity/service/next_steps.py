"""The next command for an identity in each status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.dns.names import EMAIL_ADDRESS
from sescli.groups.identity.service.identities import SUCCESS

if TYPE_CHECKING:
    from sescli.advice import Hint
    from sescli.groups.identity.service.identities import Identity

_IS_LOOKING = frozenset({"PENDING", "TEMPORARY_FAILURE"})


def next_step(identity: Identity) -> Hint | None:
    """What to do next, None if nothing is left to do."""
    name, status = identity.identity, identity.verification_status
    if identity.type == EMAIL_ADDRESS:
        resend = NextCommand("identity", "verify", name, "--resend")
        return None if status == SUCCESS else Advice("open the link, or send it again: ", resend)
    if status not in {SUCCESS, "FAILED"}:
        return _publish_and_check(name)
    return fix_dkim(identity) or (fix_mail_from(identity) if identity.mail_from_domain else None)


def fix_dkim(identity: Identity) -> Hint | None:
    """What makes DKIM work, None if it works. If SES stopped looking, `dkim enable` makes it start again."""
    name, dkim = identity.identity, identity.dkim
    if identity.type == EMAIL_ADDRESS:
        return None
    if "FAILED" in {identity.verification_status, dkim.status}:
        own_key = ("--selector", "SELECTOR", "--private-key", "FILE") if dkim.origin == "EXTERNAL" else ()
        return _fix_and_restart(name, NextCommand("identity", "dkim", "enable", name, *own_key))
    if dkim.status in _IS_LOOKING:
        return _publish_and_check(name)
    if dkim.signing_enabled and dkim.status == SUCCESS:
        return None
    return Advice("turn on DKIM signing: ", NextCommand("identity", "dkim", "enable", name))


def fix_mail_from(identity: Identity) -> Hint | None:
    """What makes the MAIL FROM domain work, None if it works."""
    name = identity.identity
    if not identity.mail_from_domain:
        command = NextCommand("identity", "mail-from", "set", name, "--domain", "bounce")
        return Advice("make SPF pass for your domain too: ", command)
    if identity.mail_from_status == SUCCESS:
        return None
    if identity.mail_from_status == "FAILED":
        return _fix_and_restart(name, NextCommand("identity", "mail-from", "set", name))
    return _publish_and_check(name)


def send_test_email(name: str) -> NextCommand:
    """The command that sends a first message from a verified identity."""
    sender = name if "@" in name else f"hello@{name}"
    recipient = "success@simulator.amazonses.com"
    message = ("--from", sender, "--to", recipient, "--subject", "Hello", "--text", "Hello")
    return NextCommand("send", "email", *message)


def _publish_and_check(name: str) -> Hint:
    """SES only reports that it waits. The check shows for which record."""
    return Advice("publish the DNS records, then run: ", NextCommand("identity", "check", name))


def _fix_and_restart(name: str, restart: NextCommand) -> Hint:
    """After 72 hours SES stops looking, until a command makes it start again."""
    check = NextCommand("identity", "check", name)
    return Advice("fix the DNS records (", check, " shows them), then make SES look again: ", restart)
