"""Identities, v2 and v1.

docs/ses-behavior.md#dkim-records, #mail-from, #verification-errors, #v1-spelling, #pagination,
#unset-by-omission
"""

import pytest
from refusals import refused, simple, to


def test_domain_gets_three_dkim_tokens_and_zone(v2):
    one = v2.create_email_identity(EmailIdentity="example.com")
    other = v2.create_email_identity(EmailIdentity="example.org")
    assert one["IdentityType"] == "DOMAIN"
    assert one["VerifiedForSendingStatus"] is True
    dkim = one["DkimAttributes"]
    assert dkim["SigningEnabled"] is True
    assert dkim["Status"] == "SUCCESS"
    assert dkim["SigningHostedZone"] == "dkim.amazonses.com"
    assert dkim["NextSigningKeyLength"] == "RSA_2048_BIT"
    tokens = dkim["Tokens"] + other["DkimAttributes"]["Tokens"]
    assert len(set(tokens)) == 6
    assert all(len(token) == 32 and token.isalnum() and token.islower() for token in tokens)


def test_some_regions_have_own_dkim_zone(client):
    made = client("sesv2", "eu-south-1").create_email_identity(EmailIdentity="example.com")
    assert made["DkimAttributes"]["SigningHostedZone"] == "dkim.eu-south-1.amazonses.com"


def test_address_is_verified_without_dkim(v2):
    made = v2.create_email_identity(EmailIdentity="Ann@Example.com")
    assert made["IdentityType"] == "EMAIL_ADDRESS"
    assert made["VerifiedForSendingStatus"] is True
    assert made["DkimAttributes"]["SigningEnabled"] is False
    assert v2.get_email_identity(EmailIdentity="Ann@example.com")["VerificationStatus"] == "SUCCESS"


@pytest.mark.parametrize("name", ["", "no dots", "example..com", "-", "a@", "@example.com", "Ann <a@b.org>"])
def test_invalid_identity_name_is_rejected(v2, name):
    with refused("BadRequestException"):
        v2.create_email_identity(EmailIdentity=name)


def test_duplicate_identity_is_rejected_in_any_case(v2):
    v2.create_email_identity(EmailIdentity="example.com")
    with refused("AlreadyExistsException", "example.com"):
        v2.create_email_identity(EmailIdentity="EXAMPLE.com")


def test_missing_identity_is_not_found_in_every_operation(v2):
    for call in (
        v2.get_email_identity,
        v2.delete_email_identity,
        v2.put_email_identity_dkim_attributes,
        v2.put_email_identity_mail_from_attributes,
        v2.get_email_identity_policies,
    ):
        with refused("NotFoundException", "example.com", 404):
            call(EmailIdentity="example.com")


def test_identities_are_separate_per_region(client):
    client("sesv2", "eu-west-1").create_email_identity(EmailIdentity="example.com")
    assert client("sesv2", "eu-west-2").list_email_identities()["EmailIdentities"] == []


def test_identity_list_has_pages_and_checks_token(v2):
    names = [f"d{number:02}.example.com" for number in range(7)]
    for name in names:
        v2.create_email_identity(EmailIdentity=name)
    seen, token = [], {}
    while True:
        page = v2.list_email_identities(PageSize=3, **token)
        seen += [row["IdentityName"] for row in page["EmailIdentities"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == names
    with refused("InvalidNextTokenException"):
        v2.list_email_identities(NextToken="made up")
    with refused("BadRequestException"):
        v2.list_email_identities(PageSize=1001)


def test_identity_list_is_filtered(v2):
    for name in ("shop.example.com", "example.org", "ann@example.com"):
        v2.create_email_identity(EmailIdentity=name)

    def list_messages(**wanted):
        return [row["IdentityName"] for row in v2.list_email_identities(Filter=wanted)["EmailIdentities"]]

    assert list_messages(IDENTITY_NAME_CONTAINS="example.com") == ["ann@example.com", "shop.example.com"]
    assert list_messages(IDENTITY_TYPE="EMAIL_ADDRESS") == ["ann@example.com"]
    assert list_messages(VERIFICATION_STATUS="PENDING") == []


def test_byodkim_stores_selector_but_not_private_key(v2, inbox):
    v2.create_email_identity(EmailIdentity="example.com")
    answer = v2.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com",
        SigningAttributesOrigin="EXTERNAL",
        SigningAttributes={"DomainSigningSelector": "s1", "DomainSigningPrivateKey": "TUlJ"},
    )
    assert answer["DkimTokens"] == ["s1"]
    shown = v2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    assert shown["SigningAttributesOrigin"] == "EXTERNAL"
    assert "TUlJ" not in str(shown)
    back = v2.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="AWS_SES"
    )
    assert len(back["DkimTokens"]) == 3


@pytest.mark.parametrize(
    "attributes",
    [
        {"DomainSigningSelector": "a.b", "DomainSigningPrivateKey": "TUlJ"},
        {"DomainSigningSelector": "s1", "DomainSigningPrivateKey": "-----BEGIN PRIVATE KEY-----"},
        {"DomainSigningSelector": "s1"},
        {"NextSigningKeyLength": "RSA_4096_BIT"},
    ],
)
def test_invalid_dkim_key_or_selector_is_rejected(v2, attributes):
    v2.create_email_identity(EmailIdentity="example.com")
    with refused("BadRequestException"):
        v2.put_email_identity_dkim_signing_attributes(
            EmailIdentity="example.com", SigningAttributesOrigin="EXTERNAL", SigningAttributes=attributes
        )


def length(v2, bits):
    return v2.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com",
        SigningAttributesOrigin="AWS_SES",
        SigningAttributes={"NextSigningKeyLength": f"RSA_{bits}_BIT"},
    )


def test_dkim_key_length_changes_once_a_day_and_keeps_tokens(v2):
    tokens = v2.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]
    with refused("BadRequestException", "already"):
        length(v2, 2048)
    answer = length(v2, 1024)
    assert (answer["DkimStatus"], answer["DkimTokens"]) == ("SUCCESS", tokens)
    with refused("BadRequestException", "once in 24 hours"):
        length(v2, 2048)


def test_dkim_key_length_allows_step_down_on_day_of_step_up(v2):
    v2.create_email_identity(
        EmailIdentity="example.com", DkimSigningAttributes={"NextSigningKeyLength": "RSA_1024_BIT"}
    )
    length(v2, 2048)
    length(v2, 1024)
    with refused("BadRequestException", "once in 24 hours"):
        length(v2, 2048)
    shown = v2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    assert shown["CurrentSigningKeyLength"] == "RSA_1024_BIT"


def test_mail_from_must_be_subdomain_and_is_removed_if_omitted(v2):
    v2.create_email_identity(EmailIdentity="example.com")
    with refused("BadRequestException", "not subdomain"):
        v2.put_email_identity_mail_from_attributes(
            EmailIdentity="example.com", MailFromDomain="bounce.example.org"
        )
    v2.put_email_identity_mail_from_attributes(
        EmailIdentity="example.com", MailFromDomain="bounce.example.com", BehaviorOnMxFailure="REJECT_MESSAGE"
    )
    assert v2.get_email_identity(EmailIdentity="example.com")["MailFromAttributes"] == {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }
    v2.put_email_identity_mail_from_attributes(EmailIdentity="example.com")
    assert "MailFromDomain" not in v2.get_email_identity(EmailIdentity="example.com")["MailFromAttributes"]


def test_v2_rejects_v1_names_of_mail_from_behavior(v2):
    v2.create_email_identity(EmailIdentity="example.com")
    with refused("BadRequestException", "enum"):
        v2.put_email_identity_mail_from_attributes(
            EmailIdentity="example.com", MailFromDomain="b.example.com", BehaviorOnMxFailure="UseDefaultValue"
        )


def test_default_configuration_set_must_exist_and_applies_to_sends(shop, inbox):
    with refused("NotFoundException", "none", 404):
        shop.put_email_identity_configuration_set_attributes(
            EmailIdentity="example.com", ConfigurationSetName="none"
        )
    shop.create_configuration_set(ConfigurationSetName="mine")
    shop.put_email_identity_configuration_set_attributes(
        EmailIdentity="example.com", ConfigurationSetName="mine"
    )
    shop.send_email(FromEmailAddress="a@example.com", Destination=to("b@example.org"), Content=simple())
    assert next(inbox.messages()).config_set == "mine"
    shop.put_email_identity_configuration_set_attributes(EmailIdentity="example.com")
    assert "ConfigurationSetName" not in shop.get_email_identity(EmailIdentity="example.com")


def test_policies_are_stored_with_limits(v2):
    v2.create_email_identity(EmailIdentity="example.com")
    policy = '{"Version": "2012-10-17", "Statement": []}'
    for number in range(20):
        v2.create_email_identity_policy(EmailIdentity="example.com", PolicyName=f"p{number}", Policy=policy)
    with refused("LimitExceededException"):
        v2.create_email_identity_policy(EmailIdentity="example.com", PolicyName="p20", Policy=policy)
    with refused("AlreadyExistsException"):
        v2.create_email_identity_policy(EmailIdentity="example.com", PolicyName="p1", Policy=policy)
    with refused("BadRequestException"):
        v2.update_email_identity_policy(EmailIdentity="example.com", PolicyName="p1", Policy="{" * 20)
    v2.delete_email_identity_policy(EmailIdentity="example.com", PolicyName="p1")
    with refused("NotFoundException", "p1", 404):
        v2.delete_email_identity_policy(EmailIdentity="example.com", PolicyName="p1")
    assert len(v2.get_email_identity_policies(EmailIdentity="example.com")["Policies"]) == 19


def test_identity_tags_are_stored(v2):
    v2.create_email_identity(EmailIdentity="example.com", Tags=[{"Key": "team", "Value": "shop"}])
    arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    v2.tag_resource(ResourceArn=arn, Tags=[{"Key": "cost", "Value": "7"}])
    v2.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert v2.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": "7"}]
    with refused("NotFoundException", status=404):
        v2.list_tags_for_resource(ResourceArn=arn + "x")


def test_v1_and_v2_share_identities(v1, v2):
    token = v1.verify_domain_identity(Domain="example.com")["VerificationToken"]
    assert len(token) == 44
    assert v1.verify_domain_identity(Domain="example.com")["VerificationToken"] == token
    assert v2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Status"] == "NOT_STARTED"
    tokens = v1.verify_domain_dkim(Domain="example.com")["DkimTokens"]
    assert v2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"] == tokens
    assert v1.verify_domain_dkim(Domain="example.com")["DkimTokens"] == tokens
    v2.create_email_identity(EmailIdentity="ann@example.org")
    assert v1.list_identities(IdentityType="EmailAddress")["Identities"] == ["ann@example.org"]
    assert v1.list_identities(IdentityType="Domain")["Identities"] == ["example.com"]
    attributes = v1.get_identity_verification_attributes(Identities=["example.com", "unknown.org"])
    assert attributes["VerificationAttributes"] == {
        "example.com": {"VerificationStatus": "Success", "VerificationToken": token}
    }
    assert v1.get_identity_dkim_attributes(Identities=["example.com"])["DkimAttributes"]["example.com"] == {
        "DkimEnabled": True,
        "DkimVerificationStatus": "Success",
        "DkimTokens": tokens,
    }
    v1.delete_identity(Identity="example.com")
    v1.delete_identity(Identity="example.com")
    with refused("NotFoundException", status=404):
        v2.get_email_identity(EmailIdentity="example.com")


def test_v1_stores_mail_from_and_notifications(v1, v2):
    v2.create_email_identity(EmailIdentity="example.com")
    v1.set_identity_mail_from_domain(
        Identity="example.com", MailFromDomain="m.example.com", BehaviorOnMXFailure="RejectMessage"
    )
    shown = v1.get_identity_mail_from_domain_attributes(Identities=["example.com"])
    assert shown["MailFromDomainAttributes"]["example.com"] == {
        "MailFromDomain": "m.example.com",
        "MailFromDomainStatus": "Success",
        "BehaviorOnMXFailure": "RejectMessage",
    }
    topic = "arn:aws:sns:us-east-1:123456789012:bounces"
    v1.set_identity_notification_topic(Identity="example.com", NotificationType="Bounce", SnsTopic=topic)
    v2.put_email_identity_feedback_attributes(EmailIdentity="example.com", EmailForwardingEnabled=False)
    kept = v1.get_identity_notification_attributes(Identities=["example.com"])["NotificationAttributes"]
    assert kept["example.com"]["BounceTopic"] == topic
    assert kept["example.com"]["ForwardingEnabled"] is False
    assert kept["example.com"]["HeadersInBounceNotificationsEnabled"] is False


def test_v1_attributes_accept_at_most_100_identities(v1):
    with refused("InvalidParameterValue"):
        v1.get_identity_dkim_attributes(Identities=[f"d{n}.example.com" for n in range(101)])


def test_v1_notifications_need_topics(v1):
    v1.verify_domain_identity(Domain="example.com")
    about = {"Identity": "example.com", "NotificationType": "Bounce"}
    with refused("InvalidParameterValue", "no topic"):
        v1.set_identity_headers_in_notifications_enabled(**about, Enabled=True)
    with refused("InvalidParameterValue", "only while"):
        v1.set_identity_feedback_forwarding_enabled(Identity="example.com", ForwardingEnabled=False)
    with refused("ValidationError", "otificationType"):
        v1.set_identity_notification_topic(Identity="example.com", NotificationType="BOUNCE")
