"""The tests do not depend on the process that starts them: `nohup`, a background job, its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__)
_IGNORED = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1]
_START = f"""
import os, signal, sys
for number in {[int(number) for number in _IGNORED]}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR2])
os.umask(0o077)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
_ENVIRONMENT = {
    "AWS_PROFILE": "nope",
    "LC_ALL": "C",
    "SMTP_PASSWORD": "secret",
    "TZ": "Asia/Kathmandu",
    "http_proxy": "http://127.0.0.1:1",
}


def test_session_starts_from_a_known_state():
    """Also run below, in a session whose parent process leaves a different state."""
    show = (
        "import signal; print(*sorted(int(number) for number in signal.valid_signals()"
        " if signal.getsignal(number) == signal.SIG_IGN), signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    )
    ran = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    by_python = sorted([int(signal.SIGPIPE), int(signal.SIGXFSZ)])
    assert ran.stdout.split() == [*map(str, by_python), "set()"]
    mask = os.umask(0o022)
    assert mask == 0o022
    assert not {"AWS_PROFILE", "LC_ALL", "SMTP_PASSWORD", "http_proxy"} & set(os.environ)
    assert time.localtime().tm_gmtoff == 0


def test_state_of_the_parent_process_does_not_reach_the_tests():
    inner = f"{HERE}::test_session_starts_from_a_known_state"
    ran = subprocess.run(
        [sys.executable, "-c", _START, "-m", "pytest", "-q", "-p", "no:cacheprovider", inner],
        cwd=HERE.parents[1],
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout
