"""`sescli receipt setup`: from nothing to a mail in the bucket; each branch of its conversation; what it refuses."""

from __future__ import annotations

import json
import os

import pytest
from gatekeeper import Refusal, denied
from name_server import NameServer
from pseudo_terminal import OnTerminal

OURS = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{OURS}:mail"
FUNCTION = f"arn:aws:lambda:us-east-1:{OURS}:function:ProcessEmail"
PLAIN = ("example.com", "--recipient", "example.com", "--s3", "mails/inbox/", "--create-bucket")
BUCKET = f"example-com-mail-{OURS}"
PROPOSED = f"{BUCKET}/inbox/"

WHOLE = ("Whose mail?", "everybody at example.com")
HERE = ("Bucket and prefix", None)
MAKE = ("Make it in us-east-1?", "yes")
NOBODY = ("Its ARN", "")
ACTIVATE = ("Activate inbound at the end?", "yes")
GO = ("Go on?", True)


class DeniedByS3(Refusal):
    """S3 words its refusals in an XML of its own."""

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
    return lambda bucket="mails": json.loads(boto("s3").get_bucket_policy(Bucket=bucket)["Policy"])


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


def held(boto, name="inbound"):
    return boto("ses").describe_receipt_rule_set(RuleSetName=name)["Rules"]


def active_name(boto):
    return boto("ses").describe_active_receipt_rule_set().get("Metadata", {}).get("Name")


def untouched_bucket(boto):
    return not boto("s3").list_buckets(Prefix="mails")["Buckets"]


def untouched(boto):
    return untouched_bucket(boto) and not boto("ses").list_receipt_rule_sets()["RuleSets"]


# The whole


def test_from_nothing_to_a_mail_that_is_read(sescli, setup, boto, policy, tmp_path):
    ran = setup(*PLAIN, "--yes")
    assert ran.code == 0, ran.stderr
    assert "SES takes it." in ran.stdout
    assert "AMAZON_SES_SETUP_NOTIFICATION" in ran.stdout
    assert "inbound-smtp.us-east-1.amazonaws.com" in ran.stdout
    assert active_name(boto) == "inbound"
    [rule] = held(boto)
    assert (rule["Name"], rule["Recipients"], rule["Enabled"], rule["ScanEnabled"]) == (
        "receive-example.com",
        ["example.com"],
        True,
        True,
    )
    assert rule["Actions"] == [{"S3Action": {"BucketName": "mails", "ObjectKeyPrefix": "inbox/"}}]
    [statement] = policy()["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "AWS:SourceAccount": OURS,
            "AWS:SourceArn": f"arn:aws:ses:us-east-1:{OURS}:receipt-rule-set/inbound:receipt-rule/receive-example.com",
        }
    }
    assert (statement["Principal"], statement["Action"]) == ({"Service": "ses.amazonaws.com"}, "s3:PutObject")
    mail = tmp_path / "a.eml"
    mail.write_bytes(b"From: jane@example.org\nTo: support@example.com\nSubject: It works\n\nHello.\n")
    place = ("--endpoint-url", os.environ["AWS_ENDPOINT_URL"])
    assert sescli("local", "deliver", str(mail), "--to", "support@example.com", *place).code == 0
    [found] = sescli("receipt", "inbox", "mails/inbox/", "-o", "json").json
    assert found["subject"] == "It works"
    assert "Hello." in sescli("receipt", "read", found["key"], "--text").stdout


def test_what_is_there_is_not_made_again(setup, boto, policy):
    assert setup(*PLAIN, "--yes").code == 0
    before = (held(boto), policy())
    ran = setup(*PLAIN)  # nothing is to be confirmed
    assert ran.code == 0, ran.stderr
    assert "All is set up already" in ran.stdout
    assert setup(*PLAIN, "-o", "json").json["changed"] == []
    assert (held(boto), policy()) == before


def test_the_result_for_scripts(setup):
    found = setup(*PLAIN, "--yes", "-o", "json").json
    assert found["changed"] == [
        "create the bucket mails in us-east-1",
        "let SES write to mails, for this rule alone",
        "create the rule set inbound",
        "add the rule receive-example.com to inbound, for example.com: s3 mails/inbox/",
        "activate the rule set inbound",
    ]
    assert (found["accepted"], found["active"], found["proven"], found["verified"]) == (True,) * 4
    [record] = found["records"]
    assert (record["type"], record["name"], record["priority"]) == ("MX", "example.com", 10)
    assert found["command"] == (
        "sescli receipt setup example.com --recipient example.com --s3 mails/inbox/ --create-bucket "
        "--rule-set inbound --rule receive-example.com --activate --yes"
    )


def test_the_command_that_it_prints_changes_nothing_more(sescli, setup):
    first = setup("example.com", "-o", "json", answers=[WHOLE, HERE, MAKE, NOBODY, ACTIVATE, GO])
    assert first.code == 0, first.stderr
    command = first.json["command"].split()
    assert command[0] == "sescli"
    again = sescli(*command[1:], "-o", "json")
    assert (again.code, again.json["changed"], again.json["accepted"]) == (0, [], True)


def test_a_dry_run_tells_the_calls_and_makes_none(setup, boto):
    ran = setup(*PLAIN, "--dry-run", "-o", "json")
    assert ran.code == 0, ran.stderr
    assert [call["operation"] for call in ran.json] == [
        "CreateBucket",
        "PutBucketPolicy",
        "CreateReceiptRuleSet",
        "CreateReceiptRule",
        "SetActiveReceiptRuleSet",
    ]
    assert untouched(boto)


def test_another_region_wants_its_name_for_the_bucket(sescli, boto, ses):
    place = ("--region", "eu-west-1")
    assert sescli("identity", "verify", "example.com", *place).code == 0
    ran = sescli("receipt", "setup", *PLAIN, "--yes", "-o", "json", *place)
    assert ran.code == 0, ran.stderr
    assert boto("s3").get_bucket_location(Bucket="mails")["LocationConstraint"] == "eu-west-1"
    [record] = ran.json["records"]
    assert record["value"] == "inbound-smtp.eu-west-1.amazonaws.com"
    assert ran.json["command"].startswith("sescli --region eu-west-1 receipt setup")


# The bucket's policy


FOREIGN = {
    "Sid": "Backup",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::mails/*",
}


def put_policy(boto, *statements, **more):
    boto("s3").create_bucket(Bucket="mails")
    document = {"Version": "2012-10-17", **more, "Statement": list(statements)}
    boto("s3").put_bucket_policy(Bucket="mails", Policy=json.dumps(document))


def test_a_policy_that_is_there_keeps_all_it_says(setup, boto, policy):
    put_policy(boto, FOREIGN, Id="of-the-team")
    assert setup(*PLAIN, "--yes").code == 0
    found = policy()
    assert found["Id"] == "of-the-team"
    assert found["Statement"][0] == FOREIGN
    assert [one["Sid"] for one in found["Statement"]] == ["Backup", "AllowSESPutsInboundReceiveExampleCom"]


def test_a_policy_of_one_statement_may_be_no_list(setup, boto, policy):
    boto("s3").create_bucket(Bucket="mails")
    document = {"Version": "2012-10-17", "Statement": FOREIGN}
    boto("s3").put_bucket_policy(Bucket="mails", Policy=json.dumps(document))
    assert setup(*PLAIN, "--yes").code == 0
    assert [one["Sid"] for one in policy()["Statement"]] == [
        "Backup",
        "AllowSESPutsInboundReceiveExampleCom",
    ]


def test_two_rules_share_a_bucket(setup, policy):
    assert setup(*PLAIN, "--yes").code == 0
    more = ("example.com", "--recipient", "a@example.com", "--s3", "mails/a/", "--rule", "a")
    assert setup(*more, "--yes").code == 0
    assert [one["Sid"] for one in policy()["Statement"]] == [
        "AllowSESPutsInboundReceiveExampleCom",
        "AllowSESPutsInboundA",
    ]


def test_the_same_leave_under_another_name_is_enough(setup, boto, policy):
    assert setup(*PLAIN, "--yes").code == 0
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
        Bucket="mails", Policy=json.dumps({"Version": "2012-10-17", "Statement": [same]})
    )
    assert setup(*PLAIN, "-o", "json").json["changed"] == []


def test_a_statement_of_that_name_is_never_overwritten(setup, boto, policy):
    taken = {**FOREIGN, "Sid": "AllowSESPutsInboundReceiveExampleCom"}
    put_policy(boto, taken)
    ran = setup(*PLAIN, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "PolicyConflict")
    assert "--rule" in ran.error["hint"]
    assert policy()["Statement"] == [taken]
    assert not boto("ses").list_receipt_rule_sets()["RuleSets"]


# The bucket


def test_a_bucket_is_only_made_when_told(setup, boto):
    ran = setup(*PLAIN[:-1], "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NoSuchBucket")
    assert "--create-bucket" in ran.error["hint"]
    assert untouched(boto)


@pytest.fixture
def of_another(boto):
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
    theirs.create_bucket(Bucket="mails")
    return theirs


def test_a_bucket_of_another_account(setup, boto, of_another):
    ran = setup(*PLAIN, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "BucketOfAnotherAccount")
    assert not boto("ses").list_receipt_rule_sets()["RuleSets"]
    assert "Policy" not in str(of_another.list_objects_v2(Bucket="mails"))


@pytest.mark.parametrize("listed", [True, False])
def test_a_bucket_whose_policy_may_not_be_read(setup, boto, refusing, listed):
    if listed:
        boto("s3").create_bucket(Bucket="mails")
    refusals = {"GET /mails": DeniedByS3()}
    refusing(**refusals)
    ran = setup(*PLAIN, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "AccessDenied" if listed else "BucketOfAnotherAccount")


def test_where_buckets_may_not_be_listed_s3_itself_knows_whose_it_is(setup, refusing):
    refusing(**{"GET /": DeniedByS3()})
    assert setup(*PLAIN, "--yes").code == 0


def test_the_name_of_a_bucket_that_somebody_took_meanwhile(setup, refusing):
    refusing(**{"PUT /mails": DeniedByS3("BucketAlreadyExists", 409)})
    ran = setup(*PLAIN, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "BucketAlreadyExists")
    assert "unique" in ran.error["hint"]


# Rule sets


def test_the_active_set_stays_and_gets_the_rule(setup, boto, active):
    active("main", {**STOP, "Recipients": ["old@example.com"]})
    found = setup(*PLAIN, "--yes", "-o", "json").json
    assert (active_name(boto), found["rule_set"]) == ("main", "main")
    assert [rule["Name"] for rule in held(boto, "main")] == ["stop-all", "receive-example.com"]


def test_another_set_is_filled_and_not_activated(setup, boto, active):
    active()
    ran = setup(*PLAIN, "--rule-set", "next", "--yes")
    assert ran.code == 0
    assert active_name(boto) == "main"
    assert "SES does not take it yet" in ran.stdout
    assert "takes no mail until next is active" in ran.stderr
    assert "Next: sescli receipt rule-set activate next" in ran.stderr


def test_activating_another_set_says_what_stops(setup, boto, active):
    active("main", STOP)
    arguments = (*PLAIN, "--rule-set", "next", "--activate")
    refused = setup(*arguments)
    assert (refused.code, "the rule set main stops" in refused.stderr) == (2, True)
    said_no = setup(*arguments, answers=[("the rule set main stops. Go on?", False)])
    assert (said_no.code, active_name(boto)) == (2, "main")
    assert "its rules (stop-all) take no mail any more" in said_no.stderr
    assert setup(*arguments, answers=[GO]).code == 0
    assert active_name(boto) == "next"


def test_a_rule_that_stops_the_set_first_is_told(setup, active):
    active("main", STOP)
    ran = setup(*PLAIN, "--yes")
    assert "does not reach the rule: rule stop-all stops the rule set before it" in ran.stderr
    assert "SES takes it" in ran.stdout  # the other rule does


def test_an_inactive_set_with_rules_is_told(setup, boto, active):
    active("inbound", STOP)
    boto("ses").set_active_receipt_rule_set()
    ran = setup(*PLAIN, "--yes")
    assert ran.code == 0
    assert "has other rules, which act from then on too: stop-all" in ran.stderr
    assert active_name(boto) == "inbound"


def test_a_rule_of_that_name_that_does_something_else(setup, boto):
    assert setup(*PLAIN, "--yes").code == 0
    ran = setup(*PLAIN[:3], "--s3", "mails/other/", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "RuleDiffers")
    assert "of other actions" in ran.error["message"]
    assert len(held(boto)) == 1


def test_no_activation_is_a_choice(setup, boto):
    ran = setup(*PLAIN, "--no-activate", "--yes")
    assert ran.code == 0
    assert active_name(boto) is None
    assert "no rule set is active: SES rejects all mail until inbound is" in ran.stderr


# Who is told


@pytest.fixture
def function(boto):
    """A function that there is; nobody runs it."""
    import io
    import zipfile

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def f(event, context): pass")
    boto("iam").create_role(RoleName="f", AssumeRolePolicyDocument="{}")
    boto("lambda").create_function(
        FunctionName="ProcessEmail",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{OURS}:role/f",
        Handler="f.f",
        Code={"ZipFile": code.getvalue()},
    )


def test_a_function_is_let_be_invoked_once(setup, boto, function):
    assert setup(*PLAIN, "--lambda", FUNCTION, "--yes").code == 0
    [statement] = json.loads(boto("lambda").get_policy(FunctionName=FUNCTION)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert "receipt-rule/receive-example.com" in str(statement["Condition"])
    assert [next(iter(action)) for action in held(boto)[0]["Actions"]] == ["S3Action", "LambdaAction"]
    assert setup(*PLAIN, "--lambda", FUNCTION, "-o", "json").json["changed"] == []


@pytest.mark.parametrize(("option", "arn"), [("--lambda", FUNCTION), ("--s3-topic", TOPIC)])
def test_what_is_not_there_is_not_told(setup, boto, option, arn):
    ran = setup(*PLAIN, option, arn, "--yes", "-o", "json")
    assert (ran.code, "aws " in ran.error["hint"]) == (5, True)
    assert untouched(boto)


def test_a_topic_is_told_of_each_mail(setup, boto):
    boto("sns").create_topic(Name="mail")
    assert setup(*PLAIN, "--s3-topic", TOPIC, "--yes").code == 0
    assert held(boto)[0]["Actions"][0]["S3Action"]["TopicArn"] == TOPIC


def test_a_topic_of_another_account_is_theirs_to_open(setup):
    theirs = TOPIC.replace(OURS, "210987654321")
    ran = setup(*PLAIN, "--s3-topic", theirs, "--dry-run")
    assert ran.code == 0
    assert "another account must act" in ran.stderr
    assert "SNS:Publish" in ran.stderr


# The conversation


def test_the_shortest_conversation(setup, boto):
    ran = setup("example.com", answers=[WHOLE, HERE, MAKE, NOBODY, ACTIVATE, GO])
    assert ran.code == 0, ran.stderr
    assert active_name(boto) == "inbound"
    assert held(boto)[0]["Actions"] == [{"S3Action": {"BucketName": BUCKET, "ObjectKeyPrefix": "inbox/"}}]
    assert f"--s3 {PROPOSED} --create-bucket" in ran.stderr
    assert "example.com is verified" in ran.stderr


def test_single_addresses_and_a_bucket_that_is_there(setup, boto):
    boto("s3").create_bucket(Bucket="mails")
    answers = [
        ("Whose mail?", "some addresses only"),
        ("Which addresses", "support, jane@example.com"),
        ("Bucket and prefix", "mails"),
        NOBODY,
        ACTIVATE,
        GO,
    ]
    assert setup("example.com", answers=answers).code == 0
    [rule] = held(boto)
    assert rule["Recipients"] == ["support@example.com", "jane@example.com"]
    assert rule["Actions"] == [{"S3Action": {"BucketName": "mails"}}]


def test_subdomains_want_their_own_mx(setup, boto):
    answers = [
        ("Whose mail?", "everybody at example.com and at its subdomains"),
        HERE,
        MAKE,
        NOBODY,
        ACTIVATE,
        GO,
    ]
    ran = setup("example.com", "-o", "json", answers=answers)
    assert ran.code == 0
    assert held(boto)[0]["Recipients"] == ["example.com", ".example.com"]
    assert [record["name"] for record in ran.json["records"]] == ["example.com"]
    assert "each subdomain" in ran.stderr


def test_a_bucket_that_shall_not_be_made_is_asked_for_again(setup, boto, of_another):
    boto("s3").create_bucket(Bucket="ours")
    answers = [
        WHOLE,
        ("Bucket and prefix", "not-there/x/"),
        ("Make it in", "no, I name another"),
        ("Bucket and prefix", "mails/x/"),
        ("Bucket and prefix", "ours/x/"),
        NOBODY,
        ACTIVATE,
        GO,
    ]
    ran = setup("example.com", answers=answers)
    assert ran.code == 0
    assert "belongs to another account" in ran.stderr
    assert [bucket["Name"] for bucket in boto("s3").list_buckets(Prefix="not")["Buckets"]] == []


def test_a_bucket_of_an_option_that_is_not_there_is_offered_too(setup, boto):
    arguments = ("example.com", "--s3", "mails/x/")
    no = setup(
        *arguments, answers=[WHOLE, ("Make it", "no, I name another"), HERE, MAKE, NOBODY, ACTIVATE, GO]
    )
    assert no.code == 0
    assert untouched_bucket(boto)
    answers = [WHOLE, MAKE, NOBODY, ("A name for the new rule", "x"), GO]
    assert setup(*arguments, answers=answers).code == 0
    assert [action["S3Action"]["BucketName"] for rule in held(boto) for action in rule["Actions"]] == [
        BUCKET,
        "mails",
    ]


@pytest.mark.parametrize(("arn", "kind"), [(TOPIC, "TopicArn"), (FUNCTION, "FunctionArn")])
def test_a_topic_or_a_function_by_its_arn(setup, boto, function, arn, kind):
    boto("sns").create_topic(Name="mail")
    ran = setup("example.com", answers=[WHOLE, HERE, MAKE, ("Its ARN", arn), ACTIVATE, GO])
    assert ran.code == 0, ran.stderr
    assert arn in [action.get(kind) for step in held(boto)[0]["Actions"] for action in step.values()]


def test_with_an_active_set_nothing_is_asked_about_sets(setup, boto, active):
    active()
    ran = setup("example.com", answers=[WHOLE, HERE, MAKE, NOBODY, GO])
    assert ran.code == 0
    assert "main is active and stays so" in ran.stderr
    assert [rule["Name"] for rule in held(boto, "main")] == ["receive-example.com"]


@pytest.mark.parametrize(
    ("chosen", "name"), [("a new one, inbound", "inbound"), ("spare", "spare")], ids=["new", "there"]
)
def test_with_sets_and_none_active_it_asks_which(setup, boto, chosen, name):
    boto("ses").create_receipt_rule_set(RuleSetName="spare")
    answers = [WHOLE, HERE, MAKE, NOBODY, ("Which rule set", chosen), (f"Activate {name}", "no"), GO]
    assert setup("example.com", answers=answers).code == 0
    assert [rule["Name"] for rule in held(boto, name)] == ["receive-example.com"]
    assert active_name(boto) is None


@pytest.mark.parametrize(
    ("chosen", "then"), [("no, leave main active", "main"), ("yes, stop main", "next")], ids=["no", "yes"]
)
def test_a_set_beside_the_active_one_warns_before_it_asks(setup, boto, active, chosen, then):
    active("main", STOP)
    question = ("Activate next in place of main?", chosen)
    ran = setup("example.com", "--rule-set", "next", answers=[WHOLE, HERE, MAKE, NOBODY, question, GO])
    assert ran.code == 0
    assert active_name(boto) == then
    assert "all that main does for incoming mail stops at once (its rules: stop-all)" in ran.stderr


def test_a_taken_name_gets_another(setup, boto):
    assert setup(*PLAIN, "--yes").code == 0
    answers = [WHOLE, ("Bucket and prefix", "mails/second/"), NOBODY, ("A name for the new rule", None), GO]
    assert setup("example.com", answers=answers).code == 0
    assert [rule["Name"] for rule in held(boto)] == ["receive-example.com", "receive-example.com-2"]


def test_back_from_every_question(setup, boto):
    boto("ses").create_receipt_rule_set(RuleSetName="spare")
    answers = [
        ("Whose mail?", "some addresses only"),
        ("Which addresses", "<"),
        ("Whose mail?", "some addresses only"),
        ("Which addresses", "a"),
        ("Bucket and prefix", "<"),
        ("Which addresses", "b"),
        HERE,
        ("Make it", "back"),
        HERE,
        MAKE,
        ("Its ARN", "<"),
        HERE,
        MAKE,
        NOBODY,
        ("Which rule set", "back"),
        NOBODY,
        ("Which rule set", "spare"),
        ("Activate spare", "back"),
        ("Which rule set", "a new one, inbound"),
        ACTIVATE,
        GO,
    ]
    ran = setup("example.com", answers=answers)
    assert ran.code == 0, ran.stderr
    assert held(boto)[0]["Recipients"] == ["b@example.com"]


def test_a_no_at_the_end_keeps_the_answers_as_a_command(setup, boto):
    ran = setup("example.com", answers=[WHOLE, HERE, MAKE, NOBODY, ACTIVATE, ("5 changes are made", False)])
    assert ran.code == 2
    assert f"--recipient example.com --s3 {PROPOSED} --create-bucket" in ran.stderr
    assert untouched(boto)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which addresses", "jane@example.org"),
        ("Which addresses", " , "),
        ("Which addresses", "*@example.com"),
        ("Bucket and prefix", "UPPER/x"),
        ("Bucket and prefix", "/x"),
        ("Bucket and prefix", f"mails/{'x' * 1025}"),
        ("Its ARN", "mail"),
        ("Its ARN", TOPIC.replace("us-east-1", "eu-west-1")),
        ("Its ARN", FUNCTION.replace("us-east-1", "eu-west-1")),
    ],
)
def test_answers_that_will_not_do(setup, question, answer):
    script = [("Whose mail?", "some addresses only"), ("Which addresses", "a"), HERE, MAKE, NOBODY]
    before = script[: next(place for place, (part, _) in enumerate(script) if part == question)]
    ran = setup("example.com", "--debug", answers=[*before, (question, answer)])
    assert "is refused" in ran.stderr


# Where the domain stands


def test_a_domain_that_is_not_verified_is_set_up_and_told(sescli, boto, ses):
    ran = sescli("receipt", "setup", *PLAIN, "--yes")
    assert ran.code == 0
    assert "example.com is not verified in us-east-1" in ran.stderr
    assert "SES does not take it yet" in ran.stdout
    assert "Next: sescli identity setup example.com" in ran.stderr


def test_a_domain_below_a_verified_one(setup):
    ran = setup("shop.example.com", "--recipient", "shop.example.com", *PLAIN[3:], "--yes", "-o", "json")
    assert (ran.code, ran.json["verified"], ran.json["accepted"]) == (0, True, True)


def test_where_the_mail_goes_now_is_said_before(setup):
    with NameServer() as server:
        server.publish("example.com", "MX", "10 mx1.mailer.example.", "20 mx2.mailer.example.")
        ran = setup(*PLAIN, "--yes", "--resolver", server.place)
        assert "goes to mx1.mailer.example, mx2.mailer.example now" in ran.stderr
        publish = f"sescli identity publish example.com --resolver {server.place} --for receiving"
        assert f"in Route 53: {publish}" in ran.stderr
        server.publish("example.com", "MX", "10 inbound-smtp.us-east-1.amazonaws.com.")
        ran = setup(*PLAIN, "--resolver", server.place)
        assert "publish the MX record" not in ran.stderr
        assert "send a mail to postmaster@example.com" in ran.stderr
        found = setup(*PLAIN, "--resolver", server.place, "-o", "json").json
        assert found["records"][0]["verdict"] == "ok"


def test_where_the_identity_may_not_be_asked_for_it_is_said(setup, refusing):
    refusing(**{"GET /v2/email/identities/example.com": denied("GetEmailIdentity")})
    ran = setup("example.com", answers=[WHOLE, HERE, MAKE, NOBODY, ACTIVATE, GO])
    assert ran.code == 0
    assert "may not be asked with these credentials" in ran.stderr


def test_a_test_object_that_is_not_there_is_said(setup, boto):
    assert setup(*PLAIN, "--yes").code == 0
    boto("s3").delete_object(Bucket="mails", Key="inbox/AMAZON_SES_SETUP_NOTIFICATION")
    ran = setup(*PLAIN)
    assert "SES has not written AMAZON_SES_SETUP_NOTIFICATION to mails/inbox/ yet" in ran.stdout


def test_subdomains_alone(setup, boto):
    ran = setup(*PLAIN[:1], "--recipient", ".example.com", *PLAIN[3:], "--yes")
    assert ran.code == 0
    assert "MX record of its own: priority 10, inbound-smtp.us-east-1.amazonaws.com" in ran.stderr
    assert held(boto)[0]["Recipients"] == [".example.com"]


# Refused


def test_off_a_terminal_all_that_is_missing_is_named(setup, boto):
    ran = setup("example.com", "-o", "json")
    assert (ran.code, ran.error["message"]) == (2, "missing: --recipient, --s3, --yes")
    assert (
        setup("example.com", "--s3", "mails", "--yes", "-o", "json").error["message"]
        == "missing: --recipient"
    )
    assert setup("-o", "json").error["message"] == "missing: DOMAIN, --recipient, --s3, --yes"
    without_yes = setup(*PLAIN)
    assert (without_yes.code, "--yes" in without_yes.stderr) == (2, True)
    assert untouched(boto)


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
def test_options_that_will_not_do(setup, boto, more):
    assert setup(*PLAIN, *more, "--yes").code == 2
    assert untouched(boto)


@pytest.mark.parametrize("name", ["jane@example.com", "example", "https://example.com", "*.example.com"])
def test_what_is_no_domain(setup, name):
    assert setup(name, *PLAIN[1:], "--yes").code == 2


def test_a_region_that_cannot_receive(setup):
    ran = setup(*PLAIN, "--yes", "--region", "eu-central-2", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "RegionCannotReceive")


def test_no_region_is_guessed(setup, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = setup(*PLAIN, "--yes")
    assert (ran.code, "no region is configured" in ran.stderr) == (2, True)


def test_no_network(sescli, ses):
    ran = sescli("receipt", "setup", *PLAIN, "--yes", "--endpoint-url", "http://127.0.0.1:9")
    assert (ran.code, "Traceback" in ran.stderr) == (6, False)


def test_denied_in_the_middle_says_what_is_done_and_goes_on(setup, boto, refusing, monkeypatch):
    direct = os.environ["AWS_ENDPOINT_URL"]
    refusing(CreateReceiptRule=denied("CreateReceiptRule"))
    ran = setup(*PLAIN, "--yes")
    assert ran.code == 4
    assert "done: create the bucket mails in us-east-1; let SES write to mails" in ran.stderr
    assert "Not done: add the rule receive-example.com to inbound" in ran.stderr
    assert "The same command goes on from there: sescli receipt setup example.com" in ran.stderr
    assert (held(boto), active_name(boto)) == ([], None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", direct)
    found = setup(*PLAIN, "--yes", "-o", "json").json
    assert [step.split()[0] for step in found["changed"]] == ["add", "activate"]
    assert found["accepted"]


def test_a_policy_that_has_not_reached_ses_is_waited_for(setup, boto, refusing):
    late = Refusal(400, "InvalidS3Configuration", "Could not write to bucket: mails", times=1)
    refusing(CreateReceiptRule=late)
    assert setup(*PLAIN, "--yes").code == 0
    assert late.given == 1
    assert len(held(boto)) == 1


def test_a_bucket_that_ses_may_not_write_to_is_not_tried_for_ever(setup, boto, policy, refusing):
    assert setup(*PLAIN, "--no-activate", "--yes").code == 0
    boto("ses").delete_receipt_rule(RuleSetName="inbound", RuleName="receive-example.com")
    never = Refusal(400, "InvalidS3Configuration", "Could not write to bucket: mails")
    refusing(CreateReceiptRule=never)
    ran = setup(*PLAIN, "--yes", "-o", "json")
    assert (ran.code, ran.error["code"], never.given) == (1, "InvalidS3Configuration", 1)


# On a terminal


@pytest.fixture
def place(ses):
    return ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]


def test_the_main_road_on_a_terminal(sescli, domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", "example.com", lines=60)
    talk.until("Whose mail?")
    talk.type("\r")
    talk.until("as BUCKET/PREFIX:")
    talk.type("\r")
    talk.until("Make it in us-east-1?")
    talk.type("\r")
    talk.until("Its ARN")
    talk.type("\r")
    talk.until("Activate inbound at the end?")
    talk.type("\r")
    screen = talk.until("5 changes are made in us-east-1. Go on?")
    assert "the MX record of example.com, which takes over all mail" in " ".join(screen.split())
    assert active_name(boto) is None
    talk.type("y")
    talk.until("Next:")
    assert talk.end() == 0
    assert active_name(boto) == "inbound"


def test_ctrl_c_at_a_question_leaves_all_as_it_was(domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", "example.com", lines=60)
    talk.until("Whose mail?")
    talk.type("\r")
    talk.until("as BUCKET/PREFIX:")
    talk.type("\x03")
    talk.until("interrupted: nothing was changed")
    assert talk.end() == 130
    assert "receipt setup example.com" in talk.screen.splitlines()[-1]
    assert untouched(boto)


def test_the_domain_is_asked_for_and_the_plan_breaks_between_words(domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", *PLAIN[1:], lines=60)
    talk.until("Whose mail shall come in?")
    talk.type("me@example.com\r")
    talk.until("use example.com")
    talk.type("\x15example.com\r")
    screen = talk.until("Go on?")
    assert (
        "\n    then, yours to do: the MX record of example.com, which takes over all mail\n      of that name\n"
        in screen
    )
    talk.type("\x03")
    assert talk.end() == 130
    assert untouched(boto)


def test_ctrl_c_leaves_all_as_it_was_and_the_command_to_go_on(sescli, domain, boto, place):
    talk = OnTerminal(*place, "receipt", "setup", *PLAIN, lines=60)
    talk.until("Go on?")
    talk.type("\x03")
    talk.until("interrupted")
    assert talk.end() == 130
    assert untouched(boto)
