"""Tags of an identity: the labels that AWS uses for cost reports and permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import NotFoundError, UsageError
from sescli.groups.identity.service.identities import get_email_identity
from sescli.groups.identity.service.identity_arn import identity_arn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName

# Tags per resource, docs/ses-behavior.md#resource-tags
_MAX_TAGS = 50


@dataclass(frozen=True)
class IdentityTag:
    """One tag. `value` may be empty."""

    key: str
    value: str


@dataclass(frozen=True)
class TaggedIdentity:
    """An identity, its ARN, and its tags by key."""

    name: IdentityName
    arn: str
    tags: tuple[IdentityTag, ...]

    def values(self) -> dict[str, str]:
        """The value of each key."""
        return {tag.key: tag.value for tag in self.tags}


def show(aws: Gateway, name: IdentityName) -> TaggedIdentity:
    """The tags of an identity, sorted by key (SES API v2 ListTagsForResource, STS GetCallerIdentity for the ARN).

    Raises `NotFoundError` with a hint.
    """
    account_id = str(aws.read("sts", "GetCallerIdentity")["Account"])
    arn = identity_arn(aws.region, account_id, name.text)
    try:
        answer = aws.read("sesv2", "ListTagsForResource", ResourceArn=arn)
    except NotFoundError:
        get_email_identity(aws, name)  # raises with a hint if the identity is missing
        raise
    return TaggedIdentity(name, arn, _sorted({tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}))


def set_tags(aws: Gateway, before: TaggedIdentity, wanted: Sequence[tuple[str, str]]) -> TaggedIdentity:
    """Add tags, or replace those with the same key (SES API v2 TagResource), and return all tags.

    Sends nothing if every tag has its value already. Raises `UsageError` if the identity would have more than 50.
    """
    after = TaggedIdentity(before.name, before.arn, _sorted({**before.values(), **dict(wanted)}))
    if after == before:
        return before
    _check_count(after)
    tags = [{"Key": key, "Value": value} for key, value in wanted]
    aws.write("sesv2", "TagResource", ResourceArn=before.arn, Tags=tags)
    return after


def remove_tags(aws: Gateway, before: TaggedIdentity, keys: Sequence[str]) -> TaggedIdentity:
    """Remove tags and return those that are left (SES API v2 UntagResource).

    Raises `NotFoundError`, which names the existing keys, before it removes any.
    """
    found = before.values()
    missing = [key for key in keys if key not in found]
    if missing:
        noun = "tag" if len(missing) == 1 else "tags"
        existing = f"its tags are {', '.join(found)}" if found else "it has no tags"
        raise NotFoundError(
            f"{noun} {', '.join(missing)} of {before.name} not found in {aws.region}; {existing}",
            hint=NextCommand("identity", "tags", "list", before.name.text),
            code="NotFoundException",
        )
    aws.write("sesv2", "UntagResource", ResourceArn=before.arn, TagKeys=list(keys))
    left = {key: value for key, value in found.items() if key not in keys}
    return TaggedIdentity(before.name, before.arn, _sorted(left))


def _check_count(after: TaggedIdentity) -> None:
    # AWS does not count its own tags: docs/ses-behavior.md#resource-tags
    count = sum(not tag.key.lower().startswith("aws:") for tag in after.tags)
    if count > _MAX_TAGS:
        raise UsageError(
            f"{after.name} would have {count} tags, and SES allows {_MAX_TAGS}",
            hint=Advice(
                "remove some first. To list them: ",
                NextCommand("identity", "tags", "list", after.name.text),
            ),
        )


def _sorted(values: Mapping[str, str]) -> tuple[IdentityTag, ...]:
    return tuple(IdentityTag(key, values[key]) for key in sorted(values))
