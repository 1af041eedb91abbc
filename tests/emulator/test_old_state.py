"""The emulator opens a state folder that an earlier version wrote (states/README.md), shows it and continues with it."""

import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from clients import make_client

from sescli.emulator import process
from sescli.emulator.client import Inbox
from sescli.emulator.server import DATABASE

OLD_DATABASE = Path(__file__).parent / "states" / "local-2026-11.sqlite3"
SUBJECTS = {
    "6": ("Waiting too", "delivered"),
    "5": ("Waiting", "delivered"),
    "4": ("Raw", "delivered"),
    "3": ("Suppressed", "suppressed"),
    "2": ("Welcome, Jane", "bounced"),
    "1": ("Hello", "delivered"),
}
OLD_MINUTE = 29933342  # of the data points in the old database
DIMENSIONS = [
    {"DimensionName": "team", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "none"}
]


@pytest.fixture(scope="module")
def old_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old-state")
    shutil.copy(OLD_DATABASE, folder / DATABASE)
    yield folder
    process.stop(folder)


@pytest.fixture(scope="module")
def old_server(old_folder):
    return process.start(folder=old_folder).endpoint_url


@pytest.fixture(scope="module")
def old_v2(old_server):
    return make_client("sesv2", old_server)


def stored(folder, query):
    connection = sqlite3.connect(folder / DATABASE)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_old_state_shows_identities_and_account(old_v2):
    names = [each["IdentityName"] for each in old_v2.list_email_identities()["EmailIdentities"]]
    assert names == ["example.com", "owner@example.org"]
    domain = old_v2.get_email_identity(EmailIdentity="example.com")
    assert domain["VerifiedForSendingStatus"]
    assert domain["MailFromAttributes"]["MailFromDomain"] == "bounce.example.com"
    assert domain["Tags"] == [{"Key": "team", "Value": "shop"}]
    quota = old_v2.get_account()["SendQuota"]
    assert (quota["Max24HourSend"], quota["MaxSendRate"]) == (5000, 50)


def test_old_state_shows_template_and_configuration_set(old_v2):
    content = old_v2.get_email_template(TemplateName="welcome")["TemplateContent"]
    assert content["Subject"] == "Welcome, {{name}}"
    destinations = old_v2.get_configuration_set_event_destinations(ConfigurationSetName="orders")
    topic, metrics = sorted(destinations["EventDestinations"], key=lambda each: each["Name"], reverse=True)
    assert topic["SnsDestination"]["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:events"
    assert topic["MatchingEventTypes"] == ["SEND", "BOUNCE", "DELIVERY"]
    assert metrics["CloudWatchDestination"]["DimensionConfigurations"] == DIMENSIONS


def test_old_state_shows_contacts_suppression_tenant_and_rules(old_v2, old_server):
    contact = old_v2.get_contact(ContactListName="news", EmailAddress="jane@example.net")
    assert contact["UnsubscribeAll"]
    suppressed = old_v2.get_suppressed_destination(EmailAddress="gone@example.net")
    assert suppressed["SuppressedDestination"]["Reason"] == "BOUNCE"
    assert old_v2.get_tenant(TenantName="customer-1")["Tenant"]["SendingStatus"] == "ENABLED"
    assert old_v2.list_dedicated_ip_pools()["DedicatedIpPools"] == ["transactional"]
    active = make_client("ses", old_server).describe_active_receipt_rule_set()
    assert active["Metadata"]["Name"] == "incoming"
    assert [rule["Name"] for rule in active["Rules"]] == ["stop-all"]


def test_old_state_shows_messages_and_clock(old_server):
    inbox = Inbox(old_server)
    old = {each.id: each for each in inbox.messages() if each.id in SUBJECTS}
    assert {number: (each.subject, each.status) for number, each in old.items()} == SUBJECTS
    assert [each.name for each in old["1"].attachments] == ["note.txt"]
    assert inbox.attachment("1", 1) == b"Thank you."
    assert inbox.raw("4").endswith(b"Raw text.\r\n")
    assert [each["eventType"] for each in inbox.events("2")] == ["Send", "Bounce"]
    assert inbox.settings()["clock"]["mode"] == "shifted"
    assert inbox.settings()["clock"]["offset_seconds"] == pytest.approx(3600, abs=2)


def test_old_state_delivers_waiting_events(old_server, old_folder):
    """The two messages whose events the earlier version still had to deliver become two more data points."""
    deadline = time.monotonic() + 20
    while stored(old_folder, "SELECT count(*) FROM deliveries") != [(0,)] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stored(old_folder, "SELECT count(*) FROM deliveries") == [(0,)]
    query = f"SELECT sum(value) FROM metrics WHERE metric = 'Send' AND minute != {OLD_MINUTE}"
    assert stored(old_folder, query) == [(2,)]


def test_old_state_accepts_new_messages(old_v2, old_server, old_folder):
    sent = old_v2.send_email(
        FromEmailAddress="shop@example.com",
        Destination={"ToAddresses": ["new@example.net"]},
        ConfigurationSetName="orders",
        Content={"Template": {"TemplateName": "welcome", "TemplateData": '{"name": "Ada"}'}},
    )
    newest = next(Inbox(old_server).messages())
    assert (newest.id, newest.message_id, newest.subject) == ("7", sent["MessageId"], "Welcome, Ada")
    old_v2.put_email_identity_mail_from_attributes(
        EmailIdentity="example.com", MailFromDomain="b2.example.com"
    )
    assert process.stop(old_folder)
    again = process.start(folder=old_folder).endpoint_url
    assert next(Inbox(again).messages()).subject == "Welcome, Ada"
    changed = make_client("sesv2", again).get_email_identity(EmailIdentity="example.com")
    assert changed["MailFromAttributes"]["MailFromDomain"] == "b2.example.com"
