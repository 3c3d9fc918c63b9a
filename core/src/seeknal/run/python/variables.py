"""Python variables as tables in the SQL of a Python node.

DuckDB could look them up itself, but it searches all frames, ours included, and lets a table of
the name win silently. Here only the caller's names count, and a name with two meanings is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seeknal.run.python.tabular import is_tabular
from seeknal.sql.quote import quote_identifier
from seeknal.values.errors import NodeError

if TYPE_CHECKING:
    from seeknal.run.python.tabular import Workspace

_WORD = re.compile(r"[^\W\d]\w*")
_SKIP = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_QUERY = re.compile(rf"{_SKIP}(?:\(|(?:SELECT|FROM|VALUES|PIVOT|UNPIVOT)\b)", re.I | re.S)
_WITH = re.compile(rf"{_SKIP}WITH\b(?:\s+RECURSIVE\b)?", re.I | re.S)


def with_variables(sql: str, scope: Mapping[str, Any], workspace: Workspace) -> str:
    """``sql`` with the tabular variables that it names put in front as WITH clauses."""
    words = dict.fromkeys(_WORD.findall(sql))
    found = {word: scope[word] for word in words if word in scope and is_tabular(scope[word])}
    if not found:
        return sql
    clauses = []
    stored = _stored_names(workspace)
    for name, value in found.items():
        if _is_input(name, value, sql, workspace) or name.lower() in stored:
            continue
        if not _takes_with(sql) or _is_with_name(name, sql):
            workspace.borrow(name, workspace.select(value))
        else:
            clauses.append(f"{quote_identifier(name)} AS ({workspace.select(value)})")
    return _prefixed(sql, clauses)


def _is_input(name: str, value: object, sql: str, workspace: Workspace) -> bool:
    """Whether the name means an input. Raises NodeError when it might mean either."""
    id = workspace.plain.get(name.lower())
    if id is None:
        return False
    is_itself = workspace.select_of(value) == workspace.input_select(id)
    if not is_itself and _is_table_of(sql, name):
        raise NodeError(
            f"{name!r} in the SQL is ambiguous: it is the input {id}, and a variable that holds"
            f" something else",
            code="SK0513",
            help="give the variable another name",
        )
    return True


def _is_table_of(sql: str, name: str) -> bool:
    """Whether the SQL reads a table of that name. When in doubt, it does."""
    try:
        import sqlglot
        from sqlglot import exp
        from sqlglot.errors import SqlglotError
    except ImportError:
        return True
    try:
        trees = sqlglot.parse(sql, read="duckdb")
    except (SqlglotError, RecursionError):
        return True
    tables = [table for tree in trees if tree for table in tree.find_all(exp.Table)]
    return any(table.name.lower() == name.lower() and not table.db for table in tables)


def _stored_names(workspace: Workspace) -> set[str]:
    """Tables and views that the node's code made itself; DuckDB lets them win over variables."""
    rows = workspace.cursor.execute(
        "SELECT lower(table_name) FROM duckdb_tables() WHERE temporary OR schema_name = 'main'"
        " UNION ALL SELECT lower(view_name) FROM duckdb_views()"
        " WHERE NOT internal AND (temporary OR schema_name = 'main')"
    ).fetchall()
    return {name for (name,) in rows} - workspace.borrowed


def _takes_with(sql: str) -> bool:
    return bool(_QUERY.match(sql) or _WITH.match(sql))


def _is_with_name(name: str, sql: str) -> bool:
    """Whether the SQL has a WITH clause of that name itself, which may read the variable."""
    pattern = rf"\b{re.escape(name)}\"?\s*(?:\([^)]*\)\s*)?AS\s+(?:(?:NOT\s+)?MATERIALIZED\s*)?\("
    return re.search(pattern, sql, re.IGNORECASE) is not None


def _prefixed(sql: str, clauses: list[str]) -> str:
    if not clauses:
        return sql
    text = ", ".join(clauses)
    if match := _WITH.match(sql):
        return f"{match[0]} {text}, {sql[match.end() :].lstrip()}"
    return f"WITH {text} {sql}"
