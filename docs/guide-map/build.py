"""Writes docs/guide-map.md from the data beside this file: `make docs`.

A section is a YAML file; its entries run as they stand in tests/test_guide_map.py. commands.txt has every command
of the guide, by its line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
PAGE = HERE.parent / "guide-map.md"

# In the order of the guide.
SECTIONS = {
    "identity": "Email address and domain verification",
    "sending": "Sending emails",
    "templates": "Email templates",
    "config-set": "Configuration sets",
    "receipt": "Email receiving",
    "suppression": "Suppression lists",
    "reputation": "Reputation and deliverability",
    "smtp": "SMTP credentials",
    "events": "Event publishing",
    "sandbox": "Testing and sandbox",
    "quick-reference": "Quick reference",
}

_FOREWORD = """\
For who comes from the AWS CLI. A "complete practical guide" to SES with the AWS CLI goes round; its {commands} `aws`
commands are here, and {others} of its steps that are no command, each with its line there: the sescli command that does
the same, what the guide has wrong or leaves out, and the API operation behind it. A test runs every sescli line of this
page on the embedded SES, section by section in this order, and reads back through boto3 what it did.
"""


def page() -> str:
    """The whole page."""
    loaded = {name: yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8")) for name in SECTIONS}
    commands = len((HERE / "commands.txt").read_text("utf-8").splitlines())
    entries = sum(map(len, loaded.values()))
    parts = [
        "# From `aws ses` to sescli\n",
        "<!-- Made by `make docs` from docs/guide-map/*.yaml. Change those, not this page. -->\n",
        _FOREWORD.format(commands=commands, others=entries - commands),
    ]
    for name, title in SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += [_entry(entry) for entry in loaded[name]]
    return "\n".join(parts)


def _entry(entry: dict[str, Any]) -> str:
    wrong = f"\n{_line(entry['wrong'])}\n" if entry["wrong"] else ""
    return (
        f"**Line {entry['guide_line']}** · {_line(entry['operation'])}\n\n"
        f"```sh\n# {_line(entry['guide_command'])}\n{_line(entry['sescli'])}\n```\n{wrong}"
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def main(arguments: list[str]) -> None:
    """Write the page, or print it with --stdout."""
    if arguments == ["--stdout"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
