"""docs/ses-behavior.md: each fact has a source, and what cites a fact cites one that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "ses-behavior.md"
FOLDERS = ("sescli", "tests", "docs", "benchmarks", "examples", "completions", ".github")
BINARY = {".pyc", ".png", ".gif", ".gz", ".pdf", ".sqlite"}

CITATION = re.compile(r"docs/ses-behavior\.md#([\w-]+(?:,\s*(?:#\s)?#[\w-]+)*)")
BACKGROUND = "(background)"  # in a topic's heading: facts that explain, and that no line needs to cite
LINK = re.compile(r"\]\(https://[\w.-]+/[^)\s]+\)")
# Sources without an address: the model and the code that botocore installs.
INSTALLED = re.compile(r"botocore service model, |botocore, ")


def anchor(heading: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def topics(page: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The topics of the page, each with the anchors of its facts and their texts."""
    found = []
    for topic in re.split(r"(?m)^## ", page)[1:]:
        heading, *facts = re.split(r"(?m)^### ", topic)
        pairs = [(anchor(fact.partition("\n")[0]), fact.partition("\n")[2]) for fact in facts]
        found.append((heading.partition("\n")[0], pairs))
    return found


TOPICS = topics(PAGE.read_text("utf-8"))
FACTS = dict(pair for _, facts in TOPICS for pair in facts)


def texts() -> dict[str, str]:
    """The text files of the tree by their paths, without this one and the page."""
    within = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths = [path for path in [*ROOT.iterdir(), *within] if path.is_file() and path.suffix not in BINARY]
    found = {}
    for path in paths:
        if path not in {PAGE, Path(__file__)} and path.name != ".git":
            found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8", errors="replace")
    return found


TEXTS = texts()


def cited(text: str) -> list[str]:
    return [name.strip("# \n") for names in CITATION.findall(text) for name in names.split(",")]


CITED = {name: path for path, text in TEXTS.items() for name in cited(text)}


def test_every_fact_that_is_cited_is_on_the_page():
    assert CITED
    assert {name: path for name, path in CITED.items() if name not in FACTS} == {}


def test_every_fact_is_cited_or_background():
    needed = [name for topic, facts in TOPICS if not topic.endswith(BACKGROUND) for name, _ in facts]
    assert [name for name in needed if name not in CITED] == []


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_says_something_and_ends_with_its_source(name):
    said, _, source = FACTS[name].strip().rpartition("\n\nSource: ")
    assert len(said.split()) > 5
    assert "\n" not in source
    assert LINK.search(source) or INSTALLED.match(source)


def test_no_two_facts_have_one_anchor():
    assert sum(len(facts) for _, facts in TOPICS) == len(FACTS)


def test_no_file_cites_facts_that_are_not_in_the_repository():
    outside = re.compile("ses-" + r"facts|§ ?\d|\bappendix [ABC]\b", re.IGNORECASE)
    assert [path for path, text in TEXTS.items() if outside.search(text)] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("(docs/ses-behavior.md#one-two, #three) #four", ["one-two", "three"]),
        ("docs/ses-behavior.md#one,\n#two", ["one", "two"]),
        ("    # docs/ses-behavior.md#one,\n    # #two", ["one", "two"]),
        ("docs/ses-behavior.md#one; model: ses X", ["one"]),
        ("docs/ses-behavior.md", []),
    ],
)
def test_citations_are_found_however_they_are_written(text, names):
    assert cited(text) == names
