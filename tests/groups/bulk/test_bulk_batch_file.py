"""Reading batch files, and the position of errors in them."""

from __future__ import annotations

import io
import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT

from sescli.errors import InputFileError
from sescli.groups.bulk.batch.batch_file import load
from sescli.groups.bulk.batch.schema_validation import schema
from sescli.groups.bulk.batch.starter import Starter
from sescli.groups.bulk.model.spec import InlineRecipients, MessageSpec, RecipientsFile
from sescli.text.yaml_nodes import plain, read_document

HEAD = "version: 1\nname: news\nfrom: shop@example.com\ntemplate: News\n"
ONE = "recipients: [{to: jo@example.com}]\n"
EXAMPLES = ROOT / "examples" / "bulk"


@pytest.fixture
def batch(tmp_path):
    def make(text: str):
        path = tmp_path / "batch.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return load(str(path))

    return make


@pytest.fixture
def refused(batch):
    def read(text: str) -> str:
        with pytest.raises(InputFileError) as caught:
            batch(text)
        return caught.value.message

    return read


@pytest.mark.parametrize("name", ["order-confirmation.yaml", "destinations.yaml", "demo.yaml"])
def test_example_batch_files_are_valid(name):
    assert load(str(EXAMPLES / name)).mailing.template == "OrderConfirmation"


def test_batch_file_with_all_keys_is_read(batch, tmp_path):
    (tmp_path / "body.txt").write_text("Hello {{name}}", encoding="utf-8")
    (tmp_path / "terms.pdf").write_bytes(b"%PDF-1.4")
    read = batch("""
        version: 1
        name: news
        from: Bücher <shop@bücher.example>
        reply_to: help@example.com
        content: {subject: "Hi {{name}}", text: "@body.txt"}
        config_set: tracked
        tags: {campaign: spring, year: 2026}
        headers: {X-Campaign: "2026-11"}
        unsubscribe: {url: "https://example.com/u?id={{id}}"}
        default_data: {shop: Shop, price: 99.90, open: yes}
        attachments: [{file: terms.pdf}]
        duplicates: first
        recipients: {file: people.csv, to: email, id: key, data: [name], tags: [tier]}
        limits: {rate: 25/s, concurrency: 3, timeout: 5, stop_at_failure_rate: 0.05, max_recipients: 9}
    """)
    mailing = read.mailing
    assert mailing.sender == "=?utf-8?q?B=C3=BCcher?= <shop@xn--bcher-kva.example>"
    assert mailing.sender_address == "shop@xn--bcher-kva.example"
    assert mailing.content is not None
    assert mailing.content.text == "Hello {{name}}"
    assert mailing.tags == {"campaign": "spring", "year": "2026"}
    assert mailing.unsubscribe is not None
    assert mailing.unsubscribe.one_click
    assert mailing.attachments[0].name == "terms.pdf"
    assert read.default_data == {"shop": "Shop", "price": "99.90", "open": "yes"}
    assert read.duplicates == "first"
    assert (read.limits.rate, read.limits.concurrency, read.limits.timeout) == (25.0, 3, 5.0)
    assert isinstance(read.recipients, RecipientsFile)
    assert read.recipients.columns.data == {"name": "name"}
    assert MessageSpec.from_json(mailing.to_json()) == mailing


def test_batch_file_with_inline_recipients_is_read(batch):
    assert isinstance(batch(HEAD + ONE).recipients, InlineRecipients)


def test_starter_is_valid_batch_file(batch):
    assert batch(Starter().text()).name == "my-first-batch"
    hostile = Starter(
        name="123", sender="Jo: <jo@example.com>", template="yes: no", recipients="a: b.csv", to="- x"
    )
    read = batch(hostile.text())
    assert (read.name, read.mailing.template) == ("123", "yes: no")
    assert isinstance(read.recipients, RecipientsFile)
    assert read.recipients.columns.to == "- x"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (HEAD + "templte: x\n" + ONE, ":5:1 (templte)", "unknown key 'templte'; did you mean 'template'?"),
        (HEAD + "recipients: [{to: a@b.co}, {too: a@b.co}]", ":5:29 (recipients.1.too)", "unknown key"),
        (HEAD + "recipients: {file: x.csv, column: y}", ":5:27 (recipients.column)", "unknown key"),
        (HEAD + ONE + "limits: {rate: fast}", ":6:10 (limits.rate)", "auto, a number, or a number with /s"),
        (HEAD + "name: other\n" + ONE, ":5:1 (name)", "given twice (first on line 2)"),
        (HEAD + "recipients: &all [{to: a@b.co}]", ":5:13", "anchors (&) and aliases (*)"),
        (HEAD + "recipients: !!python/object:os.system x", ":5:13", "tags (!)"),
        (HEAD + "recipients: [{to: a@b.co", ":6:1", "not valid YAML"),
        (HEAD + "tags:\n\t- x\n" + ONE, ":6:1", "not valid YAML"),
        (HEAD + "content: {subject: x, text: y}\n" + ONE, ":1:1", "both are given"),
        ("version: 1\nname: x\nfrom: a@b.co\n" + ONE, ":1:1", "neither is given"),
        (HEAD.replace("news", "my news") + ONE, ":2:1 (name)", "is not valid"),
        (HEAD.replace("version: 1", "version: 2") + ONE, ":1:1 (version)", "must be 1"),
        (HEAD.replace("shop@", "shop") + ONE, ":3:1 (from)", "no '@'"),
        (HEAD + "headers: {X-A: 'a\\nBcc: x'}\n".replace("'", '"') + ONE, ":5:1 (headers)", "line break"),
        (HEAD + "headers: {Reply-To: a@b.co}\n" + ONE, ":5:1 (headers)", "Reply-To"),
        (HEAD + "tags: {a b: c}\n" + ONE, ":5:1 (tags)", "a b"),
        (HEAD + "unsubscribe: {url: 'http://example.com'}\n" + ONE, ":5:15 (unsubscribe.url)", "https://"),
        (
            HEAD + "attachments: [{file: ../../etc/passwd}]\n" + ONE,
            ":5:15 (attachments.0)",
            "outside the folder",
        ),
        (HEAD + "attachments: [{file: virus.exe}]\n" + ONE, ":5:15 (attachments.0)", ".exe"),
        (HEAD + "recipients: {file: /etc/passwd}", ":5:14 (recipients.file)", "outside the folder"),
        (
            HEAD + "duplicates: first\n" + ONE + "limits: {duplicates: allow}",
            ":5:1 (duplicates)",
            "given twice",
        ),
        (HEAD + "a: " + "[" * 30 + "]" * 30, ":5:28", "nested deeper"),
        (
            HEAD + "unsubscribe: {list: news, url: 'https://b.co'}\n" + ONE,
            ":5:1 (unsubscribe)",
            "mixes keys that exclude each other: use either url, mailto, one_click, or list, topic; given: list, url",
        ),
        (
            HEAD + "unsubscribe: {mailto: a@b.co, one_click: true}\n" + ONE,
            ":5:1 (unsubscribe)",
            "one_click requires url",
        ),
        (
            HEAD + f"recipients: [{{to: [{', '.join(['a@b.co'] * 51)}]}}]",
            ":5:15 (recipients.0.to)",
            "has 51 entries; the maximum is 50",
        ),
        (HEAD + ONE + "limits: {timeout: 0}", ":6:10 (limits.timeout)", "must be above 0, not 0"),
        (HEAD + ONE + "limits: {concurrency: 0}", ":6:10 (limits.concurrency)", "must be at least 1"),
        (HEAD + ONE + "limits: {stop_at_failure_rate: 2}", ":6:10 (limits.stop", "must be at most 1, not 2"),
        ("", "", "is empty"),
        ("- a\n- b\n", ":1:1", "is not a YAML mapping"),
        (HEAD + ONE + "---\n" + HEAD, ":6:1", "second YAML document"),
    ],
)
def test_batch_file_error_names_file_line_column_and_key(text, where, what, refused, tmp_path):
    message = refused(text)
    assert any(
        line.startswith(f"{tmp_path}/batch.yaml{where}") and what in line for line in message.splitlines()
    )


def test_batch_file_errors_are_shown_at_once(refused):
    message = refused(
        "version: 2\nname: a b\nfrom: 3\ntemplate: T\nrecipients: {fil: x}\nlimits: {concurrency: 0}\n"
    )
    assert [line.split(":")[1] for line in message.splitlines()] == ["1", "2", "3", "5", "5", "6"]


def test_body_file_that_is_not_utf8_is_reported_with_line(refused, tmp_path):
    (tmp_path / "body.txt").write_bytes("Dear\nZoë".encode("latin-1"))
    head = HEAD.replace("template: News\n", "content: {subject: Hello, text: '@body.txt'}\n")
    assert refused(head + ONE).startswith(f"{tmp_path}/body.txt:2: is not UTF-8")


def test_invalid_attachments_are_all_reported(refused):
    message = refused(
        HEAD + ONE + "attachments:\n  - {file: a.exe}\n  - {file: ../b.pdf}\n  - {file: c.pdf}\n"
    )
    assert [line.split(":")[1] for line in message.splitlines()] == ["7", "8", "9"]


def test_inline_content_with_block_is_refused(refused):
    text = "version: 1\nname: x\nfrom: a@b.co\ncontent: {subject: x, text: '{{#if a}}b{{/if}}'}\n" + ONE
    assert "block" in refused(text)


def test_batch_file_that_is_not_utf8_is_reported_with_line(tmp_path):
    path = tmp_path / "batch.yaml"
    path.write_bytes(b"version: 1\nname: n\xfcws\n")
    with pytest.raises(InputFileError, match=r"batch.yaml:2.*UTF-8"):
        load(str(path))


def test_batch_file_above_size_limit_is_refused(refused):
    assert "larger than 8 MiB" in refused(HEAD + "# " + "x" * 9_000_000)


def test_missing_batch_file_is_reported(tmp_path):
    with pytest.raises(InputFileError, match="No such file"):
        load(str(tmp_path / "none.yaml"))


def test_yaml_words_and_numbers_stay_text():
    text = "a: yes\nb: no\nc: 010\nd: 12:30\ne: 2026-11-24\nf: 1_000\ng: 0x1F\nh: null\ni: true\nj: 12\nk: 1.5\nl: 99.90\n"
    node = read_document(io.StringIO(text), "x")
    expected = {"a": "yes", "b": "no", "c": "010", "d": "12:30", "e": "2026-11-24", "f": "1_000", "g": "0x1F"}
    expected |= {"h": None, "i": True, "j": 12, "k": 1.5}
    assert plain(node, keep_text=True) == expected | {"l": "99.90"}
    assert plain(node) == expected | {"l": 99.9}


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_batch_file_reads_back_what_yaml_wrote(value):
    try:
        text = yaml.safe_dump({"value": value}, allow_unicode=True)
        expected = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    if "&" in text or "!!" in text or "? " in text:
        return
    assert plain(read_document(io.StringIO(text), "x")) == expected


def test_schema_describes_every_key():
    for key, rule in schema()["properties"].items():
        assert rule.get("description") or "$ref" in rule or key == "limits", key
