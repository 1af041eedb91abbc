"""`local deliver`: a message is received and the active receipt rule set runs.

docs/ses-behavior.md#receipt-actions, #receiving-refusals
"""

from __future__ import annotations

import base64
import io
import json
import urllib.error
import urllib.request
import zipfile

import pytest
from clients import make_client
from emulator_access import AUTHORIZED
from refusals import refused

from sescli.emulator import process
from sescli.emulator.client import Inbox
from sescli.emulator.delivery import DeliverRequest
from sescli.errors import UsageError

MAIL = b"From: Jane <jane@example.org>\nTo: Support <support@example.com>\nCc: b@example.net\nSubject: Order 1001\n\nWhere is it?\n"
BUCKET = "mail-that-came"


@pytest.fixture(scope="session")
def lambda_server(tmp_path_factory):
    """An emulator that runs functions, and whose moto can be told their responses."""
    folder = tmp_path_factory.mktemp("lambda")
    yield process.start(ephemeral=True, compat=True, allow_lambda=True, folder=folder).endpoint_url
    process.stop(folder)


@pytest.fixture
def endpoint(lambda_server):
    return lambda_server


@pytest.fixture
def rules(v1, v2):
    """Add a rule to the end of the active set. The domain example.com is verified."""
    v2.create_email_identity(EmailIdentity="example.com")
    v1.create_receipt_rule_set(RuleSetName="main")
    v1.set_active_receipt_rule_set(RuleSetName="main")
    last = []

    def add(name, *actions, recipients=(), **more):
        rule = {"Name": name, "Enabled": True, "Recipients": list(recipients), "Actions": list(actions)}
        place = {"After": last[-1]} if last else {}
        v1.create_receipt_rule(RuleSetName="main", Rule={**rule, **more}, **place)
        last.append(name)

    return add


@pytest.fixture
def topic(client):
    """A topic and a function that reads its messages."""
    sns, sqs = client("sns"), client("sqs")
    arn = sns.create_topic(Name="received")["TopicArn"]
    queue = sqs.create_queue(QueueName="received")["QueueUrl"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:received")

    def messages():
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(each["Body"]) for each in found]

    return arn, messages


@pytest.fixture
def bucket(client):
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)

    def objects():
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        keys = [key for key in keys if not key.endswith("AMAZON_SES_SETUP_NOTIFICATION")]
        return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    return objects


STOP = {"StopAction": {"Scope": "RuleSet"}}


def s3(**more):
    return {"S3Action": {"BucketName": BUCKET, **more}}


def mail(*to, content=MAIL, **more):
    return DeliverRequest(content, to or ("support@example.com",), **more)


def outcomes(delivery):
    return [(step.rule, step.action, step.outcome) for step in delivery.steps]


def test_receipt_rule_writes_setup_object_to_bucket(rules, client, v1):
    """Developer guide, "Deliver to S3 bucket action": SES writes it when the rule is created."""
    client("s3").create_bucket(Bucket=BUCKET)
    rules("save", s3(ObjectKeyPrefix="in/"))
    rule = v1.describe_receipt_rule(RuleSetName="main", RuleName="save")["Rule"]
    rule["Actions"] = [s3(ObjectKeyPrefix="other/")]
    v1.update_receipt_rule(RuleSetName="main", Rule=rule)
    keys = [each["Key"] for each in client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys == ["in/AMAZON_SES_SETUP_NOTIFICATION", "other/AMAZON_SES_SETUP_NOTIFICATION"]


# Refused messages


def refusal(inbox, incoming, region="us-east-1"):
    delivery = inbox.deliver(incoming, region)
    assert (delivery.message_id, delivery.steps, delivery.recipients) == (None, (), ())
    return delivery.refused[0].code, delivery.refused[0].fix


def test_deliver_without_active_rule_set_is_refused(inbox, v1):
    assert refusal(inbox, mail()) == ("NoActiveRuleSet", "receipt rule-set create NAME")
    v1.create_receipt_rule_set(RuleSetName="main")
    assert refusal(inbox, mail()) == ("NoActiveRuleSet", "receipt rule-set activate main")


def test_deliver_to_unverified_domain_is_refused(inbox, rules):
    rules("all", STOP)
    assert refusal(inbox, mail("a@example.org")) == ("DomainNotVerified", "identity verify example.org")


def test_deliver_needs_verified_domain_not_address(inbox, v2, rules):
    rules("all", STOP)
    v2.create_email_identity(EmailIdentity="a@example.org")
    assert refusal(inbox, mail("a@example.org"))[0] == "DomainNotVerified"


def test_deliver_to_subdomain_of_verified_domain_is_accepted(inbox, rules):
    """Subdomains and addresses inherit the verification of the parent.

    docs/ses-behavior.md#identity-inheritance
    """
    rules("all", STOP)
    assert inbox.deliver(mail("a@deep.shop.example.com")).message_id


@pytest.mark.parametrize("more", [{}, {"Enabled": False}])
def test_deliver_without_matching_enabled_rule_is_refused(inbox, rules, more):
    recipients = ["example.com"] if more else ["other@example.com", ".example.com"]
    rules("one", STOP, recipients=recipients, **more)
    assert refusal(inbox, mail()) == ("NoRuleMatches", "receipt test support@example.com")


@pytest.mark.parametrize("region", ["eu-central-2", "ca-west-1"])
def test_deliver_in_region_without_receiving_is_refused(inbox, region):
    """The 22 regions (docs/ses-behavior.md#receiving-regions)."""
    assert refusal(inbox, mail(), region)[0] == "RegionCannotReceive"


def test_deliver_uses_rules_of_its_region(inbox, rules):
    rules("all", STOP)
    assert refusal(inbox, mail(), "eu-west-1")[0] == "NoActiveRuleSet"


@pytest.mark.parametrize(
    ("filters", "source_ip", "taken"),
    [
        ([("Block", "203.0.113.0/24")], "203.0.113.9", False),
        ([("Block", "203.0.113.0/24")], "203.0.114.9", True),
        ([("Block", "203.0.113.9")], "203.0.113.9", False),
        ([("Block", "203.0.113.0/24"), ("Allow", "203.0.113.9/32")], "203.0.113.9", True),
        ([("Block", "203.0.113.0/24"), ("Allow", "203.0.113.9/32")], "203.0.113.8", False),
        ([("Block", "203.0.113.0/24")], "2001:db8::1", True),
    ],
)
def test_ip_filters_block_and_allow_source(inbox, v1, rules, filters, source_ip, taken):
    rules("all", STOP)
    for number, (policy, cidr) in enumerate(filters):
        v1.create_receipt_filter(Filter={"Name": f"f{number}", "IpFilter": {"Policy": policy, "Cidr": cidr}})
    if taken:
        assert inbox.deliver(mail(source_ip=source_ip)).message_id
    else:
        assert refusal(inbox, mail(source_ip=source_ip)) == ("Blocked", "receipt filter delete f0")


def test_deliver_above_40_mb_is_refused(inbox, rules):
    """40 MB via S3 (docs/ses-behavior.md#receiving-limits)."""
    rules("all", STOP)
    head = b"From: jane@example.org\r\n\r\n"
    size = 40 * 1024 * 1024
    assert inbox.deliver(mail(content=head + b"x" * (size - len(head)))).message_id
    assert refusal(inbox, mail(content=head + b"x" * (size - len(head) + 1)))[0] == "TooLarge"


def test_deliver_above_150_kb_to_topic_is_refused(inbox, rules, topic):
    """150 KB with the SNS action; rules that do not match the message do not matter.

    docs/ses-behavior.md#receiving-limits
    """
    arn, messages = topic
    rules(
        "to-topic", {"SNSAction": {"TopicArn": arn, "Encoding": "Base64"}}, recipients=["support@example.com"]
    )
    rules("all", {"AddHeaderAction": {"HeaderName": "X-A", "HeaderValue": "1"}})
    head = b"From: jane@example.org\r\n\r\n"
    size = 150 * 1024
    assert inbox.deliver(mail(content=head + b"x" * (size - len(head)))).steps[0].outcome == "done"
    assert len(messages()) == 1
    large = head + b"x" * (size - len(head) + 1)
    assert refusal(inbox, mail(content=large))[0] == "TooLargeForSns"
    assert inbox.deliver(mail("other@example.com", content=large)).message_id


def test_deliver_refuses_single_recipients(inbox, rules):
    rules("one", STOP, recipients=["support@example.com"])
    delivery = inbox.deliver(mail("support@example.com", "gone@example.com", "a@example.org"))
    assert delivery.recipients == ("support@example.com",)
    assert [(each.code, each.address) for each in delivery.refused] == [
        ("NoRuleMatches", "gone@example.com"),
        ("DomainNotVerified", "a@example.org"),
    ]


# Rules and actions


def header(name, value="1"):
    return {"AddHeaderAction": {"HeaderName": name, "HeaderValue": value}}


def test_rules_and_actions_run_in_order_until_stop(inbox, rules):
    rules("disabled", header("X-0"), Enabled=False)
    rules("first", header("X-A"), header("X-B"), recipients=["example.com"])
    rules("other", header("X-C"), recipients=["other@example.com"])
    rules("second", header("X-D"), STOP, header("X-E"), recipients=["support@example.com"])
    rules("third", header("X-F"))
    delivery = inbox.deliver(mail())
    assert delivery.rule_set == "main"
    assert outcomes(delivery) == [
        ("first", "AddHeader", "done"),
        ("first", "AddHeader", "done"),
        ("second", "AddHeader", "done"),
        ("second", "Stop", "done"),
    ]


def test_rule_for_address_matches_label(inbox, rules):
    rules("one", STOP, recipients=["support@example.com"])
    assert inbox.deliver(mail("support+shop@example.com")).message_id


def test_rule_without_actions_accepts_message(inbox, rules):
    rules("silent")
    delivery = inbox.deliver(mail())
    assert delivery.message_id
    assert delivery.steps == ()


# S3


def test_s3_action_stores_message_with_ses_headers(inbox, rules, bucket):
    rules("keep", header("X-Team", "support"), s3(ObjectKeyPrefix="in/"), ScanEnabled=True)
    delivery = inbox.deliver(mail(source_ip="203.0.113.9"))
    [(key, content)] = bucket().items()
    assert key == f"in/{delivery.message_id}"
    assert delivery.steps[1].detail == f"stored s3://{BUCKET}/{key}"
    top, _, rest = content.partition(b"From: Jane")
    assert b"From: Jane" + rest == MAIL.replace(b"\n", b"\r\n")
    names = [line.partition(b":")[0].decode() for line in top.splitlines()]
    assert names == [
        "X-Team", "Return-Path", "Received", "X-SES-Spam-Verdict", "X-SES-Virus-Verdict", "Received-SPF",
        "Authentication-Results", "X-SES-RECEIPT",
    ]  # fmt: skip
    assert b"Return-Path: <jane@example.org>" in top
    assert b"203.0.113.9" in top
    assert b"for support@example.com" in top


def test_receipt_inbox_reads_stored_message(inbox, rules, bucket, sescli, endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    rules("keep", s3(), ScanEnabled=True)
    inbox.deliver(mail())
    place = ["--endpoint-url", endpoint, "--region", "us-east-1"]
    [seen] = sescli("receipt", "inbox", BUCKET, *place, "-o", "json").json
    assert (seen["from"], seen["spam"]) == (
        "Jane <jane@example.org>",
        "PASS",
    )


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (MAIL + b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*", ("PASS", "FAIL")),
        (MAIL + b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X", ("FAIL", "PASS")),
        (MAIL, ("PASS", "PASS")),
    ],
    ids=["virus", "spam", "clean"],
)
def test_rule_with_scan_sets_verdicts(inbox, rules, bucket, content, verdict):
    rules("keep", s3(), ScanEnabled=True)
    inbox.deliver(mail(content=content))
    [kept] = bucket().values()
    spam, virus = (value.encode() for value in verdict)
    assert b"X-SES-Spam-Verdict: " + spam in kept
    assert b"X-SES-Virus-Verdict: " + virus in kept


def test_rule_without_scan_sets_no_verdicts(inbox, rules, bucket):
    rules("keep", s3())
    inbox.deliver(mail())
    assert b"X-SES-Spam-Verdict" not in next(iter(bucket().values()))


def test_s3_action_with_missing_bucket_fails_and_next_action_runs(inbox, rules):
    """PublishFailure (docs/ses-behavior.md#receiving-metrics)."""
    rules("keep", {"S3Action": {"BucketName": "no-such-bucket"}}, STOP)
    delivery = inbox.deliver(mail())
    assert outcomes(delivery) == [("keep", "S3", "failed"), ("keep", "Stop", "done")]
    assert delivery.failed
    assert delivery.steps[0].detail.startswith("PublishFailure: NoSuchBucket")


# SNS


@pytest.mark.parametrize("encoding", ["UTF-8", "Base64"])
def test_sns_action_publishes_notification_with_content(inbox, rules, topic, encoding):
    """notificationType Received, mail, receipt{…, action}, content.

    docs/ses-behavior.md#received-notification
    """
    arn, messages = topic
    rules("tell", {"SNSAction": {"TopicArn": arn, "Encoding": encoding}}, recipients=["support@example.com"])
    rules("rest", STOP)
    content = MAIL + "Grüße".encode()
    delivery = inbox.deliver(mail("support@example.com", "a@example.com", content=content))
    [envelope] = messages()
    assert envelope["Subject"] == "Amazon SES Email Receipt Notification"
    told = json.loads(envelope["Message"])
    assert told["notificationType"] == "Received"
    assert told["mail"] | {"headers": [], "timestamp": ""} == {
        "timestamp": "",
        "source": "jane@example.org",
        "messageId": delivery.message_id,
        "destination": ["support@example.com", "a@example.com", "b@example.net"],
        "headersTruncated": False,
        "headers": [],
        "commonHeaders": {
            "returnPath": "jane@example.org",
            "from": ["Jane <jane@example.org>"],
            "to": ["Support <support@example.com>"],
            "cc": ["b@example.net"],
            "subject": "Order 1001",
        },
    }
    assert {"name": "Subject", "value": "Order 1001"} in told["mail"]["headers"]
    receipt = told["receipt"]
    assert receipt["recipients"] == ["support@example.com"]
    assert receipt["action"] == {"type": "SNS", "topicArn": arn, "encoding": encoding}
    for name in ("spf", "dkim", "spam", "virus", "dmarc"):
        assert receipt[f"{name}Verdict"]["status"] in {"PASS", "FAIL", "GRAY", "PROCESSING_FAILED"}
    assert {"timestamp", "processingTimeMillis"} <= receipt.keys()
    body = told["content"] if encoding == "UTF-8" else base64.b64decode(told["content"]).decode()
    assert body.endswith(content.replace(b"\n", b"\r\n").decode())


def test_sns_notification_truncates_headers_above_10_kb(inbox, rules, topic):
    """SNS notification headers 10 KB (docs/ses-behavior.md#receiving-limits)."""
    arn, messages = topic
    rules("tell", {"SNSAction": {"TopicArn": arn}})
    inbox.deliver(mail(content=b"X-Long: " + b"x" * 11_000 + b"\n" + MAIL))
    told = json.loads(messages()[0]["Message"])["mail"]
    assert told["headersTruncated"] is True
    assert "X-Long" not in [header["name"] for header in told["headers"]]
    assert "Return-Path" in [header["name"] for header in told["headers"]]


def test_topic_of_other_action_gets_notification_without_content(inbox, rules, topic, bucket):
    arn, messages = topic
    rules("keep", s3(ObjectKeyPrefix="in/", TopicArn=arn))
    delivery = inbox.deliver(mail())
    told = json.loads(messages()[0]["Message"])
    assert "content" not in told
    assert told["receipt"]["action"] == {
        "type": "S3",
        "topicArn": arn,
        "bucketName": BUCKET,
        "objectKeyPrefix": "in/",
        "objectKey": f"in/{delivery.message_id}",
    }
    assert len(bucket()) == 1


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        ("arn:aws:sns:us-east-1:123456789012:no-such-topic", "NotFound"),
        ("arn:aws:sns:eu-west-1:123456789012:received", "needs it in us-east-1"),
    ],
)
def test_sns_action_with_unusable_topic_fails(inbox, rules, bucket, arn, reason):
    """SNS in the same region (docs/ses-behavior.md#receipt-actions)."""
    rules("tell", {"SNSAction": {"TopicArn": arn}}, s3(TopicArn=arn))
    delivery = inbox.deliver(mail())
    assert [step.outcome for step in delivery.steps] == ["failed", "failed"]
    assert all("PublishFailure" in step.detail and reason in step.detail for step in delivery.steps)
    assert len(bucket()) == 1
    assert "stored s3://" in delivery.steps[1].detail


# Lambda


def answers(endpoint, *payloads):
    """Set moto's responses for functions, instead of Docker. Without responses, moto needs Docker again."""
    for path, body in (
        ("config", {"lambda": {"use_docker": not payloads}}),
        *((("static/lambda-simple/response", {"results": list(payloads)}),) if payloads else ()),
    ):
        request = urllib.request.Request(
            f"{endpoint}/moto-api/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10):
            pass


@pytest.fixture
def answering(endpoint, inbox):
    yield lambda *payloads: answers(endpoint, *payloads)
    answers(endpoint)


@pytest.mark.parametrize(
    ("payload", "following"),
    [
        ({"disposition": "CONTINUE"}, ["one AddHeader", "two AddHeader"]),
        ({"disposition": "STOP_RULE"}, ["two AddHeader"]),
        ({"disposition": "stop_rule_set"}, []),
        (None, ["one AddHeader", "two AddHeader"]),
        ({"disposition": 7}, ["one AddHeader", "two AddHeader"]),
    ],
)
def test_lambda_disposition_controls_rules(inbox, rules, answering, client, payload, following):
    """RequestResponse, disposition STOP_RULE/STOP_RULE_SET/CONTINUE (docs/ses-behavior.md#lambda-action)."""
    answering(json.dumps(payload))
    arn = _function(client)
    rules("one", {"LambdaAction": {"FunctionArn": arn, "InvocationType": "RequestResponse"}}, header("X-A"))
    rules("two", header("X-B"))
    first, *rest = inbox.deliver(mail()).steps
    assert (first.action, first.outcome) == ("Lambda", "done")
    assert [f"{step.rule} {step.action}" for step in rest] == following


def test_lambda_event_invocation_result_is_ignored(inbox, rules, answering, client):
    answering('{"disposition": "STOP_RULE_SET"}')
    rules("one", {"LambdaAction": {"FunctionArn": _function(client)}}, header("X-A"))
    assert [step.outcome for step in inbox.deliver(mail()).steps] == ["done", "done"]


def _function(client):
    """Without Docker, moto has a separate list of functions."""
    role = client("iam").create_role(RoleName="mailer", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.writestr("mail.py", "def handle(event, context): return None")
    return client("lambda").create_function(
        FunctionName="read-mail",
        Runtime="python3.12",
        Role=role,
        Handler="mail.handle",
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]


def test_lambda_without_docker_reports_event(inbox, rules, client):
    arn = _function(client)
    rules("one", {"LambdaAction": {"FunctionArn": arn, "InvocationType": "RequestResponse"}}, STOP)
    delivery = inbox.deliver(mail())
    assert outcomes(delivery)[1] == ("one", "Stop", "done")
    step = delivery.steps[0]
    if step.outcome == "done":  # this machine has Docker
        return
    assert (step.outcome, arn in step.detail) == ("not run", True)
    [record] = step.event["Records"]
    assert (record["eventSource"], record["eventVersion"]) == ("aws:ses", "1.0")
    assert record["ses"]["mail"]["messageId"] == delivery.message_id
    assert record["ses"]["receipt"]["action"] == {
        "type": "Lambda",
        "functionArn": arn,
        "invocationType": "RequestResponse",
    }
    assert "content" not in record["ses"]


def test_lambda_with_missing_function_fails(inbox, rules):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    rules("one", {"LambdaAction": {"FunctionArn": arn}})
    [step] = inbox.deliver(mail()).steps
    assert step.outcome == "failed"
    assert "PublishFailure: ResourceNotFoundException" in step.detail


# Bounce


def bounce(sender="mailer-daemon@example.com", **more):
    action = {"SmtpReplyCode": "550", "StatusCode": "5.1.1", "Message": "Mailbox does not exist"}
    return {"BounceAction": {**action, "Sender": sender, **more}}


def test_bounce_action_sends_to_envelope_sender(inbox, rules, topic):
    arn, messages = topic
    rules("gone", bounce(TopicArn=arn), recipients=["support@example.com"])
    [step] = inbox.deliver(mail(sender="list-owner@example.org")).steps
    assert step.outcome == "done"
    [sent] = inbox.messages()
    assert sent.message_id in step.detail
    assert (sent.from_, sent.to) == ("mailer-daemon@example.com", ("list-owner@example.org",))
    raw = inbox.raw(sent.id).decode()
    assert 'report-type="delivery-status"' in raw
    for line in (
        "Final-Recipient: rfc822; support@example.com",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 Mailbox does not exist",
        "Subject: Order 1001",
    ):
        assert line in raw.splitlines(), raw
    told = json.loads(messages()[0]["Message"])
    assert told["receipt"]["action"] == {
        "type": "Bounce",
        "topicArn": arn,
        "smtpReplyCode": "550",
        "statusCode": "5.1.1",
        "message": "Mailbox does not exist",
        "sender": "mailer-daemon@example.com",
    }


@pytest.mark.parametrize("sender", ["", "<>"])
def test_bounce_action_skips_bounce(inbox, rules, sender):
    """RFC 5321 section 6.1: no notification about a message with the null sender."""
    rules("gone", bounce())
    assert [step.outcome for step in inbox.deliver(mail(sender=sender)).steps] == ["skipped"]
    assert list(inbox.messages()) == []


def test_bounce_action_needs_verified_sender(inbox, rules):
    rules("gone", bounce("mailer-daemon@example.net"))
    [step] = inbox.deliver(mail()).steps
    assert step.outcome == "failed"
    assert "not verified" in step.detail


@pytest.mark.parametrize("sender", ["nobody", "a@example.com\r\nBcc: b@example.net", ""])
def test_bounce_action_with_invalid_sender_fails(inbox, rules, sender):
    rules("gone", bounce(sender, SmtpReplyCode="550"), STOP)
    assert [step.outcome for step in inbox.deliver(mail()).steps] == ["failed", "done"]
    assert list(inbox.messages()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("X A", "1"), ("X" * 51, "1"), ("X-A", "1\r\nBcc: b@example.net"), ("X-A", "1" * 2048)],
)
def test_add_header_action_rejects_invalid_header(rules, name, value):
    """Service model, AddHeaderAction: 50 letters, digits and dashes; less than 2048 characters, no newline."""
    with refused("InvalidParameterValue", "Invalid header"):
        rules("one", header(name, value))


@pytest.mark.parametrize("cidr", ["here", "192.0.2.0/33", "1.2.3"])
def test_ip_filter_rejects_invalid_range(v1, inbox, cidr):
    with refused("InvalidParameterValue", "Invalid CIDR"):
        v1.create_receipt_filter(Filter={"Name": "f", "IpFilter": {"Policy": "Block", "Cidr": cidr}})


def test_workmail_action_is_reported_as_not_run(inbox, rules):
    arn = "arn:aws:workmail:us-east-1:123456789012:organization/m-1"
    rules("mailbox", {"WorkmailAction": {"OrganizationArn": arn}})
    [step] = inbox.deliver(mail()).steps
    assert (step.action, step.outcome) == ("WorkMail", "not run")


# The request


def test_deliver_uses_given_verdicts(inbox, rules, topic):
    arn, messages = topic
    rules("tell", {"SNSAction": {"TopicArn": arn}})
    inbox.deliver(mail(verdicts=["spam=FAIL", "dmarc=fail"]))
    receipt = json.loads(messages()[0]["Message"])["receipt"]
    assert receipt["spamVerdict"] == receipt["dmarcVerdict"] == {"status": "FAIL"}
    assert receipt["dmarcPolicy"] == "none"


@pytest.mark.parametrize(
    "incoming",
    [
        DeliverRequest(MAIL, ()),
        DeliverRequest(MAIL, ("nobody",)),
        DeliverRequest(MAIL, ("a@example.com\r\nX-Injected: 1",)),
        DeliverRequest(MAIL, ("a@example.com",), sender="no address"),
        DeliverRequest(MAIL, ("a@example.com",), source_ip="1.2.3"),
        DeliverRequest(MAIL, ("a@example.com",), verdicts=["spam=MAYBE"]),
        DeliverRequest(MAIL, ("a@example.com",), verdicts=["taste=FAIL"]),
        DeliverRequest(b"  \n", ("a@example.com",)),
    ],
    ids=["nobody", "no address", "injected", "sender", "ip", "verdict", "check", "empty"],
)
def test_deliver_rejects_invalid_request(inbox, incoming):
    with pytest.raises(UsageError):
        inbox.deliver(incoming)


@pytest.mark.parametrize("query", ["to=a@example.com&nonsense=1", "to=a@example.com&region=../x"])
def test_deliver_rejects_invalid_query(endpoint, inbox, query):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(
            urllib.request.Request(f"{endpoint}/_sescli/deliver?{query}", MAIL, AUTHORIZED), timeout=10
        )
    assert refused.value.code == 400


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe no header at all",
        b"From: \xff\xfe\n\nbody",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
        b"Subject: =?utf-8?b?////?=\nFrom: <<<>>>\n\n",
    ],
    ids=["noise", "bytes", "unclosed", "broken words"],
)
def test_deliver_accepts_malformed_message(inbox, rules, topic, bucket, content):
    arn, messages = topic
    rules("keep", s3(), {"SNSAction": {"TopicArn": arn}}, bounce(), ScanEnabled=True)
    delivery = inbox.deliver(mail(content=content, sender="jane@example.org"))
    assert [step.outcome for step in delivery.steps] == ["done", "done", "done"]
    assert next(iter(bucket().values())).endswith(content.replace(b"\n", b"\r\n"))
    assert len(messages()) == 1


def test_active_rule_set_survives_restart(tmp_path):
    """The rules survive. S3 objects and buckets do not, so the action fails."""

    def start():
        return process.start(folder=tmp_path).endpoint_url

    try:
        place = start()
        ses = make_client("ses", place)
        make_client("sesv2", place).create_email_identity(EmailIdentity="example.com")
        ses.create_receipt_rule_set(RuleSetName="main")
        ses.set_active_receipt_rule_set(RuleSetName="main")
        ses.create_receipt_rule(
            RuleSetName="main", Rule={"Name": "keep", "Enabled": True, "Actions": [s3(), bounce()]}
        )
        make_client("s3", place).create_bucket(Bucket=BUCKET)
        assert [step.outcome for step in Inbox(place).deliver(mail()).steps] == ["done", "done"]
        process.stop(tmp_path)
        place = start()
        assert [step.outcome for step in Inbox(place).deliver(mail()).steps] == ["failed", "done"]
        assert len(list(Inbox(place).messages())) == 2
    finally:
        process.stop(tmp_path)
