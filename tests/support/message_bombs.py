"""Messages that cost a naive reader much time or memory, and a program that reads them: `message_bombs.py received|raw`."""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable

SIZE = 250_000
# Seconds of CPU (two readers read a received message), and megabytes.
LIMITS = {"received": (2, 100), "raw": (2, 150)}
_MB = 1024 * 1024
_TOO_MUCH_MEMORY = 9
_HEAD = b"From: a@example.com\nTo: c@example.net\n"
_MULTIPART = b"Content-Type: multipart/mixed; boundary=b\n\n"


def _filled(unit: bytes, size: int = SIZE) -> bytes:
    return (unit * (size // len(unit) + 1))[:size]


def _nested(levels: int) -> bytes:
    return b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(levels))


def _html(unit: bytes) -> bytes:
    return _HEAD + b"Content-Type: text/html\n\n" + _filled(unit)


def _text(charset: bytes, unit: bytes) -> bytes:
    return _HEAD + b"Content-Type: text/plain; charset=" + charset + b"\n\n" + _filled(unit)


RECEIVED: dict[str, Callable[[], bytes]] = {
    "nested multiparts": lambda: _HEAD + _nested(4500),
    "nested multiparts with one boundary": lambda: _HEAD + _filled(_MULTIPART + b"--b\n"),
    "nested messages": lambda: _HEAD + _filled(b"Content-Type: message/rfc822\n\n"),
    "many parts": lambda: _HEAD + _MULTIPART + _filled(b"--b\n\n"),
    "many attachments": lambda: (
        _HEAD + _MULTIPART + _filled(b"--b\nContent-Disposition: attachment; filename=a\n\nx\n")
    ),
    "lines that start like a boundary": lambda: _HEAD + _MULTIPART + _filled(b"--b" + b" " * 900 + b"x\n"),
    "many headers": lambda: _HEAD + _filled(b"a:\n") + b"\nx",
    "many content types": lambda: _HEAD + _filled(b"Content-Type: a\n") + b"\nx",
    "many parameters": lambda: _HEAD + b"Content-Type: text/plain" + _filled(b";a=b") + b"\n\nx",
    "parameter continuations": lambda: (
        _HEAD
        + b"Content-Disposition: attachment"
        + b"".join(b";filename*%d*=a" % number for number in range(14_000))
        + b"\n\nx"
    ),
    "encoded-words": lambda: _HEAD + b"Subject: " + _filled(b"=?utf-8?q?a?= ") + b"\n\nx",
    "3 MB of encoded-words": lambda: _HEAD + b"Subject: " + _filled(b"=?utf-8?q?a?= ", 3_000_000) + b"\n\nx",
    "encoded-words of many charsets": lambda: (
        _HEAD + b"Subject: " + b"".join(b"=?x%d?q?a?=" % number for number in range(18_000)) + b"\n\nx"
    ),
    "folded subject": lambda: _HEAD + b"Subject: a" + b"\n a" * 300_000 + b"\n\nx",
    "starts of encoded-words": lambda: _HEAD + b"Subject: " + _filled(b"=?a?q?") + b"\n\nx",
    "address list": lambda: _HEAD + b"Cc: " + _filled(b"a@b.example,") + b"\n\nx",
    "comments in an address": lambda: _HEAD + b"Cc: " + _filled(b"(") + b"\n\nx",
    "groups in an address": lambda: _HEAD + b"Cc: " + _filled(b"a:") + b"\n\nx",
    "quotes in an address": lambda: _HEAD + b"Cc: " + _filled(b'"\\') + b"\n\nx",
    "punycode": lambda: _text(b"punycode", b"a-b9zz"),
    "idna": lambda: _text(b"idna", b"xn--a."),
    "UTF-7 surrogates": lambda: _text(b"utf-7", b"+2AA-"),
    "undefined charset": lambda: _text(b"undefined", b"x"),
    "long charset": lambda: _HEAD + b"Content-Type: text/plain; charset=" + _filled(b"x") + b"\n\nx",
    "list items": lambda: _html(b"<ul><li>"),
    "open comments": lambda: _html(b"<!--"),
    "declarations": lambda: _html(b"<![x"),
    "open CDATA": lambda: _html(b"<![CDATA["),
    "links in links": lambda: _html(b"<a href=x>y</b>"),
    "open quotes": lambda: _html(b'<a "'),
    "less-than signs": lambda: _html(b"<"),
    "open tags": lambda: _html(b"<p a="),
    "hidden elements": lambda: _html(b"<template></head>"),
    "character references": lambda: _html(b"&#9"),
    "rules": lambda: _html(b"<hr>"),
}

RAW: dict[str, Callable[[], bytes]] = {
    **RECEIVED,
    "200,000 recipients": lambda: (
        b"From: a@example.com\nTo: "
        + b",\n ".join(b"a%d@example.net" % number for number in range(200_000))
        + b"\n\nx"
    ),
    "3 MB of headers": lambda: _HEAD + _filled(b"X-A: 1\n", 3_000_000) + b"\nx",
    "comments in short lines": lambda: _HEAD + b"Cc: " + (b"(" * 900 + b"\n ") * 270 + b"x\n\nx",
    "12 MB of nested multiparts": lambda: _HEAD + _nested(200_000),
}


def _receive(data: bytes) -> None:
    from sescli.emulator.html_preview import inspect_html
    from sescli.emulator.ses.sending import mime
    from sescli.mail.body import text_from_html
    from sescli.mail.received import read_received

    message = read_received(data)
    shown = [message.header("Subject"), message.header("Cc"), message.body("plain"), message.body("html")]
    shown += [value for pair in message.headers() for value in pair]
    "".join(filter(None, shown)).encode()
    message.attachments()
    if (html := message.body("html")) is not None:
        text = text_from_html(html)
        assert len(text) < 6 * len(html) + 100, len(text)
        inspect_html(html, [])
    parsed = mime.read_raw(data)
    for name in ("From", "To", "Cc"):
        parsed.addresses(name)
    parsed.headers(), parsed.body("plain"), parsed.attachments()


def _check_raw(data: bytes) -> None:
    from sescli.errors import UsageError
    from sescli.mail.raw import parse_raw

    try:
        parse_raw(data)
    except UsageError as error:
        if len(error.message) > 1000:
            raise RuntimeError("the message of the error is long") from error


def _in_child(read: Callable[[bytes], None], bomb: Callable[[], bytes], seconds: int, megabytes: int) -> str:
    """Read one message in a child process with limits; what went wrong, or an empty text."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (4 * megabytes * _MB, 4 * megabytes * _MB))
        try:
            read(bomb())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            os._exit(0 if peak < megabytes else _TOO_MUCH_MEMORY)
        except BaseException:  # noqa: BLE001 - a child must not return
            traceback.print_exc()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    known = {0: "", -signal.SIGXCPU: "too much CPU", -signal.SIGKILL: "too much CPU"}
    return known.get(code, "too much memory" if code == _TOO_MUCH_MEMORY else f"exit {code}")


def main(kind: str) -> None:
    """Read each message under limits; write one line for each that failed."""
    bombs, read = (RECEIVED, _receive) if kind == "received" else (RAW, _check_raw)
    read(_HEAD + b"\nx")  # import everything before the first fork
    for name, bomb in bombs.items():
        if problem := _in_child(read, bomb, *LIMITS[kind]):
            sys.stdout.write(f"{name}: {problem}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
