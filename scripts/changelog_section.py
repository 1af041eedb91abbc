"""Print the section of one version of CHANGELOG.md: the notes of its GitHub release.

Usage: python scripts/changelog_section.py VERSION [CHANGELOG]

The changelog follows Keep a Changelog: a section starts with `## [VERSION] - DATE`, and the brackets and the date are
optional. Exit code 1: the file, the section or its text is missing. Exit code 2: wrong usage.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"
_HEADING = re.compile(r"## +\[?(?P<version>[^\]\s]+)\]?(?=\s|$)")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_LINK_DEFINITION = re.compile(r"\[[^\]]+\]: +\S+")


def changelog_section(changelog: str, version: str) -> str:
    """The text below the heading of `version`, without the heading and without link definitions.

    Raises ValueError when the section is missing or empty.
    """
    lines = []
    is_wanted = is_found = is_code = False
    for line in changelog.splitlines():
        is_code ^= bool(_FENCE.match(line))
        heading = None if is_code else _HEADING.match(line)
        if heading:
            is_wanted = heading["version"] == version
            is_found |= is_wanted
        elif is_wanted and (is_code or not _LINK_DEFINITION.match(line)):
            lines.append(line)
    if not is_found:
        raise ValueError(f"no section for {version}")
    text = "\n".join(lines).strip()
    if not text:
        raise ValueError(f"the section for {version} is empty")
    return text + "\n"


def main(arguments: list[str]) -> int:
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: python scripts/changelog_section.py VERSION [CHANGELOG]\n")
        return 2
    path = Path(arguments[1]) if len(arguments) > 1 else CHANGELOG
    try:
        section = changelog_section(path.read_text(encoding="utf-8"), arguments[0])
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {path}: {error}\n")
        return 1
    sys.stdout.write(section)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
