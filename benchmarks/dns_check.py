"""`identity check`: seven records at once, against the slowest single question.

The name servers are real ones on loopback that take their time: the resolver 20 ms, the zone's own servers 40 and
80 ms. A check cannot be quicker than the slowest answer; where the zone's servers have to be found first, two
answers of the resolver come before it.

    python benchmarks/dns_check.py [ROUNDS]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from dns_world import dns_world, records  # type: ignore[import-not-found]

from sescli.dns.check import check_records
from sescli.dns.query_client import QueryClient
from sescli.dns.sources import Sources, sources

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from sescli.dns.records import Record

_TOKEN = "a-token-of-api-v1"
_DELAYS = {"resolver": 0.020, "first": 0.040, "second": 0.080, "registry": 0.060}


def main() -> None:
    """The servers have a process of their own; measured in turns, so that other load falls on all alike."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    here, there = multiprocessing.Pipe()
    servers = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    servers.start()
    try:
        _measure(rounds, here.recv(), records(verification_token=_TOKEN))
    finally:
        here.send("end")
        servers.join()


def _serve(pipe: Connection) -> None:
    """Three records of DKIM, MX and SPF of MAIL FROM, DMARC, and the TXT of API v1: all of them published."""
    with dns_world() as world:
        world.publish("_amazonses.example.com", "TXT", f'"{_TOKEN}"')
        for name, delay in _DELAYS.items():
            getattr(world, name).delay = delay
            getattr(world, name).kept = {}
        pipe.send((world.sources, world.second.place))
        pipe.recv()


def _measure(rounds: int, place: tuple[Sources, str], wanted: list[Record]) -> None:
    both = replace(place[0], query_timeout=2.0)
    alone = sources(place[1])
    _checked(wanted, both)  # once to warm all up
    _checked(wanted, alone)
    taken: dict[str, list[float]] = {"question": [], "alone": [], "both": []}
    for _ in range(rounds):
        taken["question"].append(_timed(lambda: asyncio.run(_question(alone, wanted[0].name))))
        taken["alone"].append(_timed(lambda: _checked(wanted, alone)))
        taken["both"].append(_timed(lambda: _checked(wanted, both)))
    question, one, all_of_them = (statistics.median(taken[name]) for name in ("question", "alone", "both"))
    print(f"slowest single question        {question * 1000:6.0f} ms")
    print(f"check, 7 records, one server   {one * 1000:6.0f} ms   {one / question:.2f} of it")
    print(f"check, 7 records, all servers  {all_of_them * 1000:6.0f} ms   {all_of_them / question:.2f} of it")


def _checked(wanted: list[Record], whom: Sources) -> None:
    found = check_records(wanted, "example.com", whom)
    assert len(found.records) == 7  # noqa: PLR2004
    assert {record.verdict for record in found.records} == {"ok"}, found


async def _question(whom: Sources, name: str) -> None:
    answer = await QueryClient(whom).resolve(name, "CNAME")
    assert answer.values, answer


def _timed(call: object) -> float:
    started = time.perf_counter()
    assert callable(call)
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
