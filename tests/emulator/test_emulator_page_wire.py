"""The HTTP side of the inbox page, without a browser: headers, list, documents, and allowed origins."""

from __future__ import annotations

import http.client
import json
import re
from importlib.resources import files
from urllib.parse import quote, urlsplit

import pytest
from emulator_access import AUTHORIZED
from sample_messages import picture, send, send_many

from sescli.emulator import html_preview
from sescli.emulator.ses.sending.message import MessageAttachment

PAGE = "/_sescli/inbox"


@pytest.fixture
def ask(endpoint, inbox):
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)

    def call(path, method="GET", **headers):
        connection.request(method, path, headers=AUTHORIZED | headers)
        response = connection.getresponse()
        return response, response.read()

    yield call
    connection.close()


@pytest.fixture
def list_messages(ask):
    def call(**query):
        words = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        response, answer = ask(f"{PAGE}/list?{words}")
        assert response.status == 200, answer
        return json.loads(answer)

    return call


def subjects(found):
    return [mail["subject"] for mail in found["mails"]]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/page.css",
        "/inbox.js",
        "/access.js",
        "/list_items.js",
        "/mail.js",
        "/state.js",
        "/elements.js",
        "/icon.svg",
    ],
)
def test_page_serves_its_files_with_security_headers(ask, name):
    response, answer = ask(PAGE + name)
    assert response.status == 200
    assert len(answer) > 100
    policy = response.headers["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "script-src 'self';",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/page.html/..",
        "/../admin.py",
        "/%2e%2e/admin.py",
        "/nothing.js",
        "/mails/999",
        "/mails/1/html",
        "/mails",
    ],
)
def test_page_rejects_unknown_path(ask, path):
    response, answer = ask(PAGE + path)
    assert response.status == 404
    assert json.loads(answer)["message"]


def test_page_refers_to_no_other_host():
    for each in (files("sescli.emulator") / "page").iterdir():
        addresses = set(re.findall(r"https?://[^\"'\s)\\]+", each.read_text("utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg"}, each.name


@pytest.mark.parametrize("path", ["/_sescli/reset", "/_sescli/control", "/_sescli/stop"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:3000",
        "http://127.0.0.1:1",
        "https://{host}",
        "http://[",
        "{host}",
    ],
)
def test_control_rejects_foreign_origin(ask, shop, endpoint, path, origin):
    message_id = send(shop)
    origin = origin.replace("{host}", urlsplit(endpoint).netloc)
    response, _ = ask(path, "POST", Origin=origin)
    assert response.status == 403
    response, _ = ask(f"/_sescli/mails/{message_id}")
    assert response.status == 200


def test_page_accepts_own_origin(ask, endpoint):
    assert ask(f"{PAGE}/list", Origin=endpoint)[0].status == 200
    assert ask(f"{PAGE}/list", Origin="http://localhost:3000")[0].status == 403
    assert ask(PAGE, Host="evil.example")[0].status == 403


@pytest.mark.parametrize("query", ["before=x", "after=x", "limit=x", "before=", "limit=1e9"])
def test_list_rejects_invalid_number(ask, query):
    assert ask(f"{PAGE}/list?{query}")[0].status in {200, 400}


def test_list_continues_where_it_ended(shop, list_messages):
    send_many(shop, 120)
    first = list_messages()
    assert subjects(first) == [f"Mail {n}" for n in range(119, 69, -1)]
    second = list_messages(before=first["next"])
    third = list_messages(before=second["next"])
    assert subjects(second) + subjects(third) == [f"Mail {n}" for n in range(69, -1, -1)]
    assert third["next"] is None
    assert first["newest"] - first["oldest"] == 119
    newer = list_messages(after=first["mails"][3]["id"], limit=200)
    assert subjects(newer) == ["Mail 119", "Mail 118", "Mail 117"]
    assert list_messages(after=first["newest"]) | {"newest": 0, "oldest": 0, "instance": ""} == {
        "mails": [], "next": None, "newest": 0, "oldest": 0, "instance": "",
    }  # fmt: skip


def test_search_reaches_oldest_message(shop, list_messages):
    send(shop, "Needle", text='50% off_1 \\ "quoted" {brace} wow!x')
    send_many(shop, 1500)
    for words in (
        "needle",
        "50% off_1",
        "\\",
        '"quoted"',
        "{brace}",
        "wow!x",
        "jane@example.net needle",
        "SHOP@EXAMPLE.COM NEEDLE",
    ):
        mails, before = [], None
        while True:
            found = list_messages(q=words, **({"before": before} if before else {}))
            mails += subjects(found)
            before = found["next"]
            if before is None:
                break
        assert mails == ["Needle"], words
    for n in (499, 500):  # on both sides of a block boundary of the search
        assert f"Mail {n}" in subjects(list_messages(q=f"{n}@example.net"))
    assert list_messages(q="off%1")["mails"] == list_messages(q="off-1")["mails"] == [], "no wildcards"
    newest = list_messages()["mails"][0]
    assert [mail["id"] for mail in list_messages(q=newest["message_id"], limit=1)["mails"]] == [newest["id"]]


def test_list_summary_is_short(shop, list_messages):
    send(shop, "Long", to=[f"{n}@example.net" for n in range(50)], text="word " * 5000)
    (mail,) = list_messages()["mails"]
    assert (len(mail["to"]), mail["recipients"]) == (3, 50)
    assert len(mail["snippet"]) <= 160
    assert "text" not in mail


def test_html_document_has_security_headers(ask, shop):
    message_id = send(shop, html="<p>Grüße</p>")
    response, answer = ask(f"{PAGE}/mails/{message_id}/html")
    assert "<p>Grüße</p>" in answer.decode()
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "img-src data:", "frame-ancestors 'self'"} <= set(policy)
    assert response.headers["X-DNS-Prefetch-Control"] == "off"
    assert ask(f"{PAGE}/mails/{send(shop)}/html")[0].status == 404, "a message without HTML"


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a b.txt", "a%20b.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\y.svg", "y.svg"),
        ('q".html', "q%22.html"),
        ("Ü;x=1", "%C3%9C%3Bx%3D1"),
    ],
)
def test_attachment_is_always_a_download(ask, shop, name, saved):
    message_id = send(shop, attachments=[{"FileName": name, "RawContent": b"<svg onload='alert(1)'/>"}])
    response, answer = ask(f"/_sescli/mails/{message_id}/attachments/1")
    assert answer == b"<svg onload='alert(1)'/>"
    assert response.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{saved}"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    response, _ = ask(f"/_sescli/mails/{message_id}/raw")
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_inspect_html_lists_links_remote_content_and_scripts():
    html = """<a href=" https://a.example/1 ">One <b>two</b></a><a href="mailto:x@y">m</a>
    <img src="http://b.example/i"><img src="//c.example/j" srcset="https://d.example/k 2x, cid:l 1x"><img src="cid:known">
    <div style="background: url('https://e.example/m')" onclick="x()"></div><style>@import "https://f.example/n";</style>
    <link rel="stylesheet" href="https://g.example/o"><script>1</script><img src="relative"><img src="data:image/png;base64,AA">"""
    found = html_preview.inspect_html(html, ["known"])
    assert found.links == [
        {"url": "https://a.example/1", "text": "One two"},
        {"url": "mailto:x@y", "text": "m"},
    ]
    hosts = [re.search(r"//(\w)\.", each).group(1) for each in found.remote]
    assert sorted(hosts) == ["b", "c", "d", "e", "f", "g"]
    assert set(found.active) == {"script", "onclick"}
    assert found.missing == ["l"]


@pytest.mark.parametrize(
    "html",
    ["<![<![", "<", "<a", "<!--", "<a href=", "\x00<a\x00>", "<!doctype", "</", "&#x110000;", "\ud800"],
)
def test_inspect_html_accepts_malformed_html(html):
    html_preview.inspect_html(html * 50, [])
    html_preview.build_frame(html * 50, []).encode("utf-8", "replace")


def test_build_frame_inlines_images_up_to_limit():
    logo = MessageAttachment("logo.png", "image/png", picture(2, 2), "INLINE", "<logo>")
    assert 'src="data:image/png;base64,' in html_preview.build_frame('<img src="cid:logo">', [logo])
    evil = MessageAttachment("x", 'a/b"><script>', b"x", "INLINE", "x")
    assert "script" not in html_preview.build_frame('<img src="cid:x">', [evil])
    large = MessageAttachment("l", "image/png", bytes(5_000_000), "INLINE", "l")
    assert len(html_preview.build_frame('<img src="cid:l">' * 1000, [large])) < 40_000_000


def test_build_frame_keeps_doctype_first():
    assert html_preview.build_frame("<!DOCTYPE html><p>", []).startswith("<!DOCTYPE html><base")
    assert html_preview.build_frame("<p>", []).startswith("<base"), (
        "a message without a doctype stays in quirks mode"
    )


def _luminance(colour):
    digits = colour.lstrip("#")
    full = digits if len(digits) == 6 else "".join(2 * each for each in digits)
    parts = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_page_colors_have_enough_contrast(scheme):
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    style = (files("sescli.emulator") / "page" / "page.css").read_text("utf-8")
    colours = dict(
        re.findall(r"--([a-z-]+): (#[0-9a-f]+)", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme])
    )
    for ground in ("ground", "sheet", "raised", "accent-wash"):
        for words in ("ink", "quiet", "accent", "good", "warn", "bad", "odd", "dull"):
            dark, light = sorted([_luminance(colours[ground]), _luminance(colours[words])])
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (words, ground)
