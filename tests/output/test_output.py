"""Shapes of results, on a terminal and off it; hostile strings."""

from __future__ import annotations

import csv
import io
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sescli.advice import Advice, NextCommand
from sescli.output import formats, sanitise
from sescli.output.next_commands import ContextOptions
from sescli.output.output import Output
from sescli.output.results import Column, Listing
from sescli.output.tables import cell_width, plain_lines
from sescli.output.terminal import detect

HOSTILE = "a\x1b]0;title\x07\x1b[31mred\x9b31m\u202eevil\r\n=1+1 [bold]x[/bold]"


@given(st.text())
def test_one_line_is_one_line_without_controls(text):
    safe = sanitise.one_line(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in safe)
    assert len(safe.splitlines()) <= 1


@given(st.text())
def test_a_block_keeps_only_newline_and_tab(text):
    assert not any(
        (ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 for char in sanitise.block(text)
    )


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_loses_nothing_and_shows_no_control(value):
    shown = formats.dumps(value)
    assert json.loads(shown) == value
    assert not sanitise.has_unsafe(shown)


@given(st.lists(st.text(), min_size=1))
def test_yaml_shows_no_control_and_keeps_the_text(value):
    stream = io.StringIO()
    formats.write_yaml(value, stream)
    assert not sanitise.has_unsafe(stream.getvalue())
    assert yaml.safe_load(stream.getvalue()) == value


@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.text()}), min_size=1))
def test_no_csv_cell_is_a_formula(rows):
    stream = io.StringIO()
    formats.write_csv(rows, stream)
    for row in csv.reader(io.StringIO(stream.getvalue(), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_numbers_in_csv_stay_numbers():
    stream = io.StringIO()
    formats.write_csv([{"n": -5, "s": "-5", "t": None, "l": [1]}], stream)
    assert stream.getvalue() == "n,s,t,l\n-5,'-5,,[1]\n"


@given(st.lists(st.text(), min_size=1))
def test_a_plain_table_is_one_line_a_row(cells):
    listing = Listing(cells, [Column("cell", lambda cell: cell), Column("n", len, "number")])
    lines = plain_lines(listing, cells)
    assert len(lines) == len(cells) + 1
    assert all(len(line.splitlines()) == 1 for line in lines)


def test_wide_characters_take_two_columns():
    assert cell_width("日本") == 4
    assert cell_width("e\u0301") == 1


@pytest.fixture
def hostile(sescli, ses, boto):
    """A subject from outside that would take over the terminal."""
    import os

    client = boto("sesv2")
    client.create_email_identity(EmailIdentity="example.com")
    client.send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.com"]},
        Content={
            "Simple": {"Subject": {"Data": HOSTILE.replace("\r\n", " ")}, "Body": {"Text": {"Data": HOSTILE}}}
        },
    )
    newest = next(ses.messages()).id
    place = ("--endpoint-url", os.environ["AWS_ENDPOINT_URL"])

    def call(verb, *options, **more):
        return sescli("local", verb, *([newest] if verb == "show" else []), *options, *place, **more)

    return call


@pytest.mark.parametrize("style", ["table", "json", "jsonl", "yaml", "csv", "tsv"])
def test_a_hostile_string_reaches_no_terminal(hostile, style):
    for ran in (hostile("inbox", "-o", style), hostile("inbox", "-o", style, tty=True)):
        assert ran.code == 0
        assert not any(control in ran.stdout for control in ("\x1b]", "\x9b", "\u202e", "\x07", "\x1b[31m"))
    whole = hostile("show", "-o", style)
    assert "\x1b" not in whole.stdout
    assert "[bold]x[/bold]" in whole.stdout


def test_off_a_terminal_nothing_is_cut_or_coloured(hostile):
    ran = hostile("inbox")
    assert "\x1b" not in ran.stdout
    assert "[bold]x[/bold]" in ran.stdout
    assert len(ran.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("variables", "options", "coloured"),
    [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"TERM": "dumb"}, [], False),
        ({"CI": "true"}, [], False),
        ({"CLICOLOR": "0"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({}, ["--color", "never"], False),
    ],
    ids=str,
)
def test_colour_on_a_terminal(hostile, monkeypatch, variables, options, coloured):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in hostile("show", *options, tty=True).stdout) is coloured


def test_forced_colour_off_a_terminal(hostile, monkeypatch):
    assert "\x1b[" not in hostile("show").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in hostile("show").stdout


def test_query(sescli, ses):
    assert sescli("reputation", "quota", "-q", "max_send_rate").stdout == "500\n"
    assert sescli("reputation", "quota", "-q", "[max_send_rate]", "-o", "yaml").stdout == "- 500\n"
    assert sescli("status", "-q", "region").stdout == "us-east-1\n", "a text comes without quotes"
    assert sescli("status", "-q", "region", "-o", "json").stdout == '"us-east-1"\n'
    nothing = sescli("reputation", "quota", "-q", "rate")
    assert nothing.stdout == "null\n"
    assert "max_send_rate" in nothing.stderr
    bad = sescli("reputation", "quota", "-q", "[", "-o", "json")
    assert bad.code == 2
    assert "JMESPath" in bad.error["message"]


def test_an_empty_list(sescli, ses):
    table = sescli("suppression", "list")
    assert (table.stdout, table.code) == ("", 0)
    assert "No suppressed addresses" in table.stderr
    assert sescli("suppression", "list", "-o", "json").stdout == "[]\n"
    assert sescli("suppression", "list", "-o", "jsonl").stdout == ""


def test_the_next_command_reaches_the_same_place(sescli, ses):
    ran = sescli("suppression", "add", "jane@example.com", "--region", "eu-west-1")
    assert "Next: sescli --region eu-west-1 suppression list" in ran.stderr


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        (
            NextCommand("identity", "check", "example.com"),
            "sescli --local identity check example.com --resolver 9.9.9.9",
        ),
        (
            Advice("Fix these (", NextCommand("identity", "check", "a.example.com"), " names them), then"),
            "Fix these (sescli --local identity check a.example.com --resolver 9.9.9.9 names them), then",
        ),
        (NextCommand("identity", "setup"), "sescli --local identity setup --resolver 9.9.9.9"),
        (NextCommand("identity", "setup", "--help"), "sescli --local identity setup --help"),
        (
            NextCommand("receipt", "setup", "a.com", "--s3", "b/c", "--yes"),
            "sescli --local receipt setup a.com --resolver 9.9.9.9 --s3 b/c --yes",
        ),
        (NextCommand("identity", "show", "a.com"), "sescli --local identity show a.com"),
        (NextCommand("local", "stop"), "sescli local stop"),
        ("sescli cannot ask without a terminal", "sescli cannot ask without a terminal"),
    ],
    ids=["check", "in a sentence", "no name", "help", "options", "asks no DNS", "local group", "plain text"],
)
def test_a_next_command_reaches_the_same_place(hint, shown):
    streams = [io.StringIO() for _ in range(3)]
    assert (
        Output(
            detect(*streams, {}, no_input=True, colour="never"),
            context_options=ContextOptions.of({"local": True}, "9.9.9.9"),
        ).with_context_options(hint)
        == shown
    )
