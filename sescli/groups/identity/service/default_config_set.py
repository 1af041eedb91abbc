"""The default configuration set of an identity: applied to its mail that names no other."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.errors import AccessError
from sescli.groups.config_set.service.names import explain_missing_set, parse_set_name
from sescli.groups.identity.service.identities import get

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName


@dataclass(frozen=True)
class DefaultSet:
    """An identity and its default configuration set, None without one."""

    identity: str
    config_set: str | None


def show(aws: Gateway, name: IdentityName) -> DefaultSet:
    """SES API v2 GetEmailIdentity. Raises `NotFoundError`."""
    return DefaultSet(name.text, get(aws, name).get("ConfigurationSetName"))


def change(aws: Gateway, name: IdentityName, config_set: str | None) -> DefaultSet:
    """Set or, with None, remove it (SES API v2 PutEmailIdentityConfigurationSetAttributes).

    Raises `NotFoundError`, which tells a missing identity from a missing set.
    """
    if config_set is None:
        get(aws, name)
        aws.write("sesv2", "PutEmailIdentityConfigurationSetAttributes", EmailIdentity=name.text)
        return DefaultSet(name.text, None)
    wanted = parse_set_name(config_set)
    get(aws, name)
    with explain_missing_set(aws, wanted):
        with suppress(AccessError):  # who may set it need not be allowed to look
            aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=wanted)
        aws.write(
            "sesv2",
            "PutEmailIdentityConfigurationSetAttributes",
            EmailIdentity=name.text,
            ConfigurationSetName=wanted,
        )
    return DefaultSet(name.text, wanted)
