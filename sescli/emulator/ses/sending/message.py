"""A message to send, its checks, and its outcome for each recipient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import BadRequest, MessageRejected

if TYPE_CHECKING:
    from collections.abc import Sequence

# docs/ses-behavior.md#headers-not-allowed
_OWN_HEADERS = frozenset(
    {
        "bcc", "cc", "content-disposition", "content-type", "date", "from", "message-id", "mime-version",
        "reply-to", "return-path", "subject", "to",
    }
)  # fmt: skip
_MAX_HEADERS = 15
_MAX_HEADER_LENGTH = 996  # name and value together
# docs/ses-behavior.md#attachment-extensions
_FORBIDDEN_EXTENSIONS = frozenset(
    [
        "ade",
        "adp",
        "app",
        "asp",
        "bas",
        "bat",
        "cer",
        "chm",
        "cmd",
        "com",
        "cpl",
        "crt",
        "csh",
        "der",
        "exe",
        "fxp",
        "gadget",
        "hlp",
        "hta",
        "inf",
        "ins",
        "isp",
        "its",
        "js",
        "jse",
        "ksh",
        "lib",
        "lnk",
        "mad",
        "maf",
        "mag",
        "mam",
        "maq",
        "mar",
        "mas",
        "mat",
        "mau",
        "mav",
        "maw",
        "mda",
        "mdb",
        "mde",
        "mdt",
        "mdw",
        "mdz",
        "msc",
        "msh",
        "msh1",
        "msh2",
        "mshxml",
        "msh1xml",
        "msh2xml",
        "msi",
        "msp",
        "mst",
        "ops",
        "pcd",
        "pif",
        "plg",
        "prf",
        "prg",
        "reg",
        "scf",
        "scr",
        "sct",
        "shb",
        "shs",
        "sys",
        "ps1",
        "ps1xml",
        "ps2",
        "ps2xml",
        "psc1",
        "psc2",
        "tmp",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vps",
        "vsmacros",
        "vss",
        "vst",
        "vsw",
        "vxd",
        "ws",
        "wsc",
        "wsf",
        "wsh",
        "xnk",
    ]
)
_EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"

Header = dict[str, str]  # {"name": …, "value": …}


@dataclass(frozen=True)
class MessageAttachment:
    name: str
    type: str
    content: bytes = field(repr=False)
    disposition: str = "ATTACHMENT"
    content_id: str | None = None
    description: str | None = None

    @property
    def is_infected(self) -> bool:
        """Whether it is the antivirus test file. SES accepts the message and rejects it later.

        docs/ses-behavior.md#virus-rejection
        """
        return _EICAR in self.content


@dataclass
class Message:
    """The message that the caller sends. Addresses are as written, with their display names.

    `raw` is the caller's own MIME message; the other members are then read from it. `failure` says why an accepted
    message could not be rendered.
    """

    source: str
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    reply_to: list[str] = field(default_factory=list)
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    headers: list[Header] = field(default_factory=list)
    attachments: Sequence[MessageAttachment] = ()
    tags: dict[str, str] = field(default_factory=dict)
    template: str | None = None
    raw: bytes | None = None
    failure: str | None = None
    contact_list: str | None = None
    topic: str | None = None

    @property
    def recipients(self) -> list[str]:
        return [*self.to, *self.cc, *self.bcc]

    @property
    def size(self) -> int:
        """The approximate size of the message in bytes. Attachments count as base64."""
        if self.raw is not None:
            return len(self.raw)
        body = sum(len(part.encode()) for part in (self.subject, self.text, self.html) if part)
        return body + sum(len(each.content) * 4 // 3 for each in self.attachments)


@dataclass(frozen=True)
class SendOutcome:
    """The outcome for one recipient."""

    address: str
    status: str  # delivered, ooto, bounced, complained, suppressed, rejected, rendering_failed
    reason: str | None = None


def check_size(size: int, max_bytes: int) -> None:
    """Raises BadRequest for a message of more than `max_bytes` bytes."""
    if size > max_bytes:
        raise BadRequest(f"Message length is more than {max_bytes} bytes long: '{size}'.")


def check_headers(headers: list[Header]) -> list[Header]:
    """Check custom headers and return them. Raises BadRequest."""
    if len(headers) > _MAX_HEADERS:
        raise BadRequest(f"The number of headers exceeds the limit of {_MAX_HEADERS}.")
    for header in headers:
        if header["name"].lower() in _OWN_HEADERS:
            raise BadRequest(f"Header {header['name']} is not allowed.")
        if len(header["name"]) + len(header["value"]) > _MAX_HEADER_LENGTH:
            raise BadRequest(f"Header {header['name']} is longer than {_MAX_HEADER_LENGTH} characters.")
    return headers


def merge_headers(defaults: list[Header], own: list[Header]) -> list[Header]:
    """Merge headers: those in `own` replace default headers with the same names."""
    names = {header["name"].lower() for header in own}
    return [header for header in defaults if header["name"].lower() not in names] + own


def check_attachment_names(names: Sequence[str]) -> None:
    """Raises MessageRejected for a file type that SES does not accept."""
    for name in names:
        extension = name.rpartition(".")[2].lower() if "." in name else ""
        if extension in _FORBIDDEN_EXTENSIONS:
            raise MessageRejected(f"Illegal filename '{name}'.")
