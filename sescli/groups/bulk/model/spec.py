"""The contents of a batch file (see `schema.json`), with defaults filled in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sescli.text.yaml_nodes import Sequence

STANDARD_INPUT = "-"
DEFAULT_TIMEOUT = 30.0
DEFAULT_UNKNOWN_RATE = 0.1
DEFAULT_EQUAL_REFUSALS = 5


@dataclass(frozen=True)
class InlineContent:
    """Inline content instead of a stored template; SES replaces only `{{name}}` (API v2 EmailTemplateContent)."""

    subject: str
    text: str | None = None
    html: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are given, by name."""
        named = {"subject": self.subject, "text": self.text, "html": self.html}
        return {name: text for name, text in named.items() if text is not None}


@dataclass(frozen=True)
class Unsubscribe:
    """List-Unsubscribe with an address of the sender (`url`, `mailto`) or SES's list management (`list_name`)."""

    url: str | None = None
    mailto: str | None = None
    one_click: bool = True
    list_name: str | None = None
    topic: str | None = None


@dataclass(frozen=True)
class BatchAttachment:
    """A file attached to every message; `content` is base64 text, to be stored in the journal."""

    name: str
    content: str
    content_type: str | None = None
    content_id: str | None = None


@dataclass(frozen=True)
class MessageSpec:
    """What all messages of a run share. The journal stores it, so the batch file is not read again."""

    sender: str
    reply_to: tuple[str, ...] = ()
    template: str | None = None
    content: InlineContent | None = None
    config_set: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    unsubscribe: Unsubscribe | None = None
    attachments: tuple[BatchAttachment, ...] = ()

    def to_json(self) -> str:
        """The JSON text for the journal."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> MessageSpec:
        """Read the JSON text of a journal."""
        raw: dict[str, Any] = json.loads(text)
        content, unsubscribe = raw.pop("content"), raw.pop("unsubscribe")
        return cls(
            **{
                **raw,
                "reply_to": tuple(raw["reply_to"]),
                "content": InlineContent(**content) if content else None,
                "unsubscribe": Unsubscribe(**unsubscribe) if unsubscribe else None,
                "attachments": tuple(BatchAttachment(**item) for item in raw["attachments"]),
            }
        )

    @property
    def sender_address(self) -> str:
        """The sender's address without its display name."""
        return parseaddr(self.sender)[1]

    @property
    def one_call_each(self) -> bool:
        """Whether each message needs its own SendEmail call: SendBulkEmail does not support list management."""
        return self.unsubscribe is not None and self.unsubscribe.list_name is not None


@dataclass(frozen=True)
class SendLimits:
    """Limits of a run. `rate` is recipients per second, None for the account's rate. `timeout` is in seconds.

    `stop_after_equal_refusals` 0 is no limit.
    """

    rate: float | None = None
    concurrency: int | None = None
    max_recipients: int | None = None
    timeout: float = DEFAULT_TIMEOUT
    stop_at_failure_rate: float | None = None
    stop_at_unknown_rate: float = DEFAULT_UNKNOWN_RATE
    stop_after_equal_refusals: int = DEFAULT_EQUAL_REFUSALS

    def to_json(self) -> str:
        """The JSON text for the journal."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SendLimits:
        """Read the JSON text of a journal."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Columns:
    """The columns of a recipients file. `data` and `tags` map a name to a column.

    `to` None means the column `to` or `email`. `data` None means every column that has no other use, and those that
    the template reads: `template_names` are its variables, None if they are not known.
    """

    to: str | None = None
    cc: str | None = None
    bcc: str | None = None
    id: str | None = None
    data: Mapping[str, str] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    template_names: frozenset[str] | None = frozenset()

    def is_data(self, column: str, used: frozenset[str]) -> bool:
        """Whether a column is template data if `data` does not name the columns; `used` are those with another use."""
        return column not in used or self.template_names is None or column in self.template_names

    @property
    def used(self) -> frozenset[str]:
        """The columns that are not template data."""
        named = (self.to, self.cc, self.bcc, self.id, *self.tags.values())
        return frozenset(column for column in named if column)


@dataclass(frozen=True)
class RecipientsFile:
    """A file of recipients: its path (None: standard input), format and columns.

    `folder` is that of the batch file if the batch file names the path, which must then be inside it.
    """

    path: Path | None
    format: str | None = None
    delimiter: str = ","
    columns: Columns = field(default_factory=Columns)
    folder: Path | None = None

    @property
    def shown(self) -> str:
        """The file's name in messages."""
        return str(self.path) if self.path else "standard input"


@dataclass(frozen=True)
class InlineRecipients:
    """Recipients listed in the batch file itself."""

    file: str
    nodes: Sequence


@dataclass(frozen=True)
class Batch:
    """A batch file."""

    file: str
    name: str
    mailing: MessageSpec
    limits: SendLimits
    recipients: RecipientsFile | InlineRecipients
    default_data: Mapping[str, Any] = field(default_factory=dict)
    duplicates: str = "error"
