"""Reading the inbox of an embedded SES, and turning its switches, over HTTP."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from sescli.emulator.delivery import read_result
from sescli.errors import LocalError, NetworkError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.emulator.delivery import DeliverRequest, DeliverResult

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
    """What became of the mail to one address; `reason` where it was not plainly delivered."""

    address: str
    status: str
    reason: str | None


@dataclass(frozen=True)
class InboxMessage:
    """A mail that the embedded SES accepted.

    `status`: delivered, ooto, bounced, complained, suppressed, rejected or rendering_failed; of several
    recipients the gravest, each one in `recipients`. `headers` are the custom ones of an API call, or all of a
    raw message. Mail in the `bcc` of a raw message is not in its bytes.
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
    """The mails and switches of the server at `endpoint_url`.

    Raises NetworkError when nothing answers there, NotFoundError, and UsageError for a switch it refuses.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._host = urlsplit(endpoint_url).netloc

    def messages(self, limit: int | None = None) -> Iterator[InboxMessage]:
        """Mails, newest first, read a page at a time."""
        left, before = limit, ""
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            page = self._json("GET", f"/_sescli/mails?limit={size}{before}")
            yield from (_read_message(each) for each in page)
            if len(page) < size:
                return
            before = f"&before={page[-1]['id']}"
            left = None if left is None else left - size

    def get(self, wanted: str) -> InboxMessage:
        """The mail of this id or message id."""
        return _read_message(self._json("GET", f"/_sescli/mails/{quote(wanted, safe='')}"))

    def raw(self, wanted: str) -> bytes:
        """The MIME message: the caller's own, or as SES would compose it."""
        return self._ask("GET", f"/_sescli/mails/{quote(wanted, safe='')}/raw")

    def events(self, wanted: str) -> list[dict[str, Any]]:
        """What SES tells of the mail, event by event in their order (docs/ses-behavior.md#event-contents)."""
        events: list[dict[str, Any]] = self._json("GET", f"/_sescli/mails/{quote(wanted, safe='')}/events")
        return events

    def attachment(self, wanted: str, number: int) -> bytes:
        """The content of the attachment `number`, counted from 1."""
        return self._ask("GET", f"/_sescli/mails/{quote(wanted, safe='')}/attachments/{number}")

    def reset(self) -> None:
        """Forget everything the server holds: mails, identities, templates, counters, other services."""
        self._ask("POST", "/_sescli/reset")

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
        """Turn switches of `region`; None leaves one as it is.

        `quota` recipients in 24 hours (-1 without end), `rate` recipients a second, `fail` CODE or CODE:N (the
        next N calls that send fail so, in every region), `verify` the name of an identity, `dedicated_ip` an
        IPv4 address that AWS leases, `enforcement` HEALTHY, PROBATION or SHUTDOWN, `review` PENDING, FAILED,
        GRANTED or DENIED, `clock` the server's: `+25h`, an ISO 8601 time, or `real`.
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
        self._ask("POST", "/_sescli/control", json.dumps({"region": region, **given}).encode())

    def settings(self, region: str = "us-east-1") -> dict[str, Any]:
        """How the switches stand in a region: `sandbox`, `quota`, `rate`, `failures`, `clock` and the like."""
        found: dict[str, Any] = self._json("GET", f"/_sescli/control?region={quote(region, safe='')}")
        return found

    def deliver(self, mail: DeliverRequest, region: str = "us-east-1") -> DeliverResult:
        """Let a mail come in: it walks the active receipt rule set, and its actions run."""
        path = f"/_sescli/deliver?{urlencode(mail.query(region))}"
        return read_result(json.loads(self._ask("POST", path, mail.content)))

    def _json(self, method: str, path: str) -> Any:
        return json.loads(self._ask(method, path))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection(self._host, timeout=_SECONDS)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NetworkError(
                f"the embedded SES at {self._host} does not answer: {error}", hint="sescli local status"
            ) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise _refused(response.status, answer)
        return answer


def _refused(status: int, answer: bytes) -> LocalError | NotFoundError | UsageError:
    try:
        message = str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        message = f"the embedded SES answered {status}"
    if status == http.client.NOT_FOUND:
        return NotFoundError(message, hint="sescli local inbox lists the mails")
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
