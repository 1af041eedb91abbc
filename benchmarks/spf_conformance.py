"""SPF: the cases of the public RFC 7208 test suite that the evaluation answers as the suite says.

The suite is rfc7208-tests.yml of pyspf (https://github.com/sdgathman/pyspf, test/). It is not part of this repository.

    python benchmarks/spf_conformance.py rfc7208-tests.yml
"""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from pathlib import Path
from typing import Any

import yaml

from sescli.dns.answers import FOUND, NODATA, NXDOMAIN, TIMEOUT, DnsAnswer
from sescli.dns.rfc7208.evaluation import SpfClient, SpfEvaluation
from sescli.dns.sources import DnsServer

_SERVER = DnsServer("suite", "127.0.0.1")
_MAX_ALIASES = 8


class _SuiteZone:
    """The answers of one scenario. As in pyspf, a name without TXT records has its SPF records as TXT."""

    def __init__(self, data: dict[str, list[Any]]) -> None:
        self._records = {str(name).lower(): list(_records(rows)) for name, rows in data.items()}

    async def look_up(self, name: str, kind: str) -> DnsAnswer:
        name = name.lower()
        for _ in range(_MAX_ALIASES):
            rows = self._records.get(name)
            if rows is None:
                return DnsAnswer(_SERVER, name, kind, NXDOMAIN)
            values = [value for row, value in rows if row == kind]
            fails = any(value == "TIMEOUT" for value in values)
            if fails or (not values and any(row == "TIMEOUT" for row, _ in rows)):
                return DnsAnswer(_SERVER, name, kind, TIMEOUT, detail="does not answer in time")
            if values:
                return DnsAnswer(_SERVER, name, kind, FOUND, tuple(map(str, values)))
            alias = next((value for row, value in rows if row == "CNAME"), None)
            if alias is None:
                break
            name = str(alias).lower().removesuffix(".")
        return DnsAnswer(_SERVER, name, kind, NODATA)


def _records(rows: list[Any]) -> Any:
    own_text = any(isinstance(row, dict) and "TXT" in row for row in rows)
    for row in rows:
        if row == "TIMEOUT":
            yield "TIMEOUT", None
            continue
        for kind, value in row.items():
            if kind == "SPF" and (own_text or value == "NONE"):
                continue
            if value == "NONE":
                continue
            yield ("TXT" if kind == "SPF" else kind), _value(kind, value)


def _value(kind: str, value: Any) -> str:
    if value == "TIMEOUT":
        return "TIMEOUT"
    if kind == "MX":
        return f"{value[0]} {str(value[1]).removesuffix('.').lower()}"
    if kind in {"TXT", "SPF"}:
        return value if isinstance(value, str) else "".join(map(str, value))
    return str(value).removesuffix(".") if kind == "PTR" else str(value)


def main() -> None:
    """Print each case with another result, and the count."""
    path = Path(sys.argv[1])
    total = correct = 0
    for scenario in filter(None, yaml.safe_load_all(path.read_bytes())):
        zone = _SuiteZone(scenario["zonedata"])
        for name, case in scenario["tests"].items():
            expected = case["result"] if isinstance(case["result"], list) else [case["result"]]
            result = asyncio.run(_result(zone, case))
            total += 1
            correct += result in expected
            if result not in expected:
                print(f"{scenario['description']}: {name}: {result}, expected {' or '.join(expected)}")
    print(f"RFC 7208 test suite: {correct} of {total} cases")


async def _result(zone: _SuiteZone, case: dict[str, Any]) -> str:
    helo, sender = str(case["helo"]), str(case.get("mailfrom") or "")
    domain = sender.rpartition("@")[2] or helo
    local = sender.rpartition("@")[0] or "postmaster"
    address = ipaddress.ip_address(case["host"])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    client = SpfClient(ipaddress.ip_network(address), f"{local}@{domain}", helo)
    return (await SpfEvaluation(zone.look_up, client).check_host(domain)).result


if __name__ == "__main__":
    main()
