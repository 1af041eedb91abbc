"""Split HTML into text and tags in linear time, with the rules of the HTML standard for what is not closed.

`html.parser` of the standard library takes quadratic time for repeated `<!--` and raises for `<![x`. The standard ends
an unclosed tag or comment at the end of the document, so no character is read twice.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_MAX_ATTRIBUTES = 100  # of a tag
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")
_NAME = re.compile(r"[A-Za-z][^\s/>]*")
# A name without a value, or with one in double quotes, in single quotes or without quotes.
_ATTRIBUTE = re.compile(
    r"[\s/]*(?P<name>[^\s/>][^\s/>=]*)(?:\s*=\s*(?:\"(?P<double>[^\"]*)(?:\"|\Z)|'(?P<single>[^']*)(?:'|\Z)|(?P<bare>[^\s>\"'][^\s>]*)|))?"
)
_TAG_END = re.compile(r"[\s/]*>?")
_EMPTY_COMMENT = re.compile(r"<!---?>")
# `html.unescape` raises for numbers of more than 4,300 digits.
_ZEROS = re.compile(r"&#([xX]?)0+(?=[0-9a-fA-F])")
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
# In these elements everything up to their end tag is text.
_RAW = frozenset(["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"])
_ESCAPABLE = frozenset(["title", "textarea"])
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}


class HtmlText(NamedTuple):
    """Text between tags, with its character references decoded."""

    text: str


class HtmlStartTag(NamedTuple):
    """A start tag, its name and the names of its attributes in lower case; of equal names the first counts."""

    name: str
    attributes: dict[str, str]


class HtmlEndTag(NamedTuple):
    """An end tag, its name in lower case."""

    name: str


HtmlToken = HtmlText | HtmlStartTag | HtmlEndTag


class HtmlReader(Protocol):
    """Receives the parts of a document in their order."""

    def start_tag(self, tag: str, attributes: dict[str, str]) -> None:
        """A start tag, as in `HtmlStartTag`."""

    def end_tag(self, tag: str) -> None:
        """An end tag, as in `HtmlEndTag`."""

    def data(self, data: str) -> None:
        """Text between tags."""


def feed(html: str, reader: HtmlReader) -> None:
    """Give the text and the tags of a document to a reader."""
    for token in html_tokens(html):
        if isinstance(token, HtmlStartTag):
            reader.start_tag(token.name, token.attributes)
        elif isinstance(token, HtmlEndTag):
            reader.end_tag(token.name)
        else:
            reader.data(token.text)


def html_tokens(html: str) -> Iterator[HtmlToken]:
    """The text and the tags of a document, in order; comments and declarations are left out."""
    at = 0
    while at < len(html):
        found = _MARKUP.search(html, at)
        opened = found.start() if found else len(html)
        if opened > at:
            yield HtmlText(_unescaped(html[at:opened]))
        at = (yield from _markup(html, opened)) if found else opened


def _markup(html: str, at: int) -> Generator[HtmlToken, None, int]:
    """Yield what starts with `<` and return where it ends."""
    after = html[at + 1 : at + 2]
    if after == "/":
        return (yield from _end_tag(html, at + 2))
    name = _NAME.match(html, at + 1)
    if name is None:
        return _after_declaration(html, at)
    return (yield from _start_tag(html, name))


def _end_tag(html: str, at: int) -> Generator[HtmlToken, None, int]:
    name = _NAME.match(html, at)
    end = html.find(">", at)
    if end < 0:
        return len(html)
    if name is not None and name.end() <= end:
        yield HtmlEndTag(name[0].lower())
    return end + 1


def _after_declaration(html: str, at: int) -> int:
    """The end of a comment, a CDATA section, a document type or a processing instruction."""
    start, mark = at + 2, ">"
    if html.startswith("<!--", at):
        if empty := _EMPTY_COMMENT.match(html, at):
            return empty.end()
        start, mark = at + 4, "-->"
    elif html.startswith("<![CDATA[", at):
        start, mark = at + 9, "]]>"
    end = html.find(mark, start)
    return len(html) if end < 0 else end + len(mark)


def _start_tag(html: str, name: re.Match[str]) -> Generator[HtmlToken, None, int]:
    tag = HtmlStartTag(name[0].lower(), {})
    at = name.end()
    while (found := _ATTRIBUTE.match(html, at)) is not None:
        at = found.end()
        value = found["double"] or found["single"] or found["bare"] or ""
        if len(tag.attributes) < _MAX_ATTRIBUTES:
            tag.attributes.setdefault(found["name"].lower(), _unescaped(value))
    end = _TAG_END.match(html, at)
    at = end.end() if end else at
    if not html.endswith(">", 0, at):
        return len(html)  # not closed: the tag and what follows are left out
    yield tag
    return (yield from _raw_text(html, tag.name, at)) if tag.name in _RAW else at


def _raw_text(html: str, name: str, at: int) -> Generator[HtmlToken, None, int]:
    end = _RAW_ENDS[name].search(html, at)
    text = html[at : end.start() if end else len(html)]
    if text:
        yield HtmlText(_unescaped(text) if name in _ESCAPABLE else text)
    return end.start() if end else len(html)


def _unescaped(text: str) -> str:
    if "&#" in text:
        text = _LONG_NUMBER.sub("\N{REPLACEMENT CHARACTER}", _ZEROS.sub(r"&#\1", text))
    return unescape(text) if "&" in text else text
