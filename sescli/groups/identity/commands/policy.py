"""`sescli identity policy`: sending authorization policies of an identity."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group
from sescli.cli.text_input import read_body
from sescli.groups.identity.commands.options import Name
from sescli.groups.identity.views import policy as view
from sescli.output.results import Document, Done, Listing
from sescli.runtime import Runtime

app = group("policy", "Manage sending authorization: who else may send from an identity.")

PolicyName = Annotated[str, typer.Argument(metavar="POLICY_NAME", help="Policy name.")]


@command(
    app,
    "list",
    examples=["sescli identity policy list example.com", "sescli identity policy list example.com -o json"],
)
def list_policies(rt: Runtime, name: Name) -> Listing:
    """List the policies of an identity: who may send from it, and under which conditions.

    Use it when SES rejects email of another account, or to see who may send from your domain.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import policies

    identity = parse_identity(name)
    empty = f"{identity} has no policies. Only this account may send from it."
    return Listing(policies.list_policies(rt.aws, identity), view.POLICY_COLUMNS, empty=empty)


@command(
    app,
    "show",
    examples=[
        "sescli identity policy show example.com partner",
        "sescli identity policy show example.com partner > partner.json",
    ],
)
def show(rt: Runtime, name: Name, policy: PolicyName) -> Document:
    """Show one policy as JSON.

    To change it, edit the JSON and pass it to `policy put --policy @FILE`.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import policies

    found = policies.show(rt.aws, parse_identity(name), policy)
    text = found.policy if isinstance(found.policy, str) else json.dumps(found.policy, indent=2)
    return Document(text, found)


@command(
    app,
    "put",
    examples=[
        "sescli identity policy put example.com partner --policy @examples/identity/sending-policy.json",
        "sescli identity policy show example.com partner | sescli identity policy put example.com copy --policy -",
    ],
)
def put(
    rt: Runtime,
    name: Name,
    policy: PolicyName,
    document: Annotated[
        str,
        typer.Option("--policy", help="Policy: JSON, @FILE, or - for standard input.", metavar="JSON"),
    ],
) -> Done:
    """Create or replace a policy that lets another account, user or service send from an identity.

    The policy is checked first: JSON of up to 4 KB, only sending actions, and the ARN of this identity in this
    region and account as Resource.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import policies, policy_documents

    identity = parse_identity(name)
    policy_documents.parse_policy_name(policy)
    text = read_body(document, rt)
    target = policies.policy_target(rt.aws, identity, warn=rt.output.warn)
    checked = policy_documents.parse_policy(text, target)
    change = policies.plan_put(rt.aws, identity, policy, checked)
    if checked.is_open_to_all:
        _confirm_open_policy(rt, identity.text, policy)
    saved = change.apply(rt.aws)
    verb = "Replaced" if change.replaces else "Created"
    return Done(
        f"{verb} the policy {policy} of {identity} ({rt.aws.region}).",
        saved,
        next=NextCommand("identity", "policy", "list", identity.text),
    )


def _confirm_open_policy(rt: Runtime, identity: str, policy: str) -> None:
    consequence = f"Anyone with an AWS account can then send from {identity}, without any condition"
    rt.confirm(f"Create or replace the policy {policy}?", consequence=consequence)


@command(app, "delete", examples=["sescli identity policy delete example.com partner --yes"])
def delete(rt: Runtime, name: Name, policy: PolicyName) -> Done:
    """Delete a policy.

    SES then rejects email from accounts that only this policy allowed to send. They are not notified.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import policies

    identity = parse_identity(name)
    found = policies.show(rt.aws, identity, policy)
    senders = view.policy_principals(found) or "Principals in this policy"
    rt.confirm(
        f"Delete the policy {policy}?",
        consequence=f"{senders} can no longer send from {identity} through {policy}",
    )
    deleted = policies.delete(rt.aws, identity, policy)
    return Done(f"Deleted the policy {policy} of {identity} ({rt.aws.region}).", deleted)
