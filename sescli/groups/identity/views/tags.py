"""Tags of an identity on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column, Done, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.identity.service.tags import TaggedIdentity

_TAG_COLUMNS = (Column("key", "key"), Column("value", "value"))


def tag_list(identity: TaggedIdentity) -> Listing:
    """The tags of an identity."""
    return Listing(identity.tags, _TAG_COLUMNS, empty=f"{identity.name} has no tags.")


def changed(verb: str, keys: Sequence[str], after: TaggedIdentity, region: str) -> Done:
    """What was set or removed, then the tags that the identity has now."""
    noun = "tag" if len(keys) == 1 else "tags"
    message = f"{verb} the {noun} {', '.join(keys)} of {after.name} ({region})."
    return Done(message, after.tags, [tag_list(after)])
