"""A look-up that fails for its own reasons is a warning; missing credentials and no network are errors."""

from __future__ import annotations

import pytest

from sescli.aws.errors import from_answer
from sescli.aws.try_read import missing_action, try_read
from sescli.errors import (
    AccessError,
    ApiError,
    NetworkError,
    NotFoundError,
    OutcomeUnknownError,
    SescliError,
)


def answered(code: str, message: str, doing: str = "sesv2 GetAccount", status: int = 403) -> SescliError:
    """The error for an AWS error answer, as the gateway raises it."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return from_answer(response, doing)


def failing(error: SescliError):
    def call():
        raise error

    return call


def test_try_read_returns_the_answer():
    warnings: list[str] = []
    assert try_read("the account", lambda: 7, warn=warnings.append) == 7
    assert warnings == []


IAM_TEXT = "User: arn:aws:iam::1:user/a is not authorized to perform: ses:GetEmailIdentity on resource: x"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (answered("AccessDeniedException", IAM_TEXT), "permission denied (requires ses:GetEmailIdentity)"),
        (answered("AccessDenied", "no"), "permission denied (requires ses:GetAccount)"),
        (
            answered("AuthorizationError", "no", "sns ListSubscriptionsByTopic"),
            "permission denied (requires sns:ListSubscriptionsByTopic)",
        ),
        (answered("AccessDenied", "no", "s3 ListObjectsV2"), "permission denied"),
        (answered("TooManyRequestsException", "Rate exceeded", status=429), "throttled"),
        (OutcomeUnknownError("time-out"), "no usable response"),
        (ApiError("sesv2 GetAccount: not here"), "sesv2 GetAccount: not here"),
        (answered("InternalFailure", "later", status=500), "sesv2 GetAccount: later"),
    ],
    ids=["named_action", "derived_action", "sns", "s3", "throttled", "time_out", "refused", "fault"],
)
def test_try_read_warns_and_returns_none(error, reason):
    warnings: list[str] = []
    assert try_read("the account", failing(error), warn=warnings.append) is None
    assert warnings == [f"could not check the account: {reason}"]


@pytest.mark.parametrize(
    "error",
    [
        answered("ExpiredTokenException", "expired"),
        answered("UnrecognizedClientException", "wrong key"),
        AccessError("none", code="NoCredentials"),
        AccessError("no profile", code="ProfileNotFound"),
        NetworkError("no connection"),
        NotFoundError("no such identity"),
    ],
    ids=lambda error: str(error.code or type(error).__name__),
)
def test_try_read_raises_what_other_calls_would_meet(error):
    warnings: list[str] = []
    with pytest.raises(SescliError) as raised:
        try_read("the account", failing(error), warn=warnings.append)
    assert raised.value is error
    assert warnings == []


def test_missing_action_is_unknown_for_other_texts():
    assert missing_action(AccessError("denied")) is None


def test_denied_topic_look_up_hints_at_a_permission_not_at_credentials():
    assert "permission" in str(answered("AuthorizationError", "no", "sns GetTopicAttributes").hint)
