"""`sescli receipt setup`: from nothing to a message in the bucket, each branch of the wizard, and errors."""

from __future__ import annotations

import json
import os

import pytest
from gatekeeper import Refusal, denied
from name_server import NameServer
from pseudo_terminal import OnTerminal

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:mail"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ProcessEmail"
ARGUMENTS = ("example.com", "--recipient", "example.com", "--s3", "messages/inbox/", "--create-bucket")
BUCKET = f"example-com-mail-{ACCOUNT}"
PROPOSED = f"{BUCKET}/inbox/"

ALL_ADDRESSES = ("Which recipients?", "all addresses at example.com")
PROPOSED_BUCKET = ("Bucket and prefix", None)
CREATE_BUCKET = ("Create the bucket", "yes")
NO_NOTIFICATION = ("ARN of the topic or function", "")
ACTIVATE = ("Activate inbound?", "yes")
CONFIRM = ("Continue?", True)


class DeniedByS3(Refusal):
    """S3 returns errors in its own XML format."""

    def __init__(self, code: str = "AccessDenied", status: int = 403) -> None:
        super().__init__(status, code, "Access Denied")

    def body(self, *, xml: bool) -> bytes:
        return f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>".encode()


@pytest.fixture
def domain(boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")


@pytest.fixture
def setup(sescli, domain):
    return lambda *arguments, **more: sescli("receipt", "setup", *arguments, **more)


@pytest.fixture
def policy(boto):
    return lambda bucket="messages": json.loads(boto("s3").get_bucket_policy(Bucket=bucket)["Policy"])


@pytest.fixture
def active(boto):
    def make(name="main", *rules):
        v1 = boto("ses")
        v1.create_receipt_rule_set(RuleSetName=name)
        for rule in rules:
            v1.create_receipt_rule(RuleSetName=name, Rule=rule)
        v1.set_active_receipt_rule_set(RuleSetName=name)

    return make


STOP = {"Name": "stop-all", "Enabled": True, "Actions": [{"StopAction": {"Scope": "RuleSet"}}]}


def rules_of(boto, name="inbound"):
    return boto("ses").describe_receipt_rule_set(RuleSetName=name)["Rules"]


def active_name(boto):
    return boto("ses").describe_active_receipt_rule_set().get("Metadata", {}).get("Name")


def has_no_bucket(boto):
    return not boto("s3").list_buckets(Prefix="messages")["Buckets"]


def is_unchanged(boto):
    return has_no_bucket(boto) and not boto("ses").list_receipt_rule_sets()["RuleSets"]


# From start to end


def test_receipt_setup_receives_a_message_from_scratch(sescli, setup, boto, policy, tmp_path):
    ran = setup(*ARGUMENTS, "--yes")
    assert ran.code == 0, ran.stderr
    assert "SES accepts these messages." in ran.stdout
    assert "AMAZON_SES_SETUP_NOTIFICATION" in ran.stdout
    assert "inbound-smtp.us-east-1.amazonaws.com" in ran.stdout
    assert active_name(boto) == "inbound"
    [rule] = rules_of(boto)
    assert (rule["Name"], rule["Recipients"], rule["Enabled"], rule["ScanEnabled"]) == (
        "receive-example.com",
        ["example.com"],
        True,
        True,
    )
    assert rule["Actions"] == [{"S3Action": {"BucketName": "messages", "ObjectKeyPrefix": "inbox/"}}]
    [statement] = policy()["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "AWS:SourceAccount": ACCOUNT,
            "AWS:SourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT}:receipt-rule-set/inbound:receipt-rule/receive-example.com",
        }
    }
    assert (statement["Principal"], statement["Action"]) == ({"Service": "ses.amazonaws.com"}, "s3:PutObject")
    mail = tmp_path / "a.eml"
    mail.write_bytes(b"From: jane@example.org\nTo: support@example.com\nSubject: It works\n\nHello.\n")
    place = ("--endpoint-url", os.environ["AWS_ENDPOINT_URL"])
    assert sescli("local", "deliver", str(mail), "--to", "support@example.com", *place).code == 0
    [found] = sescli("receipt", "inbox", "messages/inbox/", "-o", "json").json
    assert found["subject"] == "It works"
    assert "Hello." in sescli("receipt", "read", found["key"], "--text").stdout


def test_receipt_setup_changes_nothing_on_a_second_run(setup, boto, policy):
    assert setup(*ARGUMENTS, "--yes").code == 0
    before = (rules_of(boto), policy())
    ran = setup(*ARGUMENTS)  # asks nothing
    assert ran.code == 0, ran.stderr
    assert "Already set up" in ran.stdout
    assert setup(*ARGUMENTS, "-o", "json").json["changed"] == []
    assert (rules_of(boto), policy()) == before


def test_receipt_setup_json_result_lists_changes_and_records(setup):
    found = setup(*ARGUMENTS, "--yes", "-o", "json").json
    assert found["changed"] == [
        "create the bucket messages in us-east-1",
        "allow SES to write to messages, for this rule only",
        "create the rule set inbound",
        "add the rule receive-example.com to inbound, for example.com: s3 messages/inbox/",
        "activate the rule set inbound",
    ]
    assert (found["accepted"], found["active"], found["proven"], found["verified"]) == (True,) * 4
    [record] = found["records"]
    assert (record["type"], record["name"], record["priority"]) == ("MX", "example.com", 10)
    assert found["command"] == (
        "sescli receipt setup example.com --recipient example.com --s3 messages/inbox/ --create-bucket "
        "--rule-set inbound --rule receive-example.com --activate --yes"
    )


def test_receipt_setup_printed_command_changes_nothing(sescli, setup):
    first = setup(
        "example.com",
        "-o",
        "json",
        answers=[ALL_ADDRESSES, PROPOSED_BUCKET, CREATE_BUCKET, NO_NOTIFICATION, ACTIVATE, CONFIRM],
    )
    assert first.code == 0, first.stderr
    command = first.json["command"].split()
    assert command[0] == "sescli"
    again = sescli(*command[1:], "-o", "json")
    assert (again.code, again.json["changed"], again.json["accepted"]) == (0, [], True)


def test_receipt_setup_dry_run_lists_calls_without_changes(setup, boto):
    ran = setup(*ARGUMENTS, "--dry-run", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert [call["operation"] for call in ran.json] == [
        "CreateBucket",
        "PutBucketPolicy",
        "CreateReceiptRuleSet",
        "CreateReceiptRule",
        "SetActiveReceiptRuleSet",
    ]
    assert is_unchanged(boto)


def test_receipt_setup_creates_bucket_in_the_given_region(sescli, boto, ses):
    place = ("--region", "eu-west-1")
    assert sescli("identity", "verify", "example.com", *place).code == 0
    ran = sescli("receipt", "setup", *ARGUMENTS, "--yes", "-o", "json", *place)
    assert ran.code == 0, ran.stderr
    assert boto("s3").get_bucket_location(Bucket="messages")["LocationConstraint"] == "eu-west-1"
    [record] = ran.json["records"]
    assert record["value"] == "inbound-smtp.eu-west-1.amazonaws.com"
    assert ran.json["command"].startswith("sescli --region eu-west-1 receipt setup")


# The bucket policy


OTHER_STATEMENT = {
    "Sid": "Backup",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::messages/*",
}


def put_policy(boto, *statements, **more):
    boto("s3").create_bucket(Bucket="messages")
    document = {"Version": "2012-10-17", **more, "Statement": list(statements)}
    boto("s3").put_bucket_policy(Bucket="messages", Policy=json.dumps(document))


def test_receipt_setup_keeps_existing_policy_statements(setup, boto, policy):
    put_policy(boto, OTHER_STATEMENT, Id="of-the-team")
    assert setup(*ARGUMENTS, "--yes").code == 0
    found = policy()
    assert found["Id"] == "of-the-team"
    assert found["Statement"][0] == OTHER_STATEMENT
    assert [one["Sid"] for one in found["Statement"]] == ["Backup", "AllowSESPutsInboundReceiveExampleCom"]


def test_receipt_setup_accepts_policy_whose_statement_is_an_object(setup, boto, policy):
    boto("s3").create_bucket(Bucket="messages")
    document = {"Version": "2012-10-17", "Statement": OTHER_STATEMENT}
    boto("s3").put_bucket_policy(Bucket="messages", Policy=json.dumps(document))
    assert setup(*ARGUMENTS, "--yes").code == 0
    assert [one["Sid"] for one in policy()["Statement"]] == [
        "Backup",
        "AllowSESPutsInboundReceiveExampleCom",
    ]


def test_receipt_setup_adds_one_statement_per_rule_of_a_bucket(setup, policy):
    assert setup(*ARGUMENTS, "--yes").code == 0
    more = ("example.com", "--recipient", "a@example.com", "--s3", "messages/a/", "--rule", "a")
    assert setup(*more, "--yes").code == 0
    assert [one["Sid"] for one in policy()["Statement"]] == [
        "AllowSESPutsInboundReceiveExampleCom",
        "AllowSESPutsInboundA",
    ]


def test_receipt_setup_accepts_equal_statement_with_another_sid(setup, boto, policy):
    assert setup(*ARGUMENTS, "--yes").code == 0
    [statement] = policy()["Statement"]
    [conditions] = statement["Condition"].values()
    same = {
        **statement,
        "Sid": "ByHand",
        "Action": ["s3:PutObject"],
        "Condition": {
            "StringEquals": {key.replace("AWS:", "aws:"): [value] for key, value in conditions.items()}
        },
    }
    boto("s3").put_bucket_policy(
        Bucket="messages", Policy=json.dumps({"Version": "2012-10-17", "Statement": [same]})
    )
    assert setup(*ARGUMENTS, "-o", "json").json["changed"] == []


def test_receipt_setup_rejects_different_statement_with_the_same_sid(setup, boto, policy):
    taken = {**OTHER_STATEMENT, "Sid": "AllowSESPutsInboundReceiveExampleCom"}
    put_policy(boto, taken)
    ran = setup(*ARGUMENTS, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "PolicyConflict")
    assert "--rule" in ran.error["hint"]
    assert policy()["Statement"] == [taken]
    assert not boto("ses").list_receipt_rule_sets()["RuleSets"]


# The bucket


def test_receipt_setup_creates_bucket_only_with_create_bucket(setup, boto):
    ran = setup(*ARGUMENTS[:-1], "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NoSuchBucket")
    assert "--create-bucket" in ran.error["hint"]
    assert is_unchanged(boto)


@pytest.fixture
def foreign_bucket(boto):
    """A bucket of another account."""
    import boto3

    keys = boto("sts").assume_role(RoleArn="arn:aws:iam::210987654321:role/x", RoleSessionName="other")[
        "Credentials"
    ]
    theirs = boto3.client(
        "s3",
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    theirs.create_bucket(Bucket="messages")
    return theirs


def test_receipt_setup_rejects_bucket_of_another_account(setup, boto, foreign_bucket):
    ran = setup(*ARGUMENTS, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "BucketOfAnotherAccount")
    assert not boto("ses").list_receipt_rule_sets()["RuleSets"]
    assert "Policy" not in str(foreign_bucket.list_objects_v2(Bucket="messages"))


@pytest.mark.parametrize("listed", [True, False])
def test_receipt_setup_rejects_bucket_with_unreadable_policy(setup, boto, refusing, listed):
    if listed:
        boto("s3").create_bucket(Bucket="messages")
    refusals = {"GET /messages": DeniedByS3()}
    refusing(**refusals)
    ran = setup(*ARGUMENTS, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "AccessDenied" if listed else "BucketOfAnotherAccount")


def test_receipt_setup_works_without_permission_to_list_buckets(setup, refusing):
    refusing(**{"GET /": DeniedByS3()})
    assert setup(*ARGUMENTS, "--yes").code == 0


def test_receipt_setup_explains_bucket_name_in_use(setup, refusing):
    refusing(**{"PUT /messages": DeniedByS3("BucketAlreadyExists", 409)})
    ran = setup(*ARGUMENTS, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "BucketAlreadyExists")
    assert "unique" in ran.error["hint"]


# Rule sets


def test_receipt_setup_adds_rule_to_the_active_rule_set(setup, boto, active):
    active("main", {**STOP, "Recipients": ["old@example.com"]})
    found = setup(*ARGUMENTS, "--yes", "-o", "json").json
    assert (active_name(boto), found["rule_set"]) == ("main", "main")
    assert [rule["Name"] for rule in rules_of(boto, "main")] == ["stop-all", "receive-example.com"]


def test_receipt_setup_does_not_activate_second_rule_set_by_default(setup, boto, active):
    active()
    ran = setup(*ARGUMENTS, "--rule-set", "next", "--yes")
    assert ran.code == 0
    assert active_name(boto) == "main"
    assert "SES does not accept these messages yet" in ran.stdout
    assert "does not run until next is active" in ran.stderr
    assert "Next: sescli receipt rule-set activate next" in ran.stderr


def test_receipt_setup_confirms_replacing_the_active_rule_set(setup, boto, active):
    active("main", STOP)
    arguments = (*ARGUMENTS, "--rule-set", "next", "--activate")
    refused = setup(*arguments)
    assert (refused.code, "the rule set main stops" in refused.stderr) == (2, True)
    said_no = setup(*arguments, answers=[("the rule set main stops. Continue?", False)])
    assert (said_no.code, active_name(boto)) == (2, "main")
    assert "its rules (stop-all) no longer run" in said_no.stderr
    assert setup(*arguments, answers=[CONFIRM]).code == 0
    assert active_name(boto) == "next"


def test_receipt_setup_warns_of_rule_that_stops_first(setup, active):
    active("main", STOP)
    ran = setup(*ARGUMENTS, "--yes")
    assert "do not reach the rule: rule stop-all stops the rule set first" in ran.stderr
    assert "SES accepts these messages" in ran.stdout  # the other rule matches


def test_receipt_setup_warns_of_other_rules_in_the_rule_set(setup, boto, active):
    active("inbound", STOP)
    boto("ses").set_active_receipt_rule_set()
    ran = setup(*ARGUMENTS, "--yes")
    assert ran.code == 0
    assert "has other rules, which then run too: stop-all" in ran.stderr
    assert active_name(boto) == "inbound"


def test_receipt_setup_rejects_different_rule_of_the_same_name(setup, boto):
    assert setup(*ARGUMENTS, "--yes").code == 0
    ran = setup(*ARGUMENTS[:3], "--s3", "messages/other/", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "RuleDiffers")
    assert "with different actions" in ran.error["message"]
    assert len(rules_of(boto)) == 1


def test_receipt_setup_no_activate_leaves_rule_set_inactive(setup, boto):
    ran = setup(*ARGUMENTS, "--no-activate", "--yes")
    assert ran.code == 0
    assert active_name(boto) is None
    assert "no rule set is active: SES rejects all incoming email until inbound is active" in ran.stderr


# Notifications


@pytest.fixture
def function(boto):
    """A function that exists and never runs."""
    import io
    import zipfile

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def f(event, context): pass")
    boto("iam").create_role(RoleName="f", AssumeRolePolicyDocument="{}")
    boto("lambda").create_function(
        FunctionName="ProcessEmail",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/f",
        Handler="f.f",
        Code={"ZipFile": code.getvalue()},
    )


def test_receipt_setup_adds_lambda_permission_once(setup, boto, function):
    assert setup(*ARGUMENTS, "--lambda", FUNCTION, "--yes").code == 0
    [statement] = json.loads(boto("lambda").get_policy(FunctionName=FUNCTION)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert "receipt-rule/receive-example.com" in str(statement["Condition"])
    assert [next(iter(action)) for action in rules_of(boto)[0]["Actions"]] == ["S3Action", "LambdaAction"]
    assert setup(*ARGUMENTS, "--lambda", FUNCTION, "-o", "json").json["changed"] == []


@pytest.mark.parametrize(("option", "arn"), [("--lambda", FUNCTION), ("--s3-topic", TOPIC)])
def test_receipt_setup_rejects_missing_topic_or_function(setup, boto, option, arn):
    ran = setup(*ARGUMENTS, option, arn, "--yes", "-o", "json")
    assert (ran.code, "aws " in ran.error["hint"]) == (5, True)
    assert is_unchanged(boto)


def test_receipt_setup_stores_topic_in_the_s3_action(setup, boto):
    boto("sns").create_topic(Name="mail")
    assert setup(*ARGUMENTS, "--s3-topic", TOPIC, "--yes").code == 0
    assert rules_of(boto)[0]["Actions"][0]["S3Action"]["TopicArn"] == TOPIC


def test_receipt_setup_prints_policy_for_topic_of_another_account(setup):
    theirs = TOPIC.replace(ACCOUNT, "210987654321")
    ran = setup(*ARGUMENTS, "--s3-topic", theirs, "--dry-run")
    assert ran.code == 0
    assert "the other account must add this" in ran.stderr
    assert "SNS:Publish" in ran.stderr


# The wizard


def test_receipt_setup_wizard_with_default_answers(setup, boto):
    ran = setup(
        "example.com",
        answers=[ALL_ADDRESSES, PROPOSED_BUCKET, CREATE_BUCKET, NO_NOTIFICATION, ACTIVATE, CONFIRM],
    )
    assert ran.code == 0, ran.stderr
    assert active_name(boto) == "inbound"
    assert rules_of(boto)[0]["Actions"] == [{"S3Action": {"BucketName": BUCKET, "ObjectKeyPrefix": "inbox/"}}]
    assert f"--s3 {PROPOSED} --create-bucket" in ran.stderr
    assert "example.com is verified" in ran.stderr


def test_receipt_setup_wizard_with_addresses_and_existing_bucket(setup, boto):
    boto("s3").create_bucket(Bucket="messages")
    answers = [
        ("Which recipients?", "single addresses"),
        ("Addresses at example.com", "support, jane@example.com"),
        ("Bucket and prefix", "messages"),
        NO_NOTIFICATION,
        ACTIVATE,
        CONFIRM,
    ]
    assert setup("example.com", answers=answers).code == 0
    [rule] = rules_of(boto)
    assert rule["Recipients"] == ["support@example.com", "jane@example.com"]
    assert rule["Actions"] == [{"S3Action": {"BucketName": "messages"}}]


def test_receipt_setup_wizard_with_subdomains_warns_of_mx_records(setup, boto):
    answers = [
        ("Which recipients?", "all addresses at example.com and its subdomains"),
        PROPOSED_BUCKET,
        CREATE_BUCKET,
        NO_NOTIFICATION,
        ACTIVATE,
        CONFIRM,
    ]
    ran = setup("example.com", "-o", "json", answers=answers)
    assert ran.code == 0
    assert rules_of(boto)[0]["Recipients"] == ["example.com", ".example.com"]
    assert [record["name"] for record in ran.json["records"]] == ["example.com"]
    assert "each subdomain" in ran.stderr


def test_receipt_setup_wizard_asks_again_for_unusable_bucket(setup, boto, foreign_bucket):
    boto("s3").create_bucket(Bucket="ours")
    answers = [
        ALL_ADDRESSES,
        ("Bucket and prefix", "not-there/x/"),
        ("Create the bucket", "no, use another bucket"),
        ("Bucket and prefix", "messages/x/"),
        ("Bucket and prefix", "ours/x/"),
        NO_NOTIFICATION,
        ACTIVATE,
        CONFIRM,
    ]
    ran = setup("example.com", answers=answers)
    assert ran.code == 0
    assert "belongs to another account" in ran.stderr
    assert [bucket["Name"] for bucket in boto("s3").list_buckets(Prefix="not")["Buckets"]] == []


def test_receipt_setup_wizard_offers_to_create_bucket_of_the_option(setup, boto):
    arguments = ("example.com", "--s3", "messages/x/")
    no = setup(
        *arguments,
        answers=[
            ALL_ADDRESSES,
            ("Create the bucket", "no, use another bucket"),
            PROPOSED_BUCKET,
            CREATE_BUCKET,
            NO_NOTIFICATION,
            ACTIVATE,
            CONFIRM,
        ],
    )
    assert no.code == 0
    assert has_no_bucket(boto)
    answers = [ALL_ADDRESSES, CREATE_BUCKET, NO_NOTIFICATION, ("Name of the new rule", "x"), CONFIRM]
    assert setup(*arguments, answers=answers).code == 0
    assert [action["S3Action"]["BucketName"] for rule in rules_of(boto) for action in rule["Actions"]] == [
        BUCKET,
        "messages",
    ]


@pytest.mark.parametrize(("arn", "kind"), [(TOPIC, "TopicArn"), (FUNCTION, "FunctionArn")])
def test_receipt_setup_wizard_accepts_arn_of_topic_or_function(setup, boto, function, arn, kind):
    boto("sns").create_topic(Name="mail")
    ran = setup(
        "example.com",
        answers=[
            ALL_ADDRESSES,
            PROPOSED_BUCKET,
            CREATE_BUCKET,
            ("ARN of the topic or function", arn),
            ACTIVATE,
            CONFIRM,
        ],
    )
    assert ran.code == 0, ran.stderr
    assert arn in [action.get(kind) for step in rules_of(boto)[0]["Actions"] for action in step.values()]


def test_receipt_setup_wizard_does_not_ask_for_rule_set_if_one_is_active(setup, boto, active):
    active()
    ran = setup(
        "example.com", answers=[ALL_ADDRESSES, PROPOSED_BUCKET, CREATE_BUCKET, NO_NOTIFICATION, CONFIRM]
    )
    assert ran.code == 0
    assert "main is active and stays active" in ran.stderr
    assert [rule["Name"] for rule in rules_of(boto, "main")] == ["receive-example.com"]


@pytest.mark.parametrize(
    ("chosen", "name"), [("a new rule set, inbound", "inbound"), ("spare", "spare")], ids=["new", "there"]
)
def test_receipt_setup_wizard_asks_for_rule_set_if_none_is_active(setup, boto, chosen, name):
    boto("ses").create_receipt_rule_set(RuleSetName="spare")
    answers = [
        ALL_ADDRESSES,
        PROPOSED_BUCKET,
        CREATE_BUCKET,
        NO_NOTIFICATION,
        ("Rule set to add the rule to", chosen),
        (f"Activate {name}", "no"),
        CONFIRM,
    ]
    assert setup("example.com", answers=answers).code == 0
    assert [rule["Name"] for rule in rules_of(boto, name)] == ["receive-example.com"]
    assert active_name(boto) is None


@pytest.mark.parametrize(
    ("chosen", "then"), [("no, keep main active", "main"), ("yes, stop main", "next")], ids=["no", "yes"]
)
def test_receipt_setup_wizard_warns_before_replacing_the_active_rule_set(setup, boto, active, chosen, then):
    active("main", STOP)
    question = ("Activate next instead of main?", chosen)
    ran = setup(
        "example.com",
        "--rule-set",
        "next",
        answers=[ALL_ADDRESSES, PROPOSED_BUCKET, CREATE_BUCKET, NO_NOTIFICATION, question, CONFIRM],
    )
    assert ran.code == 0
    assert active_name(boto) == then
    assert "the rules of main stop at once: stop-all" in ran.stderr


def test_receipt_setup_wizard_proposes_unused_rule_name(setup, boto):
    assert setup(*ARGUMENTS, "--yes").code == 0
    answers = [
        ALL_ADDRESSES,
        ("Bucket and prefix", "messages/second/"),
        NO_NOTIFICATION,
        ("Name of the new rule", None),
        CONFIRM,
    ]
    assert setup("example.com", answers=answers).code == 0
    assert [rule["Name"] for rule in rules_of(boto)] == ["receive-example.com", "receive-example.com-2"]


def test_receipt_setup_wizard_goes_back_from_every_question(setup, boto):
    boto("ses").create_receipt_rule_set(RuleSetName="spare")
    answers = [
        ("Which recipients?", "single addresses"),
        ("Addresses at example.com", "<"),
        ("Which recipients?", "single addresses"),
        ("Addresses at example.com", "a"),
        ("Bucket and prefix", "<"),
        ("Addresses at example.com", "b"),
        PROPOSED_BUCKET,
        ("Create the bucket", "back"),
        PROPOSED_BUCKET,
        CREATE_BUCKET,
        ("ARN of the topic or function", "<"),
        PROPOSED_BUCKET,
        CREATE_BUCKET,
        NO_NOTIFICATION,
        ("Rule set to add the rule to", "back"),
        NO_NOTIFICATION,
        ("Rule set to add the rule to", "spare"),
        ("Activate spare", "back"),
        ("Rule set to add the rule to", "a new rule set, inbound"),
        ACTIVATE,
        CONFIRM,
    ]
    ran = setup("example.com", answers=answers)
    assert ran.code == 0, ran.stderr
    assert rules_of(boto)[0]["Recipients"] == ["b@example.com"]


def test_receipt_setup_wizard_prints_command_after_a_no(setup, boto):
    ran = setup(
        "example.com",
        answers=[
            ALL_ADDRESSES,
            PROPOSED_BUCKET,
            CREATE_BUCKET,
            NO_NOTIFICATION,
            ACTIVATE,
            ("This makes 5 changes", False),
        ],
    )
    assert ran.code == 2
    assert f"--recipient example.com --s3 {PROPOSED} --create-bucket" in ran.stderr
    assert is_unchanged(boto)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Addresses at example.com", "jane@example.org"),
        ("Addresses at example.com", " , "),
        ("Addresses at example.com", "*@example.com"),
        ("Bucket and prefix", "UPPER/x"),
        ("Bucket and prefix", "/x"),
        ("Bucket and prefix", f"messages/{'x' * 1025}"),
        ("ARN of the topic or function", "mail"),
        ("ARN of the topic or function", TOPIC.replace("us-east-1", "eu-west-1")),
        ("ARN of the topic or function", FUNCTION.replace("us-east-1", "eu-west-1")),
    ],
)
def test_receipt_setup_wizard_rejects_invalid_answer(setup, question, answer):
    script = [
        ("Which recipients?", "single addresses"),
        ("Addresses at example.com", "a"),
        PROPOSED_BUCKET,
        CREATE_BUCKET,
        NO_NOTIFICATION,
    ]
    before = script[: next(index for index, (part, _) in enumerate(script) if part == question)]
    ran = setup("example.com", "--debug", answers=[*before, (question, answer)])
    assert "is refused" in ran.stderr


# The state of the domain


def test_receipt_setup_warns_of_unverified_domain(sescli, boto, ses):
    ran = sescli("receipt", "setup", *ARGUMENTS, "--yes")
    assert ran.code == 0
    assert "example.com is not verified in us-east-1" in ran.stderr
    assert "SES does not accept these messages yet" in ran.stdout
    assert "Next: sescli identity setup example.com" in ran.stderr


def test_receipt_setup_accepts_subdomain_of_verified_domain(setup):
    ran = setup("shop.example.com", "--recipient", "shop.example.com", *ARGUMENTS[3:], "--yes", "-o", "json")
    assert (ran.code, ran.json["verified"], ran.json["accepted"]) == (0, True, True)


def test_receipt_setup_warns_of_current_mx_record(setup):
    with NameServer() as server:
        server.publish("example.com", "MX", "10 mx1.mailer.example.", "20 mx2.mailer.example.")
        ran = setup(*ARGUMENTS, "--yes", "--resolver", server.place)
        assert "goes to mx1.mailer.example, mx2.mailer.example now" in ran.stderr
        publish = f"sescli identity publish example.com --resolver {server.place} --for receiving"
        assert f"Next: publish the MX record (in Route 53: {publish}" in ran.stderr
        server.publish("example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
        ran = setup(*ARGUMENTS, "--resolver", server.place)
        assert "Next: publish the MX record" not in ran.stderr
        assert "send a message to postmaster@example.com" in ran.stderr
        found = setup(*ARGUMENTS, "--resolver", server.place, "-o", "json").json
        assert found["records"][0]["verdict"] == "ok"


def test_receipt_setup_says_that_verification_is_unknown(setup, refusing):
    refusing(**{"GET /v2/email/identities/example.com": denied("GetEmailIdentity")})
    ran = setup(
        "example.com",
        answers=[ALL_ADDRESSES, PROPOSED_BUCKET, CREATE_BUCKET, NO_NOTIFICATION, ACTIVATE, CONFIRM],
    )
    assert ran.code == 0
    assert "These credentials cannot check whether example.com is verified" in ran.stderr


def test_receipt_setup_says_that_test_object_is_missing(setup, boto):
    assert setup(*ARGUMENTS, "--yes").code == 0
    boto("s3").delete_object(Bucket="messages", Key="inbox/AMAZON_SES_SETUP_NOTIFICATION")
    ran = setup(*ARGUMENTS)
    assert "SES has not written AMAZON_SES_SETUP_NOTIFICATION to messages/inbox/ yet" in ran.stdout


def test_receipt_setup_for_subdomains_only_warns_of_mx_records(setup, boto):
    ran = setup(*ARGUMENTS[:1], "--recipient", ".example.com", *ARGUMENTS[3:], "--yes")
    assert ran.code == 0
    assert "needs its own MX record: priority 10, inbound-smtp.us-east-1.amazonaws.com" in ran.stderr
    assert rules_of(boto)[0]["Recipients"] == [".example.com"]


# Errors


def test_receipt_setup_without_terminal_names_all_missing_options(setup, boto):
    ran = setup("example.com", "-o", "json")
    assert (ran.code, ran.error["message"]) == (2, "missing: --recipient, --s3, --yes")
    assert (
        setup("example.com", "--s3", "messages", "--yes", "-o", "json").error["message"]
        == "missing: --recipient"
    )
    assert setup("-o", "json").error["message"] == "missing: DOMAIN, --recipient, --s3, --yes"
    without_yes = setup(*ARGUMENTS)
    assert (without_yes.code, "--yes" in without_yes.stderr) == (2, True)
    assert is_unchanged(boto)


@pytest.mark.parametrize(
    "more",
    [
        ("--recipient", "jane@example.org"),
        ("--recipient", "notexample.com"),
        ("--rule", "a b"),
        ("--rule-set", "a.b"),
        ("--s3", "UPPER"),
        ("--s3-topic", "mail"),
        ("--lambda", FUNCTION.replace("us-east-1", "eu-west-1")),
    ],
    ids=" ".join,
)
def test_receipt_setup_rejects_invalid_option(setup, boto, more):
    assert setup(*ARGUMENTS, *more, "--yes").code == 2
    assert is_unchanged(boto)


@pytest.mark.parametrize("name", ["jane@example.com", "example", "https://example.com", "*.example.com"])
def test_receipt_setup_rejects_invalid_domain(setup, name):
    assert setup(name, *ARGUMENTS[1:], "--yes").code == 2


def test_receipt_setup_rejects_region_without_receiving(setup):
    ran = setup(*ARGUMENTS, "--yes", "--region", "eu-central-2", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "RegionCannotReceive")


def test_receipt_setup_requires_a_region(setup, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = setup(*ARGUMENTS, "--yes")
    assert (ran.code, "no region is configured" in ran.stderr) == (2, True)


def test_receipt_setup_reports_network_error(sescli, ses):
    ran = sescli("receipt", "setup", *ARGUMENTS, "--yes", "--endpoint-url", "http://127.0.0.1:9")
    assert (ran.code, "Traceback" in ran.stderr) == (6, False)


def test_receipt_setup_continues_after_a_denied_step(setup, boto, refusing, monkeypatch):
    direct = os.environ["AWS_ENDPOINT_URL"]
    refusing(CreateReceiptRule=denied("CreateReceiptRule"))
    ran = setup(*ARGUMENTS, "--yes")
    assert ran.code == 4
    assert "done: create the bucket messages in us-east-1; allow SES to write to messages" in ran.stderr
    assert "Not done: add the rule receive-example.com to inbound" in ran.stderr
    assert "To continue, run the same command again: sescli receipt setup example.com" in ran.stderr
    assert (rules_of(boto), active_name(boto)) == ([], None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", direct)
    found = setup(*ARGUMENTS, "--yes", "-o", "json").json
    assert [step.split()[0] for step in found["changed"]] == ["add", "activate"]
    assert found["accepted"]


def test_receipt_setup_retries_rule_until_policy_is_effective(setup, boto, refusing):
    late = Refusal(400, "InvalidS3Configuration", "Could not write to bucket: messages", times=1)
    refusing(CreateReceiptRule=late)
    assert setup(*ARGUMENTS, "--yes").code == 0
    assert late.given == 1
    assert len(rules_of(boto)) == 1


def test_receipt_setup_does_not_retry_with_an_old_policy(setup, boto, policy, refusing):
    assert setup(*ARGUMENTS, "--no-activate", "--yes").code == 0
    boto("ses").delete_receipt_rule(RuleSetName="inbound", RuleName="receive-example.com")
    never = Refusal(400, "InvalidS3Configuration", "Could not write to bucket: messages")
    refusing(CreateReceiptRule=never)
    ran = setup(*ARGUMENTS, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"], never.given) == (1, "InvalidS3Configuration", 1)


# On a terminal


@pytest.fixture
def place(ses):
    return ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]


def test_receipt_setup_wizard_on_a_terminal(sescli, domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", "example.com", lines=60)
    talk.until("Which recipients?")
    talk.type("\r")
    talk.until("(BUCKET/PREFIX):")
    talk.type("\r")
    talk.until("in us-east-1? (Use arrow keys)")
    talk.type("\r")
    talk.until("ARN of the topic or function")
    talk.type("\r")
    talk.until("Activate inbound?")
    talk.type("\r")
    screen = talk.until("This makes 5 changes in us-east-1. Continue?")
    assert "the MX record of example.com, which moves all email for example.com to SES" in " ".join(
        screen.split()
    )
    assert active_name(boto) is None
    talk.type("y")
    talk.until("Next:")
    assert talk.end() == 0
    assert active_name(boto) == "inbound"


def test_receipt_setup_ctrl_c_at_a_question_changes_nothing(domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", "example.com", lines=60)
    talk.until("Which recipients?")
    talk.type("\r")
    talk.until("(BUCKET/PREFIX):")
    talk.type("\x03")
    talk.until("interrupted: nothing was changed")
    assert talk.end() == 130
    assert "receipt setup example.com" in talk.screen.splitlines()[-1]
    assert is_unchanged(boto)


def test_receipt_setup_asks_for_domain_and_wraps_plan_between_words(domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", *ARGUMENTS[1:], lines=60)
    talk.until("Domain to receive email for:")
    talk.type("me@example.com\r")
    talk.until("use example.com")
    talk.type("\x15example.com\r")
    screen = talk.until("Continue?")
    told = screen[screen.index("    then you publish the MX record") :].splitlines()
    assert told[0].endswith(" which moves all email for"), told[:2]
    assert told[1].strip().startswith("example.com to SES"), told[:2]
    talk.type("\x03")
    assert talk.end() == 130
    assert is_unchanged(boto)


def test_receipt_setup_ctrl_c_at_confirmation_changes_nothing(sescli, domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", *ARGUMENTS, lines=60)
    talk.until("Continue?")
    talk.type("\x03")
    talk.until("interrupted")
    assert talk.end() == 130
    assert is_unchanged(boto)
