"""`sescli status`: what the screen says about access, quota and identities."""

from __future__ import annotations

from gatekeeper import denied


def test_status_in_sandbox_lists_quota_and_identities(sescli, ses, boto):
    ses.control(sandbox=True)
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("sesv2").send_email(
        FromEmailAddress="noreply@example.com",
        Destination={"ToAddresses": ["jane@example.com"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    )
    ran = sescli("status")
    assert "sandbox: only verified recipients" in ran.stdout
    assert "1 of 200 in the last 24 hours (0.5%)" in ran.stdout
    assert "1 recipients per second" in ran.stdout
    assert "1 verified" in ran.stdout
    assert "Next:" not in ran.stderr


def test_status_in_production_without_quota_limit(sescli, ses):
    ses.control(sandbox=False, quota=-1)
    ran = sescli("status")
    assert "account access" in ran.stdout
    assert "production" in ran.stdout
    assert "0 sent in the last 24 hours, no limit" in ran.stdout


def test_status_without_identities_suggests_verification(sescli, ses):
    assert "Next: verify your domain: sescli identity verify DOMAIN" in sescli("status").stderr


def test_status_with_pending_identity_suggests_list(sescli, patient_ses, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    ran = sescli("status")
    assert "0 verified, 1 pending" in ran.stdout
    assert "Next: sescli identity list" in ran.stderr
    counted = sescli("status", "-o", "json").json["identities"]
    assert counted == {"total": 1, "verified": 0, "waiting": 1, "failed": 0}


def test_status_of_paused_account_shows_enforcement_status(sescli, ses):
    ses.control(enforcement="SHUTDOWN")
    assert sescli("status", "-o", "json").json["enforcement_status"] == "SHUTDOWN"
    assert "SHUTDOWN" in sescli("status").stdout


def test_status_without_permission_to_list_identities(sescli, ses, refusing):
    refusing(**{"POST /v2/email/list-identities": denied("ListEmailIdentities")})
    ran = sescli("status", "-o", "json")
    assert ran.code == 0
    assert ran.json["identities"] is None
    assert "permission denied (requires ses:ListEmailIdentities)" in sescli("status").stdout
