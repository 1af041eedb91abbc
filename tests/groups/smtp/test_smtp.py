"""IAM users for SMTP: create, list, rotate and delete them; secrets appear nowhere but in the result."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from gatekeeper import Refusal, denied, passed_on
from hypothesis import given, settings
from hypothesis import strategies as st
from property_examples import examples
from pseudo_terminal import OnTerminal

from sescli.aws.endpoint import AwsEndpoint
from sescli.aws.gateway import Gateway
from sescli.errors import InterruptedRunError, SescliError, UsageError
from sescli.groups.smtp.service import provisioning
from sescli.groups.smtp.service.credentials import SmtpCredentials, SmtpInput, parse_smtp_input
from sescli.groups.smtp.service.password import derive_password, is_password
from sescli.groups.smtp.service.provisioning import check_sender, sending_policy
from sescli.groups.smtp.service.secret_key import parse_secret_key

EXAMPLE = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
FIELDS = ["user", "access_key_id", "region", "host", "port", "smtp_username", "smtp_password"]


@pytest.fixture
def iam(boto):
    return boto("iam")


def key_ids(iam, user):
    return {key["AccessKeyId"] for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}


def user_names(iam):
    return {user["UserName"] for user in iam.list_users()["Users"]}


@contextmanager
def losing(upstream, action):
    """A proxy to the emulator that loses the responses of one action: the action is done, but the client gets no answer."""
    lost = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, answer = passed_on(upstream, self, body)
            if parse_qs(body.decode()).get("Action") == [action]:
                lost.append(status)
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", lost
    finally:
        server.shutdown()
        server.server_close()


def unread(kind, *arguments):
    """Run the program with a standard output that fails: the reader has closed it, or the disk is full."""
    if kind == "gone":
        reader, output = os.pipe()
        os.close(reader)
    else:
        output = os.open("/dev/full", os.O_WRONLY)
    try:
        return subprocess.run(
            [sys.executable, "-m", "sescli", "smtp", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(output)


# endpoints and password


def test_endpoints_lists_hosts_and_ports_by_region(sescli):
    found = {row["region"]: row for row in sescli("smtp", "endpoints", "-o", "json").json}
    assert found["us-east-1"] == {
        "region": "us-east-1",
        "host": "email-smtp.us-east-1.amazonaws.com",
        "fips_host": "email-smtp-fips.us-east-1.amazonaws.com",
        "starttls_ports": [587, 2587, 25],
        "tls_ports": [465, 2465],
        "documented": True,
    }
    for undocumented in ("il-central-1", "ap-east-2", "ap-southeast-4", "ap-southeast-6", "ap-southeast-7"):
        assert found[undocumented]["documented"] is False
    assert not any(found[region]["documented"] for region in ("eu-south-2", "mx-central-1"))
    one = sescli("smtp", "endpoints", "--for-region", "eu-west-1", "-o", "json").json
    assert one == [found["eu-west-1"]]
    assert "2587" in sescli("smtp", "endpoints").stdout


def test_undocumented_region_prints_warning(sescli):
    ran = sescli("smtp", "endpoints", "--for-region", "xx-moon-7", "-o", "json")
    assert ran.code == 0
    assert "warning: xx-moon-7 is not a region that sescli knows" in ran.stderr
    assert sescli("smtp", "endpoints", "--for-region", "Ireland").code == 2


def test_password_reads_pipe_then_environment_then_prompt(sescli, monkeypatch):
    arguments = ["smtp", "password", "--for-region", "us-west-2", "-o", "json"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", EXAMPLE)
    piped = sescli(*arguments, stdin="another+secret+key\n")
    assert piped.json == {
        "region": "us-west-2",
        "smtp_password": derive_password("another+secret+key", "us-west-2"),
    }
    assert sescli(*arguments).json["smtp_password"] == "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    asked = sescli(*arguments, answers=[("Secret access key", EXAMPLE)], tty=True)
    assert asked.json["smtp_password"] == "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"
    refused = sescli(*arguments)
    assert refused.code == 2
    assert "pipe it" in refused.error["hint"]


def test_password_names_region_and_key_source(sescli, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", EXAMPLE)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    ran = sescli("smtp", "password")
    assert "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk" in ran.stdout
    assert "in AWS_SECRET_ACCESS_KEY. It works only in eu-west-1." in ran.stderr


def test_password_without_region_fails(sescli):
    ran = sescli("smtp", "password", stdin=EXAMPLE)
    assert ran.code == 2
    assert "no region is configured, and an SMTP password works in one region only" in ran.stderr


def test_password_and_next_command_use_common_region_option(sescli):
    ran = sescli("smtp", "password", "--region", "eu-west-1", stdin=EXAMPLE)
    assert ran.code == 0
    assert ran.stderr.endswith("Next: sescli --region eu-west-1 smtp test\n")


def test_secret_cannot_be_an_argument(sescli):
    assert sescli("smtp", "password", EXAMPLE, "--for-region", "eu-west-1").code == 2


@pytest.mark.parametrize(
    ("environ", "stdin"),
    [
        ({"AWS_SECRET_ACCESS_KEY": EXAMPLE, "AWS_SESSION_TOKEN": "t"}, ""),
        ({"AWS_SECRET_ACCESS_KEY": EXAMPLE, "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE"}, ""),
        ({}, json.dumps({"Credentials": {"SecretAccessKey": EXAMPLE, "SessionToken": "t"}})),
    ],
)
def test_password_rejects_temporary_credentials(sescli, monkeypatch, environ, stdin):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    ran = sescli("smtp", "password", "--for-region", "eu-west-1", "-o", "json", stdin=stdin)
    assert (ran.code, ran.error["code"]) == (4, "TemporaryCredentials")
    assert "sescli smtp create" in ran.error["hint"]


def test_typed_secret_is_not_echoed(bare_machine):
    asked = OnTerminal("smtp", "password", "--for-region", "eu-west-1")
    asked.until("Secret access key")
    asked.type(EXAMPLE + "\r")
    asked.until("BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk")
    assert asked.end() == 0
    assert EXAMPLE.encode() not in asked.raw


def test_open_pipe_prints_waiting_notice(bare_machine):
    command = [sys.executable, "-m", "sescli", "smtp", "password", "--for-region", "eu-west-1", "-o", "json"]
    environ = {**os.environ, "AWS_SECRET_ACCESS_KEY": "x" * 40}
    process = subprocess.Popen(
        command,
        env=environ,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert "waiting for the secret key" in process.stderr.readline()
        out, _ = process.communicate(EXAMPLE, timeout=30)
    finally:
        process.kill()
    assert json.loads(out)["smtp_password"] == "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"


# create


def test_create_makes_user_key_and_policy(sescli, iam):
    made = sescli("smtp", "create", "ses-smtp", "--region", "eu-west-1", "-o", "json").json
    assert list(made) == FIELDS
    assert made["host"] == "email-smtp.eu-west-1.amazonaws.com"
    assert (made["port"], made["region"]) == (587, "eu-west-1")
    assert made["smtp_username"] == made["access_key_id"]
    assert is_password(made["smtp_password"])
    user = iam.get_user(UserName="ses-smtp")["User"]
    assert user["Path"] == "/sescli/smtp/"
    assert key_ids(iam, "ses-smtp") == {made["access_key_id"]}
    policy = iam.get_user_policy(UserName="ses-smtp", PolicyName="AmazonSesSendingAccess")["PolicyDocument"]
    assert policy["Statement"] == [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}]
    assert iam.list_attached_user_policies(UserName="ses-smtp")["AttachedPolicies"] == []


def test_create_with_senders_limits_policy(sescli, iam):
    sescli("smtp", "create", "u", "--from", "jane@example.com", "--from", "*@shop.example.com")
    policy = iam.get_user_policy(UserName="u", PolicyName="AmazonSesSendingAccess")["PolicyDocument"]
    condition = {"StringLike": {"ses:FromAddress": ["jane@example.com", "*@shop.example.com"]}}
    assert policy["Statement"][0]["Condition"] == condition


@pytest.mark.parametrize("text", ["*", "Jane <jane@example.com>", "*@*.com", "", "x\n@a.com"])
def test_create_rejects_invalid_sender(text):
    with pytest.raises(UsageError):
        check_sender(text)


@pytest.mark.parametrize("form", ["json", "env"])
@pytest.mark.parametrize("umask", [0, 0o777])
def test_create_writes_credentials_file(sescli, iam, tmp_path, form, umask):
    target = tmp_path / "smtp.out"
    before = os.umask(umask)
    try:
        ran = sescli(
            "smtp", "create", "u", "--out", str(target), "--format", form, "-o", "json", "-v", "--debug"
        )
    finally:
        os.umask(before)
    assert ran.code == 0, ran.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert ran.json["smtp_password"] is None
    assert ran.json["out"] == str(target)
    kept = parse_smtp_input(target.read_text())
    assert is_password(kept.password)
    assert kept.password not in ran.stdout + ran.stderr
    assert kept == SmtpInput(ran.json["smtp_username"], kept.password, ran.json["host"], 587, "us-east-1")


def test_dotenv_file_is_read_alike_by_all_readers(sescli, ses, tmp_path):
    ran = sescli("smtp", "create", "u", "--format", "env")
    (tmp_path / "smtp.env").write_text(ran.stdout)
    shell = subprocess.run(
        ["sh", "-c", '. ./smtp.env && printf \'%s|%s\' "$SMTP_USERNAME" "$SMTP_PASSWORD"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    kept = parse_smtp_input(ran.stdout)
    assert shell.stdout == f"{kept.username}|{kept.password}"


def test_existing_out_file_is_confirmed_before_user_is_created(sescli, iam, tmp_path):
    target = tmp_path / "smtp.env"
    target.write_text("old")
    arguments = ["smtp", "create", "u", "--out", str(target)]
    assert sescli(*arguments).code == 2
    assert sescli(*arguments, answers=[("Replace it?", False)]).code == 2
    assert target.read_text() == "old"
    assert user_names(iam) == set()
    assert sescli(*arguments, answers=[("Replace it?", True)]).code == 0
    assert is_password(json.loads(target.read_text())["smtp_password"])


@pytest.mark.parametrize("kind", ["link", "folder", "nowhere"])
def test_unusable_out_file_fails_before_key_is_created(sescli, iam, tmp_path, kind):
    target = tmp_path / "smtp.env"
    if kind == "link":
        target.symlink_to(tmp_path / "victim")
    elif kind == "folder":
        target.mkdir()
    else:
        target = tmp_path / "none" / "smtp.env"
    assert sescli("smtp", "create", "u", "--out", str(target), "--yes").code == 2
    assert user_names(iam) == set()
    assert not (tmp_path / "victim").exists()


def test_create_existing_user_fails(sescli, iam):
    iam.create_user(UserName="admin")
    ran = sescli("smtp", "create", "admin", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "EntityAlreadyExists")
    assert "sescli smtp rotate admin" in ran.error["hint"]
    assert user_names(iam) == {"admin"}, "sescli does not delete a user that it did not create"


@pytest.mark.parametrize("operation", ["PutUserPolicy", "CreateAccessKey"])
def test_create_denied_half_way_deletes_user(sescli, iam, refusing, operation):
    refusing(**{operation: denied(operation)})
    ran = sescli("smtp", "create", "u", "-o", "json")
    assert ran.code == 4
    assert "sescli deleted the new user u" in ran.error["message"]
    assert user_names(iam) == set()


def test_create_with_failed_rollback_names_what_remains(sescli, iam, refusing):
    refusing(CreateAccessKey=denied("CreateAccessKey"), DeleteUser=denied("DeleteUser"))
    ran = sescli("smtp", "create", "u", "-o", "json")
    assert ran.code == 4
    assert "sescli could not delete the new user u" in ran.error["message"]
    assert "not deleted yet: the user itself" in ran.error["message"]
    assert "delete the new user u: sescli smtp delete u" in ran.error["hint"]
    assert user_names(iam) == {"u"}


def test_create_deletes_key_whose_response_was_lost(sescli, iam, ses_server, monkeypatch):
    with losing(ses_server.endpoint_url, "CreateAccessKey") as (address, lost):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        ran = sescli("smtp", "create", "u", "-o", "json", "-v")
    assert ran.code == 6
    assert "sescli deleted the new user u" in ran.error["message"]
    # The emulator's IAM deletes a user with keys; AWS does not.
    assert "iam DeleteAccessKey" in ran.stderr
    assert lost == [200], "one key was made, and no second"
    monkeypatch.setenv("AWS_ENDPOINT_URL", ses_server.endpoint_url)
    assert user_names(iam) == set()


def test_rotate_deletes_key_whose_response_was_lost(sescli, iam, ses_server, monkeypatch):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    with losing(ses_server.endpoint_url, "CreateAccessKey") as (address, lost):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        ran = sescli("smtp", "rotate", "u", "-o", "json")
    assert ran.code == 6
    assert "sescli deleted the new key" in ran.error["message"]
    assert lost == [200]
    monkeypatch.setenv("AWS_ENDPOINT_URL", ses_server.endpoint_url)
    assert key_ids(iam, "u") == {first}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("gone", []),
        ("gone", ["--color", "always"]),
        ("full", []),
        ("full", ["--format", "env"]),
        ("gone", ["-o", "json"]),
    ],
)
def test_create_with_unreadable_output_deletes_user(iam, kind, options):
    ran = unread(kind, "create", "u", *options)
    assert ran.returncode == 1, ran.stderr
    assert "cannot show the password" in ran.stderr
    assert "sescli deleted the new user u" in ran.stderr
    assert "--out FILE" in ran.stderr
    assert user_names(iam) == set()


@pytest.mark.parametrize("kind", ["gone", "full"])
def test_rotate_with_unreadable_output_deletes_new_key(sescli, iam, kind):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    ran = unread(kind, "rotate", "u")
    assert ran.returncode == 1, ran.stderr
    assert "sescli deleted the new key" in ran.stderr
    assert key_ids(iam, "u") == {first}


def test_credentials_file_stays_when_output_is_closed(iam, tmp_path):
    target = tmp_path / "smtp.json"
    ran = unread("gone", "create", "u", "--out", str(target))
    assert ran.returncode == 0, ran.stderr
    assert key_ids(iam, "u") == {parse_smtp_input(target.read_text()).username}


def test_query_that_fails_on_result_deletes_user(sescli, iam):
    ran = sescli("smtp", "create", "u", "-q", "abs(user)")
    assert ran.code == 2
    assert "sescli deleted the new user u" in ran.stderr
    assert user_names(iam) == set()


def test_failed_file_write_deletes_user(sescli, iam, tmp_path):
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        ran = sescli("smtp", "create", "u", "--out", str(tmp_path / "f"), "-o", "json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert ran.code == 1
    assert "too large; sescli deleted the new user u" in ran.error["message"]
    assert user_names(iam) == set()
    assert not (tmp_path / "f").exists()


def test_interrupt_after_key_creation_undoes_changes(iam):
    where = provisioning.smtp_target("us-east-1")

    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(InterruptedRunError, match="sescli deleted the new user u"):
        provisioning.create(Gateway(AwsEndpoint(region="us-east-1")), "u", where, deliver=interrupted)
    assert user_names(iam) == set()
    made = provisioning.create(Gateway(AwsEndpoint(region="us-east-1")), "u", where, deliver=lambda _: None)
    with pytest.raises(InterruptedRunError, match="sescli deleted the new key"):
        provisioning.rotate(Gateway(AwsEndpoint(region="us-east-1")), "u", where, deliver=interrupted)
    assert key_ids(iam, "u") == {made.access_key_id}


@pytest.mark.parametrize("fault", [RuntimeError("odd"), BrokenPipeError(32, "Broken pipe"), SystemExit(1)])
def test_any_error_after_key_creation_undoes_changes(iam, fault):
    where = provisioning.smtp_target("us-east-1")

    def failing(_):
        raise fault

    with pytest.raises(SescliError, match="sescli deleted the new user u"):
        provisioning.create(Gateway(AwsEndpoint(region="us-east-1")), "u", where, deliver=failing)
    assert user_names(iam) == set()


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "ü", "a\nb"])
def test_create_rejects_invalid_user_name(sescli, ses, name):
    assert sescli("smtp", "create", name).code == 2


def test_create_without_region_fails(sescli, ses, monkeypatch, iam):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert sescli("smtp", "create", "u").code == 2
    assert sescli("smtp", "create", "u", "--for-region", "eu-west-1").code == 0


def test_invalid_query_creates_no_user(sescli, iam):
    assert sescli("smtp", "create", "u", "-q", "[[").code == 2
    assert user_names(iam) == set()


def test_create_dry_run_prints_calls(sescli, iam, tmp_path):
    target = tmp_path / "f"
    plan = sescli("smtp", "create", "u", "--out", str(target), "--dry-run", "-o", "json").json
    assert [call["operation"] for call in plan] == ["CreateUser", "PutUserPolicy", "CreateAccessKey"]
    assert plan[1]["parameters"]["PolicyDocument"] == sending_policy()
    assert user_names(iam) == set()
    assert not target.exists()


# list


def test_list_recognises_users_in_four_ways(sescli, iam):
    sescli("smtp", "create", "ours")
    for name in ("console", "terraform", "guide", "admin", "unknown"):
        iam.create_user(UserName=name)
    iam.create_group(GroupName="AWSSESSendingGroupDoNotRename")
    iam.add_user_to_group(GroupName="AWSSESSendingGroupDoNotRename", UserName="console")
    iam.put_user_policy(UserName="terraform", PolicyName="p", PolicyDocument=sending_policy())
    iam.attach_user_policy(UserName="guide", PolicyArn="arn:aws:iam::aws:policy/AmazonSESFullAccess")
    everything = json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    )
    iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=everything)
    iam.put_user_policy(UserName="terraform", PolicyName="all", PolicyDocument=everything)
    ran = sescli("smtp", "list", "-o", "json")
    found = {row["user"]: row for row in ran.json}
    assert {name: row["recognised_by"] for name, row in found.items()} == {
        "ours": ["path", "policy"],
        "console": ["group"],
        "terraform": ["policy"],
        "guide": ["full-access"],
    }
    assert found["terraform"]["more"] == ["policy all"]
    (key,) = found["ours"]["keys"]
    assert key["status"] == "Active"
    assert key["last_used_at"] is None
    people = sescli("smtp", "list")
    assert "ours" in people.stdout
    assert "guide has AmazonSESFullAccess" in people.stderr


def test_list_without_permission_shows_own_users_and_warns(sescli, iam, refusing):
    sescli("smtp", "create", "ours")
    iam.create_user(UserName="other")
    iam.put_user_policy(UserName="other", PolicyName="p", PolicyDocument=sending_policy())
    refusing(
        GetAccountAuthorizationDetails=denied("GetAccountAuthorizationDetails"),
        GetAccessKeyLastUsed=denied("GetAccessKeyLastUsed"),
    )
    ran = sescli("smtp", "list", "-o", "json")
    assert [row["user"] for row in ran.json] == ["ours"]
    assert "the list has only users that sescli created" in ran.stderr
    assert "could not check when access keys were last used" in ran.stderr


def test_empty_list_says_so(sescli, ses):
    assert sescli("smtp", "list", "-o", "json").json == []
    assert "No IAM user sends by SMTP" in sescli("smtp", "list").stderr


# rotate


def test_rotate_replaces_key_in_two_steps(sescli, iam):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    second = sescli("smtp", "rotate", "u", "--region", "eu-west-1", "-o", "json").json
    assert list(second) == FIELDS
    assert second["host"] == "email-smtp.eu-west-1.amazonaws.com"
    assert key_ids(iam, "u") == {first, second["access_key_id"]}
    unsure = sescli("smtp", "rotate", "u", "--finish")
    assert unsure.code == 2
    assert "--yes" in unsure.stderr
    assert len(key_ids(iam, "u")) == 2
    done = sescli("smtp", "rotate", "u", "--finish", answers=[(f"Delete {first}", True)])
    assert done.code == 0
    assert key_ids(iam, "u") == {second["access_key_id"]}
    again = sescli("smtp", "rotate", "u", "--finish", "--old-key", first, "-o", "json")
    assert again.json == {"user": "u", "deleted_key": None}


def test_rotate_next_command_names_old_key(sescli, ses):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    assert f"sescli smtp rotate u --finish --old-key {first}" in sescli("smtp", "rotate", "u").stderr


def test_rotate_with_two_keys_suggests_finish_and_restart(sescli, iam):
    sescli("smtp", "create", "u")
    sescli("smtp", "rotate", "u")
    before = key_ids(iam, "u")
    ran = sescli("smtp", "rotate", "u", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "TwoKeys")
    assert "--finish" in ran.error["hint"]
    assert "--restart" in ran.error["hint"]
    assert key_ids(iam, "u") == before


def test_restart_replaces_key_with_lost_secret(sescli, iam):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    lost = sescli("smtp", "rotate", "u", "-o", "json").json["access_key_id"]
    assert sescli("smtp", "rotate", "u", "--restart").code == 2
    assert key_ids(iam, "u") == {first, lost}
    ran = sescli("smtp", "rotate", "u", "--restart", "-o", "json", answers=[(f"Delete {lost}", True)])
    assert key_ids(iam, "u") == {first, ran.json["access_key_id"]}


def test_denied_rotate_keeps_old_key(sescli, iam, refusing, tmp_path):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    refusing(CreateAccessKey=denied("CreateAccessKey"))
    ran = sescli("smtp", "rotate", "u")
    assert ran.code == 4
    assert key_ids(iam, "u") == {first}


def test_finish_resumes_after_failed_deletion(sescli, iam, refusing):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    second = sescli("smtp", "rotate", "u", "-o", "json").json["access_key_id"]
    refusing(DeleteAccessKey=Refusal(403, "AccessDenied", "no", 1))
    ran = sescli("smtp", "rotate", "u", "--finish", "--yes", "-o", "json")
    assert ran.code == 4
    assert f"{first} is inactive but not deleted" in ran.error["message"]
    assert sescli("smtp", "rotate", "u", "--finish", "--yes").code == 0
    assert key_ids(iam, "u") == {second}


def test_finish_always_leaves_an_active_key(sescli, iam):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    only = sescli("smtp", "rotate", "u", "--finish", "--old-key", first, "--yes")
    assert only.code == 2
    assert "only key" in only.stderr
    second = sescli("smtp", "rotate", "u", "-o", "json").json["access_key_id"]
    iam.update_access_key(UserName="u", AccessKeyId=second, Status="Inactive")
    assert "not active" in sescli("smtp", "rotate", "u", "--finish", "--yes").stderr
    iam.update_access_key(UserName="u", AccessKeyId=second, Status="Active")
    iam.update_access_key(UserName="u", AccessKeyId=first, Status="Inactive")
    assert "the key in use" in sescli("smtp", "rotate", "u", "--restart", "--yes").stderr
    assert key_ids(iam, "u") == {first, second}
    assert sescli("smtp", "rotate", "u", "--finish", "--old-key", "AKIANONE", "--yes").code == 5


def test_rotate_user_without_key_creates_one(sescli, iam):
    sescli("smtp", "create", "u")
    (only,) = key_ids(iam, "u")
    iam.delete_access_key(UserName="u", AccessKeyId=only)
    ran = sescli("smtp", "rotate", "u", "-o", "json")
    assert key_ids(iam, "u") == {ran.json["access_key_id"]}


def test_other_iam_users_are_not_changed(sescli, iam):
    iam.create_user(UserName="admin")
    iam.create_access_key(UserName="admin")
    for command in (["rotate", "admin"], ["rotate", "admin", "--finish"], ["delete", "admin"]):
        ran = sescli("smtp", *command, "--yes", "-o", "json")
        assert (ran.code, ran.error["code"]) == (2, "NotAnSmtpUser")
    assert len(key_ids(iam, "admin")) == 1
    for command in (["rotate", "unknown"], ["delete", "unknown"]):
        assert sescli("smtp", *command, "--yes").code == 5


def test_restart_dry_run_prints_calls(sescli, iam):
    first = sescli("smtp", "create", "u", "-o", "json").json["access_key_id"]
    lost = sescli("smtp", "rotate", "u", "-o", "json").json["access_key_id"]
    ran = sescli("smtp", "rotate", "u", "--restart", "--old-key", first, "--dry-run", "-o", "json")
    assert ran.code == 0, ran.stderr
    calls = [(call["operation"], call["parameters"].get("AccessKeyId")) for call in ran.json]
    assert calls == [("UpdateAccessKey", lost), ("DeleteAccessKey", lost), ("CreateAccessKey", None)]
    assert key_ids(iam, "u") == {first, lost}


def test_rotate_dry_run_prints_calls(sescli, iam):
    sescli("smtp", "create", "u")
    before = key_ids(iam, "u")
    plan = sescli("smtp", "rotate", "u", "--dry-run", "-o", "json").json
    assert [call["operation"] for call in plan] == ["CreateAccessKey"]
    sescli("smtp", "rotate", "u")
    plan = sescli("smtp", "rotate", "u", "--finish", "--dry-run", "-o", "json").json
    assert [call["operation"] for call in plan] == ["UpdateAccessKey", "DeleteAccessKey"]
    assert before < key_ids(iam, "u")


# delete


def test_delete_asks_and_removes_user_with_keys(sescli, iam):
    sescli("smtp", "create", "u")
    sescli("smtp", "rotate", "u")
    assert sescli("smtp", "delete", "u").code == 2
    assert sescli("smtp", "delete", "u", answers=[("Delete u?", False)]).code == 2
    assert user_names(iam) == {"u"}
    ran = sescli("smtp", "delete", "u", "-o", "json", answers=[("Delete u?", True)])
    assert len(ran.json["deleted_keys"]) == 2
    assert user_names(iam) == set()


def test_delete_removes_user_of_the_ses_guide(sescli, iam):
    iam.create_user(UserName="ses-smtp-user")
    arn = "arn:aws:iam::aws:policy/AmazonSESFullAccess"
    iam.attach_user_policy(UserName="ses-smtp-user", PolicyArn=arn)
    iam.create_access_key(UserName="ses-smtp-user")
    assert sescli("smtp", "delete", "ses-smtp-user", "--yes").code == 0
    assert user_names(iam) == set()


def test_delete_refuses_user_with_other_permissions(sescli, iam):
    sescli("smtp", "create", "u")
    iam.create_login_profile(UserName="u", Password="Secret-123-xyz")
    ran = sescli("smtp", "delete", "u", "--yes", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "UsedForMore")
    assert "console" in ran.error["message"]
    assert len(key_ids(iam, "u")) == 1


def test_denied_delete_names_what_remains_and_can_be_repeated(sescli, iam, refusing):
    sescli("smtp", "create", "u")
    refusing(DeleteUserPolicy=Refusal(403, "AccessDenied", "no", 1))
    ran = sescli("smtp", "delete", "u", "--yes", "-o", "json")
    assert ran.code == 4
    assert "not deleted yet: the policy AmazonSesSendingAccess, the user itself" in ran.error["message"]
    assert sescli("smtp", "delete", "u", "--yes").code == 0
    assert user_names(iam) == set()


def test_delete_works_without_region(sescli, iam, monkeypatch):
    sescli("smtp", "create", "u")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("smtp", "delete", "u", "--yes")
    assert ran.code == 0
    assert "region" not in ran.stderr


# secrets


def test_secret_appears_only_in_result(sescli, iam, tmp_path):
    loud = ["-v", "--debug"]
    target = tmp_path / "f"
    secrets, words = [], ""
    made = sescli("smtp", "create", "u", "-o", "json", *loud)
    secrets.append(made.json["smtp_password"])
    words += made.stderr
    renewed = sescli("smtp", "rotate", "u", "--out", str(target), *loud)
    secrets.append(json.loads(target.read_text())["smtp_password"])
    words += renewed.stdout + renewed.stderr
    for command in (
        ["rotate", "u"],
        ["list"],
        ["rotate", "u", "--finish", "--yes"],
        ["delete", "u", "--yes"],
    ):
        ran = sescli("smtp", *command, *loud)
        words += ran.stdout + ran.stderr
    for stdin in (f"{EXAMPLE} x", f"{EXAMPLE}\n{EXAMPLE}", json.dumps({"a": EXAMPLE}), f"{{{EXAMPLE}"):
        ran = sescli("smtp", "password", "--for-region", "eu-west-1", *loud, stdin=stdin)
        assert ran.code == 2
        words += ran.stdout + ran.stderr
    assert "CreateAccessKey" in words
    assert all(is_password(secret) for secret in secrets)
    for secret in (*secrets, EXAMPLE):
        assert secret not in words


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60))
@settings(max_examples=examples(60))
def test_errors_do_not_repeat_piped_input(text):
    secret = f"{text}s3cr3t"
    for parse in (lambda given: parse_secret_key(given, {}), parse_smtp_input):
        for shape in (f"{secret} {secret}", f"{{{secret}", f'{{"SecretAccessKey": ["{secret}"]}}'):
            with pytest.raises(SescliError) as refused:
                parse(shape)
            assert secret not in f"{refused.value.message}{refused.value.hint}{refused.value!r}"


@pytest.mark.parametrize("parse", [lambda given: parse_secret_key(given, {}), parse_smtp_input])
def test_deeply_nested_json_fails_without_showing_input(parse):
    with pytest.raises(UsageError) as refused:
        parse('{"a":' * 12_000)
    assert refused.value.__suppress_context__


def test_password_rejects_deeply_nested_json(sescli):
    ran = sescli("smtp", "password", "--for-region", "eu-west-1", stdin='{"a":' * 12_000)
    assert ran.code == 2
    assert "neither a bare secret nor JSON" in ran.stderr


def test_credentials_repr_hides_password():
    made = SmtpCredentials("u", "AKIA", "eu-west-1", "h", 587, "AKIA", "secret")
    assert "secret" not in repr(made)
    assert "secret" not in repr(parse_smtp_input(made.to_text("env")))
