"""Calls of the SES API v2 that change DKIM settings, as data: nothing is sent here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    # An operation and its parameters, without EmailIdentity.
    ApiCall = tuple[str, dict[str, Any]]

# SigningAttributesOrigin of Easy DKIM and of the customer's own key.
EASY, OWN = "AWS_SES", "EXTERNAL"
KEY_LENGTHS = {"1024": "RSA_1024_BIT", "2048": "RSA_2048_BIT"}


def enable_call(*, enabled: bool) -> ApiCall:
    """Turn signing on or off."""
    return "PutEmailIdentityDkimAttributes", {"SigningEnabled": enabled}


def easy_dkim_call(length: str | None) -> ApiCall:
    """Use Easy DKIM, with a new key of this length if one is given."""
    return signing_attributes_call(EASY, {"NextSigningKeyLength": length} if length else {})


def signing_attributes_call(origin: str, attributes: dict[str, str]) -> ApiCall:
    """Set the key that SES signs with."""
    given: dict[str, Any] = {"SigningAttributes": attributes} if attributes else {}
    return "PutEmailIdentityDkimSigningAttributes", {"SigningAttributesOrigin": origin, **given}


def sets_key_length(parameters: Mapping[str, Any]) -> bool:
    """Whether a call asks for a new Easy DKIM key."""
    return "NextSigningKeyLength" in parameters.get("SigningAttributes", {})
