"""Where the mail of a run goes out: the same name may be run once at each of them."""

from __future__ import annotations

import re
from typing import NamedTuple

AWS, LOCAL = "AWS", "local"
_LONGEST = 80


class Site(NamedTuple):
    """A place (`AWS`, `local` for the embedded SES, or an endpoint's URL) and the region there."""

    place: str
    region: str

    @property
    def slug(self) -> str:
        """As a part of a file's name."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", f"{self.place}-{self.region}")[:_LONGEST]

    def __str__(self) -> str:
        return self.region if self.place == AWS else self.place


def place_of(endpoint_url: str | None, *, local: bool) -> str:
    """The place that these settings lead to."""
    return LOCAL if local else endpoint_url or AWS
