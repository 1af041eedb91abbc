"""Compare one server's answers with the expected record."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns.answers import ALIAS_LOOP, CONCLUSIVE, FOUND, TIMEOUT, DnsAnswer
from sescli.dns.dmarc import judge_dmarc
from sescli.dns.findings import (
    DUPLICATE,
    ERROR,
    MISMATCH,
    OK,
    TRUNCATED,
    Evidence,
    RecordFinding,
    join_reasons,
    missing,
)
from sescli.dns.spf import judge_spf
from sescli.dns.tag_list import parse_tags
from sescli.dns.targets import explain_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.dns.records import Record

# A CNAME allows no other record at its name. But TXT records with these purposes are often kept behind a CNAME.
_MAY_BE_ALIAS = frozenset({"dkim", "dmarc", "verification"})
# RSA keys of one length begin with the same ASN.1 header, which has at most this many characters.
_COMMON_BEGIN = 44
_STRING = 255  # bytes, the longest string of a TXT record (RFC 1035 3.3.14)


def judge(record: Record, evidence: Evidence) -> RecordFinding:
    """Return the finding for one record from one server's answers."""
    answer = evidence.answer
    if answer.state == ALIAS_LOOP:
        return (
            _cname_instead(record, answer)
            if record.purpose not in _MAY_BE_ALIAS
            else _alias_loop(record, answer)
        )
    if answer.state not in CONCLUSIVE:
        return _unanswered(answer)
    if record.type == "CNAME":
        return _judge_cname(record, evidence)
    if answer.aliases and record.purpose not in _MAY_BE_ALIAS:
        return _judge_behind_cname(record, answer)
    if answer.state != FOUND:
        return missing(answer)
    return _BY_PURPOSE[record.purpose](record, answer.values)


def _unanswered(answer: DnsAnswer) -> RecordFinding:
    reason = f"{answer.server.host} {answer.detail or _refers(answer)}"
    fix = "run the check again. If it still fails, the DNS provider must fix its server or its DNSSEC"
    if answer.state == TIMEOUT:
        fix = (
            "run the check again. If it still fails, check that this network allows DNS (UDP and TCP port 53)"
        )
    return RecordFinding(ERROR, answer.state, reason, fix)


def _refers(answer: DnsAnswer) -> str:
    hosts = ", ".join(answer.referral.hosts[:3]) if answer.referral else "no server"
    return f"does not answer for the name, but refers to {hosts}"


def _judge_behind_cname(record: Record, answer: DnsAnswer) -> RecordFinding:
    """A CNAME allows no MX or TXT at its name, but queries for them lead to those of its target."""
    if answer.state == FOUND:
        finding = _BY_PURPOSE[record.purpose](record, answer.values)
        if finding.verdict == OK:
            note = (
                f"the name is a CNAME to {answer.aliases[-1]}, which has the record. "
                f"AWS does not say whether SES accepts that: a {record.type} record at the name itself is safer"
            )
            return replace(finding, reason=join_reasons(finding.reason, note))
    return _cname_instead(record, answer)


def _alias_loop(record: Record, answer: DnsAnswer) -> RecordFinding:
    path = " → ".join((answer.name, *answer.aliases)[:6])
    return RecordFinding(
        MISMATCH,
        "alias_loop",
        f"the name is a CNAME that leads to no end: {path}",
        f"remove the CNAME at {record.name} and publish this record, or correct the CNAME",
        tuple(f"CNAME {each}" for each in answer.aliases),
    )


def _cname_instead(record: Record, answer: DnsAnswer) -> RecordFinding:
    return RecordFinding(
        MISMATCH,
        "cname_in_the_way",
        f"the name is a CNAME to {answer.aliases[0]}, so it cannot have a {record.type} record",
        f"remove the CNAME at {record.name}, or use another name. Then publish this record",
        (*(f"CNAME {each}" for each in answer.aliases), *answer.values),
    )


def _judge_cname(record: Record, evidence: Evidence) -> RecordFinding:
    answer, expected = evidence.answer, (record.value or "").lower()
    if answer.state == FOUND:
        return _judge_target(record, expected, evidence)
    addresses = (*evidence.values("A"), *evidence.values("AAAA"))
    if addresses:
        return RecordFinding(
            MISMATCH,
            "proxied",
            "the CNAME is proxied or flattened: the name returns addresses instead of the CNAME",
            'turn off the proxy for this record ("DNS only"), and use a CNAME, not an ALIAS or ANAME',
            addresses,
        )
    texts = evidence.values("TXT")
    if texts:
        return RecordFinding(
            MISMATCH,
            "flattened",
            "the name has a TXT record instead of a CNAME",
            "remove the TXT record and publish the CNAME: SES renews the key behind it",
            texts,
        )
    return missing(answer)


def _judge_target(record: Record, expected: str, evidence: Evidence) -> RecordFinding:
    values = evidence.answer.values
    if len(values) > 1:
        reason = "the name has several CNAME records, but only one is allowed"
        return RecordFinding(DUPLICATE, "several", reason, "remove all but the expected one", values)
    if values[0] != expected:
        return _other_target(record, expected, evidence)
    if evidence.answer.is_authoritative and evidence.fails("TXT"):
        return RecordFinding(
            ERROR,
            "txt_servfail",
            f"{evidence.answer.server.host} has the CNAME, but does not answer TXT queries, which SES sends",
            "the DNS provider must fix its server: it must answer TXT queries for this name",
            values,
        )
    others = [f"{kind} {value}" for kind in ("TXT", "MX", "A", "AAAA") for value in evidence.values(kind)]
    if others:
        return RecordFinding(
            DUPLICATE,
            "cname_and_other",
            "the name has other records besides the CNAME, which DNS forbids: some servers see only those",
            "remove the other records of this name",
            (*values, *others),
        )
    return RecordFinding(OK, "ok", found=values)


def _other_target(record: Record, expected: str, evidence: Evidence) -> RecordFinding:
    finding = explain_target("target", record.name, expected, evidence.answer.values[0])
    through = evidence.others.get("TXT")
    if finding.cause == "other_value" and through and expected in through.aliases[1:]:
        # SES follows a CNAME to the key, but AWS does not say that it accepts one in between.
        reason = f"the CNAME leads to the expected target, but through {through.aliases[0]}"
        return replace(finding, reason=reason, fix="point the CNAME to the expected target directly")
    return finding


def _judge_mx(record: Record, values: tuple[str, ...]) -> RecordFinding:
    expected = (record.value or "").lower()
    matching = [each for each in values if each.partition(" ")[2] == expected]
    if not matching:
        return _other_mx(record, values)
    if len(values) > 1 and record.purpose == "mail_from_mx":
        return RecordFinding(
            DUPLICATE,
            "second_mx",
            "the MAIL FROM domain has more than one MX record, but SES requires exactly one",
            f"remove every MX record but {expected}, or use another MAIL FROM domain",
            values,
        )
    if len(values) > 1:
        return _several_mx(expected, values)
    priority = int(matching[0].partition(" ")[0])
    note = ""
    if priority != record.priority:
        note = f"its priority is {priority}, not {record.priority}, which makes no difference for a single MX record"
    return RecordFinding(OK, "ok", note, found=values)


def _several_mx(expected: str, values: tuple[str, ...]) -> RecordFinding:
    first = min(values, key=lambda each: int(each.partition(" ")[0])).partition(" ")[2]
    if first == expected:
        note = "other MX records have a lower priority: they are used when SES does not answer"
        return RecordFinding(OK, "ok", note, found=values)
    return RecordFinding(
        DUPLICATE,
        "second_mx",
        f"email goes to {first} first, because its priority number is lower",
        "remove the other MX records, or give the SES record the lowest number: SES then receives all email to this name",
        values,
    )


def _other_mx(record: Record, values: tuple[str, ...]) -> RecordFinding:
    """Explain the server that is most like the expected one."""
    expected = (record.value or "").lower()
    hosts = [each.partition(" ")[2] for each in values]
    nearest = max(hosts, key=lambda each: difflib.SequenceMatcher(None, each, expected).ratio())
    finding = explain_target("mail server name", record.name, expected, nearest)
    return replace(finding, found=values)


def _judge_dkim_key(record: Record, values: tuple[str, ...]) -> RecordFinding:
    """BYODKIM: the tags can have any order, and the key any white space (RFC 6376 3.2, 3.6.1)."""
    keys = [each for each in values if "p" in _tags(each)]
    if not keys:
        reason = "the TXT record has no DKIM key"
        return RecordFinding(MISMATCH, "other_value", reason, "publish the key", values)
    if len(keys) > 1:
        fix = "remove all but the expected one"
        return RecordFinding(DUPLICATE, "several", "the selector has several keys", fix, values)
    tags = _tags(keys[0])
    problem = _unusable(tags)
    if problem:
        return RecordFinding(MISMATCH, "other_value", problem, "publish the expected value", values)
    return _compare_key(record, keys[0], _without_spaces(tags["p"]), values)


def _compare_key(record: Record, text: str, key: str, values: tuple[str, ...]) -> RecordFinding:
    expected = _without_spaces(_tags(record.value or "").get("p", ""))
    if not expected:
        reason = "a key is published. To check that it is yours, use --dkim-private-key"
        return RecordFinding(OK, "not_compared", reason, found=values)
    if key == expected:
        return RecordFinding(OK, "ok", found=values)
    if key.replace('"', "").replace("\\", "") == expected:
        reason = "the key contains the quotation marks between its parts"
        fix = "enter the value in one piece, without quotation marks"
        return RecordFinding(TRUNCATED, "quotes_kept", reason, fix, values)
    if expected.startswith(key) and len(key) > _COMMON_BEGIN:
        size = len(text.encode())
        limit = f"the key is cut off after {size} characters"
        limit += ": a string has at most 255" if size in {_STRING, _STRING - 1} else ""
        fix = (
            "split the value into strings of at most 255 characters, as `identity records --format zone` does"
        )
        return RecordFinding(TRUNCATED, "cut", limit, fix, values)
    reason, fix = "another key is published", "change the value to the expected key"
    return RecordFinding(MISMATCH, "other_value", reason, fix, values)


def _unusable(tags: Mapping[str, str]) -> str | None:
    if not _without_spaces(tags["p"]):
        return "the key is empty, which revokes it"
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"v={tags['v']} is not a DKIM version"
    if tags.get("k", "rsa").lower() != "rsa":
        return f"k={tags['k']} is not an RSA key"
    return None


def _tags(text: str) -> dict[str, str]:
    return parse_tags(text.strip().strip('"'))[0]


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _judge_verification(record: Record, values: tuple[str, ...]) -> RecordFinding:
    """The token of API v1. The name can have the tokens of other regions too."""
    expected = record.value or ""
    if any(each.strip() == expected for each in values):
        return RecordFinding(OK, "ok", found=values)
    if any(each.strip().strip('"\\') == expected for each in values):
        reason, fix = "the value contains quotation marks", "enter the value without quotation marks"
        return RecordFinding(MISMATCH, "quotes_kept", reason, fix, values)
    if any(len(each.strip()) * 2 > len(expected) and expected.startswith(each.strip()) for each in values):
        return RecordFinding(TRUNCATED, "cut", "the value is cut off", "publish the full value", values)
    reason, fix = "another token is published", "add the expected value, and keep the other ones"
    return RecordFinding(MISMATCH, "other_value", reason, fix, values)


_BY_PURPOSE: dict[str, Callable[[Record, tuple[str, ...]], RecordFinding]] = {
    "dkim": _judge_dkim_key,
    "verification": _judge_verification,
    "mail_from_mx": _judge_mx,
    "mail_from_spf": judge_spf,
    "dmarc": judge_dmarc,
    "inbound_mx": _judge_mx,
}
