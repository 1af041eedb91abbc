"""boto3 clients for the services other than SES, which moto serves at this process's own port.

They use only AWS's APIs. Do not call them while holding the store's lock: each call comes back as a request to this
server, and so may the calls that it causes.
"""

from __future__ import annotations

import threading
from typing import Any

_CONNECT_SECONDS = 5
# RequestResponse invocations of a Lambda function have 30 seconds (docs/ses-behavior.md#lambda-action).
_READ_SECONDS = 30


class ServiceClients:
    """Clients by service and region, created once. The first one imports boto3 (0.2 s)."""

    def __init__(self, port: int) -> None:
        self._endpoint_url = f"http://127.0.0.1:{port}"
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], Any] = {}

    def get(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._made:
                self._made[service, region] = self._make(service, region)
            return self._made[service, region]

    def _make(self, service: str, region: str) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            s3={"addressing_style": "path"},
            proxies={},
        )
        return boto3.session.Session().client(
            service,
            region_name=region,
            endpoint_url=self._endpoint_url,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106  the emulator accepts any keys
            config=config,
        )
