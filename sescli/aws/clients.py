"""boto3 clients, created on first use: one per service, region and purpose."""

from __future__ import annotations

import functools
import os
import threading
from typing import TYPE_CHECKING, Any

from sescli import __version__
from sescli.aws.errors import translated, unusable_configuration
from sescli.aws.fast_send import Connections, FastSender
from sescli.aws.response_check import whole_answer
from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3
    import botocore.session

    from sescli.aws.endpoint import AwsEndpoint

# The region of a read if none is configured; a warning says so. A write needs a configured region.
FALLBACK_REGION = "us-east-1"

_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 60.0


class Clients:
    """Creates and keeps the boto3 clients of one endpoint. Thread-safe."""

    def __init__(self, target: AwsEndpoint) -> None:
        self._target = target
        self._lock = threading.RLock()
        self._made: dict[tuple[str, str], Any] = {}
        self._session: boto3.Session | None = None
        self._core: botocore.session.Session

    def configured_region(self) -> str | None:
        """The region of the settings or of the AWS configuration, or None.

        AWS_REGION counts, as in the AWS CLI and other SDKs; boto3 reads only AWS_DEFAULT_REGION.
        """
        named = self._target.region or os.environ.get("AWS_REGION")
        if named:
            return named
        if self._target.local:
            return os.environ.get("AWS_DEFAULT_REGION") or FALLBACK_REGION
        region: str | None = self._boto_session().region_name
        return region

    def knows(self, region: str) -> bool:
        """Whether botocore lists the region. It may not list a new one yet."""
        session = self._boto_session()
        return any(
            region in session.get_available_regions("sesv2", partition)
            for partition in session.get_available_partitions()
        )

    def reading(self, service: str, region: str) -> Any:
        """A client for reads, with botocore's standard retries: three attempts."""
        return self._client(
            service, region, "standard", retries={"mode": "standard", "total_max_attempts": 3}
        )

    def writing(self, service: str, region: str) -> Any:
        """A client for changes, without retries: a repeated Create may create a second resource."""
        return self._client(service, region, "once", retries={"mode": "standard", "total_max_attempts": 1})

    def sending(self, region: str, *, concurrency: int = 1, timeout: float = 30.0) -> FastSender:
        """A sesv2 client without retries: SES has no idempotency token, so a retry may send a second message.

        `timeout` is in seconds. botocore does not validate parameters: their builders have done so.
        """
        posts: FastSender = self._client(
            "sesv2",
            region,
            f"send/{concurrency}/{timeout}",
            lambda client: FastSender(client, Connections(client, self._ca_bundle())),
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=min(_CONNECT_TIMEOUT, timeout),
            read_timeout=timeout,
            max_pool_connections=concurrency,
            parameter_validation=False,
        )
        return posts

    def _client(
        self,
        service: str,
        region: str,
        purpose: str,
        finish: Callable[[Any], Any] = lambda client: client,
        **config: Any,
    ) -> Any:
        key = (f"{service}@{region}", purpose)
        with self._lock:
            if key not in self._made:
                self._made[key] = finish(self._make(service, region, config))
            return self._made[key]

    def _make(self, service: str, region: str, config: dict[str, Any]) -> Any:
        from botocore.config import Config

        settings = {
            "connect_timeout": _CONNECT_TIMEOUT,
            "read_timeout": _READ_TIMEOUT,
            "user_agent_extra": f"sescli/{__version__}",
            **config,
        }
        keys = {}
        if self._target.local:
            settings["proxies"] = {}
            keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        with translated(f"a client for {service}"):
            try:
                client = self._boto_session().client(
                    service,
                    region_name=region,
                    endpoint_url=self._target.endpoint_url,
                    config=Config(**settings),
                    **keys,
                )
            except ValueError as error:
                if "Invalid endpoint" not in str(error):
                    raise unusable_configuration(error) from error
                raise UsageError(
                    f"the endpoint URL is not valid: {self._target.endpoint_url or error}",
                    hint="write it as http://HOST:PORT or https://HOST",
                ) from error
        client.meta.events.register("before-parse", whole_answer)
        return client

    def _ca_bundle(self) -> str | None:
        """The file of certificates that the AWS configuration names (ca_bundle, AWS_CA_BUNDLE), as in botocore."""
        self._boto_session()
        found: str | None = self._core.get_config_variable("ca_bundle")
        return found

    def _boto_session(self) -> boto3.Session:
        with self._lock:
            if self._session is None:
                with translated("the AWS session"):
                    self._core = self._local_session() if self._target.local else self._aws_session()
                    self._session = _boto3_session(self._core)
            return self._session

    def _aws_session(self) -> botocore.session.Session:
        import botocore.session

        core = botocore.session.Session(profile=self._target.profile)
        core.get_scoped_config()  # raises ProfileNotFound here, where it is translated
        return core

    @staticmethod
    def _local_session() -> botocore.session.Session:
        """A session without a profile: the emulator must not depend on the AWS configuration of the machine."""
        import botocore.session

        nowhere = {"profile": (None, None, None, None)}
        return botocore.session.Session(session_vars=nowhere)


def _boto3_session(core: botocore.session.Session) -> boto3.Session:
    """A boto3 session that shares its data loader with the other sessions of this process."""
    import boto3

    loader = _data_loader(core.get_config_variable("data_path"))
    core.register_component("data_loader", loader)
    session = boto3.Session(botocore_session=core)
    # Each boto3 session appends its own search path to the shared loader.
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)
    return session


@functools.cache
def _data_loader(data_path: str | None) -> Any:
    """Return the loader for a value of AWS_DATA_PATH.

    A loader caches the service models that it reads. A second loader parses the same JSON again, which costs
    more than the rest of a command.
    """
    from botocore.loaders import create_loader

    return create_loader(data_path)
