"""Reading event records: every event is found in any envelope, and unreadable records are reported."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc

import pytest

from sescli.errors import InputFileError
from sescli.groups.events.service.records.files import list_files, read_file, read_stream
from sescli.groups.events.service.records.records import Event, events_in
from sescli.groups.events.service.records.scanner import Scanner


def record(number: int, kind: str = "Send", **more) -> dict:
    mail = {
        "timestamp": "2026-11-24T10:00:00.000Z",
        "messageId": f"id-{number}",
        "destination": [f"user{number}@example.com"],
        "tags": {"sescli-run": ["run-1"], "sescli-row": [str(number)]},
    }
    return {"eventType": kind, "mail": mail, "send": {}, **more}


def read(content: bytes | str) -> tuple[list[str], list[tuple[int, str]], int]:
    """The message IDs found, the invalid lines with their reasons, and the number of other records."""
    raw = content.encode() if isinstance(content, str) else content
    found = list(read_stream(io.BytesIO(raw), "x.jsonl"))
    ids = [one.what.message_id for one in found if isinstance(one.what, Event)]
    strays = [one for one in found if not isinstance(one.what, Event)]
    broken = [(one.line, one.what.why) for one in strays if one.what.broken]
    return ids, broken, len(strays) - len(broken)


def notification(event: dict) -> dict:
    return {"Type": "Notification", "MessageId": "sns-1", "Message": json.dumps(event)}


def from_eventbridge(event: dict) -> dict:
    return {"version": "0", "source": "aws.ses", "detail-type": "Email Sent", "detail": event}


ENVELOPES = {
    "as it is": lambda event: event,
    "SNS": notification,
    "EventBridge": from_eventbridge,
    "SQS": lambda event: {"Messages": [{"MessageId": "sqs", "Body": json.dumps(notification(event))}]},
    "SQS raw": lambda event: {"Messages": [{"Body": json.dumps(event)}]},
    "SQS to Lambda": lambda event: {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(event)}]},
    "SNS to Lambda": lambda event: {"Records": [{"EventSource": "aws:sns", "Sns": notification(event)}]},
    "bodies alone": lambda event: [json.dumps(notification(event))],
}
LAYOUTS = {
    "lines": lambda values: "".join(json.dumps(one) + "\n" for one in values),
    "crlf": lambda values: "".join(json.dumps(one) + "\r\n" for one in values),
    "none between": lambda values: "".join(map(json.dumps, values)),
    "array": json.dumps,
    "printed": lambda values: json.dumps(values, indent=4),
    "printed one by one": lambda values: "\n".join(json.dumps(one, indent=2) for one in values),
    "an array of lines": lambda values: "[\n" + ",\n".join(map(json.dumps, values)) + "\n]\n",
    "with a BOM": lambda values: "\ufeff" + "\n".join(map(json.dumps, values)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("envelope", ENVELOPES)
def test_events_are_found_in_every_envelope_and_layout(envelope, layout):
    text = LAYOUTS[layout]([ENVELOPES[envelope](record(n)) for n in range(1, 4)])
    assert read(text) == (["id-1", "id-2", "id-3"], [], 0)
    assert read(gzip.compress(text.encode())) == (["id-1", "id-2", "id-3"], [], 0)


def test_event_exposes_kind_recipients_tags_and_reason():
    event = next(events_in(record(7, "Rendering Failure", failure={"errorMessage": "no 'x'"})))
    assert (event.kind, event.message_id, event.destination) == (
        "Rendering Failure",
        "id-7",
        ("user7@example.com",),
    )
    assert (event.tag("sescli-row"), event.tag("other"), event.drop_reason) == ("7", None, "no 'x'")
    assert next(events_in(record(1, "Reject", reject={"reason": "Bad content"}))).drop_reason == "Bad content"
    odd = {"eventType": "Send", "mail": {"messageId": "a", "tags": [1], "destination": "x"}, "failure": 1}
    event = next(events_in(odd))
    assert (event.destination, event.tag("a"), event.drop_reason) == ((), None, None)


GOOD = json.dumps(record(1)), json.dumps(record(2))
CUT = json.dumps(record(9))


@pytest.mark.parametrize(
    "garbage",
    [
        "hello",
        "2026-11-24 10:00 INFO sent",
        CUT[:70],  # within a string
        CUT[: CUT.index('"mail": ') + 8],  # before a value
        CUT[: CUT.index("[") + 1],
        CUT[:-1],
        '{"a":' * 3_000,
        "}",
        ":",
        "\x00\x00",
        '"a text"',
        "17",
        "[1]",
        "null",
        '{"n": ' + "1" * 5_000 + "}",
        json.dumps({"eventType": "Send", "mail": {}}),
        json.dumps(notification(record(9)) | {"Message": CUT[:60]}),
        "[" * 40 + "7" + "]" * 40,
        "\xff\xfe",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_invalid_line_does_not_affect_other_lines(garbage):
    ids, broken, others = read(f"{GOOD[0]}\n{garbage}\n{GOOD[1]}\n")
    assert ids == ["id-1", "id-2"]
    assert [line for line, _ in broken] == [2]
    assert others == 0


def test_invalid_lines_are_reported_with_line_numbers():
    assert [line for line, _ in read(f"{GOOD[0]}\n{CUT[:50]}")[1]] == [2]
    ids, broken, _ = read(f'{GOOD[0]}\n{{"a":\n{{"b":\n{GOOD[1]}\n')
    assert ids == ["id-1", "id-2"]
    assert [line for line, _ in broken] == [2, 3]


def test_invalid_utf8_replaces_only_the_character():
    event = record(1, bounce={"diagnosticCode": "caf\xe9"})
    text = json.dumps(event, ensure_ascii=False)
    assert read(text.encode("latin-1"))[0] == ["id-1"]


def test_other_json_is_counted_and_not_an_error():
    words = notification({}) | {
        "Message": "Successfully validated SNS topic for Amazon SES event publishing."
    }
    asked = {"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe", "Token": "x"}
    assert read("\n".join(map(json.dumps, [words, asked, {"a": 1}, record(1)]))) == (["id-1"], [], 3)
    assert read("") == ([], [], 0)
    assert read("\n\n[]\n") == ([], [], 0)


def test_damaged_gzip_returns_events_before_the_damage():
    lines = "".join(json.dumps(record(n)) + "\n" for n in range(1, 2_001))
    packed = gzip.compress(lines.encode())
    ids, broken, _ = read(packed[: len(packed) * 3 // 4])
    assert len(ids) > 1_000
    assert ids == [f"id-{n}" for n in range(1, len(ids) + 1)]
    assert any("the gzip data is damaged" in why for _, why in broken)


def test_value_larger_than_buffer_is_read_and_too_large_is_reported(monkeypatch):
    big = record(1, note="x" * 300_000)
    assert read(json.dumps(big) + "\n" + GOOD[1])[0] == ["id-1", "id-2"]
    monkeypatch.setattr("sescli.groups.events.service.records.scanner.MAX_VALUE", 100_000)
    ids, broken, _ = read(json.dumps(big) + "\n" + GOOD[1])
    assert (ids, [line for line, _ in broken]) == (["id-2"], [1])


def test_large_file_is_not_held_in_memory():
    def text(size: int) -> str:
        text.left -= 1
        return (GOOD[0] + "\n") * 200 if text.left > 0 else ""

    text.left = 500
    tracemalloc.start()
    count = sum(1 for _ in Scanner(text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 499 * 200
    assert peak < 3_000_000


def test_list_files_of_folders_and_missing_paths(tmp_path):
    folder = tmp_path / "events"
    (folder / "2026" / "11").mkdir(parents=True)
    (folder / "b.jsonl").write_text(GOOD[1])
    (folder / "2026" / "11" / "a").write_text(GOOD[0])
    (folder / ".hidden").write_text("x")
    assert list_files([folder]) == [folder / "2026" / "11" / "a", folder / "b.jsonl"]
    found = [one for path in list_files([folder / "b.jsonl", folder]) for one in read_file(path)]
    assert [one.what.message_id for one in found] == ["id-2", "id-1", "id-2"]
    assert found[0].file == str(folder / "b.jsonl")
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "nothing", tmp_path / "empty"):
        with pytest.raises(InputFileError, match=wrong.name):
            list_files([wrong])
