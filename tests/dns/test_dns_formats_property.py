"""Any TXT value and any name, in every format, read back by independent parsers."""

from __future__ import annotations

import json
import shutil
import string
import subprocess

import dns.rdata
import dns.zone
import hcl2
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone
from property_examples import examples

from sescli.dns.changes import PublishOptions, plan_change
from sescli.dns.formats import render
from sescli.dns.formats.text_strings import joined, quoted, strings
from sescli.dns.record_set import RecordSet
from sescli.dns.records import Record
from sescli.errors import UsageError

# An example can be slow on a busy machine.
_PATIENT = settings(deadline=None)

# Characters with a meaning in a format, much more often than by chance.
_SPECIAL = "\"\\;${}%#'`!&*[](),:@ \t"
VALUES = st.one_of(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=1200),
    st.text(st.sampled_from(_SPECIAL.replace("\t", "") + "a0"), min_size=1, max_size=600),
    st.integers(250, 1100).map(lambda size: "p=" + "A" * size),
    st.sampled_from(["yes", "null", "0x1f", "1e3", "~", "=", "- a", "a: b", "# a", "---", "${x}", "%{if a}"]),
)
_ALPHABET = string.ascii_lowercase + string.digits
LABELS = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True)
NAMES = st.one_of(
    st.lists(LABELS, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example.com"])),
    st.sampled_from(
        ["null.example.com", "0.example.com", "1e3.example.com", "yes.example.com", "example.com"]
    ),
)


def txt(name: str, value: str) -> Record:
    return Record("TXT", name, value, None, 1800, "dkim", required=True)


def text_of(presentation: str) -> str:
    """Parse a TXT presentation as a DNS server does (dnspython)."""
    parsed = dns.rdata.from_text("IN", "TXT", presentation)
    assert all(len(part) <= 255 for part in parsed.strings)
    return b"".join(parsed.strings).decode()


@_PATIENT
@given(VALUES)
def test_quoted_value_is_read_back_unchanged(value):
    assert all(len(part) <= 2 * 255 for part in strings(value))
    assert text_of(quoted(value)) == value
    assert joined(quoted(value)) == value


@_PATIENT
@given(NAMES, VALUES)
def test_zone_file_is_read_back_unchanged(name, value):
    zone = dns.zone.from_text(
        render("zone", [txt(name, value)], "example.com"), "example.com", relativize=False, check_origin=False
    )
    ((found, ttl, data),) = zone.iterate_rdatas()
    assert (found.to_text(omit_final_dot=True), ttl, text_of(data.to_text())) == (name, 1800, value)


@_PATIENT
@given(NAMES, VALUES)
def test_route53_change_batch_is_read_back_unchanged(name, value):
    (change,) = json.loads(render("route53", [txt(name, value)], "example.com"))["Changes"]
    found = change["ResourceRecordSet"]
    assert (found["Name"], text_of(found["ResourceRecords"][0]["Value"])) == (f"{name}.", value)


@_PATIENT
@given(NAMES, VALUES)
def test_cloudformation_template_is_read_back_unchanged(name, value):
    template = yaml.safe_load(render("cloudformation", [txt(name, value)], "example.com"))
    (found,) = [resource["Properties"] for resource in template["Resources"].values()]
    assert (found["Name"], text_of(found["ResourceRecords"][0])) == (f"{name}.", value)


@settings(_PATIENT, max_examples=examples(60))
@given(NAMES, VALUES)
def test_terraform_is_read_back_unchanged(name, value):
    # python-hcl2 accepts an escaped interpolation only with a closing brace; Terraform accepts both.
    assume("${" not in value and "%{" not in value)
    read = hcl2.loads(render("terraform", [txt(name, value)], "example.com"))
    (block,) = read["resource"][0]['"aws_route53_record"'].values()
    # The provider adds the outer quotes, and sends the rest to Route 53.
    assert (literal(block["name"]), text_of(f'"{literal(block["records"][0])}"')) == (name, value)


@pytest.mark.parametrize(("value", "token"), [("a ${b", "a $${b"), ("a %{", "a %%{"), ("${x}", "$${x}")])
def test_terraform_escapes_every_interpolation(value, token):
    assert f'records = ["{token}"]' in render("terraform", [txt("example.com", value)], "example.com")


def literal(token: str) -> str:
    """The value of an HCL string without interpolations (HCL native syntax, template literals)."""
    text = json.loads(token)
    return text.replace("$${", "${").replace("%%{", "%{")


@pytest.fixture(scope="module")
def octodns_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("octodns")


@_PATIENT
@given(NAMES, VALUES)
def test_octodns_is_read_back_unchanged(octodns_folder, name, value):
    try:
        text = render("octodns", [txt(name, value)], "example.com")
    except UsageError:
        assume(False)
    (record,) = octodns_records(octodns_folder, text)
    assert (record.fqdn, text_of(record.values[0].to_rdata_text())) == (f"{name}.", value)


@_PATIENT
@given(st.lists(NAMES, min_size=2, max_size=6, unique=True))
def test_octodns_accepts_order_of_names(octodns_folder, names):
    text = render("octodns", [txt(name, "x") for name in names], "example.com")
    assert sorted(record.fqdn for record in octodns_records(octodns_folder, text)) == sorted(
        f"{name}." for name in names
    )


def octodns_records(folder, text):
    """Read the records with octoDNS, which validates them."""
    (folder / "example.com.yaml").write_text(text)
    zone = Zone("example.com.", [])
    YamlProvider("config", str(folder), escaped_semicolons=True).populate(zone)
    return list(zone.records)


@pytest.mark.parametrize("value", ['"quoted"', 'a" "b', "a\\;b"])
def test_octodns_rejects_value_that_it_would_change(octodns_folder, value):
    with pytest.raises(UsageError, match="octoDNS cannot represent"):
        render("octodns", [txt("a.example.com", value)], "example.com")


@_PATIENT
@given(NAMES, VALUES, st.lists(VALUES, max_size=3))
def test_plan_finds_published_value_unchanged(name, value, others):
    """And what a zone has beside it stays, in its order."""
    record = Record("TXT", name, value, None, 1800, "verification", required=True)
    there = [RecordSet(name, "TXT", 60, tuple(quoted(other) for other in others))] if others else []
    change = plan_change(record, "example.com", there, PublishOptions())
    assert change.after[: len(others)] == tuple(quoted(other) for other in others)
    assert value in map(joined, change.after)
    again = plan_change(record, "example.com", [RecordSet(name, "TXT", 60, change.after)], PublishOptions())
    assert (again.action, again.after) == ("unchanged", change.after)


@pytest.mark.skipif(shutil.which("named-checkzone") is None, reason="named-checkzone (Debian: bind9-utils)")
def test_named_checkzone_reads_unusual_values(tmp_path):
    """Not by chance, because each run of it is a process."""
    odd = [
        "x" * 255,
        "x" * 256,
        "x" * 1000,
        '"',
        "\\",
        '\\"',
        "a;b",
        "$TTL 5",
        "@",
        "( )",
        "\\000",
        "é".encode().hex(),
    ]
    records = [txt(f"r{number}.example.com", value) for number, value in enumerate(odd)]
    zone = tmp_path / "zone"
    head = "$TTL 300\nexample.com. IN SOA ns.example.com. a.example.com. 1 1 1 1 1\nexample.com. IN NS ns.example.net.\n"
    zone.write_text(head + render("zone", records, "example.com"))
    ran = subprocess.run(
        ["named-checkzone", "-i", "none", "-D", "-o", "-", "example.com", str(zone)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    lines = [line.split(None, 4) for line in ran.stdout.splitlines() if " TXT" in line or "\tTXT" in line]
    assert {fields[0].rstrip("."): text_of(fields[4]) for fields in lines} == {
        record.name: record.value for record in records
    }
