"""Read template files: JSON or YAML with the names of API v1 or v2, with or without a wrapper, or a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sescli.errors import InputFileError, Place
from sescli.handlebars.content import LARGEST, TemplateContent
from sescli.text.decoding import decoded
from sescli.text.input_files import open_inside, read_at_most
from sescli.text.structured import read_data

if TYPE_CHECKING:
    from collections.abc import Mapping

# The names of each part in API v1, in API v2, and in `sescli template show -o json`.
_NAMES = {
    "TemplateName": "name",
    "Name": "name",
    "name": "name",
    "SubjectPart": "subject",
    "Subject": "subject",
    "subject": "subject",
    "TextPart": "text",
    "Text": "text",
    "text": "text",
    "HtmlPart": "html",
    "Html": "html",
    "html": "html",
}
_WRAPPERS = ("Template", "TemplateContent")
# Output of `show` that SES creates itself.
_IGNORED = frozenset({"variables", "created_at", "Tags"})
_FOLDER = {"subject": "subject.txt", "text": "text.txt", "html": "html.html"}
_LARGEST_FILE = 4 * LARGEST


@dataclass(frozen=True)
class TemplateFile:
    """The content of a template file; the name of the template is optional."""

    name: str | None
    content: TemplateContent


def read_folder(path: Path) -> TemplateFile:
    """Read `NAME/subject.txt`, `text.txt` and `html.html`; the name of the folder is that of the template.

    The line break at the end of subject.txt is not part of the subject. Raises `InputFileError`, also for a part that
    is a device or a link out of the folder.
    """
    parts: dict[str, str | None] = dict.fromkeys(_FOLDER)
    for part, file in _FOLDER.items():
        parts[part] = _read_part(path, file)
    subject = parts["subject"]
    if subject is None:
        raise InputFileError("the template folder has no subject.txt", place=Place(str(path)))
    content = TemplateContent(subject.rstrip("\r\n"), parts["text"], parts["html"])
    return TemplateFile(Path(os.path.realpath(path)).name, content)


def parse_template(data: bytes, file: str) -> TemplateFile:
    """Parse a template from the bytes of the JSON or YAML file `file`. Raises `InputFileError` with the position."""
    if len(data) > _LARGEST_FILE:
        raise InputFileError("is too large for a template: SES stores at most 500 KB", place=Place(file))
    text = decoded(data, file)
    given = _unwrapped(read_data(text, file), file)
    parts: dict[str, str] = {}
    for key, value in given.items():
        part = _NAMES.get(key)
        if part is None and key not in _IGNORED:
            known = ", ".join(_NAMES)
            raise InputFileError(f"unknown key '{key}'", place=Place(file), hint=f"known keys: {known}")
        if part is None or value is None:
            continue
        if not isinstance(value, str):
            raise InputFileError(f"'{key}' must be text", place=Place(file))
        if part in parts:
            raise InputFileError(f"'{key}' sets the {part} a second time", place=Place(file))
        parts[part] = value
    if "subject" not in parts:
        raise InputFileError(
            "SubjectPart is missing", place=Place(file), hint="add a subject: SES requires one"
        )
    name = parts.pop("name", None)
    return TemplateFile(name, TemplateContent(**parts))


def parse_data(data: bytes, file: str) -> dict[str, Any]:
    """Parse template data, an object, from the bytes of a JSON or YAML file. Raises `InputFileError`."""
    text = decoded(data, file)
    given = read_data(text, file)
    if not isinstance(given, dict):
        raise InputFileError("template data must be an object: names and values", place=Place(file))
    return given


def _unwrapped(given: Any, file: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise InputFileError(
            "is not a template, which is an object with SubjectPart, TextPart and HtmlPart", place=Place(file)
        )
    flat: dict[str, Any] = {}
    for key, value in given.items():
        if key in _WRAPPERS and isinstance(value, dict):
            flat |= _unwrapped(value, file)
        else:
            flat[key] = value
    return flat


def _read_part(folder: Path, name: str) -> str | None:
    """The text of a part; None if there is no such file. A link to nothing is an error: it was meant as a part."""
    path = folder / name
    try:
        with open_inside(folder, path) as stream:
            return decoded(read_at_most(stream, _LARGEST_FILE), str(path))
    except FileNotFoundError as error:
        if not path.is_symlink():
            return None
        raise InputFileError("is a link to a file that does not exist", place=Place(str(path))) from error
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror or error}", place=Place(str(path))) from error
