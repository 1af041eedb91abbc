"""Writes the tables of operations in docs/emulator.md, from the code: `make docs`.

What stands between `<!-- there -->` or `<!-- absent -->` and `<!-- end -->` is made here; all else is written by hand.
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

assert v1  # importing them registers their operations
assert v2


def there() -> str:
    """The operations by what they are about, which is the module that they live in."""
    rows: dict[str, dict[str, list[str]]] = {}
    for api, (_, registry) in APIS.items():
        for name in registry.names():
            operation = registry.get(name)
            if operation is not None:
                subject = operation.__module__.rpartition(".")[2].replace("_", " ")
                rows.setdefault(subject, {}).setdefault(api, []).append(name)
    lines = ["| about | v2 | v1 |", "|---|---|---|"]
    for subject, names in sorted(rows.items()):
        lines.append(f"| {subject} | {', '.join(names.get('v2', []))} | {', '.join(names.get('v1', []))} |")
    return "\n".join(lines)


def absent() -> str:
    """What the service models know and the embedded SES does not."""
    lines = []
    for api, (service, registry) in APIS.items():
        model = Loader().load_service_model(service, "service-2")
        names = sorted(set(model["operations"]) - set(registry.names()))
        lines.append(f"- {api}: {', '.join(names) if names else 'none'}")
    return "\n".join(lines)


def page() -> str:
    """The whole page, with its tables made anew."""
    text = PAGE.read_text("utf-8")
    for mark, made in (("there", there()), ("absent", absent())):
        pattern = re.compile(f"(<!-- {mark} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        text, times = pattern.subn(lambda found, made=made: found[1] + made + found[2], text)
        if times != 1:
            raise SystemExit(f"{PAGE.name} has {times} places for {mark}")
    return text


def main(arguments: list[str]) -> None:
    """Write the page, or print it with --stdout."""
    if arguments == ["--stdout"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
