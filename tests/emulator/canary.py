"""A web server that records every request, and a message that tries every way to reach it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Canary(ThreadingHTTPServer):
    """`paths` are the requested paths. `connections` counts connections, with or without a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.paths: list[str] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    server: Canary

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.paths.append(path)
        html = path == "/control"
        body = hostile_html(self.server.url).encode() if html else b""
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if html else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - name from the base class

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name from the base class
        pass


@contextmanager
def running() -> Iterator[Canary]:
    canary = Canary()
    threading.Thread(target=canary.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield canary
    finally:
        canary.shutdown()
        canary.server_close()


def hostile_html(url: str) -> str:
    """HTML that requests a path named after each way to load something."""
    away = (
        f"fetch('{url}/by-script');new Image().src='{url}/by-image-of-script';parent.document.title='owned'"
    )
    return f"""<!doctype html><html><head>
<base href="{url}/base/">
<meta http-equiv="refresh" content="1;url={url}/refresh">
<link rel="stylesheet" href="{url}/stylesheet"><link rel="preload" as="image" href="{url}/preload">
<link rel="preconnect" href="{url}"><link rel="icon" href="{url}/icon"><link rel="prefetch" href="{url}/prefetch">
<style>@import url({url}/import); @font-face {{ font-family: f; src: url({url}/font) }}
body {{ font-family: f; background: url({url}/background) }}</style>
<script>{away}</script><script src="{url}/script-file"></script>
<script type="module">import '{url}/module'</script>
</head><body onload="fetch('{url}/onload')">
<h1 id="words">Win a prize</h1>
<img src="{url}/picture"><img srcset="{url}/srcset 2x"><img src="relative-picture">
<img src=x onerror="fetch('{url}/onerror')"><svg onload="fetch('{url}/svg-onload')"><image href="{url}/svg-image"/></svg>
<svg><script>fetch('{url}/svg-script')</script><use href="{url}/svg-use#a"/></svg>
<iframe src="{url}/frame"></iframe><iframe srcdoc="<img src='{url}/srcdoc'><script>{away}</script>"></iframe>
<object data="{url}/object"></object><embed src="{url}/embed">
<video src="{url}/video" poster="{url}/poster" autoplay></video><audio src="{url}/audio" autoplay></audio>
<input type="image" src="{url}/input-image" autofocus onfocus="fetch('{url}/onfocus')">
<table background="{url}/table-background"><tr><td style="background:url({url}/style-attribute)">x</td></tr></table>
<form id="form" action="{url}/form" method="post" target="_top"><button id="submit">Claim</button></form>
<a id="link" href="{url}/link">A link</a> <a id="top" href="{url}/top" target="_top" ping="{url}/ping">Another</a>
<a id="self" href="{url}/self" target="_self">A third</a> <a id="js" href="javascript:fetch('{url}/js-link')">A fourth</a>
<details open ontoggle="fetch('{url}/ontoggle')"></details><math href="javascript:1">m</math>
</body></html>"""


# Paths that need a click, or that a browser may load later.
_CLICKED = {"/base", "/form", "/link", "/top", "/ping", "/self", "/js-link"}
_PUT_OFF = {"/prefetch", "/preload", "/icon"}


def ways(url: str) -> set[str]:
    """The paths that a browser requests when it opens the HTML directly."""
    return set(re.findall(f"{re.escape(url)}(/[a-z-]+)", hostile_html(url))) - _CLICKED - _PUT_OFF
