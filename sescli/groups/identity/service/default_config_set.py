"""The default configuration set of an identity. SES uses it for email that names no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.aws.try_read import try_read
from sescli.groups.config_set.service.names import explain_missing_set, parse_set_name
from sescli.groups.identity.service.identities import get_email_identity

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName


@dataclass(frozen=True)
class DefaultConfigSet:
    """An identity and its default configuration set, None without one."""

    identity: str
    config_set: str | None


def show(aws: Gateway, name: IdentityName) -> DefaultConfigSet:
    """SES API v2 GetEmailIdentity. Raises `NotFoundError`."""
    return DefaultConfigSet(name.text, get_email_identity(aws, name).get("ConfigurationSetName"))


def change(aws: Gateway, name: IdentityName, config_set: str | None) -> DefaultConfigSet:
    """Set it, or remove it with None (SES API v2 PutEmailIdentityConfigurationSetAttributes).

    Raises `NotFoundError`, which says whether the identity or the configuration set is missing.
    """
    if config_set is None:
        get_email_identity(aws, name)
        aws.write("sesv2", "PutEmailIdentityConfigurationSetAttributes", EmailIdentity=name.text)
        return DefaultConfigSet(name.text, None)
    set_name = parse_set_name(config_set)
    get_email_identity(aws, name)
    with explain_missing_set(aws, set_name):
        # The permission to set it does not include the permission to read it.
        try_read(
            f"configuration set {set_name}",
            lambda: aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=set_name),
        )
        aws.write(
            "sesv2",
            "PutEmailIdentityConfigurationSetAttributes",
            EmailIdentity=name.text,
            ConfigurationSetName=set_name,
        )
    return DefaultConfigSet(name.text, set_name)
