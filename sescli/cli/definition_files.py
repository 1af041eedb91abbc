"""The option --file: a JSON or YAML file, or standard input, that defines something of SES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.cli.text_input import name_of, read_file
from sescli.text.decoding import decoded

if TYPE_CHECKING:
    from sescli.runtime import Runtime
    from sescli.text.definition_files import Definition


def read_definition(path: str, rt: Runtime) -> Definition:
    """The definition in a file; `-` is standard input. Raises `InputFileError`.

    `file://` before the path, as the AWS CLI writes it, is taken too.
    """
    from sescli.text import definition_files

    path = path.removeprefix("file://")
    return definition_files.parse(decoded(read_file(path, rt), name_of(path)), name_of(path))
