"""Names of identities: what a person types, and what it becomes or is refused as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sescli.dns.names import parse_domain, parse_identities, parse_identity
from sescli.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.com", "example.com"),
        ("Example.COM.", "example.com"),
        ("  example.com ", "example.com"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),  # IDNA 2008; IDNA 2003 would give another owner's domain
        ("John@Example.com", "John@example.com"),
        ("john+label@bücher.example", "john+label@xn--bcher-kva.example"),
        ("a/b@example.com", "a/b@example.com"),
    ],
)
def test_a_name_as_ses_keeps_it(typed, kept):
    assert parse_identity(typed).text == kept


@pytest.mark.parametrize(
    ("typed", "way_out"),
    [
        ("https://example.com/path", "use example.com"),
        ("HTTP://example.com:8080", "use example.com"),
        ("example.com/", "use example.com"),
        ("mailto:john@example.com", "use john@example.com"),
        ("*.example.com", "use example.com"),
        ("@example.com", "example.com"),
        ("Jane <jane@example.com>", "address alone"),
        ("localhost", "example.com"),
        ("192.0.2.1", "domain's name"),
        ("[2001:db8::1]", "domain's name"),
        ("_dmarc.example.com", "looks like"),
        ("-a.com", "looks like"),
        ("a b.com", "looks like"),
        ("example.com:25", "looks like"),
        ("a,b.com", "looks like"),
        ("x\n.com", "looks like"),
        ("", "example.com"),
        ("foo bar", "looks like"),
    ],
)
def test_a_slip_is_refused_with_what_to_type(typed, way_out):
    with pytest.raises(UsageError) as refused:
        parse_identity(typed)
    assert way_out in str(refused.value.hint)


def test_an_address_is_no_domain():
    with pytest.raises(UsageError) as refused:
        parse_domain("john@example.com")
    assert refused.value.hint == "use example.com"


def test_parents_are_the_domains_above_the_closest_first():
    assert list(parse_identity("a.b.example.com").parents()) == ["b.example.com", "example.com"]
    assert list(parse_identity("john@b.example.com").parents()) == ["b.example.com", "example.com"]
    assert list(parse_identity("example.com").parents()) == []


def test_several_names_come_once_and_all_bad_ones_are_told_at_once():
    assert [name.text for name in parse_identities(["b.com", "a.com", "B.com."])] == ["b.com", "a.com"]
    with pytest.raises(UsageError) as refused:
        parse_identities(["localhost", "good.com", "*.example.com"])
    assert "localhost" in refused.value.message
    assert "*.example.com" in refused.value.message


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_a_usage_error(text):
    try:
        name = parse_identity(text)
    except UsageError:
        return
    assert name.text.isascii()
    assert name.domain == name.domain.lower()
    assert parse_identity(name.text) == name
