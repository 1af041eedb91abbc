"""`sescli identity check`: verdicts in text and JSON, and exit codes."""

from __future__ import annotations

import subprocess

import pytest
from dns_clock import skipping_clock
from dns_world import KEY, dns_world
from name_server import NameServer
from pseudo_terminal import OnTerminal

from sescli.aws.endpoint import AwsEndpoint
from sescli.aws.gateway import Gateway
from sescli.dns.findings import ORDER, CheckedRecord
from sescli.dns.names import IdentityName
from sescli.emulator import process
from sescli.groups.identity.service import dns_check
from sescli.groups.identity.views import check as view

MX = "10 feedback-smtp.us-east-1.amazonses.com."


@pytest.fixture(scope="module")
def one_dns_world():
    with dns_world() as world:
        yield world


@pytest.fixture
def world(one_dns_world, monkeypatch):
    """example.com with its MAIL FROM and DMARC records; SES chooses the DKIM tokens."""
    one_dns_world.reset()
    monkeypatch.setenv("SESCLI_RESOLVER", one_dns_world.resolver.place)
    return one_dns_world


@pytest.fixture
def published(world, ses, sescli):
    """The records that SES requires for example.com, all published."""
    sescli("identity", "verify", "example.com", "--mail-from", "bounce")
    wanted = sescli("identity", "records", "example.com", "-o", "json").json
    for record in wanted[:3]:
        world.publish(record["name"], "CNAME", f"{record['value']}.")
    return wanted


def test_check_all_correct(sescli, published):
    ran = sescli("identity", "check", "example.com")
    assert ran.code == 0
    assert "all 5 required records are correct" in ran.stdout
    assert "Next: sescli send email --from hello@example.com" in ran.stderr
    assert "example.com is in the DNS zone example.com at ns1.example.com, ns2.example.com." in ran.stderr


def test_check_json_is_records_with_verdicts(sescli, published):
    ran = sescli("identity", "check", "example.com", "-o", "json")
    assert ran.code == 0
    assert [{key: row[key] for key in published[0]} for row in ran.json] == published
    for row in ran.json:
        assert {"verdict", "found", "reason", "fix"} <= set(row)
        assert row["verdict"] == "ok"
    assert set(ran.json[0]) == set(CheckedRecord.__dataclass_fields__)
    assert {row["verdict"] for row in ran.json} <= set(ORDER)


def test_check_names_dns_provider_and_its_pitfall(sescli, world, published):
    for server in world.own:
        server.publish("example.com", "NS", "ada.ns.cloudflare.com.", "bob.ns.cloudflare.com.")
    ran = sescli("identity", "check", "example.com")
    assert "at ada.ns.cloudflare.com, bob.ns.cloudflare.com (Cloudflare)." in ran.stderr
    assert "DNS only" not in ran.stderr
    world.withdraw(published[1]["name"], "CNAME")
    assert 'Set the CNAME records to "DNS only"' in sescli("identity", "check", "example.com").stderr


def test_check_reports_missing_required_record(sescli, world, published):
    world.withdraw(published[1]["name"], "CNAME")
    ran = sescli("identity", "check", "example.com")
    assert ran.code == 3
    assert "4 of 5 required records are correct" in ran.stdout
    assert f"record  CNAME {published[1]['name']}" in ran.stdout
    assert f"needed  {published[1]['value']}" in ran.stdout
    assert "missing: the name does not exist" in ran.stdout
    assert "Next: fix these records, then run: sescli identity check example.com" in ran.stderr


def test_check_passes_without_optional_record(sescli, world, published):
    world.withdraw("_dmarc.example.com", "TXT")
    ran = sescli("identity", "check", "example.com")
    assert ran.code == 0
    assert "DMARC (optional)" in ran.stdout
    assert "missing" in ran.stdout


def test_check_failed_query_takes_precedence_over_missing_record(sescli, world, published):
    """If both apply, the exit code is 6."""
    world.withdraw(published[1]["name"], "CNAME")
    world.resolver.faults["bounce.example.com", "MX"] = "servfail"
    ran = sescli("identity", "check", "example.com", "-o", "json")
    assert ran.code == 6
    assert [row["verdict"] for row in ran.json] == ["ok", "missing", "ok", "error", "ok", "ok"]
    assert "check again" in sescli("identity", "check", "example.com").stderr


def test_check_passes_if_optional_record_cannot_be_looked_up(sescli, world, published):
    world.resolver.faults["_dmarc.example.com", "TXT"] = "refused"
    assert sescli("identity", "check", "example.com").code == 0


def test_check_includes_receiving_record(sescli, world, published):
    world.publish("example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
    ran = sescli("identity", "check", "example.com", "--for", "ALL", "-o", "json")
    assert ran.code == 0
    assert ran.json[-1]["purpose"] == "inbound_mx"
    assert sescli("identity", "check", "example.com", "--for", "fun").code == 2


def test_check_includes_legacy_txt_record(sescli, world, ses, boto):
    token = boto("ses").verify_domain_identity(Domain="example.com")["VerificationToken"]
    assert sescli("identity", "check", "example.com").code == 3
    world.publish("_amazonses.example.com", "TXT", f'"{token}"')
    assert sescli("identity", "check", "example.com", "--legacy-txt").code == 0


def test_check_compares_own_dkim_key(sescli, world, ses, tmp_path):
    key = tmp_path / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    made = sescli(
        *("identity", "verify", "example.com", "--dkim-selector", "sel"),
        *("--dkim-private-key", str(key), "-o", "json"),
    ).json
    value = made[0]["records"][0]["value"]
    world.publish("sel._domainkey.example.com", "TXT", f'"p={KEY[:250]}" "{KEY[250:]}"')
    known = ("--dkim-private-key", str(key))
    assert sescli("identity", "check", "example.com").code == 0
    assert sescli("identity", "check", "example.com", *known).code == 3
    world.publish("sel._domainkey.example.com", "TXT", f'"{value[:250]}" "{value[250:]}"')
    ran = sescli("identity", "check", "example.com", *known)
    assert ran.code == 0
    assert "PRIVATE" not in ran.stdout + ran.stderr


def test_check_rejects_address(sescli, world, ses):
    sescli("identity", "verify", "john@example.com")
    ran = sescli("identity", "check", "john@example.com")
    assert ran.code == 2
    assert "sescli identity check example.com" in ran.stderr


def test_check_accepts_address_with_mail_from_domain(sescli, world, ses):
    sescli("identity", "verify", "john@example.com", "--mail-from", "bounce")
    ran = sescli("identity", "check", "john@example.com", "-o", "json")
    assert ran.code == 0
    assert [row["purpose"] for row in ran.json] == ["mail_from_mx", "mail_from_spf"]


def test_check_reports_missing_identity(sescli, world, ses):
    assert sescli("identity", "check", "example.org").code == 5


def test_check_requires_credentials(sescli, world, ses, monkeypatch):
    """Only SES knows which records are required."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ran = sescli("identity", "check", "example.com", "-o", "json")
    assert ran.code == 4
    assert "credentials" in ran.error["message"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--timeout", "soon"], "--timeout 'soon' is not a valid duration"),
        (["--resolver", "127.0.0.1:x"], "is not HOST or HOST:PORT"),
    ],
    ids=str,
)
def test_check_rejects_invalid_options(sescli, world, ses, arguments, said):
    ran = sescli("identity", "check", "example.com", *arguments)
    assert ran.code == 2
    assert said in ran.stderr


def test_check_resolver_option_overrides_environment(sescli, world, published):
    ran = sescli("identity", "check", "example.com", "--resolver", world.first.place, "-o", "json")
    assert ran.code == 0
    assert ran.json[0]["answers"][0]["server"] == world.first.place


def test_check_stops_at_timeout(sescli, world, published):
    world.resolver.faults["*", "*"] = "silent"
    with skipping_clock(*world.servers) as clock:
        ran = sescli("identity", "check", "example.com", "--timeout", "3s")
    assert 2 < clock.skipped <= 3
    assert ran.code == 6
    assert "0 of 5 required records are correct, 5 unknown" in ran.stdout
    assert "does not answer in time" in ran.stdout
    assert "Checking example.com in SES and in DNS" in ran.stderr
    assert "No DNS zone" not in ran.stderr


def test_check_warns_of_zone_problems(sescli, world, published):
    world.registry.publish("example.com", "NS", "ns1.example.com.", "ns9.example.net.")
    warned: list[str] = []
    aws = Gateway(AwsEndpoint(None, "us-east-1", None, False))
    found = dns_check.check(aws, IdentityName("example.com"), sources=world.sources, warn=warned.append)
    assert found.ok
    assert warned == list(found.warnings)
    assert "com delegates example.com to" in warned[0]


def test_check_warns_if_ses_saw_another_name_server(sescli, world, ses, tmp_path):
    """The emulator queries the old DNS provider, as a resolver does that has the old delegation cached."""
    with NameServer() as old:
        old.serve_zone("example.com", "ns7.old-host.net")
        server = process.start(
            ephemeral=True, verification="dns", resolver=old.place, folder=tmp_path / "ses"
        )
        there = ("--endpoint-url", server.endpoint_url)
        try:
            sescli("identity", "verify", "example.com", *there)
            ran = sescli("identity", "check", "example.com", *there)
        finally:
            process.stop(tmp_path / "ses")
    assert "SES last saw the name server ns7.old-host.net" in ran.stderr
    assert "the zone is now at ns1.example.com" in ran.stderr


def test_check_output_contains_no_control_characters(sescli, world, published):
    world.publish("_dmarc.example.com", "TXT", r'"v=DMARC1; p=\027[2J\027]0;owned\007"')
    ran = sescli("identity", "check", "example.com", tty=True)
    assert "\x1b[2J" not in ran.stdout
    assert "\x07" not in ran.stdout


def test_check_output_keeps_record_values_on_one_line(sescli, world, published):
    world.publish("bounce.example.com", "TXT", r'"v=spf1\010error: all is lost"')
    world.publish("_dmarc.example.com", "TXT", r'"v=DMARC1; p=no\010error: all is lost"')
    ran = sescli("identity", "check", "example.com")
    assert "found   v=spf1 error: all is lost" in ran.stdout
    assert "p=no error: all is lost" in ran.stdout
    assert "\nerror" not in ran.stdout


def test_check_fits_terminal_of_80_columns(world, published, monkeypatch):
    world.publish(published[0]["name"], "CNAME", "old.example.net.")
    terminal = OnTerminal("identity", "check", "example.com", lines=60)
    assert terminal.end() == 3
    screen = terminal.screen
    assert published[0]["name"].removesuffix(".example.com") in screen
    assert f"needed  {published[0]['value']}" in screen
    assert "found   old.example.net" in screen
    assert max(map(len, screen.splitlines())) <= 80
    assert b"\x1b[32mok" in terminal.raw
    assert b"\x1b[31mmismatch" in terminal.raw


def test_check_prints_one_fix_for_six_records_once(sescli, world, published):
    """The reasons differ, the fix does not."""
    for record in published[:3]:
        world.withdraw(record["name"], "CNAME")
    for kind in ("MX", "TXT"):
        world.withdraw("bounce.example.com", kind)
    world.publish("bounce.example.com", "A", "192.0.2.1")
    world.withdraw("_dmarc.example.com", "TXT")
    ran = sescli("identity", "check", "example.com")
    assert ran.code == 3
    assert "the name does not exist" in ran.stdout
    assert "the name exists, but has no MX record" in ran.stdout
    assert ran.stdout.count("publish this record at the domain's DNS provider") == 1
    assert ran.stdout.count("needed") == 6


def test_check_names_given_resolver(sescli, world, published):
    ran = sescli("identity", "check", "example.com", "--resolver", world.first.place)
    assert f"all 5 required records are correct at {world.first.place}" in ran.stdout


def test_check_is_unverified_if_only_internal_view_is_seen(sescli, world, published):
    """Exit code 3, and the output says what was seen, once."""
    for server in world.own:
        server.refuse = True
    aws = Gateway(AwsEndpoint(None, "us-east-1", None, False))
    found = dns_check.check(aws, IdentityName("example.com"), sources=world.sources, warn=lambda _: None)
    assert {record.verdict for record in found.records} == {"unverified"}
    assert view.exit_code(found) == 3
    assert view._summary(found) == "0 of 5 required records are correct, 5 unverified"
    text = "\n".join(view._explanations(found, None))
    assert text.count("--resolver 9.9.9.9") == 1
    assert "no name server that com delegates example.com to answers" in text
