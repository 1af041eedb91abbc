"""`sescli sandbox`: status, mailbox simulator, recipients, and the request for production access."""

from __future__ import annotations

import shlex
import subprocess
import time

import pytest
from gatekeeper import Refusal, denied
from help_examples import example_lines, words
from pseudo_terminal import OnTerminal

from sescli.groups.sandbox.commands.sandbox import app

SCENARIOS = ["success", "bounce", "complaint", "ooto", "suppressionlist"]
REQUEST = [
    *("sandbox", "request-production", "--mail-type", "marketing", "--website", "https://example.com/shop"),
    *("--use-case", "A newsletter, double opt-in.", "--language", "ja"),
    *("--contact", "ops@example.com", "--contact", "Jane <jane@example.com>"),
]
CONVERSATION = [
    ("What type of email", "marketing"),
    ("website", "https://example.com"),
    ("What do you send", "A weekly newsletter, it's for customers."),
    ("recipients sign up", "Double opt-in"),
    ("How many messages", "5000, 10"),
    ("bounces and complaints", "Taken off at once"),
    ("recipients unsubscribe", "A link in each mail"),
    ("Language", "JA"),
    ("Additional addresses", "ops@example.com, jane@example.com"),
    ("Send it?", True),
]


@pytest.fixture
def confined(ses):
    """The account in the sandbox."""
    ses.control(sandbox=True)
    return ses


@pytest.fixture
def account(boto):
    return lambda: boto("sesv2").get_account()


def test_show_in_sandbox_lists_limits_and_recipients(sescli, confined, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("sesv2").create_email_identity(EmailIdentity="jane@example.org")
    ran = sescli("sandbox", "show")
    assert "sandbox" in ran.stdout
    assert "anyone at example.com, jane@example.org, the mailbox simulator" in ran.stdout
    assert "200 in 24 hours, 1 per second" in ran.stdout
    assert "production access request  none" in ran.stdout
    assert "Next: sescli sandbox request-production" in ran.stderr
    found = sescli("sandbox", "show", "-o", "json").json
    assert found["sandbox"] is True
    assert found["verified"] == ["example.com", "jane@example.org"]
    assert found["request"] is None
    assert found["quota"]["max_24_hour_send"] == 200


def test_show_in_production_allows_all_recipients(sescli, ses):
    ran = sescli("sandbox", "show")
    assert "production" in ran.stdout
    assert "anyone" in ran.stdout
    assert "Next" not in ran.stderr


@pytest.mark.parametrize("status", ["PENDING", "DENIED", "FAILED"])
def test_show_includes_production_access_request(sescli, confined, status):
    confined.control(review=status)
    found = sescli("sandbox", "show", "-o", "json").json["request"]
    assert found["status"] == status
    assert found["case_id"].startswith("case-")
    ran = sescli("sandbox", "show")
    assert status in ran.stdout
    assert ("wait for the reply of AWS" in ran.stderr) is (status == "PENDING")


def test_show_without_permission_to_list_identities(sescli, confined, refusing):
    refusing(**{"POST /v2/email/list-identities": denied("ListEmailIdentities")})
    ran = sescli("sandbox", "show", "-o", "json")
    assert ran.code == 0
    assert ran.json["verified"] is None
    assert "permission denied" in sescli("sandbox", "show").stdout


def test_show_denied_fails(sescli, refusing):
    refusing(**{"GET /v2/email/account": denied("GetAccount")})
    assert sescli("sandbox", "show").code == 4


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_simulate_sends_one_message_to_scenario_address(sescli, ses, boto, scenario):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    ran = sescli("sandbox", "simulate", scenario, "--from", "hello@example.com", "-o", "json")
    assert ran.code == 0, ran.stderr
    (row,) = ran.json
    (mail,) = ses.messages()
    assert row["message_id"] == mail.message_id
    assert list(mail.to) == [row["to"]] == [f"{scenario}@simulator.amazonses.com"]
    expected = {"success": "delivered", "complaint": "complained", "ooto": "ooto"}
    assert mail.status == expected.get(scenario, "bounced")


def test_simulate_all_with_label_and_config_set(sescli, ses, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("sesv2").create_configuration_set(ConfigurationSetName="news")
    ran = sescli(
        *("sandbox", "simulate", "all", "--from", "Shop <hello@example.com>"),
        *("--label", "job-42.a", "--config-set", "news", "-o", "json"),
    )
    assert [row["scenario"] for row in ran.json] == SCENARIOS
    messages = list(ses.messages())
    assert len(messages) == 5
    assert {message.to[0] for message in messages} == {
        f"{each}+job-42.a@simulator.amazonses.com" for each in SCENARIOS
    }
    assert {message.config_set for message in messages} == {"news"}


def test_simulate_keeps_to_sandbox_rate(sescli, confined, boto):
    confined.control(rate=4)
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    started = time.monotonic()
    ran = sescli("sandbox", "simulate", "all", "--from", "hello@example.com", "-o", "json")
    assert ran.code == 0
    assert time.monotonic() - started > 4 * 0.25
    assert all(row["message_id"] for row in ran.json)


class FromTheSecondOn(Refusal):
    """Refuses every call but the first."""

    def takes(self):
        self.given += 1
        return self.given > 1


def test_simulate_failure_keeps_sent_messages(sescli, ses, boto, refusing):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    throttled = FromTheSecondOn(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
    refusing(**{"POST /v2/email/outbound-emails": throttled})
    ran = sescli("sandbox", "simulate", "all", "--from", "hello@example.com", "-o", "json")
    assert ran.code == 6
    assert [row["scenario"] for row in ran.json] == ["success", "bounce"]
    assert ran.json[0]["message_id"] == next(ses.messages()).message_id
    assert ran.json[1]["message_id"] is None
    assert "Maximum sending rate" in ran.json[1]["reason"]
    assert ran.error["retryable"] is True
    assert throttled.given == 2


def test_simulate_interrupt_names_sent_messages(confined, boto):
    confined.control(rate=0.1)
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    running = OnTerminal("sandbox", "simulate", "all", "--from", "hello@example.com", columns=200)
    deadline = time.monotonic() + 20
    while not (messages := list(confined.messages())):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.3)  # the answer is on its way
    running.type("\x03")
    assert running.end() == 130
    assert f"sent before: success as {messages[0].message_id}" in " ".join(running.screen.split())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["spam", "--from", "hello@example.com"], 2),
        (["bounce"], 2),
        (["bounce", "--from", "no-address"], 2),
        (["bounce", "--from", "hello@example.com\r\nBcc: x@example.org"], 2),
        (["bounce", "--from", "hello@example.com", "--label", "a b"], 2),
        (["bounce", "--from", "hello@example.com", "--label", "a@b"], 2),
        (["bounce", "--from", "hello@example.com", "--label", "a..b"], 2),
        (["bounce", "--from", "hello@example.com", "--label", "a\nb"], 2),
        (["bounce", "--from", "hello@example.com", "--label", "x" * 49], 2),
        (["bounce", "--from", "hello@example.com", "--config-set", "a b"], 2),
        (["bounce", "--from", "hello@example.com", "--config-set", "nope"], 5),
        (["bounce", "--from", "hello@elsewhere.example"], 3),
    ],
)
def test_simulate_rejects_invalid_arguments(sescli, ses, boto, arguments, code):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    ran = sescli("sandbox", "simulate", *arguments)
    assert ran.code == code, ran.stderr
    assert list(ses.messages()) == []


def test_simulate_dry_run_sends_nothing(sescli, ses, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    ran = sescli("sandbox", "simulate", "all", "--from", "hello@example.com", "--dry-run", "-o", "json")
    assert [call["operation"] for call in ran.json] == ["SendEmail"] * 5
    assert list(ses.messages()) == []


def test_verify_recipient_sends_link_and_sends_it_again(sescli, patient_ses, boto):
    patient_ses.control(sandbox=True)
    first = sescli("sandbox", "verify-recipient", "jane@example.org", "-o", "json")
    assert first.json == {"email": "jane@example.org", "outcome": "mailed", "by": None}
    identity = boto("sesv2").get_email_identity(EmailIdentity="jane@example.org")
    assert identity["VerifiedForSendingStatus"] is False
    again = sescli("sandbox", "verify-recipient", "jane@example.org")
    assert "again" in again.stdout
    patient_ses.control(verify="jane@example.org")
    assert "already verified" in sescli("sandbox", "verify-recipient", "jane@example.org").stdout


def test_verify_recipient_in_verified_domain_sends_no_link(sescli, ses, boto):
    boto("sesv2").create_email_identity(EmailIdentity="example.org")
    ran = sescli("sandbox", "verify-recipient", "jane@mail.example.org", "-o", "json")
    assert ran.json == {"email": "jane@mail.example.org", "outcome": "covered", "by": "example.org"}
    assert len(boto("sesv2").list_email_identities()["EmailIdentities"]) == 1


@pytest.mark.parametrize(
    "address", ["example.org", "jane", "jane@", "jane@example.org\nx", "a@b@example.org"]
)
def test_verify_recipient_rejects_domain(sescli, ses, boto, address):
    assert sescli("sandbox", "verify-recipient", address).code == 2
    assert boto("sesv2").list_email_identities()["EmailIdentities"] == []


def test_verify_recipient_dry_run_sends_no_link(sescli, ses, boto):
    ran = sescli("sandbox", "verify-recipient", "jane@example.org", "--dry-run", "-o", "json")
    assert ran.json[0]["operation"] == "CreateEmailIdentity"
    assert boto("sesv2").list_email_identities()["EmailIdentities"] == []


def test_request_production_with_options(sescli, confined, account):
    ran = sescli(*REQUEST, "--yes", "-o", "json")
    assert ran.code == 0, ran.stderr
    now = account()
    assert now["ProductionAccessEnabled"] is True
    details = {name: value for name, value in now["Details"].items() if name != "ReviewDetails"}
    assert details == {
        "MailType": "MARKETING",
        "WebsiteURL": "https://example.com/shop",
        "ContactLanguage": "JA",
        "UseCaseDescription": "A newsletter, double opt-in.",
        "AdditionalContactEmailAddresses": ["ops@example.com", "jane@example.com"],
    }
    assert ran.json["production_access"] is True
    assert ran.json["status"] == "GRANTED"
    assert shlex.split(ran.json["command"])[1:5] == [
        "sandbox",
        "request-production",
        "--mail-type",
        "marketing",
    ]
    assert "request-production" not in ran.stderr


def test_request_production_without_yes_sends_nothing(sescli, confined, account):
    off_terminal = sescli(*REQUEST)
    assert off_terminal.code == 2
    assert "--yes" in off_terminal.stderr
    declined = sescli(*REQUEST, answers=[("Send it?", False)])
    assert declined.code == 2
    planned = sescli(*REQUEST, "--dry-run", "-o", "json").json
    assert planned[0]["operation"] == "PutAccountDetails"
    assert planned[0]["parameters"]["ProductionAccessEnabled"] is True
    assert account()["ProductionAccessEnabled"] is False
    assert "Details" not in account()


def test_request_production_names_all_missing_options(sescli, confined):
    ran = sescli("sandbox", "request-production", "--yes")
    assert ran.code == 2
    assert "missing: --mail-type, --website, --use-case" in ran.stderr
    some = sescli("sandbox", "request-production", "--website", "https://example.com", "--yes")
    assert "missing: --mail-type, --use-case" in some.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--mail-type", "promotional"),
        ("--website", "example.com"),
        ("--website", "ftp://example.com"),
        ("--website", "https://localhost"),
        ("--website", "https://example.com/a b"),
        ("--website", "https://example.com/\r\nx"),
        ("--website", f"https://example.com/{'x' * 1000}"),
        ("--use-case", ""),
        ("--use-case", "   "),
        ("--use-case", "x" * 5001),
        ("--use-case", "a\x1b[31mb"),
        ("--use-case", "@/no/such/file"),
        ("--language", "DE"),
        ("--contact", "jane"),
        ("--contact", "jane@example.com\nBcc: x@example.org"),
    ],
)
def test_request_production_rejects_invalid_value(sescli, confined, account, option, value):
    assert sescli(*REQUEST, option, value, "--yes").code == 2
    assert "Details" not in account()


def test_request_production_accepts_at_most_four_contacts(sescli, confined, account):
    more = [part for name in "abc" for part in ("--contact", f"{name}@example.com")]
    assert sescli(*REQUEST, *more, "--yes").code == 2
    assert sescli(*REQUEST, *more[:4], "--yes").code == 0
    assert len(account()["Details"]["AdditionalContactEmailAddresses"]) == 4


def test_use_case_is_read_from_file_or_standard_input(sescli, confined, account, tmp_path):
    story = tmp_path / "story.txt"
    story.write_text("Receipts.\nNo newsletters.\n")
    assert sescli(*REQUEST, "--use-case", f"@{story}", "--yes").code == 0
    assert account()["Details"]["UseCaseDescription"] == "Receipts.\nNo newsletters."
    confined.control(sandbox=True, review="DENIED")
    assert sescli(*REQUEST, "--use-case", "-", "--yes", stdin="From a pipe.").code == 0
    assert account()["Details"]["UseCaseDescription"] == "From a pipe."


def test_request_production_with_access_changes_nothing(sescli, ses, account):
    ran = sescli(*REQUEST, "--yes", "-o", "json")
    assert ran.code == 0
    assert ran.json == {"region": "us-east-1", "production_access": True}
    assert "Details" not in account()


def test_request_under_review_blocks_new_request(sescli, confined, account):
    confined.control(review="PENDING")
    before = account()["Details"]
    for more in (["--yes"], ["--dry-run"]):
        ran = sescli(*REQUEST, *more, "-o", "json")
        assert ran.code == 1
        assert ran.error["code"] == "ConflictException"
        assert "is reviewing" in ran.error["message"]
        assert "case-" in ran.error["message"]
        assert "sescli sandbox show" in ran.error["hint"]
    assert account()["Details"] == before


def test_conflict_of_write_is_explained(sescli, confined, refusing):
    conflict = Refusal(409, "ConflictException", "There is already an ongoing review.")
    refusing(**{"POST /v2/email/account/details": conflict})
    ran = sescli(*REQUEST, "--yes", "-o", "json")
    assert conflict.given == 1
    assert ran.code == 1
    assert "is reviewing" in ran.error["message"]


@pytest.mark.parametrize(("status", "words_"), [("DENIED", "denied the last request"), ("FAILED", "failed")])
def test_denied_or_failed_request_warns_and_can_be_repeated(sescli, confined, account, status, words_):
    confined.control(review=status)
    ran = sescli(*REQUEST, "--yes")
    assert ran.code == 0
    assert words_ in ran.stderr
    assert "case-" in ran.stderr
    assert account()["ProductionAccessEnabled"] is True


def test_wizard_asks_all_questions_and_sends_request(sescli, confined, account):
    ran = sescli("sandbox", "request-production", answers=CONVERSATION)
    assert ran.code == 0, ran.stderr
    details = account()["Details"]
    assert details["MailType"] == "MARKETING"
    assert details["WebsiteURL"] == "https://example.com"
    assert details["ContactLanguage"] == "JA"
    assert details["AdditionalContactEmailAddresses"] == ["ops@example.com", "jane@example.com"]
    assert details["UseCaseDescription"] == (
        "What we send: A weekly newsletter, it's for customers.\n"
        "How recipients sign up: Double opt-in\n"
        "Volume: 5000, 10\n"
        "Bounces and complaints: Taken off at once\n"
        "Unsubscribing: A link in each mail"
    )


def test_command_printed_by_wizard_sends_same_request(sescli, confined, account):
    told = sescli("sandbox", "request-production", "--region", "us-east-1", answers=CONVERSATION).stderr
    command = told.partition("The same command without prompts:\n")[2]
    # bash, because the line breaks in an answer are written as $'\\n', which shlex does not know.
    line = command[: command.index(" --yes")].replace("sescli", "printf '%s\\0'", 1)
    arguments = subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True).stdout.split(
        "\0"
    )[:-1]
    assert arguments[:2] == ["--region", "us-east-1"]
    first = account()["Details"]
    confined.control(sandbox=True, review="DENIED")
    ran = sescli(*arguments, "--yes")
    assert ran.code == 0, ran.stderr
    assert account()["Details"] == first


@pytest.mark.parametrize("missing", ["--mail-type", "--website", "--use-case"])
def test_wizard_asks_only_for_missing_values(sescli, confined, account, missing):
    given = {
        "--mail-type": "marketing",
        "--website": "https://example.com/shop",
        "--use-case": "@@home, receipts",
    }
    asked = {"--mail-type": CONVERSATION[:1], "--website": CONVERSATION[1:2], "--use-case": CONVERSATION[2:7]}
    options = [part for name, value in given.items() if name != missing for part in (name, value)]
    answers = [*asked[missing], ("Language", None), ("Additional addresses", ""), ("Send it?", True)]
    ran = sescli("sandbox", "request-production", *options, answers=answers)
    assert ran.code == 0, ran.stderr
    details = account()["Details"]
    assert details["ContactLanguage"] == "EN"
    assert "AdditionalContactEmailAddresses" not in details
    assert details["WebsiteURL"].endswith("/shop") is (missing != "--website")
    if missing != "--use-case":
        assert details["UseCaseDescription"] == "@home, receipts"
        assert "--use-case '@@home, receipts'" in ran.stderr


def test_all_options_leave_only_the_confirmation(sescli, confined, account):
    assert sescli(*REQUEST, answers=[("Send it?", True)]).code == 0
    assert account()["ProductionAccessEnabled"] is True


def test_declined_request_keeps_the_text_in_the_command(sescli, confined, account):
    ran = sescli("sandbox", "request-production", answers=[*CONVERSATION[:-1], ("Send it?", False)])
    assert ran.code == 2
    assert "sescli sandbox request-production --mail-type marketing" in ran.stderr
    assert "Details" not in account()


@pytest.mark.parametrize(
    ("question", "answer", "refusal"),
    [
        (1, "https://", "write it as https://example.com"),
        (1, "example.com", "write it as https://example.com"),
        (2, "  ", "need an answer"),
        (2, "x" * 5001, "characters too long"),
        (3, "x" * 4960, "characters too long"),
        (4, "a\x1bb", "say what you send"),
        (8, "jane", "not an email address"),
        (8, "a@example.com,b@example.com,c@example.com,d@example.com,e@example.com", "AWS accepts at most 4"),
    ],
)
def test_wizard_rejects_invalid_answers(sescli, confined, account, question, answer, refusal):
    script = list(CONVERSATION[: question + 1])
    script[question] = (script[question][0], answer)
    ran = sescli("sandbox", "request-production", answers=script)
    assert ran.code == 1
    assert "is refused: " in ran.stderr  # by the script, as a person would be asked again
    assert refusal in ran.stderr
    assert "Details" not in account()


@pytest.mark.parametrize("line", example_lines(app))
def test_sandbox_help_examples_run(sescli, confined, boto, line):
    confined.control(rate=50)
    boto("sesv2").create_email_identity(EmailIdentity="example.com")
    boto("sesv2").create_configuration_set(ConfigurationSetName="news")
    answers = CONVERSATION if words(line) == ["sandbox", "request-production"] else None
    ran = sescli(*words(line), answers=answers)
    assert ran.code == 0, ran.stderr


def test_wizard_on_terminal(confined, account):
    asked = OnTerminal("sandbox", "request-production", lines=40)
    asked.until("What type of email")
    asked.type("\x1b[B\r")  # one down: marketing
    asked.until("URL of your website")
    asked.type("example.com\r")
    for question, answer in (
        ("What do you send", "Receipts"),
        ("recipients sign up", "They buy"),
        ("How many messages", "100"),
        ("bounces and complaints", "Suppress them"),
        ("recipients unsubscribe", "By their account"),
    ):
        asked.until(question)
        asked.type(f"{answer}\r")
    asked.until("Language of")
    asked.type("\r")
    asked.until("Additional addresses")
    asked.type("\r")
    asked.until("Send it?")
    assert account()["ProductionAccessEnabled"] is False
    asked.type("y")
    asked.until("granted production access")
    assert asked.end() == 0
    assert account()["Details"]["MailType"] == "MARKETING"
    assert "How recipients sign up: They buy" in account()["Details"]["UseCaseDescription"]


def test_wizard_interrupt_sends_nothing(confined, account):
    asked = OnTerminal("sandbox", "request-production")
    asked.until("What type of email")
    asked.type("\x03")
    assert asked.end() == 130
    assert "Details" not in account()
