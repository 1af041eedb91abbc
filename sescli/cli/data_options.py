"""Template data as it is given: --data name=Jane, --data order.id=5, --data-file order.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sescli.runtime import Runtime

Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data", help="A variable, order.id=5 one of an object; may be repeated.", metavar="KEY=VALUE"
    ),
]
DataFile = Annotated[
    str | None, typer.Option("--data-file", help="JSON or YAML with the variables, or -.", metavar="FILE")
]


def given_data(rt: Runtime, pairs: list[str] | None, file: str | None) -> dict[str, Any]:
    """The data of a file, and over it the single pairs."""
    from sescli.cli.text_input import name_of, read_file
    from sescli.handlebars import files
    from sescli.handlebars.pairs import set_pairs

    data = files.parse_data(read_file(file, rt), name_of(file)) if file else {}
    return set_pairs(data, pairs or [])
