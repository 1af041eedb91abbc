"""`sescli identity list`: complete, quick, and patient with what SES refuses it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from gatekeeper import denied, throttled
from pseudo_terminal import OnTerminal

DKIM, MAIL_FROM = "GetIdentityDkimAttributes", "GetIdentityMailFromDomainAttributes"


@pytest.fixture
def three(sescli, patient_ses):
    """A verified domain with a MAIL FROM, a waiting one, and a waiting address."""
    sescli("identity", "verify", "example.com", "--mail-from", "bounce")
    patient_ses.control(verify="example.com")
    sescli("identity", "verify", "example.org", "john@example.com")
    return patient_ses


def test_rows_are_spelt_as_v2_spells_them(sescli, three):
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
def test_filters(sescli, three, options, names):
    ran = sescli("identity", "list", *options, "-o", "json")
    assert sorted(row["identity"] for row in ran.json) == names


@pytest.mark.parametrize("options", [["--type", "phone"], ["--status", "fine"], ["--limit", "0"]])
def test_a_filter_that_is_none(sescli, ses, options):
    assert sescli("identity", "list", *options).code == 2


def test_nothing_is_no_failure(sescli, ses):
    ran = sescli("identity", "list")
    assert (ran.code, ran.stdout) == (0, "")
    assert "us-east-1 has no identity" in ran.stderr
    assert sescli("identity", "list", "-o", "json").json == []


def test_a_denied_look_up_leaves_null_and_one_warning(sescli, refusing, boto):
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


def test_a_denied_list_is_an_error(sescli, refusing):
    refusing(**{"POST /v2/email/list-identities": denied("ListEmailIdentities")})
    ran = sescli("identity", "list", "-o", "json")
    assert ran.code == 4
    assert "ListEmailIdentities" in ran.error["message"]


def test_a_throttled_look_up_is_waited_for(refusing, boto):
    from sescli.aws.gateway import Gateway
    from sescli.groups.identity.service.listing import IdentityFilter, list_identities

    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    refusal = throttled(3)  # botocore's three attempts: one call of ours
    refusing(**{MAIL_FROM: refusal})
    pauses = []
    aws = Gateway(AwsEndpoint())
    rows = list(list_identities(aws, IdentityFilter(), warn=pytest.fail, sleep=pauses.append))
    assert [row.dkim_status for row in rows] == ["SUCCESS"]
    assert (refusal.given, pauses) == (3, [1.0])


def test_more_identities_than_a_page_holds_are_all_there_in_few_calls(sescli, ses, boto):
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


def test_a_list_fits_a_terminal_of_80_columns(sescli, ses):
    sescli("identity", "verify", "shop.example.com", "--mail-from", "bounce")
    ran = OnTerminal("identity", "list")
    assert ran.end() == 0
    header = next(line for line in ran.screen.splitlines() if "identity" in line)
    assert header.split() == ["identity", "type", "status", "DKIM", "MAIL", "FROM", "state", "sends"]
