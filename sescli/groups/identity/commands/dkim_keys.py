"""DKIM keys on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.dns.dkim_key import DkimKey
    from sescli.runtime import Runtime

# File names are at most this long on every common file system. The text of an RSA key is always longer.
_LONGEST_PATH = 255


def read_private_key(rt: Runtime, given: str | None) -> DkimKey | None:
    """The key from a file (`PATH`, `@PATH`, `file://PATH`), from standard input (`-`), or from the text itself."""
    if given is None:
        return None
    from sescli.cli.text_input import read_body
    from sescli.dns.dkim_key import parse_dkim_key

    is_key_text = given.startswith("-----BEGIN") or len(given) > _LONGEST_PATH
    return parse_dkim_key(given if is_key_text else read_body(as_file_reference(given), rt))


def read_public_key(rt: Runtime, given: str | None) -> str | None:
    """The public half of that key, base64. SES never returns it, so it is derived from the private key."""
    key = read_private_key(rt, given)
    return None if key is None else key.public


def as_file_reference(given: str) -> str:
    """A path in the spelling of `read_body`: `@PATH`. `-`, `@PATH` and `file://PATH` stay."""
    return given if given == "-" or given.startswith(("@", "file://")) else f"@{given}"


def parse_key_length(text: str | None, option: str) -> str | None:
    """1024 or 2048, or the API's own spelling (`RSA_2048_BIT`). Raises `UsageError`."""
    from sescli.groups.identity.service.dkim_calls import KEY_LENGTHS

    if text is None or text in KEY_LENGTHS.values():
        return text
    if text not in KEY_LENGTHS:
        raise UsageError(f"{option} {text!r} is not valid", hint="use 1024 or 2048")
    return KEY_LENGTHS[text]
