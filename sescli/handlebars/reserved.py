"""The placeholders that SES itself fills in. They are not variables of a template, and no data sets them."""

from __future__ import annotations

from typing import Final

# The URL of SES's unsubscribe page; needs list management (docs/ses-behavior.md#reserved-placeholders).
UNSUBSCRIBE_URL: Final = "amazonSESUnsubscribeUrl"
# Where SES inserts the image that tracks opens; without it, SES uses the end of the HTML part.
OPEN_TRACKER: Final = "ses:openTracker"
# What each one prints before SES has filled it in: itself.
PLACEHOLDERS: Final = {name: f"{{{{{name}}}}}" for name in (UNSUBSCRIBE_URL, OPEN_TRACKER)}
