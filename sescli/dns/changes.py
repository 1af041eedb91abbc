"""What publishing changes: the records that a domain wants beside those that its zone has.

A change names one record set. Whatever else stands in that set is kept, and whatever cannot be kept beside
the record is a conflict, which is told and never written over.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sescli.dns import spf
from sescli.dns.conflicts import find_conflict
from sescli.dns.formats.grouping import presented
from sescli.dns.formats.text_strings import joined
from sescli.dns.tag_list import parse_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sescli.dns.record_set import RecordSet
    from sescli.dns.records import Record

# What becomes of a record set. `add` puts a value to those of others; `keep` leaves a policy of the owner's.
CREATE, ADD, REPLACE, UNCHANGED, KEEP = "create", "add", "replace", "unchanged", "keep"
SKIP, CONFLICT = "skip", "conflict"
WRITES = frozenset({CREATE, ADD, REPLACE})


@dataclass(frozen=True)
class RecordChange:
    """What publishing does to one record set, values as a zone file writes them.

    `action` is `create`, `add` (a value to those that are there), `replace`, `unchanged`, `keep` (a policy of
    the owner's, which is left as it is), `skip` (the value is not known) or `conflict`. `reason` says why,
    `fix` what mends a conflict. `ttl` and `ttl_before` are in seconds.
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
        """Whether the zone is changed by it."""
        return self.action in WRITES


@dataclass(frozen=True)
class PublishOptions:
    """How to publish. `ttl` in seconds is for records of our own alone; None keeps what is there.

    With `replace_dmarc` a DMARC policy that is there gives way.
    """

    ttl: int | None = None
    replace_dmarc: bool = False


def plan_changes(
    records: Iterable[Record],
    zone_name: str,
    record_sets: Callable[[str], Sequence[RecordSet]],
    wish: PublishOptions,
) -> tuple[RecordChange, ...]:
    """What each record changes in the zone. `record_sets` gives all sets of a name, and is asked once a name."""
    read = functools.cache(record_sets)

    def around(name: str) -> list[RecordSet]:
        return [found for place in _names_to(name, zone_name) for found in read(place)]

    changes = (plan_change(record, zone_name, around(record.name), wish) for record in records)
    return tuple(
        change if wish.replace_dmarc else _under_a_policy(change, zone_name, read) for change in changes
    )


def _under_a_policy(
    change: RecordChange, zone_name: str, record_sets: Callable[[str], Sequence[RecordSet]]
) -> RecordChange:
    """A new DMARC policy that asks for nothing would weaken one of a domain above (RFC 9989): that one counts here."""
    domain = change.name.removeprefix("_dmarc.")
    while change.purpose == "dmarc" and change.writes and domain.endswith(f".{zone_name}"):
        domain = domain.partition(".")[2]
        if any(_sets_policy(found) for found in record_sets(f"_dmarc.{domain}")):
            return replace(
                change, action=KEEP, after=change.before, reason=f"the policy of {domain} covers it"
            )
    return change


def _names_to(name: str, zone_name: str) -> Iterator[str]:
    """The name, and those above it inside the zone: one of them may be delegated away."""
    yield name
    while (name := name.partition(".")[2]).endswith(f".{zone_name}"):
        yield name


def plan_change(
    record: Record, zone_name: str, there: Sequence[RecordSet], wish: PublishOptions
) -> RecordChange:
    """What `record` changes in the zone. `there` are all sets of its name, and of the names above it.

    A set of an uncertain kind (an alias, weighted routing) is never changed.
    """
    same = next((found for found in there if (found.name, found.type) == (record.name, record.type)), None)
    judged = _Case(record, same, wish)
    if record.value is None:
        return judged.verdict(SKIP, reason="SES does not tell the public key", fix="--dkim-private-key FILE")
    obstacle = find_conflict(record, zone_name, there)
    if obstacle:
        # A DMARC policy is often run by someone else behind a CNAME, and SES does without.
        kept = record.purpose == "dmarc"
        return judged.verdict(
            KEEP if kept else CONFLICT, reason=obstacle.reason, fix=None if kept else obstacle.fix
        )
    if same is None:
        return judged.verdict(CREATE, after=(judged.wanted,))
    return _JUDGES[record.purpose](judged, same)


@dataclass(frozen=True)
class _Case:
    """One record and the set of its name and type."""

    record: Record
    same: RecordSet | None
    wish: PublishOptions

    @property
    def wanted(self) -> str:
        return presented(self.record)

    def verdict(
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

    def _ttl(self, present: int | None, after: tuple[str, ...] | None) -> int:
        ours_alone = after == (self.wanted,)
        if self.wish.ttl is not None and ours_alone:
            return self.wish.ttl
        return self.record.ttl if present is None else present

    def there_already(self, reason: str | None = None) -> RecordChange:
        """Nothing to do, unless another TTL is asked for a set of ours alone."""
        found = self.same
        if self.wish.ttl is None or found is None or len(found.values) > 1 or found.ttl == self.wish.ttl:
            return self.verdict(UNCHANGED, reason=reason)
        change = self.verdict(REPLACE, reason=f"TTL {found.ttl} s, then {self.wish.ttl} s")
        return replace(change, ttl=self.wish.ttl)


def _replacing(case: _Case, same: RecordSet) -> RecordChange:
    """CNAME of Easy DKIM: the name is SES's own, so another target is a mistake."""
    if {_host(value) for value in same.values} == {_host(case.wanted)}:
        return case.there_already()
    return case.verdict(REPLACE, after=(case.wanted,), reason="points elsewhere")


def _dkim(case: _Case, same: RecordSet) -> RecordChange:
    return _replacing(case, same) if same.type == "CNAME" else _key(case, same)


def _key(case: _Case, same: RecordSet) -> RecordChange:
    """TXT of a DKIM key: two keys at one selector are none, so another one gives way; other texts stay."""
    keys = [value for value in same.values if _public_key(value) is not None]
    if [_public_key(value) for value in keys] == [_public_key(case.wanted)]:
        return case.there_already()
    others = tuple(value for value in same.values if value not in keys)
    action, reason = (REPLACE, "another key is there") if keys else (ADD, None)
    return case.verdict(action, after=(*others, case.wanted), reason=reason)


def _token(case: _Case, same: RecordSet) -> RecordChange:
    """The TXT of API v1: each account and region has its own, side by side."""
    if joined(case.wanted) in map(joined, same.values):
        return case.there_already()
    return case.verdict(ADD, after=(*same.values, case.wanted))


def _bounce_mx(case: _Case, same: RecordSet) -> RecordChange:
    """The MX of the MAIL FROM domain must be the only one; another one is somebody's mail."""
    if {_host(value) for value in same.values} == {_host(case.wanted)}:
        return case.there_already()
    foreign = [value for value in same.values if _host(value) != _host(case.wanted)]
    return case.verdict(
        CONFLICT,
        reason=f"mail to {same.name} goes to {', '.join(map(_host, foreign))}, and SES wants its MX to be the only one",
        fix="choose another MAIL FROM domain, or remove that MX",
    )


def _inbound_mx(case: _Case, same: RecordSet) -> RecordChange:
    if {_host(value) for value in same.values} == {_host(case.wanted)}:
        return case.there_already()
    going = ", ".join(_host(value) for value in same.values if _host(value) != _host(case.wanted))
    return case.verdict(REPLACE, after=(case.wanted,), reason=f"takes all mail away from {going}")


def _spf(case: _Case, same: RecordSet) -> RecordChange:
    """Two SPF records are an error to every receiver (RFC 7208 4.5): there is never a second one."""
    texts = [text for text in map(joined, same.values) if spf.is_spf(text)]
    if not texts:
        return case.verdict(ADD, after=(*same.values, case.wanted))
    if len(texts) > 1:
        return case.verdict(
            CONFLICT,
            reason=f"{same.name} has {len(texts)} SPF records, and receivers take more than one for none",
            fix="leave one of them, with include:amazonses.com in it",
        )
    if texts[0] == case.record.value:
        return case.there_already()
    if spf.permits_ses(texts[0]):
        return case.verdict(UNCHANGED, reason="your SPF record lets SES send")
    return case.verdict(
        CONFLICT,
        reason=f"{same.name} has an SPF record that does not let SES send, and a second one makes both void",
        fix=f"change it to: {spf.with_ses(texts[0])}",
    )


def _dmarc(case: _Case, same: RecordSet) -> RecordChange:
    """A policy that is there is the owner's."""
    policies = [value for value in same.values if _is_dmarc(value)]
    if [joined(value) for value in policies] == [case.record.value]:
        return case.there_already()
    others = tuple(value for value in same.values if value not in policies)
    if not policies:
        return case.verdict(ADD, after=(*others, case.wanted))
    if case.wish.replace_dmarc:
        return case.verdict(REPLACE, after=(*others, case.wanted), reason="as --replace-dmarc asks")
    reason = "a policy of yours"
    if len(policies) > 1:
        reason = f"{len(policies)} policies, which receivers take for none"
    return case.verdict(KEEP, reason=reason)


_JUDGES: dict[str, Callable[[_Case, RecordSet], RecordChange]] = {
    "dkim": _dkim,
    "verification": _token,
    "mail_from_mx": _bounce_mx,
    "mail_from_spf": _spf,
    "dmarc": _dmarc,
    "inbound_mx": _inbound_mx,
}


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
