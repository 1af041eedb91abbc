from __future__ import annotations

import pytest
from dns_clock import skipping_clock
from dns_world import dns_world


@pytest.fixture(scope="session")
def one_dns_world():
    with dns_world() as world:
        yield world


@pytest.fixture
def world(one_dns_world):
    """A small DNS on loopback where example.com has all records, all correct."""
    one_dns_world.reset()
    return one_dns_world


@pytest.fixture
def clock(world):
    """Skip the time until a timeout while servers of `world` do not answer."""
    with skipping_clock(*world.servers) as clock:
        yield clock
