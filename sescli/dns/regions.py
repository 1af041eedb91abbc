"""Regional differences in the DNS records of SES (AWS General Reference, SES endpoints and quotas)."""

from __future__ import annotations

# Regions where SES receives email.
RECEIVING = frozenset(
    {
        "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
        "ap-southeast-2", "ap-southeast-3", "ca-central-1", "eu-central-1", "eu-north-1", "eu-south-1",
        "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-south-1", "sa-east-1", "us-east-1",
        "us-east-2", "us-west-1", "us-west-2",
    }
)  # fmt: skip

# Regions with their own DKIM zone. The other regions share one.
_OWN_DKIM_ZONE = frozenset(
    {
        "af-south-1", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-5", "ca-west-1",
        "eu-central-2", "eu-south-1", "il-central-1", "me-central-1", "us-gov-east-1",
    }
)  # fmt: skip


def dkim_zone(region: str) -> str:
    """Return the zone where SES publishes DKIM keys, for SES answers without `SigningHostedZone`."""
    return f"dkim.{region}.amazonses.com" if region in _OWN_DKIM_ZONE else "dkim.amazonses.com"
