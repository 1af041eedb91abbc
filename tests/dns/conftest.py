from __future__ import annotations

import pytest
from dns_world import dns_world


@pytest.fixture(scope="session")
def one_dns_world():
    with dns_world() as world:
        yield world


@pytest.fixture
def world(one_dns_world):
    """A small internet in which example.com has every record right."""
    one_dns_world.reset()
    return one_dns_world
