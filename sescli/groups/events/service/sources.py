"""Read event records from files, folders, standard input and S3."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from sescli.aws.errors import translated
from sescli.errors import NotFoundError, UsageError
from sescli.groups.events.service.records.files import (
    STANDARD_INPUT,
    LocatedRecord,
    list_files,
    read_file,
    read_stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sescli.aws.gateway import Gateway

S3 = "s3://"


def records(
    sources: Sequence[str], stdin: IO[bytes] | None, aws: Callable[[], Gateway]
) -> Iterator[LocatedRecord]:
    """The records of all sources, in order.

    `-` is standard input, and `stdin` is None if that is a terminal. `s3://BUCKET/PREFIX` stands for all objects with
    this prefix. Missing files are reported before the first record is read. `aws` is called only for S3. Raises
    `InputFileError`, `UsageError`, `NotFoundError` (S3 ListObjectsV2, GetObject).
    """
    files = {one: list_files([Path(one)]) for one in sources if one != "-" and not one.startswith(S3)}
    if "-" in sources and stdin is None:
        raise UsageError(
            "standard input is a terminal, so '-' cannot read records from it",
            hint="pipe the records into sescli",
        )
    return _read(sources, files, stdin, aws)


def _read(
    sources: Sequence[str],
    files: dict[str, list[Path]],
    stdin: IO[bytes] | None,
    aws: Callable[[], Gateway],
) -> Iterator[LocatedRecord]:
    for source in sources:
        if source.startswith(S3):
            yield from _read_s3(aws(), source)
        elif source == "-" and stdin is not None:
            yield from read_stream(stdin, STANDARD_INPUT)
        else:
            for path in files[source]:
                yield from read_file(path)


def _read_s3(aws: Gateway, source: str) -> Iterator[LocatedRecord]:
    bucket, _, prefix = source.removeprefix(S3).partition("/")
    if not bucket:
        raise UsageError(f"{source} has no bucket name", hint="write it as s3://BUCKET/PREFIX")
    count = 0
    for key in _list_keys(aws, bucket, prefix):
        count += 1
        body = aws.read("s3", "GetObject", Bucket=bucket, Key=key)["Body"]
        yield from read_stream(cast("IO[bytes]", _S3Body(body)), f"{S3}{bucket}/{key}")
    if not count:
        raise NotFoundError(f"no objects found under {source}", hint="list the bucket with 'aws s3 ls'")


def _list_keys(aws: Gateway, bucket: str, prefix: str) -> Iterator[str]:
    more: dict[str, str] = {}
    while True:
        page = aws.read("s3", "ListObjectsV2", Bucket=bucket, Prefix=prefix, **more)
        yield from (one["Key"] for one in page.get("Contents", ()) if not one["Key"].endswith("/"))
        if not page.get("NextContinuationToken"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


class _S3Body:
    """The content of an S3 object as a stream. A broken connection raises the same errors as other calls to AWS."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int) -> bytes:
        with translated("s3 GetObject"):
            content: bytes = self._body.read(size)
        return content
