"""`sescli local`: a server that the commands find by its state file."""

from __future__ import annotations

import os
import stat
import urllib.request
from pathlib import Path

import boto3
import pytest


@pytest.fixture
def own_server(sescli):
    yield sescli
    sescli("local", "stop")


def test_start_status_and_stop(own_server, bare_machine):
    assert own_server("local", "status", "-o", "json").json["running"] is False
    started = own_server("local", "start", "-o", "json").json
    assert started["running"] is True
    assert started["endpoint_url"].startswith("http://127.0.0.1:")
    shown = own_server("local", "status", "-o", "json").json
    assert shown == {name: value for name, value in started.items() if name != "token"} | {"blocked": []}
    state = bare_machine / ".local" / "state" / "sescli" / "local.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert own_server("local", "stop", "-o", "json").json == {"stopped": True}
    assert own_server("local", "stop", "-o", "json").json == {"stopped": False}


def test_local_option_starts_emulator_and_says_so(own_server):
    first = own_server("--local", "status")
    assert first.code == 0
    assert "started the local SES emulator" in first.stderr
    assert "started the local SES emulator" not in own_server("--local", "status").stderr


def test_dry_run_without_aws_calls_starts_no_emulator(own_server, monkeypatch):
    monkeypatch.setenv("SESCLI_LOCAL", "1")
    assert own_server("local", "stop", "--dry-run").code == 0
    assert own_server("completion", "install", "bash", "--dry-run").code == 0
    assert own_server("local", "status", "-o", "json").json["running"] is False


def test_state_survives_restart_unless_ephemeral(own_server):
    own_server("local", "start")
    own_server("--local", "suppression", "add", "jane@example.com")
    own_server("local", "stop")
    assert own_server("--local", "suppression", "list", "-o", "json").json[0]["email"] == "jane@example.com"
    own_server("local", "stop")
    own_server("local", "start", "--ephemeral")
    assert own_server("--local", "suppression", "list", "-o", "json").json == []


def test_stale_state_file_is_recognised(own_server, bare_machine):
    own_server("local", "start")
    state = bare_machine / ".local" / "state" / "sescli" / "local.json"
    content = state.read_text()
    own_server("local", "stop")
    state.write_text(content)
    assert own_server("local", "status", "-o", "json").json["running"] is False
    assert own_server("--local", "status").code == 0


def test_exports_work_for_other_programs(own_server, monkeypatch):
    ran = own_server("local", "start")
    exports = ran.stdout.split("export ")[1:]
    for word in " ".join(exports).split("Next:")[0].split():
        name, _, value = word.partition("=")
        monkeypatch.setenv(name, value)
    assert boto3.client("sesv2").get_account()["ProductionAccessEnabled"] is True


def test_credentials_of_machine_are_not_sent_to_emulator(own_server, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.delenv("NO_PROXY")
    assert own_server("--local", "reputation", "quota").code == 0


def test_reset_asks_and_deletes_state(sescli, ses):
    place = os.environ["AWS_ENDPOINT_URL"]
    sescli("suppression", "add", "jane@example.com")
    refused = sescli("local", "reset", "--endpoint-url", place)
    assert refused.code == 2
    assert "--yes" in refused.stderr
    assert len(sescli("suppression", "list", "-o", "json").json) == 1
    assert sescli("local", "reset", "--endpoint-url", place, answers=[("Reset it?", False)]).code == 2
    assert sescli("local", "reset", "--endpoint-url", place, answers=[("Reset it?", True)]).code == 0
    assert sescli("suppression", "list", "-o", "json").json == []


def test_inbox_without_emulator_suggests_start(sescli):
    ran = sescli("local", "inbox", "-o", "json")
    assert ran.code == 5
    assert ran.error["hint"] == "sescli local start"


def test_inbox_lists_and_show_prints_messages(sescli, ses, boto):
    place = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("sesv2").send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.com"], "CcAddresses": ["c@example.com"]},
        Content={
            "Simple": {
                "Subject": {"Data": "Grüße \x1b[31m"},
                "Body": {"Text": {"Data": "text body"}, "Html": {"Data": "<p>html body</p>"}},
                "Attachments": [{"FileName": "a.bin", "RawContent": b"\x00\xff\x01"}],
                "Headers": [{"Name": "X-Shop", "Value": "tea"}],
            }
        },
        EmailTags=[{"Name": "k", "Value": "v"}],
    )
    (mail,) = sescli("local", "inbox", *place, "-o", "json").json
    assert mail["from"] == "a@example.com"
    assert (mail["to"], mail["cc"], mail["bcc"]) == (["b@example.com"], ["c@example.com"], [])
    assert mail["tags"] == {"k": "v"}
    assert mail["attachments"] == [{"name": "a.bin", "type": mail["attachments"][0]["type"], "size": 3}]
    assert mail["status"] == "delivered"
    table = sescli("local", "inbox", *place)
    assert "\x1b" not in table.stdout
    assert "Grüße" in table.stdout
    assert sescli("local", "show", mail["id"], *place, "--html").stdout == "<p>html body</p>\n"
    whole = sescli("local", "show", mail["message_id"], *place)
    assert "text body" in whole.stdout
    assert "X-Shop: " in whole.stdout
    assert sescli("local", "show", *place).stdout == whole.stdout, "the newest unless one is named"
    assert "\x1b" not in whole.stdout


def test_show_prints_attachment_unchanged(ses, boto, tmp_path):
    import subprocess
    import sys

    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("sesv2").send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.com"]},
        Content={
            "Simple": {
                "Subject": {"Data": "s"},
                "Body": {"Text": {"Data": "t"}},
                "Attachments": [{"FileName": "a.bin", "RawContent": bytes(range(256))}],
            }
        },
    )
    mail = next(ses.messages())
    command = [sys.executable, "-m", "sescli", "local", "show", mail.id, "--attachment", "1"]
    command += ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
    assert subprocess.run(command, capture_output=True, check=True, timeout=60).stdout == bytes(range(256))


def test_inbox_rejects_invalid_status(sescli, ses):
    place = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
    ran = sescli("local", "inbox", "--status", "nonsense", *place, "-o", "json")
    assert ran.code == 2
    assert "delivered, ooto, bounced" in ran.error["hint"]
    assert sescli("local", "inbox", "--status", "rendering-failed", *place).code == 0


def test_show_of_unknown_message_fails(sescli, ses):
    assert sescli("local", "show", "999", "--endpoint-url", os.environ["AWS_ENDPOINT_URL"]).code == 5


def test_emulator_accepts_only_loopback_host_names(ses_server):
    request = urllib.request.Request(
        f"{ses_server.endpoint_url}/_sescli/mails", headers={"Host": "evil.example"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code in {400, 403, 421}


def test_missing_extra_is_reported(bare_machine, tmp_path):
    """Use a Python that has sescli and its core dependencies, but not moto."""
    import subprocess
    import sys

    hider = "import sys, importlib.util as u; f=u.find_spec; u.find_spec=lambda n,*a: None if n=='moto' else f(n,*a); "
    program = f"{hider}sys.argv=['sescli','--local','status']; from sescli.__main__ import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 2
    assert "pip install 'sescli[local]'" in ran.stderr
    assert not list(Path(bare_machine).rglob("local.json"))
