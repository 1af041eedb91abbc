"""What publishing would change, case by case: records wanted beside record sets that are there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sescli.dns.changes import PublishOptions, plan_change, plan_changes
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


def change(which, *there, **wish):
    return plan_change(RECORDS[which], ZONE, there, PublishOptions(**wish))


def has(which, *values, ttl=300, **more):
    record = RECORDS[which]
    return RecordSet(record.name, more.pop("type", record.type), ttl, values, **more)


@pytest.mark.parametrize("which", RECORDS)
def test_where_nothing_is_there_the_record_is_created(which):
    found = change(which)
    assert (found.action, found.before, len(found.after), found.ttl) == ("create", (), 1, 1800)
    assert change(which, ttl=60).ttl == 60


@pytest.mark.parametrize("which", RECORDS)
def test_what_is_there_already_is_left(which):
    made = change(which)
    found = change(which, has(which, *made.after))
    assert (found.action, found.before, found.after, found.ttl) == ("unchanged", made.after, made.after, 300)


@pytest.mark.parametrize("which", RECORDS)
def test_another_ttl_is_a_replacement_only_when_asked_for(which):
    made = change(which)
    found = change(which, has(which, *made.after), ttl=60)
    assert (found.action, found.ttl_before, found.ttl) == ("replace", 300, 60)
    assert change(which, has(which, *made.after), ttl=300).action == "unchanged"


@pytest.mark.parametrize("spelt", ["T.DKIM.amazonses.com", "t.dkim.amazonses.com."])
def test_a_host_is_the_same_however_it_is_spelt(spelt):
    assert change("dkim", has("dkim", spelt)).action == "unchanged"


def test_a_dkim_cname_that_points_elsewhere_is_replaced():
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
def test_a_selector_holds_one_key_and_keeps_other_texts(there, action, after):
    found = change("key", has("key", *there))
    assert (found.action, found.after) == (action, after)


def test_a_key_that_nobody_knows_is_left_out():
    record = Record("TXT", "sel._domainkey.example.com", None, None, 1800, "dkim", required=True)
    found = plan_change(record, ZONE, [has("key", '"p=OTHER"')], PublishOptions())
    assert (found.action, found.writes, found.after) == ("skip", False, ('"p=OTHER"',))
    assert "--dkim-private-key" in found.fix


def test_tokens_of_other_accounts_stay():
    found = change("token", has("token", '"theirs"', '"other"', ttl=77), ttl=60)
    assert (found.action, found.after, found.ttl) == ("add", ('"theirs"', '"other"', '"tok+/="'), 77)
    assert change("token", has("token", '"theirs"', '"tok+/="')).action == "unchanged"
    assert change("token", has("token", '"theirs"', '"tok+/="'), ttl=5).action == "unchanged"


def test_texts_beside_spf_stay_in_their_order():
    found = change("spf", has("spf", '"b"', '"a"'))
    assert (found.action, found.after) == ("add", ('"b"', '"a"', SPF))


def test_a_second_spf_record_is_never_made():
    found = change("spf", has("spf", '"v=spf1 mx include:_spf.google.com -all"'))
    assert found.action == "conflict"
    assert found.after == found.before
    assert found.fix == "change it to: v=spf1 mx include:_spf.google.com include:amazonses.com -all"


@pytest.mark.parametrize(
    "text", ["v=spf1 mx include:amazonses.com -all", "V=SPF1 +INCLUDE:amazonses.com ?all"], ids=str
)
def test_an_spf_record_that_lets_ses_send_will_do(text):
    assert change("spf", has("spf", f'"{text}"')).action == "unchanged"


def test_several_spf_records_are_a_conflict_even_with_the_right_one():
    found = change("spf", has("spf", SPF, '"v=spf1 -all"'))
    assert (found.action, "2 SPF records" in found.reason) == ("conflict", True)


def test_a_text_that_only_begins_like_spf_is_none():
    assert change("spf", has("spf", '"v=spf10 x"')).action == "add"


@pytest.mark.parametrize("there", [('"v=DMARC1; p=reject"',), ('"v=DMARC1;p=none"', '"x"')], ids=str)
def test_a_dmarc_policy_is_the_owners(there):
    found = change("dmarc", has("dmarc", *there))
    assert (found.action, found.writes, found.after) == ("keep", False, there)
    assert change("dmarc", has("dmarc", *there), ttl=5).action == "keep"


def test_a_dmarc_policy_gives_way_only_when_asked():
    found = change("dmarc", has("dmarc", '"note"', '"v=DMARC1; p=reject"'), replace_dmarc=True)
    assert (found.action, found.after) == ("replace", ('"note"', DMARC))
    assert change("dmarc", has("dmarc", '"note"')).after == ('"note"', DMARC)


def test_two_dmarc_policies_are_told_and_kept():
    found = change("dmarc", has("dmarc", '"v=DMARC1; p=reject"', DMARC))
    assert (found.action, "receivers take for none" in found.reason) == ("keep", True)


@pytest.mark.parametrize(
    "there",
    [("10 mx.google.com.",), ("10 feedback-smtp.x.amazonses.com.", "20 mx.google.com.")],
    ids=str,
)
def test_a_second_mx_on_the_mail_from_name_is_a_conflict(there):
    found = change("mx", has("mx", *there))
    assert (found.action, found.after) == ("conflict", there)
    assert "mx.google.com" in found.reason
    assert "another MAIL FROM domain" in found.fix


def test_the_preference_of_the_only_mx_does_not_matter():
    assert change("mx", has("mx", "50 Feedback-SMTP.x.amazonses.com.")).action == "unchanged"


def test_receiving_takes_the_mail_away_and_says_from_whom():
    found = change("inbound", has("inbound", "1 mx.google.com.", "5 alt.google.com."))
    assert (found.action, found.after) == ("replace", ("10 inbound-smtp.x.amazonaws.com.",))
    assert found.reason == "takes all mail away from mx.google.com, alt.google.com"


@pytest.mark.parametrize(
    "above",
    [
        RecordSet("_dmarc.shop.example.com", "TXT", 300, ('"v=DMARC1; p=reject"',)),
        RecordSet("_dmarc.example.com", "TXT", 300, ('"note"', '"v=DMARC1; p=reject"')),
        RecordSet("_dmarc.example.com", "CNAME", 300, ("x.dmarc.example.net.",)),
    ],
    ids=["parent", "zone", "CNAME"],
)
def test_the_policy_of_a_domain_above_is_not_weakened(above):
    record = replace(RECORDS["dmarc"], name="_dmarc.mail.shop.example.com")
    (found,) = plan_changes(
        [record], ZONE, lambda name: [above] if name == above.name else [], PublishOptions()
    )
    assert (found.action, found.after) == ("keep", ())
    assert found.reason == f"the policy of {above.name.removeprefix('_dmarc.')} covers it"
    (asked,) = plan_changes(
        [record], ZONE, lambda name: [above] if name == above.name else [], PublishOptions(replace_dmarc=True)
    )
    assert asked.action == "create"


def test_without_a_policy_above_a_subdomain_gets_its_own():
    record = replace(RECORDS["dmarc"], name="_dmarc.mail.example.com")
    other = RecordSet("_dmarc.example.com", "TXT", 300, ('"note"',))
    (found,) = plan_changes(
        [record], ZONE, lambda name: [other] if name == other.name else [], PublishOptions()
    )
    assert found.action == "create"


def test_a_name_above_the_record_that_is_delegated_away_is_found():
    away = RecordSet("_domainkey.example.com", "NS", 300, ("ns1.dkim.example.net.",))
    (found,) = plan_changes(
        [RECORDS["dkim"]], ZONE, lambda name: [away] if name == away.name else [], PublishOptions()
    )
    assert (found.action, "_domainkey.example.com is delegated" in found.reason) == ("conflict", True)


def test_each_name_is_read_once_and_none_outside_the_zone():
    asked = []
    records = [*RECORDS.values(), replace(RECORDS["dmarc"], name="_dmarc.a.example.com")]
    plan_changes(records, ZONE, lambda name: asked.append(name) or [], PublishOptions())
    assert len(asked) == len(set(asked))
    assert all(name == ZONE or name.endswith(f".{ZONE}") for name in asked)


# What stands in the way.


@pytest.mark.parametrize("which", ["key", "token", "mx", "spf"])
def test_nothing_is_put_beside_a_cname(which):
    found = change(which, has(which, "elsewhere.net.", type="CNAME"))
    assert (found.action, "CNAME to elsewhere.net" in found.reason) == ("conflict", True)


def test_a_cname_is_put_beside_nothing():
    found = change("dkim", has("dkim", '"x"', type="TXT"), has("dkim", "192.0.2.1", type="A"))
    assert (found.action, "has A and TXT records" in found.reason) == ("conflict", True)


def test_a_dmarc_policy_behind_a_cname_is_kept():
    found = change("dmarc", has("dmarc", "x.dmarc.example.net.", type="CNAME"))
    assert (found.action, found.fix) == ("keep", None)


@pytest.mark.parametrize("which", [which for which in RECORDS if which != "dmarc"])
def test_alias_and_routed_sets_are_left_alone(which):
    found = change(which, has(which, special="an alias"))
    assert (found.action, "is an alias" in found.reason) == ("conflict", True)


@pytest.mark.parametrize("name", ["_domainkey.example.com", "t._domainkey.example.com"])
def test_a_name_that_is_delegated_away_is_told(name):
    away = RecordSet(name, "NS", 300, ("ns1.dkim.example.net.",))
    found = change("dkim", away)
    assert (found.action, f"{name} is delegated to ns1.dkim.example.net" in found.reason) == (
        "conflict",
        True,
    )


def test_the_name_servers_of_the_zone_itself_are_no_delegation():
    own = RecordSet(ZONE, "NS", 300, ("ns1.awsdns.example.",))
    assert change("inbound", own).action == "create"


def test_other_types_of_a_name_do_not_matter():
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
def test_spf_with_ses_in_it(text, better):
    assert is_spf(text)
    assert not permits_ses(text)
    assert with_ses(text) == better
    assert permits_ses(better)
