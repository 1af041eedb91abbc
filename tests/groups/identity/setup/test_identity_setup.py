"""`identity setup`: the conversation, answered by a script, and the same by options."""

from __future__ import annotations

import json
import shlex

import pytest

BOUNCE = ("MAIL FROM domain?", "bounce.example.com")
NONE = ("DMARC policy?", "none: mailbox hosts only report what fails")
NO_RECORD = ("DMARC policy?", "no record")
NO_REPORTS = ("Reports to?", "")
NO_MAIL = ("Shall SES receive", "no")
BY_HAND = ("Who puts the records", "I type them in")
YES = ("Do this?", "yes")
DECLINED = ("Do this?", "no, leave everything as it is")


@pytest.fixture
def setup(asking_ses, on_time, dns):
    """The wizard for example.com, on the embedded SES that asks DNS."""

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


def test_from_nothing_to_verified(setup, time_flies, publish, dns, identity):
    dns.serve_zone("example.com", "kate.ns.cloudflare.com", "lee.ns.cloudflare.com")
    dns.zones.clear()
    time_flies.when_asleep = [lambda: publish("example.com", "dkim"), publish]
    by_hand = ("Who puts the records", "I type them in, at Cloudflare")
    answers = [("Which domain", "Example.com"), BOUNCE, NONE, NO_REPORTS, NO_MAIL, by_hand, YES]
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
    assert "Not in DNS yet, and not needed to send: TXT _dmarc.example.com" in ran.stderr
    assert identity()["MailFromAttributes"]["BehaviorOnMxFailure"] == "USE_DEFAULT_VALUE"


def test_the_one_command_does_the_same(setup, boto, identity, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--on-mx-failure", "reject", "--legacy-txt", "--dkim-key-length", "1024", "--no-wait"]
    answers = [
        ("MAIL FROM domain?", "another subdomain"),
        ("Which subdomain?", "news.mail.example.com"),
        ("DMARC policy?", "quarantine: mail that fails goes to the junk folder"),
        ("Reports to?", "d@example.com, it's@example.com"),
        ("Shall SES receive", "yes, SES takes over all mail to example.com"),
        ("Who puts the records", "somebody else: write a file to hand on"),
        ("In which format?", "octodns: YAML"),
        ("Into which file?", "the records.yaml"),
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


def test_back_goes_to_the_question_before(setup, identity):
    answers = [
        ("Which domain", "example.net"),
        ("MAIL FROM domain?", "back"),
        ("Which domain", "example.com"),
        ("MAIL FROM domain?", "another subdomain"),
        ("Which subdomain?", "<"),
        ("MAIL FROM domain?", "none: bounces go to amazonses.com"),
        ("DMARC policy?", "back"),
        BOUNCE,
        NONE,
        ("Reports to?", "<"),
        ("DMARC policy?", "back"),
        ("MAIL FROM domain?", "another subdomain"),
        ("Which subdomain?", "mail"),
        NONE,
        NO_REPORTS,
        ("Shall SES receive", "back"),
        NO_REPORTS,
        NO_MAIL,
        ("Who puts the records", "somebody else: write a file to hand on"),
        ("In which format?", "text: for a person"),
        ("Into which file?", "<"),
        ("Who puts the records", "somebody else: write a file to hand on"),
        ("In which format?", "back"),
        BY_HAND,
        ("Do this?", "back"),
        ("Who puts the records", "back"),
        NO_MAIL,
        BY_HAND,
        YES,
    ]
    ran = setup("--no-wait", answers=answers, domain=None)
    assert ran.code == 0, ran.stderr
    assert identity()["MailFromAttributes"]["MailFromDomain"] == "mail.example.com"
    assert "waits for its DNS records" in ran.stdout
    assert "sescli identity wait example.com" in ran.stderr


def test_the_first_question_cannot_go_back(setup):
    ran = setup(answers=[("MAIL FROM domain?", "back")])
    assert ran.code == 1
    assert "'back' is not a choice" in ran.stderr


def test_a_conversation_has_its_words_with_json_too(setup):
    ran = setup("--no-wait", "-o", "json", answers=[BOUNCE, NO_RECORD, NO_MAIL, BY_HAND, YES])
    assert ran.json["outcome"] == "waiting"
    assert "What will be done:" in ran.stderr
    assert "MAIL FROM: bounces go" in ran.stderr


def test_a_no_leaves_everything_as_it_was(setup, no_identity):
    ran = setup(answers=[BOUNCE, NONE, NO_REPORTS, NO_MAIL, BY_HAND, DECLINED])
    assert ran.code == 2
    assert "not confirmed: nothing was changed" in ran.stderr
    assert no_identity()


class CtrlC(str):
    """An answer that is an interrupt, whatever looks at it."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __str__(self):
        raise KeyboardInterrupt

    def __eq__(self, other):
        raise KeyboardInterrupt


@pytest.mark.parametrize("answered", range(6))
def test_ctrl_c_before_the_yes_leaves_everything_as_it_was(setup, no_identity, answered):
    answers = [BOUNCE, NONE, NO_REPORTS, NO_MAIL, BY_HAND, YES]
    question, _ = answers[answered]
    ran = setup(answers=[*answers[:answered], (question, CtrlC("x"))])
    assert ran.code == 130
    assert "interrupted: nothing was changed" in ran.stderr
    assert no_identity()


def test_ctrl_c_while_it_waits_says_how_to_go_on(setup, time_flies, identity):
    def interrupt():
        raise KeyboardInterrupt

    time_flies.when_asleep = [interrupt]
    ran = setup(answers=[BOUNCE, NO_RECORD, NO_MAIL, BY_HAND, YES])
    assert ran.code == 130
    assert "SES goes on looking for example.com by itself" in ran.stderr
    assert "try: sescli identity setup example.com" in ran.stderr
    assert identity()["MailFromAttributes"]["MailFromDomain"] == "bounce.example.com"


def test_run_again_it_goes_on_from_what_is_true(setup, time_flies, publish, dns):
    setup("--no-wait", answers=[BOUNCE, NONE, NO_REPORTS, NO_MAIL, BY_HAND, YES])
    publish("example.com", "mail_from")
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=none"')
    time_flies.when_asleep = [publish]
    ran = setup(answers=[BY_HAND, YES])
    assert ran.code == 0, ran.stderr
    assert "2 of 5 required DNS records are right" in ran.stderr
    assert "SES: nothing to change" in ran.stderr
    assert "name      bounce" not in ran.stderr  # only what is lacking is shown
    assert ran.stderr.count("missing -> ok") == 3
    assert "example.com is verified" in ran.stdout


def test_of_a_verified_domain_nothing_is_asked_but_the_next_step_of_dmarc(setup, publish, dns, identity):
    setup("--no-wait", answers=[BOUNCE, NO_RECORD, NO_MAIL, BY_HAND, YES])
    publish()
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=none; pct=50; rua=mailto:d@example.com; fo=1"')
    identity()
    kept = setup(answers=[("DMARC policy?", "keep none")])
    assert kept.code == 0, kept.stderr
    assert "p=none is in DNS" in kept.stderr
    moved = setup(
        "--no-wait",
        answers=[("DMARC policy?", "quarantine: mail that fails goes to the junk folder"), BY_HAND, YES],
    )
    assert moved.code == 0, moved.stderr
    assert "value     v=DMARC1; p=quarantine; fo=1; rua=mailto:d@example.com\n" in moved.stdout
    before = "v=DMARC1; p=none; pct=50; rua=mailto:d@example.com; fo=1"
    assert f"Change it, for two are none. It says now:\n  {before}\n" in moved.stdout
    assert f"DNS: v=DMARC1; p=quarantine; fo=1; rua=mailto:d@example.com in place of {before}" in moved.stderr
    assert "--dmarc quarantine --yes" in moved.stdout
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')
    assert setup(answers=[]).code == 0


@pytest.mark.parametrize("place", ["none/records.txt", "."])
def test_a_file_that_cannot_be_written_begins_nothing(setup, no_identity, tmp_path, place):
    file = ("--file", str(tmp_path / place))
    ran = setup("--mail-from", "none", "--dmarc", "none", "--yes", *file)
    assert ran.code == 1
    assert "cannot be written" in ran.stderr
    assert no_identity()


def test_other_reports_are_a_change_too(setup, dns):
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1;p=none;rua=mailto:d@example.com"')
    options = ("--mail-from", "none", "--dmarc", "none", "--yes")
    other = setup(*options, "--rua", "e@example.com")
    assert "value     v=DMARC1; p=none; rua=mailto:e@example.com\n" in other.stdout
    same = setup(*options, "--rua", "d@example.com")
    assert "_dmarc" not in same.stdout
    assert "in place of" not in same.stderr


def test_a_stricter_policy_that_is_there_stays(setup, dns):
    """The one command of the first day is run again, long after the policy has become stricter."""
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject"')
    ran = setup("--mail-from", "none", "--dmarc", "none", "--rua", "d@example.com", "--yes")
    assert "value     v=DMARC1; p=reject; rua=mailto:d@example.com\n" in ran.stdout
    assert "DNS: the DMARC policy reject stays, which is stricter than none" in ran.stderr


def test_a_verified_domain_above_may_send_for_it(setup, publish, identity):
    options = ("--mail-from", "none", "--dmarc", "keep", "--yes", "--dry-run")
    setup("--mail-from", "none", "--dmarc", "none", "--yes")
    before = setup(*options, domain="news.example.com")
    assert "SES    no identity in us-east-1 yet\n" in before.stderr
    publish()
    identity()
    after = setup(*options, domain="news.example.com")
    assert "yet; it may send through example.com, which is verified" in after.stderr


def test_a_policy_above_covers_a_subdomain(setup, dns):
    dns.publish("_dmarc.example.com", "TXT", '"v=DMARC1; p=reject; sp=quarantine"')
    answers = [("MAIL FROM domain?", "bounce.news.example.com"), NO_MAIL, BY_HAND, YES]
    ran = setup("--no-wait", answers=answers, domain="news.example.com")
    assert ran.code == 0, ran.stderr
    assert "that of example.com holds: quarantine" in ran.stderr
    assert "_dmarc" not in ran.stderr


def test_reports_to_a_stranger_need_its_word(setup):
    answers = [BOUNCE, NONE, ("Reports to?", "d@example.com,r@reports.example.net"), NO_MAIL, BY_HAND, YES]
    ran = setup("--no-wait", answers=answers)
    assert "example.com._report._dmarc.reports.example.net" in ran.stderr
    assert "rua=mailto:d@example.com,mailto:r@reports.example.net\n" in ran.stdout
    assert "--rua d@example.com --rua r@reports.example.net" in ran.stdout


def test_receiving_says_whose_mail_it_takes(setup, dns, identity):
    dns.publish("example.com", "MX", "20 b.mail.example.org.", "10 a.mail.example.org.")
    yes = ("Shall SES receive", "yes, SES takes over all mail to example.com")
    ran = setup("--no-wait", answers=[BOUNCE, NO_RECORD, yes, BY_HAND, YES])
    assert "a.mail.example.org and 1 other no longer" in ran.stderr
    assert "the MX that brings all mail to example.com to SES" in ran.stderr
    assert "value     inbound-smtp.us-east-1.amazonaws.com" in ran.stdout
    assert "--receive" in ran.stdout


def test_where_ses_receives_no_mail_it_is_not_asked(setup):
    ran = setup("--no-wait", "--region", "ca-west-1", answers=[BOUNCE, NO_RECORD, BY_HAND, YES])
    assert ran.code == 0, ran.stderr
    elsewhere = ["--receive", "--region", "ca-west-1", "--mail-from", "none", "--dmarc", "keep", "--yes"]
    refused = setup(*elsewhere, domain="example.net")
    assert refused.code == 2
    assert "receives no mail in ca-west-1" in refused.stderr


def test_mail_that_ses_receives_already_is_not_asked_about(setup, dns):
    dns.publish("example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
    ran = setup("--no-wait", "-o", "json", answers=[BOUNCE, NO_RECORD, BY_HAND, YES])
    assert ran.code == 0, ran.stderr
    verdicts = {record["purpose"]: record["verdict"] for record in ran.json["records"]}
    assert verdicts["inbound_mx"] == "ok"


@pytest.mark.parametrize("host", ["hover.com", "example.net"])
def test_another_host_has_no_use_for_a_route53_zone(setup, dns, boto, host, no_identity):
    zone = boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")["HostedZone"]["Id"]
    dns.serve_zone("example.com", f"ns1.{host}", f"ns2.{host}")
    dns.zones.clear()
    offered = f"sescli, into the Route 53 zone example.com ({zone.rpartition('/')[2]})"
    ran = setup(answers=[BOUNCE, NO_RECORD, NO_MAIL, ("Who puts the records", offered)])
    assert ran.code == 1
    assert f"'{offered}' is not a choice" in ran.stderr
    assert no_identity()


def test_the_older_txt_for_an_identity_that_is_there(setup):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    ran = setup("--dmarc", "keep", "--legacy-txt", "--yes")
    assert ran.code == 0, ran.stderr
    assert "SES: make the _amazonses token of API v1" in ran.stderr
    assert "name      _amazonses.example.com" in ran.stdout


def test_dkim_begins_for_a_domain_that_has_none(setup, boto, identity):
    boto("ses").verify_domain_identity(Domain="example.com")
    assert identity()["DkimAttributes"]["Status"] == "NOT_STARTED"
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--yes")
    assert ran.code == 0, ran.stderr
    assert identity()["DkimAttributes"]["Status"] == "PENDING"
    assert ran.stdout.count("CNAME  name") == 3


def test_a_file_to_hand_on(setup, tmp_path):
    target = tmp_path / "records.txt"
    filing = [
        ("Who puts the records", "somebody else: write a file to hand on"),
        ("In which format?", "text: for a person"),
        ("Into which file?", str(target)),
    ]
    ran = setup("--no-wait", answers=[BOUNCE, NO_RECORD, NO_MAIL, *filing, YES])
    assert ran.code == 0, ran.stderr
    assert f"The records are in {target}" in ran.stderr
    text = target.read_text("utf-8")
    assert "Put these into the zone example.com." in text
    assert "name      bounce.example.com\n" in text


@pytest.mark.parametrize("form", ["zone", "route53", "terraform", "cloudformation", "octodns"])
def test_a_file_for_a_machine(setup, tmp_path, form):
    target = tmp_path / "records"
    options = ["--mail-from", "bounce", "--dmarc", "none", "--file", str(target), "--format", form, "--yes"]
    assert setup(*options).code == 0
    assert "bounce" in target.read_text("utf-8")
    assert "feedback-smtp.us-east-1.amazonses.com" in target.read_text("utf-8")


def test_route53_where_the_zone_is_there(setup, boto, identity):
    zone = boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")["HostedZone"]["Id"]
    number = zone.rpartition("/")[2]
    route53 = ("Who puts the records", f"sescli, into the Route 53 zone example.com ({number})")
    ran = setup("--no-wait", answers=[BOUNCE, NONE, NO_REPORTS, NO_MAIL, route53, YES, ("Publish?", True)])
    assert ran.code == 0, ran.stderr
    sets = boto("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    names = {(one["Name"], one["Type"]) for one in sets}
    assert ("bounce.example.com.", "MX") in names
    assert ("_dmarc.example.com.", "TXT") in names
    assert sum(kind == "CNAME" for _, kind in names) == 3
    assert "--publish --yes" in ran.stdout
    again = setup("--no-wait", "--publish", "--yes")
    assert again.code == 2  # DMARC was not found in DNS: there is no name server for the zone
    assert "--dmarc" in again.stderr


def test_without_a_zone_to_publish_to_nothing_is_begun(setup, boto, no_identity):
    boto("route53").create_hosted_zone(Name="example.net", CallerReference="x")
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--publish", "--yes")
    assert "another DNS host: leave out --publish" in ran.stderr
    assert ran.code == 5
    assert "example.net" in ran.stderr
    assert no_identity()


def test_a_no_to_publishing_keeps_the_identity(setup, boto, identity):
    boto("route53").create_hosted_zone(Name="example.com", CallerReference="x")
    ran = setup(
        "--mail-from",
        "bounce",
        "--dmarc",
        "none",
        "--publish",
        answers=[NO_REPORTS, NO_MAIL, YES, ("Publish?", False)],
    )
    assert ran.code == 2
    assert "not published; example.com stays as an identity" in ran.stderr
    assert identity()["MailFromAttributes"]["MailFromDomain"] == "bounce.example.com"


def test_what_stands_in_the_way_of_publishing(setup, boto):
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


def test_off_a_terminal_all_that_is_missing_is_told_at_once(setup, no_identity):
    ran = setup(domain=None)
    assert ran.code == 2
    assert "missing: DOMAIN, --mail-from, --dmarc, --yes" in ran.stderr
    ran = setup("--dmarc", "none", "-o", "json")
    assert ran.error["message"] == "missing: --mail-from, --yes"
    assert no_identity()


def test_off_a_terminal_it_does_not_wait(setup, time_flies, identity, dns):
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--yes", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert time_flies.slept == []
    told = ran.json
    assert told["outcome"] == "waiting"
    asking = f"sescli identity setup example.com --resolver {dns.place}"
    assert told["command"] == f"{asking} --mail-from bounce --dmarc none --yes"
    assert {record["verdict"] for record in told["records"]} == {"missing"}
    assert len(told["records"]) == 6


def test_a_wait_that_ends_without_it(setup):
    ran = setup("--mail-from", "none", "--dmarc", "keep", "--yes", "--wait", "--timeout", "20s")
    assert ran.code == 3
    assert "example.com is not verified in us-east-1 after 20s." in ran.stdout


def test_a_dry_run_shows_every_call(setup, boto, no_identity):
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


def test_a_dry_run_of_what_is_done_already(setup, publish, identity):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    publish()
    identity()
    ran = setup("--dmarc", "keep", "--dry-run")
    assert ran.code == 0
    assert "Nothing to do" in ran.stdout


def test_ses_looks_again_where_it_had_given_up(setup, asking_ses, identity):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    identity()
    asking_ses.control(clock="+73h")
    assert identity()["VerificationStatus"] == "FAILED"
    ran = setup("--dmarc", "keep", "--yes")
    assert ran.code == 0, ran.stderr
    assert "SES: look for the DKIM records (again)" in ran.stderr
    found = identity()
    assert found["DkimAttributes"]["Status"] == "PENDING"
    assert found["MailFromAttributes"]["MailFromDomainStatus"] == "PENDING"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mail-from", "mail.example.net"], "no subdomain of example.com"),
        (["--dmarc", "strict"], "it takes none, quarantine, reject or keep"),
        (["--rua", "nobody"], "nobody"),
        (["--mail-from", "b", "--dmarc", "keep", "--rua", "d@example.com", "--yes"], "add --dmarc none"),
        (["--mail-from", "b", "--dmarc", "none", "--file", "x", "--publish", "--yes"], "give one of them"),
        (["--format", "yaml"], "--format is 'yaml'"),
        (["--on-mx-failure", "bounce"], "--on-mx-failure"),
    ],
    ids=str,
)
def test_bad_options_change_nothing(setup, no_identity, options, words):
    ran = setup(*options)
    assert ran.code == 2
    assert words in ran.stderr
    assert no_identity()


@pytest.mark.parametrize("name", ["jane@example.com", "https://example.com", "example"])
def test_a_name_that_is_no_domain(setup, name):
    assert setup(domain=name).code == 2


def test_nothing_is_taken_away(setup):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    ran = setup("--mail-from", "none", "--dmarc", "keep", "--yes")
    assert ran.code == 2
    assert "sescli identity mail-from clear example.com" in ran.stderr
    length = setup("--dkim-key-length", "1024", "--dmarc", "keep", "--yes")
    assert length.code == 2
    assert "sescli identity dkim rotate example.com" in length.stderr


def test_another_mail_from_is_set_in_its_place(setup, identity):
    setup("--mail-from", "bounce", "--dmarc", "keep", "--yes")
    ran = setup("--mail-from", "mail", "--on-mx-failure", "reject", "--dmarc", "keep", "--yes")
    assert ran.code == 0, ran.stderr
    found = identity()["MailFromAttributes"]
    assert found["MailFromDomain"] == "mail.example.com"
    assert found["BehaviorOnMxFailure"] == "REJECT_MESSAGE"


def test_dns_that_does_not_answer_is_told_and_passed_over(setup, dns):
    dns.refuse = True
    ran = setup("--mail-from", "bounce", "--dmarc", "none", "--yes")
    assert ran.code == 0, ran.stderr
    assert "answers SERVFAIL" in ran.stderr
    assert "name      bounce.example.com" in ran.stdout


def test_an_ses_that_verifies_at_once(ses, on_time, dns):
    options = ["--mail-from", "bounce", "--dmarc", "none", "--resolver", dns.place, "--yes"]
    ran = on_time("identity", "setup", "example.com", *options)
    assert ran.code == 0, ran.stderr
    assert "example.com is verified in us-east-1." in ran.stdout
