"""Parsing of TSIG key files."""

from __future__ import annotations

import pytest

from sescli.dns.tsig_key import parse_tsig_key


@pytest.mark.parametrize("secret", ["8mg4//s74ZyE6VANqc72YA==", "//g4IA+pCKFDs74ZyE6VANqc", "a/+/aaaa"])
def test_parse_tsig_key_reads_slashes_in_secret(secret):
    text = f'# old "key" //\nkey "sescli" {{\n  algorithm hmac-sha256; // "now"\n  secret "{secret}";\n}};\n'
    key = parse_tsig_key(text, "tsig.key")
    assert (key.name, key.algorithm, key.secret) == ("sescli", "hmac-sha256", secret)
