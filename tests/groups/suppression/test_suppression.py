"""`sescli suppression list|add|show|remove|settings`; read back through boto3."""

from __future__ import annotations

import pytest
from gatekeeper import Refusal, denied


class TheSecond(Refusal):
    """Lets all but the second one through."""

    def __init__(self):
        super().__init__(403, "AccessDenied", "not authorized")

    def takes(self):
        self.given += 1
        return self.given == 2


def test_add_puts_addresses_on_the_list(sescli, ses, listed):
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


def test_add_under_a_dry_run_and_with_what_is_no_address(sescli, ses, listed):
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


def test_add_in_the_sandbox(sescli, ses, listed):
    ses.control(sandbox=True)
    ran = sescli("suppression", "add", "ann@example.org", "-o", "json")
    assert ran.code == 1
    assert ran.error["code"] == "Sandbox"
    assert "sescli sandbox request-production" in ran.error["hint"]


def test_show_in_any_case_of_letters(sescli, suppressed):
    suppressed("Ann@Example.org", reason="COMPLAINT")
    for spelt in ("Ann@Example.org", "ann@example.org", "ANN@EXAMPLE.ORG"):
        shown = sescli("suppression", "show", spelt, "-o", "json").json
        assert (shown["email"], shown["reason"]) == ("Ann@Example.org", "COMPLAINT")
        assert shown["last_update_time"].endswith("Z")


def test_show_and_remove_of_what_is_not_there(sescli, suppressed):
    suppressed("ann@example.org")
    for verb in ("show", "remove"):
        ran = sescli("suppression", verb, "nobody@example.org", "--yes", "-o", "json")
        assert ran.code == 5
        assert ran.error["code"] == "NotFoundException"
        assert "in upper or lower case" in ran.error["message"]
        assert "per region" in ran.error["hint"]


def test_show_of_several_tells_the_absent(sescli, suppressed):
    suppressed("Ann@example.org", "bob@example.org")
    ran = sescli("suppression", "show", "ann@example.org", "bob@example.org", "x@example.org", "-o", "json")
    assert ran.code == 5
    assert sorted(one["email"] for one in ran.json) == ["Ann@example.org", "bob@example.org"]
    assert "x@example.org is not on" in ran.stderr


def test_remove_of_many_reads_the_list_once(sescli, suppressed, listed):
    suppressed("Ann@example.org", "BOB@example.org", "bob@example.org", "cat@example.org", "dan@example.org")
    names = ["ann@example.org", "Bob@example.org", "cat@example.org", "gone@example.org"]
    ran = sescli("suppression", "remove", *names, "--yes", "-v")
    assert ran.code == 5
    assert ran.stderr.count("ListSuppressedDestinations") == 1
    assert "gone@example.org is not on" in ran.stderr
    assert listed() == {"dan@example.org": "BOUNCE"}


def test_an_address_named_twice_is_taken_off_once(sescli, suppressed, listed):
    suppressed("Ann@example.org")
    ran = sescli("suppression", "remove", "ann@example.org", "ANN@example.org", "--yes", "-o", "json")
    assert (ran.code, ran.json) == (0, [{"email": "Ann@example.org"}])
    assert listed() == {}


def test_list_by_reason_and_time(sescli, suppressed):
    suppressed("ann@example.org")
    suppressed("bob@example.org", reason="COMPLAINT")
    assert [
        one["email"] for one in sescli("suppression", "list", "--reason", "complaint", "-o", "json").json
    ] == ["bob@example.org"]
    assert sescli("suppression", "list", "--until", "1d", "-o", "json").json == []
    assert len(sescli("suppression", "list", "--since", "1d", "-o", "json").json) == 2
    assert sescli("suppression", "list", "--since", "soon").code == 2


def test_settings(sescli, ses, boto):
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


def test_remove_asks(sescli, suppressed, listed):
    suppressed("ann@example.org")
    refused = sescli("suppression", "remove", "ann@example.org", "-o", "json")
    assert refused.code == 2
    assert "would deliver to ann@example.org again" in refused.error["message"]
    no = sescli("suppression", "remove", "ann@example.org", answers=[("Take it off", False)])
    assert (no.code, listed()) == (2, {"ann@example.org": "BOUNCE"})
    assert sescli("suppression", "remove", "ann@example.org", answers=[("Take it off", True)]).code == 0
    assert listed() == {}


@pytest.mark.parametrize("verb", ["show", "remove"])
@pytest.mark.parametrize("text", ["", " ", "nobody", "@example.org", "ann@", "ann\n@example.org", "a\nb@x.y"])
def test_what_is_no_address_is_not_asked_for(sescli, suppressed, listed, verb, text):
    suppressed("ann@example.org")
    ran = sescli("suppression", verb, text, "--yes", "-v", "-o", "json")
    assert ran.code == 2
    assert ": request " not in ran.stderr
    assert listed() == {"ann@example.org": "BOUNCE"}


def test_an_odd_address_that_ses_took_can_be_taken_off(sescli, suppressed, listed):
    suppressed("two..dots@example.org")
    assert sescli("suppression", "show", "two..dots@example.org").code == 0
    assert sescli("suppression", "remove", "two..dots@example.org", "--yes").code == 0
    assert listed() == {}


@pytest.mark.parametrize(
    ("verb", "method", "left"),
    [("add", "PUT", {"ann", "cat"}), ("remove", "DELETE", {"bob"})],
)
def test_a_failure_among_several_is_told_beside_what_was_done(
    sescli, suppressed, listed, refusing, verb, method, left
):
    names = [f"{name}@example.org" for name in ("ann", "bob", "cat")]
    if verb == "remove":
        suppressed(*names)
    path = "/v2/email/suppression/addresses"
    refusing(**{f"{method} {path}": TheSecond(), f"{method} {path}/bob%40example.org": denied("DeleteIt")})
    ran = sescli("suppression", verb, *names, "--yes", "-o", "json")
    assert ran.code == 4
    assert [done["email"] for done in ran.json] == ["ann@example.org", "cat@example.org"]
    assert listed().keys() == {f"{name}@example.org" for name in left}


def test_in_the_sandbox_several_are_refused_once(sescli, ses):
    ses.control(sandbox=True)
    ran = sescli("suppression", "add", "ann@example.org", "bob@example.org")
    assert ran.code == 1
    assert ran.stderr.count("the account is in the sandbox") == 1
    assert "skipped: bob@example.org" in ran.stderr
