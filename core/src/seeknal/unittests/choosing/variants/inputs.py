"""Changes of what a query reads: no rows, no duplicates, no NULL, a value less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.unittests.choosing.sources import Origin
from seeknal.unittests.choosing.variants.change import change, text

if TYPE_CHECKING:
    from seeknal.unittests.choosing.sources import Sources
    from seeknal.unittests.choosing.variants.change import Change
    from seeknal.values.names import NodeId


@frozen(kw_only=True)
class Facts:
    """What the rows hold: tables with equal rows, columns with NULL, and values of few."""

    doubled: frozenset[NodeId]
    missing: frozenset[Origin]
    values: Mapping[Origin, Sequence[str]]


def inputs(node: Any, sources: Sources, facts: Facts) -> Iterator[Change]:
    """A table or a CTE of which less is read."""
    from sqlglot import exp

    if isinstance(node, exp.CTE):
        nothing = exp.select("*").from_(node.this.subquery("one")).where(exp.false())
        yield change(node.this, f"nothing in the CTE {node.alias}", nothing)
    table = sources.node(node)
    if table is None or any(node.args.get(key) for key in ("joins", "pivots", "sample")):
        return
    yield change(node, f"nothing in {text(node)}", _read(node, "SELECT * FROM {} WHERE false"))
    if table in facts.doubled:
        once = _read(node, "SELECT DISTINCT * FROM {}")
        yield change(node, f"without duplicates in {text(node)}", once)
    for column in sources.tables[table]:
        origin, quoted = Origin(table, column.name), quote_identifier(column.name)
        if origin in facts.missing:
            least = f"(SELECT min({quoted}) FROM {{}})"
            replaced = f"SELECT * REPLACE (coalesce({quoted}, {least}) AS {quoted}) FROM {{}}"
            yield change(node, f"without NULL in {table}.{column.name}", _read(node, replaced))
        for value in facts.values.get(origin, ()):
            literal = f"CAST({quote_literal(value)} AS {column.type})"
            less = f"SELECT * FROM {{}} WHERE {quoted} IS DISTINCT FROM {literal}"
            yield change(node, f"without {value} in {table}.{column.name}", _read(node, less))


def may_be_null(node: Any, sources: Sources, facts: Facts) -> bool:
    """Whether an expression may be NULL, as far as the rows of the tables can say."""
    from sqlglot import exp

    if any(join.args.get("side") for join in node.root().find_all(exp.Join)):
        return True
    if isinstance(node, exp.Literal):
        return False
    if not isinstance(node, exp.Column):
        columns = list(node.find_all(exp.Column))
        plain = isinstance(node, exp.Binary | exp.Paren) and not node.find(exp.Func, exp.Query)
        return not plain or any(may_be_null(one, sources, facts) for one in columns)
    origin = sources.origin(node)
    return origin is None or origin in facts.missing


def _read(node: Any, template: str) -> Any:
    """What stands in FROM instead of a table, under the same name."""
    from sqlglot import exp, parse_one

    bare = exp.Table(this=node.this.copy(), db=node.args["db"].copy())
    query: Any = parse_one(template.replace("{}", bare.sql("duckdb")), read="duckdb")
    alias = node.args.get("alias")
    name = alias.copy() if alias else exp.TableAlias(this=node.this.copy())
    return exp.Subquery(this=query, alias=name)
