"""If the journal or the output cannot be written, sending stops, and a later resume sends no second message."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from kill_harness import faults, is_whole

from sescli.groups.bulk.model.entries import RecipientResult

COUNT, FEW = 800, 100
PEOPLE = [f"user{row}@example.com" for row in range(1, COUNT + 1)]
RUN = [sys.executable, "-m", "sescli", "bulk", "run"]


@pytest.fixture
def fake_ses(start_fake_ses, monkeypatch):
    started = start_fake_ses(latency=0.01)
    for name, value in {
        "AWS_ENDPOINT_URL": started.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return started


@pytest.fixture
def few(spec, tmp_path):
    """Wait for its first hundred recipients."""
    people = tmp_path / "people.csv"
    people.write_text("".join(people.read_text().splitlines(keepends=True)[: FEW + 1]))
    return spec


@pytest.fixture
def spec(tmp_path):
    (tmp_path / "people.csv").write_text("email,name,orderId\n" + "".join(f"{to},Jo,1\n" for to in PEOPLE))
    path = tmp_path / "news.yaml"
    path.write_text(
        "version: 1\nname: news\nfrom: shop@example.com\ntemplate: Order\n"
        "limits: {rate: 300}\nrecipients: {file: people.csv}\n"
    )
    return str(path)


def with_files_up_to(size):
    """Limit the size of every file of the process, in bytes: like a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def results(sescli):
    return [RecipientResult(**{**one, "at": None}) for one in sescli("bulk", "results", "-o", "json").json]


def test_bulk_run_stops_when_disk_is_full(fake_ses, spec, sescli):
    ran = subprocess.run(
        [*RUN, spec, "--yes"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=with_files_up_to(300_000),
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "news-" in ran.stderr
    assert "check the free disk space" in " ".join(ran.stderr.split())
    stopped_at = len(fake_ses.accepted)
    assert 0 < stopped_at < COUNT
    run = sescli("bulk", "show", "-o", "json").json
    assert run["state"] == "unfinished"
    assert is_whole(Path(run["journal"]))
    resumed = sescli("bulk", "resume", "-o", "json").json
    assert resumed["sent"] + resumed["unknown"] == COUNT
    # Only those of the calls in flight when the disk became full.
    assert resumed["unknown"] <= 16 * 15
    assert faults(fake_ses.accepted, results(sescli), PEOPLE) == []


def test_bulk_run_does_not_start_when_disk_is_full_during_loading(fake_ses, spec, sescli, bare_machine):
    ran = subprocess.run(
        [*RUN, spec, "--yes"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=with_files_up_to(50_000),
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert fake_ses.accepted == []
    assert sescli("bulk", "list", "-o", "json").json == []
    folder = bare_machine / ".local" / "state" / "sescli" / "runs"
    assert [path.name for path in folder.iterdir() if not path.name.endswith(".lock")] == []
    assert sescli("bulk", "run", spec, "--yes").code == 0
    assert sorted(fake_ses.accepted) == sorted(PEOPLE)


@pytest.mark.parametrize("form", ["jsonl", "json", "table"])
def test_bulk_run_stops_without_unknown_results_when_output_disk_is_full(form, fake_ses, few, sescli):
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*RUN, few, "--yes", "-o", form],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    assert "No space left" in ran.stderr
    run = sescli("bulk", "show", "-o", "json").json
    assert (run["unknown"], run["sent"]) == (0, len(fake_ses.accepted))
    assert sescli("bulk", "resume").code == 0
    assert sorted(fake_ses.accepted) == sorted(PEOPLE[:FEW])


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def as_any_user():
    """Permissions do not apply to root unless it drops its capabilities."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0)


@pytest.fixture
def state_that_may_only_be_read(bare_machine):
    """Make a folder read-only, and restore it at the end."""
    folder = bare_machine / ".local" / "state" / "sescli" / "runs"
    modes = {}

    def make():
        folder.mkdir(parents=True, exist_ok=True)
        for path in [*folder.iterdir(), folder]:
            modes[path] = path.stat().st_mode
            path.chmod(0o500 if path.is_dir() else 0o400)

    yield make
    for path, mode in reversed(modes.items()):
        path.chmod(mode)


@pytest.mark.parametrize("sent", [False, True], ids=["before a run", "after a run"])
def test_bulk_commands_with_read_only_journal_folder(
    sent, fake_ses, few, sescli, state_that_may_only_be_read
):
    if sent:
        assert sescli("bulk", "run", few, "--yes").code == 0
    accepted = len(fake_ses.accepted)
    state_that_may_only_be_read()

    def run(*words):
        argv = [sys.executable, "-m", "sescli", "bulk", *words]
        ran = subprocess.run(
            argv, capture_output=True, text=True, timeout=60, check=False, preexec_fn=as_any_user
        )
        assert "Traceback" not in ran.stderr
        return ran

    changing = [["run", few, "--yes", "--again"]]
    if sent:
        changing += [["resume"], ["reconcile", few], ["prune", "--yes"]]
    for words in changing:
        ran = run(*words)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        assert "Permission denied" in ran.stderr or "cannot be used" in ran.stderr
    assert len(fake_ses.accepted) == accepted
    if sent:
        assert run("show").returncode == 0
        assert run("results", "-o", "csv").stdout.count("\n") == FEW + 1
