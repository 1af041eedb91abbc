"""The framework itself: budgets, repeatable inputs, and what counts as through."""

from __future__ import annotations

import pytest
from fuzzing import Campaign, Fuzz
from property_examples import is_long_run

pytestmark = pytest.mark.fuzz

_NUMBERS = Campaign("numbers", total=4_000, generate=lambda random: random.randrange(1_000_000))


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def run(lines: list[str]) -> Fuzz:
    return Fuzz(seed=7, report=lines.append)


def test_campaign_reports_inputs_and_none_through(run, lines):
    run.none_through(_NUMBERS, lambda _: None)
    assert lines == [f"numbers: {4_000 if is_long_run() else 100} inputs, 0 through"]


def test_campaign_fails_and_names_the_input_that_got_through(run, lines):
    value = _NUMBERS.input(7, 3)
    with pytest.raises(AssertionError, match=rf"seed=7, input 3: it passed\n    {value}"):
        run.none_through(_NUMBERS, lambda number: "it passed" if number == value else None)
    assert lines[0].endswith("1 through")


def test_exception_counts_as_through(run):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run.none_through(_NUMBERS, lambda number: str(number // 0))


def test_generator_that_misses_the_planted_bug_fails(run):
    with pytest.raises(pytest.fail.Exception, match="100 inputs do not find"):
        run.finds(_NUMBERS, lambda number: None)


def test_same_seed_gives_the_same_inputs_and_another_seed_others():
    assert list(_NUMBERS.inputs(1, 5)) == list(_NUMBERS.inputs(1, 5))
    assert list(_NUMBERS.inputs(1, 5)) != list(_NUMBERS.inputs(2, 5))


def test_summary_of_the_run_has_the_line_of_each_campaign(fuzz, request):
    fuzz.none_through(
        Campaign("the framework", total=50, generate=lambda random: random.random()), lambda _: None
    )
    assert ("fuzz", "the framework: 50 inputs, 0 through") in request.node.user_properties
