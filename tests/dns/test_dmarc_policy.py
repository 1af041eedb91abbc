"""The DMARC record of the step that comes next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sescli.dns.dmarc import parse_dmarc
from sescli.dns.dmarc_policy import (
    external_report_domains,
    next_policy,
    parse_policy,
    parse_reports,
    value,
)
from sescli.errors import UsageError


def test_a_first_record():
    assert value("none", None) == "v=DMARC1; p=none"
    assert value("none", ("a@example.com", "b@example.com")) == (
        "v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@example.com"
    )


@pytest.mark.parametrize(
    ("before", "rua", "after"),
    [
        ("v=DMARC1; p=none; pct=20; ri=3600; rf=afrf; fo=1", None, "v=DMARC1; p=reject; fo=1"),
        ("v=DMARC1;P=none;RUA=mailto:d@example.com", None, "v=DMARC1; p=reject; rua=mailto:d@example.com"),
        ("v=DMARC1; p=none; rua=mailto:d@example.com", (), "v=DMARC1; p=reject"),
        ("v=DMARC1; p=none; rua=mailto:d@x.org", ("n@x.org",), "v=DMARC1; p=reject; rua=mailto:n@x.org"),
        ('v=DMARC1; p=none; fo="1"; sp=none; x-own=1', None, "v=DMARC1; p=reject; sp=none"),
    ],
)
def test_what_was_there_stays_but_for_what_means_nothing(before, rua, after):
    assert value("reject", rua, parse_dmarc(before)) == after


@given(st.text())
def test_a_record_of_anybody_never_breaks_the_next_one(text):
    made = value("quarantine", None, parse_dmarc(f"v=DMARC1; p=none; {text}"))
    assert made.isascii()
    assert made.isprintable()
    assert '"' not in made
    assert parse_dmarc(made).policy == "quarantine"


def test_the_steps():
    assert [next_policy(policy) for policy in ("none", "quarantine", "reject", "odd")] == [
        "quarantine",
        "reject",
        None,
        "quarantine",
    ]
    assert parse_policy("REJECT") == "reject"
    with pytest.raises(UsageError, match="--dmarc is 'pct'"):
        parse_policy("pct")


def test_report_addresses_as_they_are_typed():
    assert parse_reports(" a@example.com , mailto:b@example.com,a@example.com") == (
        "a@example.com",
        "b@example.com",
    )
    assert parse_reports("") == ()
    for invalid_parts in ("nobody", "a!b@example.com", "https://example.com/report"):
        with pytest.raises(UsageError):
            parse_reports(invalid_parts)


def test_strangers_must_say_that_they_take_them():
    rua = ("a@example.com", "b@mail.example.com", "c@example.net", "d@EXAMPLE.NET", "e@notexample.com")
    assert external_report_domains("mail.example.com", rua) == ["example.net", "notexample.com"]
