"""The one interface to AWS: reads, writes, sends and complete lists, with the errors and dry runs of sescli."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sescli.aws.clients import FALLBACK_REGION, Clients
from sescli.aws.dry_run import DryRunPlan
from sescli.aws.errors import translated
from sescli.aws.throttle_retry import retry_throttled
from sescli.errors import ApiError, SescliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sescli.aws.endpoint import AwsEndpoint
    from sescli.aws.fast_send import FastSender


# IAM names its page tokens Marker; every other service here NextToken.
_TOKENS = {"iam": "Marker"}

# Services without regions: their changes need no configured region.
_GLOBAL = frozenset({"iam", "route53"})


# Seconds before each retry of a throttled change: SES accepts most changes once a second.
_THROTTLE_PAUSES = (0.3, 0.7, 1.2)


def _ignore(_line: str) -> None:
    """Show nothing."""


class Gateway:
    """AWS at one endpoint. Operations and parameters have the names of the API.

    `announce` gets a warning, once, if a read uses the fallback region; `trace` gets one line per call.
    """

    def __init__(
        self,
        target: AwsEndpoint,
        *,
        dry_run: bool = False,
        announce: Callable[[str], None] = _ignore,
        trace: Callable[[str], None] = _ignore,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.target = target
        self.dry_run = dry_run
        self.plan = DryRunPlan()
        self._clients = Clients(target)
        self._announce = announce
        self._trace = trace
        self.sleep = sleep
        self._region: str | None = None
        self._announced = False

    def of_profile(self, profile: str) -> Gateway:
        """A gateway with the credentials of another profile, for instance the account that hosts the DNS zone.

        A dry run records the calls of both in one plan.
        """
        other = Gateway(
            replace(self.target, profile=profile),
            dry_run=self.dry_run,
            announce=self._announce,
            trace=self._trace,
            sleep=self.sleep,
        )
        other.plan = self.plan
        return other

    @property
    def region(self) -> str:
        """The region in use. Without a configured region, reads use us-east-1 with a warning."""
        region = self._configured()
        if region is None:
            region = FALLBACK_REGION
            if not self._announced:
                self._announced = True
                self._announce(f"no region is configured; reading from {region} (change it with --region)")
        return region

    @property
    def sending_url(self) -> str:
        """The URL that messages are sent to, as boto3 resolves it for this region.

        It comes from the settings, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SESV2 or `endpoint_url` in ~/.aws/config; otherwise
        it is AWS's own.
        """
        url: str = self._clients.reading("sesv2", self.region).meta.endpoint_url
        return url

    def read(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """Call a read operation. botocore retries it after throttling and temporary errors."""
        return self._call(service, operation, params)

    def write(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """Call an operation that changes something; a dry run records it and returns a placeholder.

        It is tried once, and raises `OutcomeUnknownError` if the answer is lost. Only a throttled call is repeated:
        AWS refused it before it changed anything.
        """
        if service not in _GLOBAL:
            self.require_region()
        if self.dry_run:
            return self.plan.record(service, operation, params)
        return retry_throttled(
            lambda: self._call(service, operation, params, changing=True),
            waits=_THROTTLE_PAUSES,
            sleep=self.sleep,
        )

    def send(self, operation: str, /, *, timeout: float = 30.0, **params: Any) -> dict[str, Any]:
        """SendEmail or SendBulkEmail (SES API v2), tried once.

        Raises `OutcomeUnknownError` if SES may or may not have accepted the message.
        """
        self.require_region()
        if self.dry_run:
            return self.plan.record("sesv2", operation, params)
        return self.sender(concurrency=1, timeout=timeout).call(operation, params)

    def sender(
        self, *, concurrency: int, timeout: float, trace: Callable[[str], None] | None = None
    ) -> EmailSender:
        """A thread-safe sender for concurrent calls; `timeout` is in seconds per call. Not for dry runs.

        `trace` gets the line of each call instead of the gateway's; it is called in the thread of the call.
        """
        self.require_region()
        if self.dry_run:
            raise SescliError("a dry run tried to send a message and was stopped", code="InternalError")
        posts = self._clients.sending(self.region, concurrency=concurrency, timeout=timeout)
        return EmailSender(posts, self.region, trace or self._trace)

    def pages(self, service: str, operation: str, key: str, /, **params: Any) -> Iterator[Any]:
        """Yield every item of every page of a list operation.

        The list ends where NextToken (in IAM: Marker) is missing, not at a short page. Raises `ApiError` if the
        service returns the same token twice, which would be an endless loop.
        """
        name = _TOKENS.get(service, "NextToken")
        token = None
        while True:
            page = self.read(service, operation, **params, **({name: token} if token else {}))
            yield from page.get(key, [])
            last, token = token, page.get(name)
            if not token:
                return
            if token == last:
                raise ApiError(
                    f"{service} {operation}: the service returned the same {name} twice", code="RepeatedToken"
                )

    def require_region(self) -> None:
        """Raise `UsageError` if no region is configured: a change never uses the fallback region."""
        if self._configured() is None:
            raise UsageError(
                "no region is configured, and a change needs one",
                hint="add --region eu-west-1, or set AWS_REGION=eu-west-1",
            )

    def _configured(self) -> str | None:
        if self._region is None:
            self._region = self._clients.configured_region()
            # The AWS endpoint of an unknown region does not resolve; other endpoints accept any name.
            if self._region and self.target.endpoint_url and not self._clients.knows(self._region):
                self._announce(
                    f"{self._region} is not an AWS region that this version of sescli knows; check the spelling"
                )
        return self._region

    def _call(
        self, service: str, operation: str, params: Mapping[str, Any], *, changing: bool = False
    ) -> dict[str, Any]:
        everywhere = service in _GLOBAL
        region = (self._clients.configured_region() or FALLBACK_REGION) if everywhere else self.region
        make = self._clients.writing if changing else self._clients.reading
        client = make(service, region)
        return _invoke(
            lambda: _called(client, operation, params),
            f"{service} {operation}",
            region,
            self._trace,
            changing=changing,
        )


class EmailSender:
    """Sends messages without retries. Thread-safe."""

    def __init__(self, posts: FastSender, region: str, trace: Callable[[str], None]) -> None:
        self._sender = posts
        self._region = region
        self._trace = trace

    def post(self, operation: str, body: str) -> dict[str, Any]:
        """Call SendEmail or SendBulkEmail with its parameters as JSON text.

        SendBulkEmail answers 200 even if every entry failed.
        """
        return self._once(operation, lambda: self._sender.post(operation, body.encode()))

    def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Call SendEmail or SendBulkEmail with its parameters as for boto3."""
        return self._once(operation, lambda: _called(self._sender.client, operation, params))

    def _once(self, operation: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return _invoke(call, f"sesv2 {operation}", self._region, self._trace, changing=True)


def _called(client: Any, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
    from botocore import xform_name

    answer: dict[str, Any] = getattr(client, xform_name(operation))(**params)
    return answer


def _invoke(
    call: Callable[[], dict[str, Any]],
    doing: str,
    region: str,
    trace: Callable[[str], None],
    *,
    changing: bool,
) -> dict[str, Any]:
    started = time.monotonic()
    outcome = "failed"
    try:
        with translated(doing, changing=changing):
            answer = call()
        outcome = f"request {answer.pop('ResponseMetadata', {}).get('RequestId', 'without an id')}"
        return answer
    finally:
        trace(f"{doing} in {region}: {outcome}, {(time.monotonic() - started) * 1000:.0f} ms")
