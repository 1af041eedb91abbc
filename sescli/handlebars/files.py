"""Template files: the guide's JSON (API v1 names, with or without its wrapper), v2 names, YAML, or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import InputFileError, Place
from sescli.handlebars.content import LARGEST, TemplateContent
from sescli.text.decoding import decoded
from sescli.text.structured import read_data

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What each part is called by API v1, by API v2, and by `sescli template show -o json`.
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
# Told by `show`, made anew by SES.
_IGNORED = frozenset({"variables", "created_at", "Tags"})
_FOLDER = {"subject": "subject.txt", "text": "text.txt", "html": "html.html"}
_LARGEST_FILE = 4 * LARGEST


@dataclass(frozen=True)
class TemplateFile:
    """What a template file says; a file need not name its template."""

    name: str | None
    content: TemplateContent


def read_folder(path: Path) -> TemplateFile:
    """`NAME/subject.txt`, `text.txt`, `html.html`: the folder's name is the template's.

    The line break that ends subject.txt is the file's, not the subject's. Raises InputFileError.
    """
    parts: dict[str, str | None] = dict.fromkeys(_FOLDER)
    for part, file in _FOLDER.items():
        place = path / file
        if place.exists():
            parts[part] = decoded(_read(place), str(place))
    subject = parts["subject"]
    if subject is None:
        raise InputFileError("a template folder has a subject.txt, and this has none", place=Place(str(path)))
    content = TemplateContent(subject.rstrip("\r\n"), parts["text"], parts["html"])
    return TemplateFile(path.resolve().name, content)


def parse_template(data: bytes, file: str) -> TemplateFile:
    """A template from the bytes of a JSON or YAML file called `file`. Raises InputFileError with the place."""
    if len(data) > _LARGEST_FILE:
        raise InputFileError("is too large for a template: SES stores 500 KB", place=Place(file))
    text = decoded(data, file)
    given = _unwrapped(read_data(text, file), file)
    parts: dict[str, str] = {}
    for key, value in given.items():
        part = _NAMES.get(key)
        if part is None and key not in _IGNORED:
            known = ", ".join(_NAMES)
            raise InputFileError(f"'{key}' is unknown here", place=Place(file), hint=f"known are: {known}")
        if part is None or value is None:
            continue
        if not isinstance(value, str):
            raise InputFileError(f"'{key}' must be a text", place=Place(file))
        if part in parts:
            raise InputFileError(f"'{key}' gives the {part} a second time", place=Place(file))
        parts[part] = value
    if "subject" not in parts:
        raise InputFileError("there is no SubjectPart", place=Place(file), hint="a template needs a subject")
    name = parts.pop("name", None)
    return TemplateFile(name, TemplateContent(**parts))


def parse_data(data: bytes, file: str) -> dict[str, Any]:
    """Template data, an object, from the bytes of a JSON or YAML file. Raises InputFileError with the place."""
    text = decoded(data, file)
    given = read_data(text, file)
    if not isinstance(given, dict):
        raise InputFileError("template data is an object: names and their values", place=Place(file))
    return given


def _unwrapped(given: Any, file: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise InputFileError("is not a template: an object with SubjectPart and the rest", place=Place(file))
    flat: dict[str, Any] = {}
    for key, value in given.items():
        if key in _WRAPPERS and isinstance(value, dict):
            flat |= _unwrapped(value, file)
        else:
            flat[key] = value
    return flat


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputFileError(f"cannot be read: {error.strerror}", place=Place(str(path))) from error
