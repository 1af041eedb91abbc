"""Headers, tags, attachments, unsubscribe headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sescli.errors import InputFileError
from sescli.mail.attachments import FORBIDDEN_EXTENSIONS, Attachment, parse_attachment
from sescli.mail.errors import InjectionError, MailError
from sescli.mail.headers import FORBIDDEN, check_header, header_params, parse_header
from sescli.mail.tags import parse_tag, tag_params
from sescli.mail.unsubscribe import unsubscribe_headers

if TYPE_CHECKING:
    from pathlib import Path


def test_headers_are_parsed_and_passed_on() -> None:
    assert parse_header("X-Campaign: spring: sale ") == ("X-Campaign", "spring: sale")
    assert header_params([("X-A", "1"), ("X-B", "2")]) == [
        {"Name": "X-A", "Value": "1"},
        {"Name": "X-B", "Value": "2"},
    ]


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_headers_of_ses_itself_are_refused_with_the_option_to_use(name: str) -> None:
    for spelt in (name, name.upper(), name.title()):
        with pytest.raises(MailError) as caught:
            check_header(spelt, "x")
        assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("X Y", "1", "not a valid header name"),
        ("X:Y", "1", "not a valid header name"),
        ("", "1", "not a valid header name"),
        ("X" * 127, "1", "not a valid header name"),
        ("Xé", "1", "not a valid header name"),
        ("X-A", "", "empty"),
        ("X-A", "é", "not printable ASCII"),
        ("X-A", "v" * 996, "996"),
        ("X" * 100, "v" * 897, "996"),
    ],
)
def test_headers_beyond_what_ses_takes(name: str, value: str, says: str) -> None:
    with pytest.raises(MailError, match=says):
        check_header(name, value)


def test_the_longest_header_that_ses_takes() -> None:
    assert check_header("X", "v" * 995)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A\r\nBcc", "x"),
        ("X-A", "1\r\nBcc: x@y.de"),
        ("X-A", "1\nBcc: x@y.de"),
        ("X-A", "1\x00"),
        ("X-A", "1\tx"),
        ("X-A", "=?utf-8?q?a=0D=0ABcc:_x@y.de?="),
        ("X-A", "=?us-ascii?Q?a=0abcc?="),
        ("X-A", "=?utf-8?b?YQ0KQmNjOiB4?="),
    ],
)
def test_headers_cannot_smuggle_another(name: str, value: str) -> None:
    with pytest.raises(InjectionError):
        check_header(name, value)


def test_no_sixteenth_header_and_none_twice() -> None:
    assert header_params([(f"X-{i}", "1") for i in range(15)])
    with pytest.raises(MailError, match="16 headers"):
        header_params([(f"X-{i}", "1") for i in range(16)])
    with pytest.raises(MailError, match="twice"):
        header_params([("X-A", "1"), ("x-a", "2")])


def test_a_header_without_a_colon() -> None:
    with pytest.raises(MailError, match="no ':'"):
        parse_header("X-Campaign")


def test_tags() -> None:
    assert tag_params([parse_tag("campaign=spring_2026-11")]) == [
        {"Name": "campaign", "Value": "spring_2026-11"}
    ]


@pytest.mark.parametrize(
    "text", ["a", "a=", "=b", "a=b c", "a=ü", "ses:x=1", "a=1=2", "a=" + "x" * 257, "a=1\n"]
)
def test_tags_that_ses_refuses(text: str) -> None:
    with pytest.raises(MailError):
        parse_tag(text)


def test_no_51st_tag_and_none_twice() -> None:
    with pytest.raises(MailError, match="51 tags"):
        tag_params([(f"t{i}", "1") for i in range(51)])
    with pytest.raises(MailError, match="twice"):
        tag_params([("a", "1"), ("a", "2")])


def test_an_attachment_is_read_and_never_encoded(tmp_path: Path) -> None:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(b"%PDF\x00\xff")
    attachment = parse_attachment(str(path))
    assert attachment == Attachment("invoice.pdf", b"%PDF\x00\xff", "application/pdf")
    assert attachment.params() == {
        "FileName": "invoice.pdf",
        "RawContent": b"%PDF\x00\xff",
        "ContentType": "application/pdf",
        "ContentTransferEncoding": "BASE64",
        "ContentDisposition": "ATTACHMENT",
    }


def test_the_options_of_an_attachment_and_a_semicolon_in_its_path(tmp_path: Path) -> None:
    path = tmp_path / "a;name=b.bin"
    path.write_bytes(b"x")
    text = str(path).replace(";", ";;") + ";name=Bericht;;1.txt;type=text/plain;;charset=utf-8;cid=logo@x"
    attachment = parse_attachment(text)
    assert attachment == Attachment("Bericht;1.txt", b"x", "text/plain;charset=utf-8", "logo@x")
    assert attachment.params()["ContentDisposition"] == "INLINE"
    assert attachment.params()["ContentId"] == "logo@x"


@pytest.mark.parametrize("extension", sorted(FORBIDDEN_EXTENSIONS))
def test_types_that_ses_does_not_deliver(tmp_path: Path, extension: str) -> None:
    for name in (f"x.{extension}", f"x.{extension.upper()}", f"x.pdf.{extension}", f"x.{extension}."):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(MailError) as caught:
            parse_attachment(str(tmp_path / name))
        assert caught.value.code == "ForbiddenAttachment"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (";name=a.exe", "does not deliver"),
        (";name=a/b.txt", "not a valid name"),
        (";name=", "not a valid name"),
        (";name=noextension", "no file extension"),
        (";name=" + "x" * 252 + ".txt", "not a valid name"),
        (";type=text", "content type"),
        (";type=text/plain; x\r\nBcc: y", "is not one of"),
        (";cid==?utf-8?q?a=0Ab?=", "hidden"),
        (";type=text/plain;;a==?utf-8?q?a=0Ab?=", "hidden"),
        (";cid=<a>", "content ID"),
        (";cid=", "content ID"),
        (";cid=" + "x" * 79, "content ID"),
        (";nme=a.txt", "is not one of"),
        (";name=a.txt;name=b.txt", "is not one of"),
        (";b.txt", "is not one of"),
    ],
)
def test_attachments_that_are_refused(tmp_path: Path, options: str, says: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    with pytest.raises(MailError, match=says):
        parse_attachment(str(path) + options)


def test_an_attachments_name_cannot_smuggle_a_header(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    for name in ("a\r\nBcc: x.txt", "=?utf-8?q?a=0Ab?=.txt"):
        with pytest.raises(InjectionError):
            parse_attachment(f"{path};name={name}")


def test_attachments_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        parse_attachment(str(tmp_path / "none.txt"))
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(InputFileError, match="directory"):
        parse_attachment(str(tmp_path / "folder.txt"))


def test_a_file_that_cannot_fit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.zip"
    with path.open("wb") as file:
        file.truncate(31 * 1024 * 1024)
    with pytest.raises(MailError, match="40 MB"):
        parse_attachment(str(path))


def test_unsubscribe_headers() -> None:
    assert unsubscribe_headers("https://x.example/u?id=1", "unsub@x.example") == [
        ("List-Unsubscribe", "<https://x.example/u?id=1>, <mailto:unsub@x.example>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]
    assert unsubscribe_headers(mailto="mailto:u@x.example?subject=stop") == [
        ("List-Unsubscribe", "<mailto:u@x.example?subject=stop>")
    ]
    assert unsubscribe_headers("http://x.example/u", one_click=False) == [
        ("List-Unsubscribe", "<http://x.example/u>")
    ]
    assert unsubscribe_headers() == []
    assert all(check_header(*pair) for pair in unsubscribe_headers("https://x.example/u", "u@x.example"))


@pytest.mark.parametrize(
    ("url", "mailto"),
    [
        ("http://x.example/u", None),
        ("ftp://x.example/u", None),
        ("https:///u", None),
        ("x.example/u", None),
        ("https://x.example/u>, <https://evil.example", None),
        ("https://x.example/ü", None),
        ("https://x.example/a b", None),
        ("https://x.example/u\r\nBcc: x", None),
        ("https://[x/u", None),
        (None, "nobody"),
        (None, "u@x.example>\r\nBcc: x"),
        (None, "mailto:u@x.example?subject=a b"),
    ],
)
def test_unsubscribe_targets_that_are_refused(url: str | None, mailto: str | None) -> None:
    with pytest.raises(MailError):
        unsubscribe_headers(url, mailto)
