"""A check of DNS as people see it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sescli.exits import ExitCode
from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from sescli.dns.check import Check, CheckedRecord, Seen

_FOR = {
    "dkim": "DKIM",
    "verification": "verification",
    "mail_from_mx": "MAIL FROM",
    "mail_from_spf": "SPF",
    "dmarc": "DMARC",
    "inbound_mx": "receiving",
}
_COLUMNS = (
    Column("found", "verdict", "status"),
    Column("for", lambda record: _FOR[record.purpose] + ("" if record.required else " (optional)")),
    Column("type", "type"),
    Column("name", "name"),
)
_NOTHING = {"nxdomain": "nothing", "nodata": "nothing of this type"}


def result(check: Check, region: str) -> Details:
    """The verdicts, one a line; then of each that is not plainly right why, what is there, and what to do."""
    told = [_block(record) for record in check.records if record.verdict != "ok" or record.reason]
    return Details(
        list(check.records),
        [],
        [Listing(check.records, _COLUMNS)],
        title=f"{check.domain} in {region}: {_summary(check)}",
        text="\n\n".join(told) or None,
        next=_next(check),
        exit_code=exit_code(check),
    )


def exit_code(check: Check) -> ExitCode:
    """6 stands before 3: where an answer could not be had, asking again may change the whole."""
    if check.ok:
        return ExitCode.OK
    return ExitCode.TRY_LATER if check.unknown else ExitCode.NO


def _summary(check: Check) -> str:
    required = [record for record in check.records if record.required]
    if check.ok:
        return f"all {len(required)} required records are right"
    right = len(required) - len(check.failing)
    return f"{right} of {len(required)} required records are right"


def _next(check: Check) -> str:
    if check.ok:
        return f"sescli identity wait {check.domain}"
    if check.unknown:
        return f"ask again: sescli identity check {check.domain}"
    return f"mend them (sescli identity records {check.domain}), then: sescli identity check {check.domain}"


def _block(record: CheckedRecord) -> str:
    lines = [f"{record.verdict}: {record.type} {record.name}"]
    if record.reason:
        lines.append(f"  {'note' if record.verdict == 'ok' else 'why':<6}  {record.reason}")
    if record.verdict != "ok":
        lines += [f"  wanted  {_wanted(record)}", *_found(record), f"  fix     {record.fix}"]
    return "\n".join(lines)


def _wanted(record: CheckedRecord) -> str:
    value = record.value or "p=… (SES does not tell the key: --dkim-private-key derives it)"
    return value if record.priority is None else f"{record.priority} {value}"


def _found(record: CheckedRecord) -> list[str]:
    """What was found, by whom: those that say the same stand together."""
    groups = groupby(sorted(record.answers, key=_said), key=_said)
    said = [(text, [seen.server for seen in group]) for text, group in groups]
    if len(said) == 1 and record.found:
        return [f"  found   {value}" for value in record.found]
    return [f"  found   {text} (by {', '.join(servers)})" for text, servers in said]


def _said(seen: Seen) -> str:
    return "; ".join(seen.values) or _NOTHING.get(seen.state, f"no answer: {seen.state}")
