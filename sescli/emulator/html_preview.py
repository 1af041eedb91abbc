"""Prepares a message's HTML for a frame that loads nothing, and lists what it would load."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sescli.mail.html_tokens import feed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sescli.emulator.ses.sending.message import MessageAttachment

# With these headers the document runs nothing and loads nothing, inside a frame of our page or outside.
HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:;"
        " form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-DNS-Prefetch-Control": "off",
}
_MAX_INLINED = 30_000_000  # characters of data: URLs in one document
_MAX_READ = 300_000  # characters of HTML that are searched for links
_MAX_NAMED = 200  # links, or remote URLs, that are listed
_MAX_LENGTH = 2000  # characters of a URL or a link text
_DOCTYPE = re.compile(r"\A\s*<!doctype[^>]{0,500}>", re.IGNORECASE)
_CID = re.compile(r"cid:([^\"'\s<>)]{1,500})", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,100}/[A-Za-z0-9.+-]{1,100}")
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_STYLE_ADDRESS = re.compile(
    r"(?:url\(|@import)\s{0,20}[\"']?((?:https?:)?//[^\"')\s;]{1,2000})", re.IGNORECASE
)
# A browser connects to the hosts of `link` before it applies the policy. `basefont` is also empty and does nothing.
_HINT = re.compile(r"<link(?=[\s/>])", re.IGNORECASE)
_FRAME = re.compile(r"<(i?frame|fencedframe|object|embed|portal)(?=[\s/>])", re.IGNORECASE)
_ANCHOR = re.compile(r"<(a|area)(?=[\s/>])", re.IGNORECASE)
_LOADING = frozenset({"src", "background", "poster", "data"})
_ACTIVE = frozenset({"script", "form", "iframe", "object", "embed", "applet"})


def build_frame(html: str, attachments: Sequence[MessageAttachment]) -> str:
    """Build the document for the frame: `cid:` URLs of attachments become `data:` URLs, and links are disabled."""
    known = {each.content_id.strip("<>"): each for each in attachments if each.content_id}
    left = _MAX_INLINED

    def inlined(found: re.Match[str]) -> str:
        nonlocal left
        attachment = known.get(unquote(found.group(1)))
        if attachment is None or len(attachment.content) * 4 // 3 > left:
            return found.group(0)
        address = _data(attachment)
        left -= len(address)
        return address

    html = _FRAME.sub(r"<x-\1", _HINT.sub("<basefont", html))
    # Links keep their look but lead nowhere: a browser connects as soon as the mouse button is pressed on one.
    # The first of two attributes with the same name counts. The sandbox does not allow new windows.
    html = _ANCHOR.sub(r'<\1 href="about:invalid" target="_blank"', html)
    doctype = _DOCTYPE.match(html)
    start = doctype.end() if doctype else 0
    return f'{html[:start]}<base target="_blank">{_CID.sub(inlined, html[start:])}'


def _data(attachment: MessageAttachment) -> str:
    kind = attachment.type if _MEDIA_TYPE.fullmatch(attachment.type) else "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(attachment.content).decode()}"


@dataclass
class HtmlContent:
    """What the HTML links to (`links`: URL and text), would load, would run, and refers to but is missing."""

    links: list[dict[str, str]] = field(default_factory=list)
    remote: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def inspect_html(html: str, content_ids: Iterable[str]) -> HtmlContent:
    """Inspect the first 300,000 characters of the HTML."""
    start = html[:_MAX_READ]
    reader = _LinkReader()
    feed(start, reader)
    known = set(content_ids)
    named = dict.fromkeys(unquote(name) for name in _CID.findall(start))
    return HtmlContent(
        reader.links,
        list(dict.fromkeys(reader.remote))[:_MAX_NAMED],
        list(dict.fromkeys(reader.active)),
        [name for name in named if name not in known][:_MAX_NAMED],
    )


class _LinkReader:
    def __init__(self) -> None:
        self.links: list[dict[str, str]] = []
        self.remote: list[str] = []
        self.active: list[str] = []
        self._open = False

    def start_tag(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _ACTIVE:
            self.active.append(tag)
        for name, value in attributes.items():
            self._inspect_attribute(tag, name, value)

    def _inspect_attribute(self, tag: str, name: str, value: str) -> None:
        if name == "href" and tag in {"a", "area"}:
            self._link(value)
        elif name == "style":
            self.remote += _STYLE_ADDRESS.findall(value)
        elif name in _LOADING or (name == "href" and tag == "link"):
            self._remote(value)
        elif name == "srcset":
            for each in value[:_MAX_LENGTH].split(","):
                self._remote(each.strip().partition(" ")[0])
        elif name.startswith("on"):
            self.active.append(name)

    def _remote(self, address: str) -> None:
        if _REMOTE.match(address):
            self.remote.append(address.strip()[:_MAX_LENGTH])

    def _link(self, address: str) -> None:
        self._open = len(self.links) < _MAX_NAMED
        if self._open:
            self.links.append({"url": address.strip()[:_MAX_LENGTH], "text": ""})

    def end_tag(self, tag: str) -> None:
        if tag == "a":
            self._open = False

    def data(self, data: str) -> None:
        if self._open:
            if len(self.links[-1]["text"]) < _MAX_LENGTH:
                self.links[-1]["text"] = " ".join(f"{self.links[-1]['text']} {data}".split())[:_MAX_LENGTH]
        elif "//" in data:
            self.remote += _STYLE_ADDRESS.findall(data)
