"""Definitions in files: every value and every place, as JSON and as YAML write them."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sescli.errors import InputFileError
from sescli.text import yaml_nodes
from sescli.text.definition_files import parse

# A key in two spellings is refused, so the keys here do not differ by case, - or _ alone.
KEYS = st.text('abcdefghij ÄΩ😀"\\/\t\n\x7f\x85\u2028\ufeff', min_size=1, max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=30),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(KEYS, parts, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_any_json_object_is_read_as_json_reads_it(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    found = parse(text, "f.json")
    assert found.value == value
    if value:
        with pytest.raises(InputFileError, match="unknown key"):
            found.members([])


def test_two_keys_that_differ_only_in_what_yaml_lacks():
    whole = parse(json.dumps({"a\x7f": 1, "a\u2028": 2}, ensure_ascii=False), "f.json")
    assert whole.value == {"a\x7f": 1, "a\u2028": 2}


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader], ids=["C", "Python"])
def test_places_under_tabs_and_surrogates(monkeypatch, loader):
    monkeypatch.setattr(yaml_nodes, "_LOADER", loader)
    text = json.dumps({"note": "\U0001f600", "list": [{"x": 1}, {"y": 2}]}, indent="\t")
    whole = parse(text, "f")
    assert whole.value["note"] == "\U0001f600"
    second = whole.members(["note", "list"])["list"].items()[1]
    assert str(second.members(["y"])["y"].fault("here")) == "f:8:4 (list[1].y): here"


def test_a_name_in_two_spellings_is_refused():
    with pytest.raises(InputFileError, match=r"f:3:1 \(topic_arn\): is the same key as TopicARN"):
        parse("TopicARN: a\n\ntopic_arn: b\n", "f").members(["TopicArn"])


def test_a_number_that_python_does_not_read_is_told():
    with pytest.raises(InputFileError, match="number of thousands of digits"):
        parse(f'{{"a": {"9" * 5000}}}', "f")


def test_null_counts_as_absent():
    with pytest.raises(InputFileError, match="lacks TopicArn"):
        parse("topic_arn: null\n", "f").required(["TopicArn"])


def test_a_close_key_is_proposed():
    with pytest.raises(InputFileError) as refused:
        parse("Enabeld: true\n", "f").members(["Enabled", "Name"])
    assert refused.value.hint == "did you mean Enabled?"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50, "a: " + "{b: " * 50])
def test_depth_is_bounded(text):
    with pytest.raises(InputFileError):
        parse(text, "f")
