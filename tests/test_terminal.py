"""On a real (pseudo-)terminal: questions, colour, width, Ctrl-C."""

from __future__ import annotations

import os

import pytest
from pseudo_terminal import OnTerminal


@pytest.fixture
def place(ses):
    return ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]


def test_a_question_is_asked_and_its_answer_taken(sescli, place):
    sescli("suppression", "add", "jane@example.com")
    no = OnTerminal("local", "reset", *place)
    no.until("Reset it?")
    no.type("n")
    no.until("nothing was changed")
    assert no.end() == 2
    assert len(sescli("suppression", "list", "-o", "json").json) == 1
    yes = OnTerminal("local", "reset", *place)
    yes.until("Reset it?")
    yes.type("y")
    yes.until("Reset the local SES emulator")
    assert yes.end() == 0
    assert sescli("suppression", "list", "-o", "json").json == []


def test_ctrl_c_at_a_question_changes_nothing(sescli, place):
    sescli("suppression", "add", "jane@example.com")
    asked = OnTerminal("local", "reset", *place)
    asked.until("Reset it?")
    asked.type("\x03")
    asked.until("interrupted")
    assert asked.end() == 130
    assert len(sescli("suppression", "list", "-o", "json").json) == 1


def test_no_input_asks_nothing_even_on_a_terminal(place):
    ran = OnTerminal("local", "reset", "--no-input", *place)
    ran.until("--yes")
    assert ran.end() == 2


def test_a_table_fits_the_terminal_and_cuts_nothing(sescli, place):
    name = "a-rather-long-subdomain-of-some-depth.with.many.labels.and.more.of.them.example.com"
    sescli("identity", "verify", name)
    ran = OnTerminal("identity", "list")
    assert ran.end() == 0
    assert (
        name in "".join(line.split("  ")[0].strip() for line in ran.screen.splitlines()) or name in ran.screen
    )
    assert "…" not in ran.screen


def test_json_on_a_terminal_is_json(place):
    ran = OnTerminal("reputation", "quota", "-o", "json")
    assert ran.end() == 0
    assert b"\x1b" not in ran.raw


def test_help_fits_eighty_columns():
    ran = OnTerminal("reputation", "--help")
    assert ran.end() == 0
    assert "quota" in ran.screen
    assert max(len(line) for line in ran.screen.splitlines()) <= 80
