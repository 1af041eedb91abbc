"""Attachments of simple and templated messages (SES API v2 Attachment)."""

from __future__ import annotations

import errno
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sescli.errors import InputFileError, Place
from sescli.mail.controls import refuse_controls
from sescli.mail.errors import MailError
from sescli.text.input_files import open_argument, open_inside, read_at_most

# The limit of 40 MB applies after base64, so a file can have at most 30 MB.
LARGEST = 30 * 1024 * 1024
_LONGEST_NAME = 255
_LONGEST_TYPE = 78
_LONGEST_CID = 78

# https://docs.aws.amazon.com/ses/latest/dg/attachments.html
FORBIDDEN_EXTENSIONS = frozenset(
    # One string, as on that page, is easier to compare than a hundred.
    """
    ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js jse ksh
    lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml
    msh1xml msh2xml msi msp mst ops pcd pif plg prf prg reg scf scr sct shb shs sys ps1 ps1xml ps2 ps2xml
    psc1 psc2 tmp url vb vbe vbs vps vsmacros vss vst vsw vxd ws wsc wsf wsh xnk
    """.split()  # noqa: SIM905
)
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:; ?[A-Za-z0-9._-]+=[^\s;\"]+)*")
_OPTIONS = ("name", "type", "cid")


@dataclass(frozen=True)
class Attachment:
    """A file to send. With `cid` it is inline, shown where the HTML has `<img src="cid:…">`."""

    name: str
    content: bytes
    content_type: str
    cid: str | None = None

    def params(self) -> dict[str, Any]:
        """SES API v2 `Attachment`. The bytes are not encoded: the SDK and SES do that.

        The default of the API, SEVEN_BIT, would damage binary files.
        """
        inline = {"ContentDisposition": "INLINE", "ContentId": self.cid} if self.cid else {}
        return {
            "FileName": self.name,
            "RawContent": self.content,
            "ContentType": self.content_type,
            "ContentTransferEncoding": "BASE64",
            **(inline or {"ContentDisposition": "ATTACHMENT"}),
        }


def parse_attachment(text: str) -> Attachment:
    """Load `PATH[;name=NAME][;type=TYPE][;cid=ID]`. A `;` in the path or a value is written `;;`.

    Raises `MailError` for what SES would refuse, `InputFileError` for a file that cannot be read.
    """
    path, *rest = (part.replace("\0", ";") for part in text.replace("\0", "").replace(";;", "\0").split(";"))
    options: dict[str, str] = {}
    for part in rest:
        name, equals, value = part.partition("=")
        if name not in _OPTIONS or not equals or name in options:
            raise MailError(
                f"'{part}' in '{text}' is not one of ;name=, ;type= and ;cid=",
                hint="write a ';' in the path as ';;'",
            )
        options[name] = value
    return load_attachment(
        Path(path), name=options.get("name"), type=options.get("type"), cid=options.get("cid")
    )


def load_attachment(
    path: Path,
    *,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - the name of the option
    cid: str | None = None,
    folder: Path | None = None,
) -> Attachment:
    """Load a file as an attachment; without `type`, the name gives its content type.

    With `folder`, the path comes from a file in that folder, and must be a regular file inside it.
    """
    shown = _checked_name(path.name if name is None else name)
    content_type = type or mimetypes.guess_type(shown, strict=False)[0] or "application/octet-stream"
    refuse_controls(content_type, "the type of an attachment")
    if not _TYPE.fullmatch(content_type) or len(content_type) > _LONGEST_TYPE:
        raise MailError(f"'{content_type}' is not a content type such as application/pdf")
    return Attachment(shown, _read(path, folder), content_type, None if cid is None else _checked_cid(cid))


def forbidden_extension(name: str) -> str | None:
    """The extension of a file name that SES does not deliver, or None."""
    extension = name.rstrip(". ").rpartition(".")[2].lower() if "." in name else ""
    return extension if extension in FORBIDDEN_EXTENSIONS else None


def _checked_name(name: str) -> str:
    refuse_controls(name, "the name of an attachment")
    if not name or len(name) > _LONGEST_NAME or any(sign in name for sign in '/\\"'):
        raise MailError(
            f"'{name}' is not a valid name for an attachment: up to 255 characters, no slash, no quote"
        )
    if extension := forbidden_extension(name):
        raise MailError(
            f"SES does not deliver attachments of the type .{extension} ({name})",
            hint="send a link to the file, or put it into a .zip file",
            code="ForbiddenAttachment",
        )
    if "." not in name.strip("."):
        raise MailError(
            f"the attachment '{name}' has no file extension, which SES requires",
            hint="give it a name: PATH;name=report.txt",
        )
    return name


def _checked_cid(cid: str) -> str:
    refuse_controls(cid, "a content ID")
    if not re.fullmatch(r"[!-;=?-~]+", cid) or len(cid) > _LONGEST_CID:
        raise MailError(
            f"'{cid}' is not a content ID: 1 to 78 printable ASCII characters without '<' and '>'"
        )
    return cid


def _read(path: Path, folder: Path | None) -> bytes:
    try:
        with open_argument(path) if folder is None else open_inside(folder, path) as stream:
            return read_at_most(stream, LARGEST)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise _too_large(path) from error
        reason = error.strerror or error
        raise InputFileError(f"the attachment cannot be read: {reason}", place=Place(str(path))) from error


def _too_large(path: Path) -> MailError:
    size = path.stat().st_size if path.is_file() else 0
    has = f"has {size / 1e6:.1f} MB" if size else "is larger than 30 MB"
    return MailError(
        f"{path} {has}; SES accepts messages up to 40 MB after base64, so files up to 30 MB",
        hint="send a link to the file",
        code="MessageTooLarge",
    )
