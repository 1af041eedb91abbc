"""Runs the rows of conformance_rows/ against any endpoint. Each row is a response of SES with its source.

A row has the setup in `given` (calls that must succeed), the `call`, and the expected `answer`:

    - row: A 51st recipient is refused
      source: docs/ses-behavior.md#recipients-per-message
      given: [domain]
      call: sesv2.SendEmail
      with: {…}
      answer: {error: BadRequestException, status: 400, text: part of the message}

`members` of an answer are JMESPath expressions and their values, `matches` the same with regular expressions. A setup
step may `save` values of its answer, to be used later as `${name}`, and may run several `times`, with `{n}` as its
number. A step `switch` changes a setting of the emulator, for a state that no API call can create. `listen` subscribes
a queue to a configuration set, and `call: event` waits for an event of a type in this queue.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jmespath
import yaml
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from jmespath.exceptions import JMESPathTypeError

FOLDER = Path(__file__).parent / "conformance_rows"
_SAVED = re.compile(r"\$\{(\w+)\}")
_QUEUE = "events-of-the-row"


class RowError(AssertionError):
    """The answer differs from the row, or the setup failed."""


@dataclass
class Server:
    """An endpoint: its boto3 clients by service, its reset function, and its settings if it has any."""

    client: Callable[[str], Any]
    reset: Callable[[], Any]
    switch: Callable[..., Any] | None = None
    patience: float = 15.0  # seconds to wait for an event


@dataclass
class _Run:
    server: Server
    saved: dict[str, str] = field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    """YAML with `!repeat [text, times]`, `!list [pattern with {n}, length]` and `!bytes text`."""


def _repeat(loader: _Loader, node: yaml.Node) -> str:
    text, times = loader.construct_sequence(node)
    return text * times


def _list(loader: _Loader, node: yaml.Node) -> list[Any]:
    pattern, length = loader.construct_sequence(node, deep=True)
    return [_numbered(pattern, n) for n in range(1, length + 1)]


def _bytes(loader: _Loader, node: yaml.Node) -> bytes:
    text = loader.construct_scalar(node)
    return text.encode("latin-1")


_Loader.add_constructor("!repeat", _repeat)
_Loader.add_constructor("!list", _list)
_Loader.add_constructor("!bytes", _bytes)


def rows() -> list[dict[str, Any]]:
    """All rows, in the order of their files. `given` names are resolved."""
    givens: dict[str, list[Any]] = yaml.load((FOLDER / "givens.yaml").read_text("utf-8"), _Loader)
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.stem != "givens":
            loaded = yaml.load(path.read_text("utf-8"), _Loader)
            found += [
                row | {"file": path.stem, "steps": _steps(row.get("given", []), givens)} for row in loaded
            ]
    return found


def _steps(given: list[Any], givens: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    steps = []
    for each in given:
        nested = givens[each] if isinstance(each, str) else each
        steps += _steps(nested, givens) if isinstance(nested, list) else [nested]
    return steps


def needs_switch(row: Mapping[str, Any]) -> bool:
    """Whether the row needs a setting of the emulator."""
    return any("switch" in step for step in row["steps"])


def check(row: Mapping[str, Any], server: Server) -> None:
    """Reset the server and run the row on it. Raises RowError."""
    server.reset()
    run = _Run(server)
    for step in row["steps"]:
        _bring_about(run, step)
    answer = row["answer"]
    try:
        got = (
            _event(run, row["with"])
            if row["call"] == "event"
            else _call(run, row["call"], row.get("with", {}))
        )
    except ClientError as error:
        _check_error(answer, error)
        return
    except (BotoCoreError, ResponseParserError) as error:
        raise RowError(f"no answer that boto3 can read: {error}") from error
    if "error" in answer:
        raise RowError(f"it is not refused: {got}")
    _check_members(answer, got)


def _bring_about(run: _Run, step: Mapping[str, Any]) -> None:
    (what, arguments), *_ = step.items()
    try:
        if what == "switch":
            if run.server.switch is None:
                raise RowError("this server has no switches")
            run.server.switch(**arguments)
        elif what == "listen":
            _listen(run, arguments)
        else:
            for n in range(1, step.get("times", 1) + 1):
                got = _call(run, what, _numbered(arguments, n) if "times" in step else arguments)
            run.saved |= {name: _search(path, got) for name, path in step.get("save", {}).items()}
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        raise RowError(f"what is given cannot be brought about: {what}: {error}") from error


def _call(run: _Run, operation: str, arguments: Any) -> dict[str, Any]:
    service, name = operation.split(".")
    method = getattr(run.server.client(service), xform_name(name))
    return method(**_filled(arguments, run.saved))


def _numbered(value: Any, n: int) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", str(n))
    if isinstance(value, list):
        return [_numbered(each, n) for each in value]
    if isinstance(value, dict):
        return {key: _numbered(each, n) for key, each in value.items()}
    return value


def _filled(value: Any, saved: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _SAVED.sub(lambda found: str(saved[found[1]]), value)
    if isinstance(value, list):
        return [_filled(each, saved) for each in value]
    if isinstance(value, dict):
        return {key: _filled(each, saved) for key, each in value.items()}
    return value


def _check_error(answer: Mapping[str, Any], error: ClientError) -> None:
    response: Any = error.response
    got = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
    if "error" not in answer:
        raise RowError(f"it is refused: {error}") from error
    wanted = (answer["error"], answer.get("status", 400))
    if got != wanted:
        raise RowError(f"refused with {got}, not with {wanted}: {error}") from error
    if answer.get("text", "") not in response["Error"]["Message"]:
        raise RowError(f"the message has no {answer['text']!r}: {error}") from error


def _check_members(answer: Mapping[str, Any], got: Mapping[str, Any]) -> None:
    for path, wanted in answer.get("members", {}).items():
        found = _search(path, got)
        if found != wanted:
            raise RowError(f"{path} is {found!r}, not {wanted!r}")
    for path, pattern in answer.get("matches", {}).items():
        found = _search(path, got)
        if not re.search(pattern, str(found)):
            raise RowError(f"{path} is {found!r}, which does not match {pattern}")


def _search(path: str, got: Mapping[str, Any]) -> Any:
    try:
        return jmespath.search(path, got)
    except JMESPathTypeError as error:  # the length of a missing value
        raise RowError(f"{path} cannot be told: {error}") from error


def _listen(run: _Run, arguments: Mapping[str, Any]) -> None:
    """Create an event destination of the set that publishes to a topic, and a queue that is subscribed to it."""
    sqs, sns = run.server.client("sqs"), run.server.client("sns")
    url = sqs.create_queue(QueueName=_QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=_QUEUE)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    run.server.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=arguments["set"],
        EventDestinationName="queue",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": arguments["types"],
            "SnsDestination": {"TopicArn": topic},
        },
    )


def _event(run: _Run, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Wait for the first event of the type in the queue."""
    sqs = run.server.client("sqs")
    url = sqs.get_queue_url(QueueName=_QUEUE)["QueueUrl"]
    end = time.monotonic() + run.server.patience
    while time.monotonic() < end:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            try:
                event = json.loads(message["Body"])
            except ValueError:  # the text that SES publishes to a new topic
                continue
            if event.get("eventType") == wanted["type"]:
                return event
        time.sleep(0.02)
    raise RowError(f"no {wanted['type']} event came")
