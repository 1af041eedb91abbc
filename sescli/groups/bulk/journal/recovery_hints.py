"""What must be mended before a run that SES stopped can go on: without it, it would stop again at once."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sescli.groups.send.service.preflight import is_config_set_pause

if TYPE_CHECKING:
    from sescli.groups.bulk.model.spec import MessageSpec

_TEMPLATE = frozenset({"TEMPLATE_DOES_NOT_EXIST", "TEMPLATE_NOT_FOUND"})
_CONFIG_SET = frozenset({"CONFIGURATION_SET_DOES_NOT_EXIST", "CONFIGURATION_SET_NOT_FOUND"})
_ACCOUNT = frozenset(
    {
        "ACCOUNT_SENDING_PAUSED",
        "ACCOUNT_SUSPENDED",
        "AccountSendingPausedException",
        "AccountSuspendedException",
        "SendingPausedException",
    }
)
_MAIL_FROM = frozenset({"MAIL_FROM_DOMAIN_NOT_VERIFIED", "MailFromDomainNotVerifiedException"})


def recovery_hint(code: str | None, reason: str | None, mailing: MessageSpec) -> str | None:
    """The first step out, by the code and reason that ended a run; None where going on is all there is to do.

    SES answers a call for a missing template or configuration set with one code (NotFoundException): the
    words tell them apart.
    """
    said = (reason or "").lower()
    missing = code == "NotFoundException"
    config_set, domain = shlex.quote(mailing.config_set or "NAME"), mailing.sender_address.rpartition("@")[2]
    if code in _CONFIG_SET or (missing and "configuration set" in said):
        return f"create the configuration set again (sescli config-set create {config_set})"
    if code in _TEMPLATE or (missing and "template" in said):
        name = shlex.quote(mailing.template or "NAME")
        return f"create the template again (sescli template create {name} --file FILE)"
    if is_config_set_pause(code, said):
        return f"turn its sending on (sescli config-set sending {config_set} --on)"
    if code in _ACCOUNT:
        return "have the account send again (sescli status tells how it stands)"
    if code in _MAIL_FROM:
        return f"mend the MAIL FROM domain (sescli identity mail-from show {domain})"
    if code == "ACCOUNT_DAILY_QUOTA_EXCEEDED" or ("daily" in said and "quota" in said):
        return "wait until the 24-hour quota has room again (sescli reputation quota)"
    if "not verified" in said:
        return f"verify the sender (sescli identity show {domain})"
    return None
