"""Who may use which part of the emulator's port. The attacks send raw bytes, because clients would correct them."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import urllib.request
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from clients import make_client
from emulator_access import AUTHORIZED, TOKEN
from sample_messages import send

from sescli.emulator import process, state_file
from sescli.emulator.client import Inbox
from sescli.emulator.surface import aws_services
from sescli.errors import AccessError, UsageError

SECRET = "Only for Jane"
NEEDS_TOKEN = [
    ("GET", "mails"),
    ("GET", "messages"),
    ("GET", "messages/1"),
    ("GET", "messages/1/raw"),
    ("GET", "messages/1/events"),
    ("GET", "messages/1/attachments/1"),
    ("GET", "inbox/list"),
    ("GET", "inbox/mails/1"),
    ("GET", "inbox/mails/1/html"),
    ("GET", "inbox/mails/1/frame"),
    ("GET", "control"),
    ("GET", "blocked"),
    ("POST", "control"),
    ("POST", "codes"),
    ("POST", "deliver?to=a@example.com"),
    ("POST", "reset"),
    ("POST", "stop"),
    ("GET", ""),
    ("GET", "nothing"),
    ("DELETE", "messages"),
    ("OPTIONS", "messages"),
]


@pytest.fixture
def port(endpoint):
    return urlsplit(endpoint).port


@pytest.fixture
def raw(port):
    """Send bytes and return status and the full response."""

    def ask(request: str | bytes, *, half_close: bool = False) -> tuple[int, bytes]:
        content = request.replace("\n", "\r\n").encode("latin-1") if isinstance(request, str) else request
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(content)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        return int(found.group(1)) if found else 0, answer

    return ask


@pytest.fixture
def message(shop):
    return send(shop, SECRET, html="<p>html</p>")


def get(path, *, method="GET", headers="", host="127.0.0.1"):
    return f"{method} {path} HTTP/1.1\nHost: {host}\nConnection: close\n{headers}\n"


# The token


@pytest.mark.parametrize("prefix", ["/_sescli/", "/_sescli/v1/"])
@pytest.mark.parametrize(("method", "path"), NEEDS_TOKEN)
def test_own_api_requires_token(raw, message, inbox, prefix, method, path):
    for header in (
        "",
        f"Authorization: Bearer {TOKEN}x\n",
        f"Authorization: Basic {TOKEN}\n",
        "Authorization: Bearer \n",
    ):
        status, answer = raw(get(prefix + path, method=method, headers=header))
        assert status == 401, header
        assert b"Authorization: Bearer TOKEN" in answer
        assert b"SESCLI_LOCAL_TOKEN" in answer
        assert SECRET.encode() not in answer
    assert inbox.get(message).subject == SECRET, "nothing was reset or stopped"


@pytest.mark.parametrize("path", ["/_sescli/v1/health", "/_sescli/health"])
def test_health_needs_no_token_and_has_no_secret(raw, message, path):
    status, answer = raw(get(path))
    assert status == 200
    assert b'"service": "sescli"' in answer
    assert TOKEN.encode() not in answer
    status, answer = raw(get(path, method="HEAD"))
    assert (status, answer.partition(b"\r\n\r\n")[2]) == (200, b"")


def test_token_opens_old_and_new_paths(endpoint, message):
    for path in ("/_sescli/mails", "/_sescli/v1/mails", "/_sescli/messages", "/_sescli/v1/messages"):
        with urllib.request.urlopen(
            urllib.request.Request(endpoint + path, headers=AUTHORIZED), timeout=10
        ) as answer:
            assert json.load(answer)[0]["subject"] == SECRET


def test_token_in_url_is_not_accepted(raw, message):
    for query in (f"token={TOKEN}", f"access_token={TOKEN}", f"authorization=Bearer%20{TOKEN}"):
        assert raw(get(f"/_sescli/v1/messages?{query}"))[0] == 401


def test_signed_link_opens_one_document_only(raw, endpoint, message):
    path = f"/_sescli/v1/inbox/mails/{message}"
    request = urllib.request.Request(f"{endpoint}{path}/frame", headers=AUTHORIZED)
    with urllib.request.urlopen(request, timeout=10) as answer:
        link = json.load(answer)["url"]
    assert raw(get(link))[0] == 200
    query = link.partition("?")[2]
    until = re.search(r"until=(\d+)", query).group(1)
    assert raw(get(f"{path}?{query}"))[0] == 401
    assert raw(get(f"/_sescli/v1/inbox/mails/1/html?{query}"))[0] == 401
    assert raw(get(link.replace(until, str(int(until) + 1))))[0] == 401
    assert raw(get(link.replace(until, "9" * 400)))[0] == 401
    assert raw(get(f"{link[:-1]}{'0' if link[-1] != '0' else '1'}"))[0] == 401


def test_start_creates_token_that_only_state_file_has(tmp_path, monkeypatch):
    monkeypatch.delenv("SESCLI_LOCAL_TOKEN")
    server = process.start(ephemeral=True, folder=tmp_path)
    try:
        assert re.fullmatch(r"[\w-]{22}", server.token)
        assert json.loads((tmp_path / state_file.NAME).read_text())["token"] == server.token
        assert (tmp_path / state_file.NAME).stat().st_mode & 0o777 == 0o600
        assert server.token not in (tmp_path / "local.log").read_text()
        assert server.token not in repr(server)
        with open(f"/proc/{server.pid}/cmdline", "rb") as command_line:  # noqa: PTH123  not a real file
            assert server.token.encode() not in command_line.read()
        assert list(Inbox(server.endpoint_url, server.token).messages()) == []
        with pytest.raises(AccessError, match="token"):
            list(Inbox(server.endpoint_url).messages())
        with pytest.raises(AccessError):
            list(Inbox(server.endpoint_url, TOKEN).messages())
    finally:
        process.stop(tmp_path)
    assert process.start(ephemeral=True, folder=tmp_path).token != server.token
    process.stop(tmp_path)


@pytest.mark.parametrize(
    "token", ["short", "with a space in it", "ünïcode-ünïcode-ünï", "x" * 257, "line\nline\nline\nline"]
)
def test_start_rejects_invalid_token(tmp_path, monkeypatch, token):
    monkeypatch.setenv("SESCLI_LOCAL_TOKEN", token)
    with pytest.raises(UsageError, match="SESCLI_LOCAL_TOKEN"):
        process.start(folder=tmp_path)


def test_server_inherits_no_secrets(tmp_path, monkeypatch):
    secrets = {
        "AWS_SESSION_TOKEN": "leak-1",
        "SESCLI_SMTP_PASSWORD": "leak-2",
        "GITHUB_TOKEN": "leak-3",
        "HTTP_PROXY": "http://user:leak-4@127.0.0.1:9",
        "DOCKER_HOST": "tcp://leak-5",
        "MOTO_ENABLE_RECORDING": "leak-6",
        "AWS_SHARED_CREDENTIALS_FILE": "leak-7",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    with (tmp_path / "open").open("w") as inherited:
        import os

        os.set_inheritable(inherited.fileno(), True)
        server = process.start(ephemeral=True, folder=tmp_path)
    try:
        with open(f"/proc/{server.pid}/environ", "rb") as environ:  # noqa: PTH123
            content = environ.read()
        assert b"leak" not in content
        assert b"AWS_ACCESS_KEY_ID=local" in content
        files = subprocess.run(
            ["ls", "-l", f"/proc/{server.pid}/fd"], capture_output=True, text=True, check=True
        )
        assert f"{tmp_path}/open" not in files.stdout
    finally:
        process.stop(tmp_path)


# Paths that only look like others

DISGUISED = [
    "//_sescli/mails",
    "///_sescli/v1/messages",
    "/./_sescli/mails",
    "/x/../_sescli/mails",
    "/_sescli%2fmails",
    "/%5fsescli/mails",
    "/%255fsescli/mails",
    "/_SESCLI/mails",
    "/_sescli\\mails",
    "/_sescli;x/mails",
    "/_sescli#/mails",
    "/%2e%2e/_sescli/mails",
    "/_sescli/../_sescli/mails",
    "/_sescli/v1/../mails",
    "/_sescli/%2e%2e/mails",
    "/_sescli//mails",
    "http://127.0.0.1/_sescli/mails",
    "HTTP://LOCALHOST./_sescli/mails",
    "http://127.0.0.1//_sescli/mails",
    "mails",
    "*",
]
MOTO = [
    "/moto-api",
    "/moto-api/",
    "/moto-api?x",
    "/moto-api#x",
    "/moto-api/data.json",
    "/moto-api/reset",
    "/moto-api/recorder/start-recording",
    "/moto-api/recorder/replay-recording",
    "//moto-api/recorder/start-recording",
    "/%6doto-api/recorder/start-recording",
    "/MOTO-API/",
    "/x/../moto-api/",
    "/%2e/moto-api/",
    "/moto-apix",
    "http://127.0.0.1/moto-api/",
    "http://127.0.0.1//moto-api/",
    "http://127.0.0.1/%6doto-api/",
    "/_aws/ses",
    "/_aws/ses?id=1",
    "/_AWS/ses",
    "/_aws/lambda",
    "/favicon.ico",
    "/latest/meta-data/iam/security-credentials/",
    "/latest/api/token",
    "/latest/meta-data/../meta-data/",
]


@pytest.mark.parametrize("path", DISGUISED)
def test_disguised_path_reaches_no_message(raw, message, path):
    for method in ("GET", "POST", "HEAD", "get"):
        for header in (
            "",
            "X-HTTP-Method-Override: GET\nX-Original-URL: /_sescli/v1/messages\nX-Rewrite-URL: /_sescli/mails\n",
        ):
            status, answer = raw(get(path, method=method, headers=header))
            assert status in {400, 401, 403, 404, 405}, (method, answer)
            assert SECRET.encode() not in answer


@pytest.mark.parametrize("path", MOTO)
def test_paths_of_moto_and_localstack_are_not_found(raw, inbox, path):
    for method in ("GET", "POST"):
        status, answer = raw(
            get(path, method=method, headers="Content-Length: 0\n" if method == "POST" else "")
        )
        assert status in {400, 404}, answer
        assert b"<script" not in answer
        assert b"motoapi" not in answer.lower()


# Web pages


@pytest.mark.parametrize(
    "headers",
    [
        "Origin: http://evil.example\nContent-Type: text/plain\n",
        "Origin: http://evil.example\nContent-Type: application/x-www-form-urlencoded\n",
        "Origin: null\nContent-Type: multipart/form-data; boundary=x\n",
        "Origin: http://127.0.0.1.evil.example\n",
        "Origin: http://localhost@evil.example\n",
        "Origin: http://localhost:3000\n",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image\n",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: script\n",
        "Sec-Fetch-Site: same-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe\n",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: websocket\nUpgrade: websocket\nConnection: Upgrade\n",
    ],
)
@pytest.mark.parametrize(
    "path", ["/_sescli/v1/health", "/_sescli/inbox", "/_sescli/v1/reset", "/_sescli/v1/inbox/token"]
)
def test_web_page_cannot_use_own_api(raw, message, inbox, headers, path):
    for method in ("GET", "POST", "OPTIONS"):
        request = get(
            path, method=method, headers=f"{headers}Authorization: Bearer {TOKEN}\nContent-Length: 0\n"
        )
        status, answer = raw(request)
        assert status == 403
        assert b"access-control-allow" not in answer.lower()
    assert inbox.get(message).subject == SECRET


@pytest.mark.parametrize(
    "headers",
    [
        "Origin: http://evil.example\n",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image\n",
    ],
)
@pytest.mark.parametrize("path", ["/", "/bucket/key", "/v2/email/account", "/?Action=SendEmail"])
def test_web_page_cannot_use_aws_services(raw, inbox, headers, path):
    for method in ("GET", "OPTIONS"):
        assert raw(get(path, method=method, headers=headers))[0] == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:1", 200),
        ("LOCALHOST", 200),
        ("localhost.", 200),
        ("[::1]:80", 200),
        ("127.1.2.3", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("evil.example:80", 403),
        ("evil@localhost", 403),
        ("localhost@evil.example", 403),
        ("localhost/evil.example", 403),
        ("localhost#evil.example", 403),
        ("localhost:x", 403),
        ("0.0.0.0", 403),
        ("2130706433", 403),
        ("x.localhost", 403),
        ("bucket.s3.amazonaws.com", 403),
        ("", 403),
    ],
)
def test_host_of_own_api_is_checked(raw, inbox, host, status):
    assert raw(get("/_sescli/v1/health", host=host))[0] == status


def test_authority_of_absolute_target_replaces_host(raw, inbox):
    assert raw(get("http://evil.example/_sescli/v1/health"))[0] == 403
    assert raw(get("http://localhost/_sescli/v1/health", host="evil.example"))[0] == 200


# Framing


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Length: 2\nContent-Length: 3\n", 400),
        ("Content-Length: 2\nTransfer-Encoding: chunked\n", 400),
        ("Transfer-Encoding: chunked\nTransfer-Encoding: identity\n", 400),
        ("Transfer-Encoding: gzip, chunked\n", 400),
        ("Transfer-Encoding: xchunked\n", 400),
        ("Transfer-Encoding: chunked\n", 411),
        ("Content-Length: -1\n", 411),
        ("Content-Length: +2\n", 411),
        ("Content-Length: 0x2\n", 411),
        ("Content-Length: \u00b2\n", 411),
        (f"Content-Length: {10**12}\n", 413),
        (f"Content-Length: {'9' * 5000}\n", 413),
        (f"Authorization: Bearer {TOKEN}\nAuthorization: Bearer x\n", 400),
        ("Host: evil.example\n", 400),
    ],
)
def test_ambiguous_or_huge_request_is_rejected(raw, inbox, headers, status):
    assert raw(get("/_sescli/v1/control", method="POST", headers=headers))[0] == status


@pytest.mark.parametrize("path", ["/bucket/key", "/"])
def test_huge_body_for_other_service_is_rejected(raw, inbox, path):
    assert raw(get(path, method="PUT", headers=f"Content-Length: {2**40}\n"))[0] == 413


def test_huge_and_many_headers_are_rejected(raw, inbox):
    assert raw(get("/_sescli/v1/health", headers=f"X: {'x' * 70_000}\n"))[0] == 431
    assert raw(get("/_sescli/v1/health", headers="X: x\n" * 200))[0] == 431
    assert raw(get(f"/_sescli/v1/health?{'x' * 70_000}"))[0] == 414


def test_idle_connections_do_not_block_others(endpoint, port, inbox):
    idle = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(60)]
    try:
        for each in idle:
            each.sendall(b"GET /_sescli/v1/health HT")
        assert inbox.settings()["region"] == "us-east-1"
    finally:
        for each in idle:
            each.close()


def test_range_and_upgrade_are_ignored(endpoint, message):
    path = urlsplit(endpoint).netloc
    connection = http.client.HTTPConnection(path, timeout=10)
    for headers in (
        {"Range": "bytes=0-3"},
        {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x"},
    ):
        connection.request("GET", "/_sescli/v1/messages", headers=AUTHORIZED | headers)
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())[0]["subject"]) == (200, SECRET)
    connection.close()


# AWS services

REFUSED = {
    "batch": ("describe_job_queues", {}),
    "ec2": ("describe_instances", {}),
    "dynamodb": ("list_tables", {}),
    "cloudformation": ("list_stacks", {}),
    "stepfunctions": ("list_state_machines", {}),
    "secretsmanager": ("list_secrets", {}),
    "codebuild": ("list_projects", {}),
    "ecs": ("list_clusters", {}),
    "rds": ("describe_db_instances", {}),
    "apigateway": ("get_rest_apis", {}),
    "cloudfront": ("list_distributions", {}),
    "sagemaker": ("list_models", {}),
    "bedrock": ("list_foundation_models", {}),
    "cognito-idp": ("list_user_pools", {"MaxResults": 1}),
    "athena": ("list_work_groups", {}),
}


@pytest.mark.parametrize("service", REFUSED)
def test_refused_service_answers_error_that_sdk_shows(endpoint, inbox, service):
    operation, parameters = REFUSED[service]
    client = boto3.session.Session().client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == aws_services.ERROR_CODE
    assert "does not offer the service" in error["Message"]


def test_offered_services_and_moto_backends_exist():
    from moto import backends

    assert set(backends.list_of_moto_modules()) >= aws_services.MOTO_BACKENDS
    with_docker = {
        "batch",
        "ecs",
        "codebuild",
        "cloudformation",
        "stepfunctions",
        "moto_api",
        "instance_metadata",
    }
    assert not aws_services.MOTO_BACKENDS & with_docker


def signed(service):
    return f"Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\n"


@pytest.mark.parametrize(
    "headers",
    [
        signed("batch"),
        signed("BATCH"),
        signed("Batch"),
        signed("moto_api"),
        signed("instance_metadata"),
        signed("dynamodb"),
        signed("bedrock"),
        signed("execute-api"),
        signed("batch") + "X-Amz-Target: AmazonSNS.Publish\n",
        "X-Amz-Target: AWSBatch.SubmitJob\n",
        "X-Amz-Target: AWSCognitoIdentityService.GetId\n",
        "X-Amz-Target: DynamoDB_20120810.ListTables\n",
        # The first credential is for moto, the second one matches the form of a scope.
        "Authorization: AWS4-HMAC-SHA256 Credential=a/b/us-east-1/batch/x, Credential=a/20260101/us-east-1/sns/aws4_request\n",
        "Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/ec2/aws4_request\n",
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1/describejobqueues", "/v1/submitjob"])
def test_request_for_refused_service_is_refused(raw, inbox, headers, path):
    body = "Action=DescribeInstances&Version=2016-11-15"
    form = f"Content-Type: application/x-www-form-urlencoded\nContent-Length: {len(body)}\n"
    status, answer = raw(get(path, method="POST", headers=headers + form) + body)
    assert status == 501, answer
    assert aws_services.ERROR_CODE.encode() in answer


@pytest.mark.parametrize(
    "path",
    [
        "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260101%2Fus-east-1%2Fbatch%2Faws4_request",
        "/v1/submitjob?x-amz-credential=a/20260101/us-east-1/batch/aws4_request",
        "/batch_us-east-1/v1/submitjob",
        "/ec2_us-east-1/?Action=RunInstances",
        "/moto_api_us-east-1/moto-api/",
        "/us-east-1_pool/.well-known/jwks.json",
        "/v20180820/jobs",
    ],
)
def test_presigned_or_unsigned_request_starts_no_refused_service(raw, inbox, path):
    status, answer = raw(get(path, method="POST", headers="Content-Length: 0\n"))
    # 500: moto's S3, which answers requests without a signature, fails on some of them.
    assert status in {400, 403, 404, 405, 411, 500, 501}, answer
    assert b"jobId" not in answer
    assert b"instancesSet" not in answer


def test_target_of_refused_service_with_scope_of_offered_one_is_unknown_action(raw, inbox):
    status, answer = raw(
        get(
            "/",
            method="POST",
            headers=signed("logs") + "X-Amz-Target: AWSBatch.SubmitJob\nContent-Length: 2\n",
        )
        + "{}"
    )
    assert status >= 400
    assert b"jobId" not in answer


def test_presigned_url_of_s3_works(endpoint, inbox):
    s3 = make_client("s3", endpoint)
    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="moto-api/_sescli", Body=b"content")
    url = s3.generate_presigned_url("get_object", {"Bucket": "signed", "Key": "moto-api/_sescli"})
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"content"


# --compat


def test_compat_offers_localstack_and_moto_paths(tmp_path):
    server = process.start(ephemeral=True, compat=True, folder=tmp_path)
    try:
        v2 = make_client("sesv2", server.endpoint_url)
        v2.create_email_identity(EmailIdentity="example.com")
        first = send(v2, "First")
        send(v2, "Second")

        def ask(method, path, **headers):
            request = urllib.request.Request(server.endpoint_url + path, method=method, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        messages = json.loads(ask("GET", "/_aws/ses")[1])["messages"]
        assert [each["Subject"] for each in messages] == ["First", "Second"]
        assert messages[0]["Id"] == first
        assert set(messages[0]["Body"]) == {"text_part", "html_part"}
        assert len(json.loads(ask("GET", f"/_aws/ses?id={first}")[1])["messages"]) == 1
        assert ask("DELETE", f"/_aws/ses?id={first}")[0] == 204
        assert len(json.loads(ask("GET", "/_aws/ses")[1])["messages"]) == 1
        for path in (
            "/moto-api/",
            "/moto-api/recorder/start-recording",
            "/moto-api/config/../recorder/start-recording",
        ):
            assert ask("POST", path)[0] == 404
            assert ask("GET", path)[0] == 404
        assert ask("GET", "/_aws/ses", Origin="http://evil.example")[0] == 403
        assert ask("POST", "/moto-api/reset", Origin="null")[0] == 403
        assert ask("GET", "/moto-api/reset")[0] == 405
        assert ask("POST", "/moto-api/reset")[0] == 200
        assert v2.list_email_identities()["EmailIdentities"] == []
        assert ask("GET", "/_sescli/v1/messages")[0] == 401
    finally:
        process.stop(tmp_path)


# Other hosts


def test_outbound_policy_blocks_addresses_whatever_their_spelling(tmp_path):
    """The hook is installed in a process of its own: it cannot be removed."""
    code = """
import socket, sys
from sescli.emulator import outbound
blocked = outbound.BlockedActions()
outbound.install(outbound.OutboundPolicy(blocked, network=sys.argv[1] == "network"))
never = [("169.254.169.254", 80), ("fe80::1%1", 80), ("fd00:ec2::254", 80), ("0.0.0.0", 80), ("::", 80), ("224.0.0.1", 80), ("::ffff:169.254.169.254", 80), ("100.100.100.200", 80)]
others = [("192.0.2.1", 80), ("10.0.0.1", 80), ("2001:db8::1", 80), ("::ffff:192.0.2.1", 80), ("3221225985", 80)]
own = [("127.0.0.1", 1), ("127.9.9.9", 1), ("::1", 1), ("::ffff:127.0.0.1", 1)]
policy = outbound.OutboundPolicy(blocked, network=sys.argv[1] == "network")
for address in never:
    assert policy.problem(address), address
for address in others[:4]:
    assert bool(policy.problem(address)) == (sys.argv[1] != "network"), address
assert policy.problem(others[4]), "a host name that was not resolved"
for address in own:
    assert policy.problem(address) is None, address
for connect in (lambda s: s.connect(("169.254.169.254", 80)), lambda s: s.connect_ex(("169.254.169.254", 80))):
    with socket.socket() as s:
        try:
            connect(s)
        except outbound.OutboundBlockedError:
            pass
        else:
            raise AssertionError("connected")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for send in (lambda: s.sendto(b"x", ("169.254.169.254", 53)), lambda: s.sendmsg([b"x"], [], 0, ("169.254.169.254", 53))):
        try:
            send()
        except outbound.OutboundBlockedError:
            pass
        else:
            raise AssertionError("sent")
with socket.socket(socket.AF_UNIX) as s:
    try:
        s.connect("/var/run/docker.sock")
    except outbound.OutboundBlockedError:
        pass
    else:
        raise AssertionError("connected to Docker")
assert len(blocked.list()) == 5
"""
    for mode in ("none", "network"):
        ran = subprocess.run(
            [sys.executable, "-c", code, mode], capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/hook",
        "https://[2001:db8::1]/",
        "http://169.254.169.254/latest/",
        "http://0.0.0.0:1/",
    ],
)
def test_http_subscription_to_other_host_is_blocked_and_reported(inbox, client, url):
    sns = client("sns")
    topic = sns.create_topic(Name="outside")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol=url.partition(":")[0], Endpoint=url)
    assert sns.publish(TopicArn=topic, Message="secret")["MessageId"]
    [found] = inbox.blocked()
    assert urlsplit(url).hostname == found["target"]
    assert found["option"] == (
        None if found["target"] in {"169.254.169.254", "0.0.0.0"} else "--allow-network"
    )


def test_http_subscription_does_not_follow_redirect(inbox, client):
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(self.path)
            self.send_response(307)
            self.send_header("Location", "http://192.0.2.1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Redirecting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        sns = client("sns")
        topic = sns.create_topic(Name="redirected")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}/a")
        sns.publish(TopicArn=topic, Message="m")
        assert seen == ["/a"]
        assert inbox.blocked() == []
    finally:
        server.shutdown()
        server.server_close()
