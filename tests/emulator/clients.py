"""boto3 clients for the local SES emulator, created once each."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"


@cache
def make_client(service: str, endpoint_url: str, region: str = REGION) -> Any:
    return boto3.session.Session().client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        # The server must refuse invalid parameters, not botocore.
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}, parameter_validation=False),
    )
