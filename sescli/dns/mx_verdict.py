"""An MX record held against what a server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.findings import DUPLICATE, MISMATCH, OK, Finding

if TYPE_CHECKING:
    from sescli.dns.records import Record


def judge_mx(record: Record, values: tuple[str, ...]) -> Finding:
    wanted = (record.value or "").lower()
    right = [each for each in values if each.partition(" ")[2] == wanted]
    if not right:
        return _other_mx(record, values)
    if len(values) > 1 and record.purpose == "mail_from_mx":
        return Finding(
            DUPLICATE,
            "second_mx",
            "the MAIL FROM name has more than one MX, and SES wants to be the only one",
            f"remove every MX but {wanted}, or take a MAIL FROM name of its own",
            values,
        )
    if len(values) > 1:
        return _shared_inbox(wanted, values)
    priority = int(right[0].partition(" ")[0])
    note = ""
    if priority != record.priority:
        note = f"its priority is {priority}, not {record.priority}: for a single MX that is the same"
    return Finding(OK, "ok", note, found=values)


def _shared_inbox(wanted: str, values: tuple[str, ...]) -> Finding:
    first = min(values, key=lambda each: int(each.partition(" ")[0])).partition(" ")[2]
    if first == wanted:
        return Finding(
            OK, "ok", "other MX records stand behind it, for when SES does not answer", found=values
        )
    return Finding(
        DUPLICATE,
        "second_mx",
        f"mail goes to {first} first, which has the lower priority number",
        "remove the other MX records, or give SES's the lowest number: it then takes over all mail of this name",
        values,
    )


def _other_mx(record: Record, values: tuple[str, ...]) -> Finding:
    hosts = [each.partition(" ")[2] for each in values]
    if any(each.startswith(f"{record.value}.") for each in hosts):
        return Finding(
            MISMATCH,
            "target_zone_appended",
            "the DNS host has appended the zone to the mail server's name",
            "end the value with a dot, or see how your DNS host takes a name outside the zone",
            values,
        )
    if any(each.startswith(("feedback-smtp.", "inbound-smtp.")) for each in hosts):
        return Finding(
            MISMATCH,
            "other_region",
            "the MX is SES's, but of another region",
            "one name serves one region: change the MX, or take another name for this region",
            values,
        )
    return Finding(
        MISMATCH, "other_value", "the MX points elsewhere", "change the MX to the wanted one", values
    )
