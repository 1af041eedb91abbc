"""Deleting a configuration set: the check for identities and tenants that use it, and the deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.aws.throttle_retry import retry_throttled
from sescli.errors import AccessError, ApiError, NotFoundError, SescliError
from sescli.groups.config_set.service.event_destinations import destinations
from sescli.groups.config_set.service.names import explain_missing_set, parse_set_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway

_PAGE = 1000  # the largest page of ListEmailIdentities
_MANY = 100
_SHOWN = 10
# Endpoints without tenants return these: an older SES, or the emulator.
_NO_TENANTS = frozenset({"NotImplemented", "UnknownOperationException", "InvalidAction"})


@dataclass(frozen=True)
class DeletedConfigSet:
    """A deleted set, and the event destinations deleted with it."""

    name: str
    event_destinations: tuple[str, ...]


@dataclass(frozen=True)
class DependentsCheck:
    """Finds identities and tenants that use a set. Slow with many identities, because it needs one call for each."""

    aws: Gateway
    note: Callable[[str], None]
    sleep: Callable[[float], None]

    def require_none(self, name: str) -> None:
        """Raise `SescliError` (code InUse) if identities or tenants use the set.

        A denied look-up is an error too, because the deletion could break sending.
        SES API v2 ListEmailIdentities, GetEmailIdentity, ListResourceTenants.
        """
        try:
            identities, tenants = list(self._identities(name)), self._tenants(name)
        except AccessError as error:
            error.hint = "to delete the set without this check, add --no-check"
            raise
        if identities:
            hint = Advice(
                "remove it from each identity first: ",
                NextCommand("identity", "config-set", identities[0], "--none"),
            )
            raise _in_use(name, "it is the default of", identities, hint)
        if tenants:
            raise _in_use(name, "it belongs to the tenants", tenants, "remove it from the tenants first")

    def _identities(self, name: str) -> Iterator[str]:
        all_of_them = self.aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=_PAGE)
        names = [found["IdentityName"] for found in all_of_them]
        if len(names) > _MANY:
            self.note(f"checking which of {len(names):,} identities use it (--no-check skips this)")
        for identity in names:
            if self._default_of(identity) == name:
                yield identity

    def _default_of(self, identity: str) -> str | None:
        try:
            answer = retry_throttled(
                lambda: self.aws.read("sesv2", "GetEmailIdentity", EmailIdentity=identity), sleep=self.sleep
            )
        except NotFoundError:  # deleted since the listing
            return None
        return answer.get("ConfigurationSetName")

    def _tenants(self, name: str) -> list[str]:
        try:
            caller = self.aws.read("sts", "GetCallerIdentity")
            partition = str(caller["Arn"]).split(":")[1]
            arn = f"arn:{partition}:ses:{self.aws.region}:{caller['Account']}:configuration-set/{name}"
            found = self.aws.pages("sesv2", "ListResourceTenants", "ResourceTenants", ResourceArn=arn)
            return [tenant["TenantName"] for tenant in found]
        except ApiError as error:
            if error.code in _NO_TENANTS:
                return []
            raise
        except NotFoundError:
            return []


def _in_use(name: str, how: str, users: Sequence[str], hint: Hint) -> SescliError:
    more = len(users) - _SHOWN
    named = ", ".join(users[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
    return SescliError(f"{name} is in use: {how} {named}", hint=hint, code="InUse")


def destination_names(aws: Gateway, name: str) -> tuple[str, ...]:
    """The names of the event destinations of a set. Raises `NotFoundError` if the set does not exist."""
    return tuple(destination.name for destination in destinations(aws, name))


def delete(aws: Gateway, name: str, event_destinations: tuple[str, ...]) -> DeletedConfigSet:
    """Delete a set with its event destinations (SES API v2 DeleteConfigurationSet).

    SES deletes the set even if identities use it, and then rejects their messages.
    """
    with explain_missing_set(aws, parse_set_name(name)):
        aws.write("sesv2", "DeleteConfigurationSet", ConfigurationSetName=name)
    return DeletedConfigSet(name, event_destinations)
