"""The planned changes for each combination of a required record and existing record sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sescli.dns.changes import PublishOptions, plan_change, plan_changes
from sescli.dns.findings import RecordFinding
from sescli.dns.record_set import RecordSet
from sescli.dns.records import Record
from sescli.dns.spf import is_spf, permits_ses, with_ses

ZONE = "example.com"
SPF = '"v=spf1 include:amazonses.com ~all"'
DMARC = '"v=DMARC1; p=none;"'
RECORDS = {
    "dkim": Record("CNAME", "t._domainkey.example.com", "t.dkim.amazonses.com", None, 1800, "dkim", True),
    "key": Record("TXT", "sel._domainkey.example.com", "p=KEY", None, 1800, "dkim", True),
    "token": Record("TXT", "_amazonses.example.com", "tok+/=", None, 1800, "verification", True),
    "mx": Record("MX", "bounce.example.com", "feedback-smtp.x.amazonses.com", 10, 1800, "mail_from_mx", True),
    "spf": Record(
        "TXT",
        "bounce.example.com",
        "v=spf1 include:amazonses.com ~all",
        None,
        1800,
        "mail_from_spf",
        True,
    ),
    "dmarc": Record("TXT", "_dmarc.example.com", "v=DMARC1; p=none;", None, 1800, "dmarc", False),
    "inbound": Record("MX", "example.com", "inbound-smtp.x.amazonaws.com", 10, 1800, "inbound_mx", True),
}


def change(which, *existing, **options):
    return plan_change(RECORDS[which], ZONE, existing, PublishOptions(**options))


def has(which, *values, ttl=300, **more):
    record = RECORDS[which]
    return RecordSet(record.name, more.pop("type", record.type), ttl, values, **more)


@pytest.mark.parametrize("which", RECORDS)
def test_plan_without_record_set_creates_record(which):
    found = change(which)
    assert (found.action, found.before, len(found.after), found.ttl) == ("create", (), 1, 1800)
    assert change(which, ttl=60).ttl == 60


@pytest.mark.parametrize("which", RECORDS)
def test_plan_with_expected_record_changes_nothing(which):
    made = change(which)
    found = change(which, has(which, *made.after))
    assert (found.action, found.before, found.after, found.ttl) == ("unchanged", made.after, made.after, 300)


@pytest.mark.parametrize("which", RECORDS)
def test_plan_with_other_ttl_replaces_only_on_request(which):
    made = change(which)
    found = change(which, has(which, *made.after), ttl=60)
    assert (found.action, found.ttl_before, found.ttl) == ("replace", 300, 60)
    assert change(which, has(which, *made.after), ttl=300).action == "unchanged"


@pytest.mark.parametrize("spelt", ["T.DKIM.amazonses.com", "t.dkim.amazonses.com."])
def test_plan_ignores_case_and_trailing_dot_of_host(spelt):
    assert change("dkim", has("dkim", spelt)).action == "unchanged"


def test_plan_replaces_dkim_cname_with_other_target():
    found = change("dkim", has("dkim", "t.dkim.amazonses.com.example.com."))
    assert (found.action, found.after, found.ttl) == ("replace", ("t.dkim.amazonses.com.",), 300)


@pytest.mark.parametrize(
    ("there", "action", "after"),
    [
        (('"v=DKIM1; k=rsa; p=KEY"',), "unchanged", ('"v=DKIM1; k=rsa; p=KEY"',)),
        (('"p=KE" "Y"',), "unchanged", ('"p=KE" "Y"',)),
        (('"p=OTHER"',), "replace", ('"p=KEY"',)),
        (('"p="',), "replace", ('"p=KEY"',)),
        (('"note"',), "add", ('"note"', '"p=KEY"')),
        (('"p=KEY"', '"p=OTHER"'), "replace", ('"p=KEY"',)),
        (('"note"', '"p=OTHER"'), "replace", ('"note"', '"p=KEY"')),
    ],
    ids=str,
)
def test_plan_replaces_other_dkim_key_and_keeps_other_texts(there, action, after):
    found = change("key", has("key", *there))
    assert (found.action, found.after) == (action, after)


def test_plan_skips_unknown_dkim_key():
    record = Record("TXT", "sel._domainkey.example.com", None, None, 1800, "dkim", required=True)
    found = plan_change(record, ZONE, [has("key", '"p=OTHER"')], PublishOptions())
    assert (found.action, found.writes, found.after) == ("skip", False, ('"p=OTHER"',))
    assert "--dkim-private-key" in found.fix


def test_plan_keeps_tokens_of_other_accounts():
    found = change("token", has("token", '"theirs"', '"other"', ttl=77), ttl=60)
    assert (found.action, found.after, found.ttl) == ("add", ('"theirs"', '"other"', '"tok+/="'), 77)
    assert change("token", has("token", '"theirs"', '"tok+/="')).action == "unchanged"
    assert change("token", has("token", '"theirs"', '"tok+/="'), ttl=5).action == "unchanged"


def test_plan_keeps_other_texts_in_order():
    found = change("spf", has("spf", '"b"', '"a"'))
    assert (found.action, found.after) == ("add", ('"b"', '"a"', SPF))


def test_plan_reports_spf_record_without_ses_as_conflict():
    found = change("spf", has("spf", '"v=spf1 mx include:_spf.google.com -all"'))
    assert found.action == "conflict"
    assert found.after == found.before
    assert found.fix == "change it to: v=spf1 mx include:_spf.google.com include:amazonses.com -all"


@pytest.mark.parametrize(
    "text", ["v=spf1 mx include:amazonses.com -all", "V=SPF1 +INCLUDE:amazonses.com ?all"], ids=str
)
def test_plan_keeps_spf_record_that_includes_ses(text):
    assert change("spf", has("spf", f'"{text}"')).action == "unchanged"


def test_plan_reports_invalid_spf_record_as_conflict():
    found = change("spf", has("spf", '"v=spf1 a:192.0.2.10 include:amazonses.com -all"'))
    assert found.action == "conflict"
    assert "a:192.0.2.10 has an IP address" in found.reason
    assert found.fix == "change it to ip4:192.0.2.10"


@pytest.mark.parametrize(
    ("verdict", "action", "said"),
    [("ok", "unchanged", "allows SES to send: because"), ("error", "unchanged", "is kept: because"),
     ("mismatch", "conflict", "does not allow SES to send (because)")],
)  # fmt: skip
def test_plan_evaluates_spf_record(verdict, action, said):
    options = {"check_spf": lambda name, text: RecordFinding(verdict, "spf", "because")}
    found = change("spf", has("spf", '"v=spf1 include:spf.example.net -all"'), **options)
    assert (found.action, said in found.reason) == (action, True)


@pytest.mark.parametrize("sign", "-~?")
def test_with_ses_replaces_include_with_qualifier(sign):
    assert with_ses(f"v=spf1 {sign}include:amazonses.com mx -all") == "v=spf1 mx include:amazonses.com -all"
    assert not permits_ses(f"v=spf1 {sign}include:amazonses.com mx -all")


def test_plan_reports_several_spf_records_as_conflict():
    found = change("spf", has("spf", SPF, '"v=spf1 -all"'))
    assert (found.action, "2 SPF records" in found.reason) == ("conflict", True)


def test_plan_ignores_text_that_resembles_spf():
    assert change("spf", has("spf", '"v=spf10 x"')).action == "add"


@pytest.mark.parametrize("there", [('"v=DMARC1; p=reject"',), ('"v=DMARC1;p=none"', '"x"')], ids=str)
def test_plan_keeps_existing_dmarc_policy(there):
    found = change("dmarc", has("dmarc", *there))
    assert (found.action, found.writes, found.after) == ("keep", False, there)
    assert change("dmarc", has("dmarc", *there), ttl=5).action == "keep"


def test_plan_replaces_dmarc_policy_only_on_request():
    found = change("dmarc", has("dmarc", '"note"', '"v=DMARC1; p=reject"'), replace_dmarc=True)
    assert (found.action, found.after) == ("replace", ('"note"', DMARC))
    assert change("dmarc", has("dmarc", '"note"')).after == ('"note"', DMARC)


def test_plan_keeps_two_dmarc_policies_with_reason():
    found = change("dmarc", has("dmarc", '"v=DMARC1; p=reject"', DMARC))
    assert (found.action, "receivers ignore" in found.reason) == ("keep", True)


@pytest.mark.parametrize(
    "there",
    [("10 mx.google.com.",), ("10 feedback-smtp.x.amazonses.com.", "20 mx.google.com.")],
    ids=str,
)
def test_plan_reports_other_mail_from_mx_as_conflict(there):
    found = change("mx", has("mx", *there))
    assert (found.action, found.after) == ("conflict", there)
    assert "mx.google.com" in found.reason
    assert "another MAIL FROM domain" in found.fix


def test_plan_ignores_priority_of_only_mx():
    assert change("mx", has("mx", "50 Feedback-SMTP.x.amazonses.com.")).action == "unchanged"


def test_plan_for_receiving_names_replaced_mail_servers():
    found = change("inbound", has("inbound", "1 mx.google.com.", "5 alt.google.com."))
    assert (found.action, found.after) == ("replace", ("10 inbound-smtp.x.amazonaws.com.",))
    assert found.reason == "replaces the MX servers mx.google.com, alt.google.com"


@pytest.mark.parametrize(
    "above",
    [
        RecordSet("_dmarc.shop.example.com", "TXT", 300, ('"v=DMARC1; p=reject"',)),
        RecordSet("_dmarc.example.com", "TXT", 300, ('"note"', '"v=DMARC1; p=reject"')),
        RecordSet("_dmarc.example.com", "CNAME", 300, ("x.dmarc.example.net.",)),
    ],
    ids=["parent", "zone", "CNAME"],
)
def test_plan_keeps_dmarc_policy_of_domain_above(above):
    record = replace(RECORDS["dmarc"], name="_dmarc.mail.shop.example.com")
    (found,) = plan_changes(
        [record], ZONE, lambda name: [above] if name == above.name else [], PublishOptions()
    )
    assert (found.action, found.after) == ("keep", ())
    assert found.reason == f"the policy of {above.name.removeprefix('_dmarc.')} applies"
    (asked,) = plan_changes(
        [record], ZONE, lambda name: [above] if name == above.name else [], PublishOptions(replace_dmarc=True)
    )
    assert asked.action == "create"


def test_plan_creates_dmarc_policy_without_policy_above():
    record = replace(RECORDS["dmarc"], name="_dmarc.mail.example.com")
    other = RecordSet("_dmarc.example.com", "TXT", 300, ('"note"',))
    (found,) = plan_changes(
        [record], ZONE, lambda name: [other] if name == other.name else [], PublishOptions()
    )
    assert found.action == "create"


def test_plan_reports_delegated_name_above_as_conflict():
    away = RecordSet("_domainkey.example.com", "NS", 300, ("ns1.dkim.example.net.",))
    (found,) = plan_changes(
        [RECORDS["dkim"]], ZONE, lambda name: [away] if name == away.name else [], PublishOptions()
    )
    assert (found.action, "_domainkey.example.com is delegated" in found.reason) == ("conflict", True)


def test_plan_reads_each_name_in_zone_once():
    asked = []
    records = [*RECORDS.values(), replace(RECORDS["dmarc"], name="_dmarc.a.example.com")]
    plan_changes(records, ZONE, lambda name: asked.append(name) or [], PublishOptions())
    assert len(asked) == len(set(asked))
    assert all(name == ZONE or name.endswith(f".{ZONE}") for name in asked)


# Conflicts.


@pytest.mark.parametrize("which", ["key", "token", "mx", "spf"])
def test_plan_reports_existing_cname_as_conflict(which):
    found = change(which, has(which, "elsewhere.net.", type="CNAME"))
    assert (found.action, "CNAME to elsewhere.net" in found.reason) == ("conflict", True)


def test_plan_reports_other_types_at_cname_name_as_conflict():
    found = change("dkim", has("dkim", '"x"', type="TXT"), has("dkim", "192.0.2.1", type="A"))
    assert (found.action, "has A and TXT records" in found.reason) == ("conflict", True)


def test_plan_keeps_dmarc_policy_behind_cname():
    found = change("dmarc", has("dmarc", "x.dmarc.example.net.", type="CNAME"))
    assert (found.action, found.fix) == ("keep", None)


@pytest.mark.parametrize("which", [which for which in RECORDS if which != "dmarc"])
def test_plan_reports_special_record_set_as_conflict(which):
    found = change(which, has(which, special="an alias"))
    assert (found.action, "is an alias" in found.reason) == ("conflict", True)


@pytest.mark.parametrize("name", ["_domainkey.example.com", "t._domainkey.example.com"])
def test_plan_reports_delegated_name_as_conflict(name):
    away = RecordSet(name, "NS", 300, ("ns1.dkim.example.net.",))
    found = change("dkim", away)
    assert (found.action, f"{name} is delegated to ns1.dkim.example.net" in found.reason) == (
        "conflict",
        True,
    )


def test_plan_ignores_name_servers_of_zone_apex():
    own = RecordSet(ZONE, "NS", 300, ("ns1.awsdns.example.",))
    assert change("inbound", own).action == "create"


def test_plan_ignores_other_types_at_name():
    assert change("inbound", has("inbound", "192.0.2.1", type="A", special="an alias")).action == "create"
    assert change("spf", has("mx", "10 mx.google.com.")).action == "create"


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("v=spf1 -all", "v=spf1 include:amazonses.com -all"),
        ("v=spf1 a ?ALL exp=x", "v=spf1 a include:amazonses.com ?ALL exp=x"),
        ("v=spf1 redirect=_spf.x.example", "v=spf1 include:amazonses.com redirect=_spf.x.example"),
        ("v=spf1 a  mx", "v=spf1 a mx include:amazonses.com"),
        ("v=spf1", "v=spf1 include:amazonses.com"),
    ],
)
def test_with_ses_adds_include_before_final_term(text, better):
    assert is_spf(text)
    assert not permits_ses(text)
    assert with_ses(text) == better
    assert permits_ses(better)
