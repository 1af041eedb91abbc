"""The guide's section on verification: every entry of its map runs, in order, and leaves what it says."""

from __future__ import annotations

import shlex
from pathlib import Path

import yaml

MAP = Path(__file__).parents[2] / "docs" / "guide-map" / "identity.yaml"


def test_the_section_from_beginning_to_end(sescli, ses, boto):
    entries = yaml.safe_load(MAP.read_text("utf-8"))
    for entry in entries:
        assert entry.keys() == {"guide_line", "guide_command", "sescli", "wrong", "operation"}
        ran = sescli(*shlex.split(entry["sescli"])[1:])
        assert ran.code == 0, f"{entry['sescli']}\n{ran.stderr}"
    v2 = boto("sesv2")
    names = {found["IdentityName"] for found in v2.list_email_identities()["EmailIdentities"]}
    assert names == {"example.com", "example.org", "noreply@example.com", "jane@example.com"}
    domain = v2.get_email_identity(EmailIdentity="example.com")
    assert len(domain["DkimAttributes"]["Tokens"]) == 3
    assert domain["MailFromAttributes"]["MailFromDomain"] == "mail.example.com"
