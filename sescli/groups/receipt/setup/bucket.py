"""The S3 bucket for received mail: whose it is, the policy that lets SES write to it, and the proof that it works.

A policy that is there is kept: one statement, found again by its Sid, is added to it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import AccessError, AlreadyExistsError, ApiError, NotFoundError
from sescli.groups.receipt.service.inbox import SETUP_OBJECT
from sescli.groups.receipt.service.permissions import bucket_permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.aws.gateway import Gateway

_LONGEST_NAME = 63
_WORD = re.compile(r"[A-Za-z0-9]+")
# S3 takes no LocationConstraint for its oldest region.
_WITHOUT_CONSTRAINT = "us-east-1"


@dataclass(frozen=True)
class Bucket:
    """A bucket of this account, or a name that is still free (`exists` False). `policy` is None without one."""

    name: str
    exists: bool
    policy: dict[str, Any] | None = None


def proposed_name(domain: str, account_id: str) -> str:
    """A name that nobody else has: names of buckets are unique among all accounts."""
    room = _LONGEST_NAME - len(f"-mail-{account_id}")
    stem = domain.replace(".", "-")[:room].rstrip("-")
    return f"{stem}-mail-{account_id}"


def find_bucket(aws: Gateway, name: str, account_id: str) -> Bucket:
    """The bucket as it is (S3 ListBuckets and GetBucketPolicy).

    Raises `AccessError` for one of another account, and for one whose policy these credentials may not read.
    """
    ours = _is_listed(aws, name)
    try:
        answer = aws.read("s3", "GetBucketPolicy", Bucket=name, ExpectedBucketOwner=account_id)
    except NotFoundError as error:
        if error.code != "NoSuchBucketPolicy":
            return Bucket(name, exists=False)
        policy = None
    except AccessError as error:
        raise _unreadable_policy_error(name, error, ours=ours) from error
    else:
        policy = json.loads(answer["Policy"])
    if ours is False:
        raise _foreign_bucket_error(name)
    return Bucket(name, exists=True, policy=policy)


def _is_listed(aws: Gateway, name: str) -> bool | None:
    """Whether the bucket is one of this account's; None where that may not be asked."""
    try:
        found = aws.read("s3", "ListBuckets", Prefix=name)
    except AccessError:
        return None
    return any(bucket["Name"] == name for bucket in found.get("Buckets", ()))


def _foreign_bucket_error(name: str) -> AccessError:
    return AccessError(
        f"the bucket {name} belongs to another account, and only its owner can let SES write to it",
        hint="name a bucket of your own, or one that does not exist yet",
        code="BucketOfAnotherAccount",
    )


def _unreadable_policy_error(name: str, error: AccessError, *, ours: bool | None) -> AccessError:
    if ours is False:
        return _foreign_bucket_error(name)
    whose = "" if ours else ", or it belongs to another account"
    return AccessError(
        f"the policy of the bucket {name} may not be read{whose}: {error.message}",
        hint="this needs s3:GetBucketPolicy and s3:PutBucketPolicy on it; or name another bucket",
        code=error.code,
        request_id=error.request_id,
    )


def statement(bucket: str, account_id: str, rule_set: str, rule: str, source: str) -> dict[str, Any]:
    """What lets SES write to a bucket for one rule; its Sid is that rule's own, so that rules may share a bucket."""
    words = _WORD.findall(f"{rule_set} {rule}")
    sid = "AllowSESPuts" + "".join(word[0].upper() + word[1:] for word in words)
    document = bucket_permission(bucket, account_id, source).policy or {}
    [plain] = document["Statement"]
    return {**plain, "Sid": sid}


def allows(policy: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Whether a policy has the statement already, under whatever Sid.

    Raises `AlreadyExistsError` where another statement has its Sid: that is somebody's, and is not overwritten.
    """
    there = _statements(policy)
    if any(_normalized(one) == _normalized(wanted) for one in there):
        return True
    if any(one.get("Sid") == wanted["Sid"] for one in there):
        raise AlreadyExistsError(
            f"the bucket's policy has a statement {wanted['Sid']} that says something else, and it is not overwritten",
            hint="take it out of the policy if nothing needs it, or give the rule another name: --rule NAME",
            code="PolicyConflict",
        )
    return False


def merged(policy: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The policy with the statement behind those that are there."""
    base = dict(policy or {"Version": "2012-10-17"})
    return {**base, "Statement": [*_statements(policy), dict(wanted)]}


def create(aws: Gateway, name: str) -> None:
    """A new bucket in the region (S3 CreateBucket); S3 itself keeps it private. Raises `AlreadyExistsError`."""
    place = {"LocationConstraint": aws.region}
    more = {} if aws.region == _WITHOUT_CONSTRAINT else {"CreateBucketConfiguration": place}
    try:
        aws.write("s3", "CreateBucket", Bucket=name, **more)
    except AlreadyExistsError as error:
        error.hint = "names of buckets are unique among all accounts: name another one"
        raise


def allow(aws: Gateway, name: str, account_id: str, wanted: Mapping[str, Any], *, new: bool) -> None:
    """Add the statement to the policy as it stands now (S3 GetBucketPolicy, PutBucketPolicy)."""
    policy = None if new else find_bucket(aws, name, account_id).policy
    if not allows(policy, wanted):
        document = json.dumps(merged(policy, wanted))
        aws.write("s3", "PutBucketPolicy", Bucket=name, ExpectedBucketOwner=account_id, Policy=document)


def has_setup_object(aws: Gateway, bucket: str, prefix: str) -> bool | None:
    """Whether SES has written to the bucket: it does once, when the rule is made. None where that is hidden."""
    key = f"{prefix}{SETUP_OBJECT}"
    try:
        found = aws.read("s3", "ListObjectsV2", Bucket=bucket, Prefix=key, MaxKeys=1)
    except (AccessError, ApiError, NotFoundError):
        return None
    return bool(found.get("Contents"))


def _statements(policy: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    found = (policy or {}).get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def _normalized(statement: Mapping[str, Any]) -> Any:
    """A statement without what does not matter: its Sid, lists of one, the case of condition keys."""
    return _plain({name: value for name, value in statement.items() if name != "Sid"})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.casefold(): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        parts = [_plain(part) for part in value]
        return parts[0] if len(parts) == 1 else parts
    return value
