"""The files that GitHub and contributors use: workflows, issue forms, Dependabot, pre-commit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import sescli

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = GITHUB / "workflows"

# The source distribution has the tests without these files. In CI, a skipped test fails the run.
pytestmark = pytest.mark.skipif(not GITHUB.exists(), reason="not a checkout of the repository")

SCHEMAS = {
    "dependabot.yml": "vendor.dependabot",
    "workflows/*.yml": "vendor.github-workflows",
    "ISSUE_TEMPLATE/*.yml": "vendor.github-issue-forms",
    "ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",  # the only one there that is not a form
}
VALIDATED = {path: schema for pattern, schema in SCHEMAS.items() for path in sorted(GITHUB.glob(pattern))}
# An action is pinned to a major version, or to what its own documentation recommends.
PINNED = re.compile(
    r"[\w-]+/[\w-]+@v\d+|pypa/gh-action-pypi-publish@release/v\d+|dtolnay/rust-toolchain@stable"
)


def run(*command, **options):
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=60, check=False, **options
    )


def workflow(name):
    return yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))


def jobs():
    return {
        f"{path.name}:{name}": job
        for path in sorted(WORKFLOWS.glob("*.yml"))
        for name, job in workflow(path.name)["jobs"].items()
    }


def step(name, job, title):
    """The shell script of one step of a workflow."""
    return next(step["run"] for step in workflow(name)["jobs"][job]["steps"] if step.get("name") == title)


def run_step(script, folder, **variables):
    """Run a step as GitHub does, with this Python as `python`."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "python").symlink_to(sys.executable)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return run(
        "bash", "-eo", "pipefail", "-c", script, cwd=folder, env={**os.environ, "PATH": path, **variables}
    )


@pytest.fixture
def checkout(tmp_path):
    """What the steps of the release workflow read."""
    folder = tmp_path / "checkout"
    for name in ("scripts", "sescli"):
        (folder / name).mkdir(parents=True)
    for name in ("scripts/changelog_section.py", "sescli/__init__.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [9.8.7] - 2030-01-01\n\n- Added.\n", encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize("path", VALIDATED, ids=lambda path: str(path.relative_to(GITHUB)))
def test_github_file_matches_its_published_schema(path):
    ran = run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", VALIDATED[path], path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_yaml_file_of_github_has_a_schema():
    assert set(GITHUB.rglob("*.y*ml")) == set(VALIDATED)


def test_pre_commit_accepts_its_configuration():
    ran = run(sys.executable, "-m", "pre_commit", "validate-config", ROOT / ".pre-commit-config.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_linux_job_installs_only_the_packages_of_the_check_script():
    linux = workflow("ci.yml")["jobs"]["linux"]
    assert ".ci/run" in [step.get("run") for step in linux["steps"]]
    assert re.fullmatch(r"python:\$\{\{ matrix\.python \}\}-(bookworm|trixie)", linux["container"])
    assert not re.search(r"\bapt(-get)?\b", (WORKFLOWS / "ci.yml").read_text(encoding="utf-8"))


def test_python_versions_of_ci_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    prefix = "Programming Language :: Python :: 3."
    declared = [line.rsplit(" ", maxsplit=1)[1] for line in project["classifiers"] if line.startswith(prefix)]
    tested = {name: job["strategy"]["matrix"]["python"] for name, job in workflow("ci.yml")["jobs"].items()}
    assert tested["linux"] == declared
    assert project["requires-python"] == f">={declared[0]}"
    for name in ("macos", "windows"):
        assert tested[name][0] == declared[0]
        assert set(tested[name]) <= set(declared)


@pytest.mark.parametrize(
    "path",
    [".github/workflows/ci.yml", ".github/pull_request_template.md", ".ci/run", ".pre-commit-config.yaml"],
)
def test_make_targets_that_a_file_names_exist(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(VENV)", ".venv")
    targets = set(re.findall(r"^([\w./-]+):(?!=)", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:^|[`\s])make ([a-z.][\w./-]*)", (ROOT / path).read_text(encoding="utf-8")))
    assert named
    assert named <= targets


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_workflow_may_only_read_and_never_overlaps(path):
    content = workflow(path.name)
    assert content["permissions"] == {"contents": "read"}
    assert content["concurrency"]["group"]


def test_only_the_jobs_that_publish_may_write():
    granted = {name: job["permissions"] for name, job in jobs().items() if "permissions" in job}
    assert granted == {
        "release.yml:publish": {"id-token": "write"},
        "release.yml:github-release": {"contents": "write"},
    }
    assert jobs()["release.yml:publish"]["environment"] == "pypi"


@pytest.mark.parametrize("name", [name for name, job in jobs().items() if "steps" in job])
def test_job_has_a_timeout_and_pinned_actions(name):
    job = jobs()[name]
    assert job["timeout-minutes"] <= 60
    for action in [step["uses"] for step in job["steps"] if "uses" in step]:
        assert PINNED.fullmatch(action), action


def test_release_waits_for_ci_and_the_build():
    release = workflow("release.yml")["jobs"]
    assert set(release["publish"]["needs"]) == {"ci", "build"}
    assert release["github-release"]["needs"] == ["publish"]


@pytest.mark.parametrize(
    ("tag", "code"), [(f"v{sescli.__version__}", 0), (sescli.__version__, 1), ("v9.8.7", 1)]
)
def test_release_refuses_a_tag_of_another_version(checkout, tag, code):
    script = step("release.yml", "build", "Check that the tag is the version")
    ran = run_step(script, checkout, GITHUB_REF_NAME=tag)
    assert ran.returncode == code, ran.stderr
    assert (f"::error::The tag is {tag}, but" in ran.stdout) == (code == 1)


@pytest.mark.parametrize(("tag", "code", "notes"), [("v9.8.7", 0, "- Added.\n"), ("v9.8.6", 1, "")])
def test_release_notes_are_the_changelog_section(checkout, tag, code, notes):
    script = step("release.yml", "build", "Get the release notes from the changelog")
    ran = run_step(script, checkout, GITHUB_REF_NAME=tag)
    assert (ran.returncode, (checkout / "notes" / "notes.md").read_text(encoding="utf-8")) == (code, notes)


@pytest.mark.parametrize(("tag", "is_prerelease"), [("v1.0.0", False), ("v1.0.0rc1", True)])
def test_github_release_has_the_packages_and_the_notes(tmp_path, tag, is_prerelease):
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "sescli.whl").touch()
    (tmp_path / "programs").mkdir()
    program = tmp_path / "programs" / "gh"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = step("release.yml", "github-release", "Create the release")
    ran = run_step(script, tmp_path, GITHUB_REF_NAME=tag, GITHUB_REPOSITORY="owner/sescli")
    arguments = ran.stdout.splitlines()
    assert arguments[:4] == ["release", "create", tag, "dist/sescli.whl"]
    assert arguments[arguments.index("--notes-file") + 1] == "notes/notes.md"
    assert ("--prerelease" in arguments) == is_prerelease


def test_bug_report_asks_for_what_a_maintainer_needs():
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "bug_report.yml").read_text(encoding="utf-8"))
    fields = {field["id"]: field for field in form["body"] if "id" in field}
    required = {name for name, field in fields.items() if field.get("validations", {}).get("required")}
    assert required == {"version", "endpoint", "command", "expected", "output", "python", "system"}
    assert "secrets" in fields["output"]["attributes"]["description"]
