"""The entry point of `python -m sescli` and of the `sescli` script."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

# ExitCode.INTERRUPTED, without its import.
_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    try:
        from sescli.app import run
        from sescli.runtime import World

        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            _make_usable(name, mode)
        code = run(sys.argv[1:], World())
    except KeyboardInterrupt:  # before the command began: afterwards `run` handles it
        signal.signal(
            signal.SIGINT, signal.SIG_DFL
        )  # the terminal may be blocked: the next Ctrl-C ends the process
        sys.stderr.write("error: interrupted; nothing was done\n")
        code = _INTERRUPTED
    sys.exit(code)


def _make_usable(name: str, mode: str) -> None:
    """Replace a closed stream, which Python sets to None, and escape characters that a stream cannot encode."""
    stream = getattr(sys, name)
    if stream is None:
        setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - stays open until the process ends
    elif mode == "w":
        stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
