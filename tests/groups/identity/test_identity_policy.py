"""`sescli identity policy`: who else may send from an identity, against the embedded SES."""

from __future__ import annotations

import json

import pytest
from gatekeeper import denied, throttled

ARN = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": "210987654321"},
    "Action": ["ses:SendEmail", "ses:SendRawEmail"],
    "Resource": ARN,
}
POLICIES = "GET /v2/email/identities/example.com/policies"


@pytest.fixture(autouse=True)
def verified(sescli, ses):
    sescli("identity", "verify", "example.com", "jane@example.com")


def policy(**more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{**STATEMENT, **more}]}, indent=2)


def put(sescli, document, *more, name="partner"):
    return sescli("identity", "policy", "put", "example.com", name, "--policy", document, *more)


def held(boto):
    return boto("sesv2").get_email_identity_policies(EmailIdentity="example.com")["Policies"]


def test_put_makes_and_then_changes(sescli, boto):
    ran = put(sescli, policy())
    assert (ran.code, "Created the policy partner" in ran.stdout) == (0, True)
    assert json.loads(held(boto)["partner"]) == json.loads(policy())
    ran = put(sescli, policy(Action="ses:Send*"), "-o", "json")
    assert ran.json["policy"]["Statement"][0]["Action"] == "ses:Send*"
    assert json.loads(held(boto)["partner"])["Statement"][0]["Action"] == "ses:Send*"
    assert "Changed the policy" in put(sescli, policy()).stdout


def test_put_from_a_file_and_from_standard_input(sescli, boto, tmp_path):
    (tmp_path / "policy.json").write_text(policy())
    assert put(sescli, f"@{tmp_path}/policy.json").code == 0
    ran = sescli("identity", "policy", "put", "example.com", "copy", "--policy", "-", stdin=policy())
    assert ran.code == 0
    assert held(boto)["copy"] == held(boto)["partner"]
    ran = put(sescli, f"@{tmp_path}/missing.json")
    assert (ran.code, "missing.json" in ran.stderr) == (2, True)


def test_show_gives_what_put_takes(sescli, boto):
    put(sescli, policy())
    text = sescli("identity", "policy", "show", "example.com", "partner").stdout
    assert json.loads(text) == json.loads(policy())
    assert put(sescli, text, name="copy").code == 0
    shown = sescli("identity", "policy", "show", "example.com", "partner", "-o", "json").json
    assert shown == {"identity": "example.com", "name": "partner", "policy": json.loads(policy())}


def test_list_tells_who_may_do_what(sescli):
    ran = sescli("identity", "policy", "list", "example.com")
    assert (ran.code, "nobody but this account" in ran.stderr) == (0, True)
    put(sescli, policy(Condition={"StringLike": {"ses:FromAddress": "a*@example.com"}}))
    put(sescli, policy(), name="always")
    lines = sescli("identity", "policy", "list", "example.com").stdout.splitlines()
    assert lines[1].split() == [
        "always",
        "Allow",
        "210987654321",
        "ses:SendEmail,",
        "ses:SendRawEmail",
        "always",
    ]
    assert lines[2].endswith("conditions hold")
    listed = sescli("identity", "policy", "list", "example.com", "-o", "json").json
    assert [found["name"] for found in listed] == ["always", "partner"]


def test_a_policy_that_is_open_to_all_is_asked_about(sescli, boto):
    for principal in ("*", {"AWS": "*"}, {"AWS": ["210987654321", "*"]}):
        ran = put(sescli, policy(Principal=principal))
        assert ran.code == 2
        assert "Anybody with an AWS account" in ran.stderr
    assert held(boto) == {}
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}
    assert put(sescli, policy(Principal="*", Condition=condition)).code == 0
    ran = sescli(
        *("identity", "policy", "put", "example.com", "open", "--policy", policy(Principal="*")),
        answers=[("Put the policy open?", True)],
    )
    assert ran.code == 0
    assert put(sescli, policy(Principal="*", Effect="Deny"), name="deny").code == 0


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "no Statement"),
        ('{"Statement": []}', "no Statement"),
        ('{"Statement": ["x"]}', "statement 1 of the policy is not an object"),
        ('{"Statement": [{"Effect": "Allow"}]}', "lacks Action, Resource, Principal"),
        ('{"Statement": [], "Statement": []}', "Statement twice"),
        ('{"Statement": NaN}', "NaN"),
        ("[" * 100_000, "nested too deeply"),
        (f'{{"Statement": {"9" * 5000}}}', "number of thousands of digits"),
        (policy(Effect="allow"), "Allow or Deny"),
        (policy(Action="s3:GetObject"), "sends no mail"),
        (policy(Action=["ses:SendEmail", "ses:DeleteIdentity"]), "'ses:DeleteIdentity'"),
        (policy(Resource="*"), f"it is {ARN}"),
        (policy(Resource=[ARN, f"{ARN}x"]), "another identity"),
        (policy(Resource=ARN.replace("us-east-1", "eu-west-1")), "another region"),
        (policy(Resource=ARN.replace("123456789012", "210987654321")), "another account"),
        (policy(Sid="x" * 4096), "SES takes 4,096"),
    ],
)
def test_what_ses_would_refuse_is_refused_here(sescli, boto, document, words):
    ran = put(sescli, document, "--yes")
    assert ran.code == 2
    assert words in ran.stderr
    assert held(boto) == {}


@pytest.mark.parametrize("name", ["a b", "a.b", "x" * 65, "a\r\nb", ""])
def test_names_that_will_not_do(sescli, boto, name):
    assert put(sescli, policy(), name=name).code == 2
    assert held(boto) == {}


def test_white_space_does_not_count(sescli, boto):
    assert put(sescli, policy() + " " * 5000).code == 0
    assert len(held(boto)["partner"]) < 4096


def test_the_arn_of_an_address(sescli, boto):
    arn = ARN.replace("example.com", "jane@example.com")
    ran = sescli("identity", "policy", "put", "jane@example.com", "p", "--policy", policy(Resource=arn))
    assert ran.code == 0
    ran = sescli("identity", "policy", "put", "jane@example.com", "p", "--policy", policy())
    assert (ran.code, "another identity" in ran.stderr) == (2, True)


def test_one_too_many(sescli, boto):
    v2 = boto("sesv2")
    for number in range(20):
        v2.create_email_identity_policy(EmailIdentity="example.com", PolicyName=f"p{number}", Policy=policy())
    ran = put(sescli, policy())
    assert (ran.code, "SES takes 20" in ran.stderr) == (2, True)
    assert put(sescli, policy(), name="p7").code == 0


def test_a_dry_run_puts_nothing(sescli, boto):
    ran = put(sescli, policy(), "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["CreateEmailIdentityPolicy"]
    assert json.loads(ran.json[0]["parameters"]["Policy"]) == json.loads(policy())
    assert held(boto) == {}


def test_an_account_that_is_not_known_is_not_checked(sescli, boto, refusing):
    refusing(GetCallerIdentity=denied("GetCallerIdentity"))
    ran = put(sescli, policy(Resource=ARN.replace("123456789012", "210987654321")))
    assert ran.code == 0
    assert "warning: not checked whether the policy names this account" in ran.stderr


def test_delete_says_who_loses_and_asks(sescli, boto):
    put(sescli, policy())
    ran = sescli("identity", "policy", "delete", "example.com", "partner")
    assert ran.code == 2
    assert "210987654321 can no longer send from example.com" in ran.stderr
    assert "partner" in held(boto)
    ran = sescli("identity", "policy", "delete", "example.com", "partner", "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["DeleteEmailIdentityPolicy"]
    assert sescli("identity", "policy", "delete", "example.com", "partner", "--yes").code == 0
    assert held(boto) == {}


def test_what_is_not_there(sescli):
    put(sescli, policy())
    for verb in ("show", "delete"):
        ran = sescli("identity", "policy", verb, "example.com", "nope", "--yes", "-o", "json")
        assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
        assert "it has partner" in ran.error["message"]
    for verb in (["list"], ["show", "x"], ["delete", "x"]):
        ran = sescli("identity", "policy", verb[0], "nobody.example", *verb[1:], "--yes")
        assert (ran.code, "nobody.example is no identity" in ran.stderr) == (5, True), verb


def test_put_on_what_is_not_there(sescli):
    document = policy(Resource=ARN.replace("example.com", "nobody.example"))
    ran = sescli("identity", "policy", "put", "nobody.example", "p", "--policy", document, "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert "sescli identity setup nobody.example" in ran.error["hint"]


def test_denied_and_throttled(sescli, refusing):
    refusing(**{POLICIES: denied("GetEmailIdentityPolicies")})
    assert sescli("identity", "policy", "list", "example.com").code == 4
    refusing(**{f"{POLICIES.replace('GET', 'POST')}/partner": denied("CreateEmailIdentityPolicy")})
    assert put(sescli, policy()).code == 4
    refusing(**{POLICIES: throttled(9)})
    assert sescli("identity", "policy", "list", "example.com").code == 6
