"""A headless Chromium for the tests of the inbox page."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulator_access import TOKEN

_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --no-proxy-server --disable-dev-shm-usage"
)


def start(profile: Path) -> Any:
    """Start Chromium with an empty profile. Skip the test if it is not installed."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    programs = [shutil.which("chromium"), shutil.which("chromedriver")]
    if None in programs:
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*_FLAGS.split(), f"--user-data-dir={profile}"):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))


class Page:
    """The inbox page in the browser, used as a person would."""

    def __init__(self, driver: Any, endpoint: str) -> None:
        self.driver = driver
        self.endpoint = endpoint

    def open(self, path: str = "", *, rows: int | None = None) -> None:
        self.driver.get("about:blank")
        self.driver.get(f"{self.endpoint}/_sescli/inbox{path}#token={TOKEN}")
        if rows is not None:
            self.until(lambda: len(self.all("#list li")) == rows)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        return self.until(lambda: next((each for each in self.all(selector) if each.is_displayed()), None))

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def subjects(self) -> list[str]:
        # Chromium does not render what is scrolled out of view, so read the text content instead.
        return self.run(
            "return [...document.querySelectorAll('#list .subject')].map((s) => s.firstChild.textContent)"
        )

    def until(self, condition: Callable[[], Any], seconds: float = 8) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException

        deadline = time.monotonic() + seconds
        while True:
            try:
                if found := condition():
                    return found
            except StaleElementReferenceException:
                pass
            assert time.monotonic() < deadline, (
                f"never came true; the page shows:\n{self.run('return document.body.innerText')}"
            )
            time.sleep(0.03)

    def size(self, width: int, height: int, *, mobile: bool = False) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile},
        )

    def prefers(self, scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
