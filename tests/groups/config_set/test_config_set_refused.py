"""Errors of `sescli config-set` that SES returns and the emulator does not: denied, throttled, tenants."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ONE_IDENTITY = {"EmailIdentities": [{"IdentityName": "example.com", "IdentityType": "DOMAIN"}]}
OTHER_DEFAULT = {"ConfigurationSetName": "another-set"}


class ScriptedServer(ThreadingHTTPServer):
    """Answers `METHOD part-of-path` from a table. Of a list of answers, the last one repeats."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {}
        self.calls = []

    def answer(self, method, path):
        self.calls.append(f"{method} {path}")
        for key, answers in self.answers.items():
            wanted, _, part = key.partition(" ")
            if method == wanted and part in path:
                if isinstance(answers, list):
                    return answers.pop(0) if len(answers) > 1 else answers[0]
                return answers
        return 200, {}


class Handler(BaseHTTPRequestHandler):
    server: ScriptedServer

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self.server.answer(self.command, self.path)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status >= 400:
            self.send_header("x-amzn-ErrorType", body["code"])
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_):
        pass


DENIED = (403, {"code": "AccessDeniedException", "message": "User is not authorized"})
THROTTLED = (429, {"code": "TooManyRequestsException", "message": "Rate exceeded"})


@pytest.fixture
def scripted(ses, monkeypatch):
    """This server answers SES API v2; the emulator answers other services."""
    server = ScriptedServer()
    server.answers = {
        "POST list-identities": (200, ONE_IDENTITY),
        "GET identities/example.com": (200, OTHER_DEFAULT),
        "GET event-destinations": (200, {"EventDestinations": []}),
        "GET configuration-sets/mine": (200, {"ConfigurationSetName": "mine"}),
    }
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{server.server_address[1]}")
    yield server
    server.shutdown()
    server.server_close()


def deleted(server):
    return [calls for calls in server.calls if calls.startswith("DELETE")]


def test_config_set_delete_retries_throttled_check(sescli, scripted):
    scripted.answers["GET identities/example.com"] = [*[THROTTLED] * 3, (200, OTHER_DEFAULT)]
    assert sescli("config-set", "delete", "mine", "--yes").code == 0
    assert deleted(scripted) == ["DELETE /v2/email/configuration-sets/mine"]


def test_config_set_delete_fails_if_check_is_denied(sescli, scripted):
    scripted.answers["GET identities/example.com"] = DENIED
    ran = sescli("config-set", "delete", "mine", "--yes", "-o", "json")
    assert ran.code == 4
    assert "--no-check" in ran.error["hint"]
    assert deleted(scripted) == []
    assert sescli("config-set", "delete", "mine", "--yes", "--no-check").code == 0
    assert len(deleted(scripted)) == 1


def test_config_set_delete_rejects_set_of_a_tenant(sescli, scripted):
    scripted.answers["POST tenants"] = (200, {"ResourceTenants": [{"TenantName": "shop-7"}]})
    ran = sescli("config-set", "delete", "mine", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "InUse")
    assert "shop-7" in ran.error["message"]
    assert deleted(scripted) == []


def test_config_set_delete_ignores_identity_deleted_meanwhile(sescli, scripted):
    scripted.answers["GET identities/example.com"] = (404, {"code": "NotFoundException", "message": "gone"})
    assert sescli("config-set", "delete", "mine", "--yes").code == 0


def test_config_set_delete_notes_check_of_many_identities(sescli, scripted):
    names = [{"IdentityName": f"n{number}.example.com"} for number in range(101)]
    scripted.answers["POST list-identities"] = (200, {"EmailIdentities": names})
    ran = sescli("config-set", "delete", "mine", "--yes")
    assert ran.code == 0
    assert "which of 101 identities" in ran.stderr


def test_config_set_update_names_groups_changed_before_an_error(sescli, scripted):
    scripted.answers["PUT reputation-options"] = DENIED
    ran = sescli(
        *("config-set", "update", "mine", "--tls", "require", "--tracking-domain", "t.example.com"),
        *("--reputation", "--sending", "-o", "json"),
    )
    assert ran.code == 4
    assert "changed before the error: TrackingOptions, DeliveryOptions" in ran.error["message"]
    assert not [calls for calls in scripted.calls if calls.endswith("/sending")]


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "mine"],
        ["create", "mine"],
        ["event-destination", "list", "mine"],
        ["sending", "mine", "--off", "--yes"],
    ],
    ids=lambda words: words[0],
)
def test_config_set_commands_exit_4_if_denied(sescli, scripted, arguments):
    scripted.answers = {f"{method} /": DENIED for method in ("GET", "POST", "PUT")}
    ran = sescli("config-set", *arguments, "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "AccessDeniedException")


def test_config_set_delivery_exits_6_if_throttled(sescli, scripted):
    scripted.answers["PUT delivery-options"] = THROTTLED
    ran = sescli("config-set", "delivery", "mine", "--tls", "require", "-o", "json")
    assert (ran.code, ran.error["retryable"]) == (6, True)
