"""What scripts rely on, as data: options of every command, keys of its JSON, exit codes and error codes."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import sescli
from sescli import exits
from sescli.app import GROUPS, root_command

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
_SOURCES = Path(sescli.__file__).parent


def command_line() -> dict[str, dict[str, Any]]:
    """Each command and its options and arguments; the common options stand once, at the root."""
    root = root_command()
    context = typer.Context(root, info_name="sescli")
    shared = _parameters(root)
    found = {"sescli": shared}
    for name in GROUPS:
        for path, command in _leaves(root.get_command(context, name), (name,)):
            own = _parameters(command)
            found[" ".join(path)] = {key: each for key, each in own.items() if shared.get(key) != each}
    return found


def _leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
    for name, child in (children or {}).items():
        yield from _leaves(child, (*path, name))


def _parameters(command: Any) -> dict[str, Any]:
    return {" ".join([*param.opts, *param.secondary_opts]): _parameter(param) for param in command.params}


def _parameter(param: Any) -> dict[str, Any]:
    choices = getattr(param.type, "choices", None)
    facts = {
        "argument": param.param_type_name == "argument",
        "required": param.required,
        "multiple": getattr(param, "multiple", False),
        "nargs": param.nargs if param.nargs != 1 else None,
        "flag": getattr(param, "is_flag", False),
        "default": param.default if isinstance(param.default, str | int | float | bool) else None,
        "choices": [getattr(each, "value", each) for each in choices] if choices else None,
        "environment": param.envvar,
    }
    return {key: value for key, value in facts.items() if value not in (None, False)}


def exit_codes() -> dict[str, Any]:
    """The exit code of each kind of error, and every error code that scripts can read."""
    table = inspect.getmembers(exits, lambda each: isinstance(each, tuple))
    rows = next(value for name, value in table if name == "_TABLE")
    return {
        "exit_codes": sorted({int(code) for code in exits.ExitCode}),
        "by_kind": sorted({code: int(exit_code) for _, exit_code, code in rows}.items()),
        "error_codes": sorted(set(_error_codes())),
    }


def _error_codes() -> Iterator[str]:
    """Literal `code="…"` arguments of the program."""
    for node in _nodes():
        if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def literals() -> set[str]:
    """Every string literal of the program: a recorded error code must be one of them."""
    return {node.value for node in _nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _nodes() -> Iterator[ast.AST]:
    """The syntax of the program, without the emulator, which answers with AWS's own codes."""
    for path in _SOURCES.rglob("*.py"):
        if "emulator" not in path.relative_to(_SOURCES).parts[:1]:
            yield from ast.walk(ast.parse(path.read_text("utf-8")))


def keys(value: Any) -> Any:
    """The keys of a JSON value, at every depth; those of a list's items are put together."""
    if isinstance(value, dict):
        return {key: keys(part) for key, part in sorted(value.items())}
    if isinstance(value, list):
        together: Any = None
        for item in value:
            together = _merged(together, keys(item))
        return [] if together is None else [together]
    return None


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _merged(one.get(key), other.get(key)) for key in sorted({*one, *other})}
    return one if other is None else other


def load(name: str) -> Any:
    """One recorded part of the contract."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def extend(name: str, now: dict[str, Any]) -> None:
    """Add what is new to a recorded part; what is recorded stays, because scripts rely on it."""
    recorded = load(name)
    for key, value in now.items():
        if isinstance(value, dict):
            recorded[key] = value | recorded.get(key, {})
        else:
            known = recorded.get(key, [])
            recorded[key] = [*known, *(each for each in value if each not in known)]
    save(name, recorded)


def save(name: str, value: Any) -> None:
    """Write one part of the contract."""
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    extend("command_line", command_line())
    extend("exit_codes", json.loads(json.dumps(exit_codes())))
