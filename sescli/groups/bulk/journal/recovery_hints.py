"""What to fix before a run that SES stopped can resume; otherwise it stops again at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.groups.send.service.preflight import is_config_set_pause

if TYPE_CHECKING:
    from sescli.groups.bulk.model.spec import MessageSpec

_TEMPLATE = frozenset({"TEMPLATE_DOES_NOT_EXIST", "TEMPLATE_NOT_FOUND", "TemplateNotFound"})
_CONFIG_SET = frozenset(
    {"CONFIGURATION_SET_DOES_NOT_EXIST", "CONFIGURATION_SET_NOT_FOUND", "ConfigSetNotFound"}
)
_ACCOUNT = frozenset(
    {
        "ACCOUNT_SENDING_PAUSED",
        "ACCOUNT_SUSPENDED",
        "AccountSendingPausedException",
        "AccountSuspendedException",
        "SendingPaused",
        "SendingPausedException",
    }
)
_MAIL_FROM = frozenset({"MAIL_FROM_DOMAIN_NOT_VERIFIED", "MailFromDomainNotVerifiedException"})


def recovery_hint(code: str | None, reason: str | None, mailing: MessageSpec) -> Advice | None:
    """What to fix, from the code and reason that stopped a run; None if the run only needs to be resumed.

    SES returns the same code (NotFoundException) for a missing template and a missing configuration set; the
    reason tells which one is missing.
    """
    text = (reason or "").lower()
    missing = code == "NotFoundException"
    config_set, domain = mailing.config_set or "NAME", mailing.sender_address.rpartition("@")[2]
    if code in _CONFIG_SET or (missing and "configuration set" in text):
        return _fix("create the configuration set again", "config-set", "create", config_set)
    if code in _TEMPLATE or (missing and "template" in text):
        name = mailing.template or "NAME"
        return _fix("create the template again", "template", "create", name, "--file", "FILE")
    if is_config_set_pause(code, text):
        return _fix("enable sending for the configuration set", "config-set", "sending", config_set, "--on")
    if code in _ACCOUNT:
        return _fix("get sending enabled again for the account", "status")
    if code in _MAIL_FROM:
        return _fix("fix the MAIL FROM domain", "identity", "mail-from", "show", domain)
    if code == "ACCOUNT_DAILY_QUOTA_EXCEEDED" or ("daily" in text and "quota" in text):
        return _fix("wait until part of the 24-hour quota is free again", "reputation", "quota")
    if "not verified" in text:
        return _fix("verify the sender", "identity", "show", domain)
    return None


def _fix(action: str, *argv: str) -> Advice:
    return Advice(f"{action} (", NextCommand(*argv), ")")
