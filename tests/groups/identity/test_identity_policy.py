"""`sescli identity policy`: who else may send from an identity, against the emulator."""

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


def test_put_creates_then_replaces_policy(sescli, boto):
    ran = put(sescli, policy())
    assert (ran.code, "Created the policy partner" in ran.stdout) == (0, True)
    assert json.loads(held(boto)["partner"]) == json.loads(policy())
    ran = put(sescli, policy(Action="ses:Send*"), "-o", "json")
    assert ran.json["policy"]["Statement"][0]["Action"] == "ses:Send*"
    assert json.loads(held(boto)["partner"])["Statement"][0]["Action"] == "ses:Send*"
    assert "Replaced the policy" in put(sescli, policy()).stdout


def test_put_reads_file_and_standard_input(sescli, boto, tmp_path):
    (tmp_path / "policy.json").write_text(policy())
    assert put(sescli, f"@{tmp_path}/policy.json").code == 0
    ran = sescli("identity", "policy", "put", "example.com", "copy", "--policy", "-", stdin=policy())
    assert ran.code == 0
    assert held(boto)["copy"] == held(boto)["partner"]
    ran = put(sescli, f"@{tmp_path}/missing.json")
    assert (ran.code, "missing.json" in ran.stderr) == (2, True)


def test_show_output_is_valid_input_for_put(sescli, boto):
    put(sescli, policy())
    text = sescli("identity", "policy", "show", "example.com", "partner").stdout
    assert json.loads(text) == json.loads(policy())
    assert put(sescli, text, name="copy").code == 0
    shown = sescli("identity", "policy", "show", "example.com", "partner", "-o", "json").json
    assert shown == {"identity": "example.com", "name": "partner", "policy": json.loads(policy())}


def test_list_shows_principal_actions_and_condition(sescli):
    ran = sescli("identity", "policy", "list", "example.com")
    assert (ran.code, "Only this account may send from it" in ran.stderr) == (0, True)
    put(sescli, policy(Condition={"StringLike": {"ses:FromAddress": "a*@example.com"}}))
    put(sescli, policy(), name="always")
    lines = sescli("identity", "policy", "list", "example.com").stdout.splitlines()
    assert lines[1].split() == [
        "always",
        "Allow",
        "210987654321",
        "ses:SendEmail,",
        "ses:SendRawEmail",
        "none",
    ]
    assert lines[2].endswith("yes")
    listed = sescli("identity", "policy", "list", "example.com", "-o", "json").json
    assert [found["name"] for found in listed] == ["always", "partner"]


def test_put_asks_before_policy_open_to_all_accounts(sescli, boto):
    for principal in ("*", {"AWS": "*"}, {"AWS": ["210987654321", "*"]}):
        ran = put(sescli, policy(Principal=principal))
        assert ran.code == 2
        assert "Anyone with an AWS account can then send from example.com" in ran.stderr
    assert held(boto) == {}
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}
    assert put(sescli, policy(Principal="*", Condition=condition)).code == 0
    ran = sescli(
        *("identity", "policy", "put", "example.com", "open", "--policy", policy(Principal="*")),
        answers=[("Create or replace the policy open?", True)],
    )
    assert ran.code == 0
    assert put(sescli, policy(Principal="*", Effect="Deny"), name="deny").code == 0


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "no Statement"),
        ('{"Statement": []}', "no Statement"),
        ('{"Statement": ["x"]}', "statement 1 of the policy is not an object"),
        ('{"Statement": [{"Effect": "Allow"}]}', "has no Action, Resource, Principal"),
        ('{"Statement": [], "Statement": []}', "Statement twice"),
        ('{"Statement": NaN}', "NaN"),
        ("[" * 100_000, "nested too deeply"),
        (f'{{"Statement": {"9" * 5000}}}', "number with thousands of digits"),
        (policy(Effect="allow"), "Allow or Deny"),
        (policy(Action="s3:GetObject"), "is not a sending action"),
        (policy(Action=["ses:SendEmail", "ses:DeleteIdentity"]), "'ses:DeleteIdentity'"),
        (policy(Resource="*"), f"use {ARN}"),
        (policy(Resource=[ARN, f"{ARN}x"]), "another identity"),
        (policy(Resource=ARN.replace("us-east-1", "eu-west-1")), "another region"),
        (policy(Resource=ARN.replace("123456789012", "210987654321")), "another account"),
        (policy(Sid="x" * 4096), "SES allows 4,096"),
    ],
)
def test_put_rejects_policy_that_ses_rejects(sescli, boto, document, words):
    ran = put(sescli, document, "--yes")
    assert ran.code == 2
    assert words in ran.stderr
    assert held(boto) == {}


@pytest.mark.parametrize("name", ["a b", "a.b", "x" * 65, "a\r\nb", ""])
def test_put_rejects_invalid_policy_name(sescli, boto, name):
    assert put(sescli, policy(), name=name).code == 2
    assert held(boto) == {}


def test_put_ignores_white_space_in_size_limit(sescli, boto):
    assert put(sescli, policy() + " " * 5000).code == 0
    assert len(held(boto)["partner"]) < 4096


def test_put_requires_arn_of_address(sescli, boto):
    arn = ARN.replace("example.com", "jane@example.com")
    ran = sescli("identity", "policy", "put", "jane@example.com", "p", "--policy", policy(Resource=arn))
    assert ran.code == 0
    ran = sescli("identity", "policy", "put", "jane@example.com", "p", "--policy", policy())
    assert (ran.code, "another identity" in ran.stderr) == (2, True)


def test_put_rejects_21st_policy(sescli, boto):
    v2 = boto("sesv2")
    for number in range(20):
        v2.create_email_identity_policy(EmailIdentity="example.com", PolicyName=f"p{number}", Policy=policy())
    ran = put(sescli, policy())
    assert (ran.code, "SES allows 20" in ran.stderr) == (2, True)
    assert put(sescli, policy(), name="p7").code == 0


def test_put_dry_run_changes_nothing(sescli, boto):
    ran = put(sescli, policy(), "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["CreateEmailIdentityPolicy"]
    assert json.loads(ran.json[0]["parameters"]["Policy"]) == json.loads(policy())
    assert held(boto) == {}


def test_put_warns_if_account_is_unknown(sescli, boto, refusing):
    refusing(GetCallerIdentity=denied("GetCallerIdentity"))
    ran = put(sescli, policy(Resource=ARN.replace("123456789012", "210987654321")))
    assert ran.code == 0
    assert "warning: could not check whether the policy names this account" in ran.stderr


def test_policy_delete_names_affected_principals_and_asks(sescli, boto):
    put(sescli, policy())
    ran = sescli("identity", "policy", "delete", "example.com", "partner")
    assert ran.code == 2
    assert "210987654321 can no longer send from example.com" in ran.stderr
    assert "partner" in held(boto)
    ran = sescli("identity", "policy", "delete", "example.com", "partner", "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["DeleteEmailIdentityPolicy"]
    assert sescli("identity", "policy", "delete", "example.com", "partner", "--yes").code == 0
    assert held(boto) == {}


def test_policy_commands_report_missing_policy_or_identity(sescli):
    put(sescli, policy())
    for verb in ("show", "delete"):
        ran = sescli("identity", "policy", verb, "example.com", "nope", "--yes", "-o", "json")
        assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
        assert "its policies are partner" in ran.error["message"]
    for verb in (["list"], ["show", "x"], ["delete", "x"]):
        ran = sescli("identity", "policy", verb[0], "missing.example", *verb[1:], "--yes")
        assert (ran.code, "identity missing.example not found" in ran.stderr) == (5, True), verb


def test_put_on_missing_identity_hints_at_setup(sescli):
    document = policy(Resource=ARN.replace("example.com", "missing.example"))
    ran = sescli("identity", "policy", "put", "missing.example", "p", "--policy", document, "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert "sescli identity setup missing.example" in ran.error["hint"]


def test_policy_commands_report_denied_and_throttled_calls(sescli, refusing):
    refusing(**{POLICIES: denied("GetEmailIdentityPolicies")})
    assert sescli("identity", "policy", "list", "example.com").code == 4
    refusing(**{f"{POLICIES.replace('GET', 'POST')}/partner": denied("CreateEmailIdentityPolicy")})
    assert put(sescli, policy()).code == 4
    refusing(**{POLICIES: throttled(9)})
    assert sescli("identity", "policy", "list", "example.com").code == 6
