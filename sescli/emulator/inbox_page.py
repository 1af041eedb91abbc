"""The inbox as a web page below `/_sescli/inbox`: its files, and the data for its script.

GET  inbox                          the page
GET  inbox/FILE                     its style sheet and scripts
GET  inbox/list?q=&status=&before=ID&after=ID&limit=N
                                    summaries, newest first, and where a long search continues
GET  inbox/mails/ID                 one message without its HTML body and its source
GET  inbox/mails/ID/frame           a signed link to its HTML, for the page's frame, which cannot send the token
GET  inbox/mails/ID/html            its HTML as a document that runs nothing and loads nothing

The files of the page need no token, and neither does a signed link. The page finds the token in the fragment of its URL,
which browsers send to no server, removes it from there, and sends it in a header.

The page is read-only. Messages may be hostile: the page creates its elements without HTML, its policy allows only its
own scripts, and the HTML of a message is shown in a frame without an origin.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sescli.emulator import html_preview
from sescli.emulator.http_messages import Response
from sescli.emulator.ses.sending import mime, outbox, search
from sescli.emulator.surface.request_target import PREFIX, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.emulator.store import Store
    from sescli.emulator.surface.access_token import AccessToken

_PAGE = "page.html"
_FILES = {
    _PAGE: "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "access.js": "text/javascript; charset=utf-8",
    "inbox.js": "text/javascript; charset=utf-8",
    "mail.js": "text/javascript; charset=utf-8",
    "elements.js": "text/javascript; charset=utf-8",
    "list_items.js": "text/javascript; charset=utf-8",
    "state.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MAILS, _MAX_COUNT = 50, 200


class InboxPage:
    """Answers the paths above. Thread-safe: it holds the store's lock only while it reads."""

    def __init__(self, store: Store, instance: str, access: AccessToken) -> None:
        self._store = store
        self._instance = instance
        self._access = access

    def answer_public(self, parts: Sequence[str], query: Mapping[str, str]) -> Response | None:
        """Answer a path that needs no token. None for all others."""
        match parts:
            case []:
                return _file(_PAGE)
            case [name] if name in _FILES:
                return _file(name)
            case ["mails", wanted, "html"] if self._access.is_signed(_html_path(wanted), query):
                return self._html(wanted)
        return None

    def answer(self, parts: Sequence[str], query: Mapping[str, str]) -> Response | None:
        """Answer a path below `inbox`. None if it does not exist. Raises ValueError for a bad number."""
        match parts:
            case ["list"]:
                return _json(self._list(query))
            case ["mails", wanted]:
                return self._mail(wanted)
            case ["mails", wanted, "frame"]:
                return _json({"url": self._access.sign(_html_path(wanted))})
            case ["mails", wanted, "html"]:
                return self._html(wanted)
        return None

    def _list(self, query: Mapping[str, str]) -> dict[str, Any]:
        newest, oldest = search.id_range(self._store)
        limit = min(max(int(query.get("limit", _MAILS)), 1), _MAX_COUNT)
        found = search.find_messages(
            self._store,
            search.parse_query(query.get("q", ""), query.get("status")),
            before=int(query["before"]) if "before" in query else None,
            after=int(query.get("after", 0)),
            limit=limit,
        )
        return {
            "mails": found.mails,
            "next": found.next,
            "newest": newest,
            "oldest": oldest,
            "instance": self._instance,
        }

    def _mail(self, wanted: str) -> Response | None:
        with self._store.lock:
            mail = outbox.find(self._store, wanted)
            if mail is None:
                return None
            source = outbox.source(self._store, mail)
            attachments = outbox.attachments(self._store, mail)
        html = mail.pop("html")
        ids = [each.content_id.strip("<>") for each in attachments if each.content_id]
        return _json(
            mail
            | {
                "headers": mime.read_raw(source).headers(),
                "bytes": len(source),
                "html": asdict(html_preview.inspect_html(html, ids)) if html is not None else None,
            }
        )

    def _html(self, wanted: str) -> Response | None:
        with self._store.lock:
            mail = outbox.find(self._store, wanted)
            if mail is None or mail["html"] is None:
                return None
            attachments = outbox.attachments(self._store, mail)
        body = html_preview.build_frame(mail["html"], attachments).encode("utf-8", "replace")
        return Response(200, "text/html; charset=utf-8", body, _PRIVATE | html_preview.HEADERS)


def _html_path(wanted: str) -> str:
    return f"{PREFIX}{VERSION}inbox/mails/{wanted}/html"


@cache
def _content(name: str) -> bytes:
    return (files("sescli.emulator") / "page" / name).read_bytes()


def _file(name: str) -> Response:
    return Response(200, _FILES[name], _content(name), _PRIVATE | {"Content-Security-Policy": _POLICY})


def _json(value: Any) -> Response:
    return Response(200, "application/json", json.dumps(value).encode(), dict(_PRIVATE))
