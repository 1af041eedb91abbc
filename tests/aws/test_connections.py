"""Proxies and TLS that fail: before a byte of a send left, or after SES had it.

The first is tried again by whoever sends, so the second must never look like it.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import closing, suppress

import pytest
from smtp_servers import Authority

from sescli.aws.endpoint import AwsEndpoint
from sescli.aws.gateway import Gateway
from sescli.errors import NetworkError, OutcomeUnknownError

REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


class Middlebox:
    """Takes connections on loopback, and does with each what it is told; `requests` counts bodies that came through."""

    def __init__(self, treat, context=None):
        self._server = socket.create_server(("127.0.0.1", 0))
        self._treat, self._context = treat, context
        self.requests = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self):
        return self._server.getsockname()[1]

    def _serve(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with closing(connection), suppress(OSError):
                self._one(connection)

    def _one(self, connection):
        if self._treat == "refuse":
            connection.recv(65536)
            connection.sendall(REFUSED)
            return
        if self._treat == "babble":
            connection.recv(65536)
            connection.sendall(b"no TLS here\r\n" * 9)
            return
        stream = self._context.wrap_socket(connection, server_side=True) if self._context else connection
        self._take_request(stream)
        self.requests += 1
        raw = socket.socket(fileno=socket.dup(stream.fileno())) if self._context else stream
        if self._treat == "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self._treat == "garble":
            raw.sendall(b"no TLS any more\r\n" * 9)
        raw.close()
        if raw is not stream:
            stream.close()

    @staticmethod
    def _take_request(stream):
        taken = b""
        while b"\r\n\r\n" not in taken:
            taken += stream.recv(65536)
        head, _, body = taken.partition(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            body += stream.recv(65536)

    def close(self):
        self._server.close()


@pytest.fixture
def middlebox():
    made = []

    def make(treat, context=None):
        made.append(Middlebox(treat, context))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def sender(monkeypatch):
    # The proxies of a test are for ses.test alone.
    monkeypatch.setenv("no_proxy", "localhost")

    def make(url, **environment):
        for name, value in {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", **environment}.items():
            monkeypatch.setenv(name, str(value))
        return Gateway(AwsEndpoint(region="us-east-1", endpoint_url=url)).sender(concurrency=1, timeout=5)

    return make


def post(sender):
    return sender.post("SendBulkEmail", "{}")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.mark.parametrize("ending", ["reset", "close"])
def test_a_proxy_that_passed_a_send_on_and_hung_up_leaves_it_unknown(sender, middlebox, ending):
    proxy = middlebox(ending)
    by_proxy = sender("http://ses.test", http_proxy=f"http://127.0.0.1:{proxy.port}")
    with pytest.raises(OutcomeUnknownError):
        post(by_proxy)
    assert proxy.requests == 1


def test_a_proxy_that_is_not_there_took_nothing(sender):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    for scheme in ("http", "https"):
        with pytest.raises(NetworkError):
            post(sender(f"{scheme}://ses.test", **{f"{scheme}_proxy": f"http://127.0.0.1:{port}"}))


def test_a_proxy_that_refuses_to_connect_took_nothing(sender, middlebox):
    proxy = middlebox("refuse")
    with pytest.raises(NetworkError):
        post(sender("https://ses.test", https_proxy=f"http://127.0.0.1:{proxy.port}"))


@pytest.mark.parametrize("ending", ["garble", "reset", "close"])
def test_tls_that_breaks_when_the_request_is_through_leaves_it_unknown(sender, middlebox, authority, ending):
    server = middlebox(ending, authority.context())
    over_tls = sender(f"https://localhost:{server.port}", AWS_CA_BUNDLE=authority.file)
    with pytest.raises(OutcomeUnknownError):
        post(over_tls)
    assert server.requests == 1


def test_a_certificate_that_is_unknown_and_a_server_without_tls_took_nothing(sender, middlebox, authority):
    for server in (middlebox("close", authority.context()), middlebox("babble")):
        with pytest.raises(NetworkError):
            post(sender(f"https://localhost:{server.port}"))
        assert server.requests == 0
