"""Write new SMTP credentials: to a file that only its owner can read, or to standard output.

They are written while the key can still be deleted. Otherwise a failed write leaves an active key without a known
password.
"""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.errors import LocalError, UsageError
from sescli.output.results import Details, Document
from sescli.output.terminal import discard_output

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sescli.advice import Hint
    from sescli.groups.smtp.service.credentials import SmtpCredentials
    from sescli.runtime import Runtime
    from sescli.text.output_file import OutputFile

_OUT_HINT = "choose a new file in a folder that you can write to: --out FILE"
_FORMATS = {"json": "json", "env": "env", "dotenv": "env"}


@dataclass(frozen=True)
class CredentialsOutput:
    """The destination of one new password. `file` is None for standard output, `form` is None without --format."""

    rt: Runtime
    out: Path | None
    file: OutputFile | None
    form: str | None

    def write_credentials(self, made: SmtpCredentials, title: str, follow: Hint | None = None) -> None:
        """Write the credentials to their destination. Raises `LocalError`. A dry run writes nothing."""
        if self.rt.settings.dry_run:
            return
        if self.file is not None:
            self.file.write(made.to_text(self.form or "json"))
        else:
            self._show(self._result(made, title, follow))

    def file_result(self, made: SmtpCredentials, title: str, follow: Hint | None = None) -> Details | None:
        """The result if the password went to a file; None if it was shown with the password."""
        if self.file is None:
            return None
        self.rt.output.note(f"Wrote {self.out}.")
        data = asdict(made) | {"smtp_password": None, "out": str(self.out)}
        test = Advice(NextCommand("smtp", "test"), f" < {shlex.quote(str(self.out))}")
        return Details(
            data, _fields(made, f"in {self.out}"), title=title, next=follow or self._unless_local(test)
        )

    def _result(self, made: SmtpCredentials, title: str, follow: Hint | None) -> Details | Document:
        data = asdict(made)
        if self.form is not None:
            return Document(made.to_text(self.form), data)
        test = NextCommand("smtp", "test", "--for-region", made.region, "--username", made.smtp_username)
        return Details(
            data, _fields(made, made.smtp_password), title=title, next=follow or self._unless_local(test)
        )

    def _show(self, result: Details | Document) -> None:
        stdout = self.rt.world.stdout
        try:
            if isinstance(result, Details):
                self.rt.output.note("The password is shown only once: store it in a safe place.")
            self.rt.output.result(result)
            stdout.flush()
        except (OSError, SystemExit) as error:  # rich raises SystemExit when the reader closes the pipe
            discard_output(stdout)
            reason = (error.strerror if isinstance(error, OSError) else None) or "standard output was closed"
            raise LocalError(
                f"cannot show the password: {reason}",
                hint="send standard output to a program that reads it, or write to a file: --out FILE",
            ) from error

    def _unless_local(self, command: Hint) -> Hint | None:
        """The local SES emulator has no SMTP server, so there is nothing to test."""
        return None if self.rt.settings.local else command


@contextmanager
def open_credentials_output(rt: Runtime, out: Path | None, form: str | None) -> Iterator[CredentialsOutput]:
    """Open the destination of a password before the password exists.

    Raises `UsageError` for an invalid format, and for a file that cannot be written or must not be replaced.
    """
    chosen = _parse_format(form)
    if out is None or str(out) == "-" or rt.settings.dry_run:
        yield CredentialsOutput(rt, None, None, chosen)
        return
    from sescli.text.output_file import reserve

    def may_replace() -> None:
        rt.confirm("Replace it?", consequence=f"{out} already exists and will be overwritten")

    file = reserve(out, may_replace, hint=_OUT_HINT)
    try:
        yield CredentialsOutput(rt, out, file, chosen)
    finally:
        file.discard()


def _parse_format(text: str | None) -> str | None:
    if text is None:
        return None
    form = _FORMATS.get(text.lower())
    if form is None:
        raise UsageError(f"--format: {text!r} is not valid", hint="give env or json")
    return form


def _fields(made: SmtpCredentials, password: str) -> list[tuple[str, str]]:
    return [
        ("host", made.host),
        ("port", str(made.port)),
        ("user name", made.smtp_username),
        ("password", password),
        ("region", made.region),
    ]
