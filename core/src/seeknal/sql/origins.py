"""A query whose rows each are a row of one table, with the columns that say where that is from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.check import quiet
from seeknal.sql.quote import quote_identifier
from seeknal.sql.tokens import tokenize
from seeknal.sql.translating.grouping import is_of_group

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token

Carries = Callable[[str], bool]
"""Whether a table, as a query names it, has the columns; raises for one that is none."""

_AROUND_ROWS = ("joins", "laterals", "group", "having", "distinct", "pivots", "connect")
"""Parts of a SELECT that make its rows of several others, or of none."""
_RENAMING = ("replace", "rename")


class NoSingleOrigin(Exception):
    """The rows of a query are no rows of one table; the message says why."""


def with_columns(query: str, names: Sequence[str], carries: Carries) -> str:
    """``query`` with those of the columns that it leaves out, behind its own.

    Raises NoSingleOrigin where that cannot be, or cannot be told.
    """
    select = _parsed(query)
    missing = [name for name in names if name not in _given(select, names, carries, {})]
    if not missing:
        return query
    place = _behind_items(query)
    added = ", ".join(map(quote_identifier, missing))
    return f"{query[:place]}, {added} {query[place:]}"


def _parsed(query: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    quiet()
    try:
        found = [tree for tree in sqlglot.parse(query, dialect="duckdb") if tree is not None]
    except SqlglotError as error:
        raise NoSingleOrigin("it is not understood") from error
    if not found:
        raise NoSingleOrigin("it is empty")
    if len(found) > 1:
        raise NoSingleOrigin("it is several statements")
    return found[0]


def _given(
    select: Any, names: Sequence[str], carries: Carries, named: dict[str, Any]
) -> frozenset[str]:
    """Which of the columns a query hands on, all of which what it reads has."""
    from sqlglot import exp

    if not isinstance(select, exp.Select):
        raise NoSingleOrigin(_instead_of_select(select))
    for part in _AROUND_ROWS:
        if select.args.get(part):
            raise NoSingleOrigin(_SAID.get(part, f"of its {part}"))
    if any(_aggregates(item) for item in select.expressions):
        raise NoSingleOrigin("it aggregates rows")
    with_ = select.args.get("with_") or select.args.get("with")
    if with_ is not None and with_.args.get("recursive"):
        raise NoSingleOrigin("it is recursive")
    inner = {
        **named,
        **{cte.alias.lower(): cte for cte in (with_.expressions if with_ else ())},
    }
    from_ = select.args.get("from_") or select.args.get("from")
    if from_ is None:
        raise NoSingleOrigin("it reads no table")
    _refuse_without(from_.this, names, carries, inner)
    return frozenset().union(*(_handed_on(item, names) for item in select.expressions))


def _instead_of_select(statement: Any) -> str:
    from sqlglot import exp

    said = {
        exp.SetOperation: "it puts the rows of several queries together",
        exp.Pivot: "it pivots rows",
        exp.Values: "it reads no table",
        exp.Subquery: "it stands in brackets: leave these out",
    }
    found = (text for kind, text in said.items() if isinstance(statement, kind))
    return next(found, "it is no SELECT")


_SAID = {
    "joins": "it joins tables",
    "group": "it aggregates rows",
    "having": "it aggregates rows",
    "distinct": "it makes one row of several that are alike",
}


def _refuse_without(
    table: Any, names: Sequence[str], carries: Carries, named: dict[str, Any]
) -> None:
    """Raise where what a query reads does not have all columns."""
    from sqlglot import exp

    if any(table.args.get(part) for part in ("joins", "laterals", "pivots")):
        raise NoSingleOrigin("it joins or pivots tables")
    _refuse_renamed(table)
    if isinstance(table, exp.Subquery):
        given = _given(table.this, names, carries, named)
    elif isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier):
        if not table.db and table.name.lower() in named:
            rest = {name: query for name, query in named.items() if name != table.name.lower()}
            query = named[table.name.lower()]
            _refuse_renamed(query)
            given = _given(query.this, names, carries, rest)
        else:
            text = ".".join(part.name for part in table.parts)
            if not carries(text):
                raise NoSingleOrigin(f"{text} keeps no provenance")
            given = frozenset(names)
    else:
        raise NoSingleOrigin("it reads something that is no table")
    if not given >= set(names):
        raise NoSingleOrigin("a query inside it leaves out where rows are from")


def _refuse_renamed(table: Any) -> None:
    """Raise for ``t(a, b)``, which calls columns otherwise by their places."""
    alias = table.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        raise NoSingleOrigin(f"{alias.name}(...) gives columns other names")


def _aggregates(item: Any) -> bool:
    from sqlglot import exp

    return any(
        is_of_group(found)
        and found.find_ancestor(exp.Select, exp.Subquery) is item.find_ancestor(exp.Select)
        for found in item.find_all(exp.AggFunc)
    )


def _handed_on(item: Any, names: Sequence[str]) -> frozenset[str]:
    """Which of the columns one item of a SELECT gives; raises where it gives something else."""
    from sqlglot import exp

    star = (
        item if isinstance(item, exp.Star) else item.this if isinstance(item, exp.Column) else None
    )
    if isinstance(item, exp.Columns) and isinstance(item.this, exp.Star):
        star = item.this
    if isinstance(star, exp.Star) and not star.args.get("ilike"):
        if any(_names_in(star, key) & set(names) for key in _RENAMING):
            raise NoSingleOrigin("it gives other values the names of where rows are from")
        return frozenset(names) - _names_in(star, "except_") - _names_in(star, "except")
    if (choice := _choice(item)) is not None:
        chosen = _chosen(choice, names)
        if chosen and choice is not item:
            raise NoSingleOrigin("it gives other values the names of where rows are from")
        return chosen
    called = item.alias_or_name.lower()
    if called in names:
        plain = item.unalias()
        if not isinstance(plain, exp.Column) or plain.name.lower() != called:
            raise NoSingleOrigin("it gives other values the names of where rows are from")
        return frozenset((called,))
    return frozenset()


def _choice(item: Any) -> Any:
    """What of an item stands for columns that it chooses by their names; None for another item."""
    from sqlglot import exp

    # As `* LIKE 'a%'`; `count(*)` chooses nothing.
    if isinstance(item, exp.Star) or (
        isinstance(item.this, exp.Star) and isinstance(item, exp.Binary)
    ):
        return item
    found = (part for part in item.find_all(exp.Columns) if not part.args.get("unpack"))
    return next(found, None)


def _chosen(choice: Any, names: Sequence[str]) -> frozenset[str]:
    """Which of the columns are chosen, as DuckDB says of a table of just these."""
    import duckdb

    from seeknal.sql.syntax import parser

    table = ", ".join(f"NULL::VARCHAR AS {quote_identifier(name)}" for name in names)
    try:
        found = parser().sql(f"SELECT {choice.sql(dialect='duckdb')} FROM (SELECT {table})")
    except duckdb.Error:
        # It chooses none of them.
        return frozenset()
    return frozenset(name.lower() for name in found.columns) & frozenset(names)


def _names_in(star: Any, key: str) -> set[str]:
    found = star.args.get(key) or ()
    entries = found if isinstance(found, list | tuple) else [found]
    return {
        name.lower()
        for entry in entries
        for name in (entry.name, entry.alias, getattr(entry.this, "name", ""))
        if isinstance(name, str)
    }


def _behind_items(query: str) -> int:
    """Where the items of the outermost SELECT end."""
    tokens, depth, inside = tokenize(query), 0, False
    for place, token in enumerate(tokens):
        if token.key in ("(", "[", "{"):
            depth += 1
        elif token.key in (")", "]", "}"):
            depth -= 1
        elif depth == 0 and token.key == "select":
            inside = True
        elif depth == 0 and token.key == "from" and not _compares(tokens, place):
            before = tokens[place - 1]
            if inside and before.key not in (",", "select"):
                return before.end
            break
    raise NoSingleOrigin("say SELECT ... FROM with these columns among the others")


def _compares(tokens: Sequence[Token], place: int) -> bool:
    """Whether a FROM is that of IS DISTINCT FROM."""
    before = [token.key for token in tokens[max(0, place - 2) : place]]
    return before in (["is", "distinct"], ["not", "distinct"])
