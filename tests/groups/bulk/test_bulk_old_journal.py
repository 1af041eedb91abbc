"""A journal that an earlier version of sescli left behind when it was killed: this version reads it and resumes it.

The journal in `journals/` is real. Thirteen recipients at four per second: SES rejected row 1 and accepted rows 2 to 5,
row 6 was in a call when the process was killed, rows 7 to 10 had not been sent. Row 11 has an invalid address, row 12
is on the suppression list, and row 13 duplicates row 2. The last commits are in the write-ahead log only.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from repository import ROOT

RUN = "news-20261129T235022Z"
JOURNALS = Path(__file__).parent / "journals"
MESSAGE_ID_OF_ROW_2 = "010001a229b78560-6beb2f69-7af1-f892-4167-0795072d9429-000000"


@pytest.fixture
def old(sescli, old_runs):
    """The program, with the old journal among its runs."""
    old_runs(JOURNALS)
    yield lambda *words: sescli("--local", "--region", "us-east-1", *words)
    sescli("local", "stop")


@pytest.fixture
def account(old):
    """A local SES emulator that has what the old run needs."""
    template = ROOT / "examples" / "templates" / "order-confirmation.json"
    assert old("identity", "verify", "example.com").code == 0
    assert old("template", "create", "--file", str(template)).code == 0
    assert old("config-set", "create", "shop").code == 0


def recipients(old):
    """Who received a message from the emulator, in order."""
    return sorted(to for message in old("local", "inbox", "-o", "json").json for to in message["to"])


def message_to(old, address):
    """The source of the message to an address."""
    found = next(one for one in old("local", "inbox", "-o", "json").json if address in one["to"])
    return old("local", "show", str(found["id"]), "--raw").stdout


def test_bulk_show_reads_old_journal(old):
    found = old("bulk", "show", "-o", "json").json
    states = ("recipients", "sent", "failed", "sending", "pending", "invalid", "skipped", "unknown")
    assert [found[name] for name in states] == [13, 4, 1, 1, 4, 1, 2, 0]
    assert (found["run"], found["state"], found["place"], found["region"]) == (
        RUN,
        "unfinished",
        "local",
        "us-east-1",
    )
    assert found["calls"] == 6
    assert found["account"] is None
    assert {one["code"]: one["count"] for one in found["by_reason"]} == {
        "MESSAGE_REJECTED": 1,
        "InvalidAddress": 1,
        "Duplicate": 1,
        "Suppressed": 1,
    }
    assert [one["run"] for one in old("bulk", "list", "-o", "json").json] == [RUN]


def test_bulk_results_lists_rows_of_old_journal(old):
    rows = {one["row"]: one for one in old("bulk", "results", "news", "-o", "json").json}
    assert len(rows) == 13
    assert (rows[2]["id"], rows[2]["to"], rows[2]["message_id"]) == (
        "1002",
        "user2@example.com",
        MESSAGE_ID_OF_ROW_2,
    )
    assert (rows[1]["state"], rows[1]["code"], rows[1]["attempts"]) == ("failed", "MESSAGE_REJECTED", 1)
    assert rows[11]["to"] == "not an address"
    assert rows[13]["reason"] == "the same recipient as row 2"
    assert [row for row, one in rows.items() if one["state"] == "pending"] == [7, 8, 9, 10]


@pytest.mark.usefixtures("account")
def test_bulk_resume_sends_pending_rows_of_old_journal_only(old):
    ended = old("bulk", "resume", "-o", "json")
    assert ended.code == 3, ended.stderr  # one failed, one unknown
    counts = {name: ended.json[name] for name in ("sent", "failed", "unknown", "pending", "sending")}
    assert counts == {"sent": 8, "failed": 1, "unknown": 1, "pending": 0, "sending": 0}
    assert recipients(old) == ["user10@example.com", *(f"user{row}@example.com" for row in (7, 8, 9))]
    unknown = old("bulk", "results", "--state", "unknown", "-o", "json").json
    assert [(one["row"], one["code"]) for one in unknown] == [(6, "Interrupted")]

    assert old("bulk", "resume", "--resend-unknown", "--yes", "-o", "json").json["sent"] == 9
    raw = message_to(old, "user6@example.com")
    for line in (
        "From: Example Shop <shop@example.com>",
        "Reply-To: support@example.com",
        "Cc: copy6@example.com",
        "X-Campaign: spring",
        "List-Unsubscribe: <https://example.com/u?id=1006>",
        "Subject: Your order 6 is confirmed",
        "The total is 9.99 EUR.",
    ):
        assert line in raw


@pytest.mark.usefixtures("account")
def test_bulk_retry_sends_failed_row_of_old_journal_only(old):
    assert old("bulk", "retry", "-o", "json").json["failed"] == 0
    assert recipients(old) == ["user1@example.com"]


def test_bulk_run_refuses_name_of_old_journal(old, tmp_path):
    path = tmp_path / "batch.yaml"
    path.write_text(
        "version: 1\nname: news\nfrom: shop@example.com\ncontent: {subject: Hello, text: Hello}\n"
        "recipients: [{to: user1@example.com}]\n"
    )
    refused = old("bulk", "run", str(path), "--yes", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "RunExists")
