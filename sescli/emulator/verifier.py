"""Verifies identities through DNS: before an operation shows one, and every few seconds in the background."""

from __future__ import annotations

import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.identities import dns_verification, identities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sescli.emulator.dns_lookup import DnsLookup
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Store

_INTERVAL = 5.0  # seconds
# The operations that show the state of an identity. DNS is checked before they answer.
_OPERATIONS_SHOWING_IDENTITIES = frozenset(
    {
        "GetEmailIdentity",
        "GetIdentityDkimAttributes",
        "GetIdentityMailFromDomainAttributes",
        "GetIdentityVerificationAttributes",
    }
)
_log = logging.getLogger(__name__)


class Verifier:
    """Do not call it while holding the store's lock: DNS queries may be slow."""

    def __init__(self, store: Store, region: Callable[[str], Region], dns: DnsLookup) -> None:
        self._store = store
        self._region = region
        self._dns = dns
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="verifier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the DNS query in progress."""
        self._stopping.set()
        self._thread.join()

    def check_shown_identities(
        self, operation: str, region: str, params: Callable[[], dict[str, Any]]
    ) -> None:
        """Check the identities that an operation is about to show."""
        if operation in _OPERATIONS_SHOWING_IDENTITIES:
            asked = params()
            self.check_identities(region, asked.get("Identities") or [asked["EmailIdentity"]])

    def check_identities(self, region_name: str, names: Iterable[str]) -> None:
        """Check the pending DNS records of these identities and save the results."""
        for name in names:
            if self._stopping.is_set():
                return
            with self._store.lock:
                region = self._region(region_name)
                record = identities.find(region, name)
                token = identities.verification_token(region, record["name"]) if record else ""
            if record is None or not dns_verification.pending_parts(record):
                continue
            found = dns_verification.check_records(region_name, record, token, self._dns)
            with self._store.lock:
                self._save_findings(region, record["name"], found)

    def _save_findings(self, region: Region, name: str, found: dns_verification.DnsFindings) -> None:
        record = identities.find(region, name)
        if record is not None:
            dns_verification.apply_findings(region, record, found)
            identities.save(region, record)
            self._store.commit()

    def _run(self) -> None:
        while not self._stopping.wait(_INTERVAL):
            try:
                for region_name, name in self._pending_identities():
                    self.check_identities(region_name, [name])
            except (OSError, ValueError, LookupError, sqlite3.Error):
                _log.exception("cannot verify identities; trying again")

    def _pending_identities(self) -> list[tuple[str, str]]:
        with self._store.lock:
            return self._store.db.execute(
                "SELECT region, name FROM records WHERE kind = ? AND body LIKE ?",
                (identities.KIND, f'%"{dns_verification.PENDING}"%'),
            ).fetchall()
