"""The DMARC record for the next policy."""

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
    record_value,
)
from sescli.errors import UsageError


def test_record_value_of_first_record():
    assert record_value("none", None) == "v=DMARC1; p=none"
    assert record_value("none", ("a@example.com", "b@example.com")) == (
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
def test_record_value_keeps_valid_tags(before, rua, after):
    assert record_value("reject", rua, parse_dmarc(before)) == after


@given(st.text())
def test_record_value_is_valid_for_any_previous_record(text):
    made = record_value("quarantine", None, parse_dmarc(f"v=DMARC1; p=none; {text}"))
    assert made.isascii()
    assert made.isprintable()
    assert '"' not in made
    assert parse_dmarc(made).policy == "quarantine"


def test_next_policy_and_parse_policy():
    assert [next_policy(policy) for policy in ("none", "quarantine", "reject", "odd")] == [
        "quarantine",
        "reject",
        None,
        "quarantine",
    ]
    assert parse_policy("REJECT") == "reject"
    with pytest.raises(UsageError, match="--dmarc 'pct' is not valid"):
        parse_policy("pct")


def test_parse_reports_accepts_only_addresses():
    assert parse_reports(" a@example.com , mailto:b@example.com,a@example.com") == (
        "a@example.com",
        "b@example.com",
    )
    assert parse_reports("") == ()
    for text in ("not-an-address", "a!b@example.com", "https://example.com/report"):
        with pytest.raises(UsageError):
            parse_reports(text)


def test_external_report_domains_excludes_related_domains():
    rua = ("a@example.com", "b@mail.example.com", "c@example.net", "d@EXAMPLE.NET", "e@notexample.com")
    assert external_report_domains("mail.example.com", rua) == ["example.net", "notexample.com"]
