"""The result of a DNS check on the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.exits import ExitCode
from sescli.groups.identity.service.next_steps import send_test_email
from sescli.output import sanitise
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.advice import Hint
    from sescli.dns.findings import CheckedRecord, DnsCheck, ServerAnswer
    from sescli.runtime import Runtime

_PURPOSES = {
    "dkim": "DKIM",
    "verification": "verification",
    "mail_from_mx": "MAIL FROM",
    "mail_from_spf": "SPF",
    "dmarc": "DMARC",
    "inbound_mx": "receiving",
}
_OPTIONAL = " (optional)"
# Width of the other columns of the table.
_WIDTH_WITHOUT_NAME = 36
_NOTHING_FOUND = {"nxdomain": "nothing", "nodata": "nothing of this type"}


def check_result(rt: Runtime, check: DnsCheck) -> Details:
    """The verdicts in a table, then for each wrong record the reason, what was found, and the fix."""
    if note := zone_note(check):
        rt.output.note(note)
    width = rt.terminal.width if rt.terminal.stdout_is_tty else None
    return Details(
        list(check.records),
        [],
        [Listing(check.records, _columns(check, width))],
        title=f"{check.domain} in {rt.aws.region}: {_summary(check)}",
        text="\n\n".join(_explanations(check, width)) or None,
        next=_next_step(check),
        exit_code=exit_code(check),
    )


def _columns(check: DnsCheck, width: int | None) -> list[Column]:
    """Full names, or if the terminal is too narrow, names relative to the domain in the title."""
    suffix = f".{check.domain}"
    longest = max((len(record.name) for record in check.records), default=0)
    is_too_narrow = width is not None and longest + _WIDTH_WITHOUT_NAME > width
    return [
        Column("verdict", "verdict", "status"),
        Column("for", lambda record: _PURPOSES[record.purpose] + ("" if record.required else _OPTIONAL)),
        Column("type", "type"),
        Column(f"name in {check.domain}", lambda record: record.name.removesuffix(suffix))
        if is_too_narrow
        else Column("name", "name"),
    ]


def zone_note(check: DnsCheck) -> str:
    """The zone that the records belong to. Users sometimes edit another one."""
    zone = check.zone
    if zone.apex is None:
        # After failed queries it is unknown whether there is a zone, and a warning has already said why.
        return "" if check.unknown else f"No DNS zone found for {check.domain}."
    from sescli.dns.hosts import place

    host = place(zone.apex, zone.name_servers).host
    servers = f" at {', '.join(zone.name_servers)}" if zone.name_servers else ""
    provider = f" ({host.name})" if host else ""
    hint = f" {host.hint}" if host and host.hint and not check.ok else ""
    return f"{check.domain} is in the DNS zone {zone.apex}{servers}{provider}.{hint}"


def exit_code(check: DnsCheck) -> ExitCode:
    """6 takes precedence over 3: after a failed query, a retry can change the result."""
    if check.ok:
        return ExitCode.OK
    return ExitCode.TRY_LATER if check.unknown else ExitCode.CHECK_FAILED


def _summary(check: DnsCheck) -> str:
    required = [record for record in check.records if record.required]
    if not required:
        return "no record is required"
    where = f" at {check.only_server}" if check.only_server else ""
    if check.ok:
        return f"all {len(required)} required records are correct{where}"
    correct = len(required) - len(check.failing)
    counts = {
        "unknown": sum(record.verdict == "error" for record in check.failing),
        "unverified": sum(record.verdict == "unverified" for record in check.failing),
    }
    others = "".join(f", {count} {word}" for word, count in counts.items() if count)
    return f"{correct} of {len(required)} required records are correct{others}"


def _next_step(check: DnsCheck) -> Hint:
    again = NextCommand("identity", "check", check.domain)
    if check.ok:
        wait = NextCommand("identity", "wait", check.domain)
        return send_test_email(check.domain) if check.verified else wait
    return Advice("check again: " if check.unknown else "fix these records, then run: ", again)


def _explanations(check: DnsCheck, width: int | None) -> list[str]:
    """One block for each verdict and fix, so that a fix for several records is printed once."""
    groups: dict[tuple[str, ...], list[CheckedRecord]] = {}
    for record in check.records:
        if record.verdict != "ok" or record.reason:
            # Without a fix, each reason has a block of its own.
            groups.setdefault((record.verdict, record.fix or record.reason), []).append(record)
    return [_block(records, width) for records in groups.values()]


def _block(records: Sequence[CheckedRecord], width: int | None) -> str:
    """The reason and the fix, then the records. Records with other reasons follow, each reason once."""
    verdict, fix = records[0].verdict, records[0].fix
    by_reason: dict[str, list[CheckedRecord]] = {}
    for record in records:
        by_reason.setdefault(record.reason, []).append(record)
    lines: list[str] = []
    for reason, same in by_reason.items():
        lines += _folded(f"{verdict}: ", sanitise.one_line(reason), "  ", width)
        if fix and same[0] is records[0]:
            lines += _folded(_line("fix", ""), sanitise.one_line(fix), _line("", ""), width)
        for record in same:
            lines += _record_lines(record)
    return "\n".join(lines)


def _record_lines(record: CheckedRecord) -> list[str]:
    lines = [_line("record", f"{record.type} {record.name}")]
    if record.verdict not in {"ok", "error", "unverified"}:
        lines.append(_line("needed", _needed(record)))
    return lines if record.verdict == "ok" else [*lines, *_found(record)]


def _folded(lead: str, text: str, indent: str, width: int | None) -> list[str]:
    """Prose, folded at the width of the terminal. One line if the output is not a terminal."""
    if width is None:
        return [lead + text]
    return textwrap.wrap(
        lead + text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _line(label: str, text: str) -> str:
    """Values are for copying, so they are never folded. A line break in one could imitate a line of sescli."""
    return f"  {label:<6}  {sanitise.one_line(text)}"


def _needed(record: CheckedRecord) -> str:
    value = record.value or "p=… (SES does not return the key; use --dkim-private-key)"
    return value if record.priority is None else f"{record.priority} {value}"


def _found(record: CheckedRecord) -> list[str]:
    """What was found, with the server names if the servers differ."""
    answers: dict[str, list[str]] = {}
    for seen in record.answers:
        answers.setdefault(_answer_text(seen), []).append(seen.server)
    if len(answers) > 1 and record.verdict != "duplicate":
        return [_line("found", f"{text} (at {', '.join(servers)})") for text, servers in answers.items()]
    return [_line("found", value) for value in record.found]


def _answer_text(seen: ServerAnswer) -> str:
    return "; ".join(seen.values) or _NOTHING_FOUND.get(seen.state, f"no answer ({seen.state})")
