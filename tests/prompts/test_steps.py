"""A conversation that goes back: what is undone, and what is passed over."""

from __future__ import annotations

from sescli.prompts.scripted_prompter import ScriptedPrompter
from sescli.prompts.steps import run_steps


def asks(name):
    def step(asking, draft):
        answer = asking.text(name, check=lambda text: None if text else "empty")
        return None if answer is None else {**draft, name: answer}

    return step


def passes(_asking, draft):
    return draft


def run(steps, *answers):
    prompter = ScriptedPrompter(answers)
    done = run_steps(prompter, steps, {})
    prompter.finish()
    return done


def test_going_back_asks_again_and_forgets_what_came_after():
    steps = (asks("one"), passes, asks("two"), passes, asks("three"))
    answers = [
        ("one", "a"),
        ("two", "b"),
        ("three", "<"),
        ("two", "<"),
        ("one", "c"),
        ("two", "d"),
        ("three", " e "),
    ]
    assert run(steps, *answers) == {"one": "c", "two": "d", "three": "e"}


def test_the_sign_for_back_may_stand_behind_the_default():
    def where(asking, draft):
        answer = asking.text("where", default="inbox/", check=lambda text: "no" if "<" in text else None)
        return None if answer is None else {**draft, "where": answer}

    answers = [("one", "a"), ("where", "inbox/<"), ("one", "b"), ("where", "mail/")]
    assert run((asks("one"), where), *answers) == {"one": "b", "where": "mail/"}


def test_the_first_question_takes_the_sign_for_back_as_text():
    assert run((passes, asks("one")), ("one", "<")) == {"one": "<"}


def test_a_default_is_marked():
    def step(asking, draft):
        chosen = asking.select("which", [("first", 1), ("second", 2)], 2)
        return None if chosen is None else {**draft, "which": chosen}

    assert run((step,), ("which", None)) == {"which": 2}
