"""The program on a pseudo-terminal, and what its screen shows (pyte is a terminal in memory)."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

import pyte


class OnTerminal:
    """Run `sescli` on a terminal of 80 by 24; `type` keys, and read the `screen`."""

    def __init__(self, *arguments: str, columns: int = 80, lines: int = 24) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sescli", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
        )
        os.close(slave)
        self.raw = b""

    @property
    def screen(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, words: str, seconds: float = 30) -> str:
        """Read until the screen shows the words; give the screen. Fails when it never does."""
        deadline = time.monotonic() + seconds
        while words not in self.screen:
            assert time.monotonic() < deadline, f"never saw {words!r}:\n{self.screen}"
            if not self._read(0.2) and self._process.poll() is not None:
                break
        assert words in self.screen, f"ended without {words!r}:\n{self.screen}"
        return self.screen

    def end(self, seconds: float = 30) -> int:
        """Wait for its end and give the exit code."""
        deadline = time.monotonic() + seconds
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.screen}"
            self._read(0.1)
        while self._read(0):
            pass
        os.close(self._master)
        return self._process.returncode

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            content = os.read(self._master, 65536)
        except OSError:  # Linux's way to say that the other end has closed
            return False
        self.raw += content
        self._stream.feed(content)
        return bool(content)
