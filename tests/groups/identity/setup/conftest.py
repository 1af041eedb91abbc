"""DNS of a domain on loopback, and an emulator that verifies identities by querying it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from name_server import NameServer
from program import Ran, Stream

from sescli.app import run
from sescli.emulator import process
from sescli.emulator.client import Inbox
from sescli.prompts.scripted_prompter import ScriptedPrompter
from sescli.runtime import World

if TYPE_CHECKING:
    from sescli.emulator.process import LocalServer


@pytest.fixture(scope="session")
def _name_server() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


@pytest.fixture
def dns(_name_server: NameServer) -> NameServer:
    """The name server, without records."""
    _name_server.clear()
    return _name_server


@pytest.fixture(scope="session")
def _dns_ses(tmp_path_factory: pytest.TempPathFactory, _name_server: NameServer) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("dns-ses")
    yield process.start(ephemeral=True, verification="dns", resolver=_name_server.place, folder=folder)
    process.stop(folder)


@pytest.fixture
def unshared_dns() -> Iterator[NameServer]:
    """A name server for one test: its `questions` are only those of the test.

    `_dns_ses` queries `dns` in the background for pending identities, even for those of an earlier test.
    """
    with NameServer() as server:
        yield server


@pytest.fixture
def asking_ses(
    ses: Inbox, dns: NameServer, _dns_ses: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Inbox]:
    """The emulator that queries `dns`. Its identities are removed afterwards."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", _dns_ses.endpoint_url)
    inbox = Inbox(_dns_ses.endpoint_url)
    inbox.reset()
    yield inbox
    inbox.reset()


MOST_SLEEPS = 50


@dataclass
class Time:
    """A clock that advances when the program sleeps. Each sleep calls one of `when_asleep`."""

    now: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)
    when_asleep: list[Callable[[], object]] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)
        assert len(self.slept) < MOST_SLEEPS, "the program waits forever"
        if self.when_asleep:
            self.when_asleep.pop(0)()

    def clock(self) -> float:
        return self.now


@pytest.fixture
def time_flies() -> Time:
    return Time()


@pytest.fixture
def on_time(monkeypatch: pytest.MonkeyPatch, time_flies: Time) -> Callable[..., Ran]:
    """Run the real program with the clock of `time_flies`."""

    def call(*arguments: str, answers: Sequence[tuple[str, Any]] | None = None, tty: bool = False) -> Ran:
        source, out, err = Stream(tty=tty), Stream(tty=tty), Stream(tty=tty)
        prompter = ScriptedPrompter(answers) if answers is not None else None
        world = World(
            stdin=source,
            stdout=out,
            stderr=err,
            environ=os.environ,
            prompter=prompter,
            sleep=time_flies.sleep,
            clock=time_flies.clock,
        )
        monkeypatch.setattr(sys, "stdin", source)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(arguments, world)
        if prompter is not None:
            prompter.finish()
        return Ran(code, out.text(), err.text())

    return call


@pytest.fixture
def publish(boto: Callable[[str], Any], dns: NameServer) -> Callable[..., None]:
    """Publish the records that SES requires for an identity: all, or only some purposes."""

    def put(domain: str = "example.com", *purposes: str) -> None:
        answer = boto("sesv2").get_email_identity(EmailIdentity=domain)
        dkim, mail_from = answer["DkimAttributes"], answer.get("MailFromAttributes", {}).get("MailFromDomain")
        if not purposes or "dkim" in purposes:
            for token in dkim["Tokens"]:
                dns.publish(f"{token}._domainkey.{domain}", "CNAME", f"{token}.{dkim['SigningHostedZone']}.")
        if mail_from and (not purposes or "mail_from" in purposes):
            dns.publish(mail_from, "MX", "10 feedback-smtp.us-east-1.amazonses.com.")
            dns.publish(mail_from, "TXT", '"v=spf1 include:amazonses.com ~all"')

    return put
