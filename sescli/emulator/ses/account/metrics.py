"""Points of CloudWatch metrics (docs/ses-behavior.md#cloudwatch-metrics), kept here by the minute until
CloudWatch is asked for them.

So a server that nobody asks for metrics holds no CloudWatch, and a hundred thousand mails are a few rows.
Account-level points are in recipients and leave the mailbox simulator out, as the statistics do; those of a
CloudWatch destination are one an event.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record, Store

NAMESPACE = "AWS/SES"
_MINUTE = 60
_RETENTION_MINUTES = 15 * 24 * 60  # minutes: CloudWatch itself keeps points of a minute for 15 days
_SET = "ses:configuration-set"
# Rows that count for a reputation and are no metric themselves.
_HIDDEN = "#"
_RATES = {"Reputation.BounceRate": "Bounce", "Reputation.ComplaintRate": "Complaint"}
_BATCH = 500

Points = Counter[tuple[str, str]]  # (metric, dimensions as JSON) → how many


def account_points(counts: Mapping[str, int]) -> Points:
    """What a call adds to the metrics of the account: Send, Delivery, Bounce, Complaint, Reject."""
    return Counter({(metric, "[]"): count for metric, count in counts.items() if count})


def set_points(name: str, counts: Mapping[str, int]) -> Points:
    """What it adds to the reputation of a configuration set that has `ReputationMetricsEnabled`."""
    dimensions = json.dumps([{"Name": _SET, "Value": name}])
    return Counter({(_HIDDEN + metric, dimensions): count for metric, count in counts.items() if count})


def event_point(event: Record, configurations: Sequence[Record]) -> tuple[str, str]:
    """The metric and dimensions that a CloudWatch destination gives an event."""
    dimensions = [
        {"Name": each["DimensionName"], "Value": _value(event["mail"], each)} for each in configurations
    ]
    return event["eventType"].replace(" ", ""), json.dumps(dimensions)


def _value(mail: Record, configuration: Record) -> str:
    """Of the message's tag or header of the dimension's name, else the default; a link has no tag here."""
    name, found = configuration["DimensionName"], None
    if configuration["DimensionValueSource"] == "MESSAGE_TAG":
        found = mail["tags"].get(name, [None])[0]
    elif configuration["DimensionValueSource"] == "EMAIL_HEADER":
        headers = mail.get("headers", [])
        found = next((each["value"] for each in headers if each["name"].lower() == name.lower()), None)
    return found or str(configuration["DefaultDimensionValue"])


def add(region: Region, points: Points) -> None:
    """Keep points of this minute; the caller holds the store's lock."""
    minute = int(region.now() // _MINUTE)
    region.store.db.executemany(
        "INSERT INTO metrics (region, metric, dimensions, minute, value) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET value = value + excluded.value",
        [(region.name, metric, dimensions, minute, count) for (metric, dimensions), count in points.items()],
    )


def reset_published(store: Store, now: float) -> None:
    """CloudWatch is a new one and holds nothing yet; what it would not hold any more is forgotten."""
    store.db.execute("DELETE FROM metrics WHERE minute < ?", (now // _MINUTE - _RETENTION_MINUTES,))
    store.db.execute("UPDATE metrics SET published = 0")
    store.commit()


def publish(store: Store, put: Callable[[str, list[dict[str, Any]]], None]) -> None:
    """Hand over what came since the last time; the caller holds the store's lock."""
    rows = store.db.execute(
        "SELECT region, metric, dimensions, minute, value - published FROM metrics WHERE value > published"
        " ORDER BY minute"
    ).fetchall()
    data: dict[str, list[dict[str, Any]]] = {}
    rated: dict[tuple[str, str, str], int] = {}
    for region, metric, dimensions, minute, new in rows:
        if metric.startswith(_HIDDEN):
            rated[region, dimensions, _HIDDEN] = minute
            continue
        if dimensions == "[]":
            rated[region, dimensions, ""] = minute
        data.setdefault(region, []).append(_datum(metric, dimensions, minute, new))
    for (region, dimensions, prefix), minute in rated.items():
        data.setdefault(region, []).extend(_rates(store, region, dimensions, prefix, minute))
    for region, points in data.items():
        for start in range(0, len(points), _BATCH):
            put(region, points[start : start + _BATCH])
    store.db.execute("UPDATE metrics SET published = value WHERE value > published")
    store.commit()


def _datum(metric: str, dimensions: str, minute: int, count: float) -> dict[str, Any]:
    """So many points of the value 1, as one."""
    statistics = {"Sum": count, "Minimum": 1.0, "Maximum": 1.0, "SampleCount": count}
    return _at(metric, dimensions, minute) | {"StatisticValues": statistics, "Unit": "Count"}


def _rates(store: Store, region: str, dimensions: str, prefix: str, minute: int) -> list[dict[str, Any]]:
    """The reputation as it stands, in fractions: of all that is kept, the volume being small."""
    totals = dict(
        store.db.execute(
            "SELECT metric, sum(value) FROM metrics WHERE region = ? AND dimensions = ? GROUP BY metric",
            (region, dimensions),
        ).fetchall()
    )
    tried = totals.get(f"{prefix}Delivery", 0) + totals.get(f"{prefix}Bounce", 0)
    if not tried:
        return []
    return [
        _at(rate, dimensions, minute) | {"Value": totals.get(prefix + metric, 0) / tried}
        for rate, metric in _RATES.items()
    ]


def _at(metric: str, dimensions: str, minute: int) -> dict[str, Any]:
    return {"MetricName": metric, "Dimensions": json.loads(dimensions), "Timestamp": minute * _MINUTE}
