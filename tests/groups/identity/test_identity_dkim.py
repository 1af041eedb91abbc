"""`sescli identity dkim`: on and off, Easy DKIM and keys of one's own, against the embedded SES."""

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
    """GetEmailIdentity's answer about example.com with this DKIM, as the embedded SES cannot have it."""
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


def test_show_tells_the_states_and_the_records(sescli, patient_ses, boto):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "dkim", "show", "example.com")
    assert ran.code == 0
    assert "DKIM PENDING: SES has not found the DKIM records yet" in ran.stdout
    for token in dkim_of(boto)["Tokens"]:
        assert f"CNAME  {token}._domainkey.example.com  {token}.dkim.amazonses.com" in ran.stdout
    assert "sescli identity check example.com" in ran.stderr
    patient_ses.control(verify="example.com")
    ran = sescli("identity", "dkim", "show", "example.com")
    assert "mail is signed for the domain" in ran.stdout
    assert "Next:" not in ran.stderr


def test_show_json(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    shown = sescli("identity", "dkim", "show", "example.com", "-o", "json").json
    assert shown.keys() == {"identity", "dkim", "records"}
    assert shown["dkim"] == sescli("identity", "show", "example.com", "-o", "json").json["dkim"]
    assert [record["purpose"] for record in shown["records"]] == ["dkim"] * 3


def test_on_a_narrow_terminal_the_records_stay_whole(sescli, ses, boto, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    sescli("identity", "verify", "example.com")
    lines = sescli("identity", "dkim", "show", "example.com", tty=True).stdout.splitlines()
    for token in dkim_of(boto)["Tokens"]:
        assert any(line.endswith(f" {token}.dkim.amazonses.com") for line in lines)


@pytest.mark.parametrize(
    ("answer", "meaning", "step"),
    [
        (easy("FAILED"), "gave up after 72 hours", "look again: sescli identity dkim enable example.com"),
        (easy("TEMPORARY_FAILURE"), "no longer finds", "sescli identity check example.com"),
        (
            told(Status="FAILED", Tokens=["s"], SigningAttributesOrigin="EXTERNAL"),
            "gave up",
            "sescli identity dkim enable example.com --selector SELECTOR --private-key FILE",
        ),
        (told(Status="NOT_STARTED", SigningEnabled=False), "not set up", "dkim enable example.com"),
        (easy("SUCCESS", SigningEnabled=False), "signing is off", "sescli identity dkim enable example.com"),
    ],
)
@pytest.mark.parametrize("command", [("dkim", "show"), ("show",)])
def test_every_state_has_its_meaning_and_its_next_step(sescli, refusing, answer, meaning, step, command):
    refusing(**{"GET /v2/email/identities/example.com": answer})
    ran = sescli("identity", *command, "example.com")
    assert meaning in ran.stdout
    assert step in ran.stderr


def test_hostile_tokens_are_no_records(sescli, refusing):
    bad = told(Status="SUCCESS", Tokens=["a\n$INCLUDE /etc/passwd"], SigningAttributesOrigin="AWS_SES")
    refusing(**{"GET /v2/email/identities/example.com": bad})
    ran = sescli("identity", "dkim", "show", "example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "BadAnswer")


@pytest.mark.parametrize("verb", ["show", "enable", "disable", "rotate"])
def test_what_is_not_there(sescli, ses, verb):
    ran = sescli("identity", "dkim", verb, "example.com", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (5, "NotFoundException")
    assert "sescli identity setup example.com" in ran.error["hint"]


# enable and disable


def test_off_and_on_again(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    ran = sescli(
        "identity",
        "dkim",
        "disable",
        "example.com",
        answers=[("Change the DKIM of example.com?", True)],
        tty=True,
    )
    assert ran.code == 0
    assert "sescli identity dkim enable example.com" in ran.stderr
    assert dkim_of(boto)["SigningEnabled"] is False
    assert "off already" in sescli("identity", "dkim", "disable", "example.com").stdout
    tokens = dkim_of(boto)["Tokens"]
    ran = sescli("identity", "dkim", "enable", "example.com", "-o", "json")
    assert (ran.json["dkim"]["signing_enabled"], ran.json["dkim"]["tokens"]) == (True, tokens)
    assert dkim_of(boto)["SigningEnabled"] is True
    assert "on already" in sescli("identity", "dkim", "enable", "example.com").stdout


def test_disable_says_what_it_means_for_dmarc_and_asks(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "dkim", "disable", "example.com")
    assert ran.code == 2
    assert "no longer passes DMARC" in ran.stderr
    assert "--yes" in ran.stderr
    sescli("identity", "mail-from", "set", "example.com", "--domain", "bounce")
    ran = sescli("identity", "dkim", "disable", "example.com")
    assert "DMARC then passes by SPF alone, through bounce.example.com" in ran.stderr
    assert dkim_of(boto)["SigningEnabled"] is True


def test_a_domain_without_dkim_gets_it(sescli, ses, boto):
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


def test_a_failure_after_the_first_call_says_so(sescli, ses, refusing, boto):
    boto("ses").verify_domain_identity(Domain="example.com")
    refusing(**{DKIM: denied("PutEmailIdentityDkimAttributes")})
    ran = sescli("identity", "dkim", "enable", "example.com", "-o", "json")
    assert ran.code == 4
    assert ran.error["message"].startswith("the key of example.com is set, but signing is not on yet")


def test_where_ses_gave_up_it_begins_again(sescli, refusing):
    refusing(**{"GET /v2/email/identities/example.com": easy("FAILED")})
    ran = sescli("identity", "dkim", "enable", "example.com", "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["PutEmailIdentityDkimSigningAttributes"]


def test_where_ses_gave_up_on_a_key_of_ones_own_it_wants_it_again(sescli, refusing, key_file):
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


def test_a_key_of_ones_own_and_back(sescli, ses, boto, key_file):
    sescli("identity", "verify", "example.com")
    switch = ("identity", "dkim", "enable", "example.com", "--selector", "s1", "--private-key", key_file)
    ran = sescli(*switch)
    assert ran.code == 2
    assert "publish this first: TXT s1._domainkey.example.com p=" in ran.stderr
    assert "Until SES has found the new record" in ran.stderr
    assert dkim_of(boto)["SigningAttributesOrigin"] == "AWS_SES"
    ran = sescli(*switch, "--yes", "-o", "json")
    assert dkim_of(boto)["SigningAttributesOrigin"] == "EXTERNAL"
    assert dkim_of(boto)["Tokens"] == ["s1"]
    (record,) = ran.json["records"]
    assert (record["type"], record["name"]) == ("TXT", "s1._domainkey.example.com")
    assert record["value"].startswith("p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ")
    assert "(SES does not tell it" in sescli("identity", "dkim", "show", "example.com").stdout
    assert sescli("identity", "dkim", "enable", "example.com", "--easy").code == 2
    assert sescli("identity", "dkim", "enable", "example.com", "--easy", "--yes").code == 0
    assert (dkim_of(boto)["SigningAttributesOrigin"], len(dkim_of(boto)["Tokens"])) == ("AWS_SES", 3)


def test_until_ses_finds_the_new_record_mail_is_unsigned_so_it_asks_only_where_mail_is_signed(
    sescli, patient_ses, boto, key_file
):
    sescli("identity", "verify", "example.com")
    switch = ("identity", "dkim", "enable", "example.com", "--selector", "s1", "--private-key", key_file)
    ran = sescli(*switch)
    assert ran.code == 0
    assert dkim_of(boto)["Status"] == "PENDING"
    assert "Next: publish its records" in ran.stderr


@pytest.mark.parametrize("spelt", ["{path}", "-", "{text}"])
@pytest.mark.parametrize("more", [("-v", "--debug"), ("-o", "json"), ("--dry-run",)])
@pytest.mark.parametrize("fails", [False, True])
def test_a_private_key_is_never_shown(sescli, refusing, pem, key_file, spelt, more, fails):
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


def test_easy_dkim_gets_a_new_key_by_another_length_and_keeps_its_records(sescli, ses, boto):
    sescli("identity", "verify", "example.com")
    before = dkim_of(boto)
    ran = sescli("identity", "dkim", "rotate", "example.com", "--key-length", "1024")
    assert ran.code == 0
    assert "the DNS records stay as they are" in ran.stdout
    assert dkim_of(boto)["NextSigningKeyLength"] == "RSA_1024_BIT"
    assert dkim_of(boto)["Tokens"] == before["Tokens"]
    ran = sescli("identity", "dkim", "rotate", "example.com", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "BadRequestException")
    assert "once in 24 hours" in ran.error["hint"]
    assert "the last was made at 20" in ran.error["hint"]


@pytest.mark.parametrize("more", [(), ("--key-length", "2048")])
def test_easy_dkim_makes_no_new_key_of_the_same_length(sescli, ses, more):
    sescli("identity", "verify", "example.com")
    ran = sescli("identity", "dkim", "rotate", "example.com", *more)
    assert ran.code == 2
    assert "RSA_2048_BIT already" in ran.stderr
    assert "--key-length 1024" in ran.stderr
    assert "--selector NEW --private-key FILE" in ran.stderr


def test_a_key_of_ones_own_is_rotated_under_a_new_selector(sescli, ses, boto, key_file):
    own = ("--private-key", key_file, "--yes")
    sescli("identity", "verify", "example.com")
    sescli("identity", "dkim", "enable", "example.com", "--selector", "s1", *own)
    ran = sescli("identity", "dkim", "rotate", "example.com", "--selector", "s1", *own)
    assert ran.code == 2
    assert "needs a new selector" in ran.stderr
    ran = sescli("identity", "dkim", "rotate", "example.com", "--selector", "s2", *own)
    assert ran.code == 0
    assert "keep the record s1._domainkey.example.com for a few days" in ran.stdout
    assert dkim_of(boto)["Tokens"] == ["s2"]
    for arguments in ([], ["--key-length", "2048"]):
        ran = sescli("identity", "dkim", "rotate", "example.com", *arguments)
        assert ran.code == 2
        assert "openssl genrsa" in ran.stderr


def test_rotating_says_where_there_is_nothing_to_rotate(sescli, ses, boto, key_file):
    boto("ses").verify_domain_identity(Domain="example.com")
    ran = sescli("identity", "dkim", "rotate", "example.com")
    assert (ran.code, "sescli identity dkim enable example.com" in ran.stderr) == (2, True)
    sescli("identity", "dkim", "enable", "example.com")
    ran = sescli("identity", "dkim", "rotate", "example.com", "--selector", "s9", "--private-key", key_file)
    assert ran.code == 2
    assert "sescli identity dkim enable example.com --selector s9 --private-key FILE" in ran.stderr


def test_a_copied_key_is_rotated_where_it_comes_from(sescli, refusing):
    copy = told(Status="SUCCESS", Tokens=["a"], SigningAttributesOrigin="AWS_SES_US_EAST_1")
    refusing(**{"GET /v2/email/identities/example.com": copy})
    ran = sescli("identity", "dkim", "rotate", "example.com")
    assert ran.code == 2
    assert "AWS_SES_US_EAST_1" in ran.stderr
    assert "on already" in sescli("identity", "dkim", "enable", "example.com").stdout


# addresses


def test_an_address_is_only_switched(sescli, ses, boto, key_file):
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
        (["--selector", "a.b", "--private-key", "KEY"], "no dot"),
        (["--selector", "a\r\nb", "--private-key", "KEY"], "no dot"),
        (["--selector", "s", "--private-key", "KEY", "--key-length", "2048"], "Easy DKIM"),
        (["--selector", "s", "--private-key", "KEY", "--easy"], "Easy DKIM"),
        (["--selector", "s", "--private-key", "missing.pem"], "missing.pem"),
        (["--key-length", "4096"], "1024 or 2048"),
    ],
)
def test_what_cannot_work_is_refused(sescli, ses, boto, key_file, arguments, words):
    sescli("identity", "verify", "example.com")
    before = dkim_of(boto)
    given = [key_file if argument == "KEY" else argument for argument in arguments]
    ran = sescli("identity", "dkim", "enable", "example.com", *given)
    assert ran.code == 2
    assert words in ran.stderr
    assert dkim_of(boto) == before


def test_denied_and_throttled(sescli, ses, refusing):
    sescli("identity", "verify", "example.com")
    refusing(**{DKIM: denied("PutEmailIdentityDkimAttributes")})
    ran = sescli("identity", "dkim", "disable", "example.com", "--yes", "-o", "json")
    assert ran.code == 4
    assert "PutEmailIdentityDkimAttributes" in ran.error["message"]
    refusing(**{DKIM: throttled(9)})
    ran = sescli("identity", "dkim", "disable", "example.com", "--yes", "-o", "json")
    assert (ran.code, ran.error["retryable"]) == (6, True)


def test_a_change_needs_a_region_that_somebody_named(sescli, ses, monkeypatch):
    sescli("identity", "verify", "example.com")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("identity", "dkim", "disable", "example.com", "--yes")
    assert ran.code == 2
    assert "--region" in ran.stderr
