"""The background process: one per folder, found again, not confused with another program, and stopped on request."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from clients import make_client
from filelock import FileLock
from refusals import simple, to

from sescli.emulator import liveness, process, state_file
from sescli.emulator.client import Inbox
from sescli.emulator.spawn import EmulatorOptions
from sescli.errors import LocalError, MissingExtraError, NetworkError, UsageError


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    process.stop(tmp_path)


def dead_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pretend(folder, port, pid=None):
    state = state_file.ServerState(
        "0" * 32, pid or os.getpid(), port, "2026-01-01T00:00:00+00:00", False, "auto"
    )
    state_file.write(folder, state)


def test_server_is_started_once_found_and_stopped(folder):
    assert process.status(folder) is None
    server = process.start(folder=folder)
    assert server.running
    assert server.endpoint_url.startswith("http://127.0.0.1:")
    assert server.inbox_url.startswith(server.endpoint_url)
    assert process.start(folder=folder) == process.status(folder) == server
    assert stat.S_IMODE((folder / state_file.NAME).stat().st_mode) == 0o600
    assert process.stop(folder) is True
    assert not (folder / state_file.NAME).exists()
    assert process.status(folder) is None
    assert process.stop(folder) is False
    with pytest.raises(NetworkError):
        next(Inbox(server.endpoint_url).messages())


def test_state_folder_defaults_to_user_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    said = []
    server = process.ensure_running(announce=said.append)
    try:
        assert server.endpoint_url in said[0]
        assert process.ensure_running(announce=said.append) == server
        assert len(said) == 1
        assert (tmp_path / "sescli" / state_file.NAME).exists()
        assert stat.S_IMODE((tmp_path / "sescli").stat().st_mode) == 0o700
    finally:
        process.stop()


def test_concurrent_first_calls_start_one_server(tmp_path):
    code = "from sescli.emulator import process; print(process.ensure_running().pid)"
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    calls = [
        subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE) for _ in range(3)
    ]
    pids = {call.communicate(timeout=30)[0] for call in calls}
    try:
        assert len(pids) == 1
        assert [call.returncode for call in calls] == [0, 0, 0]
    finally:
        assert process.stop(tmp_path / "sescli") is True


def test_server_survives_starting_program_and_terminal(folder):
    code = "import sys; from pathlib import Path; from sescli.emulator import process; process.start(folder=Path(sys.argv[1]))"
    parent = subprocess.Popen([sys.executable, "-c", code, str(folder)], start_new_session=True)
    group = os.getpgid(parent.pid)
    assert parent.wait(timeout=30) == 0
    server = process.status(folder)
    assert server is not None
    assert os.getpgid(server.pid) != group
    assert os.getsid(server.pid) == server.pid


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"instance": 1}', "\x00"])
def test_damaged_state_file_is_ignored(folder, content):
    (folder / state_file.NAME).write_text(content)
    assert process.status(folder) is None
    assert process.start(folder=folder).running


def test_dead_server_is_detected_and_replaced(folder):
    first = process.start(folder=folder)
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert (folder / state_file.NAME).exists()
    assert process.status(folder) is None
    assert process.start(folder=folder).pid != first.pid


def test_start_waits_for_stopping_server(folder):
    former = FileLock(folder / liveness.SERVER_LOCK, thread_local=False)
    former.acquire()
    threading.Timer(0.6, former.release).start()
    assert process.start(folder=folder).running


def test_stop_does_not_kill_reused_pid(folder):
    """The PID exists and no server listens at the port: the process is not the emulator and is not killed."""
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        pretend(folder, dead_port(), bystander.pid)
        assert process.status(folder) is None
        assert process.stop(folder) is False
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("body", [b"<html>", b'{"instance": "another"}', b"[]"])
def test_status_ignores_port_of_other_program(folder, body):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    other = HTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    try:
        pretend(folder, other.server_port)
        assert process.status(folder) is None
    finally:
        other.shutdown()
        other.server_close()


def test_hanging_server_is_recognized_by_lock(folder, monkeypatch):
    server = process.start(folder=folder)
    monkeypatch.setattr(liveness, "_HEALTH_SECONDS", 0.2)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        assert process.status(folder) == server
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_start_reports_used_port_and_unwritable_folder(tmp_path, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LocalError, match=r"in use") as caught:
            process.start(taken.getsockname()[1], folder=folder)
        assert "local.log" in caught.value.hint
        with pytest.raises(LocalError, match=r"in use"):
            process.run_foreground(EmulatorOptions(taken.getsockname()[1]), folder=folder, ready=print)
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError):
        process.start(folder=tmp_path / "file" / "below")


def test_start_reports_damaged_database(folder):
    (folder / "local.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(LocalError, match=r"cannot open .*local\.sqlite3.*Move the file away"):
        process.start(folder=folder)


def test_state_files_are_readable_by_owner_only(folder):
    process.start(folder=folder)
    for name in ("local.sqlite3", "local.sqlite3-wal", "local.log", state_file.NAME):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name


def test_start_rejects_running_server_with_other_options(folder):
    server = process.start(ephemeral=True, folder=folder)
    with pytest.raises(UsageError, match="already runs"):
        process.start(folder=folder)
    assert process.start(ephemeral=True, folder=folder) == server
    with pytest.raises(UsageError):
        process.start(verification="dns", folder=folder)


def test_start_reports_missing_extra_first(tmp_path, monkeypatch):
    monkeypatch.setattr(process.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        process.start(folder=tmp_path / "new")
    assert caught.value.hint == "pip install 'sescli[local]'"
    assert not (tmp_path / "new").exists()


def test_state_survives_restart_unless_ephemeral(folder):
    port = process.start(folder=folder).endpoint_url.rpartition(":")[2]
    ses = make_client("sesv2", f"http://127.0.0.1:{port}")
    ses.create_email_identity(EmailIdentity="example.com")
    ses.create_email_template(TemplateName="t", TemplateContent={"Subject": "s", "Text": "t"})
    ses.put_suppressed_destination(EmailAddress="a@example.org", Reason="BOUNCE")
    message_id = ses.send_email(
        FromEmailAddress="shop@example.com",
        Destination=to("b@example.org"),
        Content=simple(Attachments=[{"FileName": "a.txt", "RawContent": b"kept"}]),
    )["MessageId"]
    os.kill(process.status(folder).pid, signal.SIGKILL)
    again = process.start(int(port), folder=folder)
    inbox = Inbox(again.endpoint_url)
    assert inbox.get(message_id).status == "delivered"
    assert inbox.attachment(message_id, 1) == b"kept"
    assert ses.get_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"] is True
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 1
    assert ses.get_email_template(TemplateName="t")["TemplateContent"]["Text"] == "t"
    ses.get_suppressed_destination(EmailAddress="a@example.org")
    process.stop(folder)
    ephemeral = process.start(ephemeral=True, folder=folder)
    assert list(Inbox(ephemeral.endpoint_url).messages()) == []


def test_foreground_server_runs_until_stopped(tmp_path):
    seen = []
    thread = threading.Thread(
        target=process.run_foreground,
        args=(EmulatorOptions(ephemeral=True),),
        kwargs={"folder": tmp_path, "ready": seen.append},
    )
    thread.start()
    deadline = time.monotonic() + 10
    while not seen and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.status(tmp_path) == seen[0]
    with pytest.raises(UsageError, match="already runs"):
        process.run_foreground(EmulatorOptions(), folder=tmp_path, ready=seen.append)
    assert process.stop(tmp_path) is True
    thread.join(10)
    assert not thread.is_alive()


def test_server_does_not_inherit_aws_settings(folder, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-caller")
    monkeypatch.setenv("AWS_PROFILE", "nope")
    server = process.start(ephemeral=True, folder=folder)
    environ = open(f"/proc/{server.pid}/environ", "rb").read() if sys.platform == "linux" else b""  # noqa: SIM115, PTH123
    assert b"secret-of-the-caller" not in environ
    assert b"nope" not in environ
    monkeypatch.delenv("AWS_PROFILE")
    make_client("s3", server.endpoint_url).list_buckets()


def test_state_file_is_documented_json(folder):
    server = process.start(ephemeral=True, folder=folder)
    assert json.loads((folder / state_file.NAME).read_text())["pid"] == server.pid
