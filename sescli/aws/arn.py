"""Amazon Resource Names."""

from __future__ import annotations

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def partition_of(region: str) -> str:
    """The partition of a region, which is the second part of its ARNs: aws, aws-cn or aws-us-gov."""
    return next((name for begin, name in _PARTITIONS.items() if region.startswith(begin)), "aws")
