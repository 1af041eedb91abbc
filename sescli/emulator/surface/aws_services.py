"""The AWS services that the emulator offers, and the errors that SDKs show for all others.

A service is offered when sescli or a program that sends email needs it next to SES. moto has many more, and some of
them start containers with Docker, run SQL or call other hosts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from sescli.emulator.http_messages import Headers

# The name in signatures, and why it is offered. docs/emulator.md has the same list.
SIGNING_NAMES = {
    "ses": "email, v1 and v2",
    "s3": "received messages, lists for import jobs, archives",
    "sns": "event destinations, notifications, receipt actions",
    "sqs": "queues that read the events of topics",
    "firehose": "event destinations",
    "events": "event destinations (EventBridge)",
    "eventbridge": "another name of events",
    "monitoring": "metrics and alarms (CloudWatch)",
    "logs": "a target of EventBridge rules, to read events",
    "iam": "SMTP users, roles of event destinations and receipt rules",
    "sts": "the account of the caller",
    "kms": "keys of receipt rules",
    "route53": "publishing DNS records",
    "lambda": "the functions of receipt rules; they do not run unless the emulator was started with --allow-lambda",
}
# The same services by moto's names. SES is not one of them: the emulator answers it.
MOTO_BACKENDS = frozenset(
    {
        "s3",
        "sns",
        "sqs",
        "firehose",
        "events",
        "cloudwatch",
        "logs",
        "iam",
        "sts",
        "kms",
        "route53",
        "awslambda",
    }
)
ERROR_CODE = "ServiceNotOffered"
STATUS = 501  # SDKs do not retry it
_SCOPE = re.compile(r"Credential=[^/,]*/[^/,]*/([^/,]*)/([^/,]*)/aws4_request")
_QUERY_CREDENTIAL = "X-Amz-Credential"
_SCOPE_PARTS = 5


def signed_service(headers: Headers, target: str) -> str | None:
    """Return the service that a request is signed for, in lower case. None without a signature of version 4."""
    found = _SCOPE.search(headers.get("Authorization") or "")
    if found:
        return found.group(2).lower()
    query = parse_qs(target.partition("?")[2])
    scope = next(
        (values[-1] for name, values in query.items() if name.lower() == _QUERY_CREDENTIAL.lower()), ""
    )
    parts = scope.split("/")
    return parts[-2].lower() if len(parts) >= _SCOPE_PARTS else None


def refused_service(headers: Headers, target: str) -> str | None:
    """Return the name of a service that the request is for and that is not offered, or None.

    `X-Amz-Target` alone names one too: moto routes some requests without a signature by it.
    """
    service = signed_service(headers, target)
    if service is not None:
        return None if service in SIGNING_NAMES else service
    named = headers.get("X-Amz-Target")
    return None if named is None else named.partition(".")[0]


def refusal(service: str, headers: Headers) -> tuple[str, bytes, dict[str, str]]:
    """Return content type, body and headers of the error, in the protocol that the request uses."""
    shown = re.sub(r"[^A-Za-z0-9._-]", "?", service)[:60]
    message = (
        f"The local SES emulator does not offer the service {shown}. It offers {', '.join(_offered())}."
        " For other services, use another endpoint."
    )
    if (headers.get("smithy-protocol") or "").lower() == "rpc-v2-cbor":
        fields = {"__type": ERROR_CODE, "message": message}
        return "application/cbor", _cbor(fields), {"smithy-protocol": "rpc-v2-cbor"}
    if _is_xml(service, headers):
        return "text/xml", _xml(service, message), {}
    body = f'{{"__type": "{ERROR_CODE}", "code": "{ERROR_CODE}", "message": "{message}", "Message": "{message}"}}'
    return "application/json", body.encode(), {"x-amzn-ErrorType": ERROR_CODE}


def _offered() -> list[str]:
    return sorted(SIGNING_NAMES.keys() - {"eventbridge"})


def _is_xml(service: str, headers: Headers) -> bool:
    """Whether the service uses a protocol with XML: query, or REST with XML."""
    kind = (headers.get("Content-Type") or "").lower()
    return kind.startswith("application/x-www-form-urlencoded") or service in {
        "cloudfront",
        "s3-outposts",
        "s3express",
    }


def _xml(service: str, message: str) -> bytes:
    error = f"<Type>Sender</Type><Code>{ERROR_CODE}</Code><Message>{escape(message)}</Message>"
    if service == "ec2":
        return (
            f"<Response><Errors><Error>{error}</Error></Errors><RequestID>0</RequestID></Response>".encode()
        )
    return f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>".encode()


def _cbor(fields: dict[str, str]) -> bytes:
    """Encode a map of up to 23 texts (RFC 8949)."""
    return bytes([0xA0 + len(fields)]) + b"".join(
        _cbor_text(each) for pair in fields.items() for each in pair
    )


def _cbor_text(text: str) -> bytes:
    content = text.encode()
    return b"\x79" + len(content).to_bytes(2, "big") + content
