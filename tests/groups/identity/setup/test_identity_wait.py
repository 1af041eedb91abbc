"""`identity wait`: polls SES and DNS until an identity is verified."""

from __future__ import annotations

import json
import os

import pytest
from name_server import NameServer
from pseudo_terminal import OnTerminal


@pytest.fixture
def waiting_domain(asking_ses, on_time, dns):
    assert on_time("identity", "verify", "example.com", "--mail-from", "bounce").code == 0
    return ["identity", "wait", "example.com", "--resolver", dns.place]


def interrupt():
    raise KeyboardInterrupt


def test_check_of_unverified_identity_suggests_wait(waiting_domain, on_time, publish, dns):
    """SES and the check query two servers, of which one does not have the change yet."""
    publish()
    with NameServer() as newer:
        newer.records, dns.records = dict(dns.records), {}
        ran = on_time("identity", "check", "example.com", "--resolver", newer.place)
        assert ran.code == 0
        assert f"Next: sescli identity wait example.com --resolver {newer.place}" in ran.stderr


def test_wait_reports_each_record_and_status(waiting_domain, on_time, time_flies, publish):
    time_flies.when_asleep = [lambda: publish("example.com", "dkim"), publish]
    ran = on_time(*waiting_domain)
    assert ran.code == 0, ran.stderr
    assert "example.com is verified in us-east-1." in ran.stdout
    assert time_flies.slept == [30.0, 30.0]
    assert ran.stderr.count("missing -> ok") == 5
    assert "SES MAIL FROM: PENDING -> SUCCESS" in ran.stderr
    first, last = (
        ran.stderr.index("SES DKIM: PENDING -> SUCCESS"),
        ran.stderr.index("MX    bounce: missing -> ok"),
    )
    assert first < last
    assert "sescli send email --from hello@example.com" in ran.stderr


def test_wait_reports_wrong_record_with_reason(waiting_domain, on_time, time_flies, dns):
    dns.publish("bounce.example.com", "MX", "10 mail.example.com.")
    ran = on_time(*waiting_domain, "--timeout", "90s", "--interval", "60s")
    assert ran.code == 3
    assert time_flies.slept == [60.0, 30.0]
    assert "MX    bounce: mismatch (" in ran.stderr
    assert "example.com is not verified in us-east-1 after 90s." in ran.stdout
    assert "SES has not found the DNS records yet" in ran.stdout
    assert f"sescli identity wait example.com --resolver {dns.place}" in ran.stderr


def test_wait_with_json_prints_only_final_object(waiting_domain, on_time, time_flies, publish):
    time_flies.when_asleep = [publish]
    ran = on_time(*waiting_domain, "-o", "json")
    assert ran.code == 0
    assert ran.stderr == ""
    assert ran.json["outcome"] == "verified"
    assert ran.json["mail_from_status"] == "SUCCESS"
    assert [record["verdict"] for record in ran.json["records"] if record["required"]] == ["ok"] * 5


def test_wait_with_jsonl_prints_each_change(waiting_domain, on_time, time_flies, publish):
    time_flies.when_asleep = [lambda: None, lambda: publish("example.com", "dkim"), publish]
    ran = on_time(*waiting_domain, "-o", "jsonl")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(line["outcome"], line["dkim_status"]) for line in lines] == [
        ("waiting", "PENDING"),
        ("waiting", "SUCCESS"),
        ("verified", "SUCCESS"),
    ]


def test_wait_timeout_is_in_json_outcome(waiting_domain, on_time):
    ran = on_time(*waiting_domain, "--timeout", "1m", "-o", "json")
    assert ran.code == 3
    assert ran.json["outcome"] == "timeout"
    assert {record["verdict"] for record in ran.json["records"]} == {"missing"}


def test_wait_of_failed_identity_exits_with_3(waiting_domain, on_time, asking_ses):
    on_time("identity", "show", "example.com")
    asking_ses.control(clock="+73h")
    ran = on_time(*waiting_domain)
    assert ran.code == 3
    assert "SES stopped looking for the records" in ran.stdout
    assert "within 72 hours" in ran.stdout
    assert "sescli identity dkim enable example.com" in ran.stderr


def test_wait_shows_inherited_policy_as_ok(asking_ses, on_time, dns):
    dns.serve_zone("example.com", "ns1.example.com")
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')
    on_time("identity", "verify", "news.example.com")
    ran = on_time("identity", "wait", "news.example.com", "--resolver", dns.place, "--timeout", "1s")
    assert "TXT   _dmarc (optional): ok\n" in ran.stderr


def test_wait_of_verified_identity_sends_no_dns_query(ses, on_time, unshared_dns):
    on_time("identity", "verify", "example.com")
    ran = on_time("identity", "wait", "example.com", "--resolver", unshared_dns.place, "-o", "json")
    assert ran.code == 0
    assert ran.json["records"] == []
    unshared_dns.drain()
    assert unshared_dns.questions == []


def test_wait_of_address_sends_no_dns_query(asking_ses, on_time, time_flies, unshared_dns):
    on_time("identity", "verify", "jane@example.com")
    time_flies.when_asleep = [lambda: asking_ses.control(verify="jane@example.com")]
    ran = on_time("identity", "wait", "jane@example.com", "--resolver", unshared_dns.place)
    assert ran.code == 0
    assert "SES verification: PENDING -> SUCCESS" in ran.stderr
    assert "--from jane@example.com" in ran.stderr
    unshared_dns.drain()
    assert unshared_dns.questions == []


def test_wait_of_unknown_identity_exits_with_5(asking_ses, on_time, time_flies, dns):
    ran = on_time("identity", "wait", "example.net", "--resolver", dns.place)
    assert ran.code == 5
    assert "sescli identity setup example.net" in ran.stderr
    assert time_flies.slept == []


def test_wait_interrupted_says_how_to_continue(waiting_domain, on_time, time_flies):
    time_flies.when_asleep = [interrupt]
    ran = on_time(*waiting_domain)
    assert ran.code == 130
    assert "SES continues to look for the records of example.com" in ran.stderr
    assert "sescli identity wait example.com" in ran.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--interval", "0s"], "--interval"),
        (["--timeout", "soon"], "--timeout 'soon' is not a valid duration"),
        (["--resolver", "127.0.0.1:nine"], "is not HOST or HOST:PORT"),
    ],
    ids=str,
)
def test_wait_rejects_invalid_options_before_any_call(ses, on_time, options, words):
    ran = on_time("identity", "wait", "example.com", *options)
    assert ran.code == 2
    assert words in ran.stderr


def test_wait_live_view_shows_records(asking_ses, on_time, dns, publish):
    on_time("identity", "verify", "example.com", "--mail-from", "bounce")
    options = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--resolver", dns.place, "--interval", "1s"]
    watched = OnTerminal("identity", "wait", "example.com", *options)
    screen = watched.until("last DNS check by SES")
    assert "Waiting for example.com in us-east-1" in screen
    assert "TXT   bounce" in screen
    assert "missing" in screen
    assert max(len(line) for line in screen.splitlines()) <= 80
    publish()
    watched.until("is verified in us-east-1")
    assert watched.end() == 0
    assert "Waiting for" in watched.screen
    assert watched.screen.count(" ok") == 5


def test_wait_live_view_handles_interrupt(asking_ses, on_time, dns):
    on_time("identity", "verify", "example.com")
    options = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--resolver", dns.place]
    # The program handles a signal just before its sleep only after the sleep.
    watched = OnTerminal("identity", "wait", "example.com", *options, "--interval", "1s")
    watched.until("last DNS check by SES")
    watched.type("\x03")
    watched.until("sescli")
    assert watched.end() == 130
    assert "SES continues to look for the records of example.com" in watched.screen.replace("\n", " ")


def test_wait_live_view_works_without_colour(asking_ses, on_time, dns, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    on_time("identity", "verify", "example.com")
    options = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--resolver", dns.place]
    watched = OnTerminal("identity", "wait", "example.com", *options, "--timeout", "1s", lines=40)
    watched.until("is not verified")
    assert watched.end() == 3
    assert b"\x1b[3" not in watched.raw
    assert "missing" in watched.screen
