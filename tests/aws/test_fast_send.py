"""Mail whose JSON we write ourselves: what arrives is what boto3's own client would have sent.

Each mail goes three ways to a server on loopback: by boto3's client, by the first call of our sender (through
botocore's client), and by a second one (with the request that the first one prepared).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from property_examples import examples

from sescli.aws.endpoint import AwsEndpoint
from sescli.aws.gateway import Gateway
from sescli.errors import (
    AccessError,
    ApiError,
    OutcomeUnknownError,
    QuotaExceededError,
    ThrottledError,
)
from sescli.groups.bulk.engine.requests import RequestBuilder
from sescli.groups.bulk.model.entries import Entry
from sescli.groups.bulk.model.spec import BatchAttachment, InlineContent, MessageSpec, Unsubscribe

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
# Of one call only; and the user agent, in which boto3 names its own client.
FICKLE = {"x-amz-date", "authorization", "amz-sdk-invocation-id", "user-agent"}


class Recorder(ThreadingHTTPServer):
    """Keeps what arrives, and answers what it is told: (status, error code, body)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.arrived = []
        self.answer = (200, "", b'{"BulkEmailEntryResults":[],"MessageId":"m-1"}')

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.arrived.append((self.path, headers, body))
        status, code, answer = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-amzn-RequestId", "req-1")
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def recorder():
    with Recorder() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def forgetful(recorder):
    recorder.arrived.clear()
    recorder.answer = (200, "", b'{"BulkEmailEntryResults":[],"MessageId":"m-1"}')


@pytest.fixture
def keys(monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def sender(recorder, keys):
    return Gateway(AwsEndpoint(region="eu-west-1", endpoint_url=recorder.url)).sender(
        concurrency=2, timeout=5
    )


@pytest.fixture(scope="module")
def theirs(recorder):
    """boto3's client, as an engineer makes it."""
    return boto_client(recorder.url)


def boto_client(url, **config):
    import boto3
    from botocore.config import Config

    keys = {name.lower(): value for name, value in KEYS.items()}
    # One attempt, as ours: the header amz-sdk-request tells how many there may be.
    once = Config(retries={"mode": "standard", "total_max_attempts": 1}, **config)
    return boto3.client("sesv2", region_name="eu-west-1", endpoint_url=url, config=once, **keys)


# Any text that JSON and UTF-8 can carry: that is, no half of a surrogate pair.
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
filled = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
names = st.text("abcXYZ09_-", min_size=1, max_size=12)
data = st.dictionaries(text, text | st.integers() | st.booleans() | st.none() | st.lists(text), max_size=4)
pairs = st.none() | st.dictionaries(names, filled, min_size=1, max_size=3).map(json.dumps)
destinations = st.none() | st.fixed_dictionaries(
    {"ToAddresses": st.lists(text, min_size=1, max_size=3)},
    optional={"CcAddresses": st.lists(text, min_size=1)},
).map(json.dumps)


@st.composite
def entries(draw):
    row = draw(st.integers(1, 10**9))
    encoded = json.dumps(draw(data), ensure_ascii=draw(st.booleans()))
    address, destination = draw(text), draw(destinations)
    return Entry(row, row + 1, None, address, destination, encoded, draw(pairs), draw(pairs), 1)


@st.composite
def mailings(draw):
    inline = InlineContent(draw(text), text=draw(text)) if draw(st.booleans()) else None
    files = [BatchAttachment("naïve.bin", "AAH/gA==", "application/octet-stream", draw(st.none() | names))]
    return MessageSpec(
        sender=draw(text),
        reply_to=tuple(draw(st.lists(text, max_size=2))),
        template=None if inline else draw(names),
        content=inline,
        config_set=draw(st.none() | names),
        tags=draw(st.dictionaries(names, names, max_size=2)),
        headers=draw(st.dictionaries(names, filled, max_size=2)),
        unsubscribe=Unsubscribe(list_name="news", topic="offers") if draw(st.booleans()) else None,
        attachments=tuple(files if draw(st.booleans()) else ()),
    )


@settings(
    deadline=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mailing=mailings(), some=st.lists(entries(), min_size=1, max_size=4))
def test_what_arrives_is_what_boto3_sends(recorder, theirs, sender, mailing, some):
    recorder.arrived.clear()
    requests = RequestBuilder(mailing, "run-1")
    if requests.one_call_each:
        theirs.send_email(**requests.single_params(some[0]))
    else:
        theirs.send_bulk_email(**requests.bulk_params(some))
    sender.post(*requests.build(some))
    sender.post(*requests.build(some))
    expected, *ours = recorder.arrived
    assert len(ours) == 2
    for path, headers, body in ours:
        assert path == expected[0]
        assert json.loads(body) == json.loads(expected[2])
        assert steady(headers) == steady(expected[1])
        assert headers.keys() == expected[1].keys()
        assert signed(headers) == signed(expected[1])


def steady(headers):
    """Headers without those of one call; two JSON texts of the same object may differ in length."""
    return {name: value for name, value in headers.items() if name not in FICKLE | {"content-length"}}


def signed(headers):
    return re.search(r"SignedHeaders=([\w;-]+)", headers["authorization"])[1]


def test_each_call_is_signed_by_itself(recorder, sender):
    requests = RequestBuilder(MessageSpec(sender="shop@example.com", template="T"), "run-1")
    for row in range(1, 4):
        sender.post(*requests.build([entry(row, '{"name":"Zoë 😀"}')]))
    for path, headers, body in recorder.arrived:
        assert signature_of(path, headers, body, KEYS["AWS_SECRET_ACCESS_KEY"]) == signature_in(headers)
    invocations = {headers["amz-sdk-invocation-id"] for _, headers, _ in recorder.arrived}
    assert len(invocations) == 3
    agents = {headers["user-agent"] for _, headers, _ in recorder.arrived}
    assert len(agents) == 1
    assert "sescli/" in agents.pop()


def signature_in(headers):
    return re.search(r"Signature=(\w+)", headers["authorization"])[1]


def signature_of(path, headers, body, secret):
    """Signature Version 4, worked out here by its specification, with no part of botocore."""
    found = re.search(
        r"Credential=[^/]+/(\d+)/([\w-]+)/(\w+)/aws4_request.*SignedHeaders=([\w;-]+)",
        headers["authorization"],
    )
    day, region, service, signed = found.groups()
    told = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed.split(";"))
    request = f"POST\n{path}\n\n{told}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = (
        f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    )
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def entry(row, encoded='{"name":"Jo"}'):
    return Entry(row, row + 1, None, f"user{row}@example.com", None, encoded, None, None, 1)


def test_a_full_call_of_large_rows_arrives_whole(recorder, sender):
    requests = RequestBuilder(MessageSpec(sender="shop@example.com", template="T"), "run-1")
    large = json.dumps({"text": "né" * 60_000}, ensure_ascii=False)
    fifty = [entry(row, large) for row in range(1, 51)]
    for _ in range(2):
        sender.post(*requests.build(fifty))
    for _, headers, body in recorder.arrived:
        assert int(headers["content-length"]) == len(body) > 6_000_000
        sent = json.loads(body)["BulkEmailEntries"]
        assert len(sent) == 50
        template = sent[49]["ReplacementEmailContent"]["ReplacementTemplate"]
        assert template["ReplacementTemplateData"] == large


@pytest.mark.parametrize("call", ["first", "later"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((429, "TooManyRequestsException", b'{"message":"Maximum sending rate exceeded."}'), ThrottledError),
        ((429, "LimitExceededException", b'{"message":"Daily message quota exceeded"}'), QuotaExceededError),
        ((403, "ExpiredTokenException", b'{"message":"The security token is expired"}'), AccessError),
        ((400, "MessageRejected", b'{"message":"Email address is not verified"}'), ApiError),
        ((500, "InternalServiceErrorException", b'{"message":"oh"}'), OutcomeUnknownError),
        ((503, "", b"<html>busy</html>"), OutcomeUnknownError),
        ((200, "", b'{"BulkEmailEntryResults":[{"Status":'), OutcomeUnknownError),
        ((200, "", b'{"BulkEmailEntryResults":[}}'), OutcomeUnknownError),
        ((200, "", b"[]"), OutcomeUnknownError),
        ((200, "", b"<html>sign in</html>"), OutcomeUnknownError),
    ],
    ids=["throttled", "quota", "expired", "refused", "500", "503", "cut", "no-json", "no-object", "page"],
)
def test_prepared_request_raises_the_same_errors(recorder, sender, answer, kind, call):
    body = '{"BulkEmailEntries":[]}'
    if call == "later":
        sender.post("SendBulkEmail", body)
    recorder.answer = answer
    with pytest.raises(kind) as raised:
        sender.post("SendBulkEmail", body)
    assert type(raised.value) is kind
    assert "sesv2 SendBulkEmail" in raised.value.message
    assert len(recorder.arrived) == (2 if call == "later" else 1), "it is tried once"


def test_a_request_id_is_kept_for_the_trace(recorder, keys):
    traced = []
    gateway = Gateway(AwsEndpoint(region="eu-west-1", endpoint_url=recorder.url), trace=traced.append)
    sender = gateway.sender(concurrency=1, timeout=5)
    answers = [sender.post("SendEmail", "{}") for _ in range(2)]
    assert answers == [{"BulkEmailEntryResults": [], "MessageId": "m-1"}] * 2
    assert ["request req-1" in line for line in traced] == [True, True]


CREDENTIALS = """
import datetime, json, pathlib
count = pathlib.Path(__file__).with_suffix(".count")
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
# Within the ten minutes in which botocore insists on new ones.
ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
print(json.dumps({"Version": 1, "AccessKeyId": f"KEY{number}", "SecretAccessKey": f"secret{number}",
                  "SessionToken": f"token{number}", "Expiration": ends.isoformat()}))
"""


def test_credentials_are_renewed_in_the_middle_of_a_run(recorder, tmp_path, monkeypatch):
    script, config = tmp_path / "keys.py", tmp_path / "config"
    script.write_text(CREDENTIALS)
    config.write_text(f"[profile short]\ncredential_process = {sys.executable} {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    target = AwsEndpoint(profile="short", region="eu-west-1", endpoint_url=recorder.url)
    sender = Gateway(target).sender(concurrency=1, timeout=5)
    for _ in range(3):
        sender.post("SendBulkEmail", "{}")
    numbers = []
    for path, headers, body in recorder.arrived:
        number = re.search(r"Credential=KEY(\d+)/", headers["authorization"])[1]
        numbers.append(int(number))
        assert headers["x-amz-security-token"] == f"token{number}", "never another's token"
        assert signature_of(path, headers, body, f"secret{number}") == signature_in(headers)
    assert numbers[2] > numbers[1] > numbers[0]


def test_sender_needs_no_private_name_of_botocore(recorder, keys):
    from sescli.aws.fast_send import Connections, FastSender

    client = boto_client(recorder.url, parameter_validation=False)
    posts = FastSender(client, Connections(client, None))
    posts.post("SendBulkEmail", b'{"BulkEmailEntries":[]}')
    client._endpoint = None  # as if a later botocore had another name for it
    posts.post("SendBulkEmail", b'{"BulkEmailEntries":[]}')
    assert [json.loads(body) for _, _, body in recorder.arrived] == [{"BulkEmailEntries": []}] * 2
