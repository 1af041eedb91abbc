"""`identity setup`: with scripted answers, and with options."""

from __future__ import annotations

import json
import shlex

import pytest

BOUNCE = ("MAIL FROM domain?", "bounce.example.com")
NONE = ("DMARC policy?", "none: receivers only report failing messages")
NO_RECORD = ("DMARC policy?", "no DMARC record")
REPORTS = "Email addresses for DMARC reports"
NO_REPORTS = (REPORTS, "")
RECEIVE = "Receive email for example.com with SES?"
NO_RECEIVING = ("Receive email for", "no")
PUBLISH = "Who adds the records"
MANUAL = (PUBLISH, "I add them myself")
APPLY = "Apply these changes?"
YES = (APPLY, "yes")
DECLINED = (APPLY, "no, change nothing")
TO_FILE = "someone else: write them to a file"


@pytest.fixture
def setup(asking_ses, on_time, dns):
    """The wizard for example.com, with the emulator that queries DNS."""

    def call(*options, answers=None, tty=False, domain="example.com"):
        place = [domain] if domain else []
        return on_time(
            "identity", "setup", *place, "--resolver", dns.place, *options, answers=answers, tty=tty
        )

    return call


@pytest.fixture
def identity(boto):
    return lambda name="example.com": boto("sesv2").get_email_identity(EmailIdentity=name)


@pytest.fixture
def no_identity(boto):
    return lambda: boto("sesv2").list_email_identities()["EmailIdentities"] == []


def test_setup_verifies_new_domain(setup, time_flies, publish, dns, identity):
    dns.serve_zone("example.com", "kate.ns.cloudflare.com", "lee.ns.cloudflare.com")
    dns.zones.clear()
    time_flies.when_asleep = [lambda: publish("example.com", "dkim"), publish]
    manual = (PUBLISH, "I add them myself at Cloudflare")
    answers = [("Which domain", "Example.com"), BOUNCE, NONE, NO_REPORTS, NO_RECEIVING, manual, YES]
    ran = setup(answers=answers, domain=None)
    assert ran.code == 0, ran.stderr
    assert "zone example.com, at Cloudflare" in ran.stderr
    assert '"DNS only"' in ran.stderr
    token = identity()["DkimAttributes"]["Tokens"][0]
    assert f"name      {token}._domainkey\n" in ran.stderr
    assert f"value     {token}.dkim.amazonses.com\n" in ran.stderr
    assert "MX     name      bounce\n" in ran.stderr
    assert "priority  10" in ran.stderr
    assert "TTL: 1800 seconds" in ran.stderr
    assert ran.stderr.count("missing -> ok") == 5
    assert "example.com is verified in us-east-1." in ran.stdout
    same = f"sescli identity setup example.com --resolver {dns.place} --mail-from bounce --dmarc none --yes"
    assert same in ran.stdout
    assert "Not in DNS yet, but not required: TXT _dmarc.example.com" in ran.stderr
    assert identity()["MailFromAttributes"]["BehaviorOnMxFailure"] == "USE_DEFAULT_VALUE"


def test_setup_prints_command_with_same_result(setup, boto, identity, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--on-mx-failure", "reject", "--legacy-txt", "--dkim-key-length", "1024", "--no-wait"]
    answers = [
        ("MAIL FROM domain?", "another subdomain"),
        ("Which subdomain?", "news.mail.example.com"),
        ("DMARC policy?", "quarantine: failing messages go to the spam folder"),
        (REPORTS, "d@example.com, it's@example.com"),
        (RECEIVE, "yes, deliver all email for example.com to SES"),
        (PUBLISH, TO_FILE),
        ("File format?", "octodns: YAML"),
        ("File name?", "the records.yaml"),
        YES,
    ]
    asked = setup(*options, answers=answers)
    assert asked.code == 0, asked.stderr
    command = next(line for line in asked.stdout.splitlines() if "identity setup" in line)
    first, text = identity(), (tmp_path / "the records.yaml").read_text("utf-8")
    boto("sesv2").delete_email_identity(EmailIdentity="example.com")
    (tmp_path / "the records.yaml").unlink()
    assert setup(*shlex.split(command)[3:], domain=None).code == 0
    again = identity()
    assert again["MailFromAttributes"] == first["MailFromAttributes"]
    assert again["MailFromAttributes"]["BehaviorOnMxFailure"] == "REJECT_MESSAGE"
    assert again["DkimAttributes"]["CurrentSigningKeyLength"] == "RSA_1024_BIT"
    for content in (text, (tmp_path / "the records.yaml").read_text("utf-8")):
        assert "_amazonses" in content
        assert "inbound-smtp.us-east-1.amazonaws.com" in content
        assert "p=quarantine" in content
        assert "mailto:it's@example.com" in content.replace("''", "'")


def test_setup_back_returns_to_previous_question(setup, identity):
    answers = [
        ("Which domain", "example.net"),
        ("MAIL FROM domain?", "back"),
        ("Which domain", "example.com"),
        ("MAIL FROM domain?", "another subdomain"),
        ("Which subdomain?", "<"),
        ("MAIL FROM domain?", "none: use amazonses.com"),
        ("DMARC policy?", "back"),
        BOUNCE,
        NONE,
        (REPORTS, "<"),
        ("DMARC policy?", "back"),
        ("MAIL FROM domain?", "another subdomain"),
        ("Which subdomain?", "mail"),
        NONE,
        NO_REPORTS,
        (RECEIVE, "back"),
        NO_REPORTS,
        NO_RECEIVING,
        (PUBLISH, TO_FILE),
        ("File format?", "text: plain text"),
        ("File name?", "<"),
        (PUBLISH, TO_FILE),
        ("File format?", "back"),
        MANUAL,
        (APPLY, "back"),
        (PUBLISH, "back"),
        NO_RECEIVING,
        MANUAL,
        YES,
    ]
    ran = setup("--no-wait", answers=answers, domain=None)
    assert ran.code == 0, ran.stderr
    assert identity()["MailFromAttributes"]["MailFromDomain"] == "mail.example.com"
    assert "SES verifies it when it finds the DNS records" in ran.stdout
    assert "sescli identity wait example.com" in ran.stderr


def test_setup_first_question_has_no_back(setup):
    ran = setup(answers=[("MAIL FROM domain?", "back")])
    assert ran.code == 1
    assert "'back' is not a choice" in ran.stderr


def test_setup_with_json_output_still_shows_questions(setup):
    ran = setup("--no-wait", "-o", "json", answers=[BOUNCE, NO_RECORD, NO_RECEIVING, MANUAL, YES])
    assert ran.json["outcome"] == "waiting"
    assert "Planned changes:" in ran.stderr
    assert "MAIL FROM: a subdomain that receives bounces" in ran.stderr


def test_setup_declined_changes_nothing(setup, no_identity):
    ran = setup(answers=[BOUNCE, NONE, NO_REPORTS, NO_RECEIVING, MANUAL, DECLINED])
    assert ran.code == 2
    assert "not confirmed: nothing was changed" in ran.stderr
    assert no_identity()


class CtrlC(str):
    """An answer that raises KeyboardInterrupt when it is used."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __str__(self):
        raise KeyboardInterrupt

    def __eq__(self, other):
        raise KeyboardInterrupt


@pytest.mark.parametrize("answered", range(6))
def test_setup_interrupted_before_confirmation_changes_nothing(setup, no_identity, answered):
    answers = [BOUNCE, NONE, NO_REPORTS, NO_RECEIVING, MANUAL, YES]
    question, _ = answers[answered]
    ran = setup(answers=[*answers[:answered], (question, CtrlC("x"))])
    assert ran.code == 130
    assert "interrupted: nothing was changed" in ran.stderr
    assert no_identity()


def test_setup_interrupted_while_waiting_says_how_to_continue(setup, time_flies, identity):
    def interrupt():
        raise KeyboardInterrupt

    time_flies.when_asleep = [interrupt]
    ran = setup(answers=[BOUNCE, NO_RECORD, NO_RECEIVING, MANUAL, YES])
    assert ran.code == 130
    assert "SES continues to check example.com" in ran.stderr
    assert "sescli identity setup example.com" in ran.stderr
    assert identity()["MailFromAttributes"]["MailFromDomain"] == "bounce.example.com"


def test_setup_run_again_continues_from_current_state(setup, time_flies, publish, dns):
    setup("--no-wait", answers=[BOUNCE, NONE, NO_REPORTS, NO_RECEIVING, MANUAL, YES])
    publish("example.com", "mail_from")
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=none"')
    time_flies.when_asleep = [publish]
    ran = setup(answers=[MANUAL, YES])
    assert ran.code == 0, ran.stderr
    assert "2 of 5 required DNS records are correct" in ran.stderr
    assert "SES: nothing to change" in ran.stderr
    assert "name      bounce" not in ran.stderr  # shows only the missing records
    assert ran.stderr.count("missing -> ok") == 3
    assert "example.com is verified" in ran.stdout


def test_setup_of_verified_domain_asks_only_for_stricter_policy(setup, publish, dns, identity):
    setup("--no-wait", answers=[BOUNCE, NO_RECORD, NO_RECEIVING, MANUAL, YES])
    publish()
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=none; pct=50; rua=mailto:d@example.com; fo=1"')
    identity()
    kept = setup(answers=[("DMARC policy?", "keep none")])
    assert kept.code == 0, kept.stderr
    assert "the current policy is none" in kept.stderr
    moved = setup(
        "--no-wait",
        answers=[("DMARC policy?", "quarantine: failing messages go to the spam folder"), MANUAL, YES],
    )
    assert moved.code == 0, moved.stderr
    assert "value     v=DMARC1; p=quarantine; fo=1; rua=mailto:d@example.com\n" in moved.stdout
    before = "v=DMARC1; p=none; pct=50; rua=mailto:d@example.com; fo=1"
    assert f"Change it; do not add a second one. Current value:\n  {before}\n" in moved.stdout
    assert (
        f"DNS: replace {before} with v=DMARC1; p=quarantine; fo=1; rua=mailto:d@example.com" in moved.stderr
    )
    assert "--dmarc quarantine --yes" in moved.stdout
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')
    assert setup(answers=[]).code == 0


@pytest.mark.parametrize("place", ["none/records.txt", "."])
def test_setup_with_unwritable_file_changes_nothing(setup, no_identity, tmp_path, place):
    file = ("--file", str(tmp_path / place))
    ran = setup("--mail-from", "none", "--dmarc", "none", "--yes", *file)
    assert ran.code == 1
    assert "cannot write" in ran.stderr
    assert no_identity()


def test_setup_with_other_report_address_changes_dmarc_record(setup, dns):
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1;p=none;rua=mailto:d@example.com"')
    options = ("--mail-from", "none", "--dmarc", "none", "--yes")
    other = setup(*options, "--rua", "e@example.com")
    assert "value     v=DMARC1; p=none; rua=mailto:e@example.com\n" in other.stdout
    same = setup(*options, "--rua", "d@example.com")
    assert "_dmarc" not in same.stdout
    assert "DNS: replace" not in same.stderr


def test_setup_keeps_stricter_policy(setup, dns):
    """Running the first command again, later, must not weaken the policy."""
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')
    ran = setup("--mail-from", "none", "--dmarc", "none", "--rua", "d@example.com", "--yes")
    assert "value     v=DMARC1; p=reject; rua=mailto:d@example.com\n" in ran.stdout
    assert "DNS: keep the DMARC policy reject, which is stricter than none" in ran.stderr


def test_setup_mentions_verified_domain_above(setup, publish, identity):
    options = ("--mail-from", "none", "--dmarc", "keep", "--yes", "--dry-run")
    setup("--mail-from", "none", "--dmarc", "none", "--yes")
    before = setup(*options, domain="news.example.com")
    assert "SES    no identity in us-east-1 yet\n" in before.stderr
    publish()
    identity()
    after = setup(*options, domain="news.example.com")
    assert "yet; it can send through example.com, which is verified" in after.stderr


def test_setup_of_subdomain_uses_policy_above(setup, dns):
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject; sp=quarantine"')
    answers = [("MAIL FROM domain?", "bounce.news.example.com"), NO_RECEIVING, MANUAL, YES]
    ran = setup("--no-wait", answers=answers, domain="news.example.com")
    assert ran.code == 0, ran.stderr
    assert "the policy of example.com applies: quarantine" in ran.stderr
    assert "_dmarc" not in ran.stderr


def test_setup_with_external_report_address_shows_authorization_record(setup):
    answers = [BOUNCE, NONE, (REPORTS, "d@example.com,r@reports.example.net"), NO_RECEIVING, MANUAL, YES]
    ran = setup("--no-wait", answers=answers)
    assert "example.com._report._dmarc.reports.example.net" in ran.stderr
    assert "rua=mailto:d@example.com,mailto:r@reports.example.net\n" in ran.stdout
    assert "--rua d@example.com --rua r@reports.example.net" in ran.stdout


def test_setup_receiving_names_current_mail_servers(setup, dns, identity):
    dns.publish("example.com", "MX", "20 b.mail.example.org.", "10 a.mail.example.org.")
    yes = (RECEIVE, "yes, deliver all email for example.com to SES")
    ran = setup("--no-wait", answers=[BOUNCE, NO_RECORD, yes, MANUAL, YES])
    assert "to SES instead of to a.mail.example.org and 1 other" in ran.stderr
    assert "the MX record that delivers all email for example.com to SES" in ran.stderr
    assert "value     inbound-smtp.us-east-1.amazonaws.com" in ran.stdout
    assert "--receive" in ran.stdout


def test_setup_does_not_offer_receiving_in_region_without_it(setup):
    ran = setup("--no-wait", "--region", "ca-west-1", answers=[BOUNCE, NO_RECORD, MANUAL, YES])
    assert ran.code == 0, ran.stderr
    elsewhere = ["--receive", "--region", "ca-west-1", "--mail-from", "none", "--dmarc", "keep", "--yes"]
    refused = setup(*elsewhere, domain="example.net")
    assert refused.code == 2
    assert "does not receive email in ca-west-1" in refused.stderr


def test_setup_does_not_ask_about_existing_receiving(setup, dns):
    dns.publish("example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
    ran = setup("--no-wait", "-o", "json", answers=[BOUNCE, NO_RECORD, MANUAL, YES])
    assert ran.code == 0, ran.stderr
    verdicts = {record["purpose"]: record["verdict"] for record in ran.json["records"]}
    assert verdicts["inbound_mx"] == "ok"


@pytest.mark.parametrize("host", ["hover.com", "example.net"])
def test_setup_does_not_offer_route53_for_other_provider(setup, dns, boto, host, no_identity):
    zone = boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")["HostedZone"]["Id"]
    dns.serve_zone("example.com", f"ns1.{host}", f"ns2.{host}")
    dns.zones.clear()
    offered = f"sescli: add them to the Route 53 zone example.com ({zone.rpartition('/')[2]})"
    ran = setup(answers=[BOUNCE, NO_RECORD, NO_RECEIVING, (PUBLISH, offered)])
    assert ran.code == 1
    assert f"'{offered}' is not a choice" in ran.stderr
    assert no_identity()


def test_setup_adds_legacy_txt_to_existing_identity(setup):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    ran = setup("--dmarc", "keep", "--legacy-txt", "--yes")
    assert ran.code == 0, ran.stderr
    assert "SES: create the _amazonses token of API v1" in ran.stderr
    assert "name      _amazonses.example.com" in ran.stdout


def test_setup_starts_dkim_for_identity_without_it(setup, boto, identity):
    boto("ses").verify_domain_identity(Domain="example.com")
    assert identity()["DkimAttributes"]["Status"] == "NOT_STARTED"
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--yes")
    assert ran.code == 0, ran.stderr
    assert identity()["DkimAttributes"]["Status"] == "PENDING"
    assert ran.stdout.count("CNAME  name") == 3


def test_setup_writes_text_file(setup, tmp_path):
    target = tmp_path / "records.txt"
    filing = [
        (PUBLISH, TO_FILE),
        ("File format?", "text: plain text"),
        ("File name?", str(target)),
    ]
    ran = setup("--no-wait", answers=[BOUNCE, NO_RECORD, NO_RECEIVING, *filing, YES])
    assert ran.code == 0, ran.stderr
    assert f"Wrote the records to {target}" in ran.stderr
    text = target.read_text("utf-8")
    assert "Add these records to the DNS zone example.com." in text
    assert "name      bounce.example.com\n" in text


@pytest.mark.parametrize("form", ["zone", "route53", "terraform", "cloudformation", "octodns"])
def test_setup_writes_file_in_each_format(setup, tmp_path, form):
    target = tmp_path / "records"
    options = ["--mail-from", "bounce", "--dmarc", "none", "--file", str(target), "--format", form, "--yes"]
    assert setup(*options).code == 0
    assert "bounce" in target.read_text("utf-8")
    assert "feedback-smtp.us-east-1.amazonses.com" in target.read_text("utf-8")


def test_setup_publishes_to_route53_zone(setup, boto, identity):
    zone = boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")["HostedZone"]["Id"]
    number = zone.rpartition("/")[2]
    route53 = (PUBLISH, f"sescli: add them to the Route 53 zone example.com ({number})")
    ran = setup(
        "--no-wait", answers=[BOUNCE, NONE, NO_REPORTS, NO_RECEIVING, route53, YES, ("Publish?", True)]
    )
    assert ran.code == 0, ran.stderr
    sets = boto("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    names = {(one["Name"], one["Type"]) for one in sets}
    assert ("bounce.example.com.", "MX") in names
    assert ("_dmarc.example.com.", "TXT") in names
    assert sum(kind == "CNAME" for _, kind in names) == 3
    assert "--publish --yes" in ran.stdout
    again = setup("--no-wait", "--publish", "--yes")
    assert again.code == 2  # DMARC is not in DNS: no name server serves the zone
    assert "--dmarc" in again.stderr


def test_setup_without_zone_to_publish_changes_nothing(setup, boto, no_identity):
    boto("route53").create_hosted_zone(Name="example.net", CallerReference="x")
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--publish", "--yes")
    assert "for another DNS provider: remove --publish" in ran.stderr
    assert ran.code == 5
    assert "example.net" in ran.stderr
    assert no_identity()


def test_setup_with_declined_publishing_keeps_identity(setup, boto, identity):
    boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")
    ran = setup(
        "--mail-from",
        "bounce",
        "--dmarc",
        "none",
        "--publish",
        answers=[NO_REPORTS, NO_RECEIVING, YES, ("Publish?", False)],
    )
    assert ran.code == 2
    assert "the records were not published, but the identity example.com exists" in ran.stderr
    assert identity()["MailFromAttributes"]["MailFromDomain"] == "bounce.example.com"


def test_setup_reports_publishing_conflict(setup, boto):
    zone = boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")["HostedZone"]["Id"]
    taken = {
        "Name": "bounce.example.com", "Type": "MX", "TTL": 300, "ResourceRecords": [{"Value": "10 mail.example.org."}]
    }  # fmt: skip
    boto("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": taken}]}
    )
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--publish", "--yes")
    assert ran.code == 1
    assert "Nothing was published." in ran.stdout
    assert "remove that MX" in ran.stderr


def test_setup_without_terminal_lists_all_missing_options(setup, no_identity):
    ran = setup(domain=None)
    assert ran.code == 2
    assert "missing: DOMAIN, --mail-from, --dmarc, --yes" in ran.stderr
    ran = setup("--dmarc", "none", "-o", "json")
    assert ran.error["message"] == "missing: --mail-from, --yes"
    assert no_identity()


def test_setup_without_terminal_does_not_wait(setup, time_flies, identity, dns):
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--yes", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert time_flies.slept == []
    data = ran.json
    assert data["outcome"] == "waiting"
    asking = f"sescli identity setup example.com --resolver {dns.place}"
    assert data["command"] == f"{asking} --mail-from bounce --dmarc none --yes"
    assert {record["verdict"] for record in data["records"]} == {"missing"}
    assert len(data["records"]) == 6


def test_setup_wait_timeout_exits_with_3(setup):
    ran = setup("--mail-from", "none", "--dmarc", "keep", "--yes", "--wait", "--timeout", "20s")
    assert ran.code == 3
    assert "example.com is not verified in us-east-1 after 20s." in ran.stdout


def test_setup_dry_run_shows_every_call(setup, boto, no_identity):
    boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")
    options = ["--mail-from", "bounce", "--dmarc", "none", "--publish", "--legacy-txt", "--dry-run"]
    ran = setup(*options, "-o", "json")
    assert ran.code == 0, ran.stderr
    assert [call["operation"] for call in ran.json] == [
        "CreateEmailIdentity",
        "PutEmailIdentityMailFromAttributes",
        "VerifyDomainIdentity",
        "ChangeResourceRecordSets",
    ]
    assert "_dmarc.example.com." in json.dumps(ran.json[3])
    assert no_identity()


def test_setup_dry_run_of_complete_domain_has_no_calls(setup, publish, identity):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    publish()
    identity()
    ran = setup("--dmarc", "keep", "--dry-run")
    assert ran.code == 0
    assert "Nothing to change in SES" in ran.stdout


def test_setup_restarts_failed_verification(setup, asking_ses, identity):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    identity()
    asking_ses.control(clock="+73h")
    assert identity()["VerificationStatus"] == "FAILED"
    ran = setup("--dmarc", "keep", "--yes")
    assert ran.code == 0, ran.stderr
    assert "SES: check the DKIM records again" in ran.stderr
    found = identity()
    assert found["DkimAttributes"]["Status"] == "PENDING"
    assert found["MailFromAttributes"]["MailFromDomainStatus"] == "PENDING"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mail-from", "mail.example.net"], "is not a subdomain of example.com"),
        (["--dmarc", "strict"], "use none, quarantine, reject or keep"),
        (["--rua", "not-an-address"], "not-an-address"),
        (["--mail-from", "b", "--dmarc", "keep", "--rua", "d@example.com", "--yes"], "add --dmarc none"),
        (["--mail-from", "b", "--dmarc", "none", "--file", "x", "--publish", "--yes"], "use one of them"),
        (["--format", "yaml"], "--format 'yaml' is not valid"),
        (["--on-mx-failure", "bounce"], "--on-mx-failure"),
    ],
    ids=str,
)
def test_setup_with_invalid_options_changes_nothing(setup, no_identity, options, words):
    ran = setup(*options)
    assert ran.code == 2
    assert words in ran.stderr
    assert no_identity()


@pytest.mark.parametrize("name", ["jane@example.com", "https://example.com", "example"])
def test_setup_rejects_invalid_domain(setup, name):
    assert setup(domain=name).code == 2


def test_setup_removes_nothing(setup):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    ran = setup("--mail-from", "none", "--dmarc", "keep", "--yes")
    assert ran.code == 2
    assert "sescli identity mail-from clear example.com" in ran.stderr
    length = setup("--dkim-key-length", "1024", "--dmarc", "keep", "--yes")
    assert length.code == 2
    assert "sescli identity dkim rotate example.com" in length.stderr


def test_setup_replaces_mail_from_domain(setup, identity):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    ran = setup("--mail-from", "mail", "--on-mx-failure", "reject", "--dmarc", "keep", "--yes")
    assert ran.code == 0, ran.stderr
    found = identity()["MailFromAttributes"]
    assert found["MailFromDomain"] == "mail.example.com"
    assert found["BehaviorOnMxFailure"] == "REJECT_MESSAGE"


def test_setup_continues_without_dns_answers(setup, dns):
    dns.refuse = True
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--yes")
    assert ran.code == 0, ran.stderr
    assert "returns SERVFAIL" in ran.stderr
    assert "name      bounce.example.com" in ran.stdout


def test_setup_ends_when_ses_verifies_immediately(ses, on_time, dns):
    options = ["--mail-from", "bounce", "--dmarc", "none", "--resolver", dns.place, "--yes"]
    ran = on_time("identity", "setup", "example.com", *options)
    assert ran.code == 0, ran.stderr
    assert "example.com is verified in us-east-1." in ran.stdout
