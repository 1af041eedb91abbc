"""The help of every command: each parameter is explained, and its value has a name that says what it is."""

from __future__ import annotations

import typer

from sescli.app import root_command


def parameters(context, command, path=()):
    """Each parameter of each command below, with the place of the command and its context."""
    if not hasattr(command, "list_commands"):
        yield from ((" ".join(path), context, param) for param in command.params)
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        yield from parameters(typer.Context(below, parent=context, info_name=name), below, (*path, name))


def all_parameters():
    root = root_command()
    return list(parameters(typer.Context(root, info_name="sescli"), root))


def test_the_walk_reaches_every_group():
    assert len({place for place, _, _ in all_parameters()}) > 100


def test_every_parameter_has_a_line_of_help():
    assert [f"{place} {param.name}" for place, _, param in all_parameters() if not param.help] == []


def test_every_value_has_a_name_that_says_what_it_is():
    nameless = [
        f"{place} {param.name}: {name}"
        for place, context, param in all_parameters()
        if not getattr(param, "is_flag", False)
        and (name := param.make_metavar(context)).strip("[]").startswith(("<", "INTEGER", "FLOAT"))
    ]
    assert nameless == []


def test_what_one_does_first_stands_first(sescli):
    listed = sescli("identity", "--help").stdout
    places = [listed.index(f"│ {name} ") for name in ("setup", "verify", "list", "dkim")]
    assert places == sorted(places)
