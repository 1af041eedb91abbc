"""The folders of sescli's state belong to the user and are closed to others, whichever command creates them first."""

from __future__ import annotations

import os
import stat

import pytest

from sescli import private_folder
from sescli.errors import LocalError


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    before = os.umask(0)
    yield tmp_path / "xdg" / "sescli"
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_create_closes_folder_and_missing_parents(state):
    private_folder.create(state / "runs")
    assert [mode(each) for each in (state / "runs", state, state.parent)] == [0o700] * 3


def test_create_tightens_open_folders_of_the_user(state, tmp_path):
    (state / "runs").mkdir(parents=True)
    assert mode(state) == 0o777
    private_folder.create_for(state / "runs" / "a.journal")
    assert [mode(state), mode(state / "runs")] == [0o700, 0o700]
    assert mode(state.parent) == 0o777, "not sescli's own"


def test_create_for_leaves_folder_that_user_shares(state, tmp_path):
    shared = tmp_path / "sescli"
    shared.mkdir()
    private_folder.create_for(shared / "a.journal")
    assert mode(shared) == 0o777
    private_folder.create_for(shared / "new" / "a.journal")
    assert mode(shared / "new") == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_create_rejects_folder_of_another_user(state):
    state.mkdir(parents=True)
    os.chown(state, 12345, 12345)
    with pytest.raises(LocalError, match="belongs to another user") as caught:
        private_folder.create(state / "runs")
    assert "XDG_STATE_HOME" in caught.value.hint


def test_create_reports_file_in_its_place(state):
    state.parent.mkdir()
    state.write_text("")
    with pytest.raises(LocalError, match="cannot create the state folder"):
        private_folder.create(state / "runs")


def test_commands_create_private_state(sescli, ses, state, tmp_path):
    """`bulk run` comes first here; the emulator and its tests come first elsewhere."""
    sescli("identity", "verify", "example.com")
    (tmp_path / "list.csv").write_text("email\njane@example.org\n")
    (tmp_path / "batch.yaml").write_text(
        "version: 1\nname: first\nfrom: a@example.com\nrecipients: {file: list.csv, to: email}\n"
        "content: {subject: Hello, text: Hello}\n"
    )
    ran = sescli("bulk", "run", str(tmp_path / "batch.yaml"), "--yes")
    assert ran.code == 0, ran.stderr
    found = [state, *state.rglob("*")]
    assert len(found) > 2
    for each in found:
        assert mode(each) == (0o700 if each.is_dir() else 0o600), each
