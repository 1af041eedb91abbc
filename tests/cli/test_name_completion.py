"""Completion of names that SES holds, in bash, with the script of completions/."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT

SCRIPT = ROOT / "completions" / "sescli.bash"


@pytest.fixture
def complete(monkeypatch):
    """What bash offers for the last of these words, and what it prints besides."""
    bash = shutil.which("bash") or pytest.skip("bash is not installed")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")

    def call(*words):
        quoted = " ".join(f"'{word}'" for word in ("sescli", *words))
        script = (
            f"source '{SCRIPT}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; "
            '_sescli_completion sescli; echo "${COMPREPLY[@]}"'
        )
        ran = subprocess.run([bash, "-c", script], capture_output=True, text=True, timeout=60, check=True)
        return ran.stdout.split(), ran.stderr

    return call


def offered(complete, *words):
    """The names that are offered, after at most five tries: on a busy machine two seconds may be too short."""
    for _ in range(5):
        names, printed = complete(*words)
        assert printed == ""
        if names:
            return names
    return []


def test_completion_offers_names_of_ses(complete, ses, boto):
    v2 = boto("sesv2")
    v2.create_email_identity(EmailIdentity="shop.example")
    v2.create_email_template(TemplateName="welcome", TemplateContent={"Subject": "s", "Text": "t"})
    v2.create_configuration_set(ConfigurationSetName="main")
    boto("ses").create_receipt_rule_set(RuleSetName="inbound")
    assert offered(complete, "identity", "show", "sh") == ["shop.example"]
    assert offered(complete, "identity", "tags", "remove", "sh") == ["shop.example"]
    assert offered(complete, "--region", "us-east-1", "template", "show", "") == ["welcome"]
    assert offered(complete, "send", "email", "--config-set", "m") == ["main"]
    assert offered(complete, "receipt", "rule-set", "show", "") == ["inbound"]
    assert complete("--region", "eu-west-1", "config-set", "show", "") == ([], "")


def test_completion_offers_nothing_without_a_server(complete, ses, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert complete("identity", "show", "") == ([], "")


def test_completion_does_not_start_the_emulator(complete, bare_machine):
    assert complete("--local", "identity", "show", "") == ([], "")
    assert not list(bare_machine.rglob("server.json"))
