"""Checks of the guide's map: sending, templates, configuration sets, the simulator."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from guide_checks import SET, of

if TYPE_CHECKING:
    from collections.abc import Callable

    from guide_checks import Seen


# --- sending ---


def sent(seen: Seen, subject: str, *to: str) -> Any:
    """The newest mail: to these, its id told, and counted by SES."""
    mail = next(seen.inbox.messages())
    assert mail.subject == subject
    assert mail.to == to
    assert mail.message_id in seen.said
    check_quota(seen)
    return mail


def check_quota(seen: Seen) -> None:
    """SES has counted every recipient; the simulator's are not in the quota."""
    everyone = [each.address for mail in seen.inbox.messages() for each in mail.recipients]
    counted = [address for address in everyone if not address.endswith("@simulator.amazonses.com")]
    assert seen.v1.get_send_quota()["SentLast24Hours"] == len(counted)


@of(309)
def the_text_was_sent(seen: Seen) -> None:
    mail = sent(seen, "Test Email", "john@example.com")
    assert mail.text.strip() == "This is a test email from AWS SES."
    assert mail.status == "delivered"


@of(332)
def html_and_text_were_sent(seen: Seen) -> None:
    mail = sent(seen, "Welcome to Our Service", "john@example.com")
    assert "<h1>" in mail.html
    assert mail.text.strip() == "Welcome! This is the plain text version."


@of(381)
def all_were_sent_to(seen: Seen) -> None:
    mail = sent(seen, "Team Update", "john@example.com", "jane@example.com")
    assert (mail.cc, mail.bcc) == (("manager@example.com",), ("audit@example.com",))


@of(408)
def the_attachment_was_sent(seen: Seen) -> None:
    mail = sent(seen, "Invoice Attached", "John <john@example.com>")
    assert [each.name for each in mail.attachments] == ["invoice.csv"]


@of(460)
def the_raw_mail_was_sent(seen: Seen) -> None:
    assert sent(seen, "Test Raw Email", "john@example.com").text.strip() == "This is a raw email message."


@of(479)
def the_set_was_used(seen: Seen) -> None:
    assert sent(seen, "Test Email", "john@example.com").config_set == SET


@of(503)
def each_got_his_own(seen: Seen) -> None:
    newest = {mail.to: mail.subject for mail in seen.inbox.messages(limit=2)}
    assert newest == {
        ("john@example.com",): "Your order 12345 is confirmed",
        ("jane@example.com",): "Your order 12346 is confirmed",
    }
    check_quota(seen)


@of(1611)
def the_quick_mail_was_sent(seen: Seen) -> None:
    assert sent(seen, "Hello", "john@example.com").text.strip() == "Hello John"


# --- templates ---


def template(seen: Seen, name: str) -> dict[str, str]:
    return seen.v2.get_email_template(TemplateName=name)["TemplateContent"]


def template_names(seen: Seen) -> list[str]:
    return [one["TemplateName"] for one in seen.v2.list_email_templates()["TemplatesMetadata"]]


@of(559)
def the_template_is_there(seen: Seen) -> None:
    content = template(seen, "OrderConfirmation")
    assert content["Subject"] == "Your order {{orderId}} is confirmed"
    assert content.keys() == {"Subject", "Text", "Html"}


@of(590, 1616)
def the_templates_are_listed(seen: Seen) -> None:
    assert template_names(seen)
    assert all(name in seen.said for name in template_names(seen))


@of(618)
def the_template_is_shown(seen: Seen) -> None:
    content = template(seen, "OrderConfirmation")
    assert content["Subject"] in seen.said
    assert content["Html"] in seen.said


@of(642)
def the_template_is_changed(seen: Seen) -> None:
    assert template(seen, "OrderConfirmation")["Subject"] == "Order #{{orderId}} Confirmed!"


@of(671)
def the_rendered_mail_was_sent(seen: Seen) -> None:
    mail = sent(seen, "Order #12345 Confirmed!", "john@example.com")
    assert "Dear John Doe" in mail.text


@of(694)
def it_is_rendered_as_ses_renders_it(seen: Seen) -> None:
    data = json.dumps({"name": "John Doe", "orderId": "12345", "total": "99.99"})
    answer = seen.v2.test_render_email_template(TemplateName="OrderConfirmation", TemplateData=data)
    for part in ("Order #12345 Confirmed!", "Dear John Doe"):
        assert part in answer["RenderedTemplate"]
        assert part in seen.said


@of(717, 1617)
def the_template_is_gone(seen: Seen) -> None:
    assert "OrderConfirmation" not in template_names(seen)


@of(1612)
def the_quick_template_was_sent(seen: Seen) -> None:
    assert "Jane" in sent(seen, "Your order 12346 is confirmed", "jane@example.com").text


@of(1615)
def the_other_template_is_there(seen: Seen) -> None:
    assert template(seen, "PasswordReset")["Subject"] == "Your new password for {{shop}}"


# --- configuration sets ---


def options(seen: Seen) -> dict[str, Any]:
    return seen.v2.get_configuration_set(ConfigurationSetName=SET)


def destination(seen: Seen, kind: str) -> dict[str, Any]:
    found = seen.v2.get_configuration_set_event_destinations(ConfigurationSetName=SET)["EventDestinations"]
    (only,) = [one for one in found if kind in one]
    assert only["Enabled"]
    return only


@of(736, 1620)
def the_set_is_there(seen: Seen) -> None:
    assert options(seen)["ConfigurationSetName"] == SET


@of(753, 1621)
def the_sets_are_listed(seen: Seen) -> None:
    names = seen.v2.list_configuration_sets()["ConfigurationSets"]
    assert names
    assert all(name in seen.said for name in names)


@of(779)
def the_set_is_shown(seen: Seen) -> None:
    assert options(seen)["SendingOptions"]["SendingEnabled"]
    assert re.search(r"^sending +on$", seen.said, re.MULTILINE)
    assert (
        seen.v2.get_configuration_set_event_destinations(ConfigurationSetName=SET)["EventDestinations"] == []
    )
    assert f"{SET} has no event destinations" in seen.ran.stderr


@of(805)
def events_go_to_cloudwatch(seen: Seen) -> None:
    found = destination(seen, "CloudWatchDestination")
    assert {"SEND", "BOUNCE", "COMPLAINT"} <= set(found["MatchingEventTypes"])


@of(852)
def events_go_to_sns(seen: Seen) -> None:
    assert destination(seen, "SnsDestination")["SnsDestination"]["TopicArn"].startswith("arn:aws:sns:")


@of(883)
def events_go_to_firehose(seen: Seen) -> None:
    found = destination(seen, "KinesisFirehoseDestination")["KinesisFirehoseDestination"]
    assert found["DeliveryStreamArn"].startswith("arn:aws:firehose:")
    assert found["IamRoleArn"].startswith("arn:aws:iam:")


@of(915)
def reputation_is_measured(seen: Seen) -> None:
    assert options(seen)["ReputationOptions"]["ReputationMetricsEnabled"] is True


@of(934)
def links_have_the_domain(seen: Seen) -> None:
    assert options(seen)["TrackingOptions"]["CustomRedirectDomain"] == "track.example.com"


@of(955)
def the_set_is_gone(seen: Seen) -> None:
    assert SET not in seen.v2.list_configuration_sets()["ConfigurationSets"]


# --- the simulator ---


def simulated(scenario: str, status: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        mail = next(seen.inbox.messages())
        assert mail.to == (f"{scenario}@simulator.amazonses.com",)
        assert mail.status == status
        assert mail.message_id in seen.said
        assert seen.v1.get_send_quota()["SentLast24Hours"] == 0

    return check


of(1477)(simulated("success", "delivered"))
of(1480)(simulated("bounce", "bounced"))
of(1483)(simulated("complaint", "complained"))
of(1486)(simulated("ooto", "ooto"))


@of(1506)
def the_content_was_sent(seen: Seen) -> None:
    mail = sent(seen, "Content Test", "your-verified-email@example.com")
    assert "<h1>" in mail.html
    assert mail.text
