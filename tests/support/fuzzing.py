"""Generators of hostile inputs: a few inputs in `make test`, all of them in `make fuzz`.

A campaign makes inputs from a seed and counts those that get through a defense. Each test of a campaign has a second
test with a planted bug, which shows that the generator would find the real one:

    CAMPAIGN = Campaign("bulk rows", total=20_000, generate=hostile_row)

    def test_bulk_rows(fuzz):
        fuzz.none_through(CAMPAIGN, through)

    def test_bulk_rows_finds_planted_bug(fuzz):
        fuzz.finds(CAMPAIGN, through_without_the_check)

`through` returns None for an input that was handled, and says otherwise what happened. An exception counts as through.
Mark the module: `pytestmark = pytest.mark.fuzz`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

import pytest
from property_examples import is_long_run

Input = TypeVar("Input")

_USUAL_PART = 40
_FEWEST = 50
_SHOWN = 5
# The key of the summary lines among the properties of a test report, which pytest-xdist carries to the main process.
PROPERTY = "fuzz"


@dataclass(frozen=True)
class Campaign(Generic[Input]):
    """A generator of inputs. `total` is the number of inputs in `make fuzz`; `usual` that in `make test`."""

    name: str
    total: int
    generate: Callable[[Random], Input]
    usual: int | None = None

    @property
    def few(self) -> int:
        """The number of inputs in `make test`."""
        return min(self.total, self.usual or max(_FEWEST, self.total // _USUAL_PART))

    @property
    def budget(self) -> int:
        """The number of inputs in this run."""
        return self.total if is_long_run() else self.few

    def input(self, seed: int, number: int) -> Input:
        """One input: the same for the same seed and number, so a failure can be repeated alone."""
        return self.generate(Random(f"{self.name}:{seed}:{number}"))

    def inputs(self, seed: int, count: int) -> Iterator[Input]:
        """The first `count` inputs."""
        return (self.input(seed, number) for number in range(count))


Through = Callable[[Any], str | None]


@dataclass
class Fuzz:
    """Runs campaigns with the seed of this run (`--fuzz-seed`) and reports them at the end of the run."""

    seed: int
    report: Callable[[str], None]

    def none_through(self, campaign: Campaign[Any], through: Through) -> None:
        """Try every input of the budget. Fails with the numbers and the values of those that got through."""
        budget = campaign.budget
        found = [
            (number, value, reason)
            for number, value in enumerate(campaign.inputs(self.seed, budget))
            if (reason := _reason(through, value)) is not None
        ]
        self.report(f"{campaign.name}: {budget} inputs, {len(found)} through")
        shown = "\n".join(
            f"  --fuzz-seed={self.seed}, input {number}: {reason}\n    {value!r:.2000}"
            for number, value, reason in found[:_SHOWN]
        )
        assert not found, f"{len(found)} of {budget} inputs got through\n{shown}"

    def finds(self, campaign: Campaign[Any], through: Through) -> None:
        """Assert that the generator finds a planted bug within the budget of `make test`."""
        for number, value in enumerate(campaign.inputs(self.seed, campaign.few)):
            if _reason(through, value) is not None:
                self.report(f"{campaign.name}: planted bug found by input {number}")
                return
        pytest.fail(f"{campaign.name}: {campaign.few} inputs do not find the planted bug")

    def sample(self, campaign: Campaign[Any], count: int) -> list[Any]:
        """The first inputs, for a run of the real command line."""
        return list(campaign.inputs(self.seed, count))


def _reason(through: Through, value: Any) -> str | None:
    try:
        return through(value)
    except Exception as error:  # noqa: BLE001 - each exception that a check does not expect is a finding
        return f"{type(error).__name__}: {error}"


def add_options(parser: pytest.Parser) -> None:
    """Add the option for the seed."""
    parser.addoption(
        "--fuzz-seed", metavar="N", type=int, default=1, help="the seed of the generators in tests/fuzz"
    )


def summary(terminalreporter: Any) -> None:
    """Print one line for each campaign that ran."""
    reports = (report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ()))
    lines = [line for report in reports for key, line in report.user_properties if key == PROPERTY]
    if lines:
        terminalreporter.section(
            f"hostile inputs (--fuzz-seed={terminalreporter.config.getoption('fuzz_seed')})"
        )
        for line in sorted(lines):
            terminalreporter.write_line(line)
