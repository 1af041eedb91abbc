"""Settings and their precedence: option, SESCLI_* variable, config.yaml; then the AWS credential chain."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sescli.errors import InputFileError, Place, UsageError
from sescli.output.output import FORMATS
from sescli.text.decoding import decoded
from sescli.text.input_files import open_regular, read_at_most

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = "sescli"
COLOURS = ("auto", "always", "never")

# Settings that the environment (as SESCLI_NAME) and config.yaml can hold. The others apply to one call only.
_LASTING = ("profile", "region", "endpoint_url", "local", "output", "color", "no_input", "quiet")
_CHOICES = {"output": FORMATS, "color": COLOURS}
_LARGEST_FILE = 64 * 1024
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True)
class Settings:
    """The merged settings of the common options, the environment and config.yaml."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    local: bool = False
    output: str = "table"
    query: str | None = None
    yes: bool = False
    no_input: bool = False
    dry_run: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    color: str = "auto"


def load(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Merge the three sources; `flags` holds only the options that were given.

    Raises `UsageError` for a value that is not valid and `InputFileError` for a bad config.yaml. AWS keys are not
    a setting: sescli never stores them.
    """
    given = {name: _checked(name, value, f"--{name.replace('_', '-')}") for name, value in flags.items()}
    sources = (given, _from_environment(environ), _from_file(config_file(environ)))
    merged: dict[str, Any] = {}
    for source in sources:
        _drop_overruled(source, merged)
        merged = {**source, **merged}
    known = {field.name for field in fields(Settings)}
    return Settings(**{name: value for name, value in merged.items() if name in known})


def config_file(environ: Mapping[str, str]) -> Path:
    """The path of config.yaml in the XDG configuration folder (XDG Base Directory Specification)."""
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "config.yaml"


def state_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of journals and of the local SES emulator, in the XDG state folder."""
    return _xdg(os.environ if environ is None else environ, "XDG_STATE_HOME", ".local/state")


def _xdg(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    base = environ.get(variable, "")
    # The specification says to ignore a relative path.
    root = Path(base) if base.startswith("/") else Path.home() / fallback
    return root / "sescli"


def _drop_overruled(source: dict[str, Any], merged: Mapping[str, Any]) -> None:
    """--local and --endpoint-url exclude each other: the stronger source wins, one source cannot give both."""
    if source.get("local") and source.get("endpoint_url"):
        raise UsageError("--local and --endpoint-url cannot be used together", hint="give one of them")
    if merged.get("local"):
        source.pop("endpoint_url", None)
    if merged.get("endpoint_url"):
        source.pop("local", None)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {name: environ.get(f"SESCLI_{name.upper()}", "") for name in _LASTING}
    return {name: _value(name, text, f"SESCLI_{name.upper()}") for name, text in found.items() if text}


def _from_file(path: Path) -> dict[str, Any]:
    try:
        with open_regular(path) as stream:
            data = read_at_most(stream, _LARGEST_FILE)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror or error}", place=Place(str(path))) from error
    return _from_yaml(decoded(data, str(path)), str(path))


def _from_yaml(text: str, name: str) -> dict[str, Any]:
    from sescli.text.structured import read_data

    content = {} if _is_blank(text) else read_data(text, name)
    if not isinstance(content, dict):
        raise InputFileError("holds no settings: write 'name: value' lines", place=Place(name))
    unknown = [str(key) for key in content if key not in _LASTING]
    if unknown:
        known = f"known settings: {', '.join(_LASTING)}; AWS keys are never stored here"
        raise InputFileError(f"unknown setting {unknown[0]!r}", place=Place(name, key=unknown[0]), hint=known)
    return {key: _value(key, value, f"{name} ({key})") for key, value in content.items() if value is not None}


def _is_blank(text: str) -> bool:
    """Whether a YAML text is empty except for comments."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _value(name: str, value: object, where: str) -> Any:
    if name in {"local", "no_input", "quiet"}:
        return _truth(value, where)
    return _checked(name, str(value), where)


def _checked(name: str, text: Any, where: str) -> Any:
    if name == "endpoint_url" and not re.match(r"https?://[^/]", text):
        raise UsageError(
            f"{where} {text!r} is not a valid URL", hint="write it as http://HOST:PORT or https://HOST"
        )
    choices = _CHOICES.get(name)
    if choices and text not in choices:
        raise UsageError(f"{where} {text!r} is not one of: {', '.join(choices)}")
    return text


def _truth(value: object, where: str) -> bool:
    text = str(value).lower()
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise UsageError(f"{where} {value!r} is not true or false")
