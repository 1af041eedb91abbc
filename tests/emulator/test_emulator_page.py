"""The inbox page in a browser: what it shows, how to use it, and that no message escapes its frame."""

from __future__ import annotations

import json
import time
import urllib.request

import browser
import canary
import pytest
from browser import Page
from emulator_access import AUTHORIZED
from sample_messages import picture, send, send_many

from sescli.emulator import process

ESCAPE, ENTER = "\ue00c", "\ue007"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    driver = browser.start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium, endpoint, inbox):
    page = Page(chromium, endpoint)
    page.size(1280, 800)
    page.prefers("light")
    page.open()
    page.run("localStorage.clear()")
    chromium.get_log("browser")
    yield page
    refused = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert refused == [], "the page itself breaks none of its policy, and throws nothing"


def test_page_shows_how_to_send_first_message(page, shop, endpoint):
    page.open()
    page.until(lambda: "No messages yet" in page.text("#note"))
    words = page.text("#note")
    assert "sescli --local send email" in words
    assert f"AWS_ENDPOINT_URL={endpoint}" in words
    send(shop, "The first")
    page.until(lambda: page.subjects() == ["The first"])


def test_page_lists_newest_first_with_status_and_read_marks(page, shop):
    send(shop, "Plain")
    send(shop, "Lost", to=["bounce@simulator.amazonses.com"])
    page.open(rows=2)
    assert page.subjects() == ["Lost", "Plain"]
    assert [each.text for each in page.all("#list .badge")] == ["bounced", "delivered"]
    assert page.text("#unread") == "2 unread"
    page.all("#list a")[0].click()
    page.until(lambda: page.text("#mail h2") == "Lost")
    page.until(lambda: page.text("#unread") == "1 unread")
    page.open(rows=2)
    assert page.text("#unread") == "1 unread"
    page.one("#all-read").click()
    page.until(lambda: not page.all(".unread"))


def test_page_shows_new_message_without_reload(page, shop):
    send(shop, "Before")
    page.open(rows=1)
    page.run("window.sameDocument = true")
    sent = time.monotonic()
    send(shop, "After")
    page.until(lambda: page.subjects() == ["After", "Before"], seconds=3)
    assert time.monotonic() - sent < 3
    assert page.run("return window.sameDocument") is True
    assert page.run("return document.getElementById('spoken').textContent") == "1 new message"


def test_page_is_empty_after_reset(page, shop, inbox):
    send(shop)
    page.open(rows=1)
    inbox.reset()
    page.until(lambda: "No messages yet" in page.text("#note"))


def test_page_supports_keyboard(page, shop):
    for subject in ("One", "Two", "Three"):
        send(shop, subject, text="x", html="<p>x</p>")
    page.open(rows=3)
    page.press("j")
    page.press("j")
    assert "Two" in page.driver.switch_to.active_element.text
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press(ENTER)
    page.until(lambda: page.text("#mail h2") == "Two")
    page.press("j")
    page.until(lambda: page.text("#mail h2") == "One")
    page.press("k")
    page.until(lambda: page.text("#mail h2") == "Two")
    page.press("2")
    assert page.text("[role=tab][aria-selected=true]") == "Text"
    page.press(ESCAPE)
    page.until(lambda: "Select a message" in page.text("#mail"))
    assert "Two" in page.driver.switch_to.active_element.text, "back in the list where one was"
    page.press("/")
    page.press(*"three")
    page.until(lambda: page.subjects() == ["Three"])
    page.press(ESCAPE)
    page.until(lambda: len(page.subjects()) == 3)
    page.press("?")
    assert "next or previous message" in page.text("#help")
    page.press(ESCAPE)
    page.until(lambda: not page.all("#help[open]"))


def test_page_tabs_support_arrow_keys_and_aria_selected(page, shop):
    send(shop, text="x", html="<p>x</p>")
    page.open(rows=1)
    page.all("#list a")[0].click()
    page.one("#tab-html").click()
    page.press("\ue014")
    assert page.text("[role=tab][aria-selected=true]") == "Text"
    assert page.run("return document.activeElement.id") == "tab-text"
    assert page.one("[role=tabpanel]").get_attribute("aria-labelledby") == "tab-text"


def test_page_controls_have_accessible_names(page, shop):
    send(shop, html="<p>x</p>", attachments=[{"FileName": "a.txt", "RawContent": b"x"}])
    page.open(rows=1)
    page.all("#list a")[0].click()
    page.one("#tab-attachments").click()
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {node["role"]["value"] for node in nodes if "role" in node}
    assert {"banner", "main", "search", "region", "article", "tablist", "list"} <= roles
    controls = [
        node
        for node in nodes
        if node.get("role", {}).get("value") in {"button", "link", "tab", "searchbox", "combobox"}
    ]
    assert len(controls) > 8
    assert [node for node in controls if not node.get("name", {}).get("value", "").strip()] == []


def test_page_search_filters_messages(page, shop):
    send(shop, "First", text="A needle in the text")
    send(
        shop, "Second", to=["Pierre Dupont <pierre@example.net>"], text="100% of", tags={"campaign": "spring"}
    )
    send(shop, "Third", text="Viele GRÜßE!")
    page.open(rows=3)
    for query, found in (
        ("pierre@", ["Second"]),
        ("SHOP@example.com", ["Third", "Second", "First"]),
        ("grüße", ["Third"]),
        ("100%", ["Second"]),
        ("needle first", ["First"]),
        ("campaign=spring", ["Second"]),
        ("config_set", []),
    ):
        page.run("arguments[0].value = ''", page.one("#search"))
        page.one("#search").send_keys(query)
        page.until(lambda found=found: page.subjects() == found)
    assert "config_set" in page.text("#note")


def test_page_status_filters_messages(page, shop):
    send(shop, "Good")
    send(shop, "Bad", to=["bounce@simulator.amazonses.com"])
    page.open(rows=2)
    page.one("#status option[value=bounced]").click()
    page.until(lambda: page.subjects() == ["Bad"])
    send(shop, "Good again")
    send(shop, "Bad again", to=["bounce@simulator.amazonses.com"])
    page.until(lambda: page.subjects() == ["Bad again", "Bad"])


def test_page_loads_older_messages_on_scroll(page, shop):
    send_many(shop, 180)
    page.open()
    page.until(lambda: page.subjects()[:1] == ["Mail 179"])
    assert len(page.subjects()) <= 100
    for _ in range(4):
        page.run("document.querySelector('.mails').scrollTo(0, 1e6)")
        time.sleep(0.15)
    page.until(lambda: page.subjects()[-1] == "Mail 0")
    assert page.subjects() == [f"Mail {n}" for n in range(179, -1, -1)]
    assert not page.one("#list").find_elements("xpath", "../button[not(@hidden)]")


def test_page_shows_all_parts_of_message(page, shop):
    shop.create_configuration_set(ConfigurationSetName="orders")
    shop.send_email(
        FromEmailAddress="Shop <shop@example.com>",
        Destination={
            "ToAddresses": ["success@simulator.amazonses.com", "bounce@simulator.amazonses.com"],
            "CcAddresses": ["c@example.com"],
        },
        Content={
            "Simple": {
                "Subject": {"Data": "Order"},
                "Body": {
                    "Text": {"Data": "The text"},
                    "Html": {
                        "Data": '<a href="https://shop.example.com/1">Track</a> <a href="javascript:x">no</a>'
                    },
                },
                "Headers": [{"Name": "X-Shop", "Value": "7"}],
            }
        },
        EmailTags=[{"Name": "campaign", "Value": "spring"}],
        ConfigurationSetName="orders",
    )
    page.open(rows=1)
    page.all("#list a")[0].click()
    facts = page.text(".facts")
    for words in ("Shop <shop@example.com>", "c@example.com", "orders", "campaign=spring", "us-east-1"):
        assert words in facts
    page.one("#tab-text").click()
    assert page.text("#panel") == "The text"
    page.one("#tab-headers").click()
    assert "X-Shop 7" in page.text("#panel")
    page.one("#tab-source").click()
    page.until(lambda: "MIME-Version: 1.0" in page.text("#panel pre"))
    page.one("#tab-links").click()
    assert [each.get_attribute("href") for each in page.all("#panel a")] == ["https://shop.example.com/1"]
    assert page.one("#panel a").get_attribute("rel") == "noopener noreferrer"
    page.one("#tab-delivery").click()
    page.until(lambda: "Bounce" in page.text("#panel .events"))
    rows = [each.text for each in page.all("#panel tbody tr")]
    assert "550 5.1.1" in next(row for row in rows if row.startswith("bounce@"))
    page.one("#panel [data-event=Bounce] summary").click()
    assert '"bounceType": "Permanent"' in page.text("#panel [data-event=Bounce] pre")


def test_page_shows_inline_image_and_names_missing_one(page, shop):
    html = '<img id="known" src="cid:logo@shop"><img src="cid:forgotten">'
    logo = {
        "FileName": "logo.png",
        "RawContent": picture(37, 11),
        "ContentType": "image/png",
        "ContentDisposition": "INLINE",
        "ContentId": "logo@shop",
    }
    send(shop, html=html, attachments=[logo])
    raw = b"From: shop@example.com\r\nTo: j@example.net\r\nSubject: Raw\r\nMIME-Version: 1.0\r\n"
    raw += b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
    raw += b'<img id="known" src="cid:logo@shop">\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <logo@shop>\r\n'
    raw += b"Content-Transfer-Encoding: base64\r\n\r\n" + _base64(picture(37, 11)) + b"\r\n--b--\r\n"
    shop.send_email(Content={"Raw": {"Data": raw}})
    page.open(rows=2)
    for number, notes in ((1, "1 image missing from the attachments"), (0, "")):
        page.all("#list a")[number].click()
        page.until(lambda number=number: page.text("#mail h2") == ("Raw", "Hello")[number])
        assert page.run("return document.querySelector('.notes').innerText") == notes
        with _Inside(page):
            known = page.one("#known")
            page.until(lambda known=known: known.get_property("naturalWidth") == 37)


def test_page_html_preview_runs_and_loads_nothing(page, shop):
    with canary.running() as bird:
        send(shop, "Prize", html=canary.hostile_html(bird.url))
        page.open(rows=1)
        page.all("#list a")[0].click()
        assert "Remote content blocked" in page.text(".notes")
        assert page.one("iframe.frame").get_attribute("sandbox") == "", "beside the document's own policy"
        with _Inside(page):
            assert page.text("#words") == "Win a prize"
            for name in ("submit", "link", "top", "js", "self"):
                page.one(f"#{name}").click()
        time.sleep(1.6)  # the refresh would happen after a second
        page.driver.get_log("browser")  # the browser logs the refusals
        assert (bird.paths, bird.connections) == ([], 0)
        assert page.driver.title == "Prize - Inbox"
        assert page.driver.current_url.startswith(page.endpoint)
        assert len(page.driver.window_handles) == 1
        _check_control(page, bird)


def _check_control(page, bird):
    """The same HTML outside of the frame reaches the canary server in each of these ways, so the canary works."""
    page.driver.get(f"{bird.url}/control")
    page.until(lambda: canary.ways(bird.url) <= set(bird.paths))
    page.driver.get("about:blank")
    page.driver.get_log("browser")


def test_page_html_document_is_safe_in_own_tab(page, shop, endpoint):
    with canary.running() as bird:
        message_id = send(shop, html=canary.hostile_html(bird.url))
        frame = f"{endpoint}/_sescli/v1/inbox/mails/{message_id}/frame"
        with urllib.request.urlopen(urllib.request.Request(frame, headers=AUTHORIZED), timeout=10) as answer:
            page.driver.get(endpoint + json.load(answer)["url"])
        assert page.text("#words") == "Win a prize"
        time.sleep(1.3)
        page.driver.get_log("browser")
        assert (bird.paths, bird.connections) == ([], 0)


def test_page_shows_message_content_as_text(page, shop):
    evil = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'
    send(
        shop,
        f"{evil}\u202egnp.exe",
        to=[f'"{evil.replace(chr(34), "")}" <jane@example.net>'],
        sender=f'"{evil.replace(chr(34), "")}" <shop@example.com>',
        text=evil,
        html=f'<a href="javascript:window.owned=1">{evil}</a>',
        attachments=[
            {"FileName": f"{evil}.svg".replace("/", ""), "RawContent": b"<svg onload='window.owned=1'/>"}
        ],
    )
    page.open(rows=1)
    assert "\u202e" not in page.text("#list"), "nothing turns the direction of writing"
    page.all("#list a")[0].click()
    page.one("#mail h2")
    for tab in page.all("[role=tab]"):
        tab.click()
        assert evil[:20] in page.driver.page_source.replace("&lt;", "<").replace("&gt;", ">").replace(
            "&quot;", '"'
        )
        assert page.all("#list img, #mail img, #mail script, #list script") == []
    page.one("#search").send_keys(evil)
    time.sleep(0.5)
    assert page.all("#note img, #note script") == []
    assert page.run("return window.owned === undefined")


def test_page_saves_attachment_unchanged_under_safe_name(page, shop, tmp_path):
    content = bytes(range(256)) * 40
    send(
        shop,
        attachments=[
            {"FileName": '../../Übersicht "1".svg', "RawContent": content},
            {"FileName": "b.txt", "RawContent": b"b"},
        ],
    )
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    page.open(rows=1)
    page.all("#list a")[0].click()
    page.one("#tab-attachments").click()
    page.all(".files button")[0].click()
    saved = page.until(lambda: [each for each in tmp_path.iterdir() if each.suffix == ".svg"])[0]
    assert saved.read_bytes() == content
    assert "bersicht" in saved.name
    assert page.driver.current_url.startswith(f"{page.endpoint}/_sescli/inbox#")


def test_page_fits_width_of_phone(page, shop):
    long = "w" * 300
    send(
        shop,
        f"Subject {long}",
        to=[f"{'x' * 60}@example.net"],
        text=f"Text {long}",
        html=f'<a href="https://example.com/{long}">{long}</a>',
        attachments=[{"FileName": f"{'n' * 120}.txt", "RawContent": b"x"}],
        tags={"t" * 60: "v" * 60},
    )
    page.size(390, 844, mobile=True)
    page.open(rows=1)
    assert _is_narrow(page)
    page.all("#list a")[0].click()
    page.until(lambda: page.text("#mail h2"))
    assert not page.one("#mail").find_elements("xpath", "//*[@id='list']")[0].is_displayed(), (
        "one thing at a time"
    )
    for tab in page.all("[role=tab]"):
        page.run("arguments[0].click()", tab)
        time.sleep(0.1)
        assert _is_narrow(page), tab.text
    page.one(".back").click()
    page.until(lambda: page.one("#list").is_displayed())
    page.one("#help-open").click()
    assert _is_narrow(page)


def test_page_back_button_closes_message(page, shop):
    send(shop)
    page.open(rows=1)
    page.all("#list a")[0].click()
    page.until(lambda: page.text("#mail h2"))
    page.driver.back()
    page.until(lambda: "Select a message" in page.text("#mail"))


def test_page_supports_light_and_dark_mode(page, shop):
    send(shop)
    page.open(rows=1)

    def brightness(selector, what):
        script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        return _brightness(page.run(script, selector, what))

    page.until(
        lambda: brightness(".mails", "backgroundColor") > 240 and brightness("#list .subject b", "color") < 60
    )
    page.prefers("dark")
    page.until(
        lambda: brightness(".mails", "backgroundColor") < 40 and brightness("#list .subject b", "color") > 200
    )


def test_page_shows_lost_server_and_reconnects(page, tmp_path):
    first = process.start(ephemeral=True, folder=tmp_path)
    try:
        gone = Page(page.driver, first.endpoint_url)
        gone.open()
        gone.until(lambda: gone.text("#live") == "Live")
        process.stop(tmp_path)
        gone.until(lambda: "does not answer" in gone.text("#gone"))
        port = int(first.endpoint_url.rpartition(":")[2])
        process.start(port, ephemeral=True, folder=tmp_path)
        gone.until(lambda: not gone.all("#gone:not([hidden])"))
        assert gone.text("#live") == "Live"
    finally:
        gone.driver.get("about:blank")
        page.driver.get_log("browser")
        process.stop(tmp_path)


class _Inside:
    """Inspect the frame of the message."""

    def __init__(self, page):
        self.page = page

    def __enter__(self):
        self.page.driver.switch_to.frame(self.page.one("iframe.frame"))

    def __exit__(self, *_):
        self.page.driver.switch_to.default_content()


def _base64(content):
    import base64

    return base64.b64encode(content)


def _is_narrow(page):
    return page.run("return document.documentElement.scrollWidth <= 390 && innerWidth === 390")


def _brightness(shade):
    numbers = json.loads(f"[{shade.partition('(')[2].rstrip(')')}]")
    return sum(numbers[:3]) / 3
