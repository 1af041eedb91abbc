"""The command floor: conventions that hold for every command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def test_common_options_stand_before_and_after_the_command(sescli):
    before = sescli("-o", "json", "reputation", "quota")
    between = sescli("reputation", "-o", "json", "quota")
    after = sescli("reputation", "quota", "--output=json")
    assert before.error == between.error == after.error
    assert before.error["code"] == "NoCredentials"
    assert before.code == 4


def test_the_later_of_two_common_options_wins(sescli):
    ran = sescli("-o", "table", "reputation", "quota", "-o", "json")
    assert ran.error["code"] == "NoCredentials"


def test_a_usage_error_is_json_too(sescli):
    ran = sescli("reputation", "stats", "--bogus", "-o", "json")
    assert ran.code == 2
    assert ran.stdout == ""
    assert ran.error["code"] == "Usage"
    assert "--bogus" in ran.error["message"]
    assert ran.error["hint"] == "sescli reputation stats --help"


def test_a_hint_reaches_the_same_place(sescli, ses):
    flags = ["--region", "eu-west-1", "--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
    ran = sescli(*flags, "identity", "show", "nope.example")
    assert f"sescli --region eu-west-1 --endpoint-url {flags[3]} " in ran.stderr
    assert (
        "--region eu-west-1" in sescli(*flags, "identity", "show", "nope.example", "-o", "json").error["hint"]
    )


def test_clustered_options_are_understood_by_errors_too(sescli):
    assert sescli("-yo", "json", "identity", "show", "--bogus").error["code"] == "Usage"
    assert sescli("-yo", "json", "reputation", "quota").error["code"] == "NoCredentials"


def test_a_guessed_region_is_said_beside_json_too(sescli, ses, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ran = sescli("reputation", "quota", "-o", "json")
    assert ran.json["max_send_rate"] == 500
    assert "us-east-1" in ran.stderr


def test_a_profile_with_a_backslash(sescli):
    assert "unexpected" not in sescli("identity", "list", "--profile", "a\\1").stderr


@pytest.mark.parametrize(
    "when", ["99999999999999d", "999999d", "0001-01-01T00:00+14:00", "9999-12-31T23:00-14:00"]
)
def test_times_beyond_the_calendar(sescli, ses, when):
    ran = sescli("suppression", "list", "--since", when)
    assert ran.code == 2
    assert when in ran.stderr


def test_a_value_that_is_no_choice_names_the_choices(sescli):
    ran = sescli("reputation", "quota", "-o", "xml")
    assert ran.code == 2
    assert "jsonl" in ran.stderr


def test_no_arguments_show_the_help(sescli):
    ran = sescli()
    assert ran.code == 0
    assert "sescli demo" in ran.stdout
    assert sescli("-h").stdout.strip() == ran.stdout.strip()
    assert sescli("identity").code == 2, "a group alone is a mistake of a script"


def test_missing_values_are_named_all_at_once_and_alike(sescli):
    assert "missing: NAME" in sescli("identity", "show").stderr
    assert "missing: ADDRESS…" in sescli("suppression", "add").stderr


def test_a_misspelt_group_is_guessed(sescli):
    ran = sescli("reputaton", "quota")
    assert ran.code == 2
    assert "Did you mean 'reputation'" in ran.stderr


def test_an_unreachable_endpoint_is_try_later(sescli, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    ran = sescli("reputation", "quota", "--endpoint-url", "http://127.0.0.1:9", "-o", "json")
    assert ran.code == 6
    assert ran.error["code"] == "Network"
    assert ran.error["retryable"] is True


def test_an_endpoint_that_is_no_url(sescli):
    ran = sescli("reputation", "quota", "--endpoint-url", "nonsense", "--region", "eu-west-1")
    assert ran.code == 2
    assert "nonsense" in ran.stderr


def test_an_endpoint_of_another_protocol(sescli):
    ran = sescli("identity", "list", "--endpoint-url", "ftp://127.0.0.1:9")
    assert ran.code == 2
    assert "--endpoint-url 'ftp://127.0.0.1:9' is not a valid URL" in ran.stderr


def test_a_region_that_is_none_is_said(sescli, ses):
    place = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
    assert (
        "us-est-1 is not an AWS region" in sescli("identity", "list", "--region", "us-est-1", *place).stderr
    )
    assert "not an AWS region" not in sescli("identity", "list", "--region", "eu-west-1", *place).stderr


def test_a_change_without_a_region_does_not_speak_of_a_guess_that_was_read(sescli):
    ran = sescli("suppression", "add", "jane@example.com")
    assert ran.code == 2
    assert "reading us-east-1" not in ran.stderr


def test_an_unknown_profile(sescli):
    ran = sescli("reputation", "quota", "--profile", "nobody", "-o", "json")
    assert ran.code == 4
    assert ran.error["code"] == "ProfileNotFound"


def test_no_traceback_without_debug_and_one_with_it(sescli):
    assert "Traceback" not in sescli("reputation", "quota").stderr
    assert "Traceback" in sescli("reputation", "quota", "--debug").stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("region: [", ["config.yaml:2:1", "is not valid YAML"]),
        ("region: eu-west-1\nregion: eu-west-2\n", ["config.yaml:2:1", "given twice"]),
        ("regoin: eu-west-1\n", ["regoin", "known settings"]),
        ("output: xml\n", ["xml", "jsonl"]),
        ("- a\n", ["holds no settings"]),
        ("local: perhaps\n", ["perhaps"]),
    ],
)
def test_a_bad_config_file_is_named(sescli, bare_machine, content, words):
    folder = bare_machine / ".config" / "sescli"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(content)
    ran = sescli("reputation", "quota")
    assert ran.code == 2
    assert all(word in ran.stderr for word in words)


@pytest.mark.parametrize("profile", ["0012", "12:30", "no"])
def test_config_file_value_stays_as_written(sescli, bare_machine, profile):
    folder = bare_machine / ".config" / "sescli"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(f"# the account of a customer\nprofile: {profile}\n")
    assert f"({profile})" in sescli("reputation", "quota").stderr


@pytest.mark.parametrize("content", ["", "# region: eu-west-1\n", "\n\n"])
def test_config_file_without_settings_is_accepted(sescli, bare_machine, content):
    folder = bare_machine / ".config" / "sescli"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(content)
    assert "config.yaml" not in sescli("reputation", "quota").stderr


def test_flag_beats_variable_beats_file(sescli, bare_machine, monkeypatch):
    folder = bare_machine / ".config" / "sescli"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("output: json\n")
    assert sescli("reputation", "quota").error
    monkeypatch.setenv("SESCLI_OUTPUT", "table")
    assert "error: " in sescli("reputation", "quota").stderr
    assert sescli("reputation", "quota", "-o", "json").error


def in_shell(script, tmp_path):
    """Run a line of bash in which `sescli` is the real program."""
    lines = f'sescli() {{ "{sys.executable}" -m sescli "$@"; }}; set -o pipefail; {script}'
    return subprocess.run(
        ["bash", "-c", lines], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )


def test_a_reader_that_goes_is_no_fault(ses, boto, tmp_path):
    for number in range(400):
        boto("sesv2").put_suppressed_destination(EmailAddress=f"user{number}@example.com", Reason="BOUNCE")
    ran = in_shell("sescli suppression list -o json | head -1", tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "[\n", "")
    assert in_shell("sescli --help | true", tmp_path).returncode == 0


def test_a_full_disk_is_said(ses, tmp_path):
    ran = in_shell("sescli reputation quota > /dev/full", tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == "error: No space left on device\n"


def test_closed_streams_are_no_fault(ses, tmp_path):
    assert in_shell("sescli reputation quota >&- 2>&- <&-", tmp_path).returncode == 0


def test_a_stream_that_cannot_say_a_character(ses, boto, tmp_path):
    boto("sesv2").create_email_template(TemplateName="t", TemplateContent={"Subject": "Grüße", "Text": "x"})
    ran = in_shell("PYTHONIOENCODING=ascii sescli template show t -o json", tmp_path)
    assert ran.returncode == 0
    assert "\\xfc" in ran.stdout
