"""Decode the bytes of messages. The sender chooses the charset, so only charsets that messages use are looked up.

Python has codecs that take quadratic time (`punycode`, `idna`), that raise (`undefined`) or that decode escapes
(`unicode_escape`), and it searches the disk for each unknown name.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases
from functools import lru_cache

_NOT_FOR_TEXT = frozenset(
    {
        "base64_codec", "bz2_codec", "hex_codec", "idna", "mbcs", "oem", "punycode", "quopri_codec",
        "raw_unicode_escape", "rot_13", "undefined", "unicode_escape", "uu_codec", "zlib_codec",
    }
)  # fmt: skip
# `aliases` lacks charsets whose only name is that of the codec.
_ONLY_NAMES = frozenset({"cp737", "cp856", "cp874", "cp875", "koi8_t", "koi8_u", "utf_8_sig"})
_LONGEST_NAME = 40
_SURROGATE = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=256)
def known_charset(name: str) -> str | None:
    """The codec of a charset that messages use, such as `iso8859_1` for `ISO-8859-1`, or None."""
    if len(name) > _LONGEST_NAME or not name.isascii():
        return None
    plain = name.strip().lower().replace("-", "_").replace(" ", "_").replace(":", "_")
    codec = aliases.get(plain) or (plain if plain in _ONLY_NAMES or plain in _codecs() else None)
    return None if codec in _NOT_FOR_TEXT else codec


@lru_cache(maxsize=1)
def _codecs() -> frozenset[str]:
    return frozenset(aliases.values())


def decode_text(data: bytes, charset: str | None) -> str | None:
    """The text, with U+FFFD for bytes that are not valid; None for a charset that is not known."""
    codec = known_charset(charset or "")
    if codec is None:
        return None
    try:
        text = data.decode(codec, "replace")
    except (LookupError, UnicodeError, ValueError):
        return None
    # UTF-7 can contain halves of surrogate pairs, which cannot be written.
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
