"""Tables that a query names itself, and that no node is: their columns, as DuckDB has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import NodeError, NodeId
from seeknal_starrocks.reading.declared import parse_type
from seeknal_starrocks.reading.starrockstypes import duckdb_type
from seeknal_starrocks.serving.bases import columns_of
from seeknal_starrocks.serving.origins import is_cte, name_of

if TYPE_CHECKING:
    from seeknal_starrocks.serving.desk import Desk

_DATABASE = "seeknal_outside"


@frozen(kw_only=True)
class Outside:
    """A query in which such tables have names of ours, and what these stand for."""

    sql: str
    tables: Mapping[str, Any]


def named_apart(sql: str, inputs: Collection[NodeId]) -> Outside:
    """The query as it is, where it names nothing but nodes."""
    from sqlglot import exp, parse_one

    tree = parse_one(sql, read="duckdb")
    found: dict[str, Any] = {}
    for table in list(tree.find_all(exp.Table)):
        if NodeId.of(table.db, table.name) in inputs or not table.name or is_cte(table):
            continue
        name = f"t{len(found)}"
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
        found[name] = table.copy()
        ours = exp.table_(exp.to_identifier(name), db=exp.to_identifier(_DATABASE))
        ours.set("alias", alias.copy())
        table.replace(ours)
    return Outside(sql=tree.sql(dialect="duckdb") if found else sql, tables=found)


def schema_of(outside: Outside, database: str, desk: Desk) -> dict[str, dict[str, str]]:
    """The columns of these tables by our names, as far as DuckDB has their types.

    Raises DeliveryError for a table that there is not.
    """
    return {
        f"{_DATABASE}.{name}": {
            column: type
            for column, told in columns_of(name_of(table, database), desk).items()
            if (type := _duckdb_type(told, column)) is not None
        }
        for name, table in outside.tables.items()
    }


def put_back(tree: Any, outside: Outside) -> None:
    """Let the tables have their own names again, in StarRocks' words."""
    from sqlglot import exp

    for table in list(tree.find_all(exp.Table)):
        if table.db == _DATABASE and table.name in outside.tables:
            own = outside.tables[table.name].copy()
            own.set("alias", table.args["alias"].copy())
            table.replace(own)


def _duckdb_type(told: str, column: str) -> str | None:
    try:
        return duckdb_type(parse_type(told), column)
    except NodeError:
        return None
