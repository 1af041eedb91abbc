"""Where a new SMTP password goes: to a file for its owner only, or to standard output.

It goes there while the key can still be taken back: a password that nobody could read is a key that nobody
can use and that works all the same.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sescli.cli.decorator import discard_output
from sescli.errors import LocalError, UsageError
from sescli.output.results import Details, Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sescli.groups.smtp.service.credentials import SmtpCredentials
    from sescli.groups.smtp.service.secret_file import SecretFile
    from sescli.runtime import Runtime

_FORMS = {"json": "json", "env": "env", "dotenv": "env"}


@dataclass(frozen=True)
class CredentialsOutput:
    """One new password on its way. `file` is the place held for it, None where it goes to standard output.

    `form` is what --format asked for, None without it.
    """

    rt: Runtime
    out: Path | None
    file: SecretFile | None
    form: str | None

    def write_credentials(self, made: SmtpCredentials, title: str, follow: str | None = None) -> None:
        """Write the password where it goes, to the last byte. Raises `LocalError`; a dry run has none."""
        if self.rt.settings.dry_run:
            return
        if self.file is not None:
            self.file.write(made.to_text(self.form or "json"))
        else:
            self._show(self._result(made, title, follow))

    def file_result(self, made: SmtpCredentials, title: str, follow: str | None = None) -> Details | None:
        """What to say of a password that went to a file; None where all has been said with the password."""
        if self.file is None:
            return None
        self.rt.output.note(f"written: {self.out}")
        data = asdict(made) | {"smtp_password": None, "out": str(self.out)}
        trial = f"sescli smtp test < {self.out}"
        return Details(
            data, _fields(made, f"in {self.out}"), title=title, next=follow or self._unless_local(trial)
        )

    def _result(self, made: SmtpCredentials, title: str, follow: str | None) -> Details | Document:
        data = asdict(made)
        if self.form is not None:
            return Document(made.to_text(self.form), data)
        trial = f"sescli smtp test --for-region {made.region} --username {made.smtp_username}"
        return Details(
            data, _fields(made, made.smtp_password), title=title, next=follow or self._unless_local(trial)
        )

    def _show(self, result: Details | Document) -> None:
        stdout = self.rt.world.stdout
        try:
            if isinstance(result, Details):
                self.rt.output.note("this is shown once: keep it where secrets are kept")
            self.rt.output.result(result)
            stdout.flush()
        except (OSError, SystemExit) as error:  # SystemExit is rich's way to say that the reader has gone
            discard_output(stdout)
            why = (error.strerror if isinstance(error, OSError) else None) or "the reader has gone"
            raise LocalError(
                f"the password could not be shown: {why}",
                hint="let standard output go to somebody who reads it, or write it to a file: --out FILE",
            ) from error

    def _unless_local(self, command: str) -> str | None:
        """The embedded SES speaks no SMTP, so there is nothing to try there."""
        return None if self.rt.settings.local else command


@contextmanager
def open_credentials_output(rt: Runtime, out: Path | None, form: str | None) -> Iterator[CredentialsOutput]:
    """Hold the place of a password, found fit before there is one.

    Raises `UsageError` for a form that is none and for a file that will not do or may not be replaced.
    """
    written = _form(form)
    if out is None or str(out) == "-" or rt.settings.dry_run:
        yield CredentialsOutput(rt, None, None, written)
        return
    from sescli.groups.smtp.service.secret_file import reserve

    def may_replace() -> None:
        rt.confirm("Replace it?", consequence=f"{out} exists already and will be overwritten")

    place = reserve(out, may_replace)
    try:
        yield CredentialsOutput(rt, out, place, written)
    finally:
        place.discard()


def _form(text: str | None) -> str | None:
    if text is None:
        return None
    form = _FORMS.get(text.lower())
    if form is None:
        raise UsageError(f"--format is {text!r}", hint="it takes env or json")
    return form


def _fields(made: SmtpCredentials, password: str) -> list[tuple[str, str]]:
    return [
        ("host", made.host),
        ("port", str(made.port)),
        ("user name", made.smtp_username),
        ("password", password),
        ("region", made.region),
    ]
