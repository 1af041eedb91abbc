"""`local start --verification dns`: identities are verified by their DNS records on a real DNS server on loopback (docs/ses-behavior.md#dkim-records, #mail-from, #verification-errors)."""

from __future__ import annotations

import time

import pytest
from clients import make_client
from name_server import NameServer

from sescli.emulator import process
from sescli.emulator.client import Inbox
from sescli.errors import UsageError

SOA = "ns1.example.net. hostmaster.example.net. 2026112401 7200 900 1209600 300"


@pytest.fixture(scope="module")
def name_server():
    with NameServer() as server:
        yield server


@pytest.fixture(scope="module")
def dns_server(tmp_path_factory, name_server):
    folder = tmp_path_factory.mktemp("dns")
    server = process.start(ephemeral=True, verification="dns", resolver=name_server.place, folder=folder)
    yield server
    process.stop(folder)


@pytest.fixture
def inbox(dns_server, name_server):
    inbox = Inbox(dns_server.endpoint_url)
    inbox.reset()
    name_server.clear()
    return inbox


@pytest.fixture
def v2(dns_server, inbox):
    return make_client("sesv2", dns_server.endpoint_url)


@pytest.fixture
def v1(dns_server, inbox):
    return make_client("ses", dns_server.endpoint_url)


def created(v2, domain="example.com", **more):
    return v2.create_email_identity(EmailIdentity=domain, **more)["DkimAttributes"]


def publish_dkim(name_server, dkim, domain="example.com"):
    """Three CNAMEs, `<token>._domainkey.<domain>` → `<token>.<SigningHostedZone>`.

    docs/ses-behavior.md#dkim-records
    """
    for token in dkim["Tokens"]:
        name_server.publish(f"{token}._domainkey.{domain}", "CNAME", f"{token}.{dkim['SigningHostedZone']}.")


def test_domain_is_pending_until_three_cnames_exist(v2, name_server):
    dkim = created(v2)
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert (found["VerificationStatus"], found["DkimAttributes"]["Status"]) == ("PENDING", "PENDING")
    assert found["VerifiedForSendingStatus"] is False
    publish_dkim(name_server, dkim)
    last = (f"{dkim['Tokens'][2]}._domainkey.example.com", "CNAME")
    kept = name_server.records.pop(last)
    assert v2.get_email_identity(EmailIdentity="example.com")["VerificationStatus"] == "PENDING"
    name_server.records[last] = kept
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert (found["VerificationStatus"], found["DkimAttributes"]["Status"]) == ("SUCCESS", "SUCCESS")
    assert found["VerifiedForSendingStatus"] is True
    assert "LastSuccessTimestamp" in found["VerificationInfo"]
    assert "ErrorType" not in found["VerificationInfo"]
    v2.send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.com"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    )


def _nothing(name_server, dkim):
    name_server.publish("example.com", "SOA", SOA)


def _other_type(name_server, dkim):
    for token in dkim["Tokens"]:
        name_server.publish(f"{token}._domainkey.example.com", "TXT", '"no CNAME"')


def _wrong(name_server, dkim):
    for token in dkim["Tokens"]:
        name_server.publish(
            f"{token}._domainkey.example.com", "CNAME", f"{token}.dkim.amazonses.com.example.com."
        )


def _dead(name_server, dkim):
    name_server.refuse = True


@pytest.mark.parametrize(
    ("published", "error"),
    [
        (_nothing, "HOST_NOT_FOUND"),
        (_other_type, "TYPE_NOT_FOUND"),
        (_wrong, "INVALID_VALUE"),
        (_dead, "DNS_SERVER_ERROR"),
    ],
)
def test_verification_error_shows_dns_result(v2, name_server, published, error):
    """ErrorType HOST_NOT_FOUND / TYPE_NOT_FOUND / INVALID_VALUE / DNS_SERVER_ERROR.

    docs/ses-behavior.md#verification-errors
    """
    published(name_server, created(v2))
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert found["VerificationStatus"] == "PENDING"
    assert found["VerificationInfo"]["ErrorType"] == error
    assert found["VerificationInfo"]["LastCheckedTimestamp"]


def test_verification_info_shows_soa(v2, name_server):
    """SOARecord shows which name server SES used; for a subdomain, that of the parent zone.

    docs/ses-behavior.md#verification-errors
    """
    name_server.publish("example.com", "SOA", SOA)
    created(v2, "shop.example.com")
    info = v2.get_email_identity(EmailIdentity="shop.example.com")["VerificationInfo"]
    assert info["SOARecord"] == {
        "PrimaryNameServer": "ns1.example.net",
        "AdminEmail": "hostmaster.example.net",
        "SerialNumber": 2026112401,
    }


def test_v1_token_verifies_domain_but_not_dkim(v1, v2, name_server):
    """Verified by DKIM or TXT (docs/ses-behavior.md#receiving-verification)."""
    created(v2)
    token = v1.verify_domain_identity(Domain="example.com")["VerificationToken"]
    name_server.publish("_amazonses.example.com", "TXT", '"other"', f'"{token}"')
    found = v1.get_identity_verification_attributes(Identities=["example.com"])
    assert found["VerificationAttributes"]["example.com"]["VerificationStatus"] == "Success"
    dkim = v1.get_identity_dkim_attributes(Identities=["example.com"])["DkimAttributes"]["example.com"]
    assert dkim["DkimVerificationStatus"] == "Pending"


def test_v1_domain_without_dkim_needs_token(v1, name_server):
    token = v1.verify_domain_identity(Domain="example.com")["VerificationToken"]

    def status():
        found = v1.get_identity_verification_attributes(Identities=["example.com"])
        return found["VerificationAttributes"]["example.com"]["VerificationStatus"]

    assert status() == "Pending"
    name_server.publish("_amazonses.example.com", "TXT", '"wrong"')
    assert status() == "Pending"
    name_server.publish("_amazonses.example.com", "TXT", f'"{token}"')
    assert status() == "Success"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (["10 feedback-smtp.us-east-1.amazonses.com."], "SUCCESS"),
        (["10 feedback-smtp.eu-west-1.amazonses.com."], "PENDING"),
        (["10 feedback-smtp.us-east-1.amazonses.com.", "20 mail.example.com."], "PENDING"),
        ([], "PENDING"),
    ],
)
def test_mail_from_needs_exactly_one_mx_of_region(v2, name_server, values, status):
    """`MX <mailfrom>` exactly one; the region in the MX name must be the identity's.

    docs/ses-behavior.md#mail-from
    """
    publish_dkim(name_server, created(v2))
    if values:
        name_server.publish("bounce.example.com", "MX", *values)
    v2.put_email_identity_mail_from_attributes(
        EmailIdentity="example.com", MailFromDomain="bounce.example.com"
    )
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert found["VerificationStatus"] == "SUCCESS"
    assert found["MailFromAttributes"]["MailFromDomainStatus"] == status


def test_own_dkim_key_is_checked_at_selector(v2, name_server, tmp_path):
    """TXT `<selector>._domainkey.<domain>` `p=<public key base64>`.

    docs/ses-behavior.md#bring-your-own-dkim
    """
    import subprocess

    key = tmp_path / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "1024"], check=True, capture_output=True)
    public = subprocess.run(
        ["openssl", "rsa", "-in", str(key), "-pubout"], check=True, capture_output=True, text=True
    ).stdout

    def body(pem):
        return "".join(pem.strip().splitlines()[1:-1])

    signing = {"DomainSigningSelector": "mail", "DomainSigningPrivateKey": body(key.read_text())}
    created(v2, DkimSigningAttributes=signing)
    place = "mail._domainkey.example.com"
    name_server.publish(place, "TXT", '"v=DKIM1; k=rsa; p=AAAA"')
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert found["VerificationStatus"] == "PENDING"
    assert found["VerificationInfo"]["ErrorType"] == "INVALID_VALUE"
    value = body(public)
    name_server.publish(place, "TXT", f'"v=DKIM1; k=rsa; p={value[:100]}" "{value[100:]}"')
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert (found["VerificationStatus"], found["DkimAttributes"]["Status"]) == ("SUCCESS", "SUCCESS")


def test_verification_fails_after_72_hours(v2, inbox, name_server):
    """Detection up to 72 h; then FAILED (docs/ses-behavior.md#dkim-detection)."""
    dkim = created(v2)
    assert v2.get_email_identity(EmailIdentity="example.com")["VerificationStatus"] == "PENDING"
    inbox.control(clock="+71h")
    assert v2.get_email_identity(EmailIdentity="example.com")["VerificationStatus"] == "PENDING"
    inbox.control(clock="+2h")
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert (found["VerificationStatus"], found["DkimAttributes"]["Status"]) == ("FAILED", "FAILED")
    publish_dkim(name_server, dkim)
    assert v2.get_email_identity(EmailIdentity="example.com")["VerificationStatus"] == "FAILED"
    v2.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="AWS_SES"
    )
    assert v2.get_email_identity(EmailIdentity="example.com")["VerificationStatus"] == "SUCCESS"


def test_verification_runs_in_background(v2, name_server):
    publish_dkim(name_server, created(v2))
    until = time.monotonic() + 15
    while v2.list_email_identities()["EmailIdentities"][0]["VerificationStatus"] != "SUCCESS":
        assert time.monotonic() < until
        time.sleep(0.1)


def test_verified_identity_is_not_checked_again(v2, name_server):
    publish_dkim(name_server, created(v2))
    v2.get_email_identity(EmailIdentity="example.com")
    for _ in range(2):  # the server's periodic check may be in progress
        name_server.drain()
        name_server.questions.clear()
        v2.get_email_identity(EmailIdentity="example.com")
        if not name_server.questions:
            break
    assert name_server.questions == []


def test_address_is_pending_until_link_is_opened(v2, inbox, name_server):
    v2.create_email_identity(EmailIdentity="jane@example.org")
    assert v2.get_email_identity(EmailIdentity="jane@example.org")["VerificationStatus"] == "PENDING"
    inbox.control(verify="jane@example.org")
    assert v2.get_email_identity(EmailIdentity="jane@example.org")["VerificationStatus"] == "SUCCESS"


def test_control_verify_replaces_dns_and_clears_error(v2, inbox):
    created(v2)
    assert "ErrorType" in v2.get_email_identity(EmailIdentity="example.com")["VerificationInfo"]
    inbox.control(verify="example.com")
    found = v2.get_email_identity(EmailIdentity="example.com")
    assert found["VerificationStatus"] == "SUCCESS"
    assert "ErrorType" not in found["VerificationInfo"]


def test_unknown_identity_is_not_found_with_dns(v1, v2):
    assert (
        v1.get_identity_verification_attributes(Identities=["gone.example"])["VerificationAttributes"] == {}
    )
    with pytest.raises(v2.exceptions.NotFoundException):
        v2.get_email_identity(EmailIdentity="gone.example")


def test_command_line_shows_dns_error(sescli, dns_server, v2, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    created(v2)
    place = ["--endpoint-url", dns_server.endpoint_url, "--region", "us-east-1"]
    shown = sescli("identity", "show", "example.com", *place, "-o", "json")
    assert shown.json["verification_status"] == "PENDING", shown.stderr
    assert shown.json["verification_info"]["error_type"] == "HOST_NOT_FOUND"


@pytest.mark.parametrize("resolver", ["", ":53", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000"])
def test_invalid_resolver_is_rejected(tmp_path, resolver):
    with pytest.raises(UsageError):
        process.start(verification="dns", resolver=resolver, folder=tmp_path)


def test_resolver_needs_verification_by_dns(sescli):
    ran = sescli("local", "start", "--resolver", "127.0.0.1", "-o", "json")
    assert (ran.code, ran.error["hint"]) == (2, "add --verification dns")


def test_status_shows_resolver(dns_server, name_server):
    assert (dns_server.verification, dns_server.resolver) == ("dns", name_server.place)
