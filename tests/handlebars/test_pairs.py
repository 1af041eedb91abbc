"""`--data KEY=VALUE`: what it makes of dots, of a file below it, and of what is no pair."""

from __future__ import annotations

import pytest

from sescli.handlebars.errors import TemplateDataError
from sescli.handlebars.pairs import set_pairs


def test_each_value_is_a_text():
    assert set_pairs({}, ["name=Jane", "eq=a=b", "none="]) == {"name": "Jane", "eq": "a=b", "none": ""}


def test_a_dot_leads_into_an_object():
    assert set_pairs({}, ["order.id=5", "order.by.name=Jo", "url=a.b=c"]) == {
        "order": {"id": "5", "by": {"name": "Jo"}},
        "url": "a.b=c",
    }


def test_what_a_file_says_beside_it_stays():
    given = {"order": {"id": "1", "total": "9"}}
    assert set_pairs(given, ["order.id=5"]) == {"order": {"id": "5", "total": "9"}}


@pytest.mark.parametrize(
    ("data", "pair", "says"),
    [
        ({}, "name", "'name' is not KEY=VALUE"),
        ({}, "=x", "'=x' is not KEY=VALUE"),
        ({}, "a..b=x", "'a..b=x' is not KEY=VALUE"),
        ({}, ".a=x", "'.a=x' is not KEY=VALUE"),
        ({"a": {"b": "text"}}, "a.b.c=x", "--data a.b.c: a.b is a single value"),
        ({"a": [1]}, "a.0=x", "--data a.0: a is a list"),
    ],
)
def test_what_cannot_be_set_is_refused(data, pair, says):
    with pytest.raises(TemplateDataError) as refused:
        set_pairs(data, [pair])
    assert says in refused.value.message


def test_a_file_given_as_a_pair_is_shown_the_option_for_files():
    with pytest.raises(TemplateDataError) as refused:
        set_pairs({}, ["@d.json"])
    assert refused.value.hint == "to read a file, use --data-file d.json"
