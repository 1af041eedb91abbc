"""The parts of GitHub Actions and GitLab CI that the example files use; their scripts run in a real bash.

Each class stores what the system stores between attempts, serves its API on loopback, and runs each attempt in a new
workspace. A key in an example file that the class does not know fails the test.
"""

from __future__ import annotations

import http.server
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from repository import ROOT

EXAMPLES = ROOT / "examples" / "ci"
TOKEN = "the-token-of-the-job"
# How an attempt ends: normally; sescli is killed; the job is cancelled; the machine is lost.
ENDS, KILLED, CANCELLED, LOST = "ends", "killed", "cancelled", "lost"
_SOME = 4


@dataclass(frozen=True)
class Attempt:
    """How an attempt ended: the exit code of sescli (None if it did not run), and all output."""

    good: bool
    code: int | None
    said: str


@dataclass
class Player:
    """What both systems have in common. `mails` returns the number of messages sent."""

    folder: Path
    batch: str
    mails: Callable[[], int]
    down: bool = False
    number: int = 0
    said: list[str] = field(default_factory=list)
    code: int | None = None
    fate: str = ENDS

    def _workspace(self) -> Path:
        self.number += 1
        self.said, self.code = [], None
        workspace = self.folder / f"workspace-{self.number}"
        (workspace / "mailings").mkdir(parents=True)
        (workspace / "mailings" / "news.yaml").write_text(self.batch)
        return workspace

    def _environ(self, **more: str) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "MAILING": "news", "SESCLI": "sescli", **more}

    def _bash(self, script: str, workspace: Path, environ: dict[str, str]) -> int:
        """Run a script as a runner does; the attempt ends as told after some messages are sent."""
        out = self.mails()
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=workspace,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        sending = "sescli bulk run" in script
        if sending and self.fate != ENDS:
            _until(lambda: self.mails() >= out + _SOME or process.poll() is not None)
            if self.fate == CANCELLED:
                process.send_signal(signal.SIGINT)
            elif process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
        self.said.append(said)
        if sending:
            self.code = process.returncode
        return process.returncode

    def _serve(self, answer: Callable[[str, str, bytes], tuple[int, bytes]]) -> str:
        """The API of the system, for requests with the token."""
        player = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # otherwise each response waits 40 ms for an ACK

            def do_GET(self) -> None:
                authorised = TOKEN in (self.headers.get("Authorization") or self.headers.get("JOB-TOKEN", ""))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, content = (401, b"") if not authorised else answer(self.command, self.path, body)
                self.send_response(403 if player.down else status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_PUT(self) -> None:
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.stop = server.shutdown
        return f"http://127.0.0.1:{server.server_address[1]}"

    def _pip(self) -> None:
        """Make `python` this interpreter, and `python -m pip install` do nothing."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        python = folder / "python"
        python.write_text('#!/bin/sh\n[ "$2" = pip ] && exit 0\nexit 9\n')
        python.chmod(0o755)


@dataclass
class GitHub(Player):
    """GitHub Actions: artifacts of all runs and attempts; a new run starts with attempt 1."""

    artifacts: list[dict[str, Any]] = field(default_factory=list)
    attempt_number: int = 0
    private: bool = True

    def __post_init__(self) -> None:
        self._pip()
        self.url = self._serve(self._answer)
        self._file = yaml.safe_load((EXAMPLES / "github-mailing.yml").read_text())

    def attempt(self, fate: str = ENDS, *, anew: bool = False) -> Attempt:
        """Re-run the job, or with `anew` start a new run of the workflow."""
        self.attempt_number = 1 if anew else self.attempt_number + 1
        self.fate = fate
        workspace = self._workspace()
        written = {name: self.folder / f"{name}-{self.number}" for name in ("env", "summary")}
        for path in written.values():
            path.touch()
        good, outcomes = True, {"begin": "skipped"}
        for step in self._file["jobs"]["send"]["steps"]:
            if not self._applies(step, good=good, outcomes=outcomes):
                continue
            done = self._step(step, workspace, written)
            if fate == LOST and self.code is not None:
                break
            if done and "id" in step:
                outcomes[step["id"]] = "success"
            good = good and done
        self.said.append(written["summary"].read_text())
        return Attempt(good, self.code, "\n".join(self.said))

    def _applies(self, step: dict[str, Any], *, good: bool, outcomes: dict[str, str]) -> bool:
        match step.get("if"):
            case None:
                return good
            case "${{ !github.event.repository.private }}":
                return good and not self.private
            case "${{ always() && steps.begin.outcome == 'success' }}":
                return outcomes["begin"] == "success"
        raise AssertionError(f"a condition that is not played: {step['if']}")

    def _step(self, step: dict[str, Any], workspace: Path, written: dict[str, Path]) -> bool:
        if "run" in step:
            environ = self._environ(
                GITHUB_API_URL=self.url,
                GITHUB_REPOSITORY="shop/mailings",
                GITHUB_RUN_ATTEMPT=str(self.attempt_number),
                GITHUB_ENV=str(written["env"]),
                GITHUB_STEP_SUMMARY=str(written["summary"]),
                **dict(line.split("=", 1) for line in written["env"].read_text().splitlines()),
            )
            if step.get("env", {}).get("GITHUB_TOKEN") == "${{ github.token }}":
                environ["GITHUB_TOKEN"] = TOKEN
            return self._bash(step["run"], workspace, environ) == 0
        action, _, version = step["uses"].partition("@")
        assert re.fullmatch(r"v\d+", version)
        if action == "actions/upload-artifact":
            return self._upload(step["with"], workspace)
        assert action in {
            "actions/checkout",
            "actions/setup-python",
            "aws-actions/configure-aws-credentials",
        }
        return True

    def _upload(self, given: dict[str, Any], workspace: Path) -> bool:
        path = workspace / given["path"]
        files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
        files = [one for one in files if not one.name.startswith(".")]
        if not files:
            return bool(given.get("if-no-files-found") == "ignore")
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as packed:
            for one in files:
                packed.write(one, one.relative_to(path if path.is_dir() else path.parent))
        name = given["name"].replace("${{ inputs.mailing }}", "news")
        assert given["overwrite"] is True
        key = (name, self.number)
        self.artifacts = [one for one in self.artifacts if one["key"] != key]
        created = f"2026-11-24T10:{len(self.artifacts):02}:{self.number:02}Z"
        self.artifacts.append(
            {"key": key, "name": name, "created_at": created, "zip": content.getvalue(), "expired": False}
        )
        return True

    def _answer(self, _method: str, path: str, _body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        if parts.path == "/repos/shop/mailings/actions/artifacts":
            wanted = parse_qs(parts.query)["name"][0]
            found = [
                {
                    "name": one["name"],
                    "created_at": one["created_at"],
                    "expired": one["expired"],
                    "archive_download_url": f"{self.url}/zip/{number}",
                }
                for number, one in enumerate(self.artifacts)
                if one["name"] == wanted
            ]
            return 200, json.dumps({"total_count": len(found), "artifacts": found}).encode()
        return 200, self.artifacts[int(parts.path.removeprefix("/zip/"))]["zip"]

    def lose_the_journal(self) -> None:
        """Delete the journal, as when it expires."""
        for one in self.artifacts:
            one["expired"] = True


@dataclass
class GitLab(Player):
    """GitLab CI: the generic package registry; a retried job gets nothing from the previous one."""

    packages: dict[str, list[bytes]] = field(default_factory=dict)
    visibility: str = "private"

    def __post_init__(self) -> None:
        self._pip()
        self.url = self._serve(self._answer)
        self._job = yaml.safe_load((EXAMPLES / "gitlab-mailing.yml").read_text())["mailing"]

    def attempt(self, fate: str = ENDS, *, anew: bool = False) -> Attempt:
        """Retry the job; `anew` makes no difference."""
        del anew
        self.fate = fate
        workspace = self._workspace()
        environ = self._environ(
            CI_API_V4_URL=f"{self.url}/api/v4",
            CI_PROJECT_ID="7",
            CI_PROJECT_VISIBILITY=self.visibility,
            CI_JOB_TOKEN=TOKEN,
            MAILING_ID_TOKEN="a.web.token",
        )
        store = re.sub(r"\$(\w+)", lambda name: environ[name[1]], self._job["variables"]["STORE"])
        environ["STORE"] = store
        lines = [*self._job["before_script"], *self._job["script"]]
        good = self._bash("\n".join(lines), workspace, environ) == 0
        if not good and not (workspace / "begun.tar.gz").exists():
            self.code = None
        if fate != LOST:
            self._bash("\n".join(self._job["after_script"]), workspace, environ)
        shutil.rmtree(workspace)
        return Attempt(good, self.code, "\n".join(self.said))

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        path = unquote(path)
        assert re.fullmatch(r"/api/v4/projects/7/packages/generic/[\w.-]+/1/[\w.-]+", path)
        if method == "PUT":
            self.packages.setdefault(path, []).append(body)
            return 201, b'{"message":"201 Created"}'
        kept = self.packages.get(path)
        return (200, kept[-1]) if kept else (404, b'{"message":"404 Package Not Found"}')

    def lose_the_journal(self) -> None:
        """Delete the newest upload."""
        for kept in self.packages.values():
            kept.pop()


def _until(enough: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + seconds
    while not enough():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
