"""What SES fills in itself, what it does not document, and values that are not what they seem.

`send`, `bulk` and `template` give the same result.
"""

from __future__ import annotations

import json

import pytest

LINK = "amazonSESUnsubscribeUrl"


@pytest.fixture
def store(ses, sescli):
    """Store a template as another program does, and verify the sender."""
    assert sescli("identity", "verify", "example.com").code == 0

    def make(text, subject="s", html=None):
        options = ["--html", html] if html else []
        made = sescli("template", "create", "t", "--subject", subject, "--text", text, *options)
        assert made.code == 0, made.stderr
        return made

    return make


@pytest.fixture
def data_file(tmp_path):
    """The data of the last send."""
    return tmp_path / "data.json"


@pytest.fixture
def send(sescli, data_file):
    def run(data=None, *options):
        data_file.write_text(json.dumps(data or {}))
        command = ("send", "template", "t", "--from", "a@example.com", "--to", "jo@example.com")
        return sescli(*command, "--data-file", str(data_file), *options, "-o", "json")

    return run


@pytest.fixture
def batch(tmp_path):
    def make(rows, more="", name="rows.jsonl", keys=""):
        text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / name).write_text(text)
        path = tmp_path / "batch.yaml"
        head = "version: 1\nname: news\nfrom: a@example.com\n"
        path.write_text(
            head
            + ("" if "content:" in more else "template: t\n")
            + more
            + f"recipients: {{file: {name}{keys}}}\n"
        )
        return str(path)

    return make


@pytest.fixture
def validate(sescli, batch):
    def run(rows, more="", name="rows.jsonl"):
        return sescli("bulk", "validate", batch(rows, more, name), "-o", "json").json

    return run


def found(report):
    return [(one["level"], one["code"]) for one in report["findings"]]


def says(ran):
    return " ".join(ran.stderr.split())


# Names that SES fills in


@pytest.mark.parametrize(
    "tag",
    ["{{amazonSESUnsubscribeUrl}}", "{{ses:openTracker}}", "{{{ses:openTracker}}}", "{{ses:openTracker~}}"],
)
def test_placeholder_of_ses_needs_no_data(store, send, validate, sescli, ses, data_file, tag):
    store("Hi {{name}}", html=f"<p>{{{{name}}}}{tag}{{{{#each l}}}}{tag}{{{{/each}}}}</p>")
    data = {"name": "Jo", "l": [{}]}
    sent = send(data)
    assert sent.code == 0, sent.stderr
    assert validate([{"to": "jo@example.com", "data": data}])["ok"]
    assert sescli("template", "show", "t", "-o", "json").json["variables"] == ["name", "l"]
    for mode in ([], ["--offline"]):
        shown = sescli("template", "render", "t", *mode, "--data-file", str(data_file), "-o", "json")
        assert shown.code == 0, shown.stderr
    message = next(ses.messages())
    assert message.reason is None
    assert message.html in {"<p>Jo</p>", "<p>Jo{{amazonSESUnsubscribeUrl}}{{amazonSESUnsubscribeUrl}}</p>"}


def test_unsubscribe_placeholder_becomes_the_link_of_the_list(store, send, boto, ses):
    boto("sesv2").create_contact_list(ContactListName="news")
    store("Bye: {{amazonSESUnsubscribeUrl}}")
    sent = send({}, "--list", "news")
    assert (sent.code, sent.stderr) == (0, "")
    assert next(ses.messages()).text.startswith("Bye: https://")


def test_unsubscribe_placeholder_without_a_list_is_a_warning(store, send, validate, batch, sescli):
    store("Bye: {{amazonSESUnsubscribeUrl}}")
    assert "only in messages with list management; name the contact list: --list" in says(send())
    report = validate([{"to": "jo@example.com"}])
    assert (report["ok"], found(report)) == (True, [("warning", "UnsubscribePlaceholder")])
    content = "content: {subject: s, text: 'Bye: {{amazonSESUnsubscribeUrl}}'}\n"
    assert found(validate([{"to": "jo@example.com"}], content)) == [("warning", "UnsubscribePlaceholder")]
    simple = sescli(
        *("send", "email", "--from", "a@example.com", "--to", "jo@example.com", "--subject", "s"),
        *("--text", "{{amazonSESUnsubscribeUrl}}"),
    )
    assert "only in messages with list management" in says(simple)


def test_data_for_a_placeholder_of_ses_is_a_warning(store, send, validate):
    store("Bye: {{amazonSESUnsubscribeUrl}}")
    data = {LINK: "https://example.com/fixed"}
    assert f"a value for '{LINK}', which SES fills in itself" in says(send(data))
    report = validate([{"to": "jo@example.com", "data": data}])
    assert ("warning", "ReservedName") in found(report)


# Each row is rendered with the engine that sends it


def test_length_of_a_list_is_a_warning_everywhere(store, send, validate, sescli, batch):
    store("{{#if items.length}}some{{/if}}")
    sent = send({"items": [1]})
    assert sent.code == 0
    assert "'items.length'" in says(sent)
    report = validate([{"to": "jo@example.com", "data": {"items": [1]}}, {"to": "al@example.com"}])
    assert (report["ok"], found(report)) == (True, [("warning", "UnknownLength")])
    assert report["findings"][0]["message"].endswith("SES supports 'items.length': row 1")
    assert "array" not in says(sent) + str(report)


@pytest.mark.parametrize(
    "source", ["{{#if l.name}}x{{/if}}", "{{#each l}}{{#if ../l.x}}y{{/if}}{{/each}}", "{{l.length}}"]
)
def test_offline_rendering_explains_in_words_of_sescli(store, sescli, send, data_file, source):
    store(source)
    sent = send({"l": [1]})
    assert sent.code == 0
    shown = sescli("template", "render", "t", "--offline", "--data-file", str(data_file), "-o", "json")
    assert shown.code == 2
    assert "sescli cannot render 'l." in shown.error["message"]


def test_bulk_refuses_a_row_that_send_refuses(store, send, validate):
    store("{{#each lines}}{{sku}}{{/each}}", subject="{{#if a}}{{a}}{{/if}}")
    for data in ({"lines": [{}]}, {}, {"lines": [], "a": "x\ny"}):
        sent, report = send(data), validate([{"to": "jo@example.com", "data": data}])
        assert sent.code != 0
        assert not report["ok"]
        assert report["problems"][0]["code"] == sent.error["code"]


# What SES does not document


@pytest.mark.parametrize(
    ("source", "data", "text"),
    [
        ("{{#items}}{{sku}};{{/items}}", {"items": [{"sku": "a"}, {"sku": "b"}]}, "a;b;"),
        ("{{#order}}{{id}}{{/order}}", {"order": {"id": 7}}, "7"),
        ("{{#vip}}{{name}}{{else}}no{{/vip}}", {"vip": True, "name": "Jo"}, "Jo"),
        ("{{#vip}}yes{{else}}no{{/vip}}", {"vip": False}, "no"),
        ("{{^vip}}no{{/vip}}", {"vip": False}, "no"),
        ("{{#a}}{{#b}}{{c}}{{/b}}{{/a}}", {"a": [{"b": {"c": 1}}, {"b": {"c": 2}}]}, "12"),
        ("{{#items as |one|}}{{one.sku}}{{/items}}", {"items": [{"sku": "a"}]}, "a"),
    ],
)
def test_section_is_a_warning_and_is_sent(store, send, validate, ses, sescli, source, data, text):
    made = store(source)
    assert "is not a documented block of SES" in says(made)
    sent = send(data)
    assert sent.code == 0
    assert "is not a documented block of SES" in says(sent)
    report = validate([{"to": "jo@example.com", "data": data}])
    assert report["ok"]
    assert ("warning", "UndocumentedSyntax") in found(report)
    assert (next(ses.messages()).text or "") == text


def test_section_without_its_variable_is_a_warning_with_rows(store, send, validate, ses):
    store("{{#items}}x{{/items}}")
    sent = send({})
    assert sent.code == 0
    assert "the data has no 'items', which {{#items}} may need" in says(sent)
    assert next(ses.messages()).reason == "Attribute 'items' is not present in the rendering data."
    report = validate([{"to": "jo@example.com"}, {"to": "al@example.com", "data": {"items": [1]}}])
    assert report["ok"]
    assert report["findings"][1]["message"] == "1 row has no 'items', which {{#items}} may need: row 1"


@pytest.mark.parametrize(
    "source",
    [
        "{{upper name}}",
        "{{#if (eq a b)}}x{{/if}}",
        "{{#eq a b}}x{{/eq}}",
        "{{{{up}}}}x{{{{/up}}}}",
        "{{#> nav}}x{{/nav}}",
        "{{> nav}}",
        "{{@foo}}",
        "{{true}}",
        "{{lookup a}}",
        "{{#if a b}}x{{/if}}",
        "{{!~ note ~}}",
        "{{#if a}}x{{else}}y{{else}}z{{/if}}",
        "{{a[0].b}}",
        '{{#*inline "p"}}{{/inline}}{{#*inline "p"}}{{/inline}}',
    ],
)
def test_syntax_that_ses_does_not_document_is_a_warning_everywhere(store, send, validate, sescli, source):
    data = {"a": "1", "name": "Jo"}
    assert "warning: text, line 1, column " in store(source).stderr
    sent = send(data)
    assert sent.code == 0
    assert "text, line 1, column " in says(sent)
    report = validate([{"to": "jo@example.com", "data": data}])
    assert report["ok"]
    assert found(report)[0] == ("warning", "UndocumentedSyntax")
    assert "text, line 1, column " in sescli("template", "show", "t").stderr
    assert sescli("template", "update", "t", "--subject", "new").code == 0


def test_stored_template_that_sescli_cannot_read_is_a_warning_in_bulk_too(store, send, validate, boto, batch):
    content = "content: {subject: s, text: '{{upper name}}'}\n"
    store("x")
    report = validate([{"to": "jo@example.com", "data": {"name": "Jo"}}], content)
    assert report["ok"]
    assert ("warning", "UndocumentedSyntax") in found(report)


# Values


@pytest.mark.parametrize("text", ["false", "0", "no", "FALSE", " No "])
def test_text_that_means_false_is_a_warning_with_rows(store, send, validate, sescli, text):
    store("{{#if vip}}a{{/if}}{{#unless news}}b{{/unless}}")
    sent = send({"vip": text, "news": "yes"})
    assert sent.code == 0
    assert (
        f"the data has a text such as {text!r} in 'vip', and each text that is not empty counts as true"
        in says(sent)
    )
    rows = f"email,vip,news\na@example.com,yes,\nb@example.com,{text},\nc@example.com,,{text}\nd@example.com,{text},\n"
    report = validate(rows, name="rows.csv")
    assert report["ok"]
    assert [one["code"] for one in report["findings"]] == ["FalseText", "FalseText"]
    assert report["findings"][0]["message"].endswith("as true in a condition: rows 2 and 4")
    assert report["findings"][1]["message"].startswith("1 row has a text such as")
    assert f"text such as {text!r}" in says(sescli("template", "render", "t", "--data", f"vip={text}"))
    assert not send({"vip": False, "news": ""}).stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.csv", "email,name,id\njo@example.com,Jo,7\n"),
        ("rows.jsonl", '{"email": "jo@example.com", "name": "Jo", "id": "7"}\n'),
        ("rows.yaml", "- {email: jo@example.com, name: Jo, id: '7'}\n"),
    ],
)
def test_address_column_is_a_variable_where_the_template_reads_it(store, sescli, batch, ses, name, text):
    store("{{email}} {{name}} {{#if id}}{{id}}{{/if}}")
    spec = batch(text, name=name, keys=", id: id")
    ran = sescli("bulk", "run", spec, "--yes")
    assert ran.code == 0, ran.stderr
    assert next(ses.messages()).text == "jo@example.com Jo 7"


def test_name_with_a_space_gets_an_error_about_the_space(store, send, validate):
    made = store("Hi {{First Name}}")
    assert "{{First Name}} has a space" in says(made)
    assert "{{FirstName}}" in says(made)
    sent = send({"First Name": "Jo"})
    assert (sent.code, sent.error["code"]) == (2, "NameWithSpace")
    assert (
        "the template has {{First Name}}, and the name of a variable cannot have a space"
        in sent.error["message"]
    )
    report = validate("email,First Name\njo@example.com,Jo\n", name="rows.csv")
    assert (report["ok"], report["problems"][0]["code"]) == (False, "NameWithSpace")
    assert "cannot have a space" in report["problems"][0]["reasons"][0]["reason"]
