"""Received messages in S3, as the S3 action of a rule stores them: one object per message, named by its ID."""

from __future__ import annotations

import heapq
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.errors import translated
from sescli.errors import NotFoundError, SescliError, UsageError
from sescli.mail.received import ReceivedAttachment, ReceivedMessage, read_received

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sescli.aws.gateway import Gateway

# SES writes this object under the prefix when a rule is created, to test its permission.
SETUP_OBJECT = "AMAZON_SES_SETUP_NOTIFICATION"
# Header blocks are rarely longer. The list shows only headers within these bytes.
_HEAD_BYTES = 64 * 1024
_AT_ONCE = 8
_BATCH = 64
# SES accepts up to 40 MB; encryption and encoding add to it.
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class ObjectPath:
    """`BUCKET/KEY`: a bucket, and a key or key prefix."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


@dataclass(frozen=True)
class StoredMessage:
    """A message in a list. `key` is the argument of `receipt read`; `size` is in bytes.

    The headers are None if they were not read, or if SES encrypted the message.
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
    """A message with all details. `authentication` is SES's verdict on SPF, DKIM and DMARC. Senders can fake the rest."""

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
            hint=Advice("to list the keys: ", NextCommand("receipt", "inbox", bucket))
            if bucket
            else "use a bucket name, such as my-bucket/emails/",
        )
    return ObjectPath(bucket, key)


def list_messages(
    aws: Gateway, path: ObjectPath, *, limit: int | None = None, with_headers: bool = True
) -> Iterator[StoredMessage]:
    """The messages under a prefix, newest first (S3 ListObjectsV2, and GetObject for the first 64 KB of each).

    S3 lists by key, so this reads all keys before it yields the first message, and keeps at most `limit` of them.
    Without `with_headers` it reads no message.
    """
    found = (one for one in _objects(aws, path) if not one["Key"].endswith(("/", SETUP_OBJECT)))
    newest = _newest(found, limit)
    listed = (_summary(path.bucket, one) for one in newest)
    return _with_headers(aws, listed) if with_headers else listed


def read(aws: Gateway, path: ObjectPath) -> tuple[StoredMessageDetails, ReceivedMessage]:
    """One message, parsed (S3 GetObject). Raises `NotFoundError`, and `SescliError` if it is encrypted."""
    data, response = _fetch(aws, path)
    metadata = response.get("Metadata", {})
    if _is_encrypted(metadata):
        raise SescliError(
            f"{path} has client-side encryption with {_key_of(metadata)}: S3 has only the ciphertext",
            hint="read it with an Amazon S3 Encryption Client (Java, Go, .NET, Ruby, C++) and that key. For new "
            "messages, remove the key from the rule and use bucket encryption (SSE-KMS), which needs no client",
            code="ClientSideEncrypted",
        )
    message = read_received(data)
    return _details(path, response, len(data), message), message


def raw(aws: Gateway, path: ObjectPath) -> bytes:
    """The stored object, encrypted or not (S3 GetObject)."""
    return _fetch(aws, path)[0]


def _objects(aws: Gateway, path: ObjectPath) -> Iterator[dict[str, Any]]:
    more: dict[str, str] = {}
    while True:
        page = _page(aws, path, more)
        yield from page.get("Contents", [])
        if not page.get("NextContinuationToken"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _page(aws: Gateway, path: ObjectPath, more: Mapping[str, str]) -> dict[str, Any]:
    try:
        return aws.read("s3", "ListObjectsV2", Bucket=path.bucket, Prefix=path.key, **more)
    except NotFoundError as error:
        raise NotFoundError(
            f"bucket {path.bucket} not found with these credentials",
            hint=Advice("to see the buckets of the active rules: ", NextCommand("receipt", "rule", "list")),
            code=error.code,
            request_id=error.request_id,
        ) from error


def _newest(found: Iterable[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """The objects, newest first; with a limit, memory holds at most that many."""
    if limit is None:
        return sorted(found, key=_modified, reverse=True)
    return heapq.nlargest(limit, found, key=_modified)


def _modified(found: Mapping[str, Any]) -> datetime:
    at: datetime = found["LastModified"]
    return at


def _summary(bucket: str, found: Mapping[str, Any]) -> StoredMessage:
    return StoredMessage(f"{bucket}/{found['Key']}", found["LastModified"], found["Size"])


def _with_headers(aws: Gateway, listed: Iterator[StoredMessage]) -> Iterator[StoredMessage]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while batch := list(islice(listed, _BATCH)):
            yield from pool.map(lambda message: _read_headers(aws, message), batch)


def _read_headers(aws: Gateway, message: StoredMessage) -> StoredMessage:
    """The message with the headers in its first 64 KB. A message deleted since the listing stays without them."""
    if message.size == 0:
        return message
    try:
        data, response = _fetch(
            aws, parse_path(message.key, needs_key=True), Range=f"bytes=0-{_HEAD_BYTES - 1}"
        )
    except NotFoundError:
        return message
    if _is_encrypted(response.get("Metadata", {})):
        return StoredMessage(message.key, message.at, message.size, encrypted=True)
    return StoredMessage(message.key, message.at, message.size, **_header_fields(read_received(data)))


def _fetch(aws: Gateway, path: ObjectPath, **more: str) -> tuple[bytes, dict[str, Any]]:
    try:
        response = aws.read("s3", "GetObject", Bucket=path.bucket, Key=path.key, **more)
    except NotFoundError as error:
        raise NotFoundError(
            f"{path} not found in S3",
            hint=Advice("to list the messages in the bucket: ", NextCommand("receipt", "inbox", path.bucket)),
            code=error.code,
            request_id=error.request_id,
        ) from error
    if response["ContentLength"] > _LARGEST:
        raise UsageError(f"{path} is too large to be a message from SES: {response['ContentLength']:,} bytes")
    with translated("s3 GetObject"):
        return response["Body"].read(), response


def _is_encrypted(metadata: Mapping[str, str]) -> bool:
    """Whether the metadata is from an S3 encryption client, formats v1 to v3."""
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
    path: ObjectPath, response: Mapping[str, Any], size: int, message: ReceivedMessage
) -> StoredMessageDetails:
    return StoredMessageDetails(
        str(path),
        response.get("LastModified"),
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
