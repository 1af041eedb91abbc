"""docs/identity-check.md lists every cause in the code, and each cause has a test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from repository import ROOT

from sescli.dns import answers
from sescli.dns.findings import ORDER

STATES = {answers.REFERRAL, answers.SERVFAIL, answers.REFUSED, answers.TIMEOUT, answers.BROKEN}


def documented() -> dict[str, set[str]]:
    """Verdicts by cause."""
    page = (ROOT / "docs" / "identity-check.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+) \| (`[^|]+) \|", page, re.MULTILINE)
    return {
        cause: set(re.findall(r"`(\w+)`", verdicts))
        for verdicts, causes in rows
        for cause in re.findall(r"`(\w+)`", causes)
    }


def in_code() -> set[str]:
    """The second argument of each RecordFinding, each `cause=`, and the first word of (cause, reason)."""
    found = set(STATES)
    for path in (ROOT / "sescli" / "dns").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "RecordFinding",
                "_Misplacement",
            }:
                found |= {each.value for each in node.args[1:2] if isinstance(each, ast.Constant)}
            if isinstance(node, ast.keyword) and node.arg == "cause" and isinstance(node.value, ast.Constant):
                found.add(node.value.value)
            if isinstance(node, ast.Tuple) and len(node.elts) == 2:
                words = [each.value for each in node.elts if isinstance(each, ast.Constant)]
                found |= {word for word in words if re.fullmatch(r"spf_[a-z]+", str(word))}
    return found


def test_identity_check_page_lists_exactly_the_causes():
    assert set(documented()) == in_code()


def test_identity_check_page_lists_every_verdict():
    assert set().union(*documented().values()) == set(ORDER)


def test_documented_causes_have_tests():
    tests = "".join(
        path.read_text("utf-8")
        for path in Path(__file__).parent.glob("test_check_*.py")
        if path.name != Path(__file__).name
    )
    untested = {cause for cause in documented() if f'"{cause}"' not in tests}
    assert not untested
