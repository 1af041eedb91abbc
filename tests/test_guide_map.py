"""The guide's map: every command of the guide is in it, runs as it stands, and does what it should.

Each section of `docs/guide-map/` runs in its order on an emulator of its own, and what each command brought about
is read back through boto3.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import guide_of_accounts
import guide_of_identities
import guide_of_mail
import pytest
import yaml
from botocore.exceptions import ClientError
from guide_checks import CHECKS, SECRET_KEY, SET, Answer, Seen, client
from repository import ROOT
from smtp_servers import PASSWORD, USERNAME, Authority, serving

from sescli.emulator.client import Inbox

# Importing them registers their checks.
assert all((guide_of_accounts, guide_of_identities, guide_of_mail))

MAP = ROOT / "docs" / "guide-map"
FIELDS = {"guide_line", "guide_command", "sescli", "wrong", "operation"}

SECTIONS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(MAP.glob("*.yaml"))}
ENTRIES = [(name, number) for name, entries in SECTIONS.items() for number in range(len(entries))]


def commands():
    """The commands of the guide, by line."""
    lines = (MAP / "commands.txt").read_text("utf-8").splitlines()
    return {int(number): command for number, command in (line.split("\t") for line in lines)}


def operations(text):
    """`iam CreateUser, PutUserPolicy` as two; none where it happens on this machine."""
    if text.startswith("none ("):
        return
    service = ""
    for part in text.split(", "):
        *named, operation = part.split()
        (service,) = named or (service,)
        yield f"{service} {operation}"


# --- what is there before a section begins ---


def _identities(boto, *names):
    for name in names:
        boto("sesv2").create_email_identity(EmailIdentity=name)


def _template(boto):
    boto("sesv2").create_email_template(
        TemplateName="OrderConfirmation",
        TemplateContent={
            "Subject": "Your order {{orderId}} is confirmed",
            "Text": "Dear {{name}}: {{total}}.",
        },
    )


def _sending(boto, inbox):
    _identities(boto, "example.com")
    _template(boto)
    boto("sesv2").create_configuration_set(ConfigurationSetName=SET)


def _templates(boto, inbox):
    _identities(boto, "example.com")


def _quick_reference(boto, inbox):
    _identities(boto, "example.com")
    _template(boto)
    for address, reason in {"ann@example.org": "BOUNCE", "bob@example.org": "COMPLAINT"}.items():
        boto("sesv2").put_suppressed_destination(EmailAddress=address, Reason=reason)


def _reputation(boto, inbox):
    _identities(boto, "example.com")
    boto("sesv2").create_contact_list(ContactListName="all")
    for name in ("ann", "bob", "cat"):
        address = f"{name}@example.org"
        boto("sesv2").create_contact(
            ContactListName="all", EmailAddress=address, UnsubscribeAll=name == "bob"
        )
        boto("sesv2").send_email(
            FromEmailAddress="noreply@example.com",
            Destination={"ToAddresses": [address]},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
            ListManagementOptions={"ContactListName": "all"},
        )
    # The sandbox comes last: three messages in a second are more than it allows.
    inbox.control(sandbox=True)


def _receipt(boto, inbox):
    boto("s3").create_bucket(Bucket="my-email-bucket")


def _events(boto, inbox):
    boto("sesv2").create_configuration_set(ConfigurationSetName=SET)
    boto("sns").create_topic(Name="ses-alerts")
    boto("cloudwatch").put_metric_data(
        Namespace="AWS/SES",
        MetricData=[
            {
                "MetricName": "Bounce",
                "Dimensions": [{"Name": "ses:configuration-set", "Value": SET}],
                "Timestamp": datetime.now(UTC) - timedelta(hours=2),
                "Value": 7,
                "Unit": "Count",
            }
        ],
    )


def _sandbox(boto, inbox):
    _identities(boto, "example.com", "your-verified-email@example.com")


WORLDS = {
    "sending": _sending,
    "templates": _templates,
    "quick-reference": _quick_reference,
    "reputation": _reputation,
    "receipt": _receipt,
    "events": _events,
    "sandbox": _sandbox,
}


class Story:
    """One section as it goes on: commands run in order, from the beginning where a test begins in the middle."""

    def __init__(self, endpoint_url: str) -> None:
        self.inbox = Inbox(endpoint_url)
        self.boto = lambda service: client(service, endpoint_url)
        self._at: tuple[str, int] | None = None

    def before(self, section: str, number: int, run) -> None:
        """Bring the world to where the entry `number` of a section is next."""
        if self._at != (section, number):
            self.inbox.reset()
            if section in WORLDS:
                WORLDS[section](self.boto, self.inbox)
            for entry in SECTIONS[section][:number]:
                assert run(entry["sescli"]).code == 0, entry["sescli"]
        self._at = (section, number + 1)


@pytest.fixture(scope="module")
def story(ses_server):
    return Story(ses_server.endpoint_url)


@pytest.fixture(scope="module")
def submission(tmp_path_factory):
    """An SMTP server for `smtp test`, and the file of the authority that vouches for it."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with serving(authority) as running:
        yield running, authority.file


@pytest.fixture
def run(ses_server, sescli, submission, tmp_path, monkeypatch):
    """Run a line of the map where examples/ is, and the files that the SMTP section reads."""
    server, authority = submission
    server.seen.logins.clear()
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "secret-key.txt").write_text(SECRET_KEY + "\n")
    (tmp_path / "smtp.env").write_text(
        f"SMTP_HOST=localhost\nSMTP_PORT={server.port}\nSMTP_USERNAME={USERNAME}\nSMTP_PASSWORD={PASSWORD}\n"
    )
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_ENDPOINT_URL": ses_server.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SSL_CERT_FILE": str(authority),
    }.items():
        monkeypatch.setenv(name, value)

    def call(line):
        line, _, source = line.partition(" < ")
        stdin = Path(source).read_bytes() if source else b""
        return sescli(*shlex.split(line)[1:], "-v", stdin=stdin)

    return call


@pytest.mark.parametrize(("section", "number"), ENTRIES, ids=str)
def test_a_command_of_the_guide(story, run, submission, section, number):
    entry = SECTIONS[section][number]
    check = CHECKS[entry["guide_line"]]
    story.before(section, number, run)
    logins = submission[0].seen.logins
    with pytest.raises((AssertionError, LookupError, StopIteration, ValueError, ClientError)):
        check(Seen(Answer(), story.boto, story.inbox, logins))
    ran = run(entry["sescli"])
    assert ran.code == 0, f"{entry['sescli']}\n{ran.stderr}"
    for operation in operations(entry["operation"]):
        assert f"{operation} in us-east-1: request " in ran.stderr
    check(Seen(ran, story.boto, story.inbox, logins))


def test_every_command_of_the_guide_is_in_the_map_once():
    entries = [entry for section in SECTIONS.values() for entry in section]
    assert all(entry.keys() == FIELDS for entry in entries)
    lines = [entry["guide_line"] for entry in entries]
    assert len(lines) == len(set(lines))
    told = {entry["guide_line"]: " ".join(entry["guide_command"].split()) for entry in entries}
    wanted = commands()
    assert len(wanted) == 70
    assert {line: told.get(line) for line in wanted} == wanted


def test_every_entry_has_its_check_and_every_check_its_entry():
    assert set(CHECKS) == {entry["guide_line"] for section in SECTIONS.values() for entry in section}


def test_the_page_is_made_from_the_map():
    """`make docs` writes it."""
    built = subprocess.run(
        [sys.executable, str(MAP / "build.py"), "--stdout"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert built.stdout == (ROOT / "docs" / "guide-map.md").read_text("utf-8")
