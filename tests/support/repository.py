"""Where the parts of the repository are, wherever the test that asks is."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
COMPLETIONS = ROOT / "completions"
