"""Sends messages for the inbox page through the API."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from sescli.emulator.client import Inbox


def send(v2: Any, subject: str = "Hello", *, to: Any = ("jane@example.net",), **more: Any) -> str:
    """Send one message and return its message ID. `more`: text, html, attachments, sender, tags."""
    body = {}
    if "html" in more:
        body["Html"] = {"Data": more["html"]}
    if "text" in more or not body:
        body["Text"] = {"Data": more.get("text", "It works.")}
    simple = {"Subject": {"Data": subject}, "Body": body}
    if "attachments" in more:
        simple["Attachments"] = more["attachments"]
    return v2.send_email(
        FromEmailAddress=more.get("sender", "shop@example.com"),
        Destination={"ToAddresses": list(to)},
        Content={"Simple": simple},
        EmailTags=[{"Name": name, "Value": value} for name, value in more.get("tags", {}).items()],
    )["MessageId"]


def send_many(v2: Any, count: int) -> None:
    """Send `count` messages with the subjects Mail 0, Mail 1, ... to n@example.net, 50 per call."""
    entries = [
        {
            "Destination": {"ToAddresses": [f"{n}@example.net"]},
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": f'{{"n": {n}}}'}},
        }
        for n in range(count)
    ]
    Inbox(v2.meta.endpoint_url).control(rate=1e6, quota=-1)
    for start in range(0, count, 50):
        answer = v2.send_bulk_email(
            FromEmailAddress="shop@example.com",
            DefaultContent={
                "Template": {
                    "TemplateContent": {"Subject": "Mail {{n}}", "Text": "Text of {{n}}."},
                    "TemplateData": "{}",
                }
            },
            BulkEmailEntries=entries[start : start + 50],
        )
        assert {each["Status"] for each in answer["BulkEmailEntryResults"]} == {"SUCCESS"}


def picture(width: int, height: int) -> bytes:
    """A PNG image with one color."""
    rows = b"".join(b"\0" + b"\x10\x60\x70" * width for _ in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
