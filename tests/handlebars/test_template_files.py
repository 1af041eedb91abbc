"""Template files in all their forms, and the content that they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from repository import ROOT

from sescli.errors import InputFileError
from sescli.groups.template.service.templates import encode_data, parse_rendered
from sescli.handlebars import files
from sescli.handlebars.content import TemplateContent
from sescli.handlebars.errors import MissingVariable, TemplateDataError, TemplateSyntaxError
from sescli.handlebars.files import TemplateFile
from sescli.mail.errors import InjectionError

EXAMPLES = ROOT / "examples" / "templates"
V1 = {"TemplateName": "T", "SubjectPart": "s", "TextPart": "t", "HtmlPart": "h"}
V2 = {"TemplateName": "T", "TemplateContent": {"Subject": "s", "Text": "t", "Html": "h"}}
OURS = {"name": "T", "subject": "s", "text": "t", "html": "h", "variables": ["x"]}
SAME = TemplateFile("T", TemplateContent("s", "t", "h"))


@pytest.mark.parametrize("given", [V1, {"Template": V1}, V2, OURS])
def test_every_spelling_in_json_and_yaml(given: dict[str, object]) -> None:
    import yaml

    assert files.parse_template(json.dumps(given).encode(), "t.json") == SAME
    assert files.parse_template(b"\xef\xbb\xbf" + json.dumps(given).encode(), "t.json") == SAME
    assert files.parse_template(yaml.safe_dump(given).encode(), "t.yaml") == SAME


def test_a_file_need_not_name_its_template_and_may_lack_a_part() -> None:
    assert files.parse_template(b"subject: s\ntext: t\n", "t.yaml") == TemplateFile(
        None, TemplateContent("s", "t")
    )


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (b'{"a": 1,\n "b": }', "t:2:7", "is not valid JSON"),
        (b"subject: s\ntext: [", "t:3:1", "is not valid YAML"),
        (b"subject: &a s\ntext: *a\n", "t:1:10", "aliases"),
        (b"subject: \xfc\n", "t:1", "is not UTF-8"),
        (b"- a\n", "t", "is not a template"),
        (b'{"SubjectPart": "s", "HtmlBody": "x"}', "t", "unknown key 'HtmlBody'"),
        (b'{"SubjectPart": "s", "Subject": "x"}', "t", "a second time"),
        (b'{"SubjectPart": 1}', "t", "must be text"),
        (b'{"TextPart": "t"}', "t", "SubjectPart is missing"),
        (b"", "t", "is empty"),
        (b"[" * 100_000, "t", "too deep"),
        (b'{"a":' * 100_000, "t", "too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "t", "number of thousands of digits"),
        (b"a: " * 100_000, "t:1:5", "is not valid YAML"),
        (b" " * 3_000_000, "t", "too large"),
    ],
)
def test_what_is_not_a_template_is_refused_with_its_place(data: bytes, place: str, says: str) -> None:
    with pytest.raises(InputFileError, match=says) as caught:
        files.parse_template(data, "t")
    assert str(caught.value.place) == place


def test_a_folder() -> None:
    read = files.read_folder(EXAMPLES / "welcome")
    assert read.name == "welcome"
    assert read.content.subject == "Welcome to {{shop}}, {{name}}"
    assert read.content.variables == ("shop", "name", "coupon", "links[].title", "links[].url")


def test_a_folder_without_a_subject(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("t")
    with pytest.raises(InputFileError, match=r"subject\.txt"):
        files.read_folder(tmp_path)


def test_the_examples_render_with_their_data() -> None:
    read = files.read_folder(EXAMPLES / "welcome")
    data = files.parse_data((EXAMPLES / "welcome" / "data.json").read_bytes(), "data.json")
    rendered = read.content.render(data)
    assert rendered.subject == "Welcome to Example Shop, Jane"
    assert "- Help: https://example.com/help\n" in str(rendered.text)
    assert str(rendered.html).count("<a href=") == 2
    reset = files.parse_template((EXAMPLES / "password-reset.yaml").read_bytes(), "p.yaml")
    assert (reset.name, reset.content.variables) == ("PasswordReset", ("shop", "name", "link"))


def test_data_must_be_an_object() -> None:
    assert files.parse_data(b"a: 1\n", "d") == {"a": 1}
    for data, problem in ((b"[1]", "object"), (b"- 1", "object"), (b'"x"', "object"), (b"", "is empty")):
        with pytest.raises(InputFileError, match=problem):
            files.parse_data(data, "d")


def test_a_syntax_error_names_its_part() -> None:
    with pytest.raises(TemplateSyntaxError, match=r"^html, line 2, column 1: \{\{#if\}\} is not closed"):
        TemplateContent("s", "t", "\n{{#if a}}").check()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TemplateContent("", "t"), "no subject"),
        (TemplateContent("s"), "neither"),
        (TemplateContent("s", "x" * 500 * 1024), "500 KB"),
    ],
)
def test_what_ses_would_not_store(content: TemplateContent, says: str) -> None:
    with pytest.raises(TemplateDataError, match=says):
        content.check()


def test_all_missing_variables_of_all_parts() -> None:
    content = TemplateContent("{{a}}{{b}}", "{{c}}", "{{a}}{{d}}")
    assert content.missing({"b": 1}) == ["a", "c", "d"]
    with pytest.raises(MissingVariable):
        content.render({"b": 1})


def test_data_cannot_bring_a_line_break_into_the_subject() -> None:
    content = TemplateContent("Hi {{name}}", "{{name}}")
    for name in ("a\r\nBcc: x@y.example", "=?utf-8?q?a=0Ab?="):
        with pytest.raises(InjectionError):
            content.render({"name": name})


def test_data_as_json() -> None:
    assert encode_data({"a": "ü", "b": [1]}) == '{"a": "ü", "b": [1]}'
    for data in ({"a": float("nan")}, {"a": {1, 2}}, {"a": "x" * 262_144}):
        with pytest.raises(TemplateDataError):
            encode_data(data)


def test_a_rendered_mime_message_is_taken_apart() -> None:
    message = (
        "Date: Mon, 01 Jan 2026 00:00:00 +0000\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=UTF-8\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nDear =C3=BC,\r\n\r\nbye\r\n--b\r\n"
        "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+w7w8L3A+\r\n--b--\r\n"
    )
    rendered = parse_rendered(message)
    assert (rendered.subject, rendered.text, rendered.html) == ("Grüße", "Dear ü,\n\nbye", "<p>ü</p>")


@pytest.mark.parametrize(
    ("data", "file"),
    [
        (
            b"order: 0012\ntotal: 99.90\ntime: 12:30\nwhen: 2026-11-01\ncount: 3\nshare: 0.5\nok: true\n",
            "d.yaml",
        ),
        (
            (
                b'{"order": "0012", "total": 99.90, "time": "12:30", "when": "2026-11-01", "count": 3, "share": 0.5,\n'
                b'"ok": true}'
            ),
            "d.json",
        ),
    ],
    ids=["yaml", "json"],
)
def test_template_data_stays_as_written(data, file):
    assert files.parse_data(data, file) == {
        "order": "0012",
        "total": "99.90",
        "time": "12:30",
        "when": "2026-11-01",
        "count": 3,
        "share": 0.5,
        "ok": True,
    }


def test_template_data_with_one_key_twice_is_refused():
    with pytest.raises(InputFileError, match=r"d\.yaml:2:1 \(a\): the key is given twice"):
        files.parse_data(b"a: 1\na: 2\n", "d.yaml")


@pytest.mark.parametrize("text", ["NaN", "Infinity"])
def test_template_data_without_json_numbers_is_refused(text):
    with pytest.raises(InputFileError, match=f"{text} is not JSON"):
        files.parse_data(f'{{"a": {text}}}'.encode(), "d.json")
