"""`sescli identity verify`, `show` and `records`, the real program against the emulator."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from gatekeeper import denied

ROW = {
    "identity",
    "type",
    "verification_status",
    "dkim_status",
    "mail_from_domain",
    "mail_from_status",
    "sending_enabled",
}


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


@pytest.fixture
def key_file(rsa_key, tmp_path):
    path = tmp_path / "dkim.pem"
    path.write_bytes(rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def tokens(boto, domain="example.com"):
    return boto("sesv2").get_email_identity(EmailIdentity=domain)["DkimAttributes"]["Tokens"]


# verify


def test_verify_domain_prints_records_and_next_step(sescli, patient_ses, boto):
    ran = sescli("identity", "verify", "Example.COM.")
    assert ran.code == 0
    assert (
        "Created example.com in us-east-1. SES verifies it as soon as it finds the DNS records." in ran.stdout
    )
    for token in tokens(boto):
        assert f"CNAME  {token}._domainkey.example.com  {token}.dkim.amazonses.com" in ran.stdout
    assert "_dmarc.example.com" in ran.stdout
    assert "Next: publish the DNS records, then run: sescli identity check example.com" in ran.stderr


def test_verify_address_announces_link(sescli, patient_ses):
    ran = sescli("identity", "verify", "john@example.com")
    assert ran.code == 0
    assert "Open it within 24 hours to verify the address" in ran.stdout
    assert "_domainkey" not in ran.stdout
    assert "Next: open the link, then run: sescli identity show john@example.com" in ran.stderr


def test_verify_json_contains_status_and_records(sescli, ses, boto):
    (made,) = sescli("identity", "verify", "example.com", "-o", "json").json
    assert set(made) == ROW | {"records"}
    assert [record["purpose"] for record in made["records"]] == ["dkim", "dkim", "dkim", "dmarc"]
    assert made["records"] == sescli("identity", "records", "example.com", "-o", "json").json


def test_verify_applies_all_options(sescli, ses, boto):
    boto("sesv2").create_configuration_set(ConfigurationSetName="main")
    ran = sescli(
        *("identity", "verify", "example.com", "--mail-from", "bounce", "--config-set", "main"),
        *("--tag", "team=shop", "--tag", "note=a=b", "--dkim-key-length", "1024", "-o", "json"),
    )
    assert ran.code == 0, ran.stderr
    now = boto("sesv2").get_email_identity(EmailIdentity="example.com")
    assert now["MailFromAttributes"]["MailFromDomain"] == "bounce.example.com"
    assert now["MailFromAttributes"]["BehaviorOnMxFailure"] == "USE_DEFAULT_VALUE"
    assert now["ConfigurationSetName"] == "main"
    assert now["Tags"] == [{"Key": "team", "Value": "shop"}, {"Key": "note", "Value": "a=b"}]
    assert now["DkimAttributes"]["NextSigningKeyLength"] == "RSA_1024_BIT"
    purposes = [record["purpose"] for record in ran.json[0]["records"]]
    assert purposes == ["dkim", "dkim", "dkim", "mail_from_mx", "mail_from_spf", "dmarc"]


def test_verify_legacy_txt_returns_amazonses_record(sescli, ses, boto):
    (made,) = sescli("identity", "verify", "example.com", "--legacy-txt", "-o", "json").json
    attributes = boto("ses").get_identity_verification_attributes(Identities=["example.com"])
    token = attributes["VerificationAttributes"]["example.com"]["VerificationToken"]
    (record,) = [record for record in made["records"] if record["purpose"] == "verification"]
    assert (record["name"], record["value"]) == ("_amazonses.example.com", token)
    listed = sescli("identity", "records", "example.com", "--legacy-txt", "-o", "json").json
    assert record in listed


def test_verify_own_dkim_key_returns_its_record(sescli, ses, boto, key_file, rsa_key):
    ran = sescli(
        *("identity", "verify", "example.com", "--dkim-selector", "sel"),
        *("--dkim-private-key", str(key_file), "-o", "json"),
    )
    public = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = "".join(public.decode().splitlines()[1:-1])
    record = ran.json[0]["records"][0]
    assert (record["type"], record["name"], record["value"]) == (
        "TXT",
        "sel._domainkey.example.com",
        f"p={body}",
    )
    attributes = boto("sesv2").get_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    assert (attributes["SigningAttributesOrigin"], attributes["Tokens"]) == ("EXTERNAL", ["sel"])


@pytest.mark.parametrize("spelt", ["{path}", "@{path}", "file://{path}", "-", "{text}"])
@pytest.mark.parametrize("more", [(), ("-v",), ("--debug",), ("-o", "json")])
def test_verify_never_shows_private_key(sescli, ses, key_file, spelt, more):
    text = key_file.read_text()
    given = spelt.format(path=key_file, text=text)
    ran = sescli(
        *("identity", "verify", "example.com", "--dkim-selector", "sel"),
        *("--dkim-private-key", given, "--dry-run", *more),
        stdin=text,
    )
    assert ran.code == 0, ran.stderr
    assert "(redacted)" in ran.stdout
    assert text.splitlines()[1] not in ran.stdout + ran.stderr


def test_verify_dry_run_lists_calls_and_creates_nothing(sescli, ses, boto):
    ran = sescli(
        *("identity", "verify", "example.com", "john@example.org", "--mail-from", "bounce"),
        *("--dry-run", "-o", "json"),
    )
    assert [(call["operation"], call["parameters"]["EmailIdentity"]) for call in ran.json] == [
        ("CreateEmailIdentity", "example.com"),
        ("PutEmailIdentityMailFromAttributes", "example.com"),
        ("CreateEmailIdentity", "john@example.org"),
        ("PutEmailIdentityMailFromAttributes", "john@example.org"),
    ]
    assert ran.json[3]["parameters"]["MailFromDomain"] == "bounce.example.org"
    assert boto("sesv2").list_email_identities()["EmailIdentities"] == []


def test_verify_existing_identity_reports_status_and_next_step(sescli, patient_ses):
    sescli("identity", "verify", "example.com", "john@example.com")
    ran = sescli("identity", "verify", "example.com", "-o", "json")
    assert (ran.code, ran.stdout) == (1, "")
    assert ran.error["code"] == "AlreadyExistsException"
    assert ran.error["message"] == (
        "identity example.com already exists in us-east-1 (PENDING); nothing was changed"
    )
    assert "sescli identity check example.com" in ran.error["hint"]
    ran = sescli("identity", "verify", "john@example.com", "-o", "json")
    assert "sescli identity verify john@example.com --resend" in ran.error["hint"]


def test_verify_several_names_reports_each(sescli, ses, boto):
    sescli("identity", "verify", "b.example")
    ran = sescli("identity", "verify", "a.example", "b.example", "c@example.org", "-o", "json")
    assert ran.code == 1
    assert [made["identity"] for made in ran.json] == ["a.example", "c@example.org"]
    assert ran.error["code"] == "AlreadyExistsException"
    listed = boto("sesv2").list_email_identities()["EmailIdentities"]
    assert {found["IdentityName"] for found in listed} == {"a.example", "b.example", "c@example.org"}


def test_verify_resend_sends_link_and_nothing_else(sescli, patient_ses):
    sescli("identity", "verify", "john@example.com", "example.com")
    ran = sescli("identity", "verify", "john@example.com", "--resend")
    assert ran.code == 0
    assert "link" in ran.stdout
    ran = sescli("identity", "verify", "john@example.com", "--resend", "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["VerifyEmailIdentity"]
    assert sescli("identity", "verify", "example.com", "--resend").code == 2
    assert sescli("identity", "verify", "john@example.com", "--resend", "--tag", "a=b").code == 2
    assert sescli("identity", "verify", "nobody@example.com", "--resend").code == 5
    patient_ses.control(verify="john@example.com")
    ran = sescli("identity", "verify", "john@example.com", "--resend", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "AlreadyVerified")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["https://example.com/"], "use example.com"),
        (["*.example.com"], "use example.com"),
        (["localhost", "good.example", "192.0.2.1"], "192.0.2.1"),
        (["example.com", "--dkim-selector", "sel"], "--dkim-private-key"),
        (["example.com", "--dkim-private-key", "KEY"], "--dkim-selector"),
        (["example.com", "--dkim-selector", "a.b", "--dkim-private-key", "KEY"], "no dots"),
        (
            [
                "example.com",
                "--dkim-selector",
                "a",
                "--dkim-private-key",
                "KEY",
                "--dkim-key-length",
                "2048",
            ],
            "Easy DKIM",
        ),
        (["example.com", "--dkim-selector", "a", "--dkim-private-key", "missing.pem"], "missing.pem"),
        (["example.com", "--dkim-key-length", "4096"], "1024 or 2048"),
        (["john@example.com", "--legacy-txt"], "only for domains"),
        (["example.com", "--mail-from", "bounce.example.org"], "is not a subdomain of example.com"),
        (["example.com", "--mail-from", "example.com"], "is not a subdomain of example.com"),
        (["example.com", "--tag", "team"], "team=billing"),
        (["example.com", "--tag", "a=1", "--tag", "a=2"], "twice"),
        (["example.com", "--tag", "aws:x=1"], "reserved for AWS"),
        ([], "NAME"),
    ],
)
def test_verify_rejects_invalid_arguments_before_any_call(sescli, ses, boto, key_file, arguments, words):
    given = [str(key_file) if argument == "KEY" else argument for argument in arguments]
    ran = sescli("identity", "verify", *given)
    assert ran.code == 2
    assert words in ran.stderr
    assert boto("sesv2").list_email_identities()["EmailIdentities"] == []


def test_verify_requires_configured_region(sescli, ses, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("identity", "verify", "example.com")
    assert ran.code == 2
    assert "--region" in ran.stderr
    assert sescli("identity", "verify", "example.com", "--region", "eu-west-1").code == 0


def test_verify_reports_missing_credentials(sescli):
    ran = sescli("identity", "verify", "example.com", "--region", "eu-west-1", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "NoCredentials")


def test_verify_without_network_skips_other_names(sescli, ses):
    ran = sescli(
        "identity", "verify", "a.example", "b.example", "c.example", "--endpoint-url", "http://127.0.0.1:9"
    )
    assert ran.code == 6
    assert ran.stderr.count("error: ") == 1
    assert "warning: skipped: b.example, c.example" in ran.stderr


def test_verify_reports_denied_creation(sescli, refusing):
    refusing(**{"POST /v2/email/identities": denied("CreateEmailIdentity")})
    ran = sescli("identity", "verify", "example.com", "-o", "json")
    assert ran.code == 4
    assert "CreateEmailIdentity" in ran.error["message"]


def test_verify_failure_after_creation_says_that_identity_exists(sescli, refusing):
    path = "PUT /v2/email/identities/example.com/mail-from"
    refusing(**{path: denied("PutEmailIdentityMailFromAttributes")})
    ran = sescli("identity", "verify", "example.com", "--mail-from", "bounce", "-o", "json")
    assert ran.code == 4
    assert "example.com was created, but some settings failed" in ran.error["message"]


def test_verify_on_narrow_terminal_keeps_names_and_values_unbroken(sescli, patient_ses, boto, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ran = sescli("identity", "verify", "example.com", tty=True)
    lines = ran.stdout.splitlines()
    for token in tokens(boto):
        assert any(line.endswith(f" {token}._domainkey.example.com") for line in lines)
        assert any(line.endswith(f" {token}.dkim.amazonses.com") for line in lines)
    assert all(len(line) <= 80 for line in lines if line.startswith("  "))
    monkeypatch.setenv("COLUMNS", "220")
    wide = sescli("identity", "records", "example.com", tty=True).stdout
    assert any("_domainkey" in line and "dkim.amazonses.com" in line for line in wide.splitlines())


# show


def test_show_json_has_contract_fields(sescli, ses, boto):
    v2 = boto("sesv2")
    v2.create_configuration_set(ConfigurationSetName="main")
    sescli("identity", "verify", "example.com", "--mail-from", "m", "--tag", "a=b", "--config-set", "main")
    policy = {"Version": "2012-10-17", "Statement": []}
    v2.create_email_identity_policy(
        EmailIdentity="example.com", PolicyName="partner", Policy=json.dumps(policy)
    )
    shown = sescli("identity", "show", "example.com", "-o", "json").json
    assert set(shown) >= ROW | {"dkim", "policies", "config_set", "tags", "verification_info"}
    assert set(shown["dkim"]) >= {"status", "tokens", "signing_hosted_zone", "origin", "key_length"}
    assert shown["dkim"] | {"tokens": None} == shown["dkim"] | {
        "status": "SUCCESS",
        "signing_hosted_zone": "dkim.amazonses.com",
        "origin": "AWS_SES",
        "key_length": "RSA_2048_BIT",
        "tokens": None,
    }
    assert shown["dkim"]["tokens"] == tokens(boto)
    assert shown["policies"] == {"partner": policy}
    assert (shown["tags"], shown["config_set"]) == ({"a": "b"}, "main")
    assert (shown["mail_from_domain"], shown["mail_from_status"]) == ("m.example.com", "SUCCESS")
    assert shown["verification_info"]["last_checked"].endswith("Z")


def test_show_explains_statuses_and_next_step(sescli, patient_ses):
    sescli("identity", "verify", "example.com", "john@example.com", "--mail-from", "bounce")
    ran = sescli("identity", "show", "example.com")
    assert "verification PENDING: SES has not found the DNS records yet" in ran.stdout
    assert "MAIL FROM PENDING" in ran.stdout
    assert "SES sends with amazonses.com until it finds the MX record" in ran.stdout
    assert "sescli identity check example.com" in ran.stderr
    ran = sescli("identity", "show", "john@example.com")
    assert "it is valid for 24 hours" in ran.stdout
    assert "sescli identity verify john@example.com --resend" in ran.stderr
    patient_ses.control(verify="example.com")
    ran = sescli("identity", "show", "example.com")
    assert "SES signs email for the domain" in ran.stdout
    assert "Next:" not in ran.stderr


def test_show_missing_identity_hints_at_setup(sescli, ses):
    ran = sescli("identity", "show", "example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert "sescli identity setup example.com" in ran.error["hint"]
    assert "--region" in ran.error["hint"]


def test_show_missing_identity_names_verified_parent(sescli, ses):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "show", "john@news.example.com", "-o", "json")
    assert ran.code == 5
    assert "through example.com" in ran.error["message"]
    assert ran.error["hint"] == "sescli identity show example.com"


def test_show_names_parent_identity(sescli, ses):
    sescli("identity", "verify", "example.com", "john@news.example.com")
    shown = sescli("identity", "show", "john@news.example.com", "-o", "json").json
    assert shown["parent"] == {"identity": "example.com", "verification_status": "SUCCESS"}
    assert "this one takes precedence" in sescli("identity", "show", "john@news.example.com").stdout


@pytest.mark.parametrize("name", ["john@news.example.com", "news.example.com"])
def test_show_says_that_verified_domain_covers_pending_identity(sescli, patient_ses, name):
    """SES reports that the identity itself cannot send, but it can, through the domain."""
    sescli("identity", "verify", "example.com", name)
    patient_ses.control(verify="example.com")
    shown = sescli("identity", "show", name, "-o", "json").json
    assert (shown["sending_enabled"], shown["covered_by"]) == (False, "example.com")
    text = sescli("identity", "show", name).stdout
    assert "yes, through example.com" in text
    assert "example.com is verified and covers this identity, so you can send from it now" in " ".join(
        text.split()
    )


def test_show_warns_if_parent_lookup_is_denied(sescli, ses, refusing):
    sescli("identity", "verify", "news.example.com")
    refusing(GetIdentityVerificationAttributes=denied("GetIdentityVerificationAttributes"))
    ran = sescli("identity", "show", "news.example.com", "-o", "json")
    assert (ran.code, ran.json["parent"]) == (0, None)
    assert (
        "warning: could not check whether a parent domain of news.example.com is verified: permission denied"
        in ran.stderr
    )


def test_read_reports_chosen_region(sescli, ses, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "reading from us-east-1" in sescli("identity", "list").stderr


# records


def test_records_default_to_sending(sescli, ses):
    sescli("identity", "verify", "example.com")
    sending = sescli("identity", "records", "example.com", "-o", "json").json
    receiving = sescli("identity", "records", "example.com", "--for", "receiving", "-o", "json").json
    both = sescli("identity", "records", "example.com", "--for", "all", "-o", "json").json
    assert set(sending[0]) == {"type", "name", "value", "priority", "ttl", "purpose", "required"}
    assert [record["purpose"] for record in sending] == ["dkim", "dkim", "dkim", "dmarc"]
    assert [record["purpose"] for record in receiving] == ["inbound_mx"]
    assert both == sending + receiving


def test_records_for_receiving_warn_and_require_supported_region(sescli, ses):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "records", "example.com", "--for", "receiving")
    assert "warning: the MX record sends all email for example.com to SES" in ran.stderr
    sescli("identity", "verify", "example.com", "--region", "me-central-1")
    ran = sescli("identity", "records", "example.com", "--for", "all", "--region", "me-central-1")
    assert ran.code == 2
    assert "does not receive email in me-central-1" in ran.stderr


def test_records_file_formats(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    token = tokens(boto)[0]
    ran = sescli("identity", "records", "example.com", "--format", "zone")
    assert (
        ran.stdout.splitlines()[0]
        == f"{token}._domainkey.example.com.\t1800\tIN\tCNAME\t{token}.dkim.amazonses.com."
    )
    batch = json.loads(sescli("identity", "records", "example.com", "--format", "route53").stdout)
    assert len(batch["Changes"]) == 4
    sescli("identity", "verify", "news.example.com")
    ran = sescli("identity", "records", "news.example.com", "--format", "octodns", "--zone", "example.com")
    assert f"{tokens(boto, 'news.example.com')[0]}._domainkey.news:" in ran.stdout
    ran = sescli("identity", "records", "example.com", "--format", "bind")
    assert ran.code == 2
    assert "cloudformation" in ran.stderr


def test_records_of_own_key_have_no_value_without_private_key(sescli, ses, key_file):
    made = sescli(
        *("identity", "verify", "example.com", "--dkim-selector", "sel"),
        *("--dkim-private-key", str(key_file), "-o", "json"),
    )
    ran = sescli("identity", "records", "example.com", "-o", "json")
    assert ran.json[0]["value"] is None
    assert "--dkim-private-key" in ran.stderr
    whole = sescli(
        "identity",
        "records",
        "example.com",
        "--dkim-private-key",
        "-",
        "-o",
        "json",
        stdin=key_file.read_bytes(),
    )
    assert whole.json == made.json[0]["records"]
    zone = sescli("identity", "records", "example.com", "--format", "zone").stdout
    assert zone.startswith("_dmarc")


@pytest.mark.parametrize("verified", [True, False])
def test_records_of_address_are_rejected(sescli, ses, verified):
    if verified:
        sescli("identity", "verify", "john@example.com")
    ran = sescli("identity", "records", "john@example.com")
    assert ran.code == 2
    assert "needs no DNS records" in ran.stderr
    assert "sescli identity records example.com" in ran.stderr


def test_records_of_address_with_mail_from_domain(sescli, ses):
    sescli("identity", "verify", "john@example.com", "--mail-from", "bounce")
    listed = sescli("identity", "records", "john@example.com", "-o", "json").json
    assert [record["purpose"] for record in listed] == ["mail_from_mx", "mail_from_spf"]


def test_records_of_missing_identity_report_not_found(sescli, ses):
    ran = sescli("identity", "records", "example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")


def test_records_of_domain_verified_by_v1_only(sescli, ses, boto):
    boto("ses").verify_domain_identity(Domain="example.com")
    listed = sescli("identity", "records", "example.com", "-o", "json").json
    assert [(record["purpose"], record["required"]) for record in listed] == [
        ("verification", True),
        ("dmarc", False),
    ]


def test_records_reject_unknown_purpose(sescli, ses):
    ran = sescli("identity", "records", "example.com", "--for", "fun")
    assert ran.code == 2
    assert "sending, receiving or all" in ran.stderr
