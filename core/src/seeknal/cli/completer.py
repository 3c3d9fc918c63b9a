"""Completion in the REPL: tables, their columns, and SQL's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

if TYPE_CHECKING:
    from seeknal.cli.asking import Asked

COMMANDS = (
    *(".catalogs", ".connect", ".databases", ".exit", ".format", ".help", ".limit"),
    *(".schema", ".tables", ".use"),
)
KEYWORDS = (
    "SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET JOIN LEFT RIGHT FULL INNER OUTER CROSS "
    "ASOF ON USING AS AND OR NOT IN IS NULL BETWEEN LIKE ILIKE CASE WHEN THEN ELSE END DISTINCT "
    "UNION ALL EXCEPT INTERSECT WITH VALUES COUNT SUM AVG MIN MAX CAST COALESCE EXPLAIN DESCRIBE "
    "SUMMARIZE SHOW TABLES QUALIFY OVER PARTITION EXCLUDE REPLACE DESC ASC"
)

_WORD = re.compile(r"[\w.]+$")


class SqlCompleter(Completer):
    """Offers what begins with the word before the cursor."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._names: list[str] | None = None

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        found = _WORD.search(document.text_before_cursor)
        word = found[0] if found else ""
        for name in self.candidates(word):
            yield Completion(name, start_position=-len(word))

    def candidates(self, word: str) -> Iterator[str]:
        """Names that begin with ``word``, whatever its case; dot commands for a dot."""
        lower = word.lower()
        offered: Iterable[str] = COMMANDS if word.startswith(".") else self.names()
        return (name for name in offered if name.lower().startswith(lower))

    def names(self) -> list[str]:
        if self._names is None:
            self._names = list(dict.fromkeys([*self._asked.names(), *KEYWORDS.split()]))
        return self._names
