"""Random requests of every operation, generated from the service models: they never cause an internal error."""

from __future__ import annotations

import base64
import json
import random
from functools import cache
from urllib.parse import quote, urlencode

import pytest

from sescli.emulator.http_messages import Request
from sescli.emulator.router import V1, V2, Router
from sescli.emulator.server import _load_model
from sescli.emulator.ses.region import Controls
from sescli.emulator.store import Store

HEADERS = {"Authorization": "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/ses/aws4_request"}
TEXTS = (
    "example.com", "a@example.com", "mine", "t", "news", "", "x" * 300, "ä", "a b", "\x00", "%2F", "../x",
    "success@simulator.amazonses.com", "{{a}}", "{{#if a}}", "{", "{}", '{"a": 1}', "[1]", "null", "\ud800",
    "arn:aws:ses:us-east-1:123456789012:identity/example.com", "1e999", "٣",
)  # fmt: skip
RAWS = (
    b"",
    b"From: a@example.com\nTo: b@example.org\n\nx",
    b"\xff\x00",
    b"From: =?utf-8?b?//?=<a@example.com>\nTo: x\nSubject: =?foo?q?x?=\n\n",
    (
        b"From: a@example.com\nTo: b@example.org\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\nContent-Type: text/plain; charset=nope\nContent-Disposition: attachment; filename*=x''%ff\n\n\xe4\n--x"
    ),
)
ODD = (None, 1, "x", [], {}, True, [None], {"a": None})

load_model = cache(_load_model)


def value(model, name, dice):
    shape = model["shapes"][name]
    if dice.random() < 0.03:
        return dice.choice(ODD)
    match shape["type"]:
        case "structure":
            required = shape.get("required", ())
            return {
                member: value(model, ref["shape"], dice)
                for member, ref in shape["members"].items()
                if dice.random() < (0.97 if member in required else 0.4)
            }
        case "list":
            size = dice.choice((0, 1, 1, 2, 3))
            return [value(model, shape["member"]["shape"], dice) for _ in range(size)]
        case "map":
            keys = model["shapes"][shape["key"]["shape"]].get("enum", TEXTS)
            return {dice.choice(keys): value(model, shape["value"]["shape"], dice)}
        case "string":
            return dice.choice(shape["enum"] if "enum" in shape and dice.random() < 0.9 else TEXTS)
        case "boolean":
            return dice.random() < 0.5
        case "blob":
            return base64.b64encode(dice.choice(RAWS)).decode()
    return dice.choice((0, 1, 10, -1, 10**12))


def parameters(model, operation, dice):
    shape = model["operations"][operation].get("input", {}).get("shape")
    made = value(model, shape, dice) if shape else {}
    return made if isinstance(made, dict) else {}


def flattened(given, name=""):
    if isinstance(given, dict):
        for key, item in given.items():
            yield from flattened(item, f"{name}.{key}" if name else key)
    elif isinstance(given, list):
        for number, item in enumerate(given, 1):
            yield from flattened(item, f"{name}.member.{number}")
    elif given is not None:
        yield name, str(given).encode("utf-8", "replace")


def v2_request(dice):
    model, name = load_model("sesv2"), dice.choice(V2.names())
    operation, given = model["operations"][name], parameters(load_model("sesv2"), name, dice)
    uri = operation["http"]["requestUri"]
    members = model["shapes"].get(operation.get("input", {}).get("shape"), {"members": {}})["members"]
    for member, ref in members.items():
        if ref.get("location") == "uri":
            text = str(given.pop(member, "z")).encode("utf-8", "replace")
            uri = uri.replace(f"{{{ref.get('locationName', member)}}}", quote(text, safe="") or "z")
    return Request(operation["http"]["method"], uri, HEADERS, json.dumps(given).encode())


def v1_request(dice):
    name = dice.choice(V1.names())
    form = {"Action": name, **dict(flattened(parameters(load_model("ses"), name, dice)))}
    return Request("POST", "/", HEADERS, urlencode(form).encode())


@pytest.mark.parametrize("seed", range(4))
def test_random_request_never_causes_internal_error(seed):
    dice = random.Random(seed)
    store = Store(None)
    router = Router(store, Controls(), load_model)
    seen = set()
    for _ in range(1000):
        request = dice.choice((v1_request, v2_request))(dice)
        answer = router.answer(request)
        seen.add(answer.status)
        assert answer.status in {200, 400, 404, 409, 429}, (request, answer.body)
    store.close()
    assert {200, 400, 404} <= seen
