"""Reads the emulator's inbox and changes its settings, over HTTP."""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from sescli.advice import Advice, NextCommand
from sescli.emulator.delivery import read_result
from sescli.emulator.surface import access_token
from sescli.errors import AccessError, LocalError, NetworkError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.emulator.delivery import DeliverRequest, DeliverResult
    from sescli.errors import SescliError

STATUSES = ("delivered", "ooto", "bounced", "complained", "suppressed", "rejected", "rendering_failed")

_SECONDS = 30.0
_PAGE = 200


@dataclass(frozen=True)
class InboxAttachment:
    """`size` in bytes, decoded."""

    name: str
    type: str
    size: int


@dataclass(frozen=True)
class RecipientStatus:
    """The delivery status for one address. `reason` says why, unless the message was simply delivered."""

    address: str
    status: str
    reason: str | None


@dataclass(frozen=True)
class InboxMessage:
    """A message that the emulator accepted.

    `status`: delivered, ooto, bounced, complained, suppressed, rejected or rendering_failed. With several recipients
    it is the most severe one; `recipients` has the status of each. `headers` are the custom headers of an API call, or
    all headers of a raw message. The addresses in `bcc` of a raw message are not part of its bytes.
    """

    id: str
    message_id: str
    from_: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    reply_to: tuple[str, ...]
    subject: str | None
    headers: tuple[Mapping[str, str], ...]
    tags: Mapping[str, str]
    config_set: str | None
    attachments: tuple[InboxAttachment, ...]
    text: str | None
    html: str | None
    status: str
    reason: str | None
    at: datetime
    template: str | None
    region: str
    recipients: tuple[RecipientStatus, ...]


class Inbox:
    """The messages and settings of the server at `endpoint_url`.

    `token` None uses SESCLI_LOCAL_TOKEN. Raises NetworkError if no server answers, NotFoundError, UsageError for a
    setting that the server rejects, and AccessError without the server's token.
    """

    def __init__(self, endpoint_url: str, token: str | None = None) -> None:
        self._host = urlsplit(endpoint_url).netloc
        self._token = token or access_token.choose(os.environ)

    def messages(self, limit: int | None = None) -> Iterator[InboxMessage]:
        """Yield messages, newest first, read in pages."""
        left, before = limit, ""
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            page = self._json("GET", f"/_sescli/v1/messages?limit={size}{before}")
            yield from (_read_message(each) for each in page)
            if len(page) < size:
                return
            before = f"&before={page[-1]['id']}"
            left = None if left is None else left - size

    def get(self, wanted: str) -> InboxMessage:
        """Return the message with this ID or message ID."""
        return _read_message(self._json("GET", f"/_sescli/v1/messages/{quote(wanted, safe='')}"))

    def raw(self, wanted: str) -> bytes:
        """Return the MIME message: the caller's own, or as SES would compose it."""
        return self._ask("GET", f"/_sescli/v1/messages/{quote(wanted, safe='')}/raw")

    def events(self, wanted: str) -> list[dict[str, Any]]:
        """Return the message's events in order, as SES publishes them (docs/ses-behavior.md#event-contents)."""
        events: list[dict[str, Any]] = self._json(
            "GET", f"/_sescli/v1/messages/{quote(wanted, safe='')}/events"
        )
        return events

    def attachment(self, wanted: str, number: int) -> bytes:
        """Return the content of attachment `number`, counted from 1."""
        return self._ask("GET", f"/_sescli/v1/messages/{quote(wanted, safe='')}/attachments/{number}")

    def reset(self) -> None:
        """Delete all data of the server: messages, identities, templates, counters, other services."""
        self._ask("POST", "/_sescli/v1/reset")

    def control(
        self,
        *,
        region: str = "us-east-1",
        sandbox: bool | None = None,
        quota: float | None = None,
        rate: float | None = None,
        fail: str | None = None,
        verify: str | None = None,
        dedicated_ip: str | None = None,
        enforcement: str | None = None,
        review: str | None = None,
        clock: str | None = None,
    ) -> None:
        """Change settings of `region`. None leaves a setting unchanged.

        `quota`: recipients per 24 hours (-1: unlimited). `rate`: recipients per second. `fail`: CODE or CODE:N; the
        next N send calls fail with this code, in every region. `verify`: the name of an identity. `dedicated_ip`: an
        IPv4 address that AWS leases to the account. `enforcement`: HEALTHY, PROBATION or SHUTDOWN. `review`: PENDING,
        FAILED, GRANTED or DENIED. `clock`: the server's clock, as `+25h`, an ISO 8601 time, or `real`.
        """
        asked = {
            "sandbox": sandbox,
            "quota": quota,
            "rate": rate,
            "fail": fail,
            "verify": verify,
            "dedicated_ip": dedicated_ip,
            "enforcement": enforcement,
            "review": review,
            "clock": clock,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        self._ask("POST", "/_sescli/v1/control", json.dumps({"region": region, **given}).encode())

    def blocked(self) -> list[dict[str, Any]]:
        """Return what the emulator did not do because an option of `local start` turns it off, newest first."""
        found: list[dict[str, Any]] = self._json("GET", "/_sescli/v1/blocked")
        return found

    def page_url(self, code: str | None = None) -> str:
        """The URL of the inbox page, with the token, or with a code of `create_code`, in its fragment."""
        secret = f"#code={code}" if code else f"#token={self._token}" if self._token else ""
        return f"http://{self._host}/_sescli/inbox{secret}"

    def create_code(self) -> str:
        """Create a code that the page exchanges for the token once, within two minutes."""
        return str(json.loads(self._ask("POST", "/_sescli/v1/codes"))["code"])

    def settings(self, region: str = "us-east-1") -> dict[str, Any]:
        """Return the settings of a region: `sandbox`, `quota`, `rate`, `failures`, `clock` and more."""
        found: dict[str, Any] = self._json("GET", f"/_sescli/v1/control?region={quote(region, safe='')}")
        return found

    def deliver(self, mail: DeliverRequest, region: str = "us-east-1") -> DeliverResult:
        """Deliver a message to the emulator, which runs the active receipt rule set on it."""
        path = f"/_sescli/v1/deliver?{urlencode(mail.query(region))}"
        return read_result(json.loads(self._ask("POST", path, mail.content)))

    def _json(self, method: str, path: str) -> Any:
        return json.loads(self._ask(method, path))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection(self._host, timeout=_SECONDS)
        try:
            connection.request(method, path, body, self._headers())
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NetworkError(
                f"the local SES emulator at {self._host} does not answer: {error}",
                hint=NextCommand("local", "status"),
            ) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise _refused(response.status, answer)
        return answer


def _refused(status: int, answer: bytes) -> SescliError:
    try:
        message = str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        message = f"the local SES emulator answered with HTTP status {status}"
    if status == http.client.UNAUTHORIZED:
        return AccessError(
            "the local SES emulator needs its token, and this call has none or another one",
            hint=f"set {access_token.VARIABLE} to the token of that emulator ('sescli local token' prints it there)",
            code="TokenRequired",
        )
    if status == http.client.NOT_FOUND:
        return NotFoundError(message, hint=Advice("to list the messages: ", NextCommand("local", "inbox")))
    return UsageError(message) if status == http.client.BAD_REQUEST else LocalError(message)


def _read_message(fields: dict[str, Any]) -> InboxMessage:
    known = fields | {
        "attachments": tuple(InboxAttachment(**each) for each in fields["attachments"]),
        "recipients": tuple(RecipientStatus(**each) for each in fields["recipients"]),
        "headers": tuple(fields["headers"]),
        "at": datetime.fromisoformat(fields["at"]),
        "from_": fields["from"],
    }
    known |= {name: tuple(fields[name]) for name in ("to", "cc", "bcc", "reply_to")}
    return InboxMessage(**{name: known[name] for name in InboxMessage.__dataclass_fields__})
