"""Translate the exceptions of botocore and the error codes of AWS into the errors of sescli."""

from __future__ import annotations

import re
import traceback
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sescli import errors
from sescli.advice import Advice, NextCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.advice import Hint

_ACCESS_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
# Beside the codes with "Denied": SES API v1, SNS, EC2, and S3 where the answer has no body.
_DENIAL_CODES = frozenset(
    {"NotAuthorized", "AuthorizationError", "AuthorizationErrorException", "UnauthorizedOperation", "403"}
)
_THROTTLE_CODES = frozenset(
    {
        "PriorRequestNotComplete",  # Route 53: one change of a zone at a time
        "RequestLimitExceeded",
        "RequestThrottled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_ACCESS_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NOT_FOUND = re.compile(r"NotFound|DoesNotExist|NoSuch")
_EXISTS = re.compile(r"AlreadyExists|EntityAlreadyExists")
# SignatureDoesNotMatch and others repeat the request that AWS computed, with every signed header.
_CANONICAL = re.compile(
    r"(the )?(canonical string|string-to-sign|stringtosign|canonicalrequest)\b|x-amz-security-token|AWS4-(HMAC|ECDSA)",
    re.IGNORECASE,
)
_LONGEST = 2_000
_QUOTA = re.compile(r"daily (message|sending) quota", re.IGNORECASE)

_HINTS: dict[str, Hint] = {
    "ExpiredToken": "the session has expired: sign in again (aws sso login), or use new keys",
    "ExpiredTokenException": "the session has expired: sign in again (aws sso login), or use new keys",
    "SignatureDoesNotMatch": "check the secret key and the clock of this machine",
    "InvalidSignatureException": "check the secret key and the clock of this machine",
    "RequestExpired": "set the clock of this machine: it differs from that of AWS by more than AWS allows",
    "RequestTimeTooSkewed": "set the clock of this machine: it differs from that of AWS by more than AWS allows",
    "SendingPausedException": Advice(
        "sending is paused for this account or configuration set: ", NextCommand("status")
    ),
    "AccountSuspendedException": "see the AWS Health dashboard: AWS has suspended sending for this account",
    "MailFromDomainNotVerifiedException": Advice(
        "the MX record of the MAIL FROM domain is missing: ", NextCommand("identity", "show", "NAME")
    ),
    "ConflictException": "wait until AWS has answered the earlier request",
}
_CREDENTIALS_HINT = (
    "run 'aws configure' or 'aws sso login', add --profile NAME, or use the local SES emulator: --local"
)
_PERMISSION_HINT = "ask for this permission, or use other credentials: --profile NAME"


@contextmanager
def translated(doing: str, *, changing: bool = False) -> Iterator[None]:
    """Turn the exceptions of botocore in the block into classes of `sescli.errors`.

    `doing` names the call, such as `sesv2 GetAccount`. With `changing`, a 5xx answer is an unknown outcome: SES may
    have accepted the message, or made the change, before the error.
    """
    import botocore.exceptions as boto
    import urllib3.exceptions as transport
    from botocore.parsers import ResponseParserError

    try:
        yield
    except boto.ClientError as error:
        # The cause is in the traceback of --debug, with the text that the error itself leaves out.
        cause = None if _is_revealing(str(error)) else error
        raise from_answer(error.response, doing, changing=changing) from cause
    except (boto.BotoCoreError, boto.HTTPClientError, ResponseParserError) as error:
        if "Invalid header value" in str(error):
            # The text and the traceback of this exception contain the credential.
            raise _spoilt_credential(doing) from None
        raise _from_botocore(error, doing) from error
    except (FileNotFoundError, PermissionError) as error:
        raise unusable_configuration(error) from error
    except transport.HTTPError as error:
        raise _unanswered(doing, error) from error


def unusable_configuration(error: Exception) -> errors.AccessError:
    """The error for an AWS configuration that cannot be used, such as a missing credential_process."""
    return errors.AccessError(
        f"the AWS configuration cannot be used: {_foreign(str(error))}",
        hint="check ~/.aws/config and ~/.aws/credentials, or use --profile NAME",
        code="BadConfiguration",
    )


def _spoilt_credential(doing: str) -> errors.AccessError:
    return errors.AccessError(
        f"{doing}: a credential contains a line break or another control character; nothing was sent",
        hint="set the credential again, without a newline at its end",
        code="BadCredentials",
    )


def from_answer(response: dict[str, Any], doing: str, *, changing: bool = False) -> errors.SescliError:
    """The error for an error answer (SES API v2 and v1 error codes).

    With `changing`, only an answer of AWS is a refusal: a proxy can send its page after it has forwarded the request.
    docs/ses-behavior.md#error-codes-v2, #error-codes-v1, #error-answers
    """
    fault = response.get("Error", {})
    code = str(fault.get("Code", "Unknown"))
    meta = response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode", 0))
    message = f"{doing}: {_foreign(str(fault.get('Message') or code))}"
    if changing and not _is_of_aws(code, meta):
        return _unanswered(doing, f"HTTP {status} that is not an error response of AWS")
    kind = _kind(code, message, status, changing=changing)
    hint = _HINTS.get(code)
    if hint is None and kind is errors.AccessError:
        hint = _PERMISSION_HINT if _is_denial(code) else _CREDENTIALS_HINT
    return kind(
        message,
        code=code,
        hint=hint or _hint_for(code, message),
        request_id=meta.get("RequestId"),
        retryable=issubclass(kind, errors.RetryableError) and kind is not errors.OutcomeUnknownError,
    )


def _is_revealing(text: str) -> bool:
    """Whether a text contains the canonical request, which has the session token and all headers in it.

    docs/ses-behavior.md#signature-errors
    """
    return _CANONICAL.search(text) is not None


def _foreign(text: str) -> str:
    """A message of AWS or botocore in one line of bounded length, without what is secret."""
    found = _CANONICAL.search(text)
    if found:
        text = f"{text[: found.start()].rstrip()} (sescli leaves out the rest, which contains the session token)".lstrip()
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def is_permission_denied(error: errors.AccessError) -> bool:
    """Whether the credentials work and lack a permission; False where they are missing, wrong or expired."""
    return _is_denial(error.code or "")


def _is_denial(code: str) -> bool:
    return "Denied" in code or code in _DENIAL_CODES


def _is_of_aws(code: str, meta: dict[str, Any]) -> bool:
    """Whether AWS wrote an answer: it has an error code, and the header of its error type or a request ID.

    Without a code in the answer, botocore uses the HTTP status.
    """
    is_named = bool(code) and not code.isdecimal() and code != "Unknown"
    return is_named and bool(meta.get("RequestId") or "x-amzn-errortype" in meta.get("HTTPHeaders", {}))


def _kind(code: str, message: str, status: int, *, changing: bool) -> type[errors.SescliError]:
    if _QUOTA.search(message):
        return errors.QuotaExceededError
    rules: tuple[tuple[object, type[errors.SescliError]], ...] = (
        (code in _THROTTLE_CODES or status == HTTPStatus.TOO_MANY_REQUESTS, errors.ThrottledError),
        (code in _ACCESS_CODES or status in _ACCESS_STATUSES, errors.AccessError),
        (_EXISTS.search(code), errors.AlreadyExistsError),
        (_NOT_FOUND.search(code), errors.NotFoundError),
    )
    for fits, kind in rules:
        if fits:
            return kind
    if code == "ConcurrentModificationException":
        return errors.RetryableError  # a refusal, although SES returns the status 500
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
        return errors.OutcomeUnknownError if changing else errors.RetryableError
    return errors.ApiError


def _hint_for(code: str, message: str) -> Hint | None:
    if code == "MessageRejected" and "not verified" in message:
        return Advice(
            "verify the identity in this region (",
            NextCommand("identity", "verify", "NAME"),
            "), or send from the region where it is verified (--region); in the sandbox recipients must be verified too",
        )
    if _QUOTA.search(message):
        return Advice("the quota covers the last 24 hours: ", NextCommand("reputation", "quota"))
    if "sending rate exceeded" in message:
        return Advice("send more slowly, or ask AWS for a higher rate: ", NextCommand("reputation", "quota"))
    return None


def _from_botocore(error: Exception, doing: str) -> errors.SescliError:
    import botocore.exceptions as boto

    text = _foreign(str(error))
    if isinstance(error, boto.ProfileNotFound):
        return errors.AccessError(
            text, hint="list the profiles: aws configure list-profiles", code="ProfileNotFound"
        )
    if isinstance(
        error,
        boto.NoCredentialsError
        | boto.PartialCredentialsError
        | boto.CredentialRetrievalError
        | boto.MetadataRetrievalError
        | boto.SSOError
        | boto.TokenRetrievalError
        | boto.NoAuthTokenError
        | boto.UnauthorizedSSOTokenError
        | boto.LoginError
        | boto.ConfigNotFound
        | boto.ConfigParseError
        | boto.InvalidConfigError
        | boto.InfiniteLoopConfigError
        | boto.UnknownCredentialError,
    ):
        return errors.AccessError(f"{doing}: {text}", hint=_CREDENTIALS_HINT, code="NoCredentials")
    if isinstance(error, boto.NoRegionError | boto.InvalidRegionError):
        return errors.UsageError(text, hint="add --region eu-west-1, or set AWS_REGION")
    if isinstance(error, boto.ParamValidationError):
        return errors.UsageError(f"{doing}: {text}", code="InvalidParameter")
    return _from_transport(error, doing)


def _from_transport(error: Exception, doing: str) -> errors.SescliError:
    import botocore.exceptions as boto
    from botocore.parsers import ResponseParserError

    never_left = boto.EndpointConnectionError | boto.ConnectTimeoutError | boto.InvalidProxiesConfigError
    may_have_left = boto.ProxyConnectionError | boto.SSLError
    if isinstance(error, never_left) or (isinstance(error, may_have_left) and _was_connecting(error)):
        return errors.NetworkError(
            f"{doing}: no connection ({_foreign(str(error))})",
            hint="check the network, the name of the region, and --endpoint-url",
            retryable=True,
        )
    if isinstance(
        error, may_have_left | boto.HTTPClientError | boto.IncompleteReadError | ResponseParserError
    ):
        return _unanswered(doing, error)
    return errors.SescliError(f"{doing}: {_foreign(str(error))}", code=type(error).__name__)


def _was_connecting(error: BaseException) -> bool:
    """Whether the error occurred while the connection was made, so that nothing was sent.

    urllib3 also reports a failed connection to the proxy if a proxy forwarded the request and then closed the
    connection, and TLS can fail at any time. So the place in the traceback decides.
    """
    link: BaseException | None = error
    while link is not None:
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if frame.f_code.co_name == "connect" and frame.f_globals.get("__name__") == "urllib3.connection":
                return True
        link = link.__cause__ or link.__context__
    return False


def _unanswered(doing: str, error: object) -> errors.OutcomeUnknownError:
    return errors.OutcomeUnknownError(
        f"{doing}: the request was sent, but no usable response was received ({_foreign(str(error))})",
        hint="AWS may have processed the request: check before you repeat it",
    )
