"""The suppression list in the emulator, and files and buckets of addresses."""

from __future__ import annotations

import pytest


@pytest.fixture
def listed(boto):
    """The reasons on the list, by address."""

    def read():
        found = {}
        token = {}
        while True:
            page = boto("sesv2").list_suppressed_destinations(**token)
            found |= {one["EmailAddress"]: one["Reason"] for one in page["SuppressedDestinationSummaries"]}
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    return read


@pytest.fixture
def suppressed(boto):
    """Add addresses to the list without sescli."""

    def put(*addresses, reason="BOUNCE"):
        for address in addresses:
            boto("sesv2").put_suppressed_destination(EmailAddress=address, Reason=reason)

    return put


@pytest.fixture
def list_file(tmp_path):
    """Write a file of addresses."""

    def write(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def bucket(boto, ses):
    """A bucket for lists; returns its keys."""
    boto("s3").create_bucket(Bucket="lists")

    def keys():
        return [one["Key"] for one in boto("s3").list_objects_v2(Bucket="lists").get("Contents", [])]

    return keys
