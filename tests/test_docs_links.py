"""Relative links of the documentation lead to files and headings that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md")

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_INLINE_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE_LINK = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$")
_HTML_ANCHOR = re.compile(r"<a\s[^>]*(?:id|name)=\"([^\"]+)\"")
_LINK_IN_HEADING = re.compile(r"\[([^\]]*)\]\([^)]*\)")


class DocumentLink(NamedTuple):
    """One link, and the line of the page that has it."""

    line: int
    target: str


def _prose(page: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line outside fenced code blocks."""
    fence = ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        marker = _FENCE.match(line)
        if fence:
            if marker and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif marker:
            fence = marker[1]
        else:
            yield number, line


def _links(page: Path) -> Iterator[DocumentLink]:
    for number, line in _prose(page):
        text = _CODE_SPAN.sub("`code`", line)
        for match in (*_INLINE_LINK.finditer(text), *_REFERENCE_LINK.finditer(text)):
            yield DocumentLink(number, match[1])


def _anchors(page: Path) -> set[str]:
    """The anchors of a page, made from its headings as GitHub makes them, with -1, -2, … for repeated headings."""
    found: set[str] = set()
    for _, line in _prose(page):
        found.update(_HTML_ANCHOR.findall(line))
        if heading := _HEADING.match(line):
            text = _LINK_IN_HEADING.sub(r"\1", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            numbered = (f"{slug}-{number}" for number in range(1, len(found) + 2))
            found.add(next(name for name in (slug, *numbered) if name not in found))
    return found


def broken_links(root: Path, page: Path) -> list[str]:
    """The relative links of `page` without a target in `root`, each as PAGE:LINE: TARGET and the reason."""
    broken = []
    for line, target in _links(page):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not file.is_relative_to(root.resolve()):
            reason = "leads out of the repository"
        elif not file.exists():
            reason = "no such file"
        elif parts.fragment and file.suffix == ".md" and unquote(parts.fragment) not in _anchors(file):
            reason = "no such heading"
        else:
            continue
        broken.append(f"{page.relative_to(root)}:{line}: {target}: {reason}")
    return broken


def test_docs_links_lead_to_existing_files_and_headings():
    pages = [page for pattern in PAGES for page in sorted(ROOT.glob(pattern))]
    assert sum(1 for page in pages for _ in _links(page)) > 50  # the pattern still finds links
    assert [link for page in pages for link in broken_links(ROOT, page)] == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](other.md)", []),
        ("[a](other.md#what-it-does-1)", []),
        ("[a](other.md#with-code-and-a-link)", []),
        ("[a](#here) and [b](folder/)", []),
        ("[a](https://example.com/nope#x), <mailto:x@example.com>", []),
        ("`[a](nope.md)`", []),
        ("```\n[a](nope.md)\n```\n[b](nope.md)", ["page.md:5: nope.md: no such file"]),
        ("[a](other.md), [b](nope.md)", ["page.md:2: nope.md: no such file"]),
        ("[a]: nope.md", ["page.md:2: nope.md: no such file"]),
        ("[a](#nope)", ["page.md:2: #nope: no such heading"]),
        ("[a](other.md#what-it-does-2)", ["page.md:2: other.md#what-it-does-2: no such heading"]),
        ("[a](../outside.md)", ["page.md:2: ../outside.md: leads out of the repository"]),
    ],
)
def test_docs_links_report_broken_links_with_page_and_line(tmp_path, text, broken):
    root = tmp_path / "repository"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "outside.md").write_text("# Outside\n")
    (root / "other.md").write_text(
        "# What it does\n\n## What it does\n\n### With `code`, and a [link](page.md)\n"
    )
    page = root / "page.md"
    page.write_text(f"# Here\n{text}\n")
    assert broken_links(root, page) == broken
