"""Handles `POST /_sescli/deliver`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.receiving import deliver_request
from sescli.emulator.receiving.rule_runner import Receiver
from sescli.emulator.router import DEFAULT_REGION, is_region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.emulator.outbound import OutboundPolicy
    from sescli.emulator.router import Router
    from sescli.emulator.service_clients import ServiceClients
    from sescli.emulator.store import Store


class DeliverEndpoint:
    """Handles requests to deliver a message. Do not call it while holding the store's lock."""

    def __init__(self, store: Store, router: Router, clients: ServiceClients, policy: OutboundPolicy) -> None:
        self._store = store
        self._router = router
        self._clients = clients
        self._policy = policy

    def deliver(self, query: Mapping[str, Sequence[str]], raw: bytes) -> dict[str, Any]:
        """Deliver the body as the query says, in `region` (default us-east-1). Raises DeliveryError."""
        name = query.get("region", [DEFAULT_REGION])[-1]
        if not is_region(name):
            raise deliver_request.DeliveryError(f"{name!r} is not a valid region name")
        with self._store.lock:
            region = self._router.region(name)
        mail = deliver_request.read_request(query, raw, name, region.now())
        return Receiver(region, self._clients, self._policy).deliver(mail)
