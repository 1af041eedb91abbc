"""One server's answers held against the record that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.answers import FOUND, TIMEOUT, TOLD, Answer
from sescli.dns.cname_verdict import judge_cname
from sescli.dns.dmarc import judge_dmarc
from sescli.dns.findings import ERROR, MISMATCH, Evidence, Finding, missing
from sescli.dns.mx_verdict import judge_mx
from sescli.dns.spf import judge_spf
from sescli.dns.txt_verdict import judge_dkim_key, judge_verification

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.dns.records import Record

_BY_PURPOSE: dict[str, Callable[[Record, tuple[str, ...]], Finding]] = {
    "dkim": judge_dkim_key,
    "verification": judge_verification,
    "mail_from_mx": judge_mx,
    "mail_from_spf": judge_spf,
    "dmarc": judge_dmarc,
    "inbound_mx": judge_mx,
}
# A name that is an alias can hold nothing else; but a TXT of these is often kept behind one on purpose.
_MAY_BE_ALIAS = frozenset({"dkim", "dmarc", "verification"})


def judge(record: Record, evidence: Evidence) -> Finding:
    """The verdict on one record by one server's answers."""
    answer = evidence.answer
    if answer.state not in TOLD:
        return unanswered(answer)
    if record.type == "CNAME":
        return judge_cname(record, evidence)
    if answer.aliases and record.purpose not in _MAY_BE_ALIAS:
        return _alias(record, answer)
    if answer.state != FOUND:
        return missing(answer)
    return _BY_PURPOSE[record.purpose](record, answer.values)


def unanswered(answer: Answer) -> Finding:
    """What is there stays open: no answer, or none that says."""
    reason = f"{answer.server.host} {answer.detail or _pointing(answer)}"
    fix = "run the check again; if it stays so, the DNS host must mend its server, or its DNSSEC"
    if answer.state == TIMEOUT:
        fix = "run the check again; if it stays so, see that this network lets DNS through (UDP and TCP 53)"
    return Finding(ERROR, answer.state, reason, fix)


def _pointing(answer: Answer) -> str:
    hosts = ", ".join(answer.referral.hosts[:3]) if answer.referral else "nowhere"
    return f"does not answer for the name, but points to {hosts}"


def _alias(record: Record, answer: Answer) -> Finding:
    target = answer.aliases[0]
    return Finding(
        MISMATCH,
        "cname_in_the_way",
        f"the name is a CNAME to {target}, so it can have no {record.type} record of its own",
        f"remove the CNAME at {record.name}, or take another name; then publish this record",
        (*(f"CNAME {each}" for each in answer.aliases), *answer.values),
    )
