"""A check of DNS as people see it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sescli.exits import ExitCode
from sescli.groups.identity.views.verification import sending
from sescli.output import sanitise
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.findings import CheckedRecord, DnsCheck, ServerAnswer
    from sescli.runtime import Runtime

_FOR = {
    "dkim": "DKIM",
    "verification": "verification",
    "mail_from_mx": "MAIL FROM",
    "mail_from_spf": "SPF",
    "dmarc": "DMARC",
    "inbound_mx": "receiving",
}
_OPTIONAL = " (optional)"
# Columns that a line takes beside the name.
_BESIDE_NAME = 36
_NOTHING = {"nxdomain": "nothing", "nodata": "nothing of this type"}


def result(rt: Runtime, check: DnsCheck) -> Details:
    """The verdicts, one a line; then of each that is not plainly right why, what is there, and what to do."""
    width = rt.terminal.width if rt.terminal.stdout_is_tty else None
    return Details(
        list(check.records),
        [],
        [Listing(check.records, _columns(check, width))],
        title=f"{check.domain} in {rt.aws.region}: {_summary(check)}",
        text="\n\n".join(_told(check, width)) or None,
        next=_next(check),
        exit_code=exit_code(check),
    )


def _columns(check: DnsCheck, width: int | None) -> list[Column]:
    """Where whole names would be folded, those within the domain: the title has the rest."""
    below = f".{check.domain}"
    longest = max((len(record.name) for record in check.records), default=0)
    short = width is not None and longest + _BESIDE_NAME > width
    return [
        Column("verdict", "verdict", "status"),
        Column("for", lambda record: _FOR[record.purpose] + ("" if record.required else _OPTIONAL)),
        Column("type", "type"),
        Column(f"name in {check.domain}", lambda record: record.name.removesuffix(below))
        if short
        else Column("name", "name"),
    ]


def whereabouts(check: DnsCheck) -> str:
    """Where the records belong, which is not always where they were typed."""
    zone = check.zone
    if zone.apex is None:
        # Where nothing was to be had, a warning says why; that there is no zone is not known.
        return "" if check.unknown else f"No zone was found that holds {check.domain}."
    from sescli.dns.hosts import place

    host = place(zone.apex, zone.name_servers).host
    servers = f", at {', '.join(zone.name_servers)}" if zone.name_servers else ""
    whose = f" ({host.name})" if host else ""
    hint = f" {host.hint}" if host and host.hint and not check.ok else ""
    return f"{check.domain} lies in the zone {zone.apex}{servers}{whose}.{hint}"


def exit_code(check: DnsCheck) -> ExitCode:
    """6 stands before 3: where an answer could not be had, asking again may change the whole."""
    if check.ok:
        return ExitCode.OK
    return ExitCode.TRY_LATER if check.unknown else ExitCode.CHECK_FAILED


def _summary(check: DnsCheck) -> str:
    required = [record for record in check.records if record.required]
    if not required:
        return "no record is required"
    if check.ok:
        return f"all {len(required)} required records are right"
    right = len(required) - len(check.failing)
    open_ones = sum(record.verdict == "error" for record in check.failing)
    unknown = f", {open_ones} not known" if open_ones else ""
    return f"{right} of {len(required)} required records are right{unknown}"


def _next(check: DnsCheck) -> str:
    again = f"sescli identity check {check.domain}"
    if check.ok:
        return sending(check.domain) if check.verified else f"sescli identity wait {check.domain}"
    return f"ask again: {again}" if check.unknown else f"mend these, then: {again}"


def _told(check: DnsCheck, width: int | None) -> list[str]:
    """What has the same reason stands together."""
    groups: dict[tuple[str, str, str], list[CheckedRecord]] = {}
    for record in check.records:
        if record.verdict != "ok" or record.reason:
            groups.setdefault((record.verdict, record.reason, record.fix), []).append(record)
    return [_block(*told, records, width) for told, records in groups.items()]


def _block(verdict: str, reason: str, fix: str, records: Sequence[CheckedRecord], width: int | None) -> str:
    lines = _folded(f"{verdict}: ", sanitise.one_line(reason), "  ", width)
    if fix:
        lines += _folded(_line("fix", ""), fix, _line("", ""), width)
    for record in records:
        lines.append(_line("record", f"{record.type} {record.name}"))
        if verdict not in {"ok", "error"}:
            lines.append(_line("wanted", _wanted(record)))
        if verdict != "ok":
            lines += _found(record)
    return "\n".join(lines)


def _folded(lead: str, text: str, indent: str, width: int | None) -> list[str]:
    """Prose at the width of the terminal; off one it is one line."""
    if width is None:
        return [lead + text]
    return textwrap.wrap(
        lead + text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _line(label: str, text: str) -> str:
    """A value is never folded: it is there to be copied. Nor has it lines of its own: those would pass for ours."""
    return f"  {label:<6}  {sanitise.one_line(text)}"


def _wanted(record: CheckedRecord) -> str:
    value = record.value or "p=… (SES does not tell the key: --dkim-private-key derives it)"
    return value if record.priority is None else f"{record.priority} {value}"


def _found(record: CheckedRecord) -> list[str]:
    """What was found; where the servers differ, by whom."""
    said: dict[str, list[str]] = {}
    for seen in record.answers:
        said.setdefault(_said(seen), []).append(seen.server)
    if len(said) > 1 and record.verdict != "duplicate":
        return [_line("found", f"{text} (at {', '.join(servers)})") for text, servers in said.items()]
    return [_line("found", value) for value in record.found]


def _said(seen: ServerAnswer) -> str:
    return "; ".join(seen.values) or _NOTHING.get(seen.state, f"no answer ({seen.state})")
