"""The world in which the examples of the help are run: what they name is there."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from sescli.local.client import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}


WORLDS = ("furnished", "without runs", "empty")


def furnish(endpoint_url: str, state: Path, sescli: Callable[..., Any], world: str) -> None:
    """Empty the server at `endpoint_url` and the journals in `state`, then fill both as the world has it."""
    inbox = Inbox(endpoint_url)
    inbox.reset()
    shutil.rmtree(state / "runs", ignore_errors=True)
    if world == "empty":
        return
    sesv2 = _client("sesv2", endpoint_url)
    for name in ("example.com", "jane@example.com", "john@example.com"):
        sesv2.create_email_identity(EmailIdentity=name)
    _templates(sesv2)
    _sets_and_lists(sesv2)
    inbox.control(dedicated_ip="198.51.100.7")
    sesv2.put_suppressed_destination(EmailAddress="jane@example.com", Reason="COMPLAINT")
    if world == "furnished":
        _a_mail_and_a_run(sescli)


@functools.cache
def _client(service: str, endpoint_url: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint_url, **_KEYS)


def _sets_and_lists(sesv2: Any) -> None:
    sesv2.create_configuration_set(ConfigurationSetName="my-config-set")
    sesv2.create_contact_list(ContactListName="news", Topics=[])
    sesv2.create_dedicated_ip_pool(PoolName="my-ip-pool", ScalingMode="STANDARD")


def _templates(sesv2: Any) -> None:
    content = json.loads(
        (Path(__file__).parent.parent / "examples" / "templates" / "order-confirmation.json").read_text(
            "utf-8"
        )
    )
    template = content.get("Template", content)
    sesv2.create_email_template(
        TemplateName="hello", TemplateContent={"Subject": "Hello {{name}}", "Text": "Hello {{name}}."}
    )
    sesv2.create_email_template(
        TemplateName=template["TemplateName"],
        TemplateContent={
            "Subject": template["SubjectPart"],
            "Text": template["TextPart"],
            "Html": template["HtmlPart"],
        },
    )


def _a_mail_and_a_run(sescli: Callable[..., Any]) -> None:
    for arguments in (
        ["template", "create", "--file", "examples/templates/welcome"],
        [
            "send",
            "email",
            "--from",
            "hello@example.com",
            "--to",
            "john@example.com",
            "--subject",
            "x",
            "--text",
            "x",
        ],
        ["bulk", "run", "examples/bulk/order-confirmation.yaml", "--yes"],
    ):
        ran = sescli(*arguments)
        assert ran.code == 0, ran.stderr
