"""What AWS and the network can answer, and what the user is told: over HTTP, against a server of our own."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sescli.aws.endpoint import AwsEndpoint
from sescli.aws.gateway import Gateway
from sescli.errors import (
    AccessError,
    AlreadyExistsError,
    ApiError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    QuotaExceededError,
    RetryableError,
    SescliError,
    ThrottledError,
)


class Faulty(ThreadingHTTPServer):
    """Gives every request the same answer: (status, code, message), or one of `reset`, `cut`, `page`, `hang`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = (200, "", "")
        self.requests = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Faulty

    def do_POST(self):
        self.server.requests += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.answer == "reset":
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
            )
            self.connection.close()
            return
        if self.server.answer == "hang":
            threading.Event().wait(1.5)
            return
        if self.server.answer == "cut":
            self._write(200, b'{"MessageId": "x', length=500)
            return
        if self.server.answer == "page":
            self._write(200, b"<html>a proxy's page</html>")
            return
        status, code, message = self.server.answer
        self._write(status, json.dumps({"message": message}).encode(), code=code)

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - the names that http.server calls

    def _write(self, status, body, *, length=None, code=""):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(body)))
        self.send_header("x-amzn-RequestId", "req-1")
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def faulty():
    with Faulty() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def gateway(faulty):
    return Gateway(AwsEndpoint(region="eu-west-1", endpoint_url=faulty.url, local=True))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((403, "AccessDeniedException", "no ses:GetAccount"), AccessError),
        ((403, "ExpiredTokenException", "expired"), AccessError),
        ((404, "NotFoundException", "no such thing"), NotFoundError),
        ((400, "AlreadyExistsException", "there already"), AlreadyExistsError),
        ((400, "BadRequestException", "bad"), ApiError),
        ((400, "MessageRejected", "Email address is not verified."), ApiError),
        ((501, "NotImplementedException", "not here"), ApiError),
        ((429, "TooManyRequestsException", "Maximum sending rate exceeded."), ThrottledError),
        ((429, "TooManyRequestsException", "Daily message quota exceeded."), QuotaExceededError),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else value.__name__,
)
def test_an_answer_of_aws_to_a_send(gateway, faulty, answer, kind):
    faulty.answer = answer
    with pytest.raises(kind) as raised:
        gateway.send("SendEmail", Content={})
    assert type(raised.value) is kind
    assert raised.value.code == answer[1]
    assert raised.value.request_id == "req-1"
    assert faulty.requests == 1, "a send is tried once"


@pytest.mark.parametrize(
    "answer", [(500, "InternalServiceErrorException", "oops"), (503, "", ""), "reset", "cut", "hang"]
)
def test_a_send_without_a_usable_answer_is_unknown_and_tried_once(gateway, faulty, answer):
    faulty.answer = answer
    with pytest.raises(OutcomeUnknownError) as raised:
        gateway.send("SendEmail", timeout=0.5, Content={})
    assert raised.value.retryable is False
    assert faulty.requests == 1


@pytest.mark.parametrize("answer", ["cut", "page"])
def test_a_list_that_was_cut_off_is_no_empty_list(gateway, faulty, answer):
    faulty.answer = answer
    with pytest.raises(OutcomeUnknownError):
        list(gateway.pages("sesv2", "ListSuppressedDestinations", "SuppressedDestinationSummaries"))


def test_a_send_that_finds_no_server_left_nothing(gateway, faulty):
    faulty.server_close()
    faulty.shutdown()
    with pytest.raises(NetworkError):
        gateway.send("SendEmail", Content={})


def test_a_read_is_tried_again(gateway, faulty):
    faulty.answer = (500, "InternalServiceErrorException", "oops")
    with pytest.raises(RetryableError) as raised:
        gateway.read("sesv2", "GetAccount")
    assert not isinstance(raised.value, OutcomeUnknownError)
    assert faulty.requests == 3


@pytest.mark.parametrize("answer", [(500, "InternalServiceErrorException", "oops"), "reset", "cut"])
def test_a_change_whose_answer_is_lost_is_unknown_and_tried_once(gateway, faulty, answer):
    faulty.answer = answer
    with pytest.raises(OutcomeUnknownError):
        gateway.write("sesv2", "CreateEmailIdentity", EmailIdentity="example.com")
    assert faulty.requests == 1


def test_a_change_that_is_throttled_is_tried_again(faulty):
    faulty.answer = (429, "TooManyRequestsException", "Rate exceeded")
    pauses = []
    target = AwsEndpoint(region="eu-west-1", endpoint_url=faulty.url, local=True)
    with pytest.raises(ThrottledError):
        Gateway(target, sleep=pauses.append).write(
            "sesv2", "CreateEmailIdentity", EmailIdentity="example.com"
        )
    assert faulty.requests == 4
    assert sum(pauses) > 1, "SES takes most changes once a second"


def test_a_concurrent_change_is_a_refusal_though_its_status_is_500(gateway, faulty):
    faulty.answer = (500, "ConcurrentModificationException", "try again")
    with pytest.raises(RetryableError) as raised:
        gateway.write("sesv2", "DeleteEmailIdentity", EmailIdentity="example.com")
    assert not isinstance(raised.value, OutcomeUnknownError)


@pytest.mark.parametrize("name", ["AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"])
def test_a_credential_with_a_line_break_is_not_shown(sescli, faulty, monkeypatch, name):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", name):
        monkeypatch.setenv(variable, "VERYSECRET\n" if variable == name else "a")
    ran = sescli("reputation", "quota", "--endpoint-url", faulty.url, "--debug", "-v")
    assert ran.code == 4
    assert "line break" in ran.stderr
    assert "VERYSECRET" not in ran.stdout + ran.stderr
    assert faulty.requests == 0


def test_a_credential_process_that_is_not_there(sescli, faulty, bare_machine):
    (bare_machine / ".aws").mkdir()
    (bare_machine / ".aws" / "config").write_text("[default]\ncredential_process = /no/such/program\n")
    ran = sescli("reputation", "quota", "--endpoint-url", faulty.url)
    assert ran.code == 4
    assert "/no/such/program" in ran.stderr


def test_a_dry_run_sends_nothing(faulty):
    gateway = Gateway(AwsEndpoint(region="eu-west-1", endpoint_url=faulty.url, local=True), dry_run=True)
    answer = gateway.write(
        "sesv2", "CreateEmailIdentity", EmailIdentity="example.com", Key={"DomainSigningPrivateKey": "secret"}
    )
    gateway.send("SendEmail", Token=answer["DkimAttributes"]["Tokens"])
    with pytest.raises(SescliError):
        gateway.sender(concurrency=1, timeout=1)
    assert faulty.requests == 0
    first, second = gateway.plan.calls
    assert first.operation == "CreateEmailIdentity"
    assert "secret" not in str(first)
    assert second.parameters == {"Token": "(known after CreateEmailIdentity: DkimAttributes.Tokens)"}


def test_the_command_says_what_was_denied_and_its_request(sescli, faulty, monkeypatch):
    faulty.answer = (403, "AccessDeniedException", "User x is not authorized to perform: ses:GetAccount")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    ran = sescli("reputation", "quota", "--endpoint-url", faulty.url, "-v")
    assert ran.code == 4
    assert "ses:GetAccount" in ran.stderr
    assert "ask for this permission" in ran.stderr
    assert "req-1" in ran.stderr
    assert "Traceback" not in ran.stderr
