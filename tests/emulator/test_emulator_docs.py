"""docs/emulator.md: its lists of operations are generated from the code, and its example runs."""

import re
import subprocess
import sys

from repository import DOCS

from sescli.emulator.ses import v1, v2
from sescli.emulator.ses.registry import V1, V2

PAGE = (DOCS / "emulator.md").read_text("utf-8")

assert v1
assert v2  # importing the packages registers their operations


def block(mark, text=PAGE):
    return re.search(f"<!-- {mark} -->\n(.*?)\n<!-- end -->", text, re.DOTALL)[1]


def test_emulator_docs_tables_match_generator():
    built = subprocess.run(
        [sys.executable, "-X", "utf8", str(DOCS / "emulator_table.py"), "--stdout"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    # The unsupported operations depend on the installed botocore too, so the next test checks them.
    assert block("supported", built.stdout) == block("supported")


def test_emulator_docs_list_every_operation_once():
    for api, registry in (("v2", V2), ("v1", V1)):
        supported = set(registry.names())
        unsupported = re.search(f"- {api}: (.*)", block("unsupported"))[1]
        assert not supported & set(unsupported.split(", "))
        assert all(re.search(rf"[ ,]{name}[ ,]", block("supported")) for name in supported)


def test_emulator_docs_example_runs(endpoint, inbox):
    """Run it as a separate program with only the variables that the page names."""
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    subprocess.run([sys.executable, "-c", example], env=environment, check=True, timeout=60)
    (message,) = inbox.messages()
    assert (message.subject, message.status) == ("Hello", "delivered")
