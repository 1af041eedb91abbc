"""Make a text part from an HTML body, for readers that do not show HTML.

The text needs only links, lists, headings and tables. Libraries that do more have a licence that would apply to sescli
(html2text) or need lxml.
"""

from __future__ import annotations

import re

from sescli.mail.html_tokens import feed

_PARAGRAPHS = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "hr", "dl"]
)
_LINES = frozenset(["div", "tr", "section", "article", "header", "footer", "main", "nav", "dt", "dd", "form"])
_UNSEEN = frozenset(["script", "style", "head", "title", "template", "noscript"])
_SPACES = re.compile(r"[ \t\r\n\f]+")
# Deeper lists and elements are read as if they were at this depth, so that the output stays in proportion to the input.
_MAX_INDENT = 10
_MAX_DEPTH = 100


def text_from_html(html: str) -> str:
    """Plain text: separate paragraphs, `- ` for list items, links as `text (URL)`, images as their alt text.

    The time and the length of the text grow in proportion to the HTML, whatever it contains.
    """
    writer = _TextWriter()
    feed(html, writer)
    return writer.text()


class _TextWriter:
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._unseen: list[str] = []
        self._preformatted = 0
        # The open link: its target, and the number of pieces before its text.
        self._link: tuple[str, int] | None = None
        self._counters: list[int | None] = []

    def text(self) -> str:
        lines = "".join(self._pieces).split("\n")
        joined = "\n".join(line.rstrip() for line in lines)
        return re.sub(r"\n{3,}", "\n\n", joined).strip("\n") + "\n"

    def start_tag(self, tag: str, attributes: dict[str, str]) -> None:
        if self._unseen == ["head"] and tag == "body":  # the end tag of head is optional
            self._unseen.clear()
        if self._unseen or tag in _UNSEEN:
            if tag in _UNSEEN and len(self._unseen) < _MAX_DEPTH:
                self._unseen.append(tag)
            return
        self._break(tag)
        if tag == "br":
            self._pieces.append("\n")
        elif tag == "hr":
            self._pieces.append("-" * 20 + "\n\n")
        elif tag == "img":
            self._write(attributes.get("alt") or "")
        elif tag == "a":
            self._close_link()  # a link cannot contain another one
            self._link = (attributes.get("href") or "", len(self._pieces))
        elif tag in {"td", "th"} and not self._at_line_start():
            self._pieces.append("  ")
        else:
            self._open_list(tag)

    def _open_list(self, tag: str) -> None:
        if tag == "pre":
            self._preformatted += 1
        elif tag in {"ul", "ol"}:
            if len(self._counters) < _MAX_DEPTH:
                self._counters.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._break("div")
            self._pieces.append("  " * (min(len(self._counters), _MAX_INDENT) - 1) + self._bullet())

    def _bullet(self) -> str:
        if not self._counters or self._counters[-1] is None:
            return "- "
        self._counters[-1] += 1
        return f"{self._counters[-1]}. "

    def end_tag(self, tag: str) -> None:
        if tag in _UNSEEN and tag in self._unseen:
            while self._unseen.pop() != tag:
                pass
            return
        if self._unseen:
            return
        if tag == "a":
            self._close_link()
        elif tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag in {"ul", "ol"} and self._counters:
            self._counters.pop()
        self._break(tag)

    def data(self, data: str) -> None:
        if not self._unseen:
            self._write(data)

    def _close_link(self) -> None:
        if self._link is None:
            return
        (target, start), self._link = self._link, None
        text = "".join(self._pieces[start:]).strip()
        if target and not target.startswith("#") and text not in {target, target.removeprefix("mailto:")}:
            self._pieces.append(f" ({target})" if text else target)

    def _write(self, data: str) -> None:
        text = data.replace("\r\n", "\n") if self._preformatted else _SPACES.sub(" ", data)
        if not self._preformatted and self._at_line_start():
            text = text.lstrip(" ")
        elif text.startswith(" ") and self._pieces and self._pieces[-1].endswith(" "):
            text = text[1:]
        if text:
            self._pieces.append(text.replace("\N{NO-BREAK SPACE}", " "))

    def _at_line_start(self) -> bool:
        return not self._pieces or self._pieces[-1].endswith("\n")

    def _break(self, tag: str) -> None:
        inner_list = tag in {"ul", "ol"} and self._counters
        if tag in _PARAGRAPHS and not inner_list:
            self._pieces.append("\n" if self._at_line_start() else "\n\n")
        elif (tag in _LINES or tag == "li" or inner_list) and not self._at_line_start():
            self._pieces.append("\n")
