"""A batch file to begin with, commented; it is valid as it is written."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_TEXT = """\
# A batch file of sescli. Check it: sescli bulk validate {path}
# Send it: sescli bulk run {path}. Every key: the sescli documentation, bulk.md
version: 1
name: {name}                  # identifies the run: a name is sent once
from: {sender}
# reply_to: [support@example.com]
template: {template}          # a template stored in SES (sescli template list); or inline:
# content: {{subject: "Hello {{{{name}}}}", text: "@body.txt", html: "@body.html"}}
# config_set: my-config-set   # publishes events of these mails
tags: {{campaign: {name}}}    # what events can be told apart by
# headers: {{X-Campaign: "spring"}}
# unsubscribe: {{url: "https://example.com/u?id={{{{id}}}}", one_click: true}}
# default_data: {{shop: Example Shop}}   # for every recipient who has no value of their own
# duplicates: error           # or first (skip the later ones), or allow

{recipients}
limits:
  rate: auto                  # recipients a second: auto is what the account allows
  max_recipients: {most}      # refuse to send to more; needed above 1,000 where nobody is asked
  # stop_at_failure_rate: 0.05
"""

_INLINE = """\
recipients:                   # few: here. Many: recipients: {file: people.csv, to: email}
  - to: success@simulator.amazonses.com
    data: {name: Jo}          # the variables of the template
"""

_FILE = """\
recipients:
  file: {file}                # csv, tsv, jsonl, json or yaml, .gz too; - is standard input
  to: {to}                    # the column of the address; the other columns are the template's data
"""


@dataclass(frozen=True)
class Starter:
    """What a starter is about; `recipients` is a file beside it, None for recipients in the batch file."""

    path: str = "batch.yaml"
    name: str = "my-first-batch"
    sender: str = "noreply@example.com"
    template: str = "MyTemplate"
    recipients: str | None = None
    to: str = "email"

    def text(self) -> str:
        """The file."""
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

    def command(self) -> str:
        """The command that writes the same."""
        options = ["--name", self.name, "--from", self.sender, "--template", self.template]
        if self.recipients is not None:
            options += ["--recipients", self.recipients, "--to", self.to]
        return shlex.join(["sescli", "bulk", "init", self.path, *options, "--yes"])


def _quoted(text: str) -> str:
    """Text as YAML takes it for text, whatever it holds: plain where that is safe, else a JSON string."""
    safe = text.replace("-", "").replace("_", "").replace("@", "").replace(".", "")
    plain = (
        safe.isascii()
        and safe.isalnum()
        and text[0].isalpha()
        and text.lower() not in {"true", "false", "null"}
    )
    return text if plain else json.dumps(text)


def name_problem(text: str) -> str | None:
    """Why a name of a run will not do, or None."""
    if _NAME.fullmatch(text):
        return None
    return "letters, digits, - and _ only, beginning with a letter or digit, at most 64"
