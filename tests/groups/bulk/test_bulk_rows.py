"""Checking rows, and loading them into a journal."""

from __future__ import annotations

import json
import sqlite3
import stat
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sescli.errors import LocalError
from sescli.groups.bulk.batch.recipients import RecipientRow, UnreadableRow
from sescli.groups.bulk.batch.rows import RowValidator
from sescli.groups.bulk.journal.journal import Journal
from sescli.groups.bulk.journal.loading import JournalLoader
from sescli.groups.bulk.journal.run_metadata import RunMetadata
from sescli.groups.bulk.model.entries import Entry, RowProblem
from sescli.groups.bulk.model.spec import MessageSpec, SendLimits, Unsubscribe
from sescli.handlebars.content import TemplateContent

TEMPLATE = TemplateContent("Order {{orderId}}", "Dear {{name}}{{#if vip}} ({{vip}}){{/if}}", None)
MAILING = MessageSpec("shop@example.com", template="Order")
GOOD = {"name": "Jo", "orderId": "1"}


def row(**changes):
    return RecipientRow(1, 2, **({"to": ("jo@example.com",), "data": GOOD} | changes))


def check(one, mailing=MAILING, defaults=None, sandbox=None, template=TEMPLATE):
    return RowValidator(mailing, defaults or {}, template, sandbox).check(one)


def entry_of(one, **given) -> Entry:
    found = check(one, **given)
    assert not isinstance(found, RowProblem), found
    return found[0]


def problem_of(one, **given) -> RowProblem:
    found = check(one, **given)
    assert isinstance(found, RowProblem)
    return found


def test_valid_row_is_merged_with_defaults():
    entry = entry_of(row(data={"orderId": "2"}), defaults={"name": "Customer", "orderId": "0"})
    assert json.loads(entry.data) == {"name": "Customer", "orderId": "2"}
    assert entry.addresses == {"ToAddresses": ["jo@example.com"]}
    assert entry.weight == 1


def test_row_with_several_addresses_counts_each_recipient():
    entry = entry_of(row(to=("Jo <jo@example.com>", "an@bücher.example"), cc=("b@c.de",), bcc=("d@e.fr",)))
    assert entry.weight == 4
    assert entry.addresses == {
        "ToAddresses": ["Jo <jo@example.com>", "an@xn--bcher-kva.example"],
        "CcAddresses": ["b@c.de"],
        "BccAddresses": ["d@e.fr"],
    }
    assert entry.address == "jo@example.com"


@pytest.mark.parametrize(
    ("one", "code", "reason"),
    [
        (row(to=("jo",)), "InvalidAddress", "there is no '@'"),
        (row(to=("jö@example.com",)), "InvalidAddress", "not 7-bit ASCII"),
        (row(to=("jo@example.com\nBcc: x@y.zz",)), "HeaderInjection", "line break"),
        (row(to=()), "NoAddress", "the row has no address"),
        (row(to=tuple(f"u{n}@example.com" for n in range(51))), "TooManyRecipients", "51 addresses"),
        (row(data={"name": "Jo"}), "MissingVariable", "requires 'orderId'; the row has 'name'"),
        (row(data={}), "MissingVariable", "requires 'orderId', 'name'; the row has no data"),
        (
            row(data={**GOOD, "orderId": "1\r\nBcc: x@y.zz"}),
            "HeaderInjection",
            "the subject, with its data",
        ),
        (row(data={**GOOD, "x": "y" * 262_144}), "DataTooLong", "SES accepts at most 262,144"),
        (row(data={**GOOD, "x": "\ud800"}), "BadData", "cannot be sent"),
        (row(tags={"a b": "c"}), "InvalidTag", "a b"),
        (row(headers={"X-A": "b\nc"}), "HeaderInjection", "line break"),
        (UnreadableRow(1, 2, "x", "CellCount", "has 1 cells"), "CellCount", "has 1 cells"),
    ],
)
def test_invalid_row_is_reported_with_reason(one, code, reason):
    problem = problem_of(one)
    assert (problem.row, problem.line, problem.code) == (1, 2, code)
    assert reason in problem.reason


def test_invalid_row_reports_all_problems():
    problem = problem_of(row(to=("jo", "an"), data={}))
    assert problem.reason.count("there is no '@'") == 2
    assert "requires 'orderId', 'name'; the row has no data" in problem.reason


def test_row_with_line_break_in_body_is_valid():
    assert entry_of(row(data={**GOOD, "name": "Jo\nSmith"}))


def test_row_without_known_template_needs_no_variable():
    assert entry_of(row(data={}), template=None)


def test_row_in_sandbox_needs_verified_addresses():
    def only_jo(address):
        return None if address.local == "jo" else f"'{address.addr_spec}' is not verified"

    problem = problem_of(row(cc=("an@example.com",)), sandbox=only_jo)
    assert problem.code == "Sandbox"
    assert problem.reason == "'an@example.com' is not verified"


def test_row_with_list_management_allows_one_address():
    mailing = MessageSpec("shop@example.com", template="Order", unsubscribe=Unsubscribe(list_name="news"))
    assert problem_of(row(cc=("an@example.com",)), mailing=mailing).code == "OneRecipient"


def test_unsubscribe_address_is_filled_in_and_escaped():
    mailing = MessageSpec(
        "shop@example.com",
        template="Order",
        unsubscribe=Unsubscribe("https://x.example/u?i={{id}}&n={{name}}"),
    )
    entry = entry_of(row(id="a&b", data={**GOOD, "name": "Jö/>"}), mailing=mailing)
    assert json.loads(entry.headers or "") == {
        "List-Unsubscribe": "<https://x.example/u?i=a%26b&n=J%C3%B6%2F%3E>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert problem_of(row(), mailing=mailing).code == "MissingVariable"


def loaded(loading, *addresses, ids=()):
    rows = [
        RecipientRow(number, number + 1, (address,), id=dict(enumerate(ids, 1)).get(number), data=GOOD)
        for number, address in enumerate(addresses, 1)
    ]
    loading.add(RowValidator(MAILING, {}, TEMPLATE).rows(rows))


@pytest.mark.parametrize(("skip", "state"), [(True, "skipped"), (False, "invalid")])
def test_duplicates_ignore_case_of_address(skip, state):
    with JournalLoader(None) as loading:
        loaded(loading, "jo@example.com", "an@example.com", "JO@Example.com", "jo@example.com")
        loading.mark_duplicates(skip=skip)
        totals = loading.totals()
        assert (totals.ready, getattr(totals, state)) == (2, 2)
        if not skip:
            assert [one.reason for one in loading.problems(9)[0].first] == ["the same recipient as row 1"] * 2


def test_duplicates_with_several_addresses_compare_all():
    several = [
        row(to=("a@example.com", "b@example.com")),
        row(to=("B@example.com", "Ann <a@Example.com>")),
        row(to=("a@example.com",), cc=("b@example.com",)),
        row(to=("Ann <A@example.com>",)),
        row(to=(), cc=("c@example.com",)),
        row(to=(), cc=("d@example.com",)),
    ]
    numbered = [one._replace(row=number) for number, one in enumerate(several, 1)]
    with JournalLoader(None) as loading:
        loading.add(RowValidator(MAILING, {}, TEMPLATE).rows(numbered))
        loading.mark_duplicates(skip=True)
        assert [entry.row for entry in loading.ready(9)] == [1, 3, 5, 6]


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=("Cs",))),
        st.text(st.characters(exclude_categories=("Cs",)))
        | st.integers()
        | st.none()
        | st.lists(st.text("ab")),
    )
)
def test_row_data_is_stored_as_json(data):
    assert json.loads(entry_of(row(data=data), template=None).data) == data


def test_duplicates_with_id_compare_id():
    with JournalLoader(None) as loading:
        loaded(loading, "jo@example.com", "jo@example.com", "an@example.com", ids=("1", "2", "1"))
        loading.mark_duplicates(skip=True)
        assert [entry.row for entry in loading.ready(9)] == [1, 2]


def test_duplicates_without_id_compare_address():
    with JournalLoader(None) as loading:
        addresses = ("jo@example.com", "JO@example.com", "an@example.com", "an@example.com", "bo@example.com")
        loaded(loading, *addresses, ids=(None, "1", "2", None, None))
        loading.mark_duplicates(skip=False)
        assert [entry.row for entry in loading.ready(9)] == [2, 3, 5]
        said = loading.problems(9)[0].first
        assert [(one.row, one.reason[-5:]) for one in said] == [(1, "row 2"), (4, "row 3")]


def test_suppressed_rows_are_counted_or_skipped():
    for skip in (False, True):
        with JournalLoader(None) as loading:
            loaded(loading, "jo@example.com", "AN@example.com", "x@example.com")
            assert loading.mark_suppressed(["an@example.com", "other@example.com"], skip=skip) == 1
            assert loading.totals().skipped == int(skip)


HEAD = RunMetadata("run-1", "run", 1.0, "us-east-1", "AWS", "x", MAILING, SendLimits())


def test_journal_is_private_and_appears_when_complete(tmp_path):
    path = tmp_path / "runs" / "run.journal"
    with JournalLoader(tmp_path / "runs" / ".run.loading") as loading:
        loaded(loading, "jo@example.com")
        assert not path.exists()
        loading.publish(path, HEAD)
    assert [one.name for one in path.parent.iterdir()] == ["run.journal"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with Journal.for_sending(path, time.time) as journal:
        journal.commit(claimed=journal.pending(0, 9), calls=1)
        assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in path.parent.iterdir())
    assert [one.name for one in path.parent.iterdir()] == ["run.journal"]


def test_interrupted_loading_leaves_no_file(tmp_path):
    def cut_off():
        yield from RowValidator(MAILING, {}, TEMPLATE).rows([row()])
        raise KeyboardInterrupt

    def load():
        with JournalLoader(tmp_path / "runs" / ".run.loading") as loading:
            loading.add(cut_off())

    with pytest.raises(KeyboardInterrupt):
        load()
    assert list((tmp_path / "runs").iterdir()) == []


def test_file_that_is_not_a_journal_is_refused(tmp_path):
    path = tmp_path / "x.journal"
    path.write_bytes(b"not a database at all, but long enough to look" * 99)
    with pytest.raises(LocalError, match="journal"):
        Journal.for_reading(path)
    sqlite3.connect(tmp_path / "y.journal").execute("CREATE TABLE run (format)").connection.close()
    with pytest.raises(LocalError):
        Journal.for_reading(tmp_path / "y.journal")


@pytest.mark.parametrize(
    ("subject", "data"),
    [
        ("Hi {{name}}", {"name": "=?utf-8?q?x=0D=0ABcc:_evil@evil.example?="}),
        ("Hi {{name}}{{orderId}}", {"name": "=", "orderId": "?utf-8?q?x=0D=0ABcc:_evil@evil.example?="}),
        ("=?utf-8?q?{{name}}?=", {"name": "x=0D=0ABcc:_evil@evil.example"}),
        ("Hi {{name}}", {"name": "x\r\nBcc: evil@evil.example"}),
        *[("Hi {{name}}", {"name": f"a{sign}b"}) for sign in "\t\v\f\0\x1e\x7f\x85\u2028\u2029"],
    ],
)
def test_row_with_control_character_in_the_subject_is_a_problem(subject, data):
    template = TemplateContent(subject, "Dear {{name}}", None)
    problem = problem_of(row(data=GOOD | data), template=template)
    assert problem.code == "HeaderInjection"
    assert isinstance(
        entry_of(row(data=GOOD | data), template=TemplateContent("Hi", "{{name}}", None)), Entry
    )


def test_row_with_encoded_word_before_the_at_sign_is_a_problem():
    problem = problem_of(row(to=("=?utf-8?q?=2C_evil=40evil.example?=a@example.com",)))
    assert problem.code == "HeaderInjection"
