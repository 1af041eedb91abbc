"""Plan what publishing changes: compare the records that a domain requires with those that its zone has.

A change concerns one record set. Other values in the set are kept. If a record cannot be published next to what the
zone has, the change is a conflict: it is reported, and nothing is overwritten.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sescli.dns import spf
from sescli.dns.conflicts import RecordConflict, find_conflict, judge_other_spf
from sescli.dns.formats.grouping import presented
from sescli.dns.formats.text_strings import joined
from sescli.dns.tag_list import parse_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sescli.dns.findings import RecordFinding
    from sescli.dns.record_set import RecordSet
    from sescli.dns.records import Record

# The actions. `add` adds a value to a set that has other values; `keep` leaves a policy of the owner unchanged.
CREATE, ADD, REPLACE, UNCHANGED, KEEP = "create", "add", "replace", "unchanged", "keep"
SKIP, CONFLICT = "skip", "conflict"
WRITES = frozenset({CREATE, ADD, REPLACE})


@dataclass(frozen=True)
class RecordChange:
    """What publishing does to one record set. The values are in zone file format.

    `action` is `create`, `add` (a value to existing ones), `replace`, `unchanged`, `keep` (the owner's policy),
    `skip` (the value is unknown) or `conflict`. `reason` explains it; `fix` says how to resolve a conflict. `ttl`
    and `ttl_before` are in seconds.
    """

    action: str
    type: str
    name: str
    purpose: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    ttl_before: int | None
    ttl: int
    reason: str | None = None
    fix: str | None = None

    @property
    def writes(self) -> bool:
        """Whether it changes the zone."""
        return self.action in WRITES


@dataclass(frozen=True)
class PublishOptions:
    """`ttl` in seconds applies to sets without other values; None keeps the TTL of existing sets.

    `replace_dmarc` replaces an existing DMARC policy. `check_spf` evaluates the SPF record of a name in DNS. Without
    it, only a record that itself includes SES is known to let SES send.
    """

    ttl: int | None = None
    replace_dmarc: bool = False
    check_spf: Callable[[str, str], RecordFinding] | None = None


def plan_changes(
    records: Iterable[Record],
    zone_name: str,
    record_sets: Callable[[str], Sequence[RecordSet]],
    options: PublishOptions,
) -> tuple[RecordChange, ...]:
    """Plan the change for each record. `record_sets` returns all sets of a name; it is called once for each name."""
    read = functools.cache(record_sets)

    def existing(name: str) -> list[RecordSet]:
        return [found for each in _names_in_zone(name, zone_name) for found in read(each)]

    changes = (plan_change(record, zone_name, existing(record.name), options) for record in records)
    return tuple(
        change if options.replace_dmarc else _keep_policy_above(change, zone_name, read) for change in changes
    )


def _keep_policy_above(
    change: RecordChange, zone_name: str, record_sets: Callable[[str], Sequence[RecordSet]]
) -> RecordChange:
    """Do not add the policy `none` if a domain above has one: it would weaken that policy here (RFC 9989)."""
    domain = change.name.removeprefix("_dmarc.")
    while change.purpose == "dmarc" and change.writes and domain.endswith(f".{zone_name}"):
        domain = domain.partition(".")[2]
        if any(_sets_policy(found) for found in record_sets(f"_dmarc.{domain}")):
            reason = f"the policy of {domain} applies"
            return replace(change, action=KEEP, after=change.before, reason=reason)
    return change


def _names_in_zone(name: str, zone_name: str) -> Iterator[str]:
    """The name, and the names above it in the zone, any of which can be delegated."""
    yield name
    while (name := name.partition(".")[2]).endswith(f".{zone_name}"):
        yield name


def plan_change(
    record: Record, zone_name: str, existing: Sequence[RecordSet], options: PublishOptions
) -> RecordChange:
    """Plan the change for one record. `existing` has all sets of its name and of the names above it.

    Special sets (an alias, weighted routing) are never changed.
    """
    same = next((found for found in existing if (found.name, found.type) == (record.name, record.type)), None)
    case = _Case(record, same, options)
    if record.value is None:
        return case.change(
            SKIP, reason="SES does not return the public key", fix="add --dkim-private-key FILE"
        )
    conflict = find_conflict(record, zone_name, existing)
    if conflict and record.purpose == "dmarc":
        # A DMARC policy is often managed by a service behind a CNAME, and SES does not require it.
        return case.change(KEEP, reason=conflict.reason)
    if conflict:
        return case.change(CONFLICT, reason=conflict.reason, fix=conflict.fix)
    if same is None:
        return case.change(CREATE, after=(case.expected,))
    return _PLANNERS[record.purpose](case, same)


@dataclass(frozen=True)
class _Case:
    """One record, and the existing set of its name and type."""

    record: Record
    same: RecordSet | None
    options: PublishOptions

    @property
    def expected(self) -> str:
        return presented(self.record)

    def change(
        self,
        action: str,
        *,
        after: tuple[str, ...] | None = None,
        reason: str | None = None,
        fix: str | None = None,
    ) -> RecordChange:
        before = self.same.values if self.same else ()
        ttl_before = self.same.ttl if self.same else None
        record = self.record
        return RecordChange(
            action=action,
            type=record.type,
            name=record.name,
            purpose=record.purpose,
            before=before,
            after=before if after is None else after,
            ttl_before=ttl_before,
            ttl=self._ttl(ttl_before, after),
            reason=reason,
            fix=fix,
        )

    def _ttl(self, ttl_before: int | None, after: tuple[str, ...] | None) -> int:
        is_only_value = after == (self.expected,)
        if self.options.ttl is not None and is_only_value:
            return self.options.ttl
        return self.record.ttl if ttl_before is None else ttl_before

    def unchanged(self, reason: str | None = None) -> RecordChange:
        """Change nothing, or only the TTL if another one is requested and the set has no other values."""
        found, ttl = self.same, self.options.ttl
        if ttl is None or found is None or len(found.values) > 1 or found.ttl == ttl:
            return self.change(UNCHANGED, reason=reason)
        change = self.change(REPLACE, reason=f"changes the TTL from {found.ttl} to {ttl} seconds")
        return replace(change, ttl=ttl)


def _plan_dkim(case: _Case, same: RecordSet) -> RecordChange:
    return _plan_dkim_cname(case, same) if same.type == "CNAME" else _plan_dkim_key(case, same)


def _plan_dkim_cname(case: _Case, same: RecordSet) -> RecordChange:
    """Easy DKIM: the name is only for SES, so another target is a mistake."""
    if _has_only_expected_host(case, same):
        return case.unchanged()
    return case.change(REPLACE, after=(case.expected,), reason="points to another target")


def _plan_dkim_key(case: _Case, same: RecordSet) -> RecordChange:
    """BYODKIM: two keys at one selector make both invalid, so another key is replaced. Other texts are kept."""
    keys = [value for value in same.values if _public_key(value) is not None]
    if [_public_key(value) for value in keys] == [_public_key(case.expected)]:
        return case.unchanged()
    others = tuple(value for value in same.values if value not in keys)
    action, reason = (REPLACE, "replaces another key") if keys else (ADD, None)
    return case.change(action, after=(*others, case.expected), reason=reason)


def _plan_token(case: _Case, same: RecordSet) -> RecordChange:
    """The TXT of API v1: each account and region has its own value in the same set."""
    if joined(case.expected) in map(joined, same.values):
        return case.unchanged()
    return case.change(ADD, after=(*same.values, case.expected))


def _plan_mail_from_mx(case: _Case, same: RecordSet) -> RecordChange:
    """The MX of the MAIL FROM domain must be the only one. Another one receives other email."""
    if _has_only_expected_host(case, same):
        return case.unchanged()
    return case.change(
        CONFLICT,
        reason=f"email to {same.name} goes to {_other_hosts(case, same)}, but SES requires its MX record to be the only one",
        fix="choose another MAIL FROM domain, or remove that MX record",
    )


def _plan_inbound_mx(case: _Case, same: RecordSet) -> RecordChange:
    if _has_only_expected_host(case, same):
        return case.unchanged()
    reason = f"replaces the MX servers {_other_hosts(case, same)}"
    return case.change(REPLACE, after=(case.expected,), reason=reason)


def _plan_spf(case: _Case, same: RecordSet) -> RecordChange:
    """Never add a second SPF record: receivers ignore both (RFC 7208 4.5)."""
    texts = [text for text in map(joined, same.values) if spf.is_spf(text)]
    if not texts:
        return case.change(ADD, after=(*same.values, case.expected))
    if len(texts) > 1:
        return case.change(
            CONFLICT,
            reason=f"{same.name} has {len(texts)} SPF records: receivers ignore all of them if there is more than one",
            fix="keep one of them, with include:amazonses.com in it",
        )
    if texts[0] == case.record.value:
        return case.unchanged()
    judged = judge_other_spf(same.name, texts[0], case.options.check_spf)
    if isinstance(judged, RecordConflict):
        return case.change(CONFLICT, reason=judged.reason, fix=judged.fix)
    return case.change(UNCHANGED, reason=judged)


def _plan_dmarc(case: _Case, same: RecordSet) -> RecordChange:
    """Keep an existing policy: it is the owner's decision."""
    policies = [value for value in same.values if _is_dmarc(value)]
    if [joined(value) for value in policies] == [case.record.value]:
        return case.unchanged()
    others = tuple(value for value in same.values if value not in policies)
    if not policies:
        return case.change(ADD, after=(*others, case.expected))
    if case.options.replace_dmarc:
        return case.change(REPLACE, after=(*others, case.expected), reason="replaces your DMARC policy")
    reason = "your DMARC policy"
    if len(policies) > 1:
        reason = f"{len(policies)} DMARC policies: receivers ignore all of them if there is more than one"
    return case.change(KEEP, reason=reason)


_PLANNERS: dict[str, Callable[[_Case, RecordSet], RecordChange]] = {
    "dkim": _plan_dkim,
    "verification": _plan_token,
    "mail_from_mx": _plan_mail_from_mx,
    "mail_from_spf": _plan_spf,
    "dmarc": _plan_dmarc,
    "inbound_mx": _plan_inbound_mx,
}


def _has_only_expected_host(case: _Case, same: RecordSet) -> bool:
    return {_host(value) for value in same.values} == {_host(case.expected)}


def _other_hosts(case: _Case, same: RecordSet) -> str:
    hosts = (_host(value) for value in same.values)
    return ", ".join(host for host in hosts if host != _host(case.expected))


def _host(value: str) -> str:
    """The host name of a CNAME or MX value."""
    return value.rsplit(maxsplit=1)[-1].rstrip(".").lower() if value.split() else ""


def _public_key(value: str) -> str | None:
    """The `p=` of a DKIM record (RFC 6376 3.6.1), or None for another text."""
    key = parse_tags(joined(value))[0].get("p")
    return None if key is None else "".join(key.split())


def _sets_policy(found: RecordSet) -> bool:
    return found.type == "CNAME" or (found.type == "TXT" and any(map(_is_dmarc, found.values)))


def _is_dmarc(value: str) -> bool:
    return joined(value).lower().replace(" ", "").startswith("v=dmarc1")
