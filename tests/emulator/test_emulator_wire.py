"""The HTTP protocol: AWS errors and never HTML, old paths, keep-alive connections, and allowed hosts and origins."""

import http.client
import json
import threading
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from emulator_access import AUTHORIZED
from refusals import refused, simple, to

from sescli.emulator.http_messages import Request
from sescli.emulator.router import V1, V2, Router
from sescli.emulator.server import _load_model
from sescli.emulator.ses.region import Controls
from sescli.emulator.store import Store

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=0"
)


@pytest.fixture
def wire(endpoint, inbox):
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)

    def ask(method, path, body=b"", **headers):
        fields = {
            "Authorization": AUTHORIZED["Authorization"] if "/_sescli/" in path else SIGNED,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection.request(method, path, body, fields)
        response = connection.getresponse()
        return response, response.read()

    yield ask
    connection.close()


def model(service):
    return boto3.session.Session()._session.get_service_model(service)


def minimal(shape):
    """The smallest input that botocore's model accepts."""
    if shape is None:
        return {}
    filler = {"string": "x", "integer": 1, "long": 1, "boolean": True, "list": [], "map": {}, "blob": b"x"}
    return {
        name: minimal(shape.members[name])
        if shape.members[name].type_name == "structure"
        else filler.get(shape.members[name].type_name, 0)
        for name in shape.required_members
    }


def outcome(api, method, params):
    """Return status, code and message of a call."""
    try:
        getattr(api, method)(**params)
    except ClientError as error:
        answer = error.response
        return (
            answer["ResponseMetadata"]["HTTPStatusCode"],
            answer["Error"]["Code"],
            answer["Error"]["Message"],
        )
    return 200, "", ""


@pytest.mark.parametrize("service", ["ses", "sesv2"])
def test_every_operation_answers_like_aws(client, service):
    """Each operation succeeds, is refused, or answers 501 with its name. Registered operations exist in the API."""
    registry = V1 if service == "ses" else V2
    api, operations = client(service), model(service)
    assert set(registry.names()) <= set(operations.operation_names)
    for name in operations.operation_names:
        method = next(each for each, real in api.meta.method_to_api_mapping.items() if real == name)
        answer = outcome(api, method, minimal(operations.operation_model(name).input_shape))
        if registry.get(name) is None:
            assert answer[:2] == (501, "NotImplemented"), name
            assert name in answer[2]
        else:
            assert answer[0] in {200, 400, 404}, (name, answer)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v2/email/no/such/thing", b"", 501, "NotImplemented"),
        ("PATCH", "/v2/email/account", b"", 501, "NotImplemented"),
        ("POST", "/v2/email/templates", b"{", 400, "BadRequestException"),
        ("POST", "/v2/email/templates", b"[]", 400, "BadRequestException"),
        ("POST", "/v2/email/templates", b"\xff", 400, "BadRequestException"),
        ("POST", "/v2/email/templates", b"[" * 100_000, 400, "BadRequestException"),
        ("POST", "/v2/email/templates", b'{"TemplateName": {"a": 1}, "TemplateContent": {}}', 400, "BadRequestException"),
        ("GET", "/v2/email/identities?PageSize=many", b"", 400, "BadRequestException"),
    ],
)  # fmt: skip
def test_v2_faults_are_json(wire, method, path, body, status, code):
    response, answer = wire(method, path, body)
    assert response.status == status
    assert response.headers["x-amzn-ErrorType"] == code
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(answer)["message"]


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"Action": "NoSuchAction"}, 400, "InvalidAction"),
        ({}, 400, "InvalidAction"),
        ({"Action": "GetTemplate"}, 400, "ValidationError"),
        ({"Action": "ListIdentities", "MaxItems": "many"}, 400, "ValidationError"),
        ({"Action": "ListIdentities", "IdentityType": "<x>"}, 400, "ValidationError"),
        ({"Action": "SendEmail", "Destination": "x", "Destination.ToAddresses.member.z": "x"}, 400, "ValidationError"),
        ({"Action": "SendRawEmail", "RawMessage.Data": "no base64"}, 400, "ValidationError"),
    ],
)  # fmt: skip
def test_v1_faults_are_xml(wire, form, status, code):
    response, answer = wire("POST", "/", urlencode(form).encode())
    assert response.status == status
    assert response.headers["Content-Type"] == "text/xml"
    assert f"<Code>{code}</Code>".encode() in answer
    assert answer.startswith(b"<ErrorResponse")


def test_internal_error_is_aws_error_and_rolls_back(tmp_path):
    """Without a table of the store every operation fails, and the client still gets AWS errors."""
    store = Store(tmp_path / "db")
    store.db.execute("DROP TABLE records")
    router = Router(store, Controls(), _load_model)
    headers = {"Authorization": SIGNED}
    answer = router.answer(Request("GET", "/v2/email/account", headers))
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (500, "InternalServiceErrorException")
    answer = router.answer(Request("POST", "/", headers, b"Action=GetSendQuota"))
    assert (answer.status, b"<Code>InternalFailure</Code>" in answer.body) == (500, True)
    store.close()


def test_failed_call_leaves_no_changes(tmp_path):
    store = Store(tmp_path / "db")
    router = Router(store, Controls(), _load_model)

    def call(path, **params):
        body = json.dumps(params).encode()
        return router.answer(Request("POST", f"/v2/email/{path}", {"Authorization": SIGNED}, body)).status

    assert call("identities", EmailIdentity="example.com") == 200
    store.db.execute("DROP TABLE attachments")
    content = simple(Attachments=[{"FileName": "a.txt", "RawContent": "eA=="}])
    mail = {"FromEmailAddress": "a@example.com", "Destination": to("b@example.org"), "Content": content}
    assert call("outbound-emails", **mail) == 500
    assert store.db.execute("SELECT count(*) FROM mails").fetchone() == (0,)
    store.close()


def test_list_operations_accept_older_paths(wire, shop):
    shop.create_email_identity(EmailIdentity="example.org")
    _, page = wire("GET", "/v2/email/identities?PageSize=1")
    first = json.loads(page)
    assert [row["IdentityName"] for row in first["EmailIdentities"]] == ["example.com"]
    query = urlencode({"PageSize": 1, "NextToken": first["NextToken"]})
    _, page = wire("GET", f"/v2/email/identities?{query}")
    assert [row["IdentityName"] for row in json.loads(page)["EmailIdentities"]] == ["example.org"]
    shop.create_configuration_set(ConfigurationSetName="mine")
    _, page = wire("GET", "/v2/email/configuration-sets")
    assert json.loads(page) == {"ConfigurationSets": ["mine"]}


def test_names_in_paths_are_decoded(v2):
    v2.create_email_identity(EmailIdentity="a+b@example.com")
    assert v2.get_email_identity(EmailIdentity="a+b@example.com")["IdentityType"] == "EMAIL_ADDRESS"


def test_connection_is_kept_alive(wire):
    ports = set()
    for _ in range(3):
        response, _ = wire("GET", "/v2/email/account")
        assert response.version == 11
        assert not response.will_close
        ports.add(id(response.fp))
    assert response.headers["Connection"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://bucket.s3.amazonaws.com"},
    ],
)
@pytest.mark.parametrize("path", ["/_sescli/mails", "/v2/email/account", "/"])
def test_request_from_foreign_web_page_is_rejected(wire, headers, path):
    response, answer = wire("GET", path, **headers)
    assert response.status == 403
    assert b"this machine" in answer


def test_inbox_rejects_aws_host_name(wire):
    assert wire("GET", "/_sescli/mails", Host="x.s3.amazonaws.com")[0].status == 403
    assert wire("GET", "/_sescli/mails", Host="localhost:1")[0].status == 200


def test_server_listens_on_loopback_only(endpoint):
    assert urlsplit(endpoint).hostname == "127.0.0.1"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_sescli/", 404),
        ("GET", "/_sescli/mails/999999", 404),
        ("GET", "/_sescli/mails/../../etc/passwd", 404),
        ("GET", "/_sescli/mails/1%20OR%201=1", 404),
        ("GET", "/_sescli/mails?limit=x", 400),
        ("POST", "/_sescli/control", 400),
        ("POST", "/_sescli/nothing", 404),
        ("DELETE", "/_sescli/mails", 405),
    ],
)
def test_admin_api_rejects_invalid_request(wire, method, path, status):
    response, answer = wire(method, path, b"[" if method == "POST" else b"")
    assert response.status == status
    assert json.loads(answer)["message"]


def test_body_without_length_or_too_large_is_rejected(endpoint, inbox):
    for fields, status in (({"Transfer-Encoding": "chunked"}, 411), ({"Content-Length": str(10**9)}, 413)):
        connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)
        connection.putrequest("POST", "/v2/email/outbound-emails")
        for name, value in fields.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()


def test_inbox_lists_newest_first_in_pages(shop, inbox, monkeypatch):
    monkeypatch.setattr("sescli.emulator.client._PAGE", 3)
    sent = []
    for number in range(7):
        answer = shop.send_email(
            FromEmailAddress="shop@example.com", Destination=to("a@example.org"), Content=simple(f"s{number}")
        )
        sent.append(answer["MessageId"])
    assert [mail.message_id for mail in inbox.messages()] == sent[::-1]
    assert [mail.message_id for mail in inbox.messages(limit=3)] == sent[:3:-1]


def test_inbox_json_has_fields_of_local_inbox(wire, shop):
    shop.send_email(FromEmailAddress="shop@example.com", Destination=to("a@example.org"), Content=simple())
    (mail,) = json.loads(wire("GET", "/_sescli/mails")[1])
    assert {
        "id", "message_id", "from", "to", "cc", "bcc", "reply_to", "subject", "text", "html", "headers",
        "tags", "config_set", "attachments", "status", "at",
    } <= set(mail)  # fmt: skip
    assert mail["at"].endswith("Z")


def test_concurrent_clients_lose_and_duplicate_nothing(shop, inbox, client):
    inbox.control(rate=100_000)
    client("sesv2")
    failures = []

    def work(worker):
        try:
            for number in range(15):
                shop.send_email(
                    FromEmailAddress="shop@example.com",
                    Destination=to(f"w{worker}n{number}@example.org"),
                    Content=simple(),
                )
        except (BotoCoreError, ClientError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    got = [mail.to[0] for mail in inbox.messages()]
    assert len(got) == len(set(got)) == 120
    assert shop.get_account()["SendQuota"]["SentLast24Hours"] == 120


def test_control_characters_are_replaced_in_xml(shop, v1):
    shop.create_email_template(TemplateName="odd", TemplateContent={"Subject": "s", "Text": "a\x0bb & <c>"})
    assert v1.get_template(TemplateName="odd")["Template"]["TextPart"] == "a\ufffdb & <c>"


def test_values_are_validated_against_model(v2):
    with refused("BadRequestException", "'reason'"):
        v2.put_suppressed_destination(EmailAddress="a@example.org", Reason="FOO")
    with refused("BadRequestException", "null at 'templateContent'"):
        v2.create_email_template(TemplateName="x")
