"""Results for scripts: filtered with JMESPath, and written in a machine format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from sescli.errors import UsageError
from sescli.output import formats, sanitise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True)
class DataWriter:
    """Writes data to a stream. `style` `table` means a query without -o: JSON, but a string without quotes."""

    stream: TextIO
    style: str
    query: str | None

    def items(self, items: Iterator[Any]) -> list[str]:
        """Write a list, item by item if the format allows it. Returns the keys if a query matched nothing."""
        if self.query is not None:
            return self.value(list(items))
        if self.style == "json":
            formats.write_json_array(items, self.stream)
        else:
            self._rows(items)
        return []

    def value(self, whole: Any) -> list[str]:
        """Write a value, or what the query selects. Returns the available keys if the query matched nothing."""
        picked = self._picked(whole)
        if self.style == "table" and isinstance(picked, str):
            self.stream.write(sanitise.block(picked) + "\n")
        elif self.style in {"json", "table"}:
            formats.write_json(picked, self.stream)
        elif self.style == "yaml":
            formats.write_yaml(picked, self.stream)
        else:
            self._rows(picked if isinstance(picked, list) else [picked])
        return list(whole) if picked is None and isinstance(whole, dict) else []

    def check_query(self) -> None:
        """Raise `UsageError` for a --query that is not valid JMESPath."""
        if self.query is not None:
            import jmespath

            self._jmespath(jmespath.compile)

    def _rows(self, rows: Iterable[Any]) -> None:
        if self.style == "jsonl":
            formats.write_jsonl(rows, self.stream)
        elif self.style == "yaml":
            formats.write_yaml(list(rows), self.stream)
        else:
            formats.write_csv(rows, self.stream, tabs=self.style == "tsv")

    def _picked(self, value: Any) -> Any:
        if self.query is None:
            return value
        import jmespath

        return self._jmespath(lambda query: jmespath.search(query, value))

    def _jmespath(self, use: Callable[[str], Any]) -> Any:
        from jmespath.exceptions import JMESPathError

        try:
            return use(self.query or "")
        except JMESPathError as error:
            message = f"--query {self.query!r} is not a valid JMESPath expression: {error}"
            raise UsageError(message, hint="see https://jmespath.org") from error
