"""`sescli identity check`: the verdicts as people and as scripts see them, and the exit codes."""

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

MX = "10 feedback-smtp.us-east-1.amazonses.com."


@pytest.fixture(scope="module")
def one_dns_world():
    with dns_world() as world:
        yield world


@pytest.fixture
def world(one_dns_world, monkeypatch):
    """example.com with its MAIL FROM and DMARC records; the DKIM tokens are SES's to choose."""
    one_dns_world.reset()
    monkeypatch.setenv("SESCLI_RESOLVER", one_dns_world.resolver.place)
    return one_dns_world


@pytest.fixture
def published(world, ses, sescli):
    """The records that SES wants of example.com, all of them published."""
    sescli("identity", "verify", "example.com", "--mail-from", "bounce")
    wanted = sescli("identity", "records", "example.com", "-o", "json").json
    for record in wanted[:3]:
        world.publish(record["name"], "CNAME", f"{record['value']}.")
    return wanted


def test_all_is_right(sescli, published):
    ran = sescli("identity", "check", "example.com")
    assert ran.code == 0
    assert "all 5 required records are right" in ran.stdout
    assert "Next: sescli send email --from hello@example.com" in ran.stderr
    assert "example.com lies in the zone example.com, at ns1.example.com, ns2.example.com." in ran.stderr


def test_the_json_is_that_of_records_with_verdicts(sescli, published):
    ran = sescli("identity", "check", "example.com", "-o", "json")
    assert ran.code == 0
    assert [{key: row[key] for key in published[0]} for row in ran.json] == published
    for row in ran.json:
        assert {"verdict", "found", "reason", "fix"} <= set(row)
        assert row["verdict"] == "ok"
    assert set(ran.json[0]) == set(CheckedRecord.__dataclass_fields__)
    assert {row["verdict"] for row in ran.json} <= set(ORDER)


def test_the_dns_host_is_named_with_what_goes_wrong_there(sescli, world, published):
    for server in world.own:
        server.publish("example.com", "NS", "ada.ns.cloudflare.com.", "bob.ns.cloudflare.com.")
    ran = sescli("identity", "check", "example.com")
    assert "at ada.ns.cloudflare.com, bob.ns.cloudflare.com (Cloudflare)." in ran.stderr
    assert "DNS only" not in ran.stderr
    world.withdraw(published[1]["name"], "CNAME")
    assert 'Set the CNAME records to "DNS only"' in sescli("identity", "check", "example.com").stderr


def test_a_required_one_is_missing(sescli, world, published):
    world.withdraw(published[1]["name"], "CNAME")
    ran = sescli("identity", "check", "example.com")
    assert ran.code == 3
    assert "4 of 5 required records are right" in ran.stdout
    assert f"record  CNAME {published[1]['name']}" in ran.stdout
    assert f"wanted  {published[1]['value']}" in ran.stdout
    assert "missing: the name does not exist" in ran.stdout
    assert "then: sescli identity check example.com" in ran.stderr


def test_one_that_is_not_required_does_not_fail_it(sescli, world, published):
    world.withdraw("_dmarc.example.com", "TXT")
    ran = sescli("identity", "check", "example.com")
    assert ran.code == 0
    assert "DMARC (optional)" in ran.stdout
    assert "missing" in ran.stdout


def test_an_answer_that_could_not_be_had_stands_before_a_no(sescli, world, published):
    """commands.md: where several fit, 6 and then 3."""
    world.withdraw(published[1]["name"], "CNAME")
    world.resolver.faults["bounce.example.com", "MX"] = "servfail"
    ran = sescli("identity", "check", "example.com", "-o", "json")
    assert ran.code == 6
    assert [row["verdict"] for row in ran.json] == ["ok", "missing", "ok", "error", "ok", "ok"]
    assert "ask again" in sescli("identity", "check", "example.com").stderr


def test_an_optional_one_that_could_not_be_had_fails_nothing(sescli, world, published):
    world.resolver.faults["_dmarc.example.com", "TXT"] = "refused"
    assert sescli("identity", "check", "example.com").code == 0


def test_receiving_too(sescli, world, published):
    world.publish("example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
    ran = sescli("identity", "check", "example.com", "--for", "ALL", "-o", "json")
    assert ran.code == 0
    assert ran.json[-1]["purpose"] == "inbound_mx"
    assert sescli("identity", "check", "example.com", "--for", "fun").code == 2


def test_the_older_txt(sescli, world, ses, boto):
    token = boto("ses").verify_domain_identity(Domain="example.com")["VerificationToken"]
    assert sescli("identity", "check", "example.com").code == 3
    world.publish("_amazonses.example.com", "TXT", f'"{token}"')
    assert sescli("identity", "check", "example.com", "--legacy-txt").code == 0


def test_a_key_of_ones_own_is_compared(sescli, world, ses, tmp_path):
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


def test_an_address(sescli, world, ses):
    sescli("identity", "verify", "john@example.com")
    ran = sescli("identity", "check", "john@example.com")
    assert ran.code == 2
    assert "sescli identity check example.com" in ran.stderr


def test_an_address_with_a_mail_from_domain(sescli, world, ses):
    sescli("identity", "verify", "john@example.com", "--mail-from", "bounce")
    ran = sescli("identity", "check", "john@example.com", "-o", "json")
    assert ran.code == 0
    assert [row["purpose"] for row in ran.json] == ["mail_from_mx", "mail_from_spf"]


def test_what_is_no_identity(sescli, world, ses):
    assert sescli("identity", "check", "example.org").code == 5


def test_without_credentials(sescli, world, ses, monkeypatch):
    """Which records are wanted only SES can tell."""
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
def test_options_that_will_not_do(sescli, world, ses, arguments, said):
    ran = sescli("identity", "check", "example.com", *arguments)
    assert ran.code == 2
    assert said in ran.stderr


def test_the_option_stands_before_the_environment(sescli, world, published):
    ran = sescli("identity", "check", "example.com", "--resolver", world.first.place, "-o", "json")
    assert ran.code == 0
    assert ran.json[0]["answers"][0]["server"] == world.first.place


def test_a_dead_resolver_ends_at_the_time_out(sescli, world, published):
    world.resolver.faults["*", "*"] = "silent"
    with skipping_clock(*world.servers) as clock:
        ran = sescli("identity", "check", "example.com", "--timeout", "3s")
    assert 2 < clock.skipped <= 3
    assert ran.code == 6
    assert "0 of 5 required records are right, 5 not known" in ran.stdout
    assert "does not answer in time" in ran.stdout
    assert "Looking at example.com in SES and in DNS" in ran.stderr
    assert "No zone" not in ran.stderr


def test_what_is_odd_about_the_zone_is_warned_of(sescli, world, published):
    world.registry.publish("example.com", "NS", "ns1.example.com.", "ns9.example.net.")
    warned: list[str] = []
    aws = Gateway(AwsEndpoint(None, "us-east-1", None, False))
    found = dns_check.check(aws, IdentityName("example.com"), sources=world.sources, warn=warned.append)
    assert found.ok
    assert warned == list(found.warnings)
    assert "com delegates example.com to" in warned[0]


def test_where_ses_saw_another_name_server(sescli, world, ses, tmp_path):
    """The embedded SES asks the old DNS host, as one does whose cache has the old delegation."""
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


def test_a_hostile_zone_cannot_touch_the_terminal(sescli, world, published):
    world.publish("_dmarc.example.com", "TXT", r'"v=DMARC1; p=\027[2J\027]0;owned\007"')
    ran = sescli("identity", "check", "example.com", tty=True)
    assert "\x1b[2J" not in ran.stdout
    assert "\x07" not in ran.stdout


def test_a_line_of_a_record_does_not_pass_for_ours(sescli, world, published):
    world.publish("bounce.example.com", "TXT", r'"v=spf1\010error: all is lost"')
    world.publish("_dmarc.example.com", "TXT", r'"v=DMARC1; p=no\010error: all is lost"')
    ran = sescli("identity", "check", "example.com")
    assert "found   v=spf1 error: all is lost" in ran.stdout
    assert "p=no error: all is lost" in ran.stdout
    assert "\nerror" not in ran.stdout


def test_it_reads_well_at_80_columns(world, published, monkeypatch):
    world.publish(published[0]["name"], "CNAME", "old.example.net.")
    terminal = OnTerminal("identity", "check", "example.com", lines=60)
    assert terminal.end() == 3
    screen = terminal.screen
    assert published[0]["name"].removesuffix(".example.com") in screen
    assert f"wanted  {published[0]['value']}" in screen
    assert "found   old.example.net" in screen
    assert max(map(len, screen.splitlines())) <= 80
    assert b"\x1b[32mok" in terminal.raw
    assert b"\x1b[31mmismatch" in terminal.raw
