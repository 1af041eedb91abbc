"""The token of every emulator of the test suite, as a test suite of a user would set it."""

from __future__ import annotations

TOKEN = "token-of-this-test-suite"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
