"""docs/emulator.md: its tables are made from the code."""

import re
import subprocess
import sys

from repository import DOCS

from sescli.emulator.ses import v1, v2
from sescli.emulator.ses.registry import V1, V2

PAGE = (DOCS / "emulator.md").read_text("utf-8")

assert v1
assert v2  # importing them registers their operations


def block(mark, text=PAGE):
    return re.search(f"<!-- {mark} -->\n(.*?)\n<!-- end -->", text, re.DOTALL)[1]


def test_the_tables_are_what_make_docs_writes():
    built = subprocess.run(
        [sys.executable, "-X", "utf8", str(DOCS / "emulator_table.py"), "--stdout"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    # What is absent depends on the botocore that is installed, too: it is checked below.
    assert block("there", built.stdout) == block("there")


def test_every_operation_is_in_the_table_or_said_to_be_absent():
    for api, registry in (("v2", V2), ("v1", V1)):
        there = set(registry.names())
        absent = re.search(f"- {api}: (.*)", block("absent"))[1]
        assert not there & set(absent.split(", "))
        assert all(re.search(rf"[ ,]{name}[ ,]", block("there")) for name in there)


def test_the_example_runs(endpoint, inbox):
    """As a program of its own, with nothing but the variables that the page names."""
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    subprocess.run([sys.executable, "-c", example], env=environment, check=True, timeout=60)
    (mail,) = inbox.messages()
    assert (mail.subject, mail.status) == ("Hello", "delivered")
