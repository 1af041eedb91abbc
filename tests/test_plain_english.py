"""Plain English: the words of banned_words.txt are in no text that a person reads.

Checked are help, messages, documentation, docstrings, comments, and the names of tests.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from repository import ROOT

from sescli.app import root_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BANNED = ROOT / "tests" / "support" / "banned_words.txt"
# Read as a whole. Of Python files only the text for people is read.
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "docs/**/*.md",
    "examples/**/*",
    "completions/*",
    ".github/**/*",
    ".ci/*",
    ".pre-commit-config.yaml",
    "Makefile",
    "pyproject.toml",
)
FOLDERS = ("sescli", "tests", "benchmarks", "docs", "scripts")

# Standard terms that contain a banned word. They count as one word of their own.
STANDARD_TERMS = re.compile(r"\bMAIL\s+FROM\b|\bmail-from\b|\bmail\s+(?:server|reader|client|program)s?\b")


@dataclass(frozen=True)
class Exemption:
    """Text that keeps a banned word: the file (a pattern), the words around it, and why."""

    file: str
    words: str
    reason: str


EXEMPTIONS = (
    Exemption("sescli/emulator/*.py", "mails", "the table of messages and the path of the HTTP API"),
    Exemption("sescli/emulator/ses/*/*.py", "mails", "the table of messages"),
    Exemption("tests/groups/bulk/ci_players.py", "`mails`", "the name of a field"),
)


@dataclass(frozen=True)
class Text:
    """A text that a person reads, and where it is: a file and the line of its first character, or a command."""

    where: str
    line: int
    value: str
    # Whether a line break in the text is one in the file.
    has_lines: bool = True


@cache
def banned() -> tuple[re.Pattern[str], ...]:
    lines = BANNED.read_text("utf-8").splitlines()
    patterns = [line for line in lines if line.strip() and not line.startswith("#")]
    # A sentence may be broken anywhere between two words.
    return tuple(re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE) for pattern in patterns)


def hits(texts: Iterable[Text]) -> list[str]:
    """`file:line: word (the words around it)` for each banned word that is not exempt."""
    found = []
    for text in texts:
        value = STANDARD_TERMS.sub(lambda term: "_" * len(term[0]), text.value)
        for pattern in banned():
            for match in pattern.finditer(value):
                around = " ".join(text.value[max(0, match.start() - 30) : match.end() + 30].split())
                if not is_exempt(text.where, around):
                    line = text.line + (value.count("\n", 0, match.start()) if text.has_lines else 0)
                    word = " ".join(match[0].split())
                    found.append(f"{text.where}:{line}: {word!r} in {around!r}")
    return found


def is_exempt(where: str, around: str) -> bool:
    return any(fnmatch(where, one.file) and one.words in around for one in EXEMPTIONS)


def report(found: list[str]) -> None:
    """Fail with one line for each hit."""
    if found:
        pytest.fail(f"{len(found)} banned words:\n" + "\n".join(sorted(found)), pytrace=False)


# Where the texts come from.


def python_files(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


@cache
def tree(source: str) -> ast.Module:
    return ast.parse(source)


def docstring_nodes(source: str) -> Iterator[ast.Constant]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree(source)):
        body = node.body if isinstance(node, kinds) else []
        first = body[0] if body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            yield first.value


def docstrings(*folders: str) -> Iterator[Text]:
    for file, source in python_files(*folders):
        for node in docstring_nodes(source):
            yield Text(file, node.lineno, str(node.value))


def comments(*folders: str) -> Iterator[Text]:
    """Comments; those on consecutive lines are one text."""
    for file, source in python_files(*folders):
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        lines = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
        for _, block in groupby(enumerate(lines), key=lambda item: item[1][0] - item[0]):
            members = [line for _, line in block]
            yield Text(file, members[0][0], "\n".join(text.lstrip("# ") for _, text in members))


def messages(*folders: str) -> Iterator[Text]:
    """String literals of two words and more, which are for people; the others are keys and codes."""
    for file, source in python_files(*folders):
        passed_over = {id(node) for node in docstring_nodes(source)}
        for node in ast.walk(tree(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
                if len(node.value.split()) > 1:
                    yield Text(file, node.lineno, node.value, has_lines=False)
            elif isinstance(node, ast.JoinedStr):
                passed_over |= {id(part) for part in node.values}
                yield Text(file, node.lineno, f_string(node), has_lines=False)


def f_string(node: ast.JoinedStr) -> str:
    """The text of an f-string, `…` in place of each value."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)


def test_names() -> Iterator[Text]:
    for file, source in python_files("tests"):
        for node in ast.walk(tree(source)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = node.name.replace("mail_from", "mail-from").replace("_", " ")
                yield Text(file, node.lineno, words)


test_names.__test__ = False  # type: ignore[attr-defined]


def pages() -> Iterator[Text]:
    for pattern in PAGES:
        for path in filter(Path.is_file, sorted(ROOT.glob(pattern))):
            yield Text(path.relative_to(ROOT).as_posix(), 1, path.read_text("utf-8"))


def help_texts() -> Iterator[Text]:
    """The help of each group, command and parameter, as registered."""
    root = root_command()
    return help_of(typer.Context(root, info_name="sescli"), root, "sescli")


def help_of(context: typer.Context, command: typer.core.TyperCommand, path: str) -> Iterator[Text]:
    yield Text(path, 0, command.help or "", has_lines=False)
    yield Text(path, 0, command.epilog or "", has_lines=False)
    for param in command.params:
        if getattr(param, "hidden", False):
            continue  # a common option, which only the help of the root shows
        yield Text(f"{path} {param.name}", 0, getattr(param, "help", None) or "", has_lines=False)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        below = command.get_command(context, name)
        inner = typer.Context(below, parent=context, info_name=name)
        yield from help_of(inner, below, f"{path} {name}")


# The checks: one for each kind of text.


def test_help_has_no_banned_words():
    report(hits(help_texts()))


def test_messages_have_no_banned_words():
    report(hits(messages("sescli", "benchmarks", "docs", "scripts")))


def test_documentation_has_no_banned_words():
    report(hits(pages()))


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_have_no_banned_words(folder):
    report(hits(docstrings(folder)))


@pytest.mark.parametrize("folder", FOLDERS)
def test_comments_have_no_banned_words(folder):
    report(hits(comments(folder)))


def test_names_of_tests_have_no_banned_words():
    report(hits(test_names()))


# The check itself.


def test_every_banned_pattern_is_found_across_a_line_break():
    found = hits([Text("a.md", 1, "You shall\nlean\non it")])
    assert sorted(found) == [
        "a.md:1: 'shall' in 'You shall lean on it'",
        "a.md:2: 'lean on' in 'You shall lean on it'",
    ]


@pytest.mark.parametrize("text", ["a mail server", "the MAIL FROM domain", "a mail-from command"])
def test_standard_terms_are_not_banned(text):
    assert hits([Text("a.md", 1, text)]) == []


def test_each_text_source_finds_texts(tmp_path: Path):
    sources = (
        help_texts(),
        messages("sescli"),
        pages(),
        docstrings("tests"),
        comments("sescli"),
        test_names(),
    )
    for source in sources:
        assert next(iter(source)).value


def test_each_exemption_is_used():
    everything = [
        *messages("sescli"),
        *pages(),
        *docstrings("sescli", "tests"),
        *comments("sescli", "tests"),
        *test_names(),
        *help_texts(),
    ]
    unused = []
    for one in EXEMPTIONS:
        texts = [text for text in everything if fnmatch(text.where, one.file)]
        if not any(one.words in " ".join(text.value.split()) for text in texts):
            unused.append(one)
    assert unused == []
