"""`sescli identity dkim`: on and off, Easy DKIM and own keys, against the emulator."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from gatekeeper import Answer, denied, throttled

DKIM = "PUT /v2/email/identities/example.com/dkim"
SIGNING = f"{DKIM}/signing"


@pytest.fixture(scope="module")
def pem():
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def key_file(pem, tmp_path):
    path = tmp_path / "dkim.pem"
    path.write_text(pem)
    return str(path)


def dkim_of(boto, name="example.com"):
    return boto("sesv2").get_email_identity(EmailIdentity=name)["DkimAttributes"]


def told(**dkim):
    """GetEmailIdentity's answer about example.com with this DKIM, which the emulator cannot produce."""
    return Answer(
        {
            "IdentityType": "DOMAIN",
            "VerifiedForSendingStatus": True,
            "VerificationStatus": "SUCCESS",
            "DkimAttributes": {"SigningEnabled": True, **dkim},
        }
    )


def easy(status, **more):
    return told(Status=status, Tokens=["a", "b", "c"], SigningAttributesOrigin="AWS_SES", **more)


# show


def test_show_explains_status_and_lists_records(sescli, patient_ses, boto):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "dkim", "show", "example.com")
    assert ran.code == 0
    assert "DKIM PENDING: SES has not found the DKIM records yet" in ran.stdout
    for token in dkim_of(boto)["Tokens"]:
        assert f"CNAME  {token}._domainkey.example.com  {token}.dkim.amazonses.com" in ran.stdout
    assert "sescli identity check example.com" in ran.stderr
    patient_ses.control(verify="example.com")
    ran = sescli("identity", "dkim", "show", "example.com")
    assert "SES signs email for the domain" in ran.stdout
    assert "Next:" not in ran.stderr


def test_show_json_contains_dkim_and_records(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    shown = sescli("identity", "dkim", "show", "example.com", "-o", "json").json
    assert shown.keys() == {"identity", "dkim", "records"}
    assert shown["dkim"] == sescli("identity", "show", "example.com", "-o", "json").json["dkim"]
    assert [record["purpose"] for record in shown["records"]] == ["dkim"] * 3


def test_show_on_narrow_terminal_keeps_values_unbroken(sescli, ses, boto, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    sescli("identity", "verify", "example.com")
    lines = sescli("identity", "dkim", "show", "example.com", tty=True).stdout.splitlines()
    for token in dkim_of(boto)["Tokens"]:
        assert any(line.endswith(f" {token}.dkim.amazonses.com") for line in lines)


@pytest.mark.parametrize(
    ("answer", "meaning", "step"),
    [
        (
            easy("FAILED"),
            "did not find the DKIM records within 72 hours",
            "look again: sescli identity dkim enable example.com",
        ),
        (easy("TEMPORARY_FAILURE"), "no longer finds", "sescli identity check example.com"),
        (
            told(Status="FAILED", Tokens=["s"], SigningAttributesOrigin="EXTERNAL"),
            "did not find the DKIM records",
            "sescli identity dkim enable example.com --selector SELECTOR --private-key FILE",
        ),
        (told(Status="NOT_STARTED", SigningEnabled=False), "not set up", "dkim enable example.com"),
        (easy("SUCCESS", SigningEnabled=False), "signing is off", "sescli identity dkim enable example.com"),
    ],
)
@pytest.mark.parametrize("command", [("dkim", "show"), ("show",)])
def test_show_explains_each_status_and_next_step(sescli, refusing, answer, meaning, step, command):
    refusing(**{"GET /v2/email/identities/example.com": answer})
    ran = sescli("identity", *command, "example.com")
    assert meaning in ran.stdout
    assert step in ran.stderr


def test_show_rejects_malformed_tokens(sescli, refusing):
    bad = told(Status="SUCCESS", Tokens=["a\n$INCLUDE /etc/passwd"], SigningAttributesOrigin="AWS_SES")
    refusing(**{"GET /v2/email/identities/example.com": bad})
    ran = sescli("identity", "dkim", "show", "example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "BadAnswer")


@pytest.mark.parametrize("verb", ["show", "enable", "disable", "rotate"])
def test_dkim_of_missing_identity_reports_not_found(sescli, ses, verb):
    ran = sescli("identity", "dkim", verb, "example.com", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert "sescli identity setup example.com" in ran.error["hint"]


# enable and disable


def test_disable_then_enable_keeps_tokens(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    ran = sescli(
        "identity",
        "dkim",
        "disable",
        "example.com",
        answers=[("Change DKIM signing of example.com?", True)],
        tty=True,
    )
    assert ran.code == 0
    assert "sescli identity dkim enable example.com" in ran.stderr
    assert dkim_of(boto)["SigningEnabled"] is False
    assert "already off" in sescli("identity", "dkim", "disable", "example.com").stdout
    tokens = dkim_of(boto)["Tokens"]
    ran = sescli("identity", "dkim", "enable", "example.com", "-o", "json")
    assert (ran.json["dkim"]["signing_enabled"], ran.json["dkim"]["tokens"]) == (True, tokens)
    assert dkim_of(boto)["SigningEnabled"] is True
    assert "already on" in sescli("identity", "dkim", "enable", "example.com").stdout


def test_disable_shows_dmarc_effect_and_asks(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "dkim", "disable", "example.com")
    assert ran.code == 2
    assert "no longer passes DMARC" in ran.stderr
    assert "--yes" in ran.stderr
    sescli("identity", "mail-from", "set", "example.com", "--domain", "bounce")
    ran = sescli("identity", "dkim", "disable", "example.com")
    assert "DMARC then passes through SPF alone, with bounce.example.com" in ran.stderr
    assert dkim_of(boto)["SigningEnabled"] is True


def test_enable_creates_dkim_for_domain_without_it(sescli, ses, boto):
    boto("ses").verify_domain_identity(Domain="example.com")
    ran = sescli("identity", "dkim", "enable", "example.com", "--dry-run", "-o", "json")
    assert [(call["operation"], call["parameters"]) for call in ran.json] == [
        (
            "PutEmailIdentityDkimSigningAttributes",
            {"EmailIdentity": "example.com", "SigningAttributesOrigin": "AWS_SES"},
        ),
        ("PutEmailIdentityDkimAttributes", {"EmailIdentity": "example.com", "SigningEnabled": True}),
    ]
    assert "Tokens" not in dkim_of(boto)
    ran = sescli("identity", "dkim", "enable", "example.com", "--key-length", "1024", "-o", "json")
    assert len(ran.json["records"]) == 3
    now = dkim_of(boto)
    assert (now["SigningEnabled"], now["NextSigningKeyLength"]) == (True, "RSA_1024_BIT")


def test_enable_failure_after_first_call_says_that_key_was_set(sescli, ses, refusing, boto):
    boto("ses").verify_domain_identity(Domain="example.com")
    refusing(**{DKIM: denied("PutEmailIdentityDkimAttributes")})
    ran = sescli("identity", "dkim", "enable", "example.com", "-o", "json")
    assert ran.code == 4
    assert ran.error["message"].startswith("the key of example.com was set, but signing was not turned on")


def test_enable_restarts_after_ses_gave_up(sescli, refusing):
    refusing(**{"GET /v2/email/identities/example.com": easy("FAILED")})
    ran = sescli("identity", "dkim", "enable", "example.com", "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["PutEmailIdentityDkimSigningAttributes"]


def test_enable_requires_own_key_again_after_ses_gave_up(sescli, refusing, key_file):
    own = told(Status="FAILED", Tokens=["s1"], SigningAttributesOrigin="EXTERNAL")
    refusing(**{"GET /v2/email/identities/example.com": own})
    ran = sescli("identity", "dkim", "enable", "example.com", "-o", "json")
    assert ran.code == 2
    assert "--selector s1 --private-key FILE" in ran.error["hint"]
    ran = sescli(
        *("identity", "dkim", "enable", "example.com", "--selector", "s1", "--private-key", key_file),
        *("--dry-run", "-o", "json"),
    )
    assert [call["operation"] for call in ran.json] == ["PutEmailIdentityDkimSigningAttributes"]


def test_enable_switches_to_own_key_and_back(sescli, ses, boto, key_file):
    sescli("identity", "verify", "example.com")
    switch = ("identity", "dkim", "enable", "example.com", "--selector", "s1", "--private-key", key_file)
    ran = sescli(*switch)
    assert ran.code == 2
    assert "Publish this record first: TXT s1._domainkey.example.com p=" in ran.stderr
    assert "Until SES finds the new record" in ran.stderr
    assert dkim_of(boto)["SigningAttributesOrigin"] == "AWS_SES"
    ran = sescli(*switch, "--yes", "-o", "json")
    assert dkim_of(boto)["SigningAttributesOrigin"] == "EXTERNAL"
    assert dkim_of(boto)["Tokens"] == ["s1"]
    (record,) = ran.json["records"]
    assert (record["type"], record["name"]) == ("TXT", "s1._domainkey.example.com")
    assert record["value"].startswith("p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ")
    assert "(SES does not return it" in sescli("identity", "dkim", "show", "example.com").stdout
    assert sescli("identity", "dkim", "enable", "example.com", "--easy").code == 2
    assert sescli("identity", "dkim", "enable", "example.com", "--easy", "--yes").code == 0
    assert (dkim_of(boto)["SigningAttributesOrigin"], len(dkim_of(boto)["Tokens"])) == ("AWS_SES", 3)


def test_enable_does_not_ask_if_email_is_not_signed_yet(sescli, patient_ses, boto, key_file):
    sescli("identity", "verify", "example.com")
    switch = ("identity", "dkim", "enable", "example.com", "--selector", "s1", "--private-key", key_file)
    ran = sescli(*switch)
    assert ran.code == 0
    assert dkim_of(boto)["Status"] == "PENDING"
    assert "Next: publish the DNS records" in ran.stderr


@pytest.mark.parametrize("spelt", ["{path}", "-", "{text}"])
@pytest.mark.parametrize("more", [("-v", "--debug"), ("-o", "json"), ("--dry-run",)])
@pytest.mark.parametrize("fails", [False, True])
def test_enable_never_shows_private_key(sescli, refusing, pem, key_file, spelt, more, fails):
    sescli("identity", "verify", "example.com")
    if fails:
        refusing(**{SIGNING: denied("PutEmailIdentityDkimSigningAttributes")})
    given = spelt.format(path=key_file, text=pem)
    ran = sescli(
        *("identity", "dkim", "enable", "example.com", "--selector", "s1", "--private-key", given),
        *("--yes", *more),
        stdin=pem,
    )
    assert ran.code == (4 if fails and more != ("--dry-run",) else 0), ran.stderr
    # The first 144 bytes hold the modulus, which is public.
    for line in pem.splitlines()[4:-1]:
        assert line not in ran.stdout + ran.stderr


# rotate


def test_rotate_easy_dkim_changes_key_length_and_keeps_records(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    before = dkim_of(boto)
    ran = sescli("identity", "dkim", "rotate", "example.com", "--key-length", "1024")
    assert ran.code == 0
    assert "The DNS records stay the same." in ran.stdout
    assert dkim_of(boto)["NextSigningKeyLength"] == "RSA_1024_BIT"
    assert dkim_of(boto)["Tokens"] == before["Tokens"]
    ran = sescli("identity", "dkim", "rotate", "example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "BadRequestException")
    assert "once in 24 hours" in ran.error["hint"]
    assert "The current key was created at 20" in ran.error["hint"]


@pytest.mark.parametrize("more", [(), ("--key-length", "2048")])
def test_rotate_easy_dkim_rejects_same_key_length(sescli, ses, more):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "dkim", "rotate", "example.com", *more)
    assert ran.code == 2
    assert "already has RSA_2048_BIT" in ran.stderr
    assert "--key-length 1024" in ran.stderr
    assert "--selector NEW --private-key FILE" in ran.stderr


def test_rotate_own_key_requires_new_selector(sescli, ses, boto, key_file):
    own = ("--private-key", key_file, "--yes")
    sescli("identity", "verify", "example.com")
    sescli("identity", "dkim", "enable", "example.com", "--selector", "s1", *own)
    ran = sescli("identity", "dkim", "rotate", "example.com", "--selector", "s1", *own)
    assert ran.code == 2
    assert "needs a new selector" in ran.stderr
    ran = sescli("identity", "dkim", "rotate", "example.com", "--selector", "s2", *own)
    assert ran.code == 0
    assert "Keep the record s1._domainkey.example.com for a few days" in ran.stdout
    assert dkim_of(boto)["Tokens"] == ["s2"]
    for arguments in ([], ["--key-length", "2048"]):
        ran = sescli("identity", "dkim", "rotate", "example.com", *arguments)
        assert ran.code == 2
        assert "openssl genrsa" in ran.stderr


def test_rotate_without_matching_key_hints_at_enable(sescli, ses, boto, key_file):
    boto("ses").verify_domain_identity(Domain="example.com")
    ran = sescli("identity", "dkim", "rotate", "example.com")
    assert (ran.code, "sescli identity dkim enable example.com" in ran.stderr) == (2, True)
    sescli("identity", "dkim", "enable", "example.com")
    ran = sescli("identity", "dkim", "rotate", "example.com", "--selector", "s9", "--private-key", key_file)
    assert ran.code == 2
    assert "sescli identity dkim enable example.com --selector s9 --private-key FILE" in ran.stderr


def test_rotate_rejects_copied_key(sescli, refusing):
    copy = told(Status="SUCCESS", Tokens=["a"], SigningAttributesOrigin="AWS_SES_US_EAST_1")
    refusing(**{"GET /v2/email/identities/example.com": copy})
    ran = sescli("identity", "dkim", "rotate", "example.com")
    assert ran.code == 2
    assert "AWS_SES_US_EAST_1" in ran.stderr
    assert "already on" in sescli("identity", "dkim", "enable", "example.com").stdout


# addresses


def test_address_supports_only_enable_and_disable(sescli, ses, boto, key_file):
    sescli("identity", "verify", "jane@example.com")
    assert sescli("identity", "dkim", "enable", "jane@example.com").code == 0
    assert dkim_of(boto, "jane@example.com")["SigningEnabled"] is True
    assert sescli("identity", "dkim", "disable", "jane@example.com", "--yes").code == 0
    assert dkim_of(boto, "jane@example.com")["SigningEnabled"] is False
    for arguments in (
        ["enable", "jane@example.com", "--key-length", "2048"],
        ["enable", "jane@example.com", "--selector", "s1", "--private-key", key_file],
        ["rotate", "jane@example.com"],
    ):
        ran = sescli("identity", "dkim", *arguments)
        assert ran.code == 2
        assert "key of its domain" in ran.stderr


# refusals


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--selector", "s1"], "--private-key"),
        (["--private-key", "KEY"], "--selector"),
        (["--selector", "a.b", "--private-key", "KEY"], "no dots"),
        (["--selector", "a\r\nb", "--private-key", "KEY"], "no dots"),
        (["--selector", "s", "--private-key", "KEY", "--key-length", "2048"], "Easy DKIM"),
        (["--selector", "s", "--private-key", "KEY", "--easy"], "Easy DKIM"),
        (["--selector", "s", "--private-key", "missing.pem"], "missing.pem"),
        (["--key-length", "4096"], "1024 or 2048"),
    ],
)
def test_enable_rejects_invalid_arguments(sescli, ses, boto, key_file, arguments, words):
    sescli("identity", "verify", "example.com")
    before = dkim_of(boto)
    given = [key_file if argument == "KEY" else argument for argument in arguments]
    ran = sescli("identity", "dkim", "enable", "example.com", *given)
    assert ran.code == 2
    assert words in ran.stderr
    assert dkim_of(boto) == before


def test_disable_reports_denied_and_throttled_calls(sescli, ses, refusing):
    sescli("identity", "verify", "example.com")
    refusing(**{DKIM: denied("PutEmailIdentityDkimAttributes")})
    ran = sescli("identity", "dkim", "disable", "example.com", "--yes", "-o", "json")
    assert ran.code == 4
    assert "PutEmailIdentityDkimAttributes" in ran.error["message"]
    refusing(**{DKIM: throttled(9)})
    ran = sescli("identity", "dkim", "disable", "example.com", "--yes", "-o", "json")
    assert (ran.code, ran.error["retryable"]) == (6, True)


def test_disable_requires_configured_region(sescli, ses, monkeypatch):
    sescli("identity", "verify", "example.com")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("identity", "dkim", "disable", "example.com", "--yes")
    assert ran.code == 2
    assert "--region" in ran.stderr
