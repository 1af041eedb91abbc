"""A commented batch file to start from; it is valid as written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from sescli.advice import NextCommand

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_TEXT = """\
# Batch file of sescli. Check it: sescli bulk validate {path}
# Send it: sescli bulk run {path}. All keys: docs/bulk.md
version: 1
name: {name}                  # identifies the run; each name is sent once
from: {sender}
# reply_to: [support@example.com]
template: {template}          # template stored in SES (sescli template list), or inline:
# content: {{subject: "Hello {{{{name}}}}", text: "@body.txt", html: "@body.html"}}
# config_set: my-config-set   # publishes the events of these messages
tags: {{campaign: {name}}}    # appear in the events
# headers: {{X-Campaign: "spring"}}
# unsubscribe: {{url: "https://example.com/u?id={{{{id}}}}", one_click: true}}
# default_data: {{shop: Example Shop}}   # for recipients without their own value
# duplicates: error           # or first (send only the first one), or allow

{recipients}
limits:
  rate: auto                  # recipients per second; auto: the account's rate
  max_recipients: {most}      # refuse to send to more; required above 1,000 without a terminal
  # stop_at_failure_rate: 0.05
"""

_INLINE = """\
recipients:                   # or a file: recipients: {file: people.csv, to: email}
  - to: success@simulator.amazonses.com
    data: {name: Jo}          # variables of the template
"""

_FILE = """\
recipients:
  file: {file}                # csv, tsv, jsonl, json or yaml, also as .gz; - is standard input
  to: {to}                    # column of the address; the other columns are template data
"""


@dataclass(frozen=True)
class Starter:
    """The values of a new batch file; `recipients` is a file in its folder, None for a list in the batch file."""

    path: str = "batch.yaml"
    name: str = "my-first-batch"
    sender: str = "noreply@example.com"
    template: str = "MyTemplate"
    recipients: str | None = None
    to: str = "email"

    def text(self) -> str:
        """The text of the file."""
        recipients = (
            _INLINE
            if self.recipients is None
            else _FILE.format(file=_quoted(self.recipients), to=_quoted(self.to))
        )
        return _TEXT.format(
            path=self.path,
            name=_quoted(self.name),
            sender=_quoted(self.sender),
            template=_quoted(self.template),
            recipients=recipients,
            most=1000 if self.recipients is None else 50000,
        )

    def command(self) -> NextCommand:
        """The command that writes the same file."""
        options = ["--name", self.name, "--from", self.sender, "--template", self.template]
        if self.recipients is not None:
            options += ["--recipients", self.recipients, "--to", self.to]
        return NextCommand("bulk", "init", self.path, *options, "--yes")


def _quoted(text: str) -> str:
    """The YAML of a text value: plain where that is safe, otherwise a JSON string."""
    safe = text.replace("-", "").replace("_", "").replace("@", "").replace(".", "")
    plain = (
        safe.isascii()
        and safe.isalnum()
        and text[0].isalpha()
        and text.lower() not in {"true", "false", "null"}
    )
    return text if plain else json.dumps(text)


def name_problem(text: str) -> str | None:
    """Why a run name is not valid, or None."""
    if _NAME.fullmatch(text):
        return None
    return "use letters, digits, - and _, start with a letter or digit, at most 64 characters"
