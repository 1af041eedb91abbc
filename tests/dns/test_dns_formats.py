"""The file formats, read back by the programs that use them: named-checkzone, botocore, cfn-lint, octoDNS, parsers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hcl2
import pytest
import yaml
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone

from sescli.dns.formats import FORMATS, checked_format, render
from sescli.dns.records import Record, WantedRecords
from sescli.errors import UsageError

KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + "abcDEF012/+" * 32 + "IDAQAB"
SOA = """\
$TTL 300
example.com. IN SOA ns.example.com. admin.example.com. 1 3600 600 86400 300
example.com. IN NS ns.example.com.
ns.example.com. IN A 192.0.2.1
"""


@pytest.fixture
def records() -> list[Record]:
    """One record of every purpose, with a TXT longer than a DNS string."""
    own = {
        "DkimAttributes": {"Tokens": ["sel"], "SigningAttributesOrigin": "EXTERNAL"},
        "MailFromAttributes": {"MailFromDomain": "bounce.example.com"},
    }
    easy = {"DkimAttributes": {"Tokens": ["aaa", "bbb", "ccc"]}}
    found = WantedRecords("example.com", own, "eu-west-1", KEY, "tok+/=").for_purpose("all")
    return [*WantedRecords("example.com", easy, "eu-west-1").dkim(), *found]


def rows(records):
    """The facts that every format must contain."""
    return sorted((record.name, record.type, record.value, record.priority) for record in records)


@pytest.mark.skipif(shutil.which("named-checkzone") is None, reason="named-checkzone (Debian: bind9-utils)")
def test_zone_is_valid_for_bind(records, tmp_path):
    zone = tmp_path / "zone"
    zone.write_text(SOA + render("zone", records, "example.com") + "\n")
    ran = subprocess.run(
        ["named-checkzone", "-i", "local", "-D", "-o", "-", "example.com", str(zone)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert sorted(found for found in map(from_zone_line, ran.stdout.splitlines()) if found) == rows(records)


def from_zone_line(line):
    name, ttl, _, kind, value = line.split(None, 4)
    if name == "ns.example.com." or kind in {"SOA", "NS"}:
        return None
    assert ttl == "1800"
    return (name.rstrip("."), kind, *presented(kind, value))


def presented(kind, text):
    """Value and priority from the text of a zone file or Route 53."""
    if kind == "TXT":
        strings = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
        assert all(len(string) <= 255 for string in strings)
        return "".join(strings), None
    priority, _, host = text.rpartition(" ")
    assert host.endswith(".")
    return host.rstrip("."), int(priority) if priority else None


def test_route53_is_valid_change_batch(records):
    from botocore.session import get_session
    from botocore.validate import ParamValidator

    batch = json.loads(render("route53", records, "example.com"))
    shape = get_session().get_service_model("route53").operation_model("ChangeResourceRecordSets").input_shape
    report = ParamValidator().validate({"HostedZoneId": "Z1", "ChangeBatch": batch}, shape)
    assert not report.has_errors(), report.generate_report()
    assert {change["Action"] for change in batch["Changes"]} == {"UPSERT"}
    sets = [change["ResourceRecordSet"] for change in batch["Changes"]]
    assert all(one["TTL"] == 1800 for one in sets)
    assert from_sets(sets, lambda record: record["Value"]) == rows(records)


def from_sets(sets, pick):
    return sorted(
        (one["Name"].rstrip("."), one["Type"], *presented(one["Type"], pick(record)))
        for one in sets
        for record in one["ResourceRecords"]
    )


def test_route53_has_one_change_for_each_record_set(records):
    twice = [*records, *(Record("TXT", "_dmarc.example.com", "other", None, 1800, "dmarc", required=False),)]
    sets = [
        change["ResourceRecordSet"]
        for change in json.loads(render("route53", twice, "example.com"))["Changes"]
    ]
    assert len({(one["Name"], one["Type"]) for one in sets}) == len(sets)


def test_cloudformation_passes_cfn_lint(records, tmp_path):
    text = render("cloudformation", records, "example.com")
    template = yaml.safe_load(text)
    sets = [resource["Properties"] for resource in template["Resources"].values()]
    assert all(one["HostedZoneId"] == {"Ref": "HostedZoneId"} for one in sets)
    assert from_sets(sets, lambda record: record) == rows(records)
    path = tmp_path / "ses.yaml"
    path.write_text(text)
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_terraform_has_resource_for_each_record(records):
    text = render("terraform", records, "example.com")
    blocks = re.findall(r'resource "aws_route53_record" "([\w-]+)" {\n(.*?)\n}', text, re.DOTALL)
    assert len({name for name, _ in blocks}) == len(blocks)
    assert sorted(map(from_terraform, blocks)) == rows(records)


def test_terraform_is_hcl_with_arguments_of_resource(records):
    """The arguments of aws_route53_record without a routing policy (documentation of hashicorp/aws)."""
    read = hcl2.loads(render("terraform", records, "example.com"))
    assert [list(variable) for variable in read["variable"]] == [['"ses_zone_id"']]
    for resource in read["resource"]:
        (block,) = resource['"aws_route53_record"'].values()
        assert set(block) - {"__is_block__"} == {"zone_id", "name", "type", "ttl", "records"}
        assert (block["zone_id"], block["ttl"]) == ("${var.ses_zone_id}", 1800)


def from_terraform(block):
    fields = dict(re.findall(r"^  (\w+) += (.*)$", block[1], re.MULTILINE))
    assert fields["zone_id"] == "var.ses_zone_id"
    assert fields["ttl"] == "1800"
    (value,) = json.loads(fields["records"])
    kind = json.loads(fields["type"])
    if kind == "TXT":
        # Two quotes separate the strings of a TXT; the provider adds the outer ones.
        assert all(len(string) <= 255 for string in value.split('""'))
        return json.loads(fields["name"]), kind, value.replace('""', ""), None
    priority, _, host = value.rpartition(" ")
    return json.loads(fields["name"]), kind, host, int(priority) if priority else None


def test_terraform_escapes_interpolation():
    record = Record(
        "TXT", "a.example.com", '${file("/etc/passwd")} %{if} "q" \\', None, 1800, "dkim", required=True
    )
    text = render("terraform", [record], "example.com")
    assert r'records = ["$${file(\\\"/etc/passwd\\\")} %%{if} \\\"q\\\" \\\\"]' in text


def test_octodns_names_are_relative_and_sorted(records):
    text = render("octodns", records, "example.com")
    zone = yaml.safe_load(text)
    assert list(zone) == sorted(zone)
    assert zone["_dmarc"]["value"] == r"v=DMARC1\; p=none\;"
    assert zone[""] == {
        "ttl": 1800,
        "type": "MX",
        "value": {"exchange": "inbound-smtp.eu-west-1.amazonaws.com.", "preference": 10},
    }
    assert [entry["type"] for entry in zone["bounce"]] == ["MX", "TXT"]
    assert zone["sel._domainkey"]["value"] == f"p={KEY}"


def test_octodns_reads_all_records(records, tmp_path):
    (tmp_path / "example.com.yaml").write_text(render("octodns", records, "example.com"))
    zone = Zone("example.com.", [])
    YamlProvider("config", str(tmp_path), escaped_semicolons=True).populate(zone)
    assert {record.ttl for record in zone.records} == {1800}
    found = [
        (record.fqdn.rstrip("."), record._type, *presented(record._type, text))
        for record in zone.records
        for text in map(rdata, record.values if hasattr(record, "values") else [record.value])
    ]
    assert sorted(found) == rows(records)


def rdata(value):
    """What octoDNS sends to a DNS provider."""
    return value.to_rdata_text()


def test_octodns_names_are_relative_to_parent_zone(records):
    assert "bounce" in yaml.safe_load(render("octodns", records, "example.com"))
    assert "bounce.example" in yaml.safe_load(render("octodns", records, "com"))
    with pytest.raises(UsageError):
        render("octodns", records, "example.org")


@pytest.mark.parametrize("form", FORMATS)
def test_render_is_deterministic(form, records):
    assert render(form, records, "example.com") == render(form, list(records), "example.com")


@pytest.mark.parametrize("form", FORMATS)
def test_render_ends_with_one_line_break(form, records):
    text = render(form, records, "example.com")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("form", FORMATS)
def test_render_omits_unknown_value(form, records):
    unknown = Record("TXT", "sel9._domainkey.example.com", None, None, 1800, "dkim", required=True)
    assert "sel9" not in render(form, [*records, unknown], "example.com")


def test_checked_format_rejects_unknown_format():
    assert checked_format("Zone") == "zone"
    with pytest.raises(UsageError, match="--format 'bind' is not valid") as refused:
        checked_format("bind")
    assert "terraform" in str(refused.value.hint)
