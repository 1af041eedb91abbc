"""The main workflow as a user types it: from an empty machine to a delivered bulk send, checked with boto3."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import boto3
import pytest
from repository import EXAMPLES


@pytest.fixture
def shell(bare_machine):
    """Run a command line in its own process; the emulator starts automatically."""

    def run_line(line, *, code=0):
        command = [sys.executable, "-m", *shlex.split(line)]
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=120, cwd=EXAMPLES.parent, check=False
        )
        assert ran.returncode == code, f"{line}\n{ran.stdout}\n{ran.stderr}"
        return ran

    yield run_line
    run_line("sescli local stop")


def data(ran):
    return json.loads(ran.stdout)


def boto_clients(endpoint_url):
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "us-east-1"}
    return (boto3.client(service, endpoint_url=endpoint_url, **keys) for service in ("sesv2", "ses"))


def test_bulk_send_from_an_empty_machine(shell, tmp_path):
    started = shell("sescli --local status")
    assert "started the local SES emulator" in started.stderr
    sesv2, ses = boto_clients(data(shell("sescli local status -o json"))["endpoint_url"])

    # Verify a domain and read its records.
    verified = shell("sescli --local identity verify example.com")
    identity = sesv2.get_email_identity(EmailIdentity="example.com")
    for token in identity["DkimAttributes"]["Tokens"]:
        assert token in verified.stdout
    records = data(shell("sescli --local identity records example.com -o json"))
    zone = identity["DkimAttributes"]["SigningHostedZone"]
    wanted = {f"{token}.{zone}" for token in identity["DkimAttributes"]["Tokens"]}
    assert {record["value"].rstrip(".") for record in records if record["purpose"] == "dkim"} == wanted
    assert data(shell("sescli --local identity show example.com -o json"))["verification_status"] == "SUCCESS"

    # Create a template and render it.
    shell(f"sescli --local template create --file {EXAMPLES}/templates/order-confirmation.json")
    assert sesv2.get_email_template(TemplateName="OrderConfirmation")["TemplateContent"]["Subject"]
    rendered = "--data name=John --data orderId=12345 --data total=99.99 -o json"
    online = data(shell(f"sescli --local template render OrderConfirmation {rendered}"))
    offline = data(shell(f"sescli --local template render OrderConfirmation --offline {rendered}"))
    # A MIME part does not show whether its text ended with a newline.
    assert {part: text.rstrip() for part, text in online.items()} == {
        part: text.rstrip() for part, text in offline.items()
    }
    assert "12345" in online["subject"]

    # Send one message.
    sent = data(
        shell(
            "sescli --local send email --from noreply@example.com --to john@example.com --subject Hi --text Hello -o json"
        )
    )
    mail = data(shell(f"sescli local show {sent['message_id']} -o json"))
    assert (mail["from"], mail["to"], mail["subject"]) == ("noreply@example.com", ["john@example.com"], "Hi")

    # Run a batch file.
    batch = EXAMPLES / "bulk" / "demo.yaml"
    checked = shell(f"sescli --local bulk validate {batch}")
    assert "500" in checked.stdout + checked.stderr
    summary = data(shell(f"sescli --local bulk run {batch} --yes -o json"))
    assert (summary["recipients"], summary["sent"], summary["state"]) == (500, 500, summary["state"])
    assert summary["failed"] == summary["unknown"] == summary["pending"] == summary["sending"] == 0

    # Read the results: every recipient has a MessageId, and each message is in the inbox once.
    results = data(shell("sescli --local bulk results -o json"))
    assert len(results) == len({row["to"] for row in results}) == 500
    assert {row["state"] for row in results} == {"sent"}
    mails = data(shell("sescli local inbox -o json"))
    assert len(mails) == 501
    assert {row["message_id"] for row in results} < {mail["message_id"] for mail in mails}
    assert {mail["status"] for mail in mails} > {"delivered", "bounced", "complained"}

    # A second run with the same name fails and sends nothing.
    assert "--again" in shell(f"sescli --local bulk run {batch} --yes", code=2).stderr
    assert len(data(shell("sescli local inbox -o json"))) == 501

    # Quota and statistics match those of boto3.
    quota = data(shell("sescli --local reputation quota -o json"))
    assert quota["sent_last_24_hours"] == sesv2.get_account()["SendQuota"]["SentLast24Hours"]
    (stats,) = data(shell("sescli --local reputation stats -o json"))
    points = ses.get_send_statistics()["SendDataPoints"]
    assert stats["delivery_attempts"] == sum(point["DeliveryAttempts"] for point in points)
    assert stats["bounces"] == sum(point["Bounces"] for point in points)


def test_demo_off_terminal_stops_its_emulator(shell, bare_machine):
    ran = shell("sescli demo")
    assert "\x1b" not in ran.stdout + ran.stderr
    for command in (
        "identity verify example.com",
        "template create",
        "bulk validate",
        "bulk run",
        "reputation stats",
    ):
        assert f"$ sescli --local {command}" in ran.stdout
    assert "500" in ran.stdout
    assert data(shell("sescli local status -o json"))["running"] is False
    assert shell("sescli demo").returncode == 0, "a second tour starts with an empty emulator"


def test_demo_refuses_running_emulator(shell):
    shell("sescli local start")
    refused = shell("sescli demo", code=2)
    assert "sescli local stop" in refused.stderr
    assert data(shell("sescli local status -o json"))["running"] is True
