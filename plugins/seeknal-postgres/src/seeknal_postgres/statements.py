"""What a statement of a project is, by its words, and where it stands: which cannot be a hook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.plugin import find_in_text

if TYPE_CHECKING:
    from seeknal.plugin import Location, Target

_TOKEN = re.compile(
    r"""--[^\n]*
    | /\*
    | \b[eE]'(?:\\.|''|[^'\\])*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | \$(?:[^\W\d]\w*)?\$
    | [^\W\d][\w$]*
    | ;
    | \S""",
    re.VERBOSE | re.DOTALL,
)
_CONTROL = (
    *("BEGIN", "START TRANSACTION", "COMMIT", "END", "ROLLBACK", "ABORT"),
    *("SAVEPOINT", "RELEASE", "PREPARE TRANSACTION"),
)
_OUTSIDE = (
    *("VACUUM", "CREATE DATABASE", "DROP DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE"),
    *("ALTER SYSTEM", "CREATE SUBSCRIPTION", "DROP SUBSCRIPTION", "DISCARD ALL"),
    *("REINDEX DATABASE", "REINDEX SYSTEM"),
)
_INDEXED = ("CREATE INDEX", "CREATE UNIQUE INDEX", "DROP INDEX", "REINDEX", "ALTER TABLE")
_KEEPS_ROWS = (
    *("GRANT", "REVOKE", "COMMENT", "ANALYZE", "SET", "LOCK", "NOTIFY", "CREATE", "ALTER"),
    *("REFRESH", "SECURITY"),
)


def place_of(root: Path, target: Target, key: str, statement: str) -> Location | None:
    """Where a statement of a target stands, below a key that may be written as dbt does."""
    if target.location is None:
        return None
    keys = (key, key.replace("_", "-"))
    return find_in_text(root, target.location, statement, (0, 0), *keys)


def fault_of(statement: str) -> str | None:
    """Why a text cannot be a hook of a delivery, None where it may."""
    words = list(_words(statement))
    if not words:
        return "there is no statement in it"
    text = " ".join(words)
    ends = ";" in words and set(words[words.index(";") :]) == {";"}
    if ";" in words and not ends and "ATOMIC" not in words:
        return "it is several statements: write a list of them"
    if (found := _first(text, _CONTROL)) is not None:
        return f"{found} would end the transaction of the delivery, or divide it"
    outside = _first(text, _OUTSIDE)
    if outside is None and "CONCURRENTLY" in words:
        begun = _first(text, _INDEXED)
        outside = f"{begun} ... CONCURRENTLY" if begun else None
    if outside is not None:
        return f"{outside} cannot be part of a transaction"
    if words[0] == "COPY" and {"STDIN", "STDOUT"} & set(words):
        return "COPY from or to seeknal has nothing to read or write"
    return None


def may_change_rows(statement: str) -> bool:
    """Whether a statement may add rows to a table that is there, or take some away."""
    return _first(" ".join(_words(statement)), _KEEPS_ROWS) is None


def _first(text: str, commands: tuple[str, ...]) -> str | None:
    """The command of these that a text of words begins with."""
    return next((each for each in commands if f"{text} ".startswith(f"{each} ")), None)


def _words(statement: str) -> Iterator[str]:
    """Keywords and names in upper case, and semicolons; other signs and texts as one sign."""
    at = 0
    while (found := _TOKEN.search(statement, at)) is not None:
        token, at = found.group(), found.end()
        if token == "/*":
            at = _end_of_comment(statement, at)
        elif token.startswith("$") and len(token) > 1:
            end = statement.find(token, at)
            at = len(statement) if end < 0 else end + len(token)
            yield "'"
        elif token.startswith("--"):
            continue
        elif token == ";" or token[0].isalpha() or token[0] == "_":
            yield "'" if token.endswith("'") else token.upper()
        else:
            yield token[0]


def _end_of_comment(statement: str, at: int) -> int:
    """Where a comment ends, in which there may be others."""
    depth = 1
    for found in re.compile(r"/\*|\*/").finditer(statement, at):
        depth += 1 if found.group() == "/*" else -1
        if not depth:
            return found.end()
    return len(statement)
