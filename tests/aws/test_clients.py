"""Sessions share what botocore reads from its data files, and AWS_DATA_PATH still chooses the files."""

from __future__ import annotations

import json
from pathlib import Path

import botocore
import pytest

from sescli.aws.clients import Clients
from sescli.aws.endpoint import AwsEndpoint

REGION = "xx-test-1"


@pytest.fixture
def data_path(tmp_path):
    """A folder of botocore data that lists one more region than botocore's own."""
    endpoints = json.loads((Path(botocore.__file__).parent / "data" / "endpoints.json").read_text())
    aws = endpoints["partitions"][0]
    aws["regions"][REGION] = {"description": "a test"}
    aws["services"]["email"]["endpoints"][REGION] = {}
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "endpoints.json").write_text(json.dumps(endpoints))
    return folder


def clients(**target):
    return Clients(AwsEndpoint(**target))


@pytest.mark.parametrize("target", [{}, {"endpoint_url": "http://127.0.0.1:9", "local": True}])
def test_aws_data_path_selects_the_data_files(target, data_path, monkeypatch):
    assert not clients(**target).knows(REGION)
    monkeypatch.setenv("AWS_DATA_PATH", str(data_path))
    assert clients(**target).knows(REGION)
    monkeypatch.delenv("AWS_DATA_PATH")
    assert not clients(**target).knows(REGION)


def test_data_path_of_a_profile_selects_the_data_files(data_path, bare_machine):
    (bare_machine / ".aws").mkdir()
    (bare_machine / ".aws" / "config").write_text(f"[profile beta]\ndata_path = {data_path}\n")
    assert clients(profile="beta").knows(REGION)
    assert not clients().knows(REGION)


def test_sessions_share_one_loader_whose_search_paths_do_not_grow():
    found = [clients()._boto_session()._loader for _ in range(3)]
    assert found[0] is found[1] is found[2]
    assert len(set(found[0].search_paths)) == len(found[0].search_paths)


def test_missing_profile_is_an_error_with_aws_data_path_too(data_path, monkeypatch, sescli):
    monkeypatch.setenv("AWS_DATA_PATH", str(data_path))
    ran = sescli("reputation", "quota", "--profile", "nope", "-o", "json")
    assert (ran.code, ran.error["code"]) == (4, "ProfileNotFound")
