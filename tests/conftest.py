"""What every test stands on: no AWS of the machine's own, nothing but loopback, and the real program."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import fuzzing
import pytest
from emulator_access import TOKEN
from program import Ran, Sescli, Stream
from property_examples import register_profiles

from sescli.app import run
from sescli.prompts.scripted_prompter import ScriptedPrompter
from sescli.runtime import World

if TYPE_CHECKING:
    from pathlib import Path

    from sescli.emulator.client import Inbox
    from sescli.emulator.process import LocalServer

pytest_plugins = ("example_fixtures", "service_fixtures")

# What a shell or a CI system may set and what changes the output or the network of the program.
_FOREIGN = (
    "ALL_PROXY",
    "BROWSER",
    "COLUMNS",
    "LANG",
    "LC_",
    "PYTHONIOENCODING",
    "PYTHONOPTIMIZE",
    "PYTHONUTF8",
    "PYTHONWARNINGS",
    "SMTP_",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "LINES",
    "AWS_",
    "SESCLI_",
    "XDG_",
    "COLOR",
    "CLICOLOR",
    "NO_COLOR",
    "FORCE_COLOR",
    "CI",
    "GITHUB_",
    "TERM",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test fails the run, as in CI")
    parser.addoption(
        "--random-order-seed",
        metavar="N",
        help="shuffle the modules, and the tests in each",
    )
    fuzzing.add_options(parser)


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("random_order_seed")
    return seed and f"random order: --random-order-seed={seed}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle where a seed is given. Modules stay together, because their fixtures start servers."""
    seed = config.getoption("random_order_seed")
    if seed is None:
        return
    order = random.Random(seed)
    rank = {path: order.random() for path in dict.fromkeys(item.path for item in items)}
    order.shuffle(items)
    items.sort(key=lambda item: rank[item.path])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Repeat the seed at the end, where -q has left out the header."""
    if header := pytest_report_header(config):
        terminalreporter.write_line(header)
    fuzzing.summary(terminalreporter)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--fail-on-skip") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class _NotLoopbackError(AssertionError):
    """A test tried to reach another machine."""


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    _, address = arguments
    if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost")):
        raise _NotLoopbackError(f"a test connects to {address}")


sys.addaudithook(_guard)


def _reset_signals() -> None:
    """Undo what the parent process left: ignored signals (nohup, `&` in a script) and blocked signals.

    Child processes inherit both, and tests interrupt them. Python itself ignores SIGPIPE and SIGXFSZ, and
    restores them in child processes.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


_reset_signals()
os.umask(0o022)
register_profiles()


@pytest.fixture(scope="session", autouse=True)
def _bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No AWS configuration, UTC, and for child processes a proxy that leads nowhere.

    For the whole session, because servers that many tests share inherit the environment too.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_FOREIGN):
                patch.delenv(name)
        settings = {
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(tmp_path_factory.mktemp("home")),
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1,localhost",
            "SESCLI_LOCAL_TOKEN": TOKEN,
            "SHELL": "/bin/bash",
            "TZ": "UTC",
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        time.tzset()
        yield


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty HOME of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> fuzzing.Fuzz:
    """Runs generators of hostile inputs (tests/support/fuzzing.py)."""
    properties = request.node.user_properties
    seed = request.config.getoption("fuzz_seed")
    return fuzzing.Fuzz(seed, lambda line: properties.append((fuzzing.PROPERTY, line)))


@pytest.fixture(scope="session")
def ses_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """One emulator for the whole run."""
    from sescli.emulator import process

    folder = tmp_path_factory.mktemp("ses")
    yield process.start(ephemeral=True, folder=folder)
    process.stop(folder)


@pytest.fixture
def ses(ses_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """The emulator, empty, as the AWS of this test; returns its inbox and settings.

    The program finds it as any boto3 program finds an endpoint: by AWS_ENDPOINT_URL.
    """
    from sescli.emulator.client import Inbox

    for name, value in {
        "AWS_ENDPOINT_URL": ses_server.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    inbox = Inbox(ses_server.endpoint_url)
    inbox.reset()
    return inbox


@functools.cache
def _client(service: str, endpoint_url: str) -> Any:
    """A client costs 60 ms to make, so the tests share them."""
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.session.Session().client(service, endpoint_url=endpoint_url, **keys)


@pytest.fixture
def boto(ses: Inbox) -> Callable[[str], Any]:
    """boto3 clients for the emulator that the test uses at this point, to read an effect back: `boto("sesv2")`."""
    return lambda service: _client(service, os.environ["AWS_ENDPOINT_URL"])


@pytest.fixture
def sescli(monkeypatch: pytest.MonkeyPatch) -> Sescli:
    """Run the real program in this process: `sescli("identity", "list", "-o", "json")`.

    `answers` is a script of (part of a question, answer) for its questions; every answer must be asked for.
    `stdin` is what standard input holds. `tty` makes the streams look like a terminal.
    """

    def call(
        *arguments: str,
        answers: Sequence[tuple[str, Any]] | None = None,
        stdin: str | bytes = b"",
        tty: bool = False,
    ) -> Ran:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        source, out, err = Stream(content, tty=tty), Stream(tty=tty), Stream(tty=tty)
        prompter = ScriptedPrompter(answers) if answers is not None else None
        world = World(stdin=source, stdout=out, stderr=err, environ=os.environ, prompter=prompter)
        monkeypatch.setattr(sys, "stdin", source)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(arguments, world)
        if prompter is not None:
            prompter.finish()
        return Ran(code, out.text(), err.text())

    return call
