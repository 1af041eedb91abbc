"""A CNAME of Easy DKIM held against what a server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.answers import FOUND
from sescli.dns.findings import DUPLICATE, ERROR, MISMATCH, OK, TRUNCATED, Evidence, Finding, missing

if TYPE_CHECKING:
    from sescli.dns.records import Record

_SES = ".amazonses.com"


def judge_cname(record: Record, evidence: Evidence) -> Finding:
    answer, wanted = evidence.answer, (record.value or "").lower()
    if answer.state == FOUND:
        return _cname_found(wanted, evidence)
    addresses = (*evidence.values("A"), *evidence.values("AAAA"))
    if addresses:
        return Finding(
            MISMATCH,
            "proxied",
            "the CNAME is proxied or flattened: the name answers with addresses in its place",
            "switch the proxy off for this record (DNS only), and take a CNAME, not an ALIAS or ANAME",
            addresses,
        )
    texts = evidence.values("TXT")
    if texts:
        return Finding(
            MISMATCH,
            "flattened",
            "a TXT record stands where the CNAME is wanted",
            "remove the TXT record and publish the CNAME: SES renews the key behind it",
            texts,
        )
    return missing(answer)


def _cname_found(wanted: str, evidence: Evidence) -> Finding:
    values = evidence.answer.values
    if len(values) > 1:
        return Finding(
            DUPLICATE,
            "several",
            "a name can have one CNAME, and this has several",
            "remove all but the wanted one",
            values,
        )
    if values[0] != wanted:
        return _other_target(wanted, values[0])
    if evidence.answer.own and evidence.fails("TXT"):
        return Finding(
            ERROR,
            "txt_servfail",
            f"{evidence.answer.server.host} has the CNAME, but fails when it is asked for TXT, as SES does",
            "the DNS host must mend its server, which must answer TXT questions for this name too",
            values,
        )
    beside = [f"{kind} {value}" for kind in ("TXT", "MX", "A", "AAAA") for value in evidence.values(kind)]
    if beside:
        return Finding(
            DUPLICATE,
            "cname_and_other",
            "beside the CNAME the name has other records, which DNS forbids: some servers will see only those",
            "remove the other records of this name",
            (*values, *beside),
        )
    return Finding(OK, "ok", found=values)


def _other_target(wanted: str, target: str) -> Finding:
    if target.startswith(f"{wanted}."):
        return Finding(
            MISMATCH,
            "target_zone_appended",
            "the DNS host has appended the zone to the target",
            "end the value with a dot, or see how your DNS host takes a target outside the zone",
            (target,),
        )
    if wanted.startswith(target) and len(target) > len(wanted) // 2:
        return Finding(TRUNCATED, "cut", "the target is cut short", "publish the whole value", (target,))
    token, _, zone = target.partition(".")
    if wanted.startswith(f"{token}.") and zone.endswith(_SES):
        return Finding(
            MISMATCH,
            "other_region",
            f"the token is right, but {zone} is the DKIM zone of another region",
            "change the value to the wanted one",
            (target,),
        )
    return Finding(
        MISMATCH, "other_value", "the CNAME points elsewhere", "change its value to the wanted one", (target,)
    )
