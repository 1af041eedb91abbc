"""Reads and checks what all messages of a batch share."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import InputFileError, Place, UsageError
from sescli.groups.bulk.batch.schema_validation import place_of
from sescli.groups.bulk.batch.subjects import check_subject
from sescli.groups.bulk.batch.unsubscribe import example_headers
from sescli.groups.bulk.model import spec
from sescli.handlebars.engine import UnknownSyntax
from sescli.handlebars.engine import compile as compile_template
from sescli.mail.addresses import parse_address
from sescli.mail.attachments import load_attachment
from sescli.mail.headers import header_params
from sescli.mail.tags import check_tag
from sescli.text.decoding import decoded
from sescli.text.input_files import open_inside, read_at_most
from sescli.text.yaml_nodes import Mapping, Node, Sequence, plain

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_INCLUDED_BYTES = 1024 * 1024  # of one part: SES accepts 1 MB of inline content
_BLOCKS = ("{{#", "{{>", "{{^", "{{else")


def path_in_folder(folder: Path, name: str, place: Place) -> Path:
    """The path of a file that the batch file names, which must be inside the folder of the batch file.

    Open it with `open_inside`: the path can change after this check.
    """
    if "\0" in name:
        raise InputFileError("no file can have a name with a NUL character", place=place)
    path = folder / name
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise InputFileError(
            f"'{name}' is outside the folder of the batch file",
            place=place,
            hint="move it into that folder; for recipients elsewhere use --recipients PATH",
        )
    return path


class MessageSpecReader:
    """Builds the `MessageSpec` from nodes that match the schema, and reports everything that SES would reject."""

    def __init__(self, file: str, folder: Path, root: Mapping) -> None:
        self._file = file
        self._folder = folder
        self._root = root
        self._given = plain(root)
        self._errors: list[InputFileError] = []

    def read(self) -> spec.MessageSpec:
        """Build it. Raises `InputFileError` with all problems."""
        given = self._given
        self._try("unsubscribe", self._check_one_click)
        unsubscribe = _unsubscribe(given.get("unsubscribe"))
        headers = dict(given.get("headers", {}))
        self._try("headers", lambda: header_params(headers.items()))
        self._try("unsubscribe", lambda: header_params(example_headers(unsubscribe).items()))
        mailing = spec.MessageSpec(
            sender=self._try("from", lambda: parse_address(given["from"]).format()) or "",
            reply_to=self._try("reply_to", lambda: tuple(map(_formatted, _listed(given.get("reply_to")))))
            or (),
            template=given.get("template"),
            content=self._try("content", self._content),
            config_set=given.get("config_set"),
            tags=self._try("tags", self._tags) or {},
            headers=headers,
            unsubscribe=unsubscribe,
            attachments=self._try("attachments", self._attachments) or (),
        )
        if self._errors:
            raise self._combined_error()
        return mailing

    def _try(self, key: str, read: Callable[[], Any]) -> Any:
        """The value; None after recording what is wrong with it, and where."""
        try:
            return read()
        except InputFileError as error:
            self._errors.append(error)
        except UsageError as error:
            place = place_of(self._file, self._root.key_spots.get(key, self._root.spot), key)
            self._errors.append(InputFileError(error.message, place=place, hint=error.hint, code=error.code))
        return None

    def _combined_error(self) -> InputFileError:
        first, *others = self._errors
        if not others:
            return first
        message = "\n".join(
            [first.message.removeprefix(f"{first.place}: "), *(one.message for one in others)]
        )
        return InputFileError(message, place=first.place, hint=first.hint, code=first.code)

    def _check_one_click(self) -> None:
        given = self._given.get("unsubscribe") or {}
        if given.get("one_click") and "url" not in given:
            raise UsageError("one_click requires url: email programs send a POST request to it (RFC 8058)")

    def _tags(self) -> dict[str, str]:
        return dict(check_tag(name, str(value)) for name, value in self._given.get("tags", {}).items())

    def _content(self) -> spec.InlineContent | None:
        given = self._given.get("content")
        if given is None:
            return None
        node = self._root.items["content"]
        assert isinstance(node, Mapping)
        content = spec.InlineContent(
            subject=given["subject"],
            text=self._body(given.get("text"), node, "text"),
            html=self._body(given.get("html"), node, "html"),
        )
        for name, part in content.parts.items():
            self._check_part(name, part, place_of(self._file, node.key_spots[name], f"content.{name}"))
        return content

    def _check_part(self, name: str, part: str, place: Place) -> None:
        if any(sign in part for sign in _BLOCKS):
            raise InputFileError(
                "has a block, but SES supports only {{name}} in inline content",
                place=place,
                hint=Advice(
                    "store it as a template: ",
                    NextCommand("template", "create"),
                    ", then use template: NAME here",
                ),
            )
        if name == "subject":
            check_subject(part, place)
        with suppress(UnknownSyntax):  # the check of the batch warns of it
            compile_template(part)

    def _body(self, text: str | None, node: Mapping, key: str) -> str | None:
        """A body part: the text itself, or `@path` of a file; `@@` starts a text with an @."""
        if text is None or not text.startswith("@"):
            return text
        if text.startswith("@@"):
            return text[1:]
        place = place_of(self._file, node.key_spots[key], f"content.{key}")
        name = text[1:]
        return decoded(self._included(name, place), str(self._folder / name))

    def _included(self, name: str, place: Place) -> bytes:
        path = path_in_folder(self._folder, name, place)
        try:
            with open_inside(self._folder, path) as stream:
                return read_at_most(stream, _MAX_INCLUDED_BYTES)
        except OSError as error:
            reason = error.strerror or error
            raise InputFileError(f"'{name}' cannot be read: {reason}", place=place) from error

    def _attachments(self) -> tuple[spec.BatchAttachment, ...]:
        node = self._root.items.get("attachments")
        if not isinstance(node, Sequence):
            return ()
        read = [
            self._try("attachments", partial(self._attachment, item, number))
            for number, item in enumerate(node.items)
        ]
        return tuple(attachment for attachment in read if attachment)

    def _attachment(self, node: Node, number: int) -> spec.BatchAttachment:
        given = plain(node)
        place = place_of(self._file, node.spot, f"attachments.{number}")
        path = path_in_folder(self._folder, given["file"], place)
        try:
            loaded = load_attachment(
                path,
                name=given.get("name"),
                type=given.get("type"),
                cid=given.get("cid"),
                folder=self._folder,
            )
        except UsageError as error:
            raise InputFileError(error.message, place=place, hint=error.hint, code=error.code) from error
        return spec.BatchAttachment(
            loaded.name, base64.b64encode(loaded.content).decode(), loaded.content_type, loaded.cid
        )


def _formatted(text: str) -> str:
    return parse_address(text).format()


def _listed(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _unsubscribe(given: dict[str, Any] | None) -> spec.Unsubscribe | None:
    if given is None:
        return None
    url = given.get("url")
    return spec.Unsubscribe(
        url=url,
        mailto=given.get("mailto"),
        one_click=given.get("one_click", url is not None),
        list_name=given.get("list"),
        topic=given.get("topic"),
    )
