"""`sescli identity policy`: who else may send from an identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.cli.decorator import command, group
from sescli.cli.name_completion import identities
from sescli.cli.text_input import read_body
from sescli.output.results import Column, Document, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.service.policies import Policy

app = group("policy", "Sending authorization: who else may send from it.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A domain or an address that is an identity.", autocompletion=identities
    ),
]
PolicyName = Annotated[str, typer.Argument(metavar="POLICY_NAME", help="Name of the policy.")]


@command(
    app,
    "list",
    examples=["sescli identity policy list example.com", "sescli identity policy list example.com -o json"],
)
def list_policies(rt: Runtime, name: Name) -> Listing:
    """List the policies of an identity: whom they let send from it, and how.

    Look here when another account's mail is refused, or to see who may send in your name.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import policies

    wanted = parse_identity(name)
    columns = [
        Column("name", "name"),
        Column("effect", lambda policy: _of(policy, "Effect")),
        Column("who", lambda policy: _of(policy, "Principal", "NotPrincipal")),
        Column("does what", lambda policy: _of(policy, "Action")),
        Column("only if", lambda policy: "conditions hold" if _of(policy, "Condition") else "always"),
    ]
    empty = f"{wanted} has no policy: nobody but this account may send from it."
    return Listing(policies.policies(rt.aws, wanted), columns, empty=empty)


@command(
    app,
    "show",
    examples=[
        "sescli identity policy show example.com partner",
        "sescli identity policy show example.com partner > partner.json",
    ],
)
def show(rt: Runtime, name: Name, policy: PolicyName) -> Document:
    """Show one policy as the JSON that it is, to read it or to change it in an editor.

    What is changed goes back with policy put --policy @FILE.
    """
    import json

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
        typer.Option("--policy", help="The policy: JSON, @FILE, or - for standard input.", metavar="JSON"),
    ],
) -> Done:
    """Let another account, user or service send from an identity, by a policy of its own.

    It is made, or takes the place of the one of that name. It is checked first: JSON of up to 4 KB, sending
    actions only, and as Resource the ARN of this very identity in this region and account.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import policies, policy_documents

    wanted = parse_identity(name)
    policy_documents.parse_name(policy)
    text = read_body(document, rt)
    about = policies.context(rt.aws, wanted, warn=rt.output.warn)
    checked = policy_documents.parse(text, about)
    putting = policies.putting(rt.aws, wanted, policy, checked)
    if checked.open_to_all:
        consequence = f"Anybody with an AWS account may then send from {wanted}, with no condition"
        rt.confirm(f"Put the policy {policy}?", consequence=consequence)
    made = putting.apply(rt.aws)
    verb = "Changed" if putting.replaces else "Created"
    return Done(
        f"{verb} the policy {policy} of {wanted} in {rt.aws.region}.",
        made,
        next=f"sescli identity policy list {wanted}",
    )


@command(app, "delete", examples=["sescli identity policy delete example.com partner --yes"])
def delete(rt: Runtime, name: Name, policy: PolicyName) -> Done:
    """Delete a policy: those whom only it let send can no longer send from the identity.

    Their mail is refused from then on, without a word to them before.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import policies

    wanted = parse_identity(name)
    found = policies.show(rt.aws, wanted, policy)
    who = _of(found, "Principal", "NotPrincipal") or "those it names"
    rt.confirm(
        f"Delete the policy {policy}?", consequence=f"{who} can no longer send from {wanted} by {policy}"
    )
    gone = policies.delete(rt.aws, wanted, policy)
    return Done(f"Deleted the policy {policy} of {wanted} in {rt.aws.region}.", gone)


def _of(policy: Policy, *members: str) -> str:
    """What its statements have as these members, in words."""
    found = [
        word for statement in policy.statements() for key in members for word in _words(statement.get(key))
    ]
    return ", ".join(dict.fromkeys(found))


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for item in value.values() for word in _words(item)]
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    return [] if value is None else [str(value)]
