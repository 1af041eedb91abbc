"""`sescli identity tags`: list, set and remove the tags of an identity, against the emulator."""

from __future__ import annotations

import pytest
from gatekeeper import denied, throttled

ARN = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
TEAM, STAGE = {"key": "team", "value": "shop"}, {"key": "stage", "value": "prod"}


@pytest.fixture(autouse=True)
def tagged(sescli, ses):
    sescli("identity", "verify", "example.com", "--tag", "team=shop", "--tag", "stage=prod")


@pytest.fixture
def tags(sescli):
    def call(verb, *arguments, name="example.com"):
        return sescli("identity", "tags", verb, name, *arguments)

    return call


def held(boto):
    found = boto("sesv2").list_tags_for_resource(ResourceArn=ARN)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_list_shows_tags_by_key(tags):
    assert tags("list", "-o", "json").json == [STAGE, TEAM]
    lines = tags("list").stdout.splitlines()
    assert [line.split() for line in lines[1:]] == [["stage", "prod"], ["team", "shop"]]


def test_list_of_address_without_tags_is_empty(sescli, tags):
    sescli("identity", "verify", "jane@example.com")
    ran = tags("list", name="jane@example.com")
    assert (ran.code, "jane@example.com has no tags" in ran.stderr) == (0, True)
    assert tags("list", "-o", "json", name="jane@example.com").json == []


def test_set_adds_and_replaces_and_keeps_other_tags(tags, boto):
    ran = tags("set", "team=billing", "note=a=b", "empty=", "-o", "json")
    expected = {"empty": "", "note": "a=b", "stage": "prod", "team": "billing"}
    assert ran.json == [{"key": key, "value": value} for key, value in expected.items()]
    assert held(boto) == expected
    assert "Set the tag cost of example.com (us-east-1)." in tags("set", "cost=7").stdout


def test_set_to_current_value_sends_no_change(tags, refusing):
    refusing(**{"POST /v2/email/tags": denied("TagResource")})
    ran = tags("set", "team=shop")
    assert (ran.code, "Nothing changed" in ran.stdout) == (0, True)
    assert tags("set", "team=billing").code == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["team"], "write it as team=billing"),
        (["a=1", "a=2"], "tag a is given twice"),
        (["aws:x=1"], "reserved for AWS"),
        (["k" * 129 + "=1"], "at most 128"),
        ([f"k{number}=1" for number in range(49)], "SES allows 50"),
        ([], "KEY=VALUE"),
    ],
)
def test_set_rejects_invalid_tags(tags, boto, arguments, words):
    ran = tags("set", *arguments)
    assert (ran.code, words in ran.stderr, "--tag" in ran.stderr) == (2, True, False)
    assert held(boto) == {"team": "shop", "stage": "prod"}


def test_remove_returns_tags_that_are_left(tags, boto):
    assert tags("remove", "team", "-o", "json").json == [STAGE]
    assert held(boto) == {"stage": "prod"}
    assert "Removed the tag stage of example.com (us-east-1)." in tags("remove", "stage").stdout
    assert held(boto) == {}


def test_remove_of_missing_key_changes_nothing_and_names_existing_keys(tags, boto):
    ran = tags("remove", "team", "tema", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert "tag tema of example.com not found in us-east-1; its tags are stage, team" in ran.error["message"]
    assert "sescli identity tags list example.com" in ran.error["hint"]
    assert held(boto) == {"team": "shop", "stage": "prod"}


def test_dry_run_prints_call_and_changes_nothing(tags, boto):
    (call,) = tags("set", "team=billing", "--dry-run", "-o", "json").json
    assert call["operation"] == "TagResource"
    assert call["parameters"] == {"ResourceArn": ARN, "Tags": [{"Key": "team", "Value": "billing"}]}
    (call,) = tags("remove", "team", "--dry-run", "-o", "json").json
    assert call["operation"] == "UntagResource"
    assert call["parameters"] == {"ResourceArn": ARN, "TagKeys": ["team"]}
    assert held(boto) == {"team": "shop", "stage": "prod"}


@pytest.mark.parametrize("arguments", [["list"], ["set", "a=b"], ["remove", "a"]])
def test_tags_of_missing_identity_hint_at_setup(tags, arguments):
    ran = tags(*arguments, "-o", "json", name="missing.example")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert "identity missing.example not found" in ran.error["message"]
    assert "sescli identity setup missing.example" in ran.error["hint"]


def test_tags_report_denied_and_throttled_calls(tags, refusing):
    refusing(**{"GET /v2/email/tags": denied("ListTagsForResource")})
    assert tags("list").code == 4
    refusing(**{"GET /v2/email/tags": throttled(9)})
    assert tags("list").code == 6
    refusing(GetCallerIdentity=denied("GetCallerIdentity"))
    assert tags("list").code == 4
