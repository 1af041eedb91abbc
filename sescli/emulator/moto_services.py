"""Every service that is not SES, from moto, imported when the first request for one comes.

What is used of moto's internals stands here, in `publishing.py` and in `subscribers.py`: here `DomainDispatcherApplication`,
`create_backend_app` and `MotoRequestHandler` of `moto.moto_server.werkzeug_app`, `BackendDict.reset`,
`aws_managed_policies_data` of `moto.iam.models`, and `s3_backends` of `moto.s3.models`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass
from typing import Any

_ACCOUNT = "123456789012"
# Parts of the names of the policies that AWS manages for what stands around SES.
_POLICY_NAME_PARTS = (
    "SES",
    "SNS",
    "SQS",
    "S3",
    "Lambda",
    "Firehose",
    "CloudWatch",
    "EventBridge",
    "Route53",
    "IAM",
    "Athena",
)


@dataclass(frozen=True)
class Moto:
    """moto's WSGI application, and the handler class that speaks HTTP for it."""

    application: Any
    handler: Any


class LazyMoto:
    """moto, imported once, when it is first needed (it costs about 0.3 s)."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._moto: Moto | None = None

    def get(self) -> Moto:
        with self._lock:
            if self._moto is None:
                self._moto = self._load()
            return self._moto

    def reset(self) -> None:
        """Forget what moto's services hold, where any was used."""
        with self._lock:
            if self._moto is not None:
                from moto.core.base_backend import BackendDict

                BackendDict.reset()

    def _load(self) -> Moto:
        # Without it the policies that AWS manages do not exist, and IAM refuses to attach one.
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        os.environ["MOTO_PORT"] = str(self._port)
        from moto.moto_server import werkzeug_app
        from werkzeug.serving import WSGIRequestHandler

        _keep_needed_policies()
        application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
        # Releases of moto before 5.2.5 have no handler of their own.
        handler = getattr(werkzeug_app, "MotoRequestHandler", WSGIRequestHandler)
        return Moto(application, handler)


def _keep_needed_policies() -> None:
    """IAM builds all 1,600 policies of AWS anew at its first use and at each reset, which takes a second."""
    import moto.iam.models

    models: Any = (
        moto.iam.models
    )  # the text of the policies is a name that it imports, not one that it exports
    policies = json.loads(models.aws_managed_policies_data)
    kept = {
        name: policy for name, policy in policies.items() if any(part in name for part in _POLICY_NAME_PARTS)
    }
    models.aws_managed_policies_data = json.dumps(kept)


def get_object(bucket: str, key: str) -> bytes | None:
    """The content of an object in S3; None where there is no such bucket or key."""
    store = _s3()
    if store is None or bucket not in store.buckets:
        return None
    found = store.get_object(bucket, key)
    return None if found is None else bytes(found.value)


def put_object_if_bucket_exists(bucket: str, key: str, content: bytes) -> bool:
    """Put an object into a bucket; False where there is no such bucket."""
    store = _s3()
    if store is None or bucket not in store.buckets:
        return False
    store.put_object(bucket, key, content)
    return True


def put_object(bucket: str, key: str, content: bytes) -> str:
    """Put an object into a bucket that is there; a signed URL at which it can be read for an hour."""
    import boto3

    _s3().put_object(bucket, key, content)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    endpoint_url = f"http://127.0.0.1:{os.environ['MOTO_PORT']}"
    client = boto3.session.Session().client("s3", endpoint_url=endpoint_url, **keys)
    return str(client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}))


def _s3() -> Any:
    """The S3 of moto, unless no request has reached it yet: then it holds nothing."""
    models: Any = sys.modules.get("moto.s3.models")
    return models.s3_backends[_ACCOUNT]["aws"] if models else None
