"""Which user owns the other end of a connection on this machine."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

_TABLE = Path("/proc/net/tcp")
_LOCAL, _REMOTE, _UID = 1, 2, 7  # columns (Linux: Documentation/networking/proc_net_tcp.rst)


def is_other_user(peer: tuple[str, int] | None, server_port: int) -> bool:
    """Whether the client is a process of another user than this one.

    False where that is unknown: on systems other than Linux, and for clients outside of this network namespace.
    """
    uid = None if peer is None else _find_uid(peer, server_port)
    return uid is not None and uid != os.getuid()


def _find_uid(peer: tuple[str, int], server_port: int) -> int | None:
    try:
        wanted = (_spell(peer[0], peer[1]), _spell("127.0.0.1", server_port))
        lines = _TABLE.read_text("ascii").splitlines()[1:]
    except (OSError, ValueError):
        return None
    for columns in map(str.split, lines):
        if (columns[_LOCAL], columns[_REMOTE]) == wanted:
            return int(columns[_UID])
    return None


def _spell(address: str, port: int) -> str:
    """Return `address:port` as the table has it: the address as a number in the byte order of the machine."""
    number = int.from_bytes(ipaddress.IPv4Address(address).packed, sys.byteorder)
    return f"{number:08X}:{port:04X}"
