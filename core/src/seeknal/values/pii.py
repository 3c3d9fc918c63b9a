"""Which columns hold what is shown to nobody: ``pii: true``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from seeknal.values.credentials import MASK

if TYPE_CHECKING:
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node


def pii_columns(nodes: Mapping[NodeId, Node], id: NodeId) -> frozenset[str]:
    """Names, in lower case, of the columns of a node that it or what it reads marks as such."""
    found: set[str] = set()
    seen: set[NodeId] = set()
    waiting = [id]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in nodes:
            continue
        seen.add(current)
        found |= {column.name.lower() for column in nodes[current].columns if column.pii}
        waiting += nodes[current].parents
    return frozenset(found)


def any_pii(nodes: Mapping[NodeId, Node]) -> bool:
    """Whether any column of any node is marked."""
    return any(column.pii for node in nodes.values() for column in node.columns)


def value_of(column: str, value: object, private: Collection[str]) -> str:
    """A value as messages show it: ``***`` where its column is ``private``; NULL stays.

    Signs that a terminal would obey, and ends of lines, are written as Python escapes them.
    """
    if value is not None and column.lower() in private:
        return MASK
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(value))


def type_of(type: str, hidden: bool) -> str:
    """A column's type, or what is said of it, where it is hidden without the values of an ENUM."""
    return _ENUM.sub(f"ENUM({MASK})", type) if hidden else type


def without_values(error: BaseException, private: Collection[str]) -> str:
    """What DuckDB or a driver says: only of what kind it is, where its text may hold values.

    ``private`` are the columns whose values it may hold; without any, the text is told in full.
    """
    if not private or type(error).__name__ in ABOUT_SQL:
        return type_of(str(error), bool(private))
    return only_kind(kind_of(error), private)


def only_kind(kind: str, private: Collection[str]) -> str:
    """What is told of an error of this kind where its text may hold values of such columns."""
    names = ", ".join(sorted(private))
    verb = "has" if len(private) == 1 else "have"
    return f"{kind}; its text is not shown, for it may hold values and {names} {verb} pii: true"


def kind_of(error: BaseException) -> str:
    """Of what kind DuckDB or a driver says that something is."""
    kind = str(error).partition(":")[0] if type(error).__module__ in _DUCKDB else ""
    return kind if kind.endswith("Error") else type(error).__name__


def kept_of(error: BaseException) -> str:
    """What a log keeps of an error of DuckDB's or the machine's: no values of rows."""
    text = str(error)
    if type(error).__module__ not in _DUCKDB or type(error).__name__ in ABOUT_SQL:
        return text
    column = _COLUMN.search(text)
    return kind_of(error) + (f" in column {column[1]!r}" if column else "")


_ENUM = re.compile(r"ENUM\((?:'(?:[^']|'')*'|[,\s])*\)")
_COLUMN = re.compile(r"\bcolumn '([^']*)'")
_DUCKDB = ("duckdb", "_duckdb")
ABOUT_SQL = (
    *("BinderException", "CatalogException", "ParserException", "SyntaxException"),
    *("OutOfMemoryException", "IOException", "HTTPException", "PermissionException"),
    *("InterruptException", "NotImplementedException"),
)
"""DuckDB's errors about a query or the machine, which name no values of rows."""
