"""Split a message into its headers and MIME parts with bounded time, depth and number of parts.

The parser of the standard library recurses for each level and compares each line with the boundaries of all levels, so
a nested message of 250 KB takes many seconds or ends in a RecursionError. This one works on offsets and copies nothing.
Text is read leniently: what is not MIME is one part.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 50  # levels of parts inside parts
MAX_PARTS = 1000
MAX_FIELDS = 2000  # headers of a message or part
MAX_HEAD = 256 * 1024  # bytes of headers of a message or part
# The parameters of these describe the structure. Their parser in the standard library takes quadratic time.
_STRUCTURE = frozenset({"content-type", "content-disposition", "content-transfer-encoding", "content-id"})
_MAX_STRUCTURE = 4096  # characters of such a header
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_HEAD_END = re.compile(rb"\r\n\r\n|\n\r?\n|\r\r")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_DIGEST, _ATTACHED = "multipart/digest", "message/rfc822"


@dataclass(frozen=True)
class MimePart:
    """A message or a part of it.

    `fields` are its headers in order, folded as they are; bytes beyond ASCII are surrogates. `structure` has the
    headers that describe the part, for the methods of `Message`. `parts` are the parts inside, at most `MAX_DEPTH`
    deep; deeper ones are not separated. `is_forwarded` says that the part belongs to a message inside this one.
    """

    fields: tuple[tuple[str, str], ...]
    structure: Message
    data: bytes = field(repr=False)
    head_start: int
    start: int
    end: int
    is_forwarded: bool = False
    parts: list[MimePart] = field(default_factory=list, repr=False)

    @property
    def head(self) -> bytes:
        """The bytes of the headers, with the empty line after them."""
        return self.data[self.head_start : self.start]

    @property
    def body(self) -> bytes:
        """The bytes after the headers, encoded as they are."""
        return self.data[self.start : self.end]

    def walk(self) -> Iterator[MimePart]:
        """This part and all parts inside, in order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))

    def leaves(self) -> Iterator[MimePart]:
        """The parts without parts inside, in order."""
        return (part for part in self.walk() if not part.parts)

    def values(self, name: str) -> list[str]:
        """The values of the headers with this name."""
        wanted = name.casefold()
        return [value for found, value in self.fields if found.casefold() == wanted]

    def value(self, name: str) -> str | None:
        """The first header with this name."""
        return next(iter(self.values(name)), None)

    def decoded(self) -> bytes:
        """The body without its transfer encoding. Raises what the standard library raises for malicious input."""
        self.structure.set_payload(self.body.decode("ascii", "surrogateescape"))
        payload = self.structure.get_payload(decode=True)
        self.structure.set_payload("")
        return payload if isinstance(payload, bytes) else b""


@dataclass(frozen=True)
class MimeMessage:
    """A parsed message. `is_too_deep` and `is_too_long` say that parts are left out."""

    root: MimePart
    is_too_deep: bool
    is_too_long: bool


def parse_mime(data: bytes, *, max_parts: int = MAX_PARTS) -> MimeMessage:
    """Split a message. Raises nothing for any content."""
    root = _part(data, 0, len(data))
    waiting = [(root, 0)]
    count, is_too_deep = 1, False
    while waiting and count <= max_parts:
        part, depth = waiting.pop()
        spans = _inner_spans(part)
        if spans is None:
            continue
        if depth >= MAX_DEPTH:
            is_too_deep = True
            continue
        kind = part.structure.get_content_type()
        for start, end in spans:
            count += 1
            if count > max_parts:
                break
            is_forwarded = part.is_forwarded or kind == _ATTACHED
            part.parts.append(_part(data, start, end, is_digest=kind == _DIGEST, is_forwarded=is_forwarded))
        waiting.extend((inner, depth + 1) for inner in reversed(part.parts))
    return MimeMessage(root, is_too_deep, count > max_parts)


def _part(
    data: bytes, start: int, end: int, *, is_digest: bool = False, is_forwarded: bool = False
) -> MimePart:
    fields, body = _read_head(data, start, end)
    structure = Message()
    if is_digest:
        structure.set_default_type(_ATTACHED)
    for name, value in fields:
        if name.lower() in _STRUCTURE:
            structure.set_raw(name, value[:_MAX_STRUCTURE])
    return MimePart(tuple(fields), structure, data, start, body, end, is_forwarded)


def _read_head(data: bytes, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
    """The headers, and where the body starts: after an empty line, or at a line that is not a header."""
    fields: list[tuple[str, list[str]]] = []
    limit = min(end, start + MAX_HEAD)
    at = start
    while at < limit:
        found = _LINE_END.search(data, at, limit)
        line, after = (data[at : found.start()], found.end()) if found else (data[at:limit], limit)
        if not line:
            return _joined(fields), after
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line.decode("ascii", "surrogateescape"))
        elif (match := _FIELD.fullmatch(line)) is not None:
            value = match[2].decode("ascii", "surrogateescape").lstrip(" \t")
            fields.append((match[1].decode("ascii"), [value]))
        elif at != start or not line.startswith(b"From "):  # the first line of a message in an mbox file
            return _joined(fields), at
        at = after
    if at < end:
        rest = _HEAD_END.search(data, at, end)
        at = rest.end() if rest else end
    return _joined(fields), at


def _joined(fields: list[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    return [(name, "\n".join(lines)) for name, lines in fields[:MAX_FIELDS]]


def _inner_spans(part: MimePart) -> list[tuple[int, int]] | None:
    """Where the parts inside start and end; None for a part without."""
    try:
        if part.structure.get_content_type() == _ATTACHED:
            return [(part.start, part.end)]
        if part.structure.get_content_maintype() != "multipart":
            return None
        boundary = part.structure.get_boundary()
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):  # of the standard library, for malicious input
        return None
    if not boundary:
        return None
    return _split(
        part, b"--" + boundary.encode("ascii", "surrogateescape" if _is_raw(boundary) else "replace")
    )


def _is_raw(text: str) -> bool:
    return all(char < "\x80" or "\udc80" <= char <= "\udcff" for char in text)


def _split(part: MimePart, mark: bytes) -> list[tuple[int, int]] | None:
    spans: list[tuple[int, int]] = []
    begin: int | None = None
    for at, after, is_last in _delimiters(part, mark):
        if begin is not None:
            spans.append((begin, _before_line_end(part.data, begin, at)))
        begin = None if is_last else after
        if is_last or len(spans) > MAX_PARTS:
            break
    if begin is not None and begin < part.end:
        spans.append((begin, part.end))
    return spans or None


def _delimiters(part: MimePart, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each delimiter line starts, where the line after it starts, and whether it is the last one."""
    rest = rb"%s(--)?[ \t]*(?=[\r\n]|\Z)" % re.escape(mark)
    # The regular expression starts with plain text, which the engine searches for fastest.
    first = re.compile(rest).match(part.data, part.start, part.end)
    following = re.compile(rb"\n" + rest).finditer(part.data, part.start, part.end)
    for found in itertools.chain([first] if first else [], following):
        line_end = _LINE_END.match(part.data, found.end(), part.end)
        at = found.start() + (found is not first)
        yield at, line_end.end() if line_end else found.end(), found[1] is not None


def _before_line_end(data: bytes, start: int, at: int) -> int:
    for line_end in (b"\r\n", b"\n"):
        if data.endswith(line_end, start, at):
            return at - len(line_end)
    return max(start, at)
