"""`sescli receipt rule-set|rule|filter`: their effect in SES, and what they reject without calling SES."""

from __future__ import annotations

import json

import pytest
from gatekeeper import Refusal, denied, throttled
from repository import ROOT

EXAMPLES = ROOT / "examples" / "receipt"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:ProcessEmail"
TOPIC = "arn:aws:sns:us-east-1:123456789012:mail"


@pytest.fixture
def v1(boto):
    return boto("ses")


@pytest.fixture
def rule_set(v1):
    v1.create_receipt_rule_set(RuleSetName="main")
    return "main"


@pytest.fixture
def offline_sescli(sescli):
    """The program without a server: any call would be a network error."""
    return lambda *arguments: sescli(
        "receipt", "--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1", "-o", "json", *arguments
    )


def rules_of(v1, name="main"):
    return v1.describe_receipt_rule_set(RuleSetName=name)["Rules"]


def names(v1):
    return [rule["Name"] for rule in rules_of(v1)]


# Rule sets


def test_rule_set_from_creation_to_deletion(sescli, v1):
    assert sescli("receipt", "rule-set", "create", "main", "-o", "json").json == {
        "name": "main",
        "active": False,
    }
    assert sescli("receipt", "rule-set", "list", "-q", "[].[name, active]").json == [["main", False]]
    assert sescli("receipt", "rule-set", "activate", "main").code == 0
    assert v1.describe_active_receipt_rule_set()["Metadata"]["Name"] == "main"
    assert sescli("receipt", "rule-set", "show", "-q", "[name, active]").json == ["main", True]
    assert sescli("receipt", "rule-set", "deactivate", "--yes").code == 0
    assert "Metadata" not in v1.describe_active_receipt_rule_set()
    assert sescli("receipt", "rule-set", "delete", "main", "--yes").code == 0
    assert v1.list_receipt_rule_sets()["RuleSets"] == []


def test_rule_set_activate_warns_without_enabled_rules(sescli, rule_set):
    ran = sescli("receipt", "rule-set", "activate", "main")
    assert "no enabled rule" in ran.stderr


def test_rule_set_activate_confirms_replacing_the_active_one(sescli, v1, rule_set):
    v1.set_active_receipt_rule_set(RuleSetName="main")
    v1.create_receipt_rule_set(RuleSetName="next")
    refused = sescli("receipt", "rule-set", "activate", "next")
    assert (refused.code, "replaces main" in refused.stderr) == (2, True)
    said_no = sescli("receipt", "rule-set", "activate", "next", answers=[("Activate it?", False)])
    assert said_no.code == 2
    assert v1.describe_active_receipt_rule_set()["Metadata"]["Name"] == "main"
    assert sescli("receipt", "rule-set", "activate", "next", answers=[("Activate it?", True)]).code == 0
    assert v1.describe_active_receipt_rule_set()["Metadata"]["Name"] == "next"
    assert sescli("receipt", "rule-set", "activate", "next").code == 0  # already active: asks nothing


def test_rule_set_deactivate_confirms_and_does_nothing_if_none_is_active(sescli, v1, rule_set):
    assert sescli("receipt", "rule-set", "deactivate").code == 0
    v1.set_active_receipt_rule_set(RuleSetName="main")
    refused = sescli("receipt", "rule-set", "deactivate")
    assert refused.code == 2
    assert "rejects all incoming email" in refused.stderr
    assert v1.describe_active_receipt_rule_set()["Metadata"]["Name"] == "main"


def test_rule_set_delete_rejects_the_active_one(sescli, v1, rule_set):
    v1.set_active_receipt_rule_set(RuleSetName="main")
    ran = sescli("receipt", "rule-set", "delete", "main", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "CannotDelete")
    assert "deactivate" in ran.error["hint"]
    assert v1.describe_receipt_rule_set(RuleSetName="main")


def test_rule_set_clone_copies_the_rules(sescli, v1, rule_set):
    v1.create_receipt_rule(
        RuleSetName="main", Rule={"Name": "one", "Actions": [{"StopAction": {"Scope": "RuleSet"}}]}
    )
    assert sescli("receipt", "rule-set", "clone", "main", "copy").code == 0
    assert rules_of(v1, "copy") == rules_of(v1)


@pytest.mark.parametrize(
    "arguments",
    [("show", "gone"), ("activate", "gone"), ("delete", "gone", "--yes"), ("clone", "gone", "copy")],
)
def test_rule_set_commands_report_missing_rule_set(sescli, ses, arguments):
    ran = sescli("receipt", "rule-set", *arguments, "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "RuleSetDoesNotExist")
    assert "rule-set list" in ran.error["hint"]


def test_receipt_commands_report_that_no_rule_set_is_active(sescli, ses):
    for arguments in (("rule-set", "show"), ("rule", "list"), ("test", "jane@example.com")):
        ran = sescli("receipt", *arguments, "-o", "json")
        assert (ran.code, ran.error["code"]) == (5, "NoActiveRuleSet")


@pytest.mark.parametrize("verb", [("create", "main"), ("clone", "main", "main")])
def test_rule_set_create_and_clone_report_existing_name(sescli, rule_set, verb):
    ran = sescli("receipt", "rule-set", *verb, "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "AlreadyExists")
    assert ran.error["message"] == "rule set main already exists in us-east-1"


def test_rule_set_create_rejects_the_41st_rule_set(sescli, v1):
    for number in range(40):
        v1.create_receipt_rule_set(RuleSetName=f"set-{number}")
    ran = sescli("receipt", "rule-set", "create", "one-more", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "LimitExceeded")


@pytest.mark.parametrize("name", ["a.b", "a b", "_a", "a_", "x" * 65, "a\nb", "ä", ""])
def test_rule_set_create_rejects_invalid_name(offline_sescli, name):
    ran = offline_sescli("rule-set", "create", "--", name)
    assert (ran.code, ran.error["code"]) == (2, "InvalidName")


@pytest.mark.parametrize("region", ["eu-central-2", "ca-west-1", "us-gov-west-1"])
def test_receipt_commands_reject_region_without_receiving(offline_sescli, region):
    for arguments in (
        ("rule-set", "list"), ("rule-set", "create", "a"), ("rule-set", "deactivate", "--yes"), ("filter", "list"),
        ("rule", "create", "a", "b", "--stop"), ("test", "jane@example.com"),
    ):  # fmt: skip
        ran = offline_sescli(*arguments, "--region", region)
        assert (ran.code, ran.error["code"]) == (2, "RegionCannotReceive")
        assert region in ran.error["message"]
        assert "eu-central-1" in ran.error["hint"]


# Rules


def test_rule_create_accepts_files_of_the_aws_guide(sescli, v1, rule_set):
    for file in ("receipt-rule.json", "lambda-rule.json"):
        assert sescli("receipt", "rule", "create", "main", "--file", str(EXAMPLES / file)).code == 0
    first, second = rules_of(v1)
    assert first["Name"] == "SaveToS3"
    assert first["Enabled"] is True
    assert first["Recipients"] == ["support@example.com"]
    assert first["Actions"] == [{"S3Action": {"BucketName": "my-email-bucket", "ObjectKeyPrefix": "emails/"}}]
    assert second["Actions"] == [{"LambdaAction": {"FunctionArn": FUNCTION, "InvocationType": "Event"}}]


def test_rule_create_from_file_with_every_action(sescli, v1, boto):
    boto("ses").create_receipt_rule_set(RuleSetName="my-rule-set")
    file = EXAMPLES / "every-action.json"
    ran = sescli("receipt", "rule", "create", "my-rule-set", "--file", str(file), "-o", "json")
    assert ran.code == 0, ran.stderr
    wanted = json.loads(file.read_text())["Rule"]
    [rule] = rules_of(v1, "my-rule-set")
    assert rule == wanted | {"Enabled": True}
    kinds = [(one["kind"], one["resource"].rpartition(":")[2]) for one in ran.json["access"]]
    assert kinds == [
        ("bucket_policy", "my-email-bucket"),
        ("key_policy", "key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("lambda_permission", "MayStop"),
        ("topic_policy", "all-mail"),
    ]


def test_rule_create_keeps_action_order_of_the_command_line(sescli, v1, rule_set):
    ran = sescli(
        "receipt", "rule", "create", "main", "all", "--recipient", "Example.com", "--header", "X-Team: a: b",
        "--s3", "bucket-one/in/", "--lambda", FUNCTION, "--s3=bucket-two", "--sns", TOPIC, "--bounce", "--stop",
        "--workmail", "arn:aws:workmail:us-east-1:123456789012:organization/m-1", "--stop", "--tls", "require",
        "--scan", "--disabled", "--bounce-as", "mailbox-full", "--sns-encoding", "base64", "--lambda-wait",
    )  # fmt: skip
    assert ran.code == 0, ran.stderr
    [rule] = rules_of(v1)
    assert rule == {
        "Name": "all",
        "Enabled": False,
        "TlsPolicy": "Require",
        "ScanEnabled": True,
        "Recipients": ["example.com"],
        "Actions": [
            {"AddHeaderAction": {"HeaderName": "X-Team", "HeaderValue": "a: b"}},
            {"S3Action": {"BucketName": "bucket-one", "ObjectKeyPrefix": "in/"}},
            {"LambdaAction": {"FunctionArn": FUNCTION, "InvocationType": "RequestResponse"}},
            {"S3Action": {"BucketName": "bucket-two"}},
            {"SNSAction": {"TopicArn": TOPIC, "Encoding": "Base64"}},
            {
                "BounceAction": {
                    "SmtpReplyCode": "552",
                    "StatusCode": "5.2.2",
                    "Message": "Mailbox full",
                    "Sender": "mailer-daemon@example.com",
                }
            },
            {"StopAction": {"Scope": "RuleSet"}},
            {
                "WorkmailAction": {
                    "OrganizationArn": "arn:aws:workmail:us-east-1:123456789012:organization/m-1"
                }
            },
        ],
    }


def test_rule_create_prints_required_permissions(sescli, rule_set):
    ran = sescli("receipt", "rule", "create", "main", "save", "--s3", "my-bucket", "--lambda", FUNCTION)
    assert ran.code == 0
    after_next = ran.stderr[ran.stderr.index("{") : ran.stderr.rindex("}") + 1]
    [statement] = json.loads(after_next)["Statement"]
    arn = "arn:aws:ses:us-east-1:123456789012:receipt-rule-set/main:receipt-rule/save"
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert statement["Resource"] == "arn:aws:s3:::my-bucket/*"
    assert statement["Condition"] == {
        "StringEquals": {"AWS:SourceAccount": "123456789012", "AWS:SourceArn": arn}
    }
    assert f"aws lambda add-permission --region us-east-1 --function-name {FUNCTION}" in ran.stderr
    assert f"--source-arn {arn}" in ran.stderr


def test_rule_create_with_role_requires_no_policies(sescli, rule_set):
    ran = sescli(
        "receipt", "rule", "create", "main", "save", "--s3", "my-bucket",
        "--s3-role", "arn:aws:iam::123456789012:role/ses/writer", "-o", "json",
    )  # fmt: skip
    assert ran.json["access"] == []


def test_rule_create_and_move_position_the_rule(sescli, v1, rule_set):
    for name, *position in (("a",), ("b",), ("c", "--first"), ("d", "--after", "c")):
        ran = sescli("receipt", "rule", "create", "main", name, "--stop", *position, "-o", "json")
        assert names(v1)[ran.json["rule"]["position"] - 1] == name
    assert names(v1) == ["c", "d", "a", "b"]
    for arguments, order in (
        (("a", "--first"), ["a", "c", "d", "b"]),
        (("a", "--last"), ["c", "d", "b", "a"]),
        (("c", "--after", "b"), ["d", "b", "c", "a"]),
        (("a", "--after", "d"), ["d", "a", "b", "c"]),
    ):
        ran = sescli("receipt", "rule", "move", "main", *arguments, "-o", "json")
        assert names(v1) == order
        assert order[ran.json["position"] - 1] == arguments[0]


def test_rule_update_keeps_other_members(sescli, v1, rule_set):
    sescli(
        "receipt", "rule", "create", "main", "save", "--recipient", "a@example.com", "--s3", "my-bucket",
        "--tls", "require", "--scan",
    )  # fmt: skip
    [before] = rules_of(v1)
    assert sescli("receipt", "rule", "update", "main", "save", "--recipient", "b@example.com").code == 0
    assert rules_of(v1) == [before | {"Recipients": ["b@example.com"]}]
    assert (
        sescli("receipt", "rule", "update", "main", "save", "--stop", "--no-scan", "--tls", "optional").code
        == 0
    )
    [after] = rules_of(v1)
    assert after["Enabled"] is True
    assert after["Recipients"] == ["b@example.com"]
    assert after["Actions"] == [{"StopAction": {"Scope": "RuleSet"}}]
    assert (after["ScanEnabled"], after["TlsPolicy"]) == (False, "Optional")
    sescli("receipt", "rule", "update", "main", "save", "--everybody", "--disabled")
    assert (rules_of(v1)[0]["Recipients"], rules_of(v1)[0]["Enabled"]) == ([], False)


def test_rule_update_keeps_members_missing_in_the_file(sescli, v1, rule_set, tmp_path):
    sescli(
        "receipt",
        "rule",
        "create",
        "main",
        "save",
        "--recipient",
        "a@example.com",
        "--s3",
        "my-bucket",
        "--disabled",
    )
    file = tmp_path / "rule.json"
    file.write_text('{"Name": "save", "TlsPolicy": "Require"}')
    assert sescli("receipt", "rule", "update", "main", "--file", str(file)).code == 0
    [rule] = rules_of(v1)
    assert (rule["Enabled"], rule["TlsPolicy"], rule["Recipients"]) == (False, "Require", ["a@example.com"])


def test_rule_update_bounce_sender_uses_the_domain_of_the_rule(sescli, v1, rule_set):
    sescli("receipt", "rule", "create", "main", "gone", "--recipient", "a@shop.example.com", "--stop")
    assert sescli("receipt", "rule", "update", "main", "gone", "--bounce").code == 0
    assert rules_of(v1)[0]["Actions"][0]["BounceAction"]["Sender"] == "mailer-daemon@shop.example.com"


def test_rule_update_does_not_validate_unchanged_members(sescli, v1, rule_set):
    v1.create_receipt_rule(RuleSetName="main", Rule={"Name": "idle", "Recipients": ["Odd_one"]})
    assert sescli("receipt", "rule", "update", "main", "idle", "--enabled").code == 0
    assert rules_of(v1)[0]["Enabled"] is True


def test_rule_delete_asks_for_confirmation(sescli, v1, rule_set):
    sescli("receipt", "rule", "create", "main", "save", "--s3", "my-bucket")
    assert sescli("receipt", "rule", "delete", "main", "save").code == 2
    assert names(v1) == ["save"]
    assert sescli("receipt", "rule", "delete", "main", "save", answers=[("Delete the rule?", True)]).code == 0
    assert names(v1) == []


@pytest.mark.parametrize(
    "arguments",
    [("show", "main", "gone"), ("update", "main", "gone", "--disabled"), ("delete", "main", "gone", "--yes"),
     ("move", "main", "gone", "--first"), ("create", "main", "new", "--stop", "--after", "gone")],
)  # fmt: skip
def test_rule_commands_report_missing_rule(sescli, v1, rule_set, arguments):
    sescli("receipt", "rule", "create", "main", "there", "--stop")
    ran = sescli("receipt", "rule", *arguments, "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "RuleDoesNotExist")
    assert "there" in ran.error["hint"]
    assert names(v1) == ["there"]


def test_rule_create_reports_existing_rule(sescli, rule_set):
    sescli("receipt", "rule", "create", "main", "save", "--stop")
    ran = sescli("receipt", "rule", "create", "main", "save", "--stop", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "AlreadyExists")
    assert ran.error["hint"].endswith("receipt rule update main save")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), "NoAction"),
        (("--stop", "--header", "X: a\r\nBcc: victim@example.com"), "HeaderInjection"),
        (("--header", "X: =?utf-8?q?a=0ABcc:_x?="), "HeaderInjection"),
        (("--header", "X Y: a"), "InvalidValue"),
        (("--header", f"X: {'a' * 2049}"), "InvalidValue"),
        (("--header", "X:"), "InvalidAction"),
        (("--header", "no colon"), "Usage"),
        (("--s3", "Bad_Bucket"), "InvalidValue"),
        (("--s3", "192.168.0.1"), "InvalidValue"),
        (("--s3", "bucket/pre\nfix"), "HeaderInjection"),
        (("--s3", "bucket", "--s3-key", "alias/aws/ses"), "InvalidArn"),
        (("--s3", "bucket", "--s3-key", "arn:aws:kms:eu-west-1:123456789012:key/1"), "OtherRegion"),
        (("--s3", "bucket", "--s3-role", "writer"), "InvalidValue"),
        (("--lambda", "ProcessEmail"), "InvalidArn"),
        (("--lambda", "arn:aws:lambda:eu-west-1:123456789012:function:P"), "OtherRegion"),
        (("--sns", FUNCTION), "InvalidArn"),
        (("--sns", TOPIC, "--sns-encoding", "latin-1"), "InvalidValue"),
        (("--workmail", "m-1"), "InvalidArn"),
        (("--bounce", "--bounce-sender", "nobody"), "InvalidAddress"),
        (("--bounce", "--bounce-sender", "a@example.com", "--bounce-as", "boredom"), "Usage"),
        (("--bounce", "--bounce-sender", "a@example.com", "--bounce-message", "a\nb"), "HeaderInjection"),
        (("--stop", "--bounce-message", "bye"), "Usage"),
        (("--stop", "--s3-topic", TOPIC), "Usage"),
        (("--stop", "--tls", "maybe"), "InvalidValue"),
        (("--stop", "--recipient", "*@example.com"), "InvalidRecipient"),
        (("--stop", "--recipient", "nonsense"), "Usage"),
        (("--stop", "--recipient", "a@example.com\nb@example.com"), "HeaderInjection"),
        (("--stop", "--recipient", "..example.com"), "Usage"),
        (("--stop", "--first", "--after", "x"), "Usage"),
        (tuple(f"--header=X-{number}: a" for number in range(11)), "LimitExceeded"),
        (("--stop", *(f"--recipient=u{number}@example.com" for number in range(501))), "LimitExceeded"),
    ],
    ids=str,
)  # fmt: skip
def test_rule_commands_reject_invalid_options_without_calling_ses(offline_sescli, options, code):
    for verb in ("create", "update") if code != "NoAction" and "--first" not in options else ("create",):
        ran = offline_sescli("rule", verb, "main", "rule", *options)
        assert (ran.code, ran.error["code"]) == (2, code), ran.error


def test_rule_create_accepts_500_recipients_and_10_actions(sescli, v1, rule_set):
    recipients = [f"--recipient=u{number}@example.com" for number in range(500)]
    actions = [f"--header=X-{number}: a" for number in range(10)]
    assert sescli("receipt", "rule", "create", "main", "rule", *recipients, *actions).code == 0
    assert (len(rules_of(v1)[0]["Recipients"]), len(rules_of(v1)[0]["Actions"])) == (500, 10)


def test_rule_create_rejects_the_201st_rule(sescli, v1, rule_set):
    for number in range(200):
        v1.create_receipt_rule(RuleSetName="main", Rule={"Name": f"rule-{number}"})
    ran = sescli("receipt", "rule", "create", "main", "one-more", "--stop", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "LimitExceeded")


@pytest.mark.parametrize(
    ("content", "explanation"),
    [
        ("{", ":1:"),
        ("[]", "must contain one object"),
        ("Name: a\nEnabled: [", "rule.json:3:"),
        ('{"Name": "a", "Recipents": []}', "Recipents"),
        ('{"Name": "a", "Enabled": "true", "Actions": [{"StopAction": {"Scope": "RuleSet"}}]}', "Enabled"),
        ('{"Name": "a", "Recipients": "a@example.com"}', "Recipients"),
        ('{"Name": "a", "Actions": {}}', "no action"),
        ('{"Name": "a", "Actions": [{"S3": {}}]}', "Actions[0]: 'S3'"),
        ('{"Name": "a", "Actions": [{"S3Action": {}}]}', "lacks BucketName"),
        ('{"Name": "a", "Actions": [{"S3Action": {"BucketName": 7}}]}', "Actions[0].S3Action.BucketName"),
        ('{"Name": "a", "Actions": [{"StopAction": {"Scope": "Rule"}}]}', "Scope"),
        ('{"Name": "a", "Actions": [{"LambdaAction": {"Arn": "x"}}]}', "Arn"),
        ('{"Name": "a", "Actions": [{"StopAction": {"Scope": "RuleSet"}, "S3Action": {}}]}', "Actions[0]"),
        ('{"Name": "a b", "Actions": [{"StopAction": {"Scope": "RuleSet"}}]}', "a b"),
        ('{"Rule": {"Name": "a"}, "RuleSet": "main"}', "RuleSet"),
        ('{"Rule": []}', "Rule"),
        ('{"RuleSetName": "other", "Rule": {"Name": "a"}}', "other"),
        ('{"Actions": [{"StopAction": {"Scope": "RuleSet"}}]}', "no name"),
        ("[" * 100_000, "nested"),
        (f'{{"Name": {"9" * 5000}}}', "number of thousands of digits"),
    ],
    ids=lambda value: value[:60],
)
def test_rule_create_rejects_invalid_file(offline_sescli, tmp_path, content, explanation):
    file = tmp_path / "rule.json"
    file.write_text(content)
    ran = offline_sescli("rule", "create", "main", "--file", str(file))
    assert ran.code == 2
    assert explanation in ran.error["message"]


def test_rule_create_options_override_file_from_standard_input(sescli, v1, rule_set):
    text = (EXAMPLES / "receipt-rule.json").read_text()
    ran = sescli(
        "receipt", "rule", "create", "main", "other", "--file", "-", "--disabled", "--stop", stdin=text
    )
    assert ran.code == 0
    [rule] = rules_of(v1)
    assert (rule["Name"], rule["Enabled"]) == ("other", False)
    assert rule["Recipients"] == ["support@example.com"]
    assert rule["Actions"] == [{"StopAction": {"Scope": "RuleSet"}}]


def test_rule_create_reports_missing_file(offline_sescli):
    ran = offline_sescli("rule", "create", "main", "--file", "/no/such.json")
    assert (ran.code, ran.error["code"]) == (2, "BadFile")


def test_rule_create_bounce_requires_a_sender_without_recipients(offline_sescli):
    ran = offline_sescli("rule", "create", "main", "rule", "--bounce")
    assert (ran.code, "--bounce-sender" in ran.error["hint"]) == (2, True)


def test_rule_update_requires_a_change(offline_sescli):
    assert "nothing to change" in offline_sescli("rule", "update", "main", "rule").error["message"]


# Filters


def test_filter_add_list_and_delete(sescli, v1):
    assert sescli("receipt", "filter", "add", "spammer", "--block", "192.0.2.0/24").code == 0
    assert sescli("receipt", "filter", "add", "office", "--allow", "198.51.100.7").code == 0
    assert sorted(v1.list_receipt_filters()["Filters"], key=lambda one: one["Name"]) == [
        {"Name": "office", "IpFilter": {"Policy": "Allow", "Cidr": "198.51.100.7"}},
        {"Name": "spammer", "IpFilter": {"Policy": "Block", "Cidr": "192.0.2.0/24"}},
    ]
    listed = sescli("receipt", "filter", "list", "-o", "json").json
    assert {"name": "office", "policy": "Allow", "cidr": "198.51.100.7"} in listed
    assert sescli("receipt", "filter", "delete", "office").code == 2
    assert sescli("receipt", "filter", "delete", "office", "--yes").code == 0
    assert [one["Name"] for one in v1.list_receipt_filters()["Filters"]] == ["spammer"]


def test_filter_add_warns_of_wide_block(sescli, ses):
    assert "most of the internet" in sescli("receipt", "filter", "add", "all", "--block", "0.0.0.0/0").stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "a"), "Usage"),
        (("add", "a", "--block", "192.0.2.1", "--allow", "192.0.2.1"), "Usage"),
        (("add", "a", "--block", "192.0.2.0/33"), "InvalidCidr"),
        (("add", "a", "--block", "example.com"), "InvalidCidr"),
        (("add", "a", "--allow", "192.0.2.1\n"), "InvalidCidr"),
        (("add", "a.b", "--block", "192.0.2.1"), "InvalidName"),
    ],
    ids=str,
)
def test_filter_add_rejects_invalid_options(offline_sescli, arguments, code):
    ran = offline_sescli("filter", *arguments)
    assert (ran.code, ran.error["code"]) == (2, code)


def test_filter_commands_report_existing_and_missing_filter(sescli, v1):
    there = {"Name": "there", "IpFilter": {"Policy": "Block", "Cidr": "203.0.113.1"}}
    v1.create_receipt_filter(Filter=there)
    ran = sescli("receipt", "filter", "add", "there", "--block", "192.0.2.1", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "AlreadyExists")
    ran = sescli("receipt", "filter", "delete", "gone", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "FilterDoesNotExist")
    assert v1.list_receipt_filters()["Filters"] == [there]


def test_filter_add_rejects_the_101st_filter(sescli, v1):
    for number in range(100):
        v1.create_receipt_filter(
            Filter={"Name": f"f{number}", "IpFilter": {"Policy": "Block", "Cidr": "203.0.113.1"}}
        )
    ran = sescli("receipt", "filter", "add", "more", "--block", "192.0.2.1", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "LimitExceeded")


# All commands


def test_receipt_commands_dry_run_changes_nothing(sescli, v1, rule_set):
    v1.create_receipt_rule(RuleSetName="main", Rule={"Name": "one"})
    v1.create_receipt_rule_set(RuleSetName="other")
    v1.set_active_receipt_rule_set(RuleSetName="other")
    v1.create_receipt_filter(Filter={"Name": "f", "IpFilter": {"Policy": "Block", "Cidr": "203.0.113.1"}})
    before = (rules_of(v1), v1.list_receipt_rule_sets()["RuleSets"], v1.list_receipt_filters()["Filters"])
    for operation, *arguments in (
        ("CreateReceiptRuleSet", "rule-set", "create", "new"),
        ("CloneReceiptRuleSet", "rule-set", "clone", "main", "new"),
        ("SetActiveReceiptRuleSet", "rule-set", "activate", "main"),
        ("SetActiveReceiptRuleSet", "rule-set", "deactivate"),
        ("DeleteReceiptRuleSet", "rule-set", "delete", "main"),
        ("CreateReceiptRule", "rule", "create", "main", "two", "--s3", "my-bucket"),
        ("UpdateReceiptRule", "rule", "update", "main", "one", "--enabled"),
        ("SetReceiptRulePosition", "rule", "move", "main", "one", "--first"),
        ("DeleteReceiptRule", "rule", "delete", "main", "one"),
        ("CreateReceiptFilter", "filter", "add", "g", "--block", "192.0.2.1"),
        ("DeleteReceiptFilter", "filter", "delete", "f"),
    ):
        ran = sescli("receipt", *arguments, "--dry-run", "-o", "json")
        assert [call["operation"] for call in ran.json] == [operation], ran.stderr
    after = (rules_of(v1), v1.list_receipt_rule_sets()["RuleSets"], v1.list_receipt_filters()["Filters"])
    assert after == before
    assert v1.describe_active_receipt_rule_set()["Metadata"]["Name"] == "other"


def test_rule_create_explains_missing_bucket_permission(sescli, rule_set, refusing):
    refusing(CreateReceiptRule=Refusal(400, "InvalidS3Configuration", "Could not write to bucket: my-bucket"))
    ran = sescli("receipt", "rule", "create", "main", "save", "--s3", "my-bucket", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "InvalidS3Configuration")
    assert "AWS:SourceArn" in ran.error["hint"]
    assert "receipt-rule-set/main:receipt-rule/save" in ran.error["hint"]


def test_receipt_commands_report_denied_and_throttled_calls(sescli, rule_set, refusing):
    refusing(CreateReceiptRule=denied("CreateReceiptRule"), ListReceiptRuleSets=throttled(9))
    ran = sescli("receipt", "rule", "create", "main", "save", "--stop", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "AccessDenied")
    ran = sescli("receipt", "rule-set", "list", "-o", "json")
    assert (ran.code, ran.error["code"], ran.error["retryable"]) == (6, "Throttling", True)


def test_rule_create_uses_placeholder_for_unknown_account(sescli, rule_set, refusing):
    refusing(GetCallerIdentity=denied("GetCallerIdentity"))
    ran = sescli("receipt", "rule", "create", "main", "save", "--s3", "my-bucket", "-o", "json")
    assert ran.code == 0
    assert "ACCOUNT-ID" in json.dumps(ran.json["access"])


def test_rule_create_accepts_yaml_file(sescli, v1, rule_set, tmp_path):
    file = tmp_path / "rule.yaml"
    file.write_text("Rule:\n  Name: save\n  Actions:\n    - StopAction: {Scope: RuleSet}\n")
    assert sescli("receipt", "rule", "create", "main", "--file", str(file)).code == 0
    [rule] = rules_of(v1)
    assert (rule["Name"], rule["Actions"]) == ("save", [{"StopAction": {"Scope": "RuleSet"}}])
