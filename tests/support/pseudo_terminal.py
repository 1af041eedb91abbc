"""The program on a pseudo-terminal, and what its screen shows (pyte is a terminal in memory)."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence

import pyte


class _Screen(pyte.Screen):
    """A screen that answers what a program asks the terminal, as where the cursor is.

    Without an answer each question of the program waits a second for it.
    """

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, lines)
        self.write_process_input = answer


class OnTerminal:
    """Run `sescli` on a terminal of 80 by 24; `type` keys, and read the `screen`."""

    def __init__(
        self, *arguments: str, columns: int = 80, lines: int = 24, ignored: Sequence[signal.Signals] = ()
    ) -> None:
        def take_the_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            for number in ignored:
                signal.signal(number, signal.SIG_IGN)

        self._screen = _Screen(columns, lines, self.type)
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
            preexec_fn=take_the_terminal,  # noqa: PLW1509 - no threads here
        )
        os.close(slave)
        self.raw = b""

    @property
    def screen(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int = 24) -> None:
        """Make the window of another size."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def close(self, seconds: float = 30) -> int:
        """Close the window under the program, and give its exit code."""
        os.close(self._master)
        return self._process.wait(seconds)

    def until(self, words: str, seconds: float = 30) -> str:
        """Read until the screen shows the words; give the screen. Fails when it never does."""
        deadline = time.monotonic() + seconds
        while words not in self.screen:
            assert time.monotonic() < deadline, f"never saw {words!r}:\n{self.screen}"
            if not self.read(0.2) and self._process.poll() is not None:
                break
        assert words in self.screen, f"ended without {words!r}:\n{self.screen}"
        return self.screen

    def end(self, seconds: float = 30) -> int:
        """Wait for its end and give the exit code."""
        deadline = time.monotonic() + seconds
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.screen}"
            self.read(0.1)
        while self.read(0):
            pass
        os.close(self._master)
        return self._process.returncode

    def read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            content = os.read(self._master, 65536)
        except OSError:  # Linux's way to say that the other end has closed
            return False
        self.raw += content
        self._stream.feed(content)
        return bool(content)
