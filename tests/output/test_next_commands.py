"""Next commands get the options that reach the same account, region and DNS server."""

from __future__ import annotations

import io
import json

import pytest

from sescli.advice import Advice, NextCommand, join_hints
from sescli.errors import CheckFailedError
from sescli.output.next_commands import ContextOptions
from sescli.output.output import Output
from sescli.output.results import Column, Details, Done, Listing
from sescli.output.terminal import Terminal
from sescli.output.wrap_command import folded_hint

CONTEXT = ContextOptions.of({"local": True, "output": "json"}, "9.9.9.9")
CHECK = NextCommand("identity", "check", "a.com")


def output(style: str = "table", *, width: int = 0) -> Output:
    """An output with `CONTEXT`; standard error is a terminal of that width, if one is given."""
    terminal = Terminal(
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        stdout_is_tty=False,
        stderr_is_tty=width > 0,
        interactive=False,
        colour=False,
        stderr_colour=False,
        width=width or 80,
    )
    return Output(terminal, style, context_options=CONTEXT)


def written(stream) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (("identity", "show", "a.com"), "sescli --local identity show a.com"),
        (("identity", "check", "a.com"), "sescli --local identity check a.com --resolver 9.9.9.9"),
        (("identity", "setup"), "sescli --local identity setup --resolver 9.9.9.9"),
        (("identity", "setup", "--help"), "sescli --local identity setup --help"),
        (
            ("receipt", "setup", "a.com", "--s3", "b/c", "--yes"),
            "sescli --local receipt setup a.com --resolver 9.9.9.9 --s3 b/c --yes",
        ),
        (
            ("identity", "wait", "a.com", "--resolver", "1.1.1.1"),
            "sescli --local identity wait a.com --resolver 1.1.1.1",
        ),
        (("send", "email", "--subject", "Hello there"), "sescli --local send email --subject 'Hello there'"),
        (("local", "inbox"), "sescli local inbox"),
        (("demo",), "sescli demo"),
        (("completion", "bash"), "sescli completion bash"),
        (("--help",), "sescli --help"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, tuple) else "",
)
def test_command_gets_context_options(argv, shown):
    assert CONTEXT.render(NextCommand(*argv)) == shown


def test_command_with_its_own_region_keeps_it():
    context = ContextOptions.of({"region": "eu-west-1", "profile": "two words"})
    assert context.render(NextCommand("status", "--region", "us-east-1")) == (
        "sescli --profile 'two words' status --region us-east-1"
    )


def test_advice_puts_context_options_into_each_command():
    advice = Advice("fix it: ", CHECK, "; or look: ", NextCommand("identity", "show", "a.com"))
    assert CONTEXT.render(advice) == (
        "fix it: sescli --local identity check a.com --resolver 9.9.9.9; or look: "
        "sescli --local identity show a.com"
    )
    assert str(advice) == "fix it: sescli identity check a.com; or look: sescli identity show a.com"


def test_advice_text_is_never_searched_for_commands():
    assert CONTEXT.render(Advice("sescli identity show prints it")) == "sescli identity show prints it"


def test_advice_inside_advice_is_flattened():
    inner = Advice("fix it, then run: ", CHECK)
    assert Advice(inner, "; or stop") == Advice("fix it, then run: ", CHECK, "; or stop")


def test_join_hints_keeps_commands_and_drops_repeats():
    joined = join_hints([CHECK, None, "wait", CHECK])
    assert joined == Advice(CHECK, "; ", "wait")
    assert join_hints([None, CHECK]) == CHECK
    assert join_hints([None, ""]) is None


def test_hint_of_an_error_has_context_options():
    shown = output()
    shown.error(CheckFailedError("not verified", hint=CHECK))
    assert written(shown.terminal.stderr).splitlines() == [
        "error: not verified",
        "  try: sescli --local identity check a.com --resolver 9.9.9.9",
    ]


def test_hint_in_a_json_error_is_text_with_context_options():
    shown = output("json")
    shown.error(CheckFailedError("not verified", hint=Advice("run: ", CHECK)))
    hint = json.loads(written(shown.terminal.stderr))["error"]["hint"]
    assert hint == "run: sescli --local identity check a.com --resolver 9.9.9.9"


def test_next_of_a_result_is_folded_on_a_narrow_terminal():
    shown = output(width=40)
    shown.result(Done("Done.", {}, next=Advice("publish the records, then run: ", CHECK)))
    assert written(shown.terminal.stderr) == (
        "Next: publish the records, then run:\n"
        "  sescli --local identity check a.com \\\n"
        "    --resolver 9.9.9.9\n"
    )


def test_fields_cells_notes_and_warnings_show_commands_with_context_options():
    shown = output()
    table = Listing([CHECK], [Column("fix", lambda command: command)])
    shown.result(Details({}, [("fix", CHECK)], tables=[table]))
    shown.note(Advice("see ", CHECK))
    shown.warn(Advice("see ", CHECK))
    command = "sescli --local identity check a.com --resolver 9.9.9.9"
    assert written(shown.terminal.stdout).splitlines() == [f"fix  {command}", "", "FIX", command]
    assert written(shown.terminal.stderr) == f"see {command}\nwarning: see {command}\n"


def test_data_shows_a_command_as_text():
    shown = output("json")
    shown.result(Details({"fix": CHECK, "steps": [Advice("run: ", CHECK)]}, []))
    assert json.loads(written(shown.terminal.stdout)) == {
        "fix": "sescli identity check a.com",
        "steps": ["run: sescli identity check a.com"],
    }


def test_long_advice_goes_on_after_a_command():
    advice = Advice(
        "give it another name, or make a new key: ", CHECK, "; or choose another user name for it"
    )
    assert folded_hint(advice, ContextOptions(), 40, "  try: ") == (
        "  try: give it another name, or make a\n"
        "  new key:\n"
        "  sescli identity check a.com\n"
        "  or choose another user name for it"
    )


def test_command_inside_a_sentence_stays_in_one_line():
    advice = Advice("fix these records (", CHECK, " shows which)")
    assert folded_hint(advice, ContextOptions(), 40) == (
        "fix these records\n  (sescli identity check a.com shows\n  which)"
    )
