"""`sescli config-set`: each verb over HTTP on the embedded SES, its effect read back through boto3."""

from __future__ import annotations

import json

import pytest

ARCHIVE = "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-abcdefghijklmnopqrstuvwx"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ses-events"
ADD_ALERTS = (
    *("config-set", "event-destination", "add", "my-config-set", "alerts"),
    *("--events", "bounce", "--sns", TOPIC),
)
NEVER_MIND = {"ResponseMetadata", "ConfigurationSetName", "Tags"}


@pytest.fixture
def made(sescli, ses, boto):
    """The program and a client, with `my-config-set` there."""
    client = boto("sesv2")
    client.create_configuration_set(ConfigurationSetName="my-config-set")
    return sescli, client


def options(client, name="my-config-set"):
    found = client.get_configuration_set(ConfigurationSetName=name)
    return {group: members for group, members in found.items() if group not in NEVER_MIND}


def test_create_with_every_option_and_tag(sescli, ses, boto):
    ran = sescli(
        *("config-set", "create", "all-of-it", "--tls", "require", "--pool", "ours", "--max-delivery", "2h"),
        *("--tracking-domain", "Tränke.example.com", "--https", "require-open-only", "--reputation"),
        *("--no-sending", "--suppression", "bounce,complaint", "--suppression-scope", "account"),
        *("--validation", "high", "--engagement", "--no-optimized-delivery", "--archive", ARCHIVE),
        *("--signing", "smime", "--tag", "team=shop", "-o", "json"),
    )
    assert ran.code == 0, ran.stderr
    client = boto("sesv2")
    found = client.get_configuration_set(ConfigurationSetName="all-of-it")
    assert found["Tags"] == [{"Key": "team", "Value": "shop"}]
    assert options(client, "all-of-it") == {
        "TrackingOptions": {
            "CustomRedirectDomain": "xn--trnke-hra.example.com",
            "HttpsPolicy": "REQUIRE_OPEN_ONLY",
        },
        "DeliveryOptions": {"TlsPolicy": "REQUIRE", "SendingPoolName": "ours", "MaxDeliverySeconds": 7200},
        "ReputationOptions": {"ReputationMetricsEnabled": True},
        "SendingOptions": {"SendingEnabled": False},
        "SuppressionOptions": {
            "SuppressedReasons": ["BOUNCE", "COMPLAINT"],
            "SuppressionScope": "ACCOUNT",
            "ValidationOptions": {
                "ConditionThreshold": {
                    "ConditionThresholdEnabled": "ENABLED",
                    "OverallConfidenceThreshold": {"ConfidenceVerdictThreshold": "HIGH"},
                }
            },
        },
        "VdmOptions": {
            "DashboardOptions": {"EngagementMetrics": "ENABLED"},
            "GuardianOptions": {"OptimizedSharedDelivery": "DISABLED"},
        },
        "ArchivingOptions": {"ArchiveArn": ARCHIVE},
        "MessageSecurityOptions": {"SigningScheme": {"SmimeScheme": {"SignatureFormat": "DETACHED"}}},
    }
    shown = sescli("config-set", "show", "all-of-it", "-o", "json").json
    assert shown == ran.json
    assert shown["suppression"] == {
        "suppressed_reasons": ["BOUNCE", "COMPLAINT"],
        "suppression_scope": "ACCOUNT",
        "validation": "HIGH",
    }


def test_a_new_set_is_there_already(made):
    sescli, _ = made
    again = sescli("config-set", "create", "my-config-set", "-o", "json")
    assert again.code == 1
    assert again.error["code"] == "AlreadyExistsException"
    assert again.error["message"] == "the configuration set my-config-set exists already in us-east-1"
    assert "config-set update my-config-set" in again.error["hint"]


def test_list_all_some_and_a_few(sescli, ses, boto):
    client = boto("sesv2")
    for number in range(12):
        client.create_configuration_set(ConfigurationSetName=f"set-{number}")
    listed = sescli("config-set", "list", "-o", "json").json
    assert sorted(found["name"] for found in listed) == sorted(f"set-{number}" for number in range(12))
    assert sescli("config-set", "list", "--contains", "SET-1", "-o", "json").json == [
        {"name": "set-1"},
        {"name": "set-10"},
        {"name": "set-11"},
    ]
    assert len(sescli("config-set", "list", "--limit", "3", "-o", "json").json) == 3


def test_an_empty_list_says_where_it_looked(sescli, ses):
    ran = sescli("config-set", "list")
    assert (ran.code, ran.stdout) == (0, "")
    assert "us-east-1 has no configuration set" in ran.stderr


@pytest.mark.parametrize("verb", ["show", "delete", "reputation", "sending", "tracking", "update"])
def test_a_set_that_is_not_there_is_not_found(sescli, ses, verb):
    extra = {
        "delete": ["--yes"],
        "reputation": ["--on"],
        "sending": ["--on"],
        "tracking": ["--domain", "t.example.com"],
        "update": ["--tls", "require"],
    }
    ran = sescli("config-set", verb, "nope", *extra.get(verb, []), "-o", "json")
    assert ran.code == 5
    assert ran.error["message"] == "there is no configuration set nope in us-east-1"


def test_a_set_is_looked_for_in_the_region_that_is_named(made):
    sescli, _ = made
    ran = sescli("config-set", "show", "my-config-set", "--region", "eu-west-1")
    assert ran.code == 5
    assert "in eu-west-1" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "group", "members"),
    [
        (["reputation", "SET", "--on"], "ReputationOptions", {"ReputationMetricsEnabled": True}),
        (["sending", "SET", "--off"], "SendingOptions", {"SendingEnabled": False}),
        (
            ["tracking", "SET", "--domain", "track.example.com", "--https", "require"],
            "TrackingOptions",
            {"CustomRedirectDomain": "track.example.com", "HttpsPolicy": "REQUIRE"},
        ),
        (["delivery", "SET", "--tls", "optional"], "DeliveryOptions", {"TlsPolicy": "OPTIONAL"}),
        (["suppression", "SET", "--reasons", "none"], "SuppressionOptions", {"SuppressedReasons": []}),
        (
            ["suppression", "SET", "--validation", "off"],
            "SuppressionOptions",
            {"ValidationOptions": {"ConditionThreshold": {"ConditionThresholdEnabled": "DISABLED"}}},
        ),
        (["archiving", "SET", "--archive", ARCHIVE], "ArchivingOptions", {"ArchiveArn": ARCHIVE}),
        (
            ["vdm", "SET", "--engagement"],
            "VdmOptions",
            {"DashboardOptions": {"EngagementMetrics": "ENABLED"}},
        ),
        (
            ["signing", "SET", "--scheme", "smime"],
            "MessageSecurityOptions",
            {"SigningScheme": {"SmimeScheme": {"SignatureFormat": "DETACHED"}}},
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_each_verb_sets_its_group_and_a_dry_run_does_not(made, arguments, group, members):
    sescli, client = made
    before = options(client)
    line = ["config-set", *(word.replace("SET", "my-config-set") for word in arguments)]
    planned = sescli(*line, "--dry-run", "-o", "json")
    assert planned.code == 0, planned.stderr
    assert len(planned.json) == 1
    assert options(client) == before
    ran = sescli(*line, "--yes")
    assert ran.code == 0, ran.stderr
    assert options(client) == before | {group: members}


def test_changing_one_member_keeps_the_others(made):
    """Each Put call replaces its whole group (docs/ses-behavior.md#replace-or-merge)."""
    sescli, client = made
    sescli("config-set", "delivery", "my-config-set", "--pool", "ours", "--max-delivery", "10m")
    sescli("config-set", "delivery", "my-config-set", "--tls", "require")
    assert options(client)["DeliveryOptions"] == {
        "TlsPolicy": "REQUIRE",
        "SendingPoolName": "ours",
        "MaxDeliverySeconds": 600,
    }
    sescli("config-set", "tracking", "my-config-set", "--domain", "a.example.com", "--https", "require")
    sescli("config-set", "tracking", "my-config-set", "--domain", "b.example.com")
    assert options(client)["TrackingOptions"] == {
        "CustomRedirectDomain": "b.example.com",
        "HttpsPolicy": "REQUIRE",
    }
    sescli("config-set", "suppression", "my-config-set", "--reasons", "bounce", "--validation", "managed")
    sescli("config-set", "suppression", "my-config-set", "--scope", "tenant")
    kept = options(client)["SuppressionOptions"]
    assert (kept["SuppressedReasons"], kept["SuppressionScope"]) == (["BOUNCE"], "TENANT")
    assert "ValidationOptions" in kept
    sescli("config-set", "vdm", "my-config-set", "--engagement")
    sescli("config-set", "vdm", "my-config-set", "--optimized-delivery")
    assert set(options(client)["VdmOptions"]) == {"DashboardOptions", "GuardianOptions"}


def test_none_and_inherit_take_a_member_away(made):
    sescli, client = made
    sescli(
        *("config-set", "update", "my-config-set", "--pool", "ours", "--tls", "require"),
        *("--tracking-domain", "a.example.com", "--https", "require", "--archive", ARCHIVE),
        *("--suppression", "none", "--validation", "high", "--max-delivery", "5m", "--yes"),
    )
    ran = sescli(
        *("config-set", "update", "my-config-set", "--pool", "none", "--max-delivery", "none"),
        *("--tracking-domain", "none", "--archive", "none", "--suppression", "inherit"),
    )
    assert ran.code == 0, ran.stderr
    now = options(client)
    assert now["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert "SuppressedReasons" not in now["SuppressionOptions"]
    assert "ValidationOptions" in now["SuppressionOptions"]
    assert not now.get("TrackingOptions")
    assert not now.get("ArchivingOptions")
    shown = sescli("config-set", "show", "my-config-set", "-o", "json").json
    assert shown["suppression"]["suppressed_reasons"] is None


@pytest.mark.parametrize(
    "line", [("suppression", "--reasons"), ("update", "--suppression")], ids=["suppression", "update"]
)
def test_suppressing_nothing_asks(made, line):
    sescli, client = made
    verb, option = line
    before = options(client)
    unasked = sescli("config-set", verb, "my-config-set", option, "none")
    assert (unasked.code, "--yes" in unasked.stderr, options(client)) == (2, True, before)
    said_no = sescli(
        "config-set", verb, "my-config-set", option, "none", answers=[("Suppress nothing?", False)]
    )
    assert (said_no.code, options(client)) == (2, before)
    said_yes = sescli(
        "config-set", verb, "my-config-set", option, "none", answers=[("bounce and complain", True)]
    )
    assert (said_yes.code, options(client)["SuppressionOptions"]["SuppressedReasons"]) == (0, [])


def test_update_changes_groups_together_and_leaves_the_rest(made):
    sescli, client = made
    before = options(client)
    ran = sescli("config-set", "update", "my-config-set", "--tls", "require", "--reputation", "-o", "json")
    assert ran.json["delivery"]["tls_policy"] == "REQUIRE"
    assert options(client) == before | {
        "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
        "ReputationOptions": {"ReputationMetricsEnabled": True},
    }


def test_a_tracking_domain_tells_its_record(made):
    sescli, _ = made
    ran = sescli("config-set", "tracking", "my-config-set", "--domain", "track.example.com")
    assert "track.example.com CNAME r.us-east-1.awstrack.me" in ran.stdout


def test_sending_turned_off_refuses_mail_of_the_set_only(made):
    sescli, client = made
    client.create_email_identity(EmailIdentity="example.com")
    refused = sescli("config-set", "sending", "my-config-set", "--off", "-o", "json")
    assert refused.code == 2
    assert "refuse all mail that names my-config-set" in refused.error["message"]
    assert options(client)["SendingOptions"] == {"SendingEnabled": True}
    assert sescli("config-set", "sending", "my-config-set", "--off", "--yes").code == 0
    mail = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    }
    with pytest.raises(client.exceptions.SendingPausedException):
        client.send_email(**mail, ConfigurationSetName="my-config-set")
    assert client.send_email(**mail)["MessageId"]
    assert "off" in sescli("config-set", "show", "my-config-set").stdout
    assert sescli("config-set", "sending", "my-config-set", "--on").code == 0
    assert client.send_email(**mail, ConfigurationSetName="my-config-set")["MessageId"]
    shown = sescli("config-set", "show", "my-config-set", "-o", "json").json
    assert shown["reputation"]["last_fresh_start"].endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["update", "SET"], "nothing to change"),
        (["update", "SET", "--tls", "always"], "'always'"),
        (["update", "SET", "--https", "yes"], "'yes'"),
        (["update", "SET", "--tracking-domain", "not a domain"], "'not a domain'"),
        (["update", "SET", "--https", "require"], "tracking domain of your own"),
        (["update", "SET", "--tracking-domain", "none", "--https", "require"], "HTTPS policy"),
        (["update", "SET", "--pool", "a\r\nb"], "pool"),
        (["update", "SET", "--max-delivery", "4m"], "5 minutes to 14 hours"),
        (["update", "SET", "--max-delivery", "15h"], "5 minutes to 14 hours"),
        (["update", "SET", "--max-delivery", "soon"], "--max-delivery"),
        (["update", "SET", "--suppression", "bounce,spam"], "'bounce,spam'"),
        (["update", "SET", "--suppression-scope", "global"], "'global'"),
        (["update", "SET", "--validation", "low"], "'low'"),
        (["update", "SET", "--archive", "arn:aws:s3:::bucket"], "Mail Manager"),
        (["update", "SET", "--signing", "pgp"], "'pgp'"),
        (["create", "two words"], "'two words'"),
        (["create", "x" * 65], "64 letters"),
        (["create", "a\nb"], "cannot be the name"),
        (["create", "new", "--https", "require"], "tracking domain of your own"),
        (["create", "new", "--tag", "aws:x=y"], "aws:"),
        (["show", "a/b"], "cannot be the name"),
        (["reputation", "SET"], "--on"),
        (["tracking", "SET"], "nothing to change"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
def test_what_ses_would_not_take_is_refused_here(made, arguments, said):
    sescli, client = made
    before = options(client)
    ran = sescli("config-set", *(word.replace("SET", "my-config-set") for word in arguments))
    assert ran.code == 2
    assert said in ran.stderr
    assert options(client) == before
    assert client.list_configuration_sets()["ConfigurationSets"] == ["my-config-set"]


def test_delete_refuses_while_identities_have_it_as_default(made):
    sescli, client = made
    for name in ["one.example.com", "two.example.com"]:
        client.create_email_identity(EmailIdentity=name, ConfigurationSetName="my-config-set")
    client.create_email_identity(EmailIdentity="three.example.com")
    ran = sescli("config-set", "delete", "my-config-set", "--yes", "-o", "json")
    assert ran.code == 1
    assert ran.error["code"] == "InUse"
    assert ran.error["message"].endswith("it is the default of one.example.com, two.example.com")
    assert client.list_configuration_sets()["ConfigurationSets"] == ["my-config-set"]
    assert sescli("config-set", "delete", "my-config-set", "--dry-run").code == 1
    assert sescli("config-set", "delete", "my-config-set", "--yes", "--no-check").code == 0
    assert client.list_configuration_sets()["ConfigurationSets"] == []


def test_delete_asks_and_names_what_goes_with_it(made):
    sescli, client = made
    sescli(*ADD_ALERTS)
    off_terminal = sescli("config-set", "delete", "my-config-set")
    assert off_terminal.code == 2
    assert "--yes" in off_terminal.stderr
    assert "alerts" in off_terminal.stderr
    assert sescli("config-set", "delete", "my-config-set", answers=[("alerts", False)]).code == 2
    assert client.list_configuration_sets()["ConfigurationSets"] == ["my-config-set"]
    planned = sescli("config-set", "delete", "my-config-set", "--dry-run", "-o", "json").json
    assert [call["operation"] for call in planned] == ["DeleteConfigurationSet"]
    done = sescli("config-set", "delete", "my-config-set", "-o", "json", answers=[("Delete", True)])
    assert done.json == {"name": "my-config-set", "event_destinations": ["alerts"]}
    assert client.list_configuration_sets()["ConfigurationSets"] == []


def test_common_options_work_at_every_level(made):
    sescli, _ = made
    first = sescli("-o", "json", "config-set", "event-destination", "list", "my-config-set")
    middle = sescli("config-set", "-o", "json", "event-destination", "list", "my-config-set")
    inner = sescli("config-set", "event-destination", "-o", "json", "list", "my-config-set")
    last = sescli("config-set", "event-destination", "list", "my-config-set", "-o", "json")
    assert [ran.stdout for ran in (first, middle, inner, last)] == ["[]\n"] * 4
    assert json.loads(last.stdout) == []
