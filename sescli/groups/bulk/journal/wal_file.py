"""Reads a write-ahead log of SQLite without SQLite, to find damage that SQLite passes over in silence.

At the first frame with a wrong checksum SQLite stops reading: it takes what follows for remains of an earlier use of
the file. A flipped bit therefore undoes every later commit, without an error. Format of the file:
https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_LITTLE_ENDIAN, _BIG_ENDIAN = 0x377F0682, 0x377F0683
_MASK = 0xFFFFFFFF
# Remains of earlier uses have other salts: each use adds one to the first and draws the second at random.
_MAX_USES = 1 << 16


class _LogFrame(NamedTuple):
    """A frame: what its checksum covers, and its fields."""

    words: tuple[int, ...]
    commits: bool
    salts: tuple[int, int]
    checksum: tuple[int, int]


def has_frames(path: Path) -> bool:
    """Whether a log exists and is longer than its header."""
    try:
        return path.stat().st_size > _HEADER.size
    except FileNotFoundError:
        return False


def is_damaged(path: Path) -> bool:
    """Whether a commit of this log cannot be read any more.

    What a killed process leaves is not damage: an incomplete last frame, frames without their commit, and remains of
    earlier uses. Takes 0.1 s for each megabyte.
    """
    with path.open("rb") as file:
        header = _HEADER.unpack(file.read(_HEADER.size))
        magic, _, page_size, _, *salts, first, second = header
        if magic not in {_LITTLE_ENDIAN, _BIG_ENDIAN}:
            return True
        order = "<" if magic == _LITTLE_ENDIAN else ">"
        covered = struct.unpack(f"{order}6I", _HEADER.pack(*header)[:24])
        if _checksum((0, 0), covered) != (first, second):
            return True
        return _has_lost_commit(_frames(file, page_size, order), (salts[0], salts[1]), (first, second))


def _frames(file: BinaryIO, page_size: int, order: str) -> Iterator[_LogFrame]:
    words = struct.Struct(f"{order}{page_size // 4 + 2}I")
    while len(raw := file.read(_FRAME.size + page_size)) == _FRAME.size + page_size:
        _, size, salt1, salt2, first, second = _FRAME.unpack(raw[: _FRAME.size])
        yield _LogFrame(words.unpack(raw[:8] + raw[_FRAME.size :]), size > 0, (salt1, salt2), (first, second))


def _has_lost_commit(frames: Iterator[_LogFrame], salts: tuple[int, int], running: tuple[int, int]) -> bool:
    torn: tuple[tuple[int, int], _LogFrame] | None = None
    for frame in frames:
        if torn is None and frame.salts == salts:
            before, running = running, _checksum(running, frame.words)
            if running != frame.checksum:
                torn = (before, frame)
        elif frame.salts == salts or not _is_remains(frame.salts, salts):
            return True
        else:
            # The log ends here; everything after it must be remains too.
            torn = torn or (running, frame)
    # The last frame may be half written, with old data after its header; a flipped bit looks almost the same.
    return torn is not None and torn[1].salts == salts and _is_one_bit_off(*torn)


def _is_remains(salts: tuple[int, int], current: tuple[int, int]) -> bool:
    uses = (current[0] - salts[0]) & _MASK
    return 0 < uses < _MAX_USES and salts[1] != current[1]


def _checksum(start: tuple[int, int], words: tuple[int, ...]) -> tuple[int, int]:
    first, second = start
    pairs = iter(words)
    for word, next_word in zip(pairs, pairs, strict=True):
        first = (first + word + second) & _MASK
        second = (second + next_word + first) & _MASK
    return first, second


def _is_one_bit_off(before: tuple[int, int], frame: _LogFrame) -> bool:
    """Whether one flipped bit explains a wrong checksum: in the checksum itself, or in what it covers."""
    found = _checksum(before, frame.words)
    off = tuple((want - have) & _MASK for want, have in zip(frame.checksum, found, strict=True))
    if sum((want ^ have).bit_count() for want, have in zip(frame.checksum, found, strict=True)) == 1:
        return True
    powers = {sign * (1 << bit) & _MASK for bit in range(32) for sign in (1, -1)}
    # How a change of one in each word, from the last to the first, changes the two sums.
    weight = (0, 1)
    for _ in frame.words:
        if any(tuple(power * one & _MASK for one in weight) == off for power in powers):
            return True
        weight = (weight[1], (weight[0] + weight[1]) & _MASK)
    return False
