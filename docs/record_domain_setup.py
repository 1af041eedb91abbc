"""Record `identity setup` of a new domain for docs/domain-setup.md (`make docs`).

The program runs in a pseudo-terminal of 80 columns, with the local SES emulator that queries a DNS server on loopback.
This script types the answers, and publishes the records while the program waits. It replaces the text between
`<!-- recording NAME -->` and `<!-- end -->` in the page. DKIM tokens, ports and times differ in each run; the page has
fixed ones.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
PAGE = DOCS / "domain-setup.md"
# The name server and terminal of the tests.
sys.path.insert(0, str(DOCS.parent / "tests" / "support"))

from name_server import NameServer  # noqa: E402
from pseudo_terminal import OnTerminal  # noqa: E402

from sescli.emulator import process  # noqa: E402

ENTER = "\r"
ANSWERS = (
    ("Which domain do you send from?", "example.com"),
    ("MAIL FROM domain? (Use", ""),
    ("DMARC policy? (Use", ""),
    ("DMARC reports? (optional) (<", "dmarc@example.com"),
    ("Receive email for example.com with SES? (Use", ""),
    ("Who adds the records to DNS? (Use", ""),
    ("Apply these changes? (Use", ""),
)
COMMAND = "sescli --local identity setup"
_VIEW = re.compile(r"^\S? ?Waiting for", re.MULTILINE)


def record() -> dict[str, str]:
    """Return the recordings by name: the questions, the wait with some records published, and the end."""
    with tempfile.TemporaryDirectory() as state, NameServer() as dns:
        os.environ |= {"XDG_STATE_HOME": state, "NO_COLOR": "1", "HOME": state}
        dns.serve_zone("example.com", "kate.ns.cloudflare.com", "lee.ns.cloudflare.com")
        dns.zones.clear()
        folder = Path(state) / "sescli"
        server = process.start(ephemeral=True, verification="dns", resolver=dns.place, folder=folder)
        try:
            return _recorded(server.endpoint_url, dns)
        finally:
            process.stop(folder)


def _recorded(endpoint_url: str, dns: NameServer) -> dict[str, str]:
    os.environ["SESCLI_RESOLVER"] = dns.place
    running = OnTerminal(*COMMAND.split()[1:], "--interval", "1s", lines=110, columns=80)
    for question, answer in ANSWERS:
        running.until(question)
        running.type(f"{answer}{ENTER}")
    conversation = running.until("last DNS check by SES")
    identity = _identity(endpoint_url)
    tokens = identity["DkimAttributes"]["Tokens"]
    _publish(dns, identity, tokens[:2])
    half = _once(running, " ok", 2)
    _publish(dns, identity, tokens)
    dns.publish("bounce.example.com", "MX", "10 feedback-smtp.us-east-1.amazonses.com.")
    dns.publish("bounce.example.com", "TXT", '"v=spf1 include:amazonses.com ~all"')
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=none; rua=mailto:dmarc@example.com"')
    running.until("Next: sescli")
    if running.end() != 0:
        raise SystemExit(running.screen)
    parts = {"conversation": f"$ {COMMAND}\n{conversation}", "half": half, "end": _view(running.screen)}
    return {name: _normalize(text, tokens) for name, text in parts.items()}


def _once(running: OnTerminal, words: str, times: int) -> str:
    """Return the view of the wait when it shows the words so many times."""
    until = time.monotonic() + 30
    while (view := _view(running.until("last DNS check by SES"))).count(words) < times:
        if time.monotonic() > until:
            raise SystemExit(f"the screen never showed {words!r}:\n{running.screen}")
        running.read(0.2)
    return view


def _view(screen: str) -> str:
    """The last view of the wait on a screen: on a slow machine, an earlier one can still be above it."""
    return screen[[*_VIEW.finditer(screen)][-1].start() :]


def _identity(endpoint_url: str) -> dict[str, Any]:
    import boto3

    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    client = boto3.client("sesv2", endpoint_url=endpoint_url, **keys)
    answer: dict[str, Any] = client.get_email_identity(EmailIdentity="example.com")
    return answer


def _publish(dns: NameServer, identity: dict[str, Any], tokens: list[str]) -> None:
    zone = identity["DkimAttributes"]["SigningHostedZone"]
    for token in tokens:
        dns.publish(f"{token}._domainkey.example.com", "CNAME", f"{token}.{zone}.")


def _normalize(text: str, tokens: list[str]) -> str:
    """Replace what differs in each recording."""
    for number, token in enumerate(tokens, 1):
        text = text.replace(token, f"{'abcdefghijklmnopqrstuvwxyz23456'}{number}")
    text = re.sub("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "⠋", text)
    text = re.sub(r"last DNS check by SES: .*", "last DNS check by SES: just now", text)
    lines = (line.rstrip() for line in text.splitlines() if not line.startswith("WARNING: your terminal"))
    return "\n".join(lines).strip()


def page() -> str:
    """Return the page with new recordings."""
    text = PAGE.read_text("utf-8")
    for name, made in record().items():
        pattern = re.compile(f"(<!-- recording {name} -->\n```text\n).*?(```\n<!-- end -->)", re.DOTALL)
        text, times = pattern.subn(lambda found, made=made: f"{found[1]}{made}\n{found[2]}", text)
        if times != 1:
            raise SystemExit(f"{PAGE.name} has {times} recordings named {name}, not one")
    return text


if __name__ == "__main__":
    text = page()
    if "--stdout" in sys.argv:
        sys.stdout.write(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
