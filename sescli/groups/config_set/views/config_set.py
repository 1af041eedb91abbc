"""How a configuration set looks on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sescli.groups.config_set.service.config_sets import ConfigurationSet
    from sescli.output.results import Field


def config_set_fields(found: ConfigurationSet) -> list[Field]:
    """The labels and values of a configuration set."""
    suppression = found.suppression.suppressed_reasons
    longest = found.delivery.max_delivery_seconds
    return [
        ("sending", "on" if found.sending.sending_enabled else "off: SES rejects messages that use it"),
        ("reputation metrics", "on" if found.reputation.reputation_metrics_enabled else "off"),
        ("reputation counted since", found.reputation.last_fresh_start),
        ("tracking domain", found.tracking.custom_redirect_domain or "SES default"),
        ("HTTPS policy", found.tracking.https_policy),
        ("TLS policy", found.delivery.tls_policy or "OPTIONAL"),
        ("dedicated IP pool", found.delivery.sending_pool_name),
        ("maximum delivery time", longest and f"{longest:,} seconds"),
        ("suppressed reasons", "account default" if suppression is None else list(suppression) or "none"),
        ("suppression scope", found.suppression.suppression_scope),
        ("address validation", found.suppression.validation),
        ("engagement metrics", found.vdm.engagement_metrics),
        ("optimized delivery", found.vdm.optimized_shared_delivery),
        ("Mail Manager archive", found.archiving.archive_arn),
        ("signing scheme", found.message_security.signing_scheme),
        ("tags", [f"{key}={value}" for key, value in found.tags.items()]),
    ]
