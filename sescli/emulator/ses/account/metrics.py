"""Data points of CloudWatch metrics (docs/ses-behavior.md#cloudwatch-metrics), kept per minute until a CloudWatch request.

So a server without CloudWatch requests does not load CloudWatch, and a hundred thousand messages need a few rows.
Account-level points count recipients without the mailbox simulator, as the statistics do. A CloudWatch destination
gets one point per event.
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
_RETENTION_MINUTES = 15 * 24 * 60  # CloudWatch keeps one-minute points for 15 days
_SET = "ses:configuration-set"
# Prefix of rows that are used for reputation rates and are not published as metrics.
_HIDDEN = "#"
_RATES = {"Reputation.BounceRate": "Bounce", "Reputation.ComplaintRate": "Complaint"}
_BATCH = 500

Points = Counter[tuple[str, str]]  # (metric, dimensions as JSON) → count


def account_points(counts: Mapping[str, int]) -> Points:
    """The points that a call adds to the account's metrics: Send, Delivery, Bounce, Complaint, Reject."""
    return Counter({(metric, "[]"): count for metric, count in counts.items() if count})


def set_points(name: str, counts: Mapping[str, int]) -> Points:
    """The points that it adds to the reputation of a configuration set with `ReputationMetricsEnabled`."""
    dimensions = json.dumps([{"Name": _SET, "Value": name}])
    return Counter({(_HIDDEN + metric, dimensions): count for metric, count in counts.items() if count})


def event_point(event: Record, configurations: Sequence[Record]) -> tuple[str, str]:
    """The metric and dimensions of an event in a CloudWatch destination."""
    dimensions = [
        {"Name": each["DimensionName"], "Value": _value(event["mail"], each)} for each in configurations
    ]
    return event["eventType"].replace(" ", ""), json.dumps(dimensions)


def _value(mail: Record, configuration: Record) -> str:
    """The value of the message tag or header with the dimension's name, else the default. Link tags are not emulated."""
    name, found = configuration["DimensionName"], None
    if configuration["DimensionValueSource"] == "MESSAGE_TAG":
        found = mail["tags"].get(name, [None])[0]
    elif configuration["DimensionValueSource"] == "EMAIL_HEADER":
        headers = mail.get("headers", [])
        found = next((each["value"] for each in headers if each["name"].lower() == name.lower()), None)
    return found or str(configuration["DefaultDimensionValue"])


def add(region: Region, points: Points) -> None:
    """Add points to the current minute. The caller holds the store's lock."""
    minute = int(region.now() // _MINUTE)
    region.store.db.executemany(
        "INSERT INTO metrics (region, metric, dimensions, minute, value) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET value = value + excluded.value",
        [(region.name, metric, dimensions, minute, count) for (metric, dimensions), count in points.items()],
    )


def reset_published(store: Store, now: float) -> None:
    """Mark all points as not published, because a new CloudWatch is empty. Delete expired points."""
    store.db.execute("DELETE FROM metrics WHERE minute < ?", (now // _MINUTE - _RETENTION_MINUTES,))
    store.db.execute("UPDATE metrics SET published = 0")
    store.commit()


def publish(store: Store, put: Callable[[str, list[dict[str, Any]]], None]) -> None:
    """Publish the points since the last call. The caller holds the store's lock."""
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
    """One datum for `count` points with the value 1."""
    statistics = {"Sum": count, "Minimum": 1.0, "Maximum": 1.0, "SampleCount": count}
    return _at(metric, dimensions, minute) | {"StatisticValues": statistics, "Unit": "Count"}


def _rates(store: Store, region: str, dimensions: str, prefix: str, minute: int) -> list[dict[str, Any]]:
    """The current bounce and complaint rates as fractions of all stored points."""
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
