"""An incoming message: its envelope, its bytes, and the headers that SES adds."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from sescli.mail.mime_parts import parse_mime
from sescli.mail.part_content import part_content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.mail.addresses import Address
    from sescli.mail.mime_parts import MimePart

VERDICTS = ("spf", "dkim", "dmarc", "spam", "virus")
STATUSES = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED")  # docs/ses-behavior.md#received-notification
_PASS, _FAIL, _GRAY = STATUSES[:3]
_UNKNOWN = "GRAY"  # SPF, DKIM and DMARC are not checked
_LINE_END = re.compile(rb"\r?\n")
_EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
_GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_ID_LENGTH = 40


def new_message_id() -> str:
    """Create a message ID in SES's form for received messages. It is also the name of the S3 object."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


@dataclass
class IncomingMessage:
    """A message at the end of the SMTP conversation.

    `sender` is the envelope sender, "" for the null sender of a bounce. `verdict_overrides` are verdicts given in the
    deliver request. `added_headers` are the headers that rules have added so far, newest first.
    """

    region: str
    at: float  # seconds since 1970
    sender: str
    recipients: Sequence[Address]
    source_ip: str
    raw: bytes = field(repr=False)
    verdict_overrides: Mapping[str, str] = field(default_factory=dict)
    message_id: str = field(default_factory=new_message_id)
    added_headers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.raw = _LINE_END.sub(b"\r\n", self.raw)  # as in SMTP

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def verdicts(self, *, scanned: bool) -> dict[str, str]:
        """SES's verdicts by name. Only a rule with scanning enabled checks for spam and viruses."""
        seen = dict.fromkeys(("spf", "dkim", "dmarc"), _UNKNOWN)
        seen["spam"] = _scan_verdict(self._scanned_bodies(), _GTUBE) if scanned else _GRAY
        seen["virus"] = _scan_verdict(self._scanned_bodies(), _EICAR) if scanned else _GRAY
        return seen | dict(self.verdict_overrides)

    def content(self, *, scanned: bool) -> bytes:
        """The message with the headers that SES and the rules added, as S3 and topics get it."""
        return self._added_headers(scanned=scanned) + self.raw

    def headers(self, *, scanned: bool) -> MimePart:
        """The headers of `content`, parsed without the body, which may have 40 MB."""
        head = self.raw.partition(b"\r\n\r\n")[0]
        return parse_mime(self._added_headers(scanned=scanned) + head + b"\r\n\r\n").root

    def _added_headers(self, *, scanned: bool) -> bytes:
        ses_headers = [
            *self.added_headers,
            *self._ses_headers(self.verdicts(scanned=scanned), scanned=scanned),
        ]
        return "".join(f"{name}: {value}\r\n" for name, value in ses_headers).encode()

    def _ses_headers(self, verdicts: Mapping[str, str], *, scanned: bool) -> list[tuple[str, str]]:
        """The headers that SES adds. X-SES-RECEIPT is the last one."""
        ses_headers = [("Return-Path", f"<{self.sender}>"), ("Received", self._received())]
        if scanned:
            ses_headers += [
                ("X-SES-Spam-Verdict", verdicts["spam"]),
                ("X-SES-Virus-Verdict", verdicts["virus"]),
            ]
        spf, dkim, dmarc = (_header_word(verdicts[name]) for name in ("spf", "dkim", "dmarc"))
        results = f"amazonses.com; spf={spf} client-ip={self.source_ip}; dkim={dkim}; dmarc={dmarc};"
        return [
            *ses_headers,
            ("Received-SPF", f"{spf} (spfCheck) client-ip={self.source_ip};"),
            ("Authentication-Results", results),
            ("X-SES-RECEIPT", f"sescli-local:{self.message_id}"),
        ]

    def _received(self) -> str:
        host = f"inbound-smtp.{self.region}.amazonaws.com"
        return (
            f"from unknown ([{self.source_ip}]) by {host} with SMTP id {self.message_id}"
            f" for {self.recipients[0].addr_spec}; {format_datetime(self.time)}"
        )

    def _scanned_bodies(self) -> list[bytes]:
        """The raw message and each of its parts, decoded."""
        return [self.raw, *(part_content(part) for part in parse_mime(self.raw).root.leaves())]


def _scan_verdict(bodies: Sequence[bytes], mark: bytes) -> str:
    return _FAIL if any(mark in body for body in bodies) else _PASS


def _header_word(verdict: str) -> str:
    """A verdict in the spelling of RFC 8601."""
    return {_PASS: "pass", _FAIL: "fail", _GRAY: "none"}.get(verdict, "temperror")
