"""The option --file: a JSON or YAML file, or standard input, that defines something of SES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.commands.bodies import name_of, read_file
from sescli.errors import InputFileError, Place

if TYPE_CHECKING:
    from sescli.runtime import Runtime
    from sescli.services.definition_files import Definition


def read_definition(path: str, rt: Runtime) -> Definition:
    """The definition in a file; `-` is standard input. Raises `InputFileError`.

    `file://` before the path, as the AWS CLI writes it, is taken too.
    """
    from sescli.services import definition_files

    path = path.removeprefix("file://")
    data = read_file(path, rt)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputFileError("is not UTF-8", place=Place(name_of(path), line)) from error
    return definition_files.parse(text, name_of(path))
