"""`sescli suppression list|add|show|remove|settings`; read back through boto3."""

from __future__ import annotations


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
        ran = sescli("suppression", verb, "nobody@example.org", "-o", "json")
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
    ran = sescli("suppression", "remove", *names, "-v")
    assert ran.code == 5
    assert ran.stderr.count("ListSuppressedDestinations") == 1
    assert "gone@example.org is not on" in ran.stderr
    assert listed() == {"dan@example.org": "BOUNCE"}


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
    assert sescli("suppression", "settings", "--reasons", "none").code == 0
    assert reasons() == []
    assert sescli("suppression", "settings", "--reasons", "spam").code == 2
