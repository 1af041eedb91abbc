"""`sescli suppression list|add|show|remove|settings`; the list is read through boto3."""

from __future__ import annotations

import pytest
from gatekeeper import Refusal, denied


class DenySecondCall(Refusal):
    """Denies the second call only."""

    def __init__(self):
        super().__init__(403, "AccessDenied", "not authorized")

    def takes(self):
        self.given += 1
        return self.given == 2


def test_suppression_add_adds_addresses_with_reason(sescli, ses, listed):
    ran = sescli(
        "suppression",
        "add",
        "Ann <ann@example.org>",
        "bob@example.org",
        "--reason",
        "complaint",
        "-o",
        "json",
    )
    assert ran.code == 0, ran.stderr
    assert ran.json == [
        {"email": "ann@example.org", "reason": "COMPLAINT"},
        {"email": "bob@example.org", "reason": "COMPLAINT"},
    ]
    assert listed() == {"ann@example.org": "COMPLAINT", "bob@example.org": "COMPLAINT"}


def test_suppression_add_dry_run_and_invalid_values_add_nothing(sescli, ses, listed):
    planned = sescli("suppression", "add", "ann@example.org", "--dry-run", "-o", "json").json
    assert planned == [
        {
            "service": "sesv2",
            "operation": "PutSuppressedDestination",
            "parameters": {"EmailAddress": "ann@example.org", "Reason": "BOUNCE"},
        }
    ]
    assert sescli("suppression", "add", "ann@example.org", "nobody").code == 2
    assert sescli("suppression", "add", "ann@example.org", "--reason", "spam").code == 2
    assert listed() == {}


def test_suppression_add_explains_sandbox(sescli, ses, listed):
    ses.control(sandbox=True)
    ran = sescli("suppression", "add", "ann@example.org", "-o", "json")
    assert ran.code == 1
    assert ran.error["code"] == "Sandbox"
    assert "sescli sandbox request-production" in ran.error["hint"]


def test_suppression_show_finds_address_in_any_case(sescli, suppressed):
    suppressed("Ann@Example.org", reason="COMPLAINT")
    for spelt in ("Ann@Example.org", "ann@example.org", "ANN@EXAMPLE.ORG"):
        shown = sescli("suppression", "show", spelt, "-o", "json").json
        assert (shown["email"], shown["reason"]) == ("Ann@Example.org", "COMPLAINT")
        assert shown["last_update_time"].endswith("Z")


def test_suppression_show_and_remove_report_missing_address(sescli, suppressed):
    suppressed("ann@example.org")
    for verb in ("show", "remove"):
        ran = sescli("suppression", verb, "nobody@example.org", "--yes", "-o", "json")
        assert ran.code == 5
        assert ran.error["code"] == "NotFoundException"
        assert "in upper or lower case" in ran.error["message"]
        assert "per region" in ran.error["hint"]


def test_suppression_show_of_several_reports_missing_address(sescli, suppressed):
    suppressed("Ann@example.org", "bob@example.org")
    ran = sescli("suppression", "show", "ann@example.org", "bob@example.org", "x@example.org", "-o", "json")
    assert ran.code == 5
    assert sorted(one["email"] for one in ran.json) == ["Ann@example.org", "bob@example.org"]
    assert "x@example.org is not on" in ran.stderr


def test_suppression_remove_of_several_reads_the_list_once(sescli, suppressed, listed):
    suppressed("Ann@example.org", "BOB@example.org", "bob@example.org", "cat@example.org", "dan@example.org")
    names = ["ann@example.org", "Bob@example.org", "cat@example.org", "gone@example.org"]
    ran = sescli("suppression", "remove", *names, "--yes", "-v")
    assert ran.code == 5
    assert ran.stderr.count("ListSuppressedDestinations") == 1
    assert "gone@example.org is not on" in ran.stderr
    assert listed() == {"dan@example.org": "BOUNCE"}


def test_suppression_remove_removes_repeated_address_once(sescli, suppressed, listed):
    suppressed("Ann@example.org")
    ran = sescli("suppression", "remove", "ann@example.org", "ANN@example.org", "--yes", "-o", "json")
    assert (ran.code, ran.json) == (0, [{"email": "Ann@example.org"}])
    assert listed() == {}


def test_suppression_list_by_reason_and_time(sescli, suppressed):
    suppressed("ann@example.org")
    suppressed("bob@example.org", reason="COMPLAINT")
    assert [
        one["email"] for one in sescli("suppression", "list", "--reason", "complaint", "-o", "json").json
    ] == ["bob@example.org"]
    assert sescli("suppression", "list", "--until", "1d", "-o", "json").json == []
    assert len(sescli("suppression", "list", "--since", "1d", "-o", "json").json) == 2
    assert sescli("suppression", "list", "--since", "soon").code == 2


def test_suppression_settings_show_and_set_reasons(sescli, ses, boto):
    def reasons():
        return boto("sesv2").get_account()["SuppressionAttributes"]["SuppressedReasons"]

    assert sescli("suppression", "settings", "-o", "json").json == {"reasons": reasons()}
    assert sescli("suppression", "settings", "--reasons", "complaint").code == 0
    assert reasons() == ["COMPLAINT"]
    assert sescli("suppression", "settings", "--reasons", "none", "--dry-run").code == 0
    assert reasons() == ["COMPLAINT"]
    refused = sescli("suppression", "settings", "--reasons", "none")
    assert (refused.code, reasons()) == (2, ["COMPLAINT"])
    assert "add --yes" in refused.stderr
    assert sescli("suppression", "settings", "--reasons", "none", "--yes").code == 0
    assert reasons() == []
    assert sescli("suppression", "settings", "--reasons", "spam").code == 2


def test_suppression_remove_asks_for_confirmation(sescli, suppressed, listed):
    suppressed("ann@example.org")
    refused = sescli("suppression", "remove", "ann@example.org", "-o", "json")
    assert refused.code == 2
    assert "SES in us-east-1 will deliver to ann@example.org again" in refused.error["message"]
    no = sescli(
        "suppression", "remove", "ann@example.org", answers=[("Remove it from the suppression list?", False)]
    )
    assert (no.code, listed()) == (2, {"ann@example.org": "BOUNCE"})
    assert (
        sescli(
            "suppression",
            "remove",
            "ann@example.org",
            answers=[("Remove it from the suppression list?", True)],
        ).code
        == 0
    )
    assert listed() == {}


@pytest.mark.parametrize("verb", ["show", "remove"])
@pytest.mark.parametrize("text", ["", " ", "nobody", "@example.org", "ann@", "ann\n@example.org", "a\nb@x.y"])
def test_suppression_show_and_remove_reject_invalid_address_without_calls(
    sescli, suppressed, listed, verb, text
):
    suppressed("ann@example.org")
    ran = sescli("suppression", verb, text, "--yes", "-v", "-o", "json")
    assert ran.code == 2
    assert ": request " not in ran.stderr
    assert listed() == {"ann@example.org": "BOUNCE"}


def test_suppression_show_and_remove_accept_unusual_stored_address(sescli, suppressed, listed):
    suppressed("two..dots@example.org")
    assert sescli("suppression", "show", "two..dots@example.org").code == 0
    assert sescli("suppression", "remove", "two..dots@example.org", "--yes").code == 0
    assert listed() == {}


@pytest.mark.parametrize(
    ("verb", "method", "left"),
    [("add", "PUT", {"ann", "cat"}), ("remove", "DELETE", {"bob"})],
)
def test_suppression_add_and_remove_continue_after_a_denied_call(
    sescli, suppressed, listed, refusing, verb, method, left
):
    names = [f"{name}@example.org" for name in ("ann", "bob", "cat")]
    if verb == "remove":
        suppressed(*names)
    path = "/v2/email/suppression/addresses"
    refusing(
        **{f"{method} {path}": DenySecondCall(), f"{method} {path}/bob%40example.org": denied("DeleteIt")}
    )
    ran = sescli("suppression", verb, *names, "--yes", "-o", "json")
    assert ran.code == 4
    assert [done["email"] for done in ran.json] == ["ann@example.org", "cat@example.org"]
    assert listed().keys() == {f"{name}@example.org" for name in left}


def test_suppression_add_of_several_reports_sandbox_once(sescli, ses):
    ses.control(sandbox=True)
    ran = sescli("suppression", "add", "ann@example.org", "bob@example.org")
    assert ran.code == 1
    assert ran.stderr.count("the account is in the sandbox") == 1
    assert "skipped: bob@example.org" in ran.stderr
