"""What `local start --compat` adds for test suites that were written for LocalStack or for moto's server mode.

GET    /_aws/ses?id=ID&email=ADDRESS    the sent messages in LocalStack's form
DELETE /_aws/ses?id=ID                  delete one message, or all
POST   /moto-api/reset                  reset the emulator, SES included
...    /moto-api/config, seed, ...      moto answers, without its dashboard and its recorder

They need no token. Web pages cannot use them (web_origin.py).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sescli.emulator.http_messages import Response
from sescli.emulator.ses.sending import outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sescli.emulator.control import ControlSettings
    from sescli.emulator.http_messages import Request
    from sescli.emulator.store import Store

_JSON = "application/json"
_PAGE = 1000
# The dashboard loads a script from another host. The recorder writes files and sends requests to any host.
_MOTO_PATHS = (
    "/moto-api/config",
    "/moto-api/seed",
    "/moto-api/state-manager/",
    "/moto-api/static/",
    "/moto-api/data.json",
)


class CompatApi:
    """Answers the paths above. None for those that moto answers."""

    def __init__(
        self, store: Store, settings: ControlSettings, paused: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._store = store
        self._settings = settings
        self._paused = paused

    def answer(self, request: Request) -> Response | None:
        path, _, query = request.target.partition("?")
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        if path.rstrip("/") == "/_aws/ses":
            return self._answer_messages(request.method, asked)
        if path == "/moto-api/reset":
            return self._reset(request.method)
        if path.startswith(_MOTO_PATHS) and "%" not in path and ".." not in path:
            return None
        return Response(404, _JSON, b'{"message": "path not found"}')

    def _answer_messages(self, method: str, query: dict[str, str]) -> Response:
        with self._store.lock:
            if method == "GET":
                return Response(200, _JSON, json.dumps({"messages": self._messages(query)}).encode())
            if method == "DELETE":
                outbox.delete(self._store, query.get("id"))
                self._store.commit()
                return Response(204, _JSON, b"")
        return Response(405, _JSON, b'{"message": "only GET and DELETE are allowed"}')

    def _messages(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        before: int | None = None
        while page := outbox.list_messages(self._store, before=before, limit=_PAGE):
            found += [_localstack_form(each) for each in page if _is_wanted(each, query)]
            before = int(page[-1]["id"])
        return found[::-1]  # LocalStack's order: oldest first

    def _reset(self, method: str) -> Response:
        if method != "POST":
            return Response(405, _JSON, b'{"message": "only POST is allowed"}')
        with self._paused(), self._store.lock:
            self._store.clear()
            self._settings.reset()
            self._store.commit()
        return Response(200, _JSON, b'{"status": "ok"}')


def _is_wanted(mail: dict[str, Any], query: dict[str, str]) -> bool:
    return query.get("id") in {None, mail["message_id"]} and query.get("email") in {None, mail["from"]}


def _localstack_form(mail: dict[str, Any]) -> dict[str, Any]:
    return {
        "Id": mail["message_id"],
        "Region": mail["region"],
        "Timestamp": mail["at"],
        "Source": mail["from"],
        "Destination": {"ToAddresses": mail["to"], "CcAddresses": mail["cc"], "BccAddresses": mail["bcc"]},
        "Subject": mail["subject"],
        "Body": {"text_part": mail["text"], "html_part": mail["html"]},
    }
