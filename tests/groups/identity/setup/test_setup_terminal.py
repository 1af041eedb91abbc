"""`identity setup` on a terminal of 80 columns: all questions, going back, and Ctrl-C."""

from __future__ import annotations

import os

import pytest
from pseudo_terminal import OnTerminal

UP, DOWN, ENTER, CTRL_C = "\x1b[A", "\x1b[B", "\r", "\x03"


@pytest.fixture
def wizard(asking_ses, dns):
    started = []

    def start(*arguments, lines=60):
        options = [
            "--endpoint-url",
            os.environ["AWS_ENDPOINT_URL"],
            "--resolver",
            dns.place,
            "--interval",
            "1s",
        ]
        started.append(OnTerminal("identity", "setup", *arguments, *options, lines=lines))
        return started[-1]

    return start


def answer(running, question, *keys):
    """Wait for a question and answer it."""
    running.until(question)
    running.type("".join(keys))


def copied(screen):
    """Join a command that continues on the next line, as a shell does."""
    return screen.replace(" \\\n    ", " ")


def test_terminal_setup_verifies_new_domain(wizard, publish, dns):
    dns.serve_zone("example.com", "ns1.digitalocean.com", "ns2.digitalocean.com")
    dns.zones.clear()
    running = wizard()
    answer(running, "Which domain do you send from?", "example.com", ENTER)
    answer(running, "MAIL FROM domain? (Use", ENTER)
    answer(running, "DMARC policy? (Use", ENTER)
    answer(running, "DMARC reports? (optional) (<", ENTER)
    answer(running, "Receive email for example.com with SES? (Use", ENTER)
    answer(running, "I add them myself at DigitalOcean", ENTER)
    screen = running.until("Apply these changes? (Use")
    assert "SES: create the identity example.com in us-east-1" in screen
    running.type(ENTER)
    screen = running.until("last DNS check by SES")
    assert "Add these records at DigitalOcean, in the zone example.com." in screen
    assert "MX     name      bounce\n" in screen
    publish()
    running.until("Next: sescli")
    assert running.end() == 0
    assert "example.com is verified in us-east-1." in running.screen
    same = f"setup example.com --resolver {dns.place} --mail-from bounce"
    assert same in copied(running.screen)
    assert max(len(line) for line in running.screen.splitlines()) <= 80


def test_terminal_setup_goes_back(wizard, boto):
    running = wizard("example.com", "--no-wait")
    answer(running, "MAIL FROM domain? (Use", ENTER)
    answer(running, "DMARC policy? (Use", UP, ENTER)
    answer(running, "another subdomain", DOWN, ENTER)
    answer(running, "Which subdomain?", "\b\b\b\bnews", ENTER)
    answer(running, "quarantine: failing", ENTER)
    answer(running, "DMARC reports? (optional)", "<", ENTER)
    answer(running, "quarantine: failing", DOWN, ENTER)
    answer(running, "DMARC reports? (optional)", ENTER)
    answer(running, "Receive email for example.com with SES? (Use", ENTER)
    answer(running, "Who adds the records to DNS? (Use", ENTER)
    answer(running, "Apply these changes? (Use", ENTER)
    running.until("p=quarantine")
    assert running.end() == 0
    found = boto("sesv2").get_email_identity(EmailIdentity="example.com")
    assert found["MailFromAttributes"]["MailFromDomain"] == "news.example.com"


def test_terminal_setup_interrupted_at_question_changes_nothing(wizard, boto, dns):
    running = wizard()
    answer(running, "Which domain do you send from?", "https://example.com/", ENTER)
    answer(running, "use example.com: ", "\x15example.com", ENTER)
    answer(running, "MAIL FROM domain? (Use", ENTER)
    answer(running, "DMARC policy? (Use", CTRL_C)
    running.until("interrupted: nothing was changed")
    assert running.end() == 130
    assert f"identity setup example.com --resolver {dns.place}" in copied(running.screen)
    assert boto("sesv2").list_email_identities()["EmailIdentities"] == []


def test_terminal_setup_continues_after_interrupt(wizard, publish, dns):
    options = ["--mail-from", "bounce", "--dmarc", "keep", "--yes"]
    running = wizard("example.com", *options)
    running.until("last DNS check by SES")
    running.type(CTRL_C)
    running.until("interrupted: SES continues to check")
    assert running.end() == 130
    assert f"identity setup example.com --resolver {dns.place}" in copied(running.screen)
    publish()
    again = wizard("example.com", "--dmarc", "keep", "--yes")
    again.until("example.com is verified in us-east-1.")
    assert again.end() == 0


def test_terminal_setup_works_without_colour(wizard, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    running = wizard("example.com", "--mail-from", "bounce", "--dmarc", "none", "--yes", "--no-wait")
    assert running.end() == 0
    assert b"\x1b[3" not in running.raw
    assert "SES verifies it when it finds" in running.screen
