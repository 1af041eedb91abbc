"""scripts/changelog_section.py: the notes of a release, cut from the changelog."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sescli

SCRIPT = Path(__file__).parent.parent / "scripts" / "changelog_section.py"

# The source distribution has the tests without the script. In CI, a skipped test fails the run.
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="not a checkout of the repository")

SAMPLE = """# Changelog

The format follows Keep a Changelog.

## [Unreleased]

## [0.2.0] - 2027-01-15

### Added

- A changelog example:

  ```markdown
  ## [0.1.0] - 2026-12-01
  [kept]: https://example.com/in-a-code-block
  ```

```sh
## 0.1.0 in a code block is not a heading
```

### Fixed

- `## [0.1.0]` in a sentence is not a heading.

## 0.1.0 - 2026-12-01

- The first release.

## [0.1.0rc1]

- A release candidate.

## [0.0.1] - 2026-11-01 [YANKED]

- Withdrawn.

[Unreleased]: https://example.com/compare/v0.2.0...HEAD
[0.0.1]: https://example.com/tag/v0.0.1
"""


def section(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "CHANGELOG.md"
    path.write_text(SAMPLE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("0.1.0", "- The first release.\n"),
        ("0.1.0rc1", "- A release candidate.\n"),
        ("0.0.1", "- Withdrawn.\n"),
    ],
)
def test_changelog_section_prints_only_the_section_of_the_version(sample, version, text):
    ran = section(version, sample)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, text, "")


def test_changelog_section_keeps_subheadings_and_code_blocks(sample):
    printed = section("0.2.0", sample).stdout
    assert printed.startswith("### Added\n\n- A changelog example:\n")
    assert "[kept]: https://example.com/in-a-code-block" in printed
    assert "\n## 0.1.0 in a code block is not a heading\n" in printed
    assert printed.endswith("### Fixed\n\n- `## [0.1.0]` in a sentence is not a heading.\n")


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("0.1", "no section for 0.1"),
        ("0x1x0", "no section for 0x1x0"),
        ("9.9.9", "no section for 9.9.9"),
        ("Unreleased", "the section for Unreleased is empty"),
    ],
)
def test_changelog_section_without_text_ends_with_exit_code_1(sample, version, problem):
    ran = section(version, sample)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"error: {sample}: {problem}\n"


def test_changelog_section_of_a_missing_file_ends_with_exit_code_1(tmp_path):
    ran = section("0.1.0", tmp_path / "CHANGELOG.md")
    assert ran.returncode == 1
    assert "No such file" in ran.stderr


def test_changelog_section_without_a_version_shows_the_usage():
    ran = section()
    assert ran.returncode == 2
    assert ran.stderr == "usage: python scripts/changelog_section.py VERSION [CHANGELOG]\n"


def test_changelog_section_reads_the_changelog_of_the_repository_by_default():
    changelog = (SCRIPT.parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.search(rf"^## \[?{re.escape(sescli.__version__)}\]?\s", changelog, re.MULTILINE)
    ran = section(sescli.__version__ if released else "Unreleased")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() in changelog
