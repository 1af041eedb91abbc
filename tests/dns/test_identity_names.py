"""Parsing of identity names."""

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
def test_parse_identity_normalizes_name(typed, kept):
    assert parse_identity(typed).text == kept


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("https://example.com/path", "use example.com"),
        ("HTTP://example.com:8080", "use example.com"),
        ("example.com/", "use example.com"),
        ("mailto:john@example.com", "use john@example.com"),
        ("*.example.com", "use example.com"),
        ("@example.com", "example.com"),
        ("Jane <jane@example.com>", "without a name"),
        ("localhost", "example.com"),
        ("192.0.2.1", "domain name"),
        ("[2001:db8::1]", "domain name"),
        ("_dmarc.example.com", "such as"),
        ("-a.com", "such as"),
        ("a b.com", "such as"),
        ("example.com:25", "such as"),
        ("a,b.com", "such as"),
        ("x\n.com", "such as"),
        ("", "example.com"),
        ("foo bar", "such as"),
    ],
)
def test_parse_identity_rejects_mistake_with_hint(typed, hint):
    with pytest.raises(UsageError) as refused:
        parse_identity(typed)
    assert hint in str(refused.value.hint)


def test_parse_domain_rejects_address():
    with pytest.raises(UsageError) as refused:
        parse_domain("john@example.com")
    assert refused.value.hint == "use example.com"


def test_parents_are_domains_above_closest_first():
    assert list(parse_identity("a.b.example.com").parents()) == ["b.example.com", "example.com"]
    assert list(parse_identity("john@b.example.com").parents()) == ["b.example.com", "example.com"]
    assert list(parse_identity("example.com").parents()) == []


def test_parse_identities_removes_duplicates_and_lists_invalid_names():
    assert [name.text for name in parse_identities(["b.com", "a.com", "B.com."])] == ["b.com", "a.com"]
    with pytest.raises(UsageError) as refused:
        parse_identities(["localhost", "good.com", "*.example.com"])
    assert "localhost" in refused.value.message
    assert "*.example.com" in refused.value.message


@given(st.text(max_size=60))
def test_parse_identity_accepts_or_rejects_any_text(text):
    try:
        name = parse_identity(text)
    except UsageError:
        return
    assert name.text.isascii()
    assert name.domain == name.domain.lower()
    assert parse_identity(name.text) == name
