"""The progress bar of a bulk run: text from SES cannot control the terminal."""

from __future__ import annotations

import io

from rich.console import Console

from sescli.groups.bulk.engine.progress import Progress
from sescli.groups.bulk.views.progress import _render


def test_progress_bar_shows_control_characters_of_a_note_as_text():
    note = "paused \x1b]0;title\x07\x1b[2J\nsent 1,000,000; waiting for 3 calls under way"
    progress = Progress(10, 5, 0, 0, 5, 0, 0, 1, 0, 1.0, 2.0, 1.0, 1.0, note)
    drawn = io.StringIO()
    Console(file=drawn, width=120, color_system=None).print(_render(progress, 120))
    assert "\x1b" not in drawn.getvalue()
    assert "\x07" not in drawn.getvalue()
    bar, below = drawn.getvalue().splitlines()
    assert "sent 5" in bar
    assert below.startswith("paused ")
