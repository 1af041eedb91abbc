"""Each row of conformance_rows/ on the emulator: one rule of SES with its source."""

import re
from collections import Counter

import conformance
import pytest
from clients import make_client

from sescli.emulator.ses import v1, v2
from sescli.emulator.ses.registry import V1, V2

ROWS = conformance.rows()
# A section of docs/ses-behavior.md, the service model, a page of the AWS guide, or an RFC.
SOURCE = re.compile(r"docs/ses-behavior\.md#[a-z]|model: |developer guide: |General Reference: ")

assert v1
assert v2  # importing the packages registers their operations


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['file']}-{row['row']}" for row in ROWS])
def test_emulator_matches_conformance_row(row, endpoint, inbox):
    server = conformance.Server(
        client=lambda service: make_client(service, endpoint), reset=lambda: None, switch=inbox.control
    )
    conformance.check(row, server)


def test_conformance_rows_cover_every_operation():
    called = {row["call"] for row in ROWS}
    there = {f"ses.{name}" for name in V1.names()} | {f"sesv2.{name}" for name in V2.names()}
    assert there - called == set()


def test_conformance_rows_name_their_source():
    assert [row["row"] for row in ROWS if not SOURCE.match(row["source"])] == []
    assert [name for name, times in Counter(row["row"] for row in ROWS).items() if times > 1] == []


GET = {"call": "sesv2.GetEmailIdentity", "with": {"EmailIdentity": "example.com"}}
MADE = [{"sesv2.CreateEmailIdentity": {"EmailIdentity": "example.com"}}]


@pytest.mark.parametrize(
    ("given", "answer", "why"),
    [
        ([], {}, "it is refused"),
        ([], {"error": "BadRequestException", "status": 404}, "refused with"),
        ([], {"error": "NotFoundException"}, "refused with"),
        ([], {"error": "NotFoundException", "status": 404, "text": "quota"}, "the message has no"),
        (MADE, {"error": "NotFoundException", "status": 404}, "it is not refused"),
        (MADE, {"members": {"IdentityType": "EMAIL_ADDRESS"}}, "not 'EMAIL_ADDRESS'"),
        (MADE, {"members": {"length(NotThere)": 1}}, "cannot be told"),
        (MADE, {"matches": {"IdentityType": "^A"}}, "does not match"),
        (MADE * 2, {}, "cannot be brought about"),
        ([{"switch": {"quota": 1}}], {}, "no switches"),
    ],
)
def test_conformance_check_fails_for_wrong_row(endpoint, inbox, given, answer, why):
    """Otherwise the rows would prove nothing."""
    server = conformance.Server(client=lambda service: make_client(service, endpoint), reset=lambda: None)
    with pytest.raises(conformance.RowError, match=why):
        conformance.check(GET | {"steps": given, "answer": answer}, server)
