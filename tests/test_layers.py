"""The layers of the program, as docs/architecture.md draws them; start-up stays light; code stays small."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from repository import ROOT

PACKAGE = ROOT / "sescli"
LIBRARIES = {"aws", "dns", "mail", "handlebars", "text", "pacing"}
TERMINAL = {"output", "prompts"}
WIRING = {"cli", "runtime", "app"}
# The layers that may import a framework; `commands` and `views` are those of any group.
FRAMEWORKS = {
    "typer": {"app", "cli", "commands"},
    "rich": {"output", "views", "emulator"},
    "questionary": {"prompts"},
    "prompt_toolkit": {"prompts"},
    "boto3": {"aws", "emulator"},
    "botocore": {"aws", "emulator"},
    "moto": {"emulator"},
    "dns": {"dns", "emulator"},
}
HEAVY = (
    "boto3",
    "botocore",
    "questionary",
    "prompt_toolkit",
    "moto",
    "dns",
    "jsonschema",
    "yaml",
    "urllib3",
    "sqlite3",
)
MAX_FUNCTION_LINES = 50
MAX_BODY_LINES = 15
MAX_FILE_LINES = 300
MAX_MODULES = 30


@functools.cache
def sources() -> dict[str, Path]:
    """Each module by its dotted name below `sescli`."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[str]:
    """What a module imports, at its top or inside functions; our own modules without `sescli.`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_module = full.startswith("sescli.") and full.removeprefix("sescli.") in sources()
                yield full if is_module else node.module


@functools.cache
def arrows() -> tuple[tuple[str, str], ...]:
    """(module, what it imports of ours), both without `sescli.`."""
    return tuple(
        (name, found.removeprefix("sescli."))
        for name, path in sources().items()
        for found in imports(path)
        if found.startswith("sescli.")
    )


def layer(name: str) -> str:
    """`groups.identity.views.check` → `views`, `aws.gateway` → `aws`."""
    parts = name.split(".")
    return (parts[2] if len(parts) > 2 else "group") if parts[0] == "groups" else parts[0]


def group_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "groups" and len(parts) > 1 else None


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for name, path in sources().items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.lineno} {node.name}", node


def test_each_framework_is_imported_in_its_layers_only():
    wrong = [
        f"{name} imports {found}"
        for name, path in sources().items()
        for found in imports(path)
        if layer(name) not in FRAMEWORKS.get(found.split(".")[0], {layer(name)})
    ]
    assert wrong == []


def test_groups_use_only_services_of_other_groups():
    wrong = [
        f"{name} imports {found}"
        for name, found in arrows()
        if group_of(found) and group_of(name) != group_of(found) and layer(name) != "app"
        if layer(found) != "service"
    ]
    assert wrong == []


def test_groups_form_no_cycle():
    graph = defaultdict(set)
    for name, found in arrows():
        if group_of(name) and group_of(found) and group_of(name) != group_of(found):
            graph[group_of(name)].add(group_of(found))
    assert graph
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"groups import each other: {error.args[1]}")


def test_modules_form_no_cycle():
    graph = defaultdict(set)
    for name, found in arrows():
        if name != found:
            graph[name].add(found)
    # The demo types commands into the program itself.
    graph["groups.demo.commands.demo"].discard("app")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {error.args[1]}")


@pytest.mark.parametrize(
    ("layers", "above"),
    [
        (LIBRARIES, {"groups", "emulator", *TERMINAL, *WIRING}),
        ({"emulator"}, {"groups", *TERMINAL, *WIRING}),
        (TERMINAL, {"groups", "emulator", *WIRING}),
        ({"cli", "runtime"}, {"groups", "app"}),
        ({"service"}, {*TERMINAL, *WIRING, "emulator"}),
        ({"views"}, {"aws", "app"}),
    ],
    ids=lambda value: " ".join(sorted(value)),
)
def test_a_layer_imports_nothing_above_it(layers, above):
    wrong = [
        f"{name} imports {found}"
        for name, found in arrows()
        if layer(name) in layers and found.split(".")[0] in above
        if not (layer(name) in {"service", "views"} and group_of(found))
    ]
    assert wrong == []


def test_services_import_no_commands_or_views():
    wrong = [
        f"{name} imports {found}"
        for name, found in arrows()
        if (layer(name) in {"service", "views"} and layer(found) == "commands")
        or (layer(name) == "service" and layer(found) == "views")
    ]
    assert wrong == []


def test_every_group_is_named_as_the_command_line_spells_it():
    from sescli.app import GROUPS

    folders = {path.name for path in (PACKAGE / "groups").iterdir() if (path / "__init__.py").exists()}
    assert folders == {name.replace("-", "_") for name in GROUPS}


def test_functions_files_and_folders_stay_small():
    found = [
        f"{name}: {length} lines"
        for name, node in functions()
        if (length := _lines(node, node)) > MAX_FUNCTION_LINES
    ]
    found += [
        f"{name}: {length} lines"
        for name, path in sources().items()
        if (length := path.read_text("utf-8").count("\n")) > MAX_FILE_LINES
    ]
    folders = Counter(path.parent for path in sources().values())
    found += [f"{folder}: {count} modules" for folder, count in folders.items() if count > MAX_MODULES]
    assert found == []


def test_command_bodies_stay_short():
    """Deferred imports, which keep start-up fast, do not count."""
    found = []
    for name, node in functions():
        if any(isinstance(each, ast.Call) and _name(each.func) == "command" for each in node.decorator_list):
            body = [each for each in node.body if not isinstance(each, ast.Import | ast.ImportFrom)]
            body = body[1:] if ast.get_docstring(node) is not None else body
            if body and (length := _lines(body[0], body[-1])) > MAX_BODY_LINES:
                found.append(f"{name}: {length} lines")
    assert found == []


def test_class_names_are_unique():
    names = Counter(
        node.name
        for path in sources().values()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def _lines(first: ast.stmt, last: ast.stmt) -> int:
    return (last.end_lineno or 0) - first.lineno + 1


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--help"], {}),
        (["--version"], {}),
        (["reputation", "stats", "--help"], {}),
        (["bulk", "run", "--help"], {}),
        (["no-such-group"], {}),
        (["reputation", "stats", "--no-such-option"], {}),
        ([], {"_SESCLI_COMPLETE": "complete_bash", "COMP_WORDS": "sescli ide", "COMP_CWORD": "1"}),
        ([], {"_SESCLI_COMPLETE": "complete_bash", "COMP_WORDS": "sescli bulk r", "COMP_CWORD": "2"}),
    ],
    ids=str,
)
def test_help_errors_and_completion_import_nothing_heavy(arguments, variables):
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sescli", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines() if "|" in line
    }
    assert "typer" in loaded
    assert not loaded & set(HEAVY)
