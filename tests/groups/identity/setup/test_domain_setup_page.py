"""docs/domain-setup.md: its recordings match the program."""

from __future__ import annotations

import os
import subprocess
import sys

from repository import DOCS


def test_domain_setup_page_has_current_recordings():
    recorded = subprocess.run(
        [sys.executable, "-X", "utf8", str(DOCS / "record_domain_setup.py"), "--stdout"],
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
        env={**os.environ},
    )
    assert recorded.returncode == 0, recorded.stderr
    assert recorded.stdout == (DOCS / "domain-setup.md").read_text("utf-8")
