"""All services other than SES, from moto, which is imported on the first request for one of them.

Only this module, `publishing.py` and `subscribers.py` use moto's internals. Here: `DomainDispatcherApplication`,
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

from werkzeug.datastructures import EnvironHeaders

from sescli.emulator.subscribers import prepare_sns
from sescli.emulator.surface import aws_services

_ACCOUNT = "123456789012"
_PATHS_OF_MOTO = frozenset({"moto_api", "instance_metadata"})
# Parts of the names of those AWS managed policies that concern SES and related services.
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
    """moto's WSGI application and its HTTP handler class."""

    application: Any
    handler: Any


class LazyMoto:
    """Imports moto once, when it is first needed (takes about 0.3 s)."""

    def __init__(self, port: int, *, compat: bool = False) -> None:
        """`compat` makes moto's own API available at `/moto-api/`."""
        self._port = port
        self._backends = aws_services.MOTO_BACKENDS | ({"moto_api"} if compat else frozenset())
        self._lock = threading.Lock()
        self._moto: Moto | None = None

    def get(self) -> Moto:
        with self._lock:
            if self._moto is None:
                self._moto = self._load()
            return self._moto

    def reset(self) -> None:
        """Delete all data of moto's services, if any was used."""
        with self._lock:
            if self._moto is not None:
                from moto.core.base_backend import BackendDict

                BackendDict.reset()

    def _load(self) -> Moto:
        # Without it the AWS managed policies do not exist, and IAM cannot attach one.
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        os.environ["MOTO_PORT"] = str(self._port)
        from moto.moto_server import werkzeug_app
        from werkzeug.serving import WSGIRequestHandler

        _keep_needed_policies()
        application = werkzeug_app.DomainDispatcherApplication(self._create_application)
        # moto before 5.2.5 has no handler class.
        handler = getattr(werkzeug_app, "MotoRequestHandler", WSGIRequestHandler)
        return Moto(application, handler)

    def _create_application(self, backend: Any) -> Any:
        """Create the application of a backend, the last thing that moto does before a request is answered.

        Whatever in the request made moto choose the backend, one that is not offered refuses it here.
        """
        from moto.moto_server import werkzeug_app

        if backend == "sns":
            prepare_sns()
        if backend in self._backends:
            return werkzeug_app.create_backend_app(backend)
        return RefusedBackend(str(backend))


class RefusedBackend:
    """A WSGI application that refuses every request."""

    def __init__(self, backend: str) -> None:
        self._backend = backend

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if self._backend in _PATHS_OF_MOTO:
            start_response("404 Not Found", [("Content-Type", "application/json")])
            return [b'{"message": "path not found"}']
        headers = EnvironHeaders(environ)
        kind, body, more = aws_services.refusal(self._backend, headers)
        fields = [("Content-Type", kind), ("Content-Length", str(len(body))), *more.items()]
        start_response(f"{aws_services.STATUS} Not Implemented", fields)
        return [body]


def _keep_needed_policies() -> None:
    """Keep only the needed AWS managed policies. IAM loads all 1,600 on first use and reset, which takes a second."""
    import moto.iam.models

    models: Any = moto.iam.models  # typed as Any because moto does not export this name
    policies = json.loads(models.aws_managed_policies_data)
    kept = {
        name: policy for name, policy in policies.items() if any(part in name for part in _POLICY_NAME_PARTS)
    }
    models.aws_managed_policies_data = json.dumps(kept)


def get_object(bucket: str, key: str) -> bytes | None:
    """Return the content of an S3 object. None if the bucket or key does not exist."""
    store = _s3()
    if store is None or bucket not in store.buckets:
        return None
    found = store.get_object(bucket, key)
    return None if found is None else bytes(found.value)


def put_object_if_bucket_exists(bucket: str, key: str, content: bytes) -> bool:
    """Put an object into a bucket. False if the bucket does not exist."""
    store = _s3()
    if store is None or bucket not in store.buckets:
        return False
    store.put_object(bucket, key, content)
    return True


def put_object(bucket: str, key: str, content: bytes) -> str:
    """Put an object into an existing bucket. Return a signed URL that is valid for an hour."""
    import boto3

    _s3().put_object(bucket, key, content)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    endpoint_url = f"http://127.0.0.1:{os.environ['MOTO_PORT']}"
    client = boto3.session.Session().client("s3", endpoint_url=endpoint_url, **keys)
    return str(client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}))


def _s3() -> Any:
    """Return moto's S3 backend, or None if it received no request yet and is therefore empty."""
    models: Any = sys.modules.get("moto.s3.models")
    return models.s3_backends[_ACCOUNT]["aws"] if models else None
