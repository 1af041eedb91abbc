"""`sescli identity list`: completeness, number of calls, and failures of look-ups."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from gatekeeper import denied, throttled
from pseudo_terminal import OnTerminal

DKIM, MAIL_FROM = "GetIdentityDkimAttributes", "GetIdentityMailFromDomainAttributes"


@pytest.fixture
def three(sescli, patient_ses):
    """A verified domain with a MAIL FROM domain, a pending domain, and a pending address."""
    sescli("identity", "verify", "example.com", "--mail-from", "bounce")
    patient_ses.control(verify="example.com")
    sescli("identity", "verify", "example.org", "john@example.com")
    return patient_ses


def test_list_json_uses_v2_spelling(sescli, three):
    rows = {row["identity"]: row for row in sescli("identity", "list", "-o", "json").json}
    assert rows == {
        "example.com": {
            "identity": "example.com",
            "type": "DOMAIN",
            "verification_status": "SUCCESS",
            "dkim_status": "SUCCESS",
            "mail_from_domain": "bounce.example.com",
            "mail_from_status": "SUCCESS",
            "sending_enabled": True,
        },
        "example.org": {
            "identity": "example.org",
            "type": "DOMAIN",
            "verification_status": "PENDING",
            "dkim_status": "PENDING",
            "mail_from_domain": None,
            "mail_from_status": None,
            "sending_enabled": False,
        },
        "john@example.com": {
            "identity": "john@example.com",
            "type": "EMAIL_ADDRESS",
            "verification_status": "PENDING",
            "dkim_status": "NOT_STARTED",
            "mail_from_domain": None,
            "mail_from_status": None,
            "sending_enabled": False,
        },
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--type", "email"], ["john@example.com"]),
        (["--type", "Domain"], ["example.com", "example.org"]),
        (["--status", "success"], ["example.com"]),
        (["--status", "PENDING", "--type", "domain"], ["example.org"]),
        (["--status", "temporary-failure"], []),
        (["--contains", "EXAMPLE.COM"], ["example.com", "john@example.com"]),
        (["--limit", "1"], ["example.com"]),
        (["--limit", "5", "--contains", "org"], ["example.org"]),
    ],
)
def test_list_filters(sescli, three, options, names):
    ran = sescli("identity", "list", *options, "-o", "json")
    assert sorted(row["identity"] for row in ran.json) == names


@pytest.mark.parametrize("options", [["--type", "phone"], ["--status", "fine"], ["--limit", "0"]])
def test_list_rejects_invalid_filter(sescli, ses, options):
    assert sescli("identity", "list", *options).code == 2


def test_list_empty_succeeds(sescli, ses):
    ran = sescli("identity", "list")
    assert (ran.code, ran.stdout) == (0, "")
    assert "No identities in us-east-1." in ran.stderr
    assert sescli("identity", "list", "-o", "json").json == []


def test_list_denied_lookup_leaves_null_and_warns_once(sescli, refusing, boto):
    for number in range(150):
        boto("sesv2").create_email_identity(EmailIdentity=f"d{number}.example.com")
    refusing(**{DKIM: denied(DKIM)})
    ran = sescli("identity", "list", "-o", "json")
    assert ran.code == 0
    assert {row["dkim_status"] for row in ran.json} == {None}
    assert {row["verification_status"] for row in ran.json} == {"SUCCESS"}
    assert len(ran.json) == 150
    assert ran.stderr.count("warning:") == 1
    assert DKIM in ran.stderr


def test_list_denied_is_error(sescli, refusing):
    refusing(**{"POST /v2/email/list-identities": denied("ListEmailIdentities")})
    ran = sescli("identity", "list", "-o", "json")
    assert ran.code == 4
    assert "ListEmailIdentities" in ran.error["message"]


def test_list_retries_throttled_lookup(refusing, boto):
    from sescli.aws.endpoint import AwsEndpoint
    from sescli.aws.gateway import Gateway
    from sescli.groups.identity.service.listing import IdentityFilter, list_identities

    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    refusal = throttled(3)  # the three attempts that botocore makes for one call
    refusing(**{MAIL_FROM: refusal})
    pauses = []
    aws = Gateway(AwsEndpoint())
    rows = list(list_identities(aws, IdentityFilter(), warn=pytest.fail, sleep=pauses.append))
    assert [row.dkim_status for row in rows] == ["SUCCESS"]
    assert (refusal.given, pauses) == (3, [1.0])


def test_list_reads_all_pages_in_few_calls(sescli, ses, boto):
    client = boto("sesv2")
    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(
                lambda number: client.create_email_identity(EmailIdentity=f"u{number}@example.com"),
                range(1203),
            )
        )
    ran = sescli("identity", "list", "-o", "json", "-v")
    assert len({row["identity"] for row in ran.json}) == 1203
    assert {row["dkim_status"] for row in ran.json} == {"NOT_STARTED"}
    # AWS allows one such call a second, so each must ask for a hundred names.
    assert ran.stderr.count(f"ses {DKIM} ") == ran.stderr.count(f"ses {MAIL_FROM} ") == 13
    assert "GetEmailIdentity" not in ran.stderr
    assert len(sescli("identity", "list", "--limit", "1001", "-o", "json").json) == 1001


def test_list_fits_terminal_of_80_columns(sescli, ses):
    sescli("identity", "verify", "shop.example.com", "--mail-from", "bounce")
    ran = OnTerminal("identity", "list")
    assert ran.end() == 0
    header = next(line for line in ran.screen.splitlines() if "identity" in line)
    assert header.split() == ["identity", "type", "status", "DKIM", "MAIL", "FROM", "MX", "status", "sending"]
