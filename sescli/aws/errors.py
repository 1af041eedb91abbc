"""botocore's exceptions and AWS's error codes, translated into sescli's error tree: the one place."""

from __future__ import annotations

import re
import traceback
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sescli import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_QUOTA = re.compile(r"daily (message|sending) quota", re.IGNORECASE)

_HINTS = {
    "ExpiredToken": "the session has ended: sign in again (aws sso login, or new keys)",
    "ExpiredTokenException": "the session has ended: sign in again (aws sso login, or new keys)",
    "SignatureDoesNotMatch": "check the secret key, and that this machine's clock is right",
    "InvalidSignatureException": "check the secret key, and that this machine's clock is right",
    "RequestExpired": "this machine's clock is wrong by more than AWS allows: set it right",
    "RequestTimeTooSkewed": "this machine's clock is wrong by more than AWS allows: set it right",
    "SendingPausedException": "sending is paused for this account or configuration set: sescli status",
    "AccountSuspendedException": "AWS has suspended sending for this account: see the AWS Health dashboard",
    "MailFromDomainNotVerifiedException": "the MX record of the MAIL FROM domain is missing: sescli identity show",
    "ConflictException": "a request for the same thing is still open",
}
_CREDENTIALS_HINT = (
    "run 'aws configure' or 'aws sso login', name a --profile, or try it without an account: --local"
)
_PERMISSION_HINT = "the credentials in use lack this permission: ask for it, or name another --profile"


@contextmanager
def translated(doing: str, *, changing: bool = False) -> Iterator[None]:
    """Turn what botocore raises inside into classes of `sescli.errors`.

    `doing` names the call, as `sesv2 GetAccount`. With `changing` a 5xx answer is an unknown outcome: the
    mail may have been accepted, or the thing made, before the fault.
    """
    import botocore.exceptions as boto
    import urllib3.exceptions as transport
    from botocore.parsers import ResponseParserError

    try:
        yield
    except boto.ClientError as error:
        raise from_answer(error.response, doing, changing=changing) from error
    except (boto.BotoCoreError, boto.HTTPClientError, ResponseParserError) as error:
        if "Invalid header value" in str(error):
            # The text of this one, and its traceback, hold the credential.
            raise _spoilt_credential(doing) from None
        raise _from_botocore(error, doing) from error
    except (FileNotFoundError, PermissionError) as error:
        raise unusable_configuration(error) from error
    except transport.HTTPError as error:
        raise _unanswered(doing, error) from error


def unusable_configuration(error: Exception) -> errors.AccessError:
    """The error for an AWS configuration that cannot be used, as a credential_process that is not there."""
    return errors.AccessError(
        f"the AWS configuration cannot be used: {error}",
        hint="check ~/.aws/config and ~/.aws/credentials, or name another --profile",
        code="BadConfiguration",
    )


def _spoilt_credential(doing: str) -> errors.AccessError:
    return errors.AccessError(
        f"{doing}: a credential holds a line break or another control character; nothing was sent",
        hint="set it again, for instance without the newline at the end of a file",
        code="BadCredentials",
    )


def from_answer(response: dict[str, Any], doing: str, *, changing: bool = False) -> errors.SescliError:
    """The error that an AWS error answer stands for (SES API v2 and v1 error codes).

    docs/ses-behavior.md#error-codes-v2, #error-codes-v1
    """
    fault = response.get("Error", {})
    code = str(fault.get("Code", "Unknown"))
    meta = response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode", 0))
    message = f"{doing}: {fault.get('Message') or code}"
    kind = _kind(code, message, status, changing=changing)
    if changing and kind is errors.ApiError and not _names_a_fault(code):
        return _unanswered(doing, f"HTTP {status}, without an error code of AWS")
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


def is_permission_denied(error: errors.AccessError) -> bool:
    """Whether the credentials work and lack a permission; False where they are missing, wrong or expired."""
    return _is_denial(error.code or "")


def _is_denial(code: str) -> bool:
    return "Denied" in code or code in _DENIAL_CODES


def _names_a_fault(code: str) -> bool:
    """Whether AWS itself has refused; botocore takes the status for the code of what a proxy answers in its place."""
    return bool(code) and not code.isdecimal() and code != "Unknown"


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
        return errors.RetryableError  # a refusal, though SES gives it the status 500
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
        return errors.OutcomeUnknownError if changing else errors.RetryableError
    return errors.ApiError


def _hint_for(code: str, message: str) -> str | None:
    if code == "MessageRejected" and "not verified" in message:
        return (
            "verify the identity in this region (sescli identity verify NAME), or send from the region "
            "where it is verified (--region); in the sandbox recipients must be verified too"
        )
    if _QUOTA.search(message):
        return "the quota counts the last 24 hours: sescli reputation quota"
    if "sending rate exceeded" in message:
        return "send more slowly, or ask for a higher rate: sescli reputation quota"
    return None


def _from_botocore(error: Exception, doing: str) -> errors.SescliError:
    import botocore.exceptions as boto

    text = str(error)
    if isinstance(error, boto.ProfileNotFound):
        return errors.AccessError(
            text, hint="aws configure list-profiles shows the profiles", code="ProfileNotFound"
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
        return errors.UsageError(text, hint="name a region: --region eu-west-1, or AWS_REGION")
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
            f"{doing}: no connection ({error})",
            hint="check the network, the region's name and --endpoint-url",
            retryable=True,
        )
    if isinstance(
        error, may_have_left | boto.HTTPClientError | boto.IncompleteReadError | ResponseParserError
    ):
        return _unanswered(doing, error)
    return errors.SescliError(f"{doing}: {error}", code=type(error).__name__)


def _was_connecting(error: BaseException) -> bool:
    """Whether a fault arose while the connection was made.

    urllib3 calls it a failure to connect to the proxy also where a proxy took the request, passed it on and then
    hung up; and TLS can fail at any time. Only where it happened tells that nothing had left.
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
        f"{doing}: the request left, but no usable answer came back ({error})",
        hint="it may have been carried out: look before you repeat it",
    )
