"""Writes the lists of operations in docs/emulator.md from the code: `make docs`.

It generates the text between `<!-- supported -->` or `<!-- unsupported -->` and `<!-- end -->`. The rest of the page is
written by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from botocore.loaders import Loader

from sescli.emulator.ses import v1, v2
from sescli.emulator.ses.registry import V1, V2

PAGE = Path(__file__).parent / "emulator.md"
APIS = {"v2": ("sesv2", V2), "v1": ("ses", V1)}

assert v1  # importing the packages registers their operations
assert v2


def supported() -> str:
    """The table of operations, grouped by their module, which is named after the resource."""
    rows: dict[str, dict[str, list[str]]] = {}
    for api, (_, registry) in APIS.items():
        for name in registry.names():
            operation = registry.get(name)
            if operation is not None:
                subject = operation.__module__.rpartition(".")[2].replace("_", " ")
                rows.setdefault(subject, {}).setdefault(api, []).append(name)
    lines = ["| Subject | v2 | v1 |", "|---|---|---|"]
    for subject, names in sorted(rows.items()):
        lines.append(f"| {subject} | {', '.join(names.get('v2', []))} | {', '.join(names.get('v1', []))} |")
    return "\n".join(lines)


def unsupported() -> str:
    """The operations of the service models that the emulator does not implement."""
    lines = []
    for api, (service, registry) in APIS.items():
        model = Loader().load_service_model(service, "service-2")
        names = sorted(set(model["operations"]) - set(registry.names()))
        lines.append(f"- {api}: {', '.join(names) if names else 'none'}")
    return "\n".join(lines)


def page() -> str:
    """The page with new lists."""
    text = PAGE.read_text("utf-8")
    for mark, made in (("supported", supported()), ("unsupported", unsupported())):
        pattern = re.compile(f"(<!-- {mark} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        text, times = pattern.subn(lambda found, made=made: found[1] + made + found[2], text)
        if times != 1:
            raise SystemExit(f"{PAGE.name} must have one section '{mark}', not {times}")
    return text


def main(arguments: list[str]) -> None:
    """Write the page. With --stdout, print it instead."""
    if arguments == ["--stdout"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
