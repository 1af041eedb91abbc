"""Files that a user names: pipes as arguments, regular files inside a folder for names in other files."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from sescli.text import input_files
from sescli.text.input_files import open_argument, open_inside, open_regular, read_at_most


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "batch"
    made.mkdir()
    (made / "part.txt").write_text("inside")
    (tmp_path / "secret.txt").write_text("private")
    return made


def _inside(folder: Path, name: str) -> bytes:
    with open_inside(folder, folder / name) as stream:
        return read_at_most(stream, 1024)


def test_regular_file_inside_is_read(folder):
    assert _inside(folder, "part.txt") == b"inside"


def test_links_that_stay_inside_are_followed(folder):
    (folder / "sub").mkdir()
    (folder / "sub/link.txt").symlink_to("../part.txt")
    (folder / "linked").symlink_to("sub")
    assert _inside(folder, "sub/link.txt") == _inside(folder, "linked/link.txt") == b"inside"


@pytest.mark.parametrize("through_link", [False, True])
def test_folder_of_the_command_line_may_be_a_link(folder, tmp_path, through_link):
    (tmp_path / "alias").symlink_to(folder)
    assert _inside(tmp_path / "alias", "part.txt") == b"inside"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("../secret.txt", "outside the folder"),
        ("/etc/passwd", "outside the folder"),
        ("/dev/zero", "outside the folder"),
        ("/dev/stdin", "outside the folder"),
        ("/proc/self/environ", "outside the folder"),
        ("/proc/self/fd/0", "outside the folder"),
        ("loop", "Too many levels of symbolic links"),
        ("nowhere", "No such file"),
        (".", "Is a directory"),
    ],
)
def test_link_is_refused_with_reason(folder, target, reason):
    name = "loop" if target == "loop" else "link"
    (folder / name).symlink_to(target)
    with pytest.raises(OSError, match=reason):
        _inside(folder, name)


@pytest.mark.parametrize("name", ["../secret.txt", "sub/../../secret.txt", "/etc/passwd", "/dev/zero"])
def test_path_outside_is_refused(folder, name):
    (folder / "sub").mkdir()
    with pytest.raises(OSError, match="outside the folder"):
        _inside(folder, name)


def test_link_in_a_parent_is_refused(folder, tmp_path):
    (folder / "sub").symlink_to(tmp_path)
    with pytest.raises(OSError, match="outside the folder"):
        _inside(folder, "sub/secret.txt")


def test_folder_with_a_similar_name_is_outside(folder, tmp_path):
    (tmp_path / "batch-private").mkdir()
    (tmp_path / "batch-private/x").write_text("private")
    with pytest.raises(OSError, match="outside the folder"):
        _inside(folder, "../batch-private/x")


def test_fifo_is_refused_without_waiting(folder):
    os.mkfifo(folder / "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        _inside(folder, "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(folder / "fifo")


def test_socket_and_directory_are_refused(folder):
    import socket

    before = Path.cwd()
    os.chdir(folder)  # the path of a socket has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket")
            with pytest.raises(OSError, match=r"No such device|not a regular file"):
                _inside(folder, "socket")
    finally:
        os.chdir(before)
    (folder / "sub").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        _inside(folder, "sub")


@pytest.mark.parametrize("parts", [("link",), ("linked", "secret.txt")])
def test_link_that_appears_after_the_path_was_resolved_is_refused(folder, tmp_path, parts):
    """The path is opened without following links, so a link that replaces a file in between is an error."""
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path)
    with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
        input_files._open_below(folder, parts)


@pytest.mark.parametrize("name", ["a\0b", "half \ud800", "line\nbreak", "x" * 300])
def test_odd_names_are_errors_of_the_file(folder, name):
    with pytest.raises(OSError, match=r"."):
        _inside(folder, name)
    with pytest.raises(OSError, match=r"."):
        open_argument(folder / name)


def test_argument_may_be_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"from a pipe",))
    writer.start()
    with open_argument(tmp_path / "pipe") as stream:
        assert read_at_most(stream, 100) == b"from a pipe"
    writer.join()


def test_argument_may_be_a_descriptor_as_shells_write_it():
    reading, writing = os.pipe()
    os.write(writing, b"x")
    os.close(writing)
    with open_argument(f"/dev/fd/{reading}") as stream:
        assert read_at_most(stream, 100) == b"x"
    os.close(reading)


def test_argument_may_be_dev_null_and_no_other_device():
    with open_argument("/dev/null") as stream:
        assert read_at_most(stream, 1) == b""
    for device in ("/dev/zero", "/dev/urandom", "/dev/full"):
        with pytest.raises(OSError, match="is a device"):
            open_argument(device)


def test_size_limit_is_exact_and_names_itself(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 2048)
    with open_argument(path) as stream:
        assert len(read_at_most(stream, 2048)) == 2048
    with open_argument(path) as stream, pytest.raises(OSError, match="larger than 1 KiB"):
        read_at_most(stream, 1024)


def test_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    with open_argument(path) as stream:
        stream.peek(1)
        with path.open("ab") as more:
            more.write(b"y" * 100_000)
        with pytest.raises(OSError, match="larger than 1 KiB"):
            read_at_most(stream, 1024)
