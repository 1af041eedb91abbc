"""Terraform and OpenTofu: `aws_route53_record` resources. The zone ID is a variable."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from sescli.dns.formats.grouping import record_sets
from sescli.dns.formats.text_strings import strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record

_HEAD = """\
variable "ses_zone_id" {
  type        = string
  description = "The Route 53 hosted zone for the records"
}
"""


def render(records: Sequence[Record], zone: str) -> str:
    """Render the resources in the layout of `terraform fmt`."""
    count: Counter[str] = Counter()
    blocks = [_HEAD]
    for group in record_sets(records):
        count[group[0].purpose] += 1
        name = _identifier(f"ses_{zone}_{group[0].purpose}_{count[group[0].purpose]}")
        blocks.append(_resource(name, group))
    return "\n".join(blocks)


def _resource(name: str, group: Sequence[Record]) -> str:
    first = group[0]
    values = ", ".join(_literal(_value(record)) for record in group)
    return (
        f'resource "aws_route53_record" "{name}" {{\n'
        f"  zone_id = var.ses_zone_id\n"
        f"  name    = {_literal(first.name)}\n"
        f'  type    = "{first.type}"\n'
        f"  ttl     = {first.ttl}\n"
        f"  records = [{values}]\n"
        f"}}\n"
    )


def _value(record: Record) -> str:
    value = record.value or ""
    if record.type == "TXT":
        # The provider adds the outer quotes, but requires the quotes between two strings.
        return '""'.join(strings(value))
    return f"{record.priority} {value}" if record.type == "MX" else value


def _literal(text: str) -> str:
    """An HCL string. Quotes and interpolations in the text are escaped."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f'"{safe}"'


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)
