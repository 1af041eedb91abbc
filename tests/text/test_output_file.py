"""Files that sescli writes: mode 0600 under any umask, no symbolic links, no overwriting of other files."""

from __future__ import annotations

import os
import stat

import pytest

from sescli.errors import InputFileError, LocalError
from sescli.text.output_file import OutputFile
from sescli.text.output_file import reserve as reserve_output


def yes():
    """Replace what is there."""


def reserve(path, may_replace, *, private=True) -> OutputFile:
    return reserve_output(path, may_replace, hint="choose another file", private=private)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "secrets"
    place.mkdir()
    return place


@pytest.fixture
def umask():
    before = os.umask(0o022)

    yield os.umask
    os.umask(before)


@pytest.mark.parametrize("mask", [0, 0o022, 0o077, 0o177, 0o777])
@pytest.mark.parametrize("there", [False, True])
def test_secret_file_has_mode_0600_under_any_umask(folder, umask, mask, there):
    target = folder / "smtp.env"
    if there:
        target.write_text("old")
        target.chmod(0o644)
    umask(mask)
    place = reserve(target, yes)
    drafts = [stat.S_IMODE(found.stat().st_mode) for found in folder.iterdir() if found != target]
    assert drafts == [0o600]
    place.write("secret")
    umask(0o022)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text() == "secret"
    assert list(folder.iterdir()) == [target]


def test_symbolic_link_is_rejected(folder):
    victim = folder / "victim"
    link = folder / "link"
    link.symlink_to(victim)
    with pytest.raises(InputFileError, match="symbolic link"):
        reserve(link, yes)
    assert not victim.exists()
    assert list(folder.iterdir()) == [link]


@pytest.mark.parametrize("name", [".", "pipe"])
def test_folder_and_device_are_rejected(folder, name):
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputFileError, match="is not a regular file"):
        reserve(folder / name, yes)


def test_missing_folder_is_reported(folder):
    with pytest.raises(InputFileError, match="No such file"):
        reserve(folder / "none" / "smtp.env", yes)


def test_existing_file_stays_until_secret_is_written(folder):
    target = folder / "smtp.env"
    target.write_text("old")
    place = reserve(target, yes)
    assert target.read_text() == "old"
    place.discard()
    place.discard()
    assert target.read_text() == "old"
    assert list(folder.iterdir()) == [target]


def test_declined_replacement_changes_nothing(folder):
    target = folder / "smtp.env"
    target.write_text("old")

    def no():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reserve(target, no)
    assert list(folder.iterdir()) == [target]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_file_created_in_the_meantime_is_not_overwritten(folder, kind):
    target, victim = folder / "smtp.env", folder / "victim"
    place = reserve(target, yes)
    if kind == "file":
        target.write_text("another's")
    else:
        target.symlink_to(victim)
    with pytest.raises(LocalError, match="in the meantime"):
        place.write("secret")
    assert not victim.exists()
    assert not any("secret" in found.read_text() for found in folder.iterdir() if found.exists())


def test_link_that_replaces_file_is_not_followed(folder):
    target, victim = folder / "smtp.env", folder / "victim"
    target.write_text("old")
    place = reserve(target, yes)
    target.unlink()
    target.symlink_to(victim)
    place.write("secret")
    assert not victim.exists()
    assert not target.is_symlink()


def test_full_disk_is_reported_and_leaves_no_file(folder):
    import resource

    target = folder / "smtp.env"
    place = reserve(target, yes)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        with pytest.raises(LocalError, match="too large"):
            place.write("secret")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o600])
def test_shared_file_keeps_the_mode_of_the_file_that_it_replaces(folder, mode):
    target = folder / "records.txt"
    target.write_text("old")
    target.chmod(mode)
    reserve(target, yes, private=False).write("new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", mode)


def test_new_shared_file_has_the_mode_of_the_umask(folder, umask):
    umask(0o027)
    reserve(folder / "records.txt", yes, private=False).write("new")
    assert stat.S_IMODE((folder / "records.txt").stat().st_mode) == 0o640


def test_link_that_appears_after_the_check_is_not_followed(folder):
    victim, target = folder / "victim", folder / "out"
    victim.write_text("keep")
    target.write_text("old")
    place = reserve(target, yes)
    target.unlink()
    target.symlink_to(victim)
    place.write("new")
    assert (victim.read_text(), target.read_text(), target.is_symlink()) == ("keep", "new", False)
