"""The digest of a checked batch, for an approval: `bulk run --expect` sends only what was approved."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.groups.bulk.journal.run_metadata import RunMetadata, RunTarget
    from sescli.groups.bulk.model.spec import MessageSpec

_PARTS = ("recipients", "message", "target", "counts")
# Hexadecimal digits of each part.
_LENGTH = 16


def message_digest(mailing: MessageSpec, template: str | None) -> str:
    """A digest of the message: sender, content, headers, and the digest of its template's content."""
    return _hash([mailing.to_json(), template])


def batch_digest(recipients: str, message: str, target: RunTarget, counts: Sequence[int]) -> str:
    """The digest of a batch in four parts, so that a difference can be named. `recipients` and `message` are digests."""
    return ".".join((recipients[:_LENGTH], message, _hash(list(target)), _hash(list(counts))))


def require_expected(found: str, expected: str | None) -> None:
    """Raise `UsageError` that names what differs from the approved digest."""
    if expected is None or found == expected:
        return
    raise _differs(_PARTS, found.split("."), expected)


def require_expected_run(metadata: RunMetadata, expected: str | None) -> None:
    """Raise `UsageError` if a run that exists is not the approved one, or has no digest.

    Its counts change while it sends, so they are not compared.
    """
    if expected is None:
        return
    if metadata.digest is None:
        raise UsageError(
            "the run was started by a version of sescli that stored no digest, so it cannot be compared with --expect",
            hint="check it with bulk show, and continue it without --expect",
            code="DigestDiffers",
        )
    message = message_digest(metadata.mailing, metadata.template)
    found = batch_digest(metadata.digest, message, metadata.target, ()).split(".")[:-1]
    if found != expected.split(".")[:-1]:
        raise _differs(_PARTS[:-1], found, expected)


def _differs(names: Sequence[str], found: Sequence[str], expected: str) -> UsageError:
    approved = expected.split(".")
    if len(approved) != len(_PARTS):
        return UsageError(
            f"--expect {expected!r} is not a digest of `bulk validate`",
            hint="copy the field digest of: sescli bulk validate BATCH_FILE -o json",
        )
    differing = [name for name, one, other in zip(names, found, approved, strict=False) if one != other]
    return UsageError(
        f"the batch is not the one that was approved with --expect: {', '.join(differing)} changed; nothing was sent",
        hint="check it again with bulk validate, and approve its new digest",
        code="DigestDiffers",
    )


def _hash(value: object) -> str:
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=_LENGTH // 2).hexdigest()
