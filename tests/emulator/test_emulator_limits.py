"""Sandbox, quota, rate and the settings.

docs/ses-behavior.md#sandbox, #throttling, #suppressed-sends, #error-codes-v2
"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused, simple, to

from sescli.emulator.ses.sending.rate_limiter import SendRateLimiter
from sescli.errors import UsageError


def send(ses, *recipients):
    return ses.send_email(FromEmailAddress="shop@example.com", Destination=to(*recipients), Content=simple())


def entries(*addresses):
    return [{"Destination": to(address)} for address in addresses]


def bulk(ses, *addresses):
    return ses.send_bulk_email(
        FromEmailAddress="shop@example.com",
        DefaultContent={"Template": {"TemplateContent": {"Subject": "s", "Text": "t"}, "TemplateData": "{}"}},
        BulkEmailEntries=entries(*addresses),
    )["BulkEmailEntryResults"]


def test_account_starts_in_production(v2, v1):
    account = v2.get_account()
    assert account["ProductionAccessEnabled"] is True
    assert account["SendingEnabled"] is True
    assert account["EnforcementStatus"] == "HEALTHY"
    assert account["SendQuota"] == {
        "Max24HourSend": 1_000_000,
        "MaxSendRate": 500,
        "SentLast24Hours": 0,
    }
    assert account["SuppressionAttributes"]["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]
    assert v1.get_send_quota()["MaxSendRate"] == 500
    assert v1.get_account_sending_enabled()["Enabled"] is True


def test_account_details_take_effect_immediately(shop):
    shop.put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=False
    )
    account = shop.get_account()
    assert account["ProductionAccessEnabled"] is False
    assert account["SendQuota"]["Max24HourSend"] == 200
    assert account["SendQuota"]["MaxSendRate"] == 1
    assert account["Details"]["ReviewDetails"]["Status"] == "GRANTED"
    with refused("MessageRejected", "stranger@example.org"):
        send(shop, "stranger@example.org")
    shop.put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=True
    )
    assert shop.get_account()["SendQuota"]["Max24HourSend"] == 1_000_000
    with refused("BadRequestException"):
        shop.put_account_details(MailType="PROMOTIONAL", WebsiteURL="https://example.com")


def test_sandbox_accepts_verified_recipients_and_simulator(shop, inbox):
    shop.create_email_identity(EmailIdentity="friend@example.org")
    inbox.control(sandbox=True, rate=100)
    send(shop, "friend@example.org", "someone@example.com", "bounce+1@simulator.amazonses.com")
    results = bulk(shop, "friend@example.org", "stranger@example.org")
    assert [each["Status"] for each in results] == ["SUCCESS", "MESSAGE_REJECTED"]
    assert "stranger@example.org" in results[1]["Error"]
    with refused("BadRequestException"):
        shop.put_suppressed_destination(EmailAddress="a@example.org", Reason="BOUNCE")


def test_daily_quota_counts_recipients_without_simulator(shop, v1, inbox):
    inbox.control(quota=5)
    send(shop, "a@example.org", "b@example.org", "success@simulator.amazonses.com")
    assert shop.get_account()["SendQuota"]["SentLast24Hours"] == 2
    with refused("TooManyRequestsException", "Daily message quota exceeded", 429):
        send(shop, *(f"r{n}@example.org" for n in range(4)))
    results = bulk(shop, *(f"r{n}@example.org" for n in range(5)))
    assert [each["Status"] for each in results] == ["SUCCESS"] * 3 + ["ACCOUNT_DAILY_QUOTA_EXCEEDED"] * 2
    with refused("TooManyRequestsException", "Daily message quota exceeded", 429):
        bulk(shop, "x@example.org")
    with refused("Throttling", "Daily message quota exceeded"):
        v1.send_email(
            Source="shop@example.com",
            Destination=to("a@example.org"),
            Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
        )
    inbox.control(quota=1)
    send(shop, "success@simulator.amazonses.com")


def test_sending_rate_throttles_fast_calls(shop, v1, inbox):
    inbox.control(rate=1)
    send(shop, "a@example.org")
    with refused("TooManyRequestsException", "Maximum sending rate exceeded", 429):
        send(shop, "a@example.org")
    with refused("Throttling", "Maximum sending rate exceeded"):
        v1.send_raw_email(RawMessage={"Data": b"From: a@example.com\nTo: b@example.org\n\nx"})
    time.sleep(1.0)
    send(shop, "a@example.org")


def test_sending_rate_throttles_single_bulk_entries(shop, inbox):
    inbox.control(rate=2)
    results = bulk(shop, *(f"r{n}@example.org" for n in range(4)))
    assert [each["Status"] for each in results] == ["SUCCESS"] * 2 + ["ACCOUNT_THROTTLED"] * 2
    with refused("TooManyRequestsException", "Maximum sending rate exceeded", 429):
        bulk(shop, "a@example.org", "b@example.org")
    assert len(list(inbox.messages())) == 2


def test_message_with_many_recipients_borrows_from_next_seconds(shop, inbox):
    inbox.control(rate=10)
    send(shop, *(f"r{n}@example.org" for n in range(20)))
    with refused("TooManyRequestsException", status=429):
        send(shop, "a@example.org")


@given(
    rate=st.floats(1, 500),
    gaps=st.lists(st.floats(0, 0.5), min_size=1, max_size=200),
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=200),
)
def test_rate_limiter_never_exceeds_rate_by_more_than_one_second_and_one_message(rate, gaps, sizes):
    now = 0.0
    limiter = SendRateLimiter(lambda: now)
    passed = 0
    for gap, size in zip(gaps, sizes, strict=False):
        now += gap
        passed += size if limiter.try_consume(size, rate) else 0
    assert passed <= rate * now + max(rate, 1) + max(sizes)


@given(rate=st.floats(1, 500), jitter=st.lists(st.floats(-0.04, 0.04), min_size=5, max_size=100))
def test_rate_limiter_accepts_sender_at_exact_rate(rate, jitter):
    now = 0.0
    limiter = SendRateLimiter(lambda: now)
    for number, wobble in enumerate(jitter):
        now = max(now, (number + wobble) / rate)
        assert limiter.try_consume(1, rate)


# Settings


def test_requested_failures_apply_once_each(shop, v1, inbox):
    inbox.control(fail="TooManyRequestsException:2")
    for _ in range(2):
        with refused("TooManyRequestsException", status=429):
            send(shop, "a@example.org")
    send(shop, "a@example.org")
    inbox.control(fail="InternalServiceErrorException")
    with refused("InternalServiceErrorException", status=500):
        bulk(shop, "a@example.org")
    inbox.control(fail="AccountSuspendedException")
    with refused("AccountSuspendedException"):
        send(shop, "a@example.org")
    inbox.control(fail="MessageRejected")
    with refused("MessageRejected"):
        v1.send_raw_email(RawMessage={"Data": b"From: a@example.com\nTo: b@example.org\n\nx"})
    assert len(list(inbox.messages())) == 1


def test_requested_entry_failures_apply_to_entries_only(shop, inbox):
    inbox.control(fail="TRANSIENT_FAILURE:2")
    results = bulk(shop, "a@example.org", "b@example.org", "c@example.org")
    assert [each["Status"] for each in results] == ["TRANSIENT_FAILURE"] * 2 + ["SUCCESS"]


@pytest.mark.parametrize(
    "switch", [{"fail": "X:y"}, {"quota": 0}, {"rate": -3}, {"verify": "unknown.org"}, {"fail": ""}]
)
def test_settings_reject_invalid_values(inbox, switch):
    with pytest.raises(UsageError):
        inbox.control(**switch)


def test_settings_apply_to_one_region(client, inbox):
    inbox.control(region="eu-west-1", sandbox=True)
    assert client("sesv2", "eu-west-1").get_account()["ProductionAccessEnabled"] is False
    assert client("sesv2").get_account()["ProductionAccessEnabled"] is True


def test_reset_deletes_everything(shop, inbox, client):
    inbox.control(sandbox=True, fail="MessageRejected:5")
    client("s3").create_bucket(Bucket="bucket-of-this-test")
    inbox.reset()
    assert client("s3").list_buckets()["Buckets"] == []
    account = shop.get_account()
    assert account["ProductionAccessEnabled"] is True
    assert shop.list_email_identities()["EmailIdentities"] == []
    shop.create_email_identity(EmailIdentity="example.com")
    send(shop, "a@example.org")
    assert len(list(inbox.messages())) == 1
