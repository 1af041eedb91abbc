"""DKIM keys as they are given on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.dns.dkim_key import DkimKey
    from sescli.runtime import Runtime

# No file name is longer, and no RSA key shorter.
_LONGEST_PATH = 255


def private_key(rt: Runtime, given: str | None) -> DkimKey | None:
    """The key in a file (`PATH`, `@PATH`, `file://PATH`) or on standard input, or as text."""
    if given is None:
        return None
    from sescli.cli.text_input import read_body
    from sescli.dns.dkim_key import parse_dkim_key

    is_text = given.startswith("-----BEGIN") or len(given) > _LONGEST_PATH
    is_place = given == "-" or given.startswith(("@", "file://"))
    return parse_dkim_key(given if is_text else read_body(given if is_place else f"@{given}", rt))


def key_length(text: str | None, option: str) -> str | None:
    """1024 or 2048 bits, or as the API spells them. Raises `UsageError`."""
    from sescli.groups.identity.service.dkim import KEY_LENGTHS

    if text is None or text in KEY_LENGTHS.values():
        return text
    if text not in KEY_LENGTHS:
        raise UsageError(f"{option} is {text!r}", hint="it takes 1024 or 2048")
    return KEY_LENGTHS[text]
