"""Files and runs that bulk commands name: inside the folder of the batch file, and by name."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

BATCH = """version: 1
name: news
from: shop@example.com
{parts}
recipients: {recipients}
"""
CONTENT = "content: {subject: Hello, text: Hi}"


@pytest.fixture
def batch(tmp_path, sescli, ses):
    folder = tmp_path / "batch"
    folder.mkdir()
    (tmp_path / "private.txt").write_text("private")
    (tmp_path / "people.csv").write_text("to\nann@example.com\n")

    def check(parts: str = CONTENT, recipients: str = "[{to: ann@example.com}]"):
        (folder / "batch.yaml").write_text(BATCH.format(parts=parts, recipients=recipients))
        return sescli("bulk", "validate", str(folder / "batch.yaml"), "-o", "json")

    check.folder = folder
    return check


LINKS = ["../private.txt", "/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/environ"]


@pytest.mark.parametrize("target", LINKS)
@pytest.mark.parametrize(
    ("parts", "recipients"),
    [
        ("content: {subject: Hello, text: '@link'}", "[{to: ann@example.com}]"),
        (f"{CONTENT}\nattachments: [{{file: link, name: a.txt}}]", "[{to: ann@example.com}]"),
        (CONTENT, "{file: link, format: csv}"),
    ],
    ids=["body", "attachment", "recipients"],
)
def test_link_out_of_the_batch_folder_is_refused(batch, target, parts, recipients):
    (batch.folder / "link").symlink_to(target)
    ran = batch(parts, recipients)
    assert ran.code == 2
    assert "'link' is outside the folder of the batch file" in ran.error["message"]


@pytest.mark.parametrize("kind", ["fifo", "folder", "loop"])
@pytest.mark.parametrize(
    ("parts", "recipients"),
    [
        ("content: {subject: Hello, text: '@odd'}", "[{to: ann@example.com}]"),
        (f"{CONTENT}\nattachments: [{{file: odd, name: a.txt}}]", "[{to: ann@example.com}]"),
        (CONTENT, "{file: odd, format: csv}"),
    ],
    ids=["body", "attachment", "recipients"],
)
def test_file_of_another_kind_is_refused_without_waiting(batch, kind, parts, recipients):
    odd = batch.folder / "odd"
    {"fifo": os.mkfifo, "folder": os.mkdir, "loop": lambda path: path.symlink_to(path)}[kind](odd)
    ran = batch(parts, recipients)
    assert ran.code == 2
    assert "cannot be read: " in ran.error["message"]


def test_device_named_with_its_path_is_refused(batch):
    for name in ("/dev/zero", "/dev/stdin", "/proc/self/fd/0", "../people.csv"):
        ran = batch(recipients=f"{{file: {name}, format: csv}}")
        assert (ran.code, "outside the folder" in ran.error["message"]) == (2, True)


def test_batch_file_and_recipients_may_be_pipes(ses):
    """The shell gives `<(…)` as /dev/fd/N."""
    text = BATCH.format(parts=CONTENT, recipients="{file: people.csv, format: csv}")
    script = f"{sys.executable} -m sescli bulk validate <(printf %s \"$BATCH\") --recipients <(printf 'to\\nx y\\n') -o json"
    ran = subprocess.run(
        ["/bin/bash", "-c", script],
        env={**os.environ, "BATCH": text},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3, ran.stderr
    assert "x y" in ran.stdout


@pytest.mark.parametrize("command", ["show", "prune", "resume", "retry", "results"])
@pytest.mark.parametrize("name", ["../../secret", "../secret", "/etc/passwd", "a/b", "..", ".hidden", "a\\b"])
def test_run_is_a_name_and_not_a_path(sescli, ses, command, name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    secret = tmp_path / "secret.journal"
    secret.write_text("keep")
    ran = sescli("bulk", command, "--yes", "-o", "json", "--", name)
    assert ran.code == 2, ran.stderr
    assert "is a path, not the name or ID of a run" in ran.error["message"]
    assert secret.read_text() == "keep"


def test_init_writes_through_no_link(sescli, tmp_path):
    (tmp_path / "batch.yaml").symlink_to(tmp_path / "victim")
    ran = sescli("bulk", "init", str(tmp_path / "batch.yaml"), "--yes", "-o", "json")
    assert (ran.code, "is a symbolic link" in ran.error["message"]) == (2, True)
    (tmp_path / "sescli-batch.schema.json").symlink_to(tmp_path / "victim")
    ran = sescli("bulk", "init", str(tmp_path / "new.yaml"), "--schema", "--yes", "-o", "json")
    assert (ran.code, "is a symbolic link" in ran.error["message"]) == (2, True)
    assert not (tmp_path / "victim").exists()
    assert not (tmp_path / "new.yaml").exists()
