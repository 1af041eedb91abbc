"""`sescli config-set`: each verb over HTTP on the emulator, its effect read through boto3."""

from __future__ import annotations

import json

import pytest

ARCHIVE = "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-abcdefghijklmnopqrstuvwx"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ses-events"
ADD_ALERTS = (
    *("config-set", "event-destination", "add", "my-config-set", "alerts"),
    *("--events", "bounce", "--sns", TOPIC),
)
IGNORED = {"ResponseMetadata", "ConfigurationSetName", "Tags"}


@pytest.fixture
def config_set(sescli, ses, boto):
    """The program and a client, with an existing set `my-config-set`."""
    client = boto("sesv2")
    client.create_configuration_set(ConfigurationSetName="my-config-set")
    return sescli, client


def options(client, name="my-config-set"):
    found = client.get_configuration_set(ConfigurationSetName=name)
    return {group: members for group, members in found.items() if group not in IGNORED}


def test_config_set_create_with_every_option_and_tag(sescli, ses, boto):
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


def test_config_set_create_reports_existing_set(config_set):
    sescli, _ = config_set
    again = sescli("config-set", "create", "my-config-set", "-o", "json")
    assert again.code == 1
    assert again.error["code"] == "AlreadyExistsException"
    assert again.error["message"] == "configuration set my-config-set already exists in us-east-1"
    assert "config-set update my-config-set" in again.error["hint"]


def test_config_set_list_with_filter_and_limit(sescli, ses, boto):
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


def test_config_set_list_names_region_if_empty(sescli, ses):
    ran = sescli("config-set", "list")
    assert (ran.code, ran.stdout) == (0, "")
    assert "No configuration sets in us-east-1" in ran.stderr


@pytest.mark.parametrize("verb", ["show", "delete", "reputation", "sending", "tracking", "update"])
def test_config_set_commands_report_missing_set(sescli, ses, verb):
    extra = {
        "delete": ["--yes"],
        "reputation": ["--on"],
        "sending": ["--on"],
        "tracking": ["--domain", "t.example.com"],
        "update": ["--tls", "require"],
    }
    ran = sescli("config-set", verb, "nope", *extra.get(verb, []), "-o", "json")
    assert ran.code == 5
    assert ran.error["message"] == "configuration set nope not found in us-east-1"


def test_config_set_show_uses_the_given_region(config_set):
    sescli, _ = config_set
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
def test_config_set_verb_changes_its_group_but_not_in_a_dry_run(config_set, arguments, group, members):
    sescli, client = config_set
    before = options(client)
    line = ["config-set", *(word.replace("SET", "my-config-set") for word in arguments)]
    planned = sescli(*line, "--dry-run", "-o", "json")
    assert planned.code == 0, planned.stderr
    assert len(planned.json) == 1
    assert options(client) == before
    ran = sescli(*line, "--yes")
    assert ran.code == 0, ran.stderr
    assert options(client) == before | {group: members}


def test_config_set_change_keeps_other_members_of_the_group(config_set):
    """Each Put call replaces its whole group (docs/ses-behavior.md#replace-or-merge)."""
    sescli, client = config_set
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


def test_config_set_none_and_inherit_remove_a_member(config_set):
    sescli, client = config_set
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
def test_config_set_suppression_none_asks_for_confirmation(config_set, line):
    sescli, client = config_set
    verb, option = line
    before = options(client)
    unasked = sescli("config-set", verb, "my-config-set", option, "none")
    assert (unasked.code, "--yes" in unasked.stderr, options(client)) == (2, True, before)
    said_no = sescli(
        "config-set", verb, "my-config-set", option, "none", answers=[("Turn suppression off?", False)]
    )
    assert (said_no.code, options(client)) == (2, before)
    said_yes = sescli(
        "config-set", verb, "my-config-set", option, "none", answers=[("even to suppressed addresses", True)]
    )
    assert (said_yes.code, options(client)["SuppressionOptions"]["SuppressedReasons"]) == (0, [])


def test_config_set_update_changes_several_groups_and_keeps_others(config_set):
    sescli, client = config_set
    before = options(client)
    ran = sescli("config-set", "update", "my-config-set", "--tls", "require", "--reputation", "-o", "json")
    assert ran.json["delivery"]["tls_policy"] == "REQUIRE"
    assert options(client) == before | {
        "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
        "ReputationOptions": {"ReputationMetricsEnabled": True},
    }


def test_config_set_tracking_prints_the_dns_record(config_set):
    sescli, _ = config_set
    ran = sescli("config-set", "tracking", "my-config-set", "--domain", "track.example.com")
    assert "track.example.com CNAME r.us-east-1.awstrack.me" in ran.stdout


def test_config_set_sending_off_rejects_only_messages_of_the_set(config_set):
    sescli, client = config_set
    client.create_email_identity(EmailIdentity="example.com")
    refused = sescli("config-set", "sending", "my-config-set", "--off", "-o", "json")
    assert refused.code == 2
    assert "SES in us-east-1 will reject all messages that use my-config-set" in refused.error["message"]
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
    ("arguments", "message"),
    [
        (["update", "SET"], "nothing to change"),
        (["update", "SET", "--tls", "always"], "'always'"),
        (["update", "SET", "--https", "yes"], "'yes'"),
        (["update", "SET", "--tracking-domain", "not a domain"], "'not a domain'"),
        (["update", "SET", "--https", "require"], "custom tracking domain"),
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
        (["create", "a\nb"], "is not a valid name"),
        (["create", "new", "--https", "require"], "custom tracking domain"),
        (["create", "new", "--tag", "aws:x=y"], "aws:"),
        (["show", "a/b"], "is not a valid name"),
        (["reputation", "SET"], "--on"),
        (["tracking", "SET"], "nothing to change"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
def test_config_set_commands_reject_invalid_options(config_set, arguments, message):
    sescli, client = config_set
    before = options(client)
    ran = sescli("config-set", *(word.replace("SET", "my-config-set") for word in arguments))
    assert ran.code == 2
    assert message in ran.stderr
    assert options(client) == before
    assert client.list_configuration_sets()["ConfigurationSets"] == ["my-config-set"]


def test_config_set_delete_rejects_default_of_identities(config_set):
    sescli, client = config_set
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


def test_config_set_delete_asks_and_names_event_destinations(config_set):
    sescli, client = config_set
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


def test_config_set_accepts_common_options_at_every_level(config_set):
    sescli, _ = config_set
    first = sescli("-o", "json", "config-set", "event-destination", "list", "my-config-set")
    middle = sescli("config-set", "-o", "json", "event-destination", "list", "my-config-set")
    inner = sescli("config-set", "event-destination", "-o", "json", "list", "my-config-set")
    last = sescli("config-set", "event-destination", "list", "my-config-set", "-o", "json")
    assert [ran.stdout for ran in (first, middle, inner, last)] == ["[]\n"] * 4
    assert json.loads(last.stdout) == []
