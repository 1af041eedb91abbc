"""Lists are complete: every page is fetched, and a list that would not end is refused."""

from __future__ import annotations

import pytest


def test_more_than_one_page(sescli, ses, boto):
    client = boto("sesv2")
    for number in range(1203):
        client.put_suppressed_destination(EmailAddress=f"u{number}@example.com", Reason="BOUNCE")
    listed = sescli("suppression", "list", "-o", "json").json
    assert len({entry["email"] for entry in listed}) == 1203
    assert len(sescli("suppression", "list", "--limit", "7", "-o", "json").json) == 7


def test_a_repeated_token_is_refused():
    from sescli.aws.endpoint import AwsEndpoint
    from sescli.aws.gateway import Gateway
    from sescli.errors import ApiError

    class Repeating(Gateway):
        def read(self, service, operation, /, **params):
            return {"Items": [1], "NextToken": "same"}

    pages = Repeating(AwsEndpoint(region="eu-west-1")).pages("sesv2", "ListEmailIdentities", "Items")
    with pytest.raises(ApiError, match="the same NextToken twice"):
        list(pages)


def test_iam_pages_by_marker():
    from sescli.aws.endpoint import AwsEndpoint
    from sescli.aws.gateway import Gateway

    asked = []

    class Iam(Gateway):
        def read(self, service, operation, /, **params):
            asked.append(params)
            if len(asked) < 3:
                return {"Users": [len(asked)], "IsTruncated": True, "Marker": f"m{len(asked)}"}
            return {"Users": [3], "IsTruncated": False}

    pages = Iam(AwsEndpoint(region="eu-west-1")).pages("iam", "ListUsers", "Users", PathPrefix="/x/")
    assert list(pages) == [1, 2, 3]
    assert asked == [
        {"PathPrefix": "/x/"},
        {"PathPrefix": "/x/", "Marker": "m1"},
        {"PathPrefix": "/x/", "Marker": "m2"},
    ]
