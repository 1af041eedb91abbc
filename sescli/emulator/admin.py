"""The emulator's own API below `/_sescli/`: health, inbox and settings.

GET  health                       which server this is
GET  inbox, inbox/...             the inbox as a web page (inbox_page.py)
GET  mails?limit=N&before=ID      messages, newest first
GET  mails/ID                     one message, by ID or message ID
GET  mails/ID/raw                 its MIME source
GET  mails/ID/events              its events in order, as SES publishes them
GET  mails/ID/attachments/N       an attachment, counted from 1
GET  control?region=NAME          the settings
POST control                      {"region", "sandbox", "quota", "rate", "fail", "verify", ...}: see control.py
POST deliver?to=ADDRESS&...       deliver the body as a message: see receiving/deliver_request.py
POST reset                        delete identities, templates, messages and all other data
POST stop                         stop the server
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from sescli.emulator.control import ControlError, ControlSettings
from sescli.emulator.inbox_page import InboxPage
from sescli.emulator.router import DEFAULT_REGION, Request, Response
from sescli.emulator.ses.events import contents
from sescli.emulator.ses.sending import outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.emulator.store import Store

PREFIX = "/_sescli/"
_JSON = "application/json"
_PAGE, _MAX_COUNT = 100, 1000


class _NotFoundError(Exception):
    pass


class AdminApi:
    """`identity` is the response of `health`. `stop` stops the server after the response was sent."""

    def __init__(
        self,
        store: Store,
        settings: ControlSettings,
        receive: Callable[[dict[str, list[str]], bytes], dict[str, Any]],
        identity: dict[str, Any],
        stop: Callable[[], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._receive = receive
        self._identity = identity
        self._stop = stop
        self._page = InboxPage(store, identity["instance"])

    def answer(self, request: Request) -> Response:
        path, _, query = request.target.removeprefix(PREFIX).partition("?")
        parts = [part for part in path.split("/") if part]
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        try:
            if request.method == "GET" and parts[:1] == ["inbox"]:
                return self._show(parts[1:], asked)
            if request.method == "POST" and parts == ["deliver"]:
                # Without the lock, because the rules' actions call other services, which may call SES.
                return _json(self._receive(parse_qs(query, keep_blank_values=True), request.body))
            with self._store.lock:
                if request.method == "GET":
                    return self._read(parts, asked)
                if request.method == "POST":
                    return self._write(parts, request.body)
        except _NotFoundError as error:
            return _error(404, str(error))
        except (ControlError, ValueError) as error:
            return _error(400, str(error))
        except sqlite3.Error as error:
            return _error(500, f"the database failed: {error}")
        return _error(405, f"method {request.method} is not allowed for this path")

    def _show(self, parts: list[str], query: dict[str, str]) -> Response:
        current = self._page.answer(parts, query)
        if current is None:
            raise _NotFoundError("path not found")
        return current

    def _read(self, parts: list[str], query: dict[str, str]) -> Response:
        match parts:
            case ["health"]:
                return _json(self._identity | {"mails": outbox.count(self._store)})
            case ["control"]:
                return _json(self._settings.current(query.get("region", DEFAULT_REGION)))
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
            case ["reset"]:
                self._store.clear()
                self._settings.reset()
            case ["stop"]:
                self._stop()
            case _:
                raise _NotFoundError("path not found")
        self._store.commit()
        return _json({})

    def _apply_all(self, body: bytes) -> None:
        """Apply all settings, or none if one is not valid."""
        try:
            self._settings.apply(json.loads(body or b"{}"))
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


def _json(value: Any) -> Response:
    return Response(200, _JSON, json.dumps(value).encode())


def _error(status: int, message: str) -> Response:
    return Response(status, _JSON, json.dumps({"message": message}).encode())
