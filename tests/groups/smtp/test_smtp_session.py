"""`sescli smtp test` against real servers: success, and a clear diagnosis of each failure."""

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
    """Run `smtp test` with the credentials piped in, and check that the output never has the password."""

    def call(*arguments, stdin=DOTENV, trust=True):
        ca = ["--ca-file", str(authority.file)] if trust else []
        ran = sescli("smtp", "test", *ca, *arguments, "-o", "json", "-v", "--debug", stdin=stdin)
        assert PASSWORD not in ran.stdout + ran.stderr
        return ran

    return call


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_valid_credentials_are_accepted(tried, smtp_server, tls):
    server = smtp_server(tls=tls)
    ran = tried(*server.place, "--tls", tls)
    assert ran.code == 0, ran.stderr
    assert ran.json["username"] == USERNAME
    assert ran.json["tls_version"] in {"TLSv1.2", "TLSv1.3"}
    assert ran.json["message_id"] is None
    assert server.seen.logins == [(USERNAME, PASSWORD)]


def test_message_is_sent_with_from_and_to(tried, smtp_server):
    server = smtp_server()
    ran = tried(*server.place, "--from", "hello@example.com", "--to", "jane@example.net")
    assert ran.json["message_id"] == "0102018f-12345678-000000"
    ((sender, recipients, content),) = server.seen.mails
    assert (sender, recipients) == ("hello@example.com", ["jane@example.net"])
    assert b"\r\nTo: jane@example.net\r\n" in content
    assert b"Subject: Test of SMTP credentials" in content


def test_dry_run_sends_no_message(tried, smtp_server):
    server = smtp_server()
    ran = tried(*server.place, "--from", "hello@example.com", "--to", "jane@example.net", "--dry-run")
    assert ran.code == 0
    assert server.seen.mails == []


def test_table_output_shows_steps_and_result(sescli, smtp_server, authority):
    server = smtp_server()
    ran = sescli("smtp", "test", *server.place, "--ca-file", str(authority.file), stdin=DOTENV)
    assert "accepted the credentials" in ran.stdout
    for step in ("connected to localhost", "certificate verified", f"logged in as {USERNAME}"):
        assert step in ran.stderr


@pytest.mark.parametrize(
    "stdin",
    [
        f"export SMTP_USERNAME='{USERNAME}'\n# the password\nSMTP_PASSWORD=\"{PASSWORD}\"\nOTHER=1\n",
        f'{{"smtp_username": "{USERNAME}", "smtp_password": "{PASSWORD}", "region": "us-east-1"}}',
    ],
    ids=["dotenv", "json"],
)
def test_credentials_are_read_from_each_format(tried, smtp_server, stdin):
    assert tried(*smtp_server().place, stdin=stdin).code == 0


def test_file_of_create_is_sufficient(sescli, smtp_server, authority):
    port = smtp_server().port
    stdin = f"{DOTENV}SMTP_HOST=localhost\nSMTP_PORT={port}\nSMTP_REGION=eu-west-1\n"
    assert sescli("smtp", "test", "--ca-file", str(authority.file), stdin=stdin).code == 0


def test_credentials_from_environment_and_prompt(sescli, smtp_server, authority, monkeypatch):
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


def test_wrong_password_is_reported(tried, smtp_server):
    ran = tried(*smtp_server().place, "--username", "AKIAIOSFODNN7ANOTHER")
    assert ran.code == 4
    assert fault(ran)["code"] == "535"


def test_password_in_server_reply_is_masked(tried, smtp_server):
    server = smtp_server(answers={"auth": f"535 not with {PASSWORD}, \x1b[31m{USERNAME}"})
    ran = tried(*server.place)
    assert "not with (redacted)" in fault(ran)["message"]
    assert "\x1b" not in ran.stderr


@pytest.mark.parametrize(
    ("answers", "code", "error", "hint"),
    [
        ({"auth": "454 Temporary authentication failure"}, 6, "454", "temporary error"),
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
            "sescli smtp list",
        ),
        ({"data": "421 Too many messages"}, 6, "421", "temporary error"),
    ],
)
def test_ses_replies_map_to_exit_codes_and_hints(tried, smtp_server, answers, code, error, hint):
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
        ({"expired": True}, True, "renew the server's certificate"),
        ({"name": "mail.example.com"}, True, "--host NAME"),
    ],
    ids=["unknown authority", "expired", "another name"],
)
def test_untrusted_certificate_is_reported(tried, smtp_server, authority, tls, certificate, trust, words):
    server = smtp_server(tls=tls, context=authority.context(**certificate))
    ran = tried(*server.place, "--tls", tls, trust=trust)
    assert ran.code == 3
    assert fault(ran)["code"] == "CertificateNotTrusted"
    assert words in fault(ran)["hint"]
    assert server.seen.logins == []


def test_server_without_tls_does_not_get_password(tried, smtp_server):
    server = smtp_server(tls=None)
    ran = tried(*server.place)
    assert ran.code == 3
    assert fault(ran)["code"] == "NoTls"
    assert server.seen.logins == []


def test_server_without_auth_is_reported(tried, smtp_server):
    ran = tried(*smtp_server(auth=False).place)
    assert ran.code == 3
    assert fault(ran)["code"] == "NoAuth"


def test_wrong_tls_mode_is_reported(tried, smtp_server):
    ran = tried(*smtp_server().place, "--tls", "implicit")
    assert (ran.code, fault(ran)["code"]) == (3, "TlsFailed")
    assert "--tls starttls" in fault(ran)["hint"]
    ran = tried(*smtp_server(tls="implicit").place, "--timeout", "0.7")
    assert (ran.code, fault(ran)["code"]) == (6, "Timeout")
    assert "--tls implicit" in fault(ran)["hint"]


@pytest.mark.parametrize("talk", [silent, dripping])
def test_slow_server_times_out(tried, raw_server, talk):
    started = time.monotonic()
    ran = tried("--host", "localhost", "--port", str(raw_server(talk)), "--timeout", "0.7")
    assert time.monotonic() - started < 5
    assert (ran.code, fault(ran)["code"]) == (6, "Timeout")
    assert fault(ran)["retryable"] is True


def test_slow_tls_handshake_times_out(tried, raw_server):
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


def test_text_injected_before_tls_is_ignored(tried, raw_server):
    """CVE-2011-0411: an attacker on the network injects replies before the handshake."""

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
def test_non_smtp_greeting_is_reported(tried, raw_server, greeting, code, error):
    port = raw_server(lambda connection: connection.sendall(greeting))
    ran = tried("--host", "localhost", "--port", str(port), "--timeout", "5")
    assert (ran.code, fault(ran)["code"]) == (code, error), ran.stderr


def test_closed_port_is_reported(tried):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ran = tried("--host", "127.0.0.1", "--port", str(port))
    assert (ran.code, fault(ran)["code"]) == (6, "NoConnection")
    assert "refused" in fault(ran)["message"]


def test_unknown_host_is_reported(tried):
    ran = tried("--host", "smtp.invalid")
    assert (ran.code, fault(ran)["code"]) == (6, "Dns")


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("nonsense", "PEM")])
def test_unusable_ca_file_is_reported(sescli, smtp_server, tmp_path, content, words):
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
        (["--local"], DOTENV, "has no SMTP server"),
        (["--for-region", "Ireland"], DOTENV, "not a valid region name"),
        (["--host", "h"], "two words", "space"),
        (["--host", "h"], "two\nlines", "neither"),
        (["--host", "h"], '{"smtp_password": null, "out": "f"}', "no smtp_password"),
        (["--host", "h"], b"\xff\xfe\x00", "not text"),
        (["--host", "h"], "x" * 70000, "more than"),
        (["--host", "h"], f"{DOTENV}SMTP_PORT=many\n", "not a number"),
    ],
)
def test_invalid_input_is_rejected(sescli, arguments, stdin, words):
    ran = sescli("smtp", "test", *arguments, stdin=stdin)
    assert ran.code == 2, ran.stderr
    assert words in ran.stderr
    assert PASSWORD not in ran.stderr


@pytest.mark.parametrize(
    "host", ["email-smtp.eu-west-1.amazonaws.com", "email-smtp-fips.us-east-2.amazonaws.com"]
)
def test_error_535_of_ses_names_region(host):
    """SES itself is not reachable here; the diagnosis depends only on the host name."""
    refused = smtplib.SMTPAuthenticationError(535, b"Authentication Credentials Invalid")
    told = diagnose(refused, SmtpServer(host, 587, "starttls"), SmtpStep.AUTH, ("AKIA", "secret"), late=False)
    region = host.split(".")[1]
    assert "535" in told.message
    assert f"this host is in {region}" in str(told.hint)
    assert f"sescli smtp password --for-region {region}" in str(told.hint)


def test_unverified_sender_hint_uses_region_of_host():
    refused = smtplib.SMTPDataError(554, b"Message rejected: Email address is not verified.")
    server = SmtpServer("email-smtp.eu-west-1.amazonaws.com", 587, "starttls")
    told = diagnose(refused, server, SmtpStep.MAIL, ("AKIA", "secret"), late=False)
    assert "sescli identity verify NAME --region eu-west-1" in str(told.hint)


def test_message_with_lost_response_has_unknown_outcome(tried, smtp_server):
    server = smtp_server(answers={"hang": "3"})
    ran = tried(*server.place, "--from", "a@example.com", "--to", "b@example.com", "--timeout", "1")
    assert (ran.code, fault(ran)["code"]) == (6, "OutcomeUnknown")
    assert "check whether the message arrived" in fault(ran)["hint"]


def test_port_25_time_out_explains_blocking():
    told = diagnose(TimeoutError(), SmtpServer("h", 25, "starttls"), SmtpStep.CONNECT, ("u", "p"), late=True)
    assert "--port 587" in told.hint
