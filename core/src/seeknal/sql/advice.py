"""DuckDB's words without the advice that cannot be followed within a project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeknal.sql.keywords import TYPE_NAMES
from seeknal.sql.tokens import tokenize
from seeknal.values.errors import nearest
from seeknal.values.patterns import Pattern

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token

LAMBDA = "write lambda x: x + 1 for x -> x + 1"

# The beginnings of messages that need other words within a project, or fewer.
_ARROW = Pattern(r"Deprecated lambda arrow \(->\) detected.*", re.DOTALL)
_VALUES = Pattern(r'Values list ("[^"]*") does not have a column named')
_LATER = Pattern(
    r'Column "([^"]+)" referenced that exists in the SELECT clause - but this column cannot be'
    r" referenced before it is defined"
)
_SETTING = Pattern(r'\s*Use "?SET [^\n]*')
_NEAR = Pattern(
    r'(?P<what>Type|Function) with name "?(?P<name>[^\s"]+)"? does not exist!?'
    r'(?P<advice>\s*Did you mean "(?:main\.|pg_catalog\.)?(?P<meant>[^"]+)"\?)'
)
_SYSTEM = Pattern(r'\s*Did you mean "(?:main\.|pg_catalog\.)?(?:pg_|pragma_|duckdb_)\w*"\?')


def followable(text: str) -> str:
    """``text`` without what only a setting of DuckDB's does, or a table of its own."""
    text = _ARROW.sub("a lambda is not written with an arrow (->)", text)
    text = _VALUES.sub(r"\1 does not have a column named", text)
    text = _LATER.sub(r'Referenced column "\1" not found in FROM clause', text)
    return _NEAR.sub(_with_near, _SYSTEM.sub("", _SETTING.sub("", text)))


def _with_near(found: re.Match[str]) -> str:
    """DuckDB means what is nearest of all that it has, however far that is."""
    known = TYPE_NAMES if found["what"] == "Type" else (found["meant"],)
    near = nearest(found["name"], known, limit=1)
    advice = found["advice"].replace(found["meant"], near[0]) if near else ""
    return found[0].replace(found["advice"], advice)


def help_for(text: str) -> str | None:
    """What to write instead, for a text of DuckDB's that `followable` has shortened."""
    return LAMBDA if _ARROW.search(text) else None


def lambda_arrow(sql: str) -> int | None:
    """Where the first arrow stands that makes a lambda; one before a text reads JSON."""
    tokens = tokenize(sql)
    for position in range(2, len(tokens) - 1):
        reads = tokens[position + 1].kind == "string"
        if tokens[position].key == "->" and not reads and _is_parameter(tokens[:position]):
            return tokens[position].start
    return None


def _is_parameter(before: list[Token]) -> bool:
    """Whether a name that begins an argument, or names in brackets, stand last."""
    name, around = before[-1], before[-2].key
    return name.key == ")" or (name.kind in ("word", "name") and around in (",", "("))
