"""Received mail as SES's S3 action stores it: one object a message, named by its message ID."""

from __future__ import annotations

import heapq
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.aws.errors import translated
from sescli.errors import NotFoundError, SescliError, UsageError
from sescli.mail.received import ReceivedAttachment, ReceivedMessage, read_received

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sescli.aws.gateway import Gateway

# What SES writes below the prefix when a rule is made, to see whether it may.
SETUP_OBJECT = "AMAZON_SES_SETUP_NOTIFICATION"
# The header block of a mail is seldom longer; what is cut off is only not listed.
_HEAD_BYTES = 64 * 1024
_AT_ONCE = 8
_BATCH = 64
# SES stores up to 40 MB; the rest is room for encryption and encoding.
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class ObjectPath:
    """`BUCKET/KEY`: a bucket, and a key or the beginning of one."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


@dataclass(frozen=True)
class StoredMessage:
    """A mail in a list. `key` is what `receipt read` takes; `size` in bytes.

    What stands in the mail is None where it was not looked at, or where SES encrypted it.
    """

    key: str
    at: datetime | None
    size: int
    from_: str | None = None
    to: str | None = None
    subject: str | None = None
    spam: str | None = None
    virus: str | None = None
    encrypted: bool = False


@dataclass(frozen=True)
class StoredMessageDetails(StoredMessage):
    """A mail, whole. `authentication` is SES's verdict on SPF, DKIM and DMARC; all else is its sender's word."""

    cc: str | None = None
    reply_to: str | None = None
    date: str | None = None
    message_id: str | None = None
    authentication: str | None = None
    text: str | None = None
    html: str | None = None
    attachments: tuple[ReceivedAttachment, ...] = ()


def parse_path(text: str, *, needs_key: bool = False) -> ObjectPath:
    """`BUCKET[/PREFIX]`, with or without `s3://`; `needs_key` requires a key too. Raises `UsageError`."""
    bucket, _, key = text.strip().removeprefix("s3://").partition("/")
    if not bucket or (needs_key and not key):
        raise UsageError(
            f"{text!r} is not {'BUCKET/KEY' if needs_key else 'BUCKET or BUCKET/PREFIX'}",
            hint="sescli receipt inbox BUCKET shows the keys"
            if bucket
            else "name a bucket, as my-bucket/emails/",
        )
    return ObjectPath(bucket, key)


def list_messages(
    aws: Gateway, place: ObjectPath, *, limit: int | None = None, with_headers: bool = True
) -> Iterator[StoredMessage]:
    """What lies under a prefix, newest first (S3 ListObjectsV2, and GetObject of the first 64 KB of each).

    S3 lists by key, so all keys are read before the first mail comes; `limit` also bounds what is kept of them.
    Without `with_headers` no mail is opened.
    """
    found = (one for one in _objects(aws, place) if not one["Key"].endswith(("/", SETUP_OBJECT)))
    newest = _newest(found, limit)
    listed = (_listed(place.bucket, one) for one in newest)
    return _with_headers(aws, listed) if with_headers else listed


def read(aws: Gateway, path: ObjectPath) -> tuple[StoredMessageDetails, ReceivedMessage]:
    """One mail, parsed (S3 GetObject). Raises `NotFoundError`, and `SescliError` for one that is encrypted."""
    data, answer = _fetch(aws, path)
    metadata = answer.get("Metadata", {})
    if _is_encrypted(metadata):
        raise SescliError(
            f"{path} is encrypted on the client's side with {_key_of(metadata)}: S3 holds only ciphertext",
            hint="read it with an Amazon S3 Encryption Client (Java, Go, .NET, Ruby, C++) and that key; or take the "
            "key off the rule and let the bucket encrypt (SSE-KMS), which needs no client",
            code="ClientSideEncrypted",
        )
    message = read_received(data)
    return _details(path, answer, len(data), message), message


def raw(aws: Gateway, path: ObjectPath) -> bytes:
    """The object as it is stored, encrypted or not (S3 GetObject)."""
    return _fetch(aws, path)[0]


def _objects(aws: Gateway, place: ObjectPath) -> Iterator[dict[str, Any]]:
    more: dict[str, str] = {}
    while True:
        page = _page(aws, place, more)
        yield from page.get("Contents", [])
        if not page.get("NextContinuationToken"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _page(aws: Gateway, place: ObjectPath, more: Mapping[str, str]) -> dict[str, Any]:
    try:
        return aws.read("s3", "ListObjectsV2", Bucket=place.bucket, Prefix=place.key, **more)
    except NotFoundError as error:
        raise NotFoundError(
            f"there is no bucket {place.bucket} that these credentials see",
            hint="sescli receipt rule list names the buckets of the active rules",
            code=error.code,
            request_id=error.request_id,
        ) from error


def _newest(found: Iterable[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """Newest first; with a limit no more than so many are kept in memory."""
    if limit is None:
        return sorted(found, key=_modified, reverse=True)
    return heapq.nlargest(limit, found, key=_modified)


def _modified(found: Mapping[str, Any]) -> datetime:
    at: datetime = found["LastModified"]
    return at


def _listed(bucket: str, found: Mapping[str, Any]) -> StoredMessage:
    return StoredMessage(f"{bucket}/{found['Key']}", found["LastModified"], found["Size"])


def _with_headers(aws: Gateway, listed: Iterator[StoredMessage]) -> Iterator[StoredMessage]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while batch := list(islice(listed, _BATCH)):
            yield from pool.map(lambda mail: _read_headers(aws, mail), batch)


def _read_headers(aws: Gateway, mail: StoredMessage) -> StoredMessage:
    """The mail with what its first 64 KB tell; one that has gone meanwhile stays as it was listed."""
    if mail.size == 0:
        return mail
    try:
        data, answer = _fetch(aws, parse_path(mail.key, needs_key=True), Range=f"bytes=0-{_HEAD_BYTES - 1}")
    except NotFoundError:
        return mail
    if _is_encrypted(answer.get("Metadata", {})):
        return StoredMessage(mail.key, mail.at, mail.size, encrypted=True)
    return StoredMessage(mail.key, mail.at, mail.size, **_header_fields(read_received(data)))


def _fetch(aws: Gateway, path: ObjectPath, **more: str) -> tuple[bytes, dict[str, Any]]:
    try:
        answer = aws.read("s3", "GetObject", Bucket=path.bucket, Key=path.key, **more)
    except NotFoundError as error:
        raise NotFoundError(
            f"there is no {path} in S3",
            hint=f"sescli receipt inbox {path.bucket} shows what is there",
            code=error.code,
            request_id=error.request_id,
        ) from error
    if answer["ContentLength"] > _LARGEST:
        raise UsageError(f"{path} is larger than any mail of SES: {answer['ContentLength']:,} bytes")
    with translated("s3 GetObject"):
        return answer["Body"].read(), answer


def _is_encrypted(metadata: Mapping[str, str]) -> bool:
    """The marks of the S3 encryption client, its formats v1 to v3."""
    return any(name in metadata for name in ("x-amz-key-v2", "x-amz-key", "x-amz-3", "x-amz-cek-alg"))


def _key_of(metadata: Mapping[str, str]) -> str:
    try:
        description = json.loads(metadata.get("x-amz-matdesc", ""))
        return str(description.get("kms_cmk_id") or "a KMS key")
    except (ValueError, AttributeError):
        return "a KMS key"


def _header_fields(message: ReceivedMessage) -> dict[str, Any]:
    return {
        "from_": message.header("From"),
        "to": message.header("To"),
        "subject": message.header("Subject"),
        "spam": message.stamped("X-SES-Spam-Verdict"),
        "virus": message.stamped("X-SES-Virus-Verdict"),
    }


def _details(
    path: ObjectPath, answer: Mapping[str, Any], size: int, message: ReceivedMessage
) -> StoredMessageDetails:
    return StoredMessageDetails(
        str(path),
        answer.get("LastModified"),
        size,
        **_header_fields(message),
        cc=message.header("Cc"),
        reply_to=message.header("Reply-To"),
        date=message.header("Date"),
        message_id=message.header("Message-ID"),
        authentication=message.stamped("Authentication-Results"),
        text=message.body("plain"),
        html=message.body("html"),
        attachments=tuple(message.attachments()),
    )
