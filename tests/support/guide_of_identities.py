"""Checks of the guide's map: verification, receiving, suppression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from guide_checks import of

if TYPE_CHECKING:
    from guide_checks import Seen


# --- verification ---


def identity(seen: Seen, name: str) -> dict[str, Any]:
    return seen.v2.get_email_identity(EmailIdentity=name)


def tokens(seen: Seen, name: str = "example.com") -> list[str]:
    found = identity(seen, name)["DkimAttributes"]["Tokens"]
    assert len(found) == 3
    return found


@of(74)
def john_is_an_identity(seen: Seen) -> None:
    assert identity(seen, "john@example.com")["VerificationStatus"] == "SUCCESS"


@of(96)
def noreply_is_an_identity(seen: Seen) -> None:
    assert identity(seen, "noreply@example.com")["IdentityType"] == "EMAIL_ADDRESS"


@of(1606)
def jane_is_an_identity(seen: Seen) -> None:
    assert identity(seen, "jane@example.com")["IdentityType"] == "EMAIL_ADDRESS"


@of(104)
def the_addresses_are_listed(seen: Seen) -> None:
    found = seen.v2.list_email_identities()["EmailIdentities"]
    names = [one["IdentityName"] for one in found if one["IdentityType"] == "EMAIL_ADDRESS"]
    assert names
    assert all(name in seen.said for name in names)


@of(126)
def the_status_is_told(seen: Seen) -> None:
    status = identity(seen, "john@example.com")["VerificationStatus"]
    assert re.search(rf"^verification status +{status}$", seen.said, re.MULTILINE)


@of(156, 1115)
def the_domain_has_its_tokens(seen: Seen) -> None:
    assert all(token in seen.said for token in tokens(seen))
    assert identity(seen, "example.com")["IdentityType"] == "DOMAIN"


@of(174, 181, 211)
def the_tokens_are_told(seen: Seen) -> None:
    assert all(token in seen.said for token in tokens(seen))


@of(189)
def the_domain_signs(seen: Seen) -> None:
    assert identity(seen, "example.com")["DkimAttributes"]["SigningEnabled"]
    assert re.search(
        r"^(Turned on DKIM signing|DKIM signing is already on) for example\.com", seen.said, re.MULTILINE
    )


@of(226)
def dkim_is_told_whole(seen: Seen) -> None:
    found = identity(seen, "example.com")["DkimAttributes"]
    for known in (found["Status"], found["CurrentSigningKeyLength"], found["SigningHostedZone"]):
        assert known in seen.said


@of(255)
def the_mail_from_is_set(seen: Seen) -> None:
    found = identity(seen, "example.com")["MailFromAttributes"]
    assert (found["MailFromDomain"], found["BehaviorOnMxFailure"]) == (
        "mail.example.com",
        "USE_DEFAULT_VALUE",
    )


@of(272)
def the_records_of_the_mail_from_are_told(seen: Seen) -> None:
    assert identity(seen, "example.com")["MailFromAttributes"]["MailFromDomain"] in seen.said
    assert "feedback-smtp.us-east-1.amazonses.com" in seen.said
    assert "v=spf1 include:amazonses.com" in seen.said


@of(290)
def john_is_gone(seen: Seen) -> None:
    names = [one["IdentityName"] for one in seen.v2.list_email_identities()["EmailIdentities"]]
    assert "john@example.com" not in names


@of(1607)
def the_domain_has_the_old_token_too(seen: Seen) -> None:
    tokens(seen, "example.org")
    found = seen.v1.get_identity_verification_attributes(Identities=["example.org"])
    assert found["VerificationAttributes"]["example.org"]["VerificationToken"] in seen.said


@of(1608)
def the_other_domain_signs(seen: Seen) -> None:
    assert identity(seen, "example.org")["DkimAttributes"]["SigningEnabled"]
    assert all(token in seen.said for token in tokens(seen, "example.org"))


# --- receiving ---


def rule(seen: Seen, name: str) -> dict[str, Any]:
    return seen.v1.describe_receipt_rule(RuleSetName="my-rule-set", RuleName=name)["Rule"]


@of(974)
def the_rule_set_is_there(seen: Seen) -> None:
    assert "my-rule-set" in [one["Name"] for one in seen.v1.list_receipt_rule_sets()["RuleSets"]]


@of(991)
def the_rule_set_is_active(seen: Seen) -> None:
    assert seen.v1.describe_active_receipt_rule_set()["Metadata"]["Name"] == "my-rule-set"


@of(1010)
def mail_goes_to_s3(seen: Seen) -> None:
    found = rule(seen, "SaveToS3")
    assert found["Enabled"]
    assert found["Actions"][0]["S3Action"]["BucketName"] == "my-email-bucket"


@of(1046)
def mail_goes_to_lambda(seen: Seen) -> None:
    assert "LambdaAction" in rule(seen, "ProcessWithLambda")["Actions"][0]
    names = [one["Name"] for one in seen.v1.describe_active_receipt_rule_set()["Rules"]]
    assert names == ["SaveToS3", "ProcessWithLambda"]


@of(1082)
def the_rule_is_shown(seen: Seen) -> None:
    found = rule(seen, "SaveToS3")
    assert found["Recipients"][0] in seen.said
    assert found["Actions"][0]["S3Action"]["BucketName"] in seen.said


@of(1118)
def the_mx_is_told(seen: Seen) -> None:
    assert identity(seen, "example.com")["VerifiedForSendingStatus"]
    assert re.search(r"MX +example\.com +inbound-smtp\.us-east-1\.amazonaws\.com +10\b", seen.said)


# --- suppression ---


def suppressed(seen: Seen) -> dict[str, str]:
    found = seen.v2.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    return {one["EmailAddress"]: one["Reason"] for one in found}


@of(1137)
def the_reasons_are_told(seen: Seen) -> None:
    reasons = seen.v2.get_account()["SuppressionAttributes"]["SuppressedReasons"]
    assert reasons
    assert all(reason in seen.said for reason in reasons)


@of(1161)
def the_address_is_suppressed(seen: Seen) -> None:
    assert suppressed(seen)["baduser@example.com"] == "COMPLAINT"


@of(1184)
def the_suppressed_are_listed(seen: Seen) -> None:
    assert suppressed(seen)
    assert all(address in seen.said and reason in seen.said for address, reason in suppressed(seen).items())


@of(1209)
def the_address_is_off_the_list(seen: Seen) -> None:
    assert "baduser@example.com" not in suppressed(seen)


@of(1628)
def those_that_bounced_are_listed(seen: Seen) -> None:
    found = suppressed(seen)
    assert (
        [address for address in found if address in seen.said]
        == [address for address, reason in found.items() if reason == "BOUNCE"]
        != []
    )


@of(1629)
def the_other_address_is_suppressed(seen: Seen) -> None:
    assert suppressed(seen)["bounced@example.org"] == "BOUNCE"
