"""Keeps the server process from connecting to other hosts and from running functions in Docker.

SNS subscriptions, EventBridge API destinations and Firehose HTTP endpoints name URLs that any client of the emulator
may set. A check of the URL alone would not be enough: a name may resolve to another address later, and a server may
redirect. So the check is an audit hook on the addresses that sockets connect to (PEP 578), whatever library does it.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_KEPT = 100
NETWORK_OPTION, LAMBDA_OPTION = "--allow-network", "--allow-lambda"
# Cloud metadata services that are not link-local: AWS over IPv6, Alibaba Cloud.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200")))


class OutboundBlockedError(PermissionError):
    """The server process must not connect to this address."""


@dataclass(frozen=True)
class BlockedAction:
    """Something that the emulator did not do. `option` of `local start` turns it on; None if nothing does."""

    at: str
    what: str
    target: str
    option: str | None


class BlockedActions:
    """The last hundred blocked actions, for `local status`. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: deque[BlockedAction] = deque(maxlen=_KEPT)

    def add(self, what: str, target: str, option: str | None) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._lock:
            self._found.append(BlockedAction(at, what, target, option))

    def list(self) -> list[dict[str, Any]]:
        """Return them, the newest first."""
        with self._lock:
            return [asdict(each) for each in reversed(self._found)]

    def clear(self) -> None:
        with self._lock:
            self._found.clear()


@dataclass(frozen=True)
class OutboundPolicy:
    """What the options of `local start` allow. `blocked` collects what they do not."""

    blocked: BlockedActions
    network: bool = False
    functions: bool = False

    def problem(self, address: Any) -> tuple[str, str | None] | None:
        """Return why the process must not connect to a socket address, with the option that allows it. None if it may."""
        if isinstance(address, str | bytes):  # a Unix socket; Docker's is one
            return None if self.functions else ("a connection to Docker", LAMBDA_OPTION)
        if not isinstance(address, tuple) or not address:
            return None
        if address[0] == "localhost":
            return None
        try:
            ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
        except ValueError:
            return "a connection to a host name that was not resolved", None
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback:
            return None
        if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _METADATA:
            return "a connection to an address that is never allowed", None
        return None if self.network else ("a connection to another host", NETWORK_OPTION)


_trusted = threading.local()


@contextmanager
def trusted() -> Iterator[None]:
    """Allow this thread every connection: for DNS queries to the servers that the user chose."""
    before = getattr(_trusted, "on", False)
    _trusted.on = True
    try:
        yield
    finally:
        _trusted.on = before


def install(policy: OutboundPolicy) -> None:
    """Enforce the policy in this process until it ends. An audit hook cannot be removed."""

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _EVENTS or getattr(_trusted, "on", False):
            return
        address = arguments[-1]
        found = policy.problem(address) if address is not None else None
        if found is not None:
            target = str(address[0] if isinstance(address, tuple) else address)
            policy.blocked.add(found[0], target, found[1])
            raise OutboundBlockedError(f"the local SES emulator blocks {found[0]}: {target}")

    sys.addaudithook(check)
