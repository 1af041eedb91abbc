"""Plots in plain text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sescli.output.plots import column_chart, sparkline

VALUES = st.lists(st.none() | st.floats(min_value=0, max_value=1e9, allow_nan=False), max_size=200)


def test_a_line_of_bars():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8]) == "▁▁▂▃▄▅▆▇█"
    assert sparkline([None, 4, None, 2]) == " █ ▄"


def test_nothing_and_zeros():
    assert sparkline([]) == ""
    assert sparkline([None, None]) == "  "
    assert sparkline([0, 0]) == "▁▁"


def test_a_chart_grows_from_the_bottom():
    assert column_chart([4, 1, 2, None], height=2) == ["█   ", "█▄█ "]


def test_too_many_values_share_columns_as_high_as_the_highest():
    assert sparkline([1, 8, 1, 4, None, None], width=3) == "█▄ "


@given(VALUES, st.integers(1, 10), st.integers(1, 80))
def test_a_chart_is_as_high_as_told_and_no_wider(values, height, width):
    lines = column_chart(values, height=height, width=width)
    assert len(lines) == height
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= width
