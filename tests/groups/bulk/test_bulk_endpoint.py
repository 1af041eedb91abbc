"""A run belongs to the endpoint that its messages reach, however the endpoint is configured and spelled."""

from __future__ import annotations

import pytest
from bulk_setup import OVER_QUOTA

from sescli.aws.endpoint import is_aws_url, normalize_url
from sescli.groups.bulk.journal.run_metadata import place_of


def by_variable(monkeypatch, _folder, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)


def by_service_variable(monkeypatch, _folder, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SES", url)


def by_configuration_file(monkeypatch, folder, url):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    file = folder / "aws-config"
    file.write_text(f"[default]\nendpoint_url = {url}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))


@pytest.fixture(params=[by_variable, by_service_variable, by_configuration_file])
def configure(request, monkeypatch, tmp_path):
    return lambda url: request.param(monkeypatch, tmp_path, url)


def test_bulk_resume_refuses_other_configured_endpoint(configure, start_fake_ses, at, eight_rows, sescli):
    first = at(start_fake_ses(calls=OVER_QUOTA))
    configure(first.url)
    assert sescli("bulk", "run", eight_rows, "--yes").code == 6
    other = start_fake_ses()
    configure(other.url)
    refused = sescli("bulk", "resume", "-o", "json")
    assert (refused.code, other.accepted) == (2, [])
    assert f"sends to {first.url}, but this command uses {other.url}" in refused.error["message"]
    assert f"--endpoint-url {first.url}" in refused.error["hint"]
    configure(first.url)
    assert sescli("bulk", "resume").code == 0
    assert len(first.accepted) == 8


def test_bulk_run_at_configured_endpoint_does_not_block_run(
    configure, start_fake_ses, at, eight_rows, sescli
):
    rehearsal = at(start_fake_ses())
    configure(rehearsal.url)
    assert sescli("bulk", "run", eight_rows, "--yes").code == 0
    real = start_fake_ses()
    configure(real.url)
    assert sescli("bulk", "run", eight_rows, "--yes").code == 0
    assert len(real.accepted) == 8
    places = {one["place"] for one in sescli("bulk", "list", "-o", "json").json}
    assert places == {rehearsal.url, real.url}


@pytest.mark.parametrize("spelling", ["{}/", "{}?", "HTTP://LOCALHOST:{port}", "http://localhost.:{port}//"])
def test_bulk_run_refuses_same_endpoint_spelled_differently(spelling, start_fake_ses, at, eight_rows, sescli):
    fake_ses = at(start_fake_ses())
    assert sescli("bulk", "run", eight_rows, "--yes").code == 0
    url = spelling.format(fake_ses.url, port=fake_ses.url.rpartition(":")[2])
    refused = sescli(
        "bulk", "run", eight_rows, "--yes", "--endpoint-url", url.replace("HTTP", "http"), "-o", "json"
    )
    assert (refused.code, refused.error["code"]) == (2, "RunExists")
    assert len(fake_ses.accepted) == 8


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://SES.example.com:443/", "https://ses.example.com"),
        ("http://ses.example.com:80/a/", "http://ses.example.com/a"),
        ("https://ses.example.com:80", "https://ses.example.com:80"),
        ("http://[::1]:4566", "http://127.0.0.1:4566"),
        ("http://[2001:db8::1]:4566", "http://[2001:db8::1]:4566"),
        ("http://key:secret@ses.example.com?x=1#y", "http://ses.example.com"),
        ("http://ses.example.com:port", "http://ses.example.com:port"),
        ("AWS", "AWS"),
    ],
)
def test_normalize_url(url, normal):
    assert normalize_url(url) == normal
    assert normalize_url(normal) == normal


@pytest.mark.parametrize(
    "url",
    [
        "https://email.us-east-1.amazonaws.com",
        "https://email-fips.us-east-1.amazonaws.com/",
        "https://email.eu-west-1.api.aws",
        "https://email.cn-north-1.amazonaws.com.cn",
        "https://vpce-0123-abcd.email.us-east-1.vpce.amazonaws.com",
    ],
)
def test_endpoints_of_aws_are_one_place(url):
    assert is_aws_url(url)
    assert place_of(url) == "AWS"


@pytest.mark.parametrize(
    "url", ["https://amazonaws.com.example.com", "http://notamazonaws.com", "http://127.0.0.1"]
)
def test_other_endpoints_are_no_endpoints_of_aws(url):
    assert not is_aws_url(url)
