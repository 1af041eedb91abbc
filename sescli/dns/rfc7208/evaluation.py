"""Evaluate SPF for a sending address: check_host of RFC 7208 4, with the limits of 4.6.4."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sescli.dns.answers import CONCLUSIVE, FOUND, DnsAnswer
from sescli.dns.rfc7208 import macros
from sescli.dns.rfc7208.grammar import LOOKUPS, IpNetwork, SpfRecord, SpfTerm, is_spf, parse_spf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    # Looks up a name and a record type.
    Lookup = Callable[[str, str], Awaitable[DnsAnswer]]

PASS, FAIL, SOFTFAIL, NEUTRAL = "pass", "fail", "softfail", "neutral"
NONE, PERMERROR, TEMPERROR = "none", "permerror", "temperror"
RESULTS = {"+": PASS, "-": FAIL, "~": SOFTFAIL, "?": NEUTRAL}

# The limits of RFC 7208 4.6.4: terms with a DNS lookup, lookups that find nothing, and names of an mx or ptr.
MAX_LOOKUPS, MAX_VOID_LOOKUPS, MAX_HOSTS = 10, 2, 10


class SpfFault(Exception):  # noqa: N818 - it is a result of the evaluation
    """The evaluation ends with `result`: permerror or temperror. `kind` names the cause, `text` explains it."""

    def __init__(self, result: str, kind: str, text: str) -> None:
        super().__init__(text)
        self.result, self.kind, self.text = result, kind, text


class PartialMatch(Exception):  # noqa: N818 - it asks for a finer evaluation
    """A term matches only `part` of the client's network."""

    def __init__(self, part: IpNetwork) -> None:
        super().__init__(str(part))
        self.part = part


@dataclass(frozen=True)
class SpfClient:
    """The sending host: a network of addresses, the envelope sender, and the name in its greeting."""

    network: IpNetwork
    sender: str
    helo: str

    @property
    def address(self) -> str:
        """The first address of the network, for macros."""
        return str(self.network.network_address)


@dataclass(frozen=True)
class SpfOutcome:
    """The result for a client. `path` has the terms that led to it, outermost first; it is empty without a match.

    `fault` explains permerror and temperror.
    """

    result: str
    path: tuple[SpfTerm, ...] = ()
    fault: SpfFault | None = None


@dataclass
class _Usage:
    """What one evaluation has used of the limits."""

    lookups: int = 0
    void: int = 0
    terms: list[SpfTerm] = field(default_factory=list)

    def count_lookup(self) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise SpfFault(PERMERROR, "lookups", f"more than {MAX_LOOKUPS} terms require a DNS lookup")

    def count_void(self, answer: DnsAnswer) -> None:
        self.void += answer.state in CONCLUSIVE and answer.state != FOUND
        if self.void > MAX_VOID_LOOKUPS:
            raise SpfFault(PERMERROR, "void", f"more than {MAX_VOID_LOOKUPS} terms find nothing in DNS")


class SpfEvaluation:
    """Evaluates records for one client. One object for one evaluation, because it counts the lookups."""

    def __init__(self, lookup: Lookup, client: SpfClient) -> None:
        self._lookup = lookup
        self._client = client
        self._usage = _Usage()

    async def check_host(self, domain: str) -> SpfOutcome:
        """Evaluate the record of a domain. Raises `PartialMatch`."""
        if "." not in domain or not macros.is_queryable(domain):
            return SpfOutcome(NONE)
        try:
            return await self._check_domain(domain)
        except SpfFault as fault:
            return SpfOutcome(fault.result, tuple(self._usage.terms), fault)

    async def check_record(self, domain: str, record: SpfRecord) -> SpfOutcome:
        """Evaluate a record of a domain that need not be published. Raises `PartialMatch`."""
        try:
            return await self._evaluate(domain, record)
        except SpfFault as fault:
            return SpfOutcome(fault.result, tuple(self._usage.terms), fault)

    async def _check_domain(self, domain: str) -> SpfOutcome:
        record = await fetch_record(self._lookup, domain)
        return SpfOutcome(NONE) if record is None else await self._evaluate(domain, record)

    async def _evaluate(self, domain: str, record: SpfRecord) -> SpfOutcome:
        for term in record.effective:
            self._usage.terms.append(term)
            if term.name in LOOKUPS:
                self._usage.count_lookup()
            inner = await self._match(domain, term)
            if inner is not None:
                return SpfOutcome(RESULTS[term.qualifier], (term, *inner.path))
            self._usage.terms.pop()
        if record.reached_redirect is None:
            return SpfOutcome(NEUTRAL)
        return await self._redirect(domain, record.reached_redirect)

    async def _redirect(self, domain: str, target: str) -> SpfOutcome:
        self._usage.count_lookup()
        name = await self._expand(domain, target)
        found = await self._check_domain(name) if macros.is_queryable(name) else SpfOutcome(NONE)
        if found.result == NONE:
            raise SpfFault(PERMERROR, "include", f"redirect={target} names {name}, which has no SPF record")
        via = SpfTerm(f"redirect={target}", "+", "redirect", target)
        return replace(found, path=(via, *found.path))

    async def _match(self, domain: str, term: SpfTerm) -> SpfOutcome | None:
        """Return an outcome if the term matches: for an include, the one of its record."""
        match term.name:
            case "all":
                return SpfOutcome(PASS)
            case "ip4" | "ip6":
                return self._in_networks([term.network] if term.network else [])
        name = await self._expand(domain, term.domain) if term.domain else domain
        if term.name == "include":
            return await self._include(term, name)
        if term.name == "ptr":
            return await self._ptr(name)
        if not macros.is_queryable(name):
            return None
        if term.name == "exists":
            answer = await self._query(name, "A")
            return SpfOutcome(PASS) if answer.state == FOUND else None
        hosts = [name] if term.name == "a" else await self._mail_hosts(name)
        return self._in_networks(await self._networks(hosts, term, is_direct=term.name == "a"))

    async def _include(self, term: SpfTerm, name: str) -> SpfOutcome | None:
        found = await self._check_domain(name) if macros.is_queryable(name) else SpfOutcome(NONE)
        if found.result == NONE:
            raise SpfFault(PERMERROR, "include", f"{term.text} names {name}, which has no SPF record")
        return found if found.result == PASS else None

    async def _mail_hosts(self, name: str) -> list[str]:
        answer = await self._query(name, "MX")
        hosts = [value.partition(" ")[2] for value in answer.values]
        if len(hosts) > MAX_HOSTS:
            text = f"{name} has {len(hosts)} MX records, but an mx term allows {MAX_HOSTS}"
            raise SpfFault(PERMERROR, "mx_hosts", text)
        return [host for host in hosts if macros.is_queryable(host)]

    async def _networks(self, hosts: Sequence[str], term: SpfTerm, *, is_direct: bool) -> list[IpNetwork]:
        is_six = self._client.network.version == 6  # noqa: PLR2004 - the version of IP
        kind, prefix = ("AAAA", term.prefixes[1]) if is_six else ("A", term.prefixes[0])
        found = []
        for host in hosts:
            answer = await (self._query if is_direct else self._query_uncounted)(host, kind)
            found += [ipaddress.ip_network(f"{value}/{prefix}", strict=False) for value in answer.values]
        return found

    def _in_networks(self, networks: Sequence[IpNetwork]) -> SpfOutcome | None:
        client = self._client.network
        same = [each for each in networks if each.version == client.version]
        if any(client.subnet_of(each) for each in same):  # type: ignore[arg-type]
            return SpfOutcome(PASS)
        part = next((each for each in same if each.subnet_of(client)), None)  # type: ignore[arg-type]
        if part is not None:
            raise PartialMatch(part)
        return None

    async def _ptr(self, name: str) -> SpfOutcome | None:
        names = await self._validated_names()
        matches = any(f".{each}".endswith(f".{name.lower()}") for each in names)
        return SpfOutcome(PASS) if matches else None

    async def _validated_names(self) -> list[str]:
        """The names of the client's address that point back to it (RFC 7208 5.5). DNS failures match nothing."""
        address = ipaddress.ip_address(self._client.address)
        answer = await self._lookup(address.reverse_pointer, "PTR")
        kind = "AAAA" if address.version == 6 else "A"  # noqa: PLR2004 - the version of IP
        found = []
        for name in answer.values[:MAX_HOSTS]:
            if macros.is_queryable(name):
                addresses = (await self._lookup(name, kind)).values
                found += [name.lower()] * (
                    str(address) in [str(ipaddress.ip_address(each)) for each in addresses]
                )
        return found

    async def _expand(self, domain: str, text: str) -> str:
        client = self._client
        values = macros.MacroValues(client.sender, domain, client.address, client.helo)
        if macros.uses_validated_name(text):
            names = await self._validated_names()
            own = [each for each in names if f".{each}".endswith(f".{domain.lower()}")]
            values = replace(values, validated=next(iter((*own, *names)), "unknown"))
        return macros.expand(text, values)

    async def _query(self, name: str, kind: str) -> DnsAnswer:
        answer = await self._query_uncounted(name, kind)
        self._usage.count_void(answer)
        return answer

    async def _query_uncounted(self, name: str, kind: str) -> DnsAnswer:
        answer = await self._lookup(name, kind)
        if answer.state not in CONCLUSIVE:
            raise SpfFault(
                TEMPERROR, "lookup", f"the lookup of {name} ({kind}) failed: {failure_text(answer)}"
            )
        return answer


async def fetch_record(lookup: Lookup, domain: str) -> SpfRecord | None:
    """Return the SPF record of a domain, None without one. Raises `SpfFault` if it is unusable or unknown."""
    answer = await lookup(domain, "TXT")
    if answer.state not in CONCLUSIVE:
        raise SpfFault(TEMPERROR, "lookup", f"the lookup of {domain} (TXT) failed: {failure_text(answer)}")
    texts = [text for text in answer.values if is_spf(text)]
    if not texts:
        return None
    if len(texts) > 1:
        raise SpfFault(PERMERROR, "include", f"{domain} has {len(texts)} SPF records")
    record = parse_spf(texts[0])
    if record.invalid:
        text = f"{domain} has an SPF record that is not valid ({record.invalid[0]})"
        raise SpfFault(PERMERROR, "include", text)
    return record


def failure_text(answer: DnsAnswer) -> str:
    """Say what failed."""
    return f"{answer.server.host} {answer.detail or 'does not answer for the name'}"
