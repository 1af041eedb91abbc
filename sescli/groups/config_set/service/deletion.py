"""Deleting a configuration set: what leans on it, and the deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.aws.throttle_retry import retry_throttled
from sescli.errors import AccessError, ApiError, NotFoundError, SescliError
from sescli.groups.config_set.service.event_destinations import destinations
from sescli.groups.config_set.service.names import explain_missing_set, parse_set_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.aws.gateway import Gateway

_PAGE = 1000  # the most that ListEmailIdentities gives
_MANY = 100
_SHOWN = 10
# An endpoint without tenants answers so: an older SES, or the embedded one.
_NO_TENANTS = frozenset({"NotImplemented", "UnknownOperationException", "InvalidAction"})


@dataclass(frozen=True)
class DeletedConfigSet:
    """A set that is gone, and the event destinations that went with it."""

    name: str
    event_destinations: tuple[str, ...]


@dataclass(frozen=True)
class DependentsCheck:
    """Looks for what leans on a set: slow where there are many identities, as SES tells it one by one."""

    aws: Gateway
    note: Callable[[str], None]
    sleep: Callable[[float], None]

    def require_none(self, name: str) -> None:
        """Raises `SescliError` (code InUse) that names the identities and tenants that lean on the set.

        A look-up that is denied is refused too: whoever may not look cannot know that nothing breaks.
        SES API v2 ListEmailIdentities, GetEmailIdentity, ListResourceTenants.
        """
        try:
            identities, tenants = list(self._identities(name)), self._tenants(name)
        except AccessError as error:
            error.hint = "to delete it without looking at what leans on it: --no-check"
            raise
        if identities:
            hint = f"take it from them first: sescli identity config-set {identities[0]} --none"
            raise _in_use(name, "it is the default of", identities, hint)
        if tenants:
            raise _in_use(name, "it belongs to the tenants", tenants, "take it from them first")

    def _identities(self, name: str) -> Iterator[str]:
        all_of_them = self.aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=_PAGE)
        names = [found["IdentityName"] for found in all_of_them]
        if len(names) > _MANY:
            self.note(f"looking which of {len(names):,} identities lean on it; --no-check leaves that out")
        for identity in names:
            if self._default_of(identity) == name:
                yield identity

    def _default_of(self, identity: str) -> str | None:
        try:
            answer = retry_throttled(
                lambda: self.aws.read("sesv2", "GetEmailIdentity", EmailIdentity=identity), sleep=self.sleep
            )
        except NotFoundError:  # deleted since the list was made
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


def _in_use(name: str, how: str, users: Sequence[str], hint: str) -> SescliError:
    more = len(users) - _SHOWN
    named = ", ".join(users[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
    return SescliError(f"{name} is in use: {how} {named}", hint=hint, code="InUse")


def destination_names(aws: Gateway, name: str) -> tuple[str, ...]:
    """The event destinations that go with the set. Raises `NotFoundError` where there is no such set."""
    return tuple(destination.name for destination in destinations(aws, name))


def delete(aws: Gateway, name: str, event_destinations: tuple[str, ...]) -> DeletedConfigSet:
    """Delete a set with its event destinations (SES API v2 DeleteConfigurationSet).

    SES itself does not refuse while identities lean on it: their mail fails from then on.
    """
    with explain_missing_set(aws, parse_set_name(name)):
        aws.write("sesv2", "DeleteConfigurationSet", ConfigurationSetName=name)
    return DeletedConfigSet(name, event_destinations)
