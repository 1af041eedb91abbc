"""The operations of SES v2. Importing this registers them all."""

from sescli.local.ses.v2 import (
    account,
    configuration_sets,
    contacts,
    dedicated_ips,
    event_destinations,
    identities,
    import_jobs,
    policies,
    sending,
    suppression,
    tags,
    templates,
)

__all__ = [
    "account",
    "configuration_sets",
    "contacts",
    "dedicated_ips",
    "event_destinations",
    "identities",
    "import_jobs",
    "policies",
    "sending",
    "suppression",
    "tags",
    "templates",
]
