"""BIND itself on loopback: a primary server of one zone that takes signed dynamic updates."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dns.exception
import dns.message
import dns.query
import dns.rdatatype
import dns.tsigkeyring
import dns.update
import dns.zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Debian's bind9; /usr/sbin is not on everybody's path.
PROGRAM = shutil.which("named") or shutil.which("named", path="/usr/sbin")

_CONFIGURATION = """\
include "{folder}/key.conf";
key "reader" {{ algorithm hmac-sha256; secret "{reader}"; }};
options {{
    directory "{folder}";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file "{folder}/named.pid";
    session-keyfile "{folder}/session.key";
    recursion no;
    dnssec-validation no;
    notify no;
    allow-transfer {{ 127.0.0.1; }};
}};
controls {{ }};
zone "example.com" {{ type primary; file "zone"; allow-update {{ key "publisher"; }}; }};
zone "fixed.example" {{ type primary; file "fixed"; }};
"""
_ZONE = """\
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 300
@ IN NS ns1
ns1 IN A 192.0.2.1
"""


class Bind:
    """A running server: where it is, its key files, and what its zone holds."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.key = folder / "key.conf"
        self.reader = folder / "reader.conf"

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def sets(self) -> dict[tuple[str, str], list[str]]:
        """All record sets but those that every zone has, by transfer."""
        zone = dns.zone.from_xfr(
            dns.query.xfr("127.0.0.1", "example.com", port=self.port, relativize=False), relativize=False
        )
        found: dict[tuple[str, str], list[str]] = {}
        for name, _, data in zone.iterate_rdatas():
            kind = dns.rdatatype.to_text(data.rdtype)
            if kind not in {"SOA", "NS"} and not name.to_text().startswith("ns1."):
                found.setdefault((name.to_text(omit_final_dot=True), kind), []).append(data.to_text())
        return {key: sorted(values) for key, values in found.items()}

    def clear(self) -> None:
        """Back to the zone as it began."""
        for name, kind in self.sets():
            self.put(name, kind)

    def put(self, name: str, kind: str, *values: str, ttl: int = 300) -> None:
        """Put a record set into the zone, past sescli."""
        secret = self.key.read_text().partition('secret "')[2].partition('"')[0]
        update = dns.update.UpdateMessage(
            "example.com",
            keyring=dns.tsigkeyring.from_text({"publisher": secret}),
            keyalgorithm="hmac-sha256",
        )
        update.delete(f"{name}.", kind)
        for value in values:
            update.add(f"{name}.", ttl, kind, value)
        assert dns.query.tcp(update, "127.0.0.1", port=self.port, timeout=5).rcode() == 0


@contextmanager
def bind(folder: Path) -> Iterator[Bind]:
    """Run named until the end; its folder must be its own."""
    (folder / "zone").write_text(_ZONE)
    (folder / "fixed").write_text(_ZONE)
    server = Bind(folder, _free_port())
    _write_key(server.key, "publisher")
    reader = _write_key(server.reader, "reader")
    configuration = folder / "named.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=server.port, reader=reader))
    with subprocess.Popen(
        [str(PROGRAM), "-g", "-c", str(configuration), "-n", "1", "-U", "1"],
        stderr=(folder / "log").open("w"),
        cwd=folder,
    ) as process:
        try:
            _await(server, process)
            yield server
        finally:
            process.terminate()


def _write_key(path: Path, name: str) -> str:
    secret = b64encode(secrets.token_bytes(32)).decode()
    path.write_text(f'key "{name}" {{\n\talgorithm hmac-sha256;\n\tsecret "{secret}";\n}};\n')
    return secret


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: Bind, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert process.poll() is None, (server.folder / "log").read_text()
        try:
            question = dns.message.make_query("example.com", "SOA")
            dns.query.udp(question, "127.0.0.1", port=server.port, timeout=0.5)
        except (dns.exception.Timeout, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError((server.folder / "log").read_text())
