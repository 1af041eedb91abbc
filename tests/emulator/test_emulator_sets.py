"""Configuration sets, event destinations, contact lists, receipt rules.

docs/ses-behavior.md#v1-spelling, #replace-or-merge, #receipt-rule-sets, #configuration-set-names,
#contact-lists
"""

import pytest
from refusals import refused

SNS = {"SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t"}}


def test_configuration_set_stores_option_groups(v2):
    v2.create_configuration_set(
        ConfigurationSetName="mine",
        DeliveryOptions={"TlsPolicy": "REQUIRE"},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    v2.put_configuration_set_tracking_options(
        ConfigurationSetName="mine", CustomRedirectDomain="t.example.com", HttpsPolicy="REQUIRE"
    )
    v2.put_configuration_set_reputation_options(ConfigurationSetName="mine", ReputationMetricsEnabled=True)
    v2.put_configuration_set_sending_options(ConfigurationSetName="mine", SendingEnabled=False)
    v2.put_configuration_set_delivery_options(ConfigurationSetName="mine", SendingPoolName="pool")
    shown = v2.get_configuration_set(ConfigurationSetName="mine")
    assert shown["DeliveryOptions"] == {"SendingPoolName": "pool"}
    assert shown["TrackingOptions"] == {"CustomRedirectDomain": "t.example.com", "HttpsPolicy": "REQUIRE"}
    assert shown["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert shown["SendingOptions"] == {"SendingEnabled": False}
    assert shown["Tags"] == [{"Key": "a", "Value": "b"}]
    v2.put_configuration_set_sending_options(ConfigurationSetName="mine", SendingEnabled=True)
    assert "LastFreshStart" in v2.get_configuration_set(ConfigurationSetName="mine")["ReputationOptions"]


def test_configuration_sets_are_created_listed_and_deleted(v2, v1):
    for name in ("b", "a", "c"):
        v2.create_configuration_set(ConfigurationSetName=name)
    with refused("AlreadyExistsException", "a"):
        v2.create_configuration_set(ConfigurationSetName="a")
    for name in ("a.b", "x" * 65, ""):
        with refused("BadRequestException"):
            v2.create_configuration_set(ConfigurationSetName=name)
    assert v2.list_configuration_sets()["ConfigurationSets"] == ["a", "b", "c"]
    named = v2.list_configuration_sets(Filter={"CONFIGURATION_SET_NAME_CONTAINS": "B"})
    assert named["ConfigurationSets"] == ["b"]
    assert v1.list_configuration_sets()["ConfigurationSets"] == [{"Name": "a"}, {"Name": "b"}, {"Name": "c"}]
    v2.delete_configuration_set(ConfigurationSetName="a")
    with refused("NotFoundException", "a", 404):
        v2.delete_configuration_set(ConfigurationSetName="a")
    with refused("ConfigurationSetDoesNotExist"):
        v1.delete_configuration_set(ConfigurationSetName="a")


def test_event_destinations_are_disabled_by_default(v2, v1):
    v2.create_configuration_set(ConfigurationSetName="mine")
    v2.create_configuration_set_event_destination(
        ConfigurationSetName="mine",
        EventDestinationName="one",
        EventDestination={"MatchingEventTypes": ["SEND", "RENDERING_FAILURE"], **SNS},
    )
    shown = v2.get_configuration_set_event_destinations(ConfigurationSetName="mine")["EventDestinations"]
    assert shown == [
        {"Name": "one", "Enabled": False, "MatchingEventTypes": ["SEND", "RENDERING_FAILURE"], **SNS}
    ]
    described = v1.describe_configuration_set(
        ConfigurationSetName="mine", ConfigurationSetAttributeNames=["eventDestinations"]
    )
    assert described["EventDestinations"] == [
        {
            "Name": "one",
            "Enabled": False,
            "MatchingEventTypes": ["send", "renderingFailure"],
            "SNSDestination": {"TopicARN": SNS["SnsDestination"]["TopicArn"]},
        }
    ]
    v1.update_configuration_set_event_destination(
        ConfigurationSetName="mine",
        EventDestination={
            "Name": "one",
            "Enabled": True,
            "MatchingEventTypes": ["bounce"],
            "CloudWatchDestination": {
                "DimensionConfigurations": [
                    {
                        "DimensionName": "campaign",
                        "DimensionValueSource": "messageTag",
                        "DefaultDimensionValue": "none",
                    }
                ]
            },
        },
    )
    (changed,) = v2.get_configuration_set_event_destinations(ConfigurationSetName="mine")["EventDestinations"]
    assert changed["MatchingEventTypes"] == ["BOUNCE"]
    dimensions = changed["CloudWatchDestination"]["DimensionConfigurations"]
    assert dimensions[0]["DimensionValueSource"] == "MESSAGE_TAG"


@pytest.mark.parametrize(
    "definition",
    [
        {"MatchingEventTypes": ["SEND"]},
        {"MatchingEventTypes": [], **SNS},
        {"MatchingEventTypes": ["send"], **SNS},
        {"MatchingEventTypes": ["SEND"], **SNS, "EventBridgeDestination": {"EventBusArn": "arn"}},
    ],
)
def test_invalid_event_destination_is_rejected(v2, definition):
    v2.create_configuration_set(ConfigurationSetName="mine")
    with refused("BadRequestException"):
        v2.create_configuration_set_event_destination(
            ConfigurationSetName="mine", EventDestinationName="one", EventDestination=definition
        )


def test_configuration_set_accepts_at_most_10_destinations(v2):
    v2.create_configuration_set(ConfigurationSetName="mine")
    definition = {"MatchingEventTypes": ["SEND"], **SNS}
    for number in range(10):
        v2.create_configuration_set_event_destination(
            ConfigurationSetName="mine", EventDestinationName=f"d{number}", EventDestination=definition
        )
    with refused("LimitExceededException"):
        v2.create_configuration_set_event_destination(
            ConfigurationSetName="mine", EventDestinationName="d10", EventDestination=definition
        )
    with refused("NotFoundException", status=404):
        v2.delete_configuration_set_event_destination(
            ConfigurationSetName="mine", EventDestinationName="none"
        )


def test_v1_tracking_options_have_specific_errors(v1):
    v1.create_configuration_set(ConfigurationSet={"Name": "mine"})
    options = {"ConfigurationSetName": "mine", "TrackingOptions": {"CustomRedirectDomain": "t.example.com"}}
    with refused("TrackingOptionsDoesNotExistException"):
        v1.update_configuration_set_tracking_options(**options)
    v1.create_configuration_set_tracking_options(**options)
    with refused("TrackingOptionsAlreadyExistsException"):
        v1.create_configuration_set_tracking_options(**options)


def test_contact_list_stores_contacts(v2):
    topic = {"TopicName": "offers", "DisplayName": "Offers", "DefaultSubscriptionStatus": "OPT_OUT"}
    v2.create_contact_list(ContactListName="news", Topics=[topic])
    with refused("LimitExceededException"):
        v2.create_contact_list(ContactListName="other")
    v2.create_contact(
        ContactListName="news",
        EmailAddress="a@example.org",
        TopicPreferences=[{"TopicName": "offers", "SubscriptionStatus": "OPT_IN"}],
    )
    v2.create_contact(ContactListName="news", EmailAddress="b@example.org", AttributesData="{}")
    with refused("AlreadyExistsException"):
        v2.create_contact(ContactListName="news", EmailAddress="a@example.org")
    with refused("BadRequestException", "sports"):
        v2.create_contact(
            ContactListName="news",
            EmailAddress="c@example.org",
            TopicPreferences=[{"TopicName": "sports", "SubscriptionStatus": "OPT_IN"}],
        )
    other = v2.get_contact(ContactListName="news", EmailAddress="b@example.org")
    assert other["TopicDefaultPreferences"] == [{"TopicName": "offers", "SubscriptionStatus": "OPT_OUT"}]
    list_messages = v2.list_contacts(
        ContactListName="news", Filter={"FilteredStatus": "OPT_IN", "TopicFilter": {"TopicName": "offers"}}
    )
    assert [row["EmailAddress"] for row in list_messages["Contacts"]] == ["a@example.org"]
    v2.update_contact(ContactListName="news", EmailAddress="a@example.org", UnsubscribeAll=True)
    shown = v2.get_contact(ContactListName="news", EmailAddress="a@example.org")
    assert (shown["UnsubscribeAll"], shown["TopicPreferences"]) == (True, [])
    v2.delete_contact(ContactListName="news", EmailAddress="a@example.org")
    v2.delete_contact_list(ContactListName="news")
    with refused("NotFoundException", status=404):
        v2.list_contacts(ContactListName="news")


def test_receipt_rules_keep_order(v1):
    assert v1.list_receipt_rule_sets()["RuleSets"] == []
    assert "Metadata" not in v1.describe_active_receipt_rule_set()
    v1.create_receipt_rule_set(RuleSetName="mine")
    v1.create_receipt_rule(
        RuleSetName="mine",
        Rule={"Name": "b", "Actions": [{"S3Action": {"BucketName": "mail"}}], "Recipients": ["example.com"]},
    )
    v1.create_receipt_rule(RuleSetName="mine", Rule={"Name": "a.1", "Enabled": True})
    v1.create_receipt_rule(RuleSetName="mine", Rule={"Name": "c"}, After="b")
    v1.set_active_receipt_rule_set(RuleSetName="mine")
    active = v1.describe_active_receipt_rule_set()
    assert [rule["Name"] for rule in active["Rules"]] == ["a.1", "b", "c"]
    assert active["Rules"][1] == {
        "Name": "b",
        "Enabled": False,
        "TlsPolicy": "Optional",
        "ScanEnabled": False,
        "Actions": [{"S3Action": {"BucketName": "mail"}}],
        "Recipients": ["example.com"],
    }
    v1.reorder_receipt_rule_set(RuleSetName="mine", RuleNames=["c", "b", "a.1"])
    v1.set_receipt_rule_position(RuleSetName="mine", RuleName="c", After="a.1")
    v1.clone_receipt_rule_set(RuleSetName="copy", OriginalRuleSetName="mine")
    copy = v1.describe_receipt_rule_set(RuleSetName="copy")
    assert [rule["Name"] for rule in copy["Rules"]] == ["b", "a.1", "c"]
    with refused("CannotDelete"):
        v1.delete_receipt_rule_set(RuleSetName="mine")
    with refused("RuleDoesNotExist"):
        v1.describe_receipt_rule(RuleSetName="mine", RuleName="none")
    with refused("RuleSetDoesNotExist"):
        v1.describe_receipt_rule_set(RuleSetName="none")
    with refused("AlreadyExists"):
        v1.create_receipt_rule_set(RuleSetName="mine")
    v1.set_active_receipt_rule_set()
    v1.delete_receipt_rule_set(RuleSetName="mine")
    v1.create_receipt_filter(Filter={"Name": "f", "IpFilter": {"Policy": "Block", "Cidr": "10.0.0.0/8"}})
    assert [each["Name"] for each in v1.list_receipt_filters()["Filters"]] == ["f"]
