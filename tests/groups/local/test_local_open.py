"""`sescli local open` starts the emulator, prints the URL, and opens the browser on a terminal."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from emulator_access import TOKEN
from pseudo_terminal import OnTerminal


@pytest.fixture
def own_server(sescli):
    yield sescli
    sescli("local", "stop")


@pytest.fixture
def browser(tmp_path, monkeypatch):
    """A browser that only records the URLs it gets; returns the file with them."""
    notes = tmp_path / "shown"
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {notes}\n')
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(program))
    return notes


def exchange(page_url, code):
    """Exchange a code for the token, as the page does. Returns the status and the response."""
    url = page_url.replace("/inbox", "/v1/inbox/token")
    request = urllib.request.Request(url, json.dumps({"code": code}).encode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_open_off_terminal_starts_emulator_and_prints_url(own_server, browser):
    ran = own_server("local", "open", "-o", "json")
    assert ran.code == 0
    assert ran.json["opened"] is False
    with urllib.request.urlopen(ran.json["inbox_url"], timeout=10) as page:
        assert page.headers["Content-Type"].startswith("text/html")
        assert b"<title>Inbox</title>" in page.read()
    page_url, _, token = ran.json["inbox_url"].partition("#token=")
    assert page_url == own_server("local", "status", "-o", "json").json["inbox_url"]
    assert own_server("local", "token").stdout == f"{token}\n"
    assert not browser.exists()


def test_open_on_terminal_opens_browser(own_server, browser):
    terminal = OnTerminal("local", "open")
    terminal.until("Opened the inbox in the browser: http://127.0.0.1:")
    assert terminal.end() == 0
    url = own_server("local", "status", "-o", "json").json["inbox_url"]
    opened, _, code = browser.read_text().strip().partition("#code=")
    assert opened == url
    token = own_server("local", "token").stdout.strip()
    assert token not in browser.read_text(), "other users can read the command line of the browser"
    assert exchange(url, code) == (200, {"token": token})
    assert exchange(url, code)[0] == 403, "a code works once"
    browser.unlink()
    terminal = OnTerminal("local", "open", "--no-browser")
    terminal.until("The inbox is at")
    assert terminal.end() == 0
    assert not browser.exists()


def test_open_uses_endpoint_url(sescli, ses_server):
    ran = sescli("local", "open", "--endpoint-url", f"{ses_server.endpoint_url}/", "-o", "json")
    assert ran.json["inbox_url"] == f"{ses_server.inbox_url}#token={TOKEN}"


def test_open_dry_run_starts_nothing(sescli, browser):
    ran = sescli("local", "open", "--dry-run", "-o", "json")
    assert ran.code == 0
    assert sescli("local", "status", "-o", "json").json["running"] is False
    assert not browser.exists()
