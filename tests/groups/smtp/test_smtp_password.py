"""Password derivation and secret key parsing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sescli.errors import AccessError, UsageError
from sescli.groups.smtp.service.endpoints import endpoint, endpoints, region_mismatch, region_of_host
from sescli.groups.smtp.service.password import derive_password, is_password
from sescli.groups.smtp.service.secret_key import key_from_environment, parse_secret_key

EXAMPLE = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
# The first four are those of terraform-provider-aws (access_key_test.go), published and independent.
VECTORS = [
    ("some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
    ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
    ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
    ("another+secret+key", "us-west-1", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
    (EXAMPLE, "us-east-1", "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
    (EXAMPLE, "us-west-2", "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"),
    (EXAMPLE, "eu-west-1", "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"),
]
# The format from before 2019, which SES no longer issues.
OLD_FORM = "An60U4ZD3sd4fg+FvXUjayOipTt8LO4rUUmhpdX6ctDy"


@pytest.mark.parametrize(("secret", "region", "password"), VECTORS)
def test_derived_passwords_match_published_vectors(secret, region, password):
    assert derive_password(secret, region) == password


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64),
    st.sampled_from([found.region for found in endpoints()]),
    st.sampled_from([found.region for found in endpoints()]),
)
def test_passwords_have_ses_format_and_differ_by_region(secret, region, other):
    password = derive_password(secret, region)
    assert is_password(password)
    assert len(password) == 44
    assert password.startswith("B")
    assert (password == derive_password(secret, other)) == (region == other)


@pytest.mark.parametrize("text", ["", "B", OLD_FORM, EXAMPLE, "B" * 44 + "=", "Bä" * 22])
def test_is_password_rejects_other_text(text):
    assert not is_password(text)


def test_secret_key_is_parsed_from_text_or_aws_cli_json():
    assert parse_secret_key(f"{EXAMPLE}\n", {}).secret == EXAMPLE
    printed = json.dumps({"AccessKey": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": EXAMPLE}})
    key = parse_secret_key(printed, {})
    assert (key.secret, key.access_key_id) == (EXAMPLE, "AKIAIOSFODNN7EXAMPLE")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("two words", "spaces"),
        ("a\nb", "spaces"),
        ("schlüssel", "ASCII"),
        ("a\x1b[31mb", "ASCII"),
        ("AKIAIOSFODNN7EXAMPLE", "access key ID"),
        (VECTORS[4][2], "this is an SMTP password"),
        ("{", "neither"),
        ("{}", "no SecretAccessKey"),
        ('{"SecretAccessKey": 7}', "no SecretAccessKey"),
    ],
)
def test_invalid_secret_key_fails_without_repeating_it(text, words):
    with pytest.raises(UsageError, match=words) as refused:
        parse_secret_key(text, {})
    assert not text.strip("{}") or text not in str(refused.value)


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_SECRET_ACCESS_KEY": EXAMPLE, "AWS_SESSION_TOKEN": "t"},
        {"AWS_SECRET_ACCESS_KEY": EXAMPLE, "AWS_SECURITY_TOKEN": "t"},
        {"AWS_SECRET_ACCESS_KEY": EXAMPLE, "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE"},
    ],
)
def test_temporary_credentials_are_rejected(environ):
    with pytest.raises(AccessError, match="temporary"):
        key_from_environment(environ)
    with pytest.raises(AccessError, match="temporary"):
        parse_secret_key(EXAMPLE, environ)
    assert parse_secret_key("x" * 40, environ).secret == "x" * 40, "another key than that of the session"


def test_sts_credentials_are_rejected():
    key = {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": EXAMPLE, "SessionToken": "t"}
    with pytest.raises(AccessError):
        parse_secret_key(json.dumps({"Credentials": key}), {})


def test_secret_key_repr_hides_secret():
    assert EXAMPLE not in repr(parse_secret_key(EXAMPLE, {}))


def test_hosts_and_regions_convert_both_ways():
    for found in endpoints():
        assert region_of_host(found.host) == found.region
        assert found.fips_host is None or region_of_host(found.fips_host) == found.region
    assert region_of_host("smtp.example.com") is None
    assert len({found.region for found in endpoints()}) == len(endpoints()) >= 29
    with pytest.raises(UsageError, match="not a valid region name") as refused:
        endpoint("eu-wset-1x")
    assert "eu-west-1" in str(refused.value.hint)


def test_region_mismatch_warns_before_login():
    assert "expect error 535" in region_mismatch("us-east-1", "email-smtp.eu-west-1.amazonaws.com")
    for region, host in [
        ("eu-west-1", "email-smtp.eu-west-1.amazonaws.com"),
        (None, "email-smtp.eu-west-1.amazonaws.com"),
        ("eu-west-1", "smtp.example.com"),
    ]:
        assert region_mismatch(region, host) is None
