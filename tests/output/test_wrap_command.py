"""Commands to be copied from a narrow terminal."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from sescli.output.wrap_command import folded

SEND = (
    "sescli --local send email --from hello@example.com --to success@simulator.amazonses.com "
    "--subject 'Hello there' --text Hello"
)


def test_it_is_broken_before_options():
    assert folded(SEND, 80, "Next: ") == (
        "Next: sescli --local send email --from hello@example.com \\\n"
        "    --to success@simulator.amazonses.com --subject 'Hello there' --text Hello"
    )


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_shell_takes_it_as_one(width):
    said = subprocess.run(
        ["sh", "-c", f"sescli() {{ printf '%s\\n' sescli \"$@\"; }}\n{folded(SEND, width)}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == shlex.split(SEND)


@pytest.mark.parametrize(
    "text",
    [
        "sescli identity check example.com; then sescli identity wait example.com --timeout 1h",
        "publish the records (sescli identity records example.com), then look again",
        "sescli template push 'not closed --yes --force --and --so --on --and --on --and --on",
    ],
    ids=["two", "prose", "quotation"],
)
def test_more_than_a_command_is_left_alone(text):
    assert folded(text, 40) == text


def test_words_before_it_have_a_line_of_their_own():
    assert folded("mend these, then: sescli identity check example.com", 40, "Next: ") == (
        "Next: mend these, then:\n  sescli identity check example.com"
    )


def test_without_a_width_it_is_one_line():
    assert folded(SEND, None, "  ") == f"  {SEND}"
    assert folded(SEND, 200) == SEND
