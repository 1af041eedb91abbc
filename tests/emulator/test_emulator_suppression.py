"""The suppression lists, their precedence, and sending statistics.

docs/ses-behavior.md#suppression-list, #suppression-layers, #pagination, #send-statistics
"""

from datetime import UTC, datetime, timedelta

from refusals import refused, simple, to


def send(ses, *recipients, **more):
    ses.send_email(FromEmailAddress="shop@example.com", Destination=to(*recipients), Content=simple(), **more)


def test_suppressed_address_is_added_shown_and_removed(v2):
    v2.put_suppressed_destination(EmailAddress="Ann@Example.org", Reason="BOUNCE")
    shown = v2.get_suppressed_destination(EmailAddress="Ann@Example.org")["SuppressedDestination"]
    assert (shown["EmailAddress"], shown["Reason"]) == ("Ann@Example.org", "BOUNCE")
    assert datetime.now(UTC) - shown["LastUpdateTime"] < timedelta(minutes=1)
    for call in (v2.get_suppressed_destination, v2.delete_suppressed_destination):
        with refused("NotFoundException", "ann@example.org", 404):
            call(EmailAddress="ann@example.org")
    v2.put_suppressed_destination(EmailAddress="Ann@Example.org", Reason="COMPLAINT")
    v2.delete_suppressed_destination(EmailAddress="Ann@Example.org")
    assert v2.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []


def test_suppression_list_is_filtered_and_paged(v2):
    for number in range(7):
        v2.put_suppressed_destination(
            EmailAddress=f"r{number}@example.org", Reason="BOUNCE" if number % 2 else "COMPLAINT"
        )
    seen, token = [], {}
    while True:
        page = v2.list_suppressed_destinations(PageSize=2, Reasons=["COMPLAINT"], **token)
        seen += [row["EmailAddress"] for row in page["SuppressedDestinationSummaries"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == [f"r{number}@example.org" for number in (0, 2, 4, 6)]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert not v2.list_suppressed_destinations(StartDate=later)["SuppressedDestinationSummaries"]
    assert len(v2.list_suppressed_destinations(EndDate=later)["SuppressedDestinationSummaries"]) == 7
    with refused("BadRequestException", "enum"):
        v2.list_suppressed_destinations(Reasons=["FOO"])


def test_suppressed_recipient_is_accepted_and_counted_but_not_delivered(shop, v1, inbox):
    shop.put_suppressed_destination(EmailAddress="Ann@example.org", Reason="BOUNCE")
    send(shop, "ann@example.org")
    mail = next(inbox.messages())
    assert (mail.status, mail.reason) == ("suppressed", "OnAccountSuppressionList")
    assert shop.get_account()["SendQuota"]["SentLast24Hours"] == 1
    assert v1.get_send_statistics()["SendDataPoints"] == []
    shop.delete_suppressed_destination(EmailAddress="Ann@example.org")
    send(shop, "ann@example.org")
    assert next(inbox.messages()).status == "delivered"


def test_set_suppression_overrides_account_even_if_empty(shop, inbox):
    shop.put_suppressed_destination(EmailAddress="ann@example.org", Reason="COMPLAINT")
    shop.create_configuration_set(ConfigurationSetName="inherits")
    shop.create_configuration_set(ConfigurationSetName="never", SuppressionOptions={"SuppressedReasons": []})
    shop.create_configuration_set(
        ConfigurationSetName="bounces", SuppressionOptions={"SuppressedReasons": ["BOUNCE"]}
    )

    def status(**more):
        send(shop, "ann@example.org", **more)
        return next(inbox.messages()).status

    assert status(ConfigurationSetName="inherits") == "suppressed"
    assert status(ConfigurationSetName="never") == "delivered"
    assert status(ConfigurationSetName="bounces") == "delivered"
    shop.put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
    assert status() == "delivered"
    shop.put_configuration_set_suppression_options(
        ConfigurationSetName="inherits", SuppressedReasons=["COMPLAINT"]
    )
    assert status(ConfigurationSetName="inherits") == "suppressed"
    shop.put_account_suppression_attributes(SuppressedReasons=[])
    assert shop.get_account()["SuppressionAttributes"]["SuppressedReasons"] == []


def test_suppression_of_missing_tenant_is_not_found(v2):
    with refused("NotFoundException", "acme", 404):
        v2.list_suppressed_destinations(TenantName="acme")


def test_statistics_have_15_minute_points(shop, v1):
    send(shop, "a@example.org", "b@example.org")
    send(shop, "c@example.org")
    (point,) = v1.get_send_statistics()["SendDataPoints"]
    assert (point["DeliveryAttempts"], point["Bounces"], point["Complaints"], point["Rejects"]) == (
        3,
        0,
        0,
        0,
    )
    assert point["Timestamp"].minute % 15 == 0
    assert point["Timestamp"].second == 0
