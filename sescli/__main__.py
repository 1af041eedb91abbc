"""`python -m sescli`, and the `sescli` script."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process."""
    from sescli.app import run
    from sescli.runtime import World

    sys.exit(run(sys.argv[1:], World()))


if __name__ == "__main__":
    main()
