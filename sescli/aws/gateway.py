"""The one way to AWS: reads, writes, sends and complete lists, with sescli's errors and dry run."""

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

# Services of the whole account: a change of theirs happens in no region, so none must be named.
_GLOBAL = frozenset({"iam", "route53"})


# Seconds between the tries of a throttled change: SES takes most of them once a second.
_THROTTLE_PAUSES = (0.3, 0.7, 1.2)


def _ignore(_line: str) -> None:
    """Say nothing."""


class Gateway:
    """AWS for one target. Operations and parameters are spelt as the API spells them.

    `announce` is told once when a read has to guess its region; `trace` gets one line a call.
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
        self._sleep = sleep
        self._region: str | None = None
        self._announced = False

    def of_profile(self, profile: str) -> Gateway:
        """The same AWS with another profile's credentials, as where another account has the DNS.

        A dry run is one plan for both.
        """
        other = Gateway(
            replace(self.target, profile=profile),
            dry_run=self.dry_run,
            announce=self._announce,
            trace=self._trace,
            sleep=self._sleep,
        )
        other.plan = self.plan
        return other

    @property
    def region(self) -> str:
        """The region in use; without a configured one reads go to us-east-1, and it is said once."""
        region = self._configured()
        if region is None:
            region = FALLBACK_REGION
            if not self._announced:
                self._announced = True
                self._announce(f"no region is configured: reading {region} (choose with --region)")
        return region

    def read(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """Call a read operation. Throttling and passing faults are retried by botocore."""
        return self._call(service, operation, params)

    def write(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """Call an operation that changes something; under a dry run record it and give a stand-in.

        It is tried once: where its answer is lost, `OutcomeUnknownError` says so. Only a throttled call, which
        AWS refused before it did anything, is tried again.
        """
        if service not in _GLOBAL:
            self.require_region()
        if self.dry_run:
            return self.plan.record(service, operation, params)
        return retry_throttled(
            lambda: self._call(service, operation, params, changing=True),
            waits=_THROTTLE_PAUSES,
            sleep=self._sleep,
        )

    def send(self, operation: str, /, *, timeout: float = 30.0, **params: Any) -> dict[str, Any]:
        """SendEmail or SendBulkEmail (SES API v2), tried once.

        Raises `OutcomeUnknownError` where the mail may or may not have been accepted.
        """
        self.require_region()
        if self.dry_run:
            return self.plan.record("sesv2", operation, params)
        return self.sender(concurrency=1, timeout=timeout).call(operation, params)

    def sender(self, *, concurrency: int, timeout: float) -> EmailSender:
        """A thread-safe sender for many calls at once; `timeout` in seconds a call. A dry run gets none."""
        self.require_region()
        if self.dry_run:
            raise SescliError("a dry run was about to send mail, and was stopped", code="InternalError")
        posts = self._clients.sending(self.region, concurrency=concurrency, timeout=timeout)
        return EmailSender(posts, self.region, self._trace)

    def pages(self, service: str, operation: str, key: str, /, **params: Any) -> Iterator[Any]:
        """Every item of every page of a list operation, as it comes.

        The end is the absence of NextToken (in IAM of Marker), never a short page. A service that hands out
        the same token twice is refused, because that loop would not end.
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
                raise ApiError(f"{service} {operation}: the service repeats its {name}", code="RepeatedToken")

    def require_region(self) -> None:
        """Refuse to change anything in a region that nobody named."""
        if self._configured() is None:
            raise UsageError(
                "no region is configured, and a change is never made in a guessed one",
                hint="name it: --region eu-west-1, or AWS_REGION=eu-west-1",
            )

    def _configured(self) -> str | None:
        if self._region is None:
            self._region = self._clients.configured_region()
            # AWS's own endpoint of a region that is none does not resolve; another endpoint takes any name.
            if self._region and self.target.endpoint_url and not self._clients.knows(self._region):
                self._announce(f"{self._region} is no AWS region that this version knows")
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
    """Sends with retries off, from many threads at once."""

    def __init__(self, posts: FastSender, region: str, trace: Callable[[str], None]) -> None:
        self._posts = posts
        self._region = region
        self._trace = trace

    def post(self, operation: str, body: str) -> dict[str, Any]:
        """Either sending operation, with its parameters as the JSON text that SES takes.

        SendBulkEmail answers 200 even where every entry failed.
        """
        return self._once(operation, lambda: self._posts.post(operation, body.encode()))

    def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Either sending operation, with its parameters as boto3 takes them."""
        return self._once(operation, lambda: _called(self._posts.client, operation, params))

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
