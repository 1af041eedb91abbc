"""The emulator's own API below `/_sescli/v1/`, and below `/_sescli/` for older clients.

GET  health                       which server this is; needs no token
GET  inbox, inbox/...             the inbox as a web page (inbox_page.py); its files need no token
POST inbox/token                  {"code"}: exchange a code of `codes` for the token; needs no token
POST codes                        create a code for the page's URL, which a browser gets on its command line
GET  messages?limit=N&before=ID   messages, newest first; `mails` is another name
GET  messages/ID                  one message, by ID or message ID
GET  messages/ID/raw              its MIME source
GET  messages/ID/events           its events in order, as SES publishes them
GET  messages/ID/attachments/N    an attachment, counted from 1
GET  blocked                      what the emulator did not do because an option turns it off
GET  control?region=NAME          the settings
POST control                      {"region", "sandbox", "quota", "rate", "fail", "verify", ...}: see control.py
POST deliver?to=ADDRESS&...       deliver the body as a message: see receiving/deliver_request.py
POST reset                        delete identities, templates, messages and all other data
POST stop                         stop the server

Everything else needs the token (surface/access_token.py).
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from sescli.emulator.control import ControlError, ControlSettings
from sescli.emulator.http_messages import Request, Response
from sescli.emulator.inbox_page import InboxPage
from sescli.emulator.router import DEFAULT_REGION
from sescli.emulator.ses.events import contents
from sescli.emulator.ses.sending import outbox
from sescli.emulator.surface.access_token import HOW_TO_SEND
from sescli.emulator.surface.peer import is_other_user
from sescli.emulator.surface.request_target import admin_parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sescli.emulator.outbound import BlockedActions
    from sescli.emulator.store import Store
    from sescli.emulator.surface.access_token import AccessToken

_JSON = "application/json"
_PAGE, _MAX_COUNT = 100, 1000


class _NotFoundError(Exception):
    pass


@dataclass(frozen=True)
class AdminParts:
    """What the API needs of the server. `stop` stops the server after the response was sent.

    `identity` is the response of `health`. `paused` pauses the delivery of events.
    """

    settings: ControlSettings
    receive: Callable[[dict[str, list[str]], bytes], dict[str, Any]]
    identity: dict[str, Any]
    access: AccessToken
    blocked: BlockedActions
    stop: Callable[[], None]
    paused: Callable[[], AbstractContextManager[None]]


class AdminApi:
    """Answers the paths above."""

    def __init__(self, store: Store, parts: AdminParts) -> None:
        self._store = store
        self._parts = parts
        self._page = InboxPage(store, parts.identity["instance"], parts.access)

    def answer(self, request: Request) -> Response:
        parts, query = admin_parts(request.target)
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        method = "GET" if request.method == "HEAD" else request.method
        public = self._answer_public(method, parts, asked, request)
        if public is not None:
            return public
        if not self._parts.access.is_sent(request.headers.get("Authorization")):
            return _unauthorized()
        try:
            return self._answer_private(method, parts, query, request.body)
        except _NotFoundError as error:
            return _error(404, str(error))
        except (ControlError, ValueError) as error:
            return _error(400, str(error))
        except sqlite3.Error as error:
            return _error(500, f"the database failed: {error}")

    def _answer_public(
        self, method: str, parts: list[str], query: dict[str, str], request: Request
    ) -> Response | None:
        """Answer what needs no token: health, the files of the page, signed links, and codes."""
        if method == "GET" and parts == ["health"]:
            return _json(self._parts.identity)
        if method == "GET" and parts[:1] == ["inbox"]:
            return self._page.answer_public(parts[1:], query)
        if method == "POST" and parts == ["inbox", "token"]:
            return self._exchange(request)
        return None

    def _exchange(self, request: Request) -> Response:
        """Exchange a code for the token. A process of another user must not: it may have read the code in `ps`."""
        if is_other_user(request.peer, self._parts.identity["port"]):
            return _error(403, "another user of this machine sent this request")
        try:
            code = json.loads(request.body)["code"]
        except (ValueError, KeyError, TypeError):
            return _error(400, "the body must be a JSON object with a code")
        token = self._parts.access.exchange(code) if isinstance(code, str) else None
        if token is None:
            return _error(403, "the code is unknown, used or too old; run 'sescli local open' again")
        return _json({"token": token}, {"Cache-Control": "no-store"})

    def _answer_private(self, method: str, parts: list[str], query: str, body: bytes) -> Response:
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        if method == "GET" and parts[:1] == ["inbox"]:
            return self._show(parts[1:], asked)
        if method == "POST" and parts == ["deliver"]:
            # Without the lock, because the rules' actions call other services, which may call SES.
            return _json(self._parts.receive(parse_qs(query, keep_blank_values=True), body))
        if method == "POST" and parts == ["reset"]:
            with self._parts.paused(), self._store.lock:
                return self._reset()
        with self._store.lock:
            if method == "GET":
                return self._read(parts, asked)
            if method == "POST":
                return self._write(parts, body)
        return _error(405, f"method {method} is not allowed for this path")

    def _show(self, parts: list[str], query: dict[str, str]) -> Response:
        current = self._page.answer(parts, query)
        if current is None:
            raise _NotFoundError("path not found")
        return current

    def _read(self, parts: list[str], query: dict[str, str]) -> Response:
        match parts:
            case ["blocked"]:
                return _json(self._parts.blocked.list())
            case ["control"]:
                return _json(self._parts.settings.current(query.get("region", DEFAULT_REGION)))
            case ["mails"]:
                return _json(self._mails(query))
            case ["mails", wanted]:
                return _json(self._mail(wanted))
            case ["mails", wanted, "raw"]:
                return self._raw(self._mail(wanted))
            case ["mails", wanted, "events"]:
                return _json(contents.build_events(self._mail(wanted)))
            case ["mails", wanted, "attachments", number]:
                return self._attachment(wanted, number)
        raise _NotFoundError("path not found")

    def _write(self, parts: list[str], body: bytes) -> Response:
        match parts:
            case ["control"]:
                self._apply_all(body)
            case ["codes"]:
                return _json({"code": self._parts.access.create_code()}, {"Cache-Control": "no-store"})
            case ["stop"]:
                self._parts.stop()
            case _:
                raise _NotFoundError("path not found")
        self._store.commit()
        return _json({})

    def _reset(self) -> Response:
        self._store.clear()
        self._parts.settings.reset()
        self._parts.blocked.clear()
        self._store.commit()
        return _json({})

    def _apply_all(self, body: bytes) -> None:
        """Apply all settings, or none if one is not valid."""
        try:
            self._parts.settings.apply(json.loads(body or b"{}"))
        except ValueError:
            self._store.rollback()
            raise

    def _mails(self, query: dict[str, str]) -> list[dict[str, Any]]:
        before = int(query["before"]) if "before" in query else None
        limit = min(max(int(query.get("limit", _PAGE)), 1), _MAX_COUNT)
        return outbox.list_messages(self._store, before=before, limit=limit)

    def _mail(self, wanted: str) -> dict[str, Any]:
        mail = outbox.find(self._store, wanted)
        if mail is None:
            raise _NotFoundError(f"message {wanted} not found")
        return mail

    def _attachment(self, wanted: str, number: str) -> Response:
        attachments = outbox.attachments(self._store, self._mail(wanted))
        if not number.isdecimal() or not 1 <= int(number) <= len(attachments):
            raise _NotFoundError(f"message {wanted} has no attachment {number}")
        found = attachments[int(number) - 1]
        # Never with its own type: a browser must not run the content of a message.
        return Response(200, "application/octet-stream", found.content, _saved_as(found.name))

    def _raw(self, mail: dict[str, Any]) -> Response:
        source = outbox.source(self._store, mail)
        return Response(200, "message/rfc822", source, _saved_as(f"mail-{mail['id']}.eml"))


def _saved_as(name: str) -> dict[str, str]:
    """Headers that make a browser save the file under the last part of its name (RFC 6266, encoded as in RFC 8187)."""
    last = name.replace("\\", "/").rpartition("/")[2] or "attachment"
    spelling = quote(last.encode("utf-8", "replace"), safe="")
    policy = "sandbox; default-src 'none'"
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{spelling}",
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def _json(value: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(200, _JSON, json.dumps(value).encode(), headers or {})


def _error(status: int, message: str) -> Response:
    return Response(status, _JSON, json.dumps({"message": message}).encode())


def _unauthorized() -> Response:
    body = {"message": f"the token is missing or wrong: {HOW_TO_SEND}"}
    headers = {"WWW-Authenticate": 'Bearer realm="sescli"'}
    return Response(401, _JSON, json.dumps(body).encode(), headers)
