"""One server's answers compared with the record that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, TIMEOUT, DnsAnswer
from sescli.dns.dmarc import judge_dmarc
from sescli.dns.findings import (
    DUPLICATE,
    ERROR,
    MISMATCH,
    OK,
    TRUNCATED,
    Evidence,
    RecordFinding,
    missing,
)
from sescli.dns.spf import judge_spf
from sescli.dns.tag_list import parse_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.dns.records import Record

_SES = ".amazonses.com"


def judge_cname(record: Record, evidence: Evidence) -> RecordFinding:
    answer, wanted = evidence.answer, (record.value or "").lower()
    if answer.state == FOUND:
        return _cname_found(wanted, evidence)
    addresses = (*evidence.values("A"), *evidence.values("AAAA"))
    if addresses:
        return RecordFinding(
            MISMATCH,
            "proxied",
            "the CNAME is proxied or flattened: the name answers with addresses in its place",
            "switch the proxy off for this record (DNS only), and take a CNAME, not an ALIAS or ANAME",
            addresses,
        )
    texts = evidence.values("TXT")
    if texts:
        return RecordFinding(
            MISMATCH,
            "flattened",
            "a TXT record stands where the CNAME is wanted",
            "remove the TXT record and publish the CNAME: SES renews the key behind it",
            texts,
        )
    return missing(answer)


def _cname_found(wanted: str, evidence: Evidence) -> RecordFinding:
    values = evidence.answer.values
    if len(values) > 1:
        return RecordFinding(
            DUPLICATE,
            "several",
            "a name can have one CNAME, and this has several",
            "remove all but the wanted one",
            values,
        )
    if values[0] != wanted:
        return _other_target(wanted, values[0])
    if evidence.answer.is_authoritative and evidence.fails("TXT"):
        return RecordFinding(
            ERROR,
            "txt_servfail",
            f"{evidence.answer.server.host} has the CNAME, but fails when it is asked for TXT, as SES does",
            "the DNS host must mend its server, which must answer TXT questions for this name too",
            values,
        )
    beside = [f"{kind} {value}" for kind in ("TXT", "MX", "A", "AAAA") for value in evidence.values(kind)]
    if beside:
        return RecordFinding(
            DUPLICATE,
            "cname_and_other",
            "beside the CNAME the name has other records, which DNS forbids: some servers will see only those",
            "remove the other records of this name",
            (*values, *beside),
        )
    return RecordFinding(OK, "ok", found=values)


def _other_target(wanted: str, target: str) -> RecordFinding:
    if target.startswith(f"{wanted}."):
        return RecordFinding(
            MISMATCH,
            "target_zone_appended",
            "the DNS host has appended the zone to the target",
            "end the value with a dot, or see how your DNS host takes a target outside the zone",
            (target,),
        )
    if wanted.startswith(target) and len(target) > len(wanted) // 2:
        return RecordFinding(
            TRUNCATED, "cut", "the target is cut short", "publish the whole value", (target,)
        )
    token, _, zone = target.partition(".")
    if wanted.startswith(f"{token}.") and zone.endswith(_SES):
        return RecordFinding(
            MISMATCH,
            "other_region",
            f"the token is right, but {zone} is the DKIM zone of another region",
            "change the value to the wanted one",
            (target,),
        )
    return RecordFinding(
        MISMATCH, "other_value", "the CNAME points elsewhere", "change its value to the wanted one", (target,)
    )


def judge_mx(record: Record, values: tuple[str, ...]) -> RecordFinding:
    wanted = (record.value or "").lower()
    right = [each for each in values if each.partition(" ")[2] == wanted]
    if not right:
        return _other_mx(record, values)
    if len(values) > 1 and record.purpose == "mail_from_mx":
        return RecordFinding(
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
    return RecordFinding(OK, "ok", note, found=values)


def _shared_inbox(wanted: str, values: tuple[str, ...]) -> RecordFinding:
    first = min(values, key=lambda each: int(each.partition(" ")[0])).partition(" ")[2]
    if first == wanted:
        return RecordFinding(
            OK, "ok", "other MX records stand behind it, for when SES does not answer", found=values
        )
    return RecordFinding(
        DUPLICATE,
        "second_mx",
        f"mail goes to {first} first, which has the lower priority number",
        "remove the other MX records, or give SES's the lowest number: it then takes over all mail of this name",
        values,
    )


def _other_mx(record: Record, values: tuple[str, ...]) -> RecordFinding:
    hosts = [each.partition(" ")[2] for each in values]
    if any(each.startswith(f"{record.value}.") for each in hosts):
        return RecordFinding(
            MISMATCH,
            "target_zone_appended",
            "the DNS host has appended the zone to the mail server's name",
            "end the value with a dot, or see how your DNS host takes a name outside the zone",
            values,
        )
    if any(each.startswith(("feedback-smtp.", "inbound-smtp.")) for each in hosts):
        return RecordFinding(
            MISMATCH,
            "other_region",
            "the MX is SES's, but of another region",
            "one name serves one region: change the MX, or take another name for this region",
            values,
        )
    return RecordFinding(
        MISMATCH, "other_value", "the MX points elsewhere", "change the MX to the wanted one", values
    )


_STRING = 255  # bytes, the longest string of a TXT record (RFC 1035 3.3.14)


def judge_dkim_key(record: Record, values: tuple[str, ...]) -> RecordFinding:
    """BYODKIM: tags in any order, white space anywhere in the key (RFC 6376 3.2, 3.6.1)."""
    keys = [each for each in values if "p" in _tags(each)]
    if not keys:
        return RecordFinding(
            MISMATCH, "other_value", "the TXT record holds no DKIM key", "publish the key", values
        )
    if len(keys) > 1:
        return RecordFinding(
            DUPLICATE, "several", "the selector has several keys", "remove all but the wanted one", values
        )
    tags = _tags(keys[0])
    problem = _unusable(tags)
    if problem:
        return RecordFinding(MISMATCH, "other_value", problem, "publish the wanted value as it is", values)
    return _compared_key(record, keys[0], _bare(tags["p"]), values)


def _compared_key(record: Record, text: str, key: str, values: tuple[str, ...]) -> RecordFinding:
    wanted = _bare(_tags(record.value or "").get("p", ""))
    if not wanted:
        reason = "a key is there; whether it is the right one only --dkim-private-key can tell"
        return RecordFinding(OK, "not_compared", reason, found=values)
    if key == wanted:
        return RecordFinding(OK, "ok", found=values)
    if key.replace('"', "").replace("\\", "") == wanted:
        return RecordFinding(
            TRUNCATED,
            "quotes_kept",
            "the quotation marks between the parts of the key have become part of it",
            "enter the value in one piece, without quotation marks",
            values,
        )
    if wanted.startswith(key):
        size = len(text.encode())
        limit = f" after {size} characters" + (
            ": one string holds 255" if size in {_STRING, _STRING - 1} else ""
        )
        return RecordFinding(
            TRUNCATED,
            "cut",
            f"the key is cut short{limit}",
            "split the value into strings of at most 255 characters, as identity records --format zone does",
            values,
        )
    return RecordFinding(
        MISMATCH, "other_value", "another key is there", "change the value to this key", values
    )


def _unusable(tags: Mapping[str, str]) -> str | None:
    if not _bare(tags["p"]):
        return "the key is empty, which revokes it"
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"v={tags['v']} is no version of DKIM"
    if tags.get("k", "rsa").lower() != "rsa":
        return f"k={tags['k']} is no RSA key"
    return None


def _tags(text: str) -> dict[str, str]:
    return parse_tags(text.strip().strip('"'))[0]


def _bare(text: str) -> str:
    return "".join(text.split())


def judge_verification(record: Record, values: tuple[str, ...]) -> RecordFinding:
    """The token of API v1; tokens of other regions may stand beside it."""
    wanted = record.value or ""
    if any(each.strip() == wanted for each in values):
        return RecordFinding(OK, "ok", found=values)
    if any(each.strip().strip('"\\') == wanted for each in values):
        return RecordFinding(
            MISMATCH,
            "quotes_kept",
            "the value has quotation marks in it",
            "enter the value without quotation marks",
            values,
        )
    if any(each.strip() and wanted.startswith(each.strip()) for each in values):
        return RecordFinding(TRUNCATED, "cut", "the value is cut short", "publish the whole value", values)
    return RecordFinding(
        MISMATCH, "other_value", "another token is there", "add the wanted value beside what is there", values
    )


_BY_PURPOSE: dict[str, Callable[[Record, tuple[str, ...]], RecordFinding]] = {
    "dkim": judge_dkim_key,
    "verification": judge_verification,
    "mail_from_mx": judge_mx,
    "mail_from_spf": judge_spf,
    "dmarc": judge_dmarc,
    "inbound_mx": judge_mx,
}
# A name that is an alias can hold nothing else; but a TXT of these is often kept behind one on purpose.
_MAY_BE_ALIAS = frozenset({"dkim", "dmarc", "verification"})


def judge(record: Record, evidence: Evidence) -> RecordFinding:
    """The verdict on one record by one server's answers."""
    answer = evidence.answer
    if answer.state not in CONCLUSIVE:
        return unanswered(answer)
    if record.type == "CNAME":
        return judge_cname(record, evidence)
    if answer.aliases and record.purpose not in _MAY_BE_ALIAS:
        return _alias(record, answer)
    if answer.state != FOUND:
        return missing(answer)
    return _BY_PURPOSE[record.purpose](record, answer.values)


def unanswered(answer: DnsAnswer) -> RecordFinding:
    """What is there stays open: no answer, or none that says."""
    reason = f"{answer.server.host} {answer.detail or _pointing(answer)}"
    fix = "run the check again; if it stays so, the DNS host must mend its server, or its DNSSEC"
    if answer.state == TIMEOUT:
        fix = "run the check again; if it stays so, see that this network lets DNS through (UDP and TCP 53)"
    return RecordFinding(ERROR, answer.state, reason, fix)


def _pointing(answer: DnsAnswer) -> str:
    hosts = ", ".join(answer.referral.hosts[:3]) if answer.referral else "nowhere"
    return f"does not answer for the name, but points to {hosts}"


def _alias(record: Record, answer: DnsAnswer) -> RecordFinding:
    target = answer.aliases[0]
    return RecordFinding(
        MISMATCH,
        "cname_in_the_way",
        f"the name is a CNAME to {target}, so it can have no {record.type} record of its own",
        f"remove the CNAME at {record.name}, or take another name; then publish this record",
        (*(f"CNAME {each}" for each in answer.aliases), *answer.values),
    )
