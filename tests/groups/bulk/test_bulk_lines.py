"""Progress without a terminal: a first line soon, and not thousands of lines."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

from sescli.groups.bulk.engine.progress import Progress
from sescli.groups.bulk.views.progress import _PlainLines


def test_progress_lines_start_soon_then_slow_down_to_one_a_minute():
    now, said = [1000.0], []
    output = SimpleNamespace(note=lambda text: said.append((now[0] - 1000.0, text)))
    lines = _PlainLines(output, lambda: now[0])
    done = 0
    while now[0] < 1000.0 + 5 * 3600:
        now[0] += 0.25
        done += 3
        lines.on_progress(
            Progress(1_000_000, done, 0, 0, 1_000_000 - done, 0, 0, done, 0, 12.0, 14.0, 60.0, 1.0, None)
        )
    at = [moment for moment, _ in said]
    assert at[0] == 5.0
    assert sum(moment <= 60 for moment in at) == 12
    assert sum(moment <= 3600 for moment in at) < 120
    assert len(at) < 400
    assert max(later - earlier for earlier, later in itertools.pairwise(at)) <= 60.25
    assert said[0][1] == "60 of 1,000,000, sent 60, failed 0, 12.0/s of 14/s, 1:00 left"
