"""Reading recipients from files, and the position of errors in them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sescli.errors import InputFileError
from sescli.groups.bulk.batch.objects import read_json_array
from sescli.groups.bulk.batch.recipients import RecipientRow, UnreadableRow
from sescli.groups.bulk.batch.sources import read_recipients
from sescli.groups.bulk.model.spec import Columns, RecipientsFile
from sescli.text.utf8 import Utf8Source

GUIDE = """[
    {
        "Destination": {"ToAddresses": ["john@example.com"]},
        "ReplacementTemplateData": "{\\"name\\":\\"John\\",\\"orderId\\":\\"12345\\"}"
    },
    {
        "Destination": {"ToAddresses": ["jane@example.com"]},
        "ReplacementTemplateData": "{\\"name\\":\\"Jane\\",\\"orderId\\":\\"12346\\"}"
    }
]"""


@pytest.fixture
def rows(tmp_path):
    def make(name: str, content: str | bytes, **columns):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        delimiter = columns.pop("delimiter", ",")
        return list(read_recipients(RecipientsFile(path, delimiter=delimiter, columns=Columns(**columns))))

    return make


@pytest.fixture
def refused(rows):
    def make(*given, **columns) -> InputFileError:
        with pytest.raises(InputFileError) as caught:
            rows(*given, **columns)
        return caught.value

    return make


def test_csv_rows_become_recipients(rows):
    text = '\ufeffemail,name,zip\r\njo@example.com,Jo,01234\r\n\r\nan@example.com,"An, née\nB",x\r\n'
    assert rows("people.csv", text) == [
        RecipientRow(1, 2, ("jo@example.com",), data={"name": "Jo", "zip": "01234"}),
        RecipientRow(2, 5, ("an@example.com",), data={"name": "An, née\nB", "zip": "x"}),
    ]


def test_csv_columns_follow_batch_file(rows):
    found = rows(
        "people.tsv",
        "key\twho\tboss\tfirst\ttier\n7\tjo@example.com\ta@b.co; c@d.co\tJo\tgold\n8\tan@example.com\t\tAn\t\n",
        to="who",
        cc="boss",
        id="key",
        data={"name": "first"},
        tags={"tier": "tier"},
    )
    assert found == [
        RecipientRow(
            1, 2, ("jo@example.com",), ("a@b.co", "c@d.co"), (), "7", {"name": "Jo"}, {"tier": "gold"}
        ),
        RecipientRow(2, 3, ("an@example.com",), (), (), "8", {"name": "An"}, {}),
    ]


def test_csv_row_with_wrong_number_of_cells_is_invalid(rows):
    assert rows("p.csv", "email,name\njo@example.com\nan@example.com,An,x\n") == [
        UnreadableRow(1, 2, "jo@example.com", "CellCount", "has 1 cells, but the header has 2"),
        UnreadableRow(2, 3, "an@example.com", "CellCount", "has 3 cells, but the header has 2"),
    ]


def test_aws_cli_destinations_file_is_read(rows):
    assert rows("destinations.json", GUIDE) == [
        RecipientRow(1, 2, ("john@example.com",), data={"name": "John", "orderId": "12345"}),
        RecipientRow(2, 6, ("jane@example.com",), data={"name": "Jane", "orderId": "12346"}),
    ]


def test_json_lines_accept_every_form(rows):
    lines = [
        '{"to": "a@b.co", "data": {"n": 1, "price": 99.90}, "id": 7}',
        "",
        '{"email": "c@d.co", "n": 2}',
        "{broken",
        "[1]",
        '{"Destination": {"ToAddresses": "x"}, "ReplacementTemplateData": "[]"}',
    ]
    found = rows("p.jsonl", "\n".join(lines))
    assert found[0] == RecipientRow(1, 1, ("a@b.co",), id="7", data={"n": 1, "price": "99.90"})
    assert found[1] == RecipientRow(2, 3, ("c@d.co",), data={"n": 2})
    assert [(one.row, one.line, one.code) for one in found[2:]] == [
        (3, 4, "NotJson"),
        (4, 5, "NotAnObject"),
        (5, 6, "BadShape"),
    ]


def test_yaml_list_becomes_recipients(rows):
    found = rows("p.yaml", "- to: a@b.co\n  data: {no: no, zip: 010}\n- {email: c@d.co, name: yes}\n")
    assert found == [
        RecipientRow(1, 1, ("a@b.co",), data={"no": "no", "zip": "010"}),
        RecipientRow(2, 3, ("c@d.co",), data={"name": "yes"}),
    ]


def test_gzip_is_detected_by_content(rows):
    packed = gzip.compress(b"email,name\na@b.co,A\n")
    assert (
        rows("p.csv.gz", packed)
        == rows("q.csv", packed)
        == [RecipientRow(1, 2, ("a@b.co",), data={"name": "A"})]
    )


def test_standard_input_is_read_as_csv(tmp_path):
    found = list(read_recipients(RecipientsFile(None), stdin=io.BytesIO(b"to\na@b.co\n")))
    assert found == [RecipientRow(1, 2, ("a@b.co",))]


@pytest.mark.parametrize(
    ("name", "content", "where", "what"),
    [
        ("p.csv", "", "p.csv", "is empty"),
        ("p.csv", "email,name\n", "p.csv", "has no recipients"),
        ("p.json", "[]", "p.json", "has no recipients"),
        ("p.csv", "name,age\nJo,3\n", "p.csv:1", "no column 'to'; it has: name, age"),
        ("p.csv", "email,name,name\n", "p.csv:1", "has the column 'name' twice"),
        ("p.csv", "email,name\na@b.co,J\xf6\n".encode("latin-1"), "p.csv:2:9", "is not UTF-8"),
        ("p.csv", "email\na@b.co\n".encode("utf-16"), "p.csv", "is UTF-16"),
        ("p.csv", "email\na@b.co\n".encode("utf-16-le"), "p.csv", "is UTF-16"),
        ("p.csv", "email\na@b.co\n".encode("utf-16-be"), "p.csv", "is UTF-16"),
        ("p.csv", 'email,name\na@b.co,"never closed\n', "p.csv:2", "not a valid table"),
        ("p.csv", "email,name\na@b.co," + "x" * 300_000, "p.csv:2", "field larger"),
        ("p.csv", "email,name\n" + "x" * 1_100_000, "p.csv:2", "longer than 1 MiB"),
        ("p.csv.gz", gzip.compress(b"email\n" + b"a@b.co\n" * 999, mtime=0)[:50], "p.csv.gz", "damaged gzip"),
        ("p.json", '[{"to": "a@b.co"},\n {"to": }]', "p.json:2:9", "not valid JSON"),
        ("p.json", '[{"to": "a@b.co"}', "p.json:1", "not valid JSON"),
        ("p.json", '{"to": "a@b.co"}', "p.json:1", "is not a JSON list"),
        ("p.yaml", "to: a@b.co\n", "p.yaml:1:1", "must be a list"),
        ("p.yaml", b"- to: \xff\n", "p.yaml:1", "is not UTF-8"),
        ("p.yaml", "- to: *x\n", "p.yaml:1:7", "aliases"),
        ("p.dat", "x", "p.dat", "does not show the format"),
    ],
)
def test_unreadable_source_is_reported_with_position(name, content, where, what, refused, tmp_path):
    error = refused(name, content)
    assert error.message.startswith(f"{tmp_path}/{where}")
    assert what in error.message


def test_csv_with_carriage_returns_only_is_reported(refused):
    error = refused("p.csv", b"email,name\ra@b.co,Jo\r")
    assert "not a valid table" in error.message
    assert "carriage return only" in error.hint


def test_utf8_source_splits_lines_at_line_feeds_across_blocks(rows):
    """A block is 64 KiB. U+2028 and others end a line for Python's splitlines, but not in a file."""
    name = "Zo\u00eb\u2028\x85\x0c " + "x" * 500
    found = rows("p.csv", "to,name\r\n" + "".join(f"u{n}@b.co,{name}\r\n" for n in range(1_000)))
    assert [one.line for one in found] == list(range(2, 1_002))
    assert {one.data["name"] for one in found} == {name}


@pytest.mark.parametrize("ends", ["\n", ""], ids=["with-the-last-line-feed", "without"])
def test_utf8_source_reports_line_of_error_after_many_blocks(ends, refused, rows, tmp_path):
    good = "to,name\n" + "u@b.co,xx\n" * 20_000
    assert len(rows("good.csv", good.removesuffix("\n") + ends)) == 20_000
    error = refused("p.csv", good.encode() + b"u@b.co,\xff\n" + b"u@b.co,xx" + ends.encode())
    assert error.message.startswith(f"{tmp_path}/p.csv:20002:8")
    longest = "u@b.co," + "x" * 1_048_569
    assert f"{tmp_path}/p.csv:20002" in refused("p.csv", good + longest + "x" + ends).message
    assert "longer than 1 MiB" in refused("p.csv", good + longest + "x" + ends).message
    assert "field larger" in refused("p.csv", good + longest + ends).message


def test_csv_missing_column_lists_existing_columns(refused):
    error = refused("p.csv", "mail,name\na@b.co,A\n", to="email", data={"orderId": "orderId"})
    assert "no column 'email' and no column 'orderId'; it has: mail, name" in error.message


def test_csv_with_other_delimiter_gets_hint(refused, rows):
    assert "';'" in (refused("p.csv", "email;name\na@b.co;A\n").hint or "")
    assert rows("p.csv", "email;name\na@b.co;A\n", delimiter=";") == [
        RecipientRow(1, 2, ("a@b.co",), data={"name": "A"})
    ]


def test_missing_recipients_file_is_reported(tmp_path):
    with pytest.raises(InputFileError, match="No such file"):
        list(read_recipients(RecipientsFile(tmp_path / "none.csv")))


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=20))
def test_csv_reads_back_any_table(tmp_path_factory, table):
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["email", "a", "b"])
    writer.writerows([("jo@example.com", *pair) for pair in table])
    stream = io.BytesIO(buffer.getvalue().encode())
    found = list(read_recipients(RecipientsFile(None), stdin=stream))
    assert [tuple(one.data.values()) for one in found] == table


@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), min_size=1, max_size=9),
    st.integers(1, 40),
)
def test_json_array_reads_back_with_any_window(data, window):
    items = [{"to": "jo@example.com", "data": one} for one in data]
    for ascii_only in (True, False):
        raw = json.dumps(items, ensure_ascii=ascii_only, indent=1).encode(errors="surrogatepass")
        try:
            raw.decode()
        except UnicodeDecodeError:
            continue
        source = Utf8Source(_Dribble(raw, window), "x")
        found = list(read_json_array(source, Columns()))
        assert [one.data for one in found if isinstance(one, RecipientRow)] == data


class _Dribble(io.BytesIO):
    """Returns a limited number of bytes at a time, like a pipe."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._most if size is None or size < 0 else min(size, self._most))


def test_recipients_file_shows_its_path(tmp_path):
    assert RecipientsFile(Path("x.csv")).shown == "x.csv"
