"""`sescli smtp test` against real servers: what works, and a clear verdict for each thing that does not."""

from __future__ import annotations

import json
import smtplib
import socket
import time

import pytest
from smtp_servers import PASSWORD, USERNAME, dripping, silent

from sescli.groups.smtp.service.diagnosis import SmtpStep, diagnose
from sescli.groups.smtp.service.server import SmtpServer

DOTENV = f"SMTP_USERNAME={USERNAME}\nSMTP_PASSWORD={PASSWORD}\n"


def fault(ran):
    """The error of `-o json`; with --debug a traceback follows it."""
    (line,) = [line for line in ran.stderr.splitlines() if line.startswith('{"error"')]
    return json.loads(line)["error"]


@pytest.fixture
def tried(sescli, authority):
    """Run `smtp test` with the credentials piped in, and see that the password is nowhere."""

    def call(*arguments, stdin=DOTENV, trust=True):
        ca = ["--ca-file", str(authority.file)] if trust else []
        ran = sescli("smtp", "test", *ca, *arguments, "-o", "json", "-v", "--debug", stdin=stdin)
        assert PASSWORD not in ran.stdout + ran.stderr
        return ran

    return call


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_good_credentials_are_let_in(tried, smtp_server, tls):
    server = smtp_server(tls=tls)
    ran = tried(*server.place, "--tls", tls)
    assert ran.code == 0, ran.stderr
    assert ran.json["username"] == USERNAME
    assert ran.json["tls_version"] in {"TLSv1.2", "TLSv1.3"}
    assert ran.json["message_id"] is None
    assert server.seen.logins == [(USERNAME, PASSWORD)]


def test_one_mail_is_sent_when_asked_for(tried, smtp_server):
    server = smtp_server()
    ran = tried(*server.place, "--from", "hello@example.com", "--to", "jane@example.net")
    assert ran.json["message_id"] == "0102018f-12345678-000000"
    ((sender, recipients, content),) = server.seen.mails
    assert (sender, recipients) == ("hello@example.com", ["jane@example.net"])
    assert b"\r\nTo: jane@example.net\r\n" in content
    assert b"Subject: Test of SMTP credentials" in content


def test_a_dry_run_sends_no_mail(tried, smtp_server):
    server = smtp_server()
    ran = tried(*server.place, "--from", "hello@example.com", "--to", "jane@example.net", "--dry-run")
    assert ran.code == 0
    assert server.seen.mails == []


def test_for_people_it_says_the_steps(sescli, smtp_server, authority):
    server = smtp_server()
    ran = sescli("smtp", "test", *server.place, "--ca-file", str(authority.file), stdin=DOTENV)
    assert "takes these credentials" in ran.stdout
    for step in ("connected to localhost", "certificate is verified", f"logged in as {USERNAME}"):
        assert step in ran.stderr


@pytest.mark.parametrize(
    "stdin",
    [
        f"export SMTP_USERNAME='{USERNAME}'\n# the password\nSMTP_PASSWORD=\"{PASSWORD}\"\nOTHER=1\n",
        f'{{"smtp_username": "{USERNAME}", "smtp_password": "{PASSWORD}", "region": "us-east-1"}}',
    ],
    ids=["dotenv", "json"],
)
def test_the_forms_in_which_credentials_are_kept(tried, smtp_server, stdin):
    assert tried(*smtp_server().place, stdin=stdin).code == 0


def test_the_file_of_create_is_all_it_takes(sescli, smtp_server, authority):
    port = smtp_server().port
    stdin = f"{DOTENV}SMTP_HOST=localhost\nSMTP_PORT={port}\nSMTP_REGION=eu-west-1\n"
    assert sescli("smtp", "test", "--ca-file", str(authority.file), stdin=stdin).code == 0


def test_the_environment_and_the_prompt(sescli, smtp_server, authority, monkeypatch):
    server = smtp_server()
    arguments = ["smtp", "test", *server.place, "--ca-file", str(authority.file)]
    asked = sescli(*arguments, answers=[("user name", USERNAME), ("SMTP password", PASSWORD)], tty=True)
    assert asked.code == 0
    assert PASSWORD not in asked.stdout + asked.stderr
    bare = sescli(*arguments, "--username", USERNAME, stdin=PASSWORD)
    assert bare.code == 0
    monkeypatch.setenv("SMTP_USERNAME", USERNAME)
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)
    assert sescli(*arguments).code == 0
    assert sescli(*arguments, stdin="another-password").code == 4, "what is piped in goes first"
    monkeypatch.setenv("SMTP_HOST", "localhost")
    monkeypatch.setenv("SMTP_PORT", str(server.port))
    monkeypatch.setenv("SMTP_PASSWORD", "another")
    assert sescli("smtp", "test", *arguments[-2:], stdin=PASSWORD).code == 0


def test_a_wrong_password(tried, smtp_server):
    ran = tried(*smtp_server().place, "--username", "AKIAIOSFODNN7ANOTHER")
    assert ran.code == 4
    assert fault(ran)["code"] == "535"


def test_a_server_that_quotes_the_password_back(tried, smtp_server):
    server = smtp_server(answers={"auth": f"535 not with {PASSWORD}, \x1b[31m{USERNAME}"})
    ran = tried(*server.place)
    assert "not with (redacted)" in fault(ran)["message"]
    assert "\x1b" not in ran.stderr


@pytest.mark.parametrize(
    ("answers", "code", "error", "hint"),
    [
        ({"auth": "454 Temporary authentication failure"}, 6, "454", "passing fault"),
        ({"data": "454 Throttling failure: Maximum sending rate exceeded."}, 6, "454", "more slowly"),
        ({"data": "454 Throttling failure: Daily message quota exceeded."}, 6, "454", "reputation quota"),
        (
            {"data": "554 Message rejected: Email address is not verified. The following identities failed"},
            1,
            "554",
            "identity verify",
        ),
        (
            {"data": "554 Access denied: User `arn:aws:iam::1:user/u` is not authorized to perform `ses:S`"},
            4,
            "554",
            "--from of smtp create",
        ),
        ({"data": "421 Too many messages"}, 6, "421", "passing fault"),
    ],
)
def test_what_ses_answers(tried, smtp_server, answers, code, error, hint):
    server = smtp_server(answers=answers)
    ran = tried(*server.place, "--from", "hello@example.com", "--to", "jane@example.net")
    assert ran.code == code, ran.stderr
    assert fault(ran)["code"] == error
    assert hint in fault(ran)["hint"]
    assert server.seen.mails == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(
    ("certificate", "trust", "words"),
    [
        ({}, False, "--ca-file"),
        ({"expired": True}, True, "renewed"),
        ({"name": "mail.example.com"}, True, "--host NAME"),
    ],
    ids=["unknown authority", "expired", "another name"],
)
def test_a_certificate_that_is_not_to_be_trusted(
    tried, smtp_server, authority, tls, certificate, trust, words
):
    server = smtp_server(tls=tls, context=authority.context(**certificate))
    ran = tried(*server.place, "--tls", tls, trust=trust)
    assert ran.code == 3
    assert fault(ran)["code"] == "CertificateNotTrusted"
    assert words in fault(ran)["hint"]
    assert server.seen.logins == []


def test_a_plaintext_server_does_not_get_the_password(tried, smtp_server):
    server = smtp_server(tls=None)
    ran = tried(*server.place)
    assert ran.code == 3
    assert fault(ran)["code"] == "NoTls"
    assert server.seen.logins == []


def test_a_server_without_auth(tried, smtp_server):
    ran = tried(*smtp_server(auth=False).place)
    assert ran.code == 3
    assert fault(ran)["code"] == "NoAuth"


def test_the_wrong_kind_of_tls_is_told_both_ways(tried, smtp_server):
    ran = tried(*smtp_server().place, "--tls", "implicit")
    assert (ran.code, fault(ran)["code"]) == (3, "TlsFailed")
    assert "--tls starttls" in fault(ran)["hint"]
    ran = tried(*smtp_server(tls="implicit").place, "--timeout", "0.7")
    assert (ran.code, fault(ran)["code"]) == (6, "Timeout")
    assert "--tls implicit" in fault(ran)["hint"]


@pytest.mark.parametrize("talk", [silent, dripping])
def test_a_slow_server_is_given_up_in_time(tried, raw_server, talk):
    started = time.monotonic()
    ran = tried("--host", "localhost", "--port", str(raw_server(talk)), "--timeout", "0.7")
    assert time.monotonic() - started < 5
    assert (ran.code, fault(ran)["code"]) == (6, "Timeout")
    assert fault(ran)["retryable"] is True


def test_a_server_that_drips_into_the_tls_handshake(tried, raw_server):
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(100)
        connection.sendall(b"250-hello\r\n250 STARTTLS\r\n")
        connection.recv(100)
        connection.sendall(b"220 go on\r\n")
        connection.recv(1000)
        connection.sendall(b"\x16\x03\x03\x40\x00")
        dripping(connection)

    started = time.monotonic()
    ran = tried("--host", "localhost", "--port", str(raw_server(talk)), "--timeout", "0.7")
    assert time.monotonic() - started < 5
    assert (ran.code, fault(ran)["code"]) == (6, "Timeout")


def test_text_smuggled_in_before_tls_is_not_read(tried, raw_server):
    """CVE-2011-0411: an attacker on the line puts answers of his own before the handshake."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(100)
        connection.sendall(b"250-hello\r\n250 STARTTLS\r\n")
        connection.recv(100)
        connection.sendall(b"220 go on\r\n250-hello\r\n250 AUTH PLAIN\r\n235 come in\r\n")
        silent(connection)

    ran = tried("--host", "localhost", "--port", str(raw_server(talk)), "--timeout", "1")
    assert ran.code in {3, 6}
    assert ran.stdout == ""


@pytest.mark.parametrize(
    ("greeting", "code", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", 3, "NotSmtp"),
        (b"", 3, "NotSmtp"),
        (b"\x00\xff\xfe garbage\r\n", 3, "NotSmtp"),
        (b"554 go away\r\n", 1, "554"),
        (b"421 busy\r\n", 6, "421"),
        (b"250 " + b"x" * 20000 + b"\r\n", 1, "500"),
    ],
)
def test_a_greeting_that_is_none(tried, raw_server, greeting, code, error):
    port = raw_server(lambda connection: connection.sendall(greeting))
    ran = tried("--host", "localhost", "--port", str(port), "--timeout", "5")
    assert (ran.code, fault(ran)["code"]) == (code, error), ran.stderr


def test_nobody_listens(tried):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ran = tried("--host", "127.0.0.1", "--port", str(port))
    assert (ran.code, fault(ran)["code"]) == (6, "NoConnection")
    assert "refused" in fault(ran)["message"]


def test_a_name_that_dns_does_not_know(tried):
    ran = tried("--host", "smtp.invalid")
    assert (ran.code, fault(ran)["code"]) == (6, "Dns")


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("nonsense", "PEM")])
def test_a_ca_file_that_will_not_do(sescli, smtp_server, tmp_path, content, words):
    path = tmp_path / "other.pem"
    if content is not None:
        path.write_text(content)
    ran = sescli("smtp", "test", *smtp_server().place, "--ca-file", str(path), stdin=DOTENV)
    assert ran.code == 2
    assert words in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["--host", "h"], "", "no SMTP user name"),
        (["--host", "h", "--username", "AKIA"], "", "no SMTP password"),
        (["--tls", "ssl"], DOTENV, "starttls or implicit"),
        (["--to", "a@example.com"], DOTENV, "--from and --to"),
        (["--to", "nonsense", "--from", "a@example.com"], DOTENV, "not an email address"),
        ([], DOTENV, "no region is configured"),
        (["--local"], DOTENV, "speaks no SMTP"),
        (["--for-region", "Ireland"], DOTENV, "not the name of a region"),
        (["--host", "h"], "two words", "space"),
        (["--host", "h"], "two\nlines", "neither"),
        (["--host", "h"], '{"smtp_password": null, "out": "f"}', "no smtp_password"),
        (["--host", "h"], b"\xff\xfe\x00", "not text"),
        (["--host", "h"], "x" * 70000, "more than"),
        (["--host", "h"], f"{DOTENV}SMTP_PORT=many\n", "not a number"),
    ],
)
def test_what_cannot_be_tried(sescli, arguments, stdin, words):
    ran = sescli("smtp", "test", *arguments, stdin=stdin)
    assert ran.code == 2, ran.stderr
    assert words in ran.stderr
    assert PASSWORD not in ran.stderr


@pytest.mark.parametrize(
    "host", ["email-smtp.eu-west-1.amazonaws.com", "email-smtp-fips.us-east-2.amazonaws.com"]
)
def test_a_535_of_ses_tells_of_the_region(host):
    """SES itself is out of reach here; what is said about its hosts is not."""
    refused = smtplib.SMTPAuthenticationError(535, b"Authentication Credentials Invalid")
    told = diagnose(refused, SmtpServer(host, 587, "starttls"), SmtpStep.AUTH, ("AKIA", "secret"), late=False)
    region = host.split(".")[1]
    assert "535" in told.message
    assert f"this host is {region}'s" in told.hint
    assert f"sescli smtp password --for-region {region}" in told.hint


def test_an_unverified_sender_is_verified_where_the_host_is():
    refused = smtplib.SMTPDataError(554, b"Message rejected: Email address is not verified.")
    server = SmtpServer("email-smtp.eu-west-1.amazonaws.com", 587, "starttls")
    told = diagnose(refused, server, SmtpStep.MAIL, ("AKIA", "secret"), late=False)
    assert "sescli identity verify NAME --region eu-west-1" in told.hint


def test_a_mail_whose_answer_was_lost_may_have_been_accepted(tried, smtp_server):
    server = smtp_server(answers={"hang": "3"})
    ran = tried(*server.place, "--from", "a@example.com", "--to", "b@example.com", "--timeout", "1")
    assert (ran.code, fault(ran)["code"]) == (6, "OutcomeUnknown")
    assert "look whether it has arrived" in fault(ran)["hint"]


def test_port_25_says_that_it_is_blocked():
    told = diagnose(TimeoutError(), SmtpServer("h", 25, "starttls"), SmtpStep.CONNECT, ("u", "p"), late=True)
    assert "--port 587" in told.hint
