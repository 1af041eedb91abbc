"""The S3 bucket for received messages: its owner, and the bucket policy that allows SES to write to it.

An existing policy keeps its statements. sescli adds one, and recognizes it by its Sid.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.aws.try_read import try_read
from sescli.errors import AccessError, AlreadyExistsError, NotFoundError
from sescli.groups.receipt.service.inbox import SETUP_OBJECT
from sescli.groups.receipt.service.permissions import bucket_permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.aws.gateway import Gateway

_LONGEST_NAME = 63
_WORD = re.compile(r"[A-Za-z0-9]+")
# S3 accepts no LocationConstraint for its oldest region.
_WITHOUT_CONSTRAINT = "us-east-1"


@dataclass(frozen=True)
class Bucket:
    """A bucket of this account, or an unused name (`exists` is False). `policy` is None without a policy."""

    name: str
    exists: bool
    policy: dict[str, Any] | None = None


def proposed_name(domain: str, account_id: str) -> str:
    """A name that includes the account ID, because bucket names are unique across all accounts."""
    longest_stem = _LONGEST_NAME - len(f"-mail-{account_id}")
    stem = domain.replace(".", "-")[:longest_stem].rstrip("-")
    return f"{stem}-mail-{account_id}"


def find_bucket(aws: Gateway, name: str, account_id: str) -> Bucket:
    """The bucket and its policy (S3 ListBuckets, GetBucketPolicy).

    Raises `AccessError` for a bucket of another account, and if the credentials cannot read the policy.
    """
    is_own = _is_listed(aws, name)
    try:
        answer = aws.read("s3", "GetBucketPolicy", Bucket=name, ExpectedBucketOwner=account_id)
    except NotFoundError as error:
        if error.code != "NoSuchBucketPolicy":
            return Bucket(name, exists=False)
        policy = None
    except AccessError as error:
        raise _unreadable_policy_error(name, error, is_own=is_own) from error
    else:
        policy = json.loads(answer["Policy"])
    if is_own is False:
        raise _foreign_bucket_error(name)
    return Bucket(name, exists=True, policy=policy)


def _is_listed(aws: Gateway, name: str) -> bool | None:
    """Whether the account owns the bucket; None if the look-up is denied."""
    found = try_read("the buckets of the account", lambda: aws.read("s3", "ListBuckets", Prefix=name))
    return None if found is None else any(bucket["Name"] == name for bucket in found.get("Buckets", ()))


def _foreign_bucket_error(name: str) -> AccessError:
    return AccessError(
        f"the bucket {name} belongs to another account, and only its owner can allow SES to write to it",
        hint="use a bucket of your account, or a name that does not exist yet",
        code="BucketOfAnotherAccount",
    )


def _unreadable_policy_error(name: str, error: AccessError, *, is_own: bool | None) -> AccessError:
    if is_own is False:
        return _foreign_bucket_error(name)
    owner = "" if is_own else ", or the bucket belongs to another account"
    return AccessError(
        f"cannot read the policy of the bucket {name}{owner}: {error.message}",
        hint="allow s3:GetBucketPolicy and s3:PutBucketPolicy on it, or use another bucket",
        code=error.code,
        request_id=error.request_id,
    )


def statement(bucket: str, account_id: str, rule_set: str, rule: str, source: str) -> dict[str, Any]:
    """The statement that allows SES to write for one rule. The Sid names the rule, so rules can share a bucket."""
    words = _WORD.findall(f"{rule_set} {rule}")
    sid = "AllowSESPuts" + "".join(word[0].upper() + word[1:] for word in words)
    document = bucket_permission(bucket, account_id, source).policy or {}
    [plain] = document["Statement"]
    return {**plain, "Sid": sid}


def allows(policy: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Whether a policy already has the statement, under any Sid.

    Raises `AlreadyExistsError` if a different statement has the same Sid, because sescli does not overwrite it.
    """
    present = _statements(policy)
    if any(_normalized(one) == _normalized(wanted) for one in present):
        return True
    if any(one.get("Sid") == wanted["Sid"] for one in present):
        raise AlreadyExistsError(
            f"the bucket policy has a different statement with the Sid {wanted['Sid']}, and sescli does not overwrite it",
            hint="remove the statement if nothing needs it, or choose another rule name with --rule NAME",
            code="PolicyConflict",
        )
    return False


def merged(policy: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The policy with the statement added at the end."""
    base = dict(policy or {"Version": "2012-10-17"})
    return {**base, "Statement": [*_statements(policy), dict(wanted)]}


def create(aws: Gateway, name: str) -> None:
    """Create a bucket in the region (S3 CreateBucket), private by default. Raises `AlreadyExistsError`."""
    location = {"LocationConstraint": aws.region}
    params = {} if aws.region == _WITHOUT_CONSTRAINT else {"CreateBucketConfiguration": location}
    try:
        aws.write("s3", "CreateBucket", Bucket=name, **params)
    except AlreadyExistsError as error:
        error.hint = "bucket names are unique across all accounts: use another name"
        raise


def allow(aws: Gateway, name: str, account_id: str, wanted: Mapping[str, Any], *, new: bool) -> None:
    """Add the statement to the current policy (S3 GetBucketPolicy, PutBucketPolicy)."""
    policy = None if new else find_bucket(aws, name, account_id).policy
    if not allows(policy, wanted):
        document = json.dumps(merged(policy, wanted))
        aws.write("s3", "PutBucketPolicy", Bucket=name, ExpectedBucketOwner=account_id, Policy=document)


def has_setup_object(aws: Gateway, bucket: str, prefix: str) -> bool | None:
    """Whether SES wrote its test object, as it does when a rule is created. None if the look-up fails."""
    key = f"{prefix}{SETUP_OBJECT}"
    try:
        found = try_read(
            f"the bucket {bucket}",
            lambda: aws.read("s3", "ListObjectsV2", Bucket=bucket, Prefix=key, MaxKeys=1),
        )
    except NotFoundError:
        return None
    return None if found is None else bool(found.get("Contents"))


def _statements(policy: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    found = (policy or {}).get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def _normalized(statement: Mapping[str, Any]) -> Any:
    """A statement without differences of form: its Sid, lists of one, the case of condition keys."""
    return _plain({name: value for name, value in statement.items() if name != "Sid"})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.casefold(): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        parts = [_plain(part) for part in value]
        return parts[0] if len(parts) == 1 else parts
    return value
