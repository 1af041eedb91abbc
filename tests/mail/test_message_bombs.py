"""Hostile messages cost little time and memory, whatever they contain. The limits are those of the operating system."""

from __future__ import annotations

import subprocess
import sys

import message_bombs
import pytest


@pytest.mark.parametrize("kind", message_bombs.LIMITS)
def test_hostile_message_needs_little_time_and_memory(kind):
    """Received messages of 250 KB are read, and raw messages are checked or refused."""
    command = [sys.executable, message_bombs.__file__, kind]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr[-2000:]
