"""`bulk run -o jsonl` writes the same records during a run as `bulk results` lists afterwards."""

from __future__ import annotations

import json

from repository import ROOT


def test_jsonl_record_equals_bulk_results(ses, sescli, tmp_path):
    template = ROOT / "examples" / "templates" / "order-confirmation.json"
    assert sescli("identity", "verify", "example.com").code == 0
    assert sescli("template", "create", "--file", str(template)).code == 0
    ses.control(fail="MESSAGE_REJECTED:1")
    data = {"name": "Jo", "orderId": "1", "total": "9.99"}
    people = [
        {"to": "nobody"},
        *({"to": f"user{n}@example.com", "id": f"customer {n}", "data": data} for n in range(5)),
        {"to": "user1@example.com", "id": "customer 1", "data": data},
    ]
    batch = tmp_path / "batch.yaml"
    rows = "".join(f"  - {json.dumps(one)}\n" for one in people)
    batch.write_text(
        "version: 1\nname: news\nfrom: shop@example.com\ntemplate: OrderConfirmation\n"
        f"duplicates: first\nrecipients:\n{rows}"
    )
    told = sescli("bulk", "run", str(batch), "--yes", "--skip-invalid", "-o", "jsonl")
    assert told.code == 3
    records = sorted((json.loads(line) for line in told.stdout.splitlines()), key=lambda one: one["row"])
    afterwards = [json.loads(line) for line in sescli("bulk", "results", "-o", "jsonl").stdout.splitlines()]
    assert [one["state"] for one in records].count("sent") == 4
    assert {one["state"] for one in records} == {"sent", "failed", "invalid", "skipped"}
    for one in (*records, *afterwards):
        assert list(one) == [
            "row",
            "id",
            "to",
            "state",
            "message_id",
            "code",
            "reason",
            "attempts",
            "at",
        ]
        # The time of a record is that of the response, slightly before its commit.
        assert (one.pop("at") is None) == (one["state"] in {"invalid", "skipped"})
    assert records == afterwards
