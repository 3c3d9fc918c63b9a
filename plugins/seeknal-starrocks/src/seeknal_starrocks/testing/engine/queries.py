"""Makes of a query what DuckDB carries out: names are looked up, and functions translated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from seeknal_starrocks.testing.engine import grammar
from seeknal_starrocks.testing.engine.things import DEFAULT, MADE_ANEW, Place, Table
from seeknal_starrocks.testing.engine.zones import DEFAULT_ZONE, now_in
from seeknal_starrocks.testing.refusing import analysis

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal_starrocks.testing.engine.world import World
    from seeknal_starrocks.testing.refusing import Refused

Session = tuple[str, str | None]


class Asker(Protocol):
    """Who asks: a session."""

    def value(self, name: str) -> Any:
        """Of a function or variable. Raises Refused for one that there is not."""

    def may_see(self, table: Table) -> bool:
        """Whether information_schema tells of a table."""


class _Everyone:
    """Who refreshes a view: no session."""

    def value(self, name: str) -> Any:
        if name == "@@time_zone":
            return DEFAULT_ZONE
        raise analysis(f"{name} is of a session, and nothing that a view may ask for")

    def may_see(self, table: Table) -> bool:
        return True


@frozen(kw_only=True)
class Query:
    """A query as DuckDB has it. ``tree`` is as it was written."""

    sql: str
    tree: exp.Query
    bases: dict[Place, Table]
    """What it reads, what views read included."""

    @property
    def wide(self) -> bool:
        """Whether whole numbers may be LARGEINT: a sum of others is none in StarRocks."""
        return any(column.type == "largeint" for t in self.bases.values() for column in t.columns)


def prepare(world: World, session: Session, sql: str, asker: Asker | None = None) -> Query:
    """Raises Refused for what is no query, and for tables that there are not."""
    tree = grammar.read_query(sql, world.version)
    bases: dict[Place, Table] = {}
    from seeknal_starrocks.testing.engine.aliases import check_aliases

    check_aliases(world, session, tree)
    named = _named(tree.copy())
    looked_up = _looked_up(world, session, named, bases, asker or _Everyone())
    return Query(sql=_for_duckdb(looked_up), tree=tree, bases=bases)


def _looked_up(
    world: World, session: Session, tree: Any, bases: dict[Place, Table], asker: Asker
) -> Any:
    from sqlglot import exp

    for table in list(tree.find_all(exp.Table)):
        if table.db or table.name not in _names_of_ctes(table):
            table.replace(_source(world, session, table, bases, asker))
    for column in tree.find_all(exp.Column):
        # A table is known by its alias from here on.
        column.set("db", None)
        column.set("catalog", None)
    # What is within a node that was replaced is not looked at again.
    return tree.transform(lambda node: _valued(node, asker)).transform(_lenient)


def _named(tree: Any) -> Any:
    """The query with a name for each column that is computed: as it is written."""
    from sqlglot import exp

    for select in list(tree.find_all(exp.Select)):
        for item in list(select.expressions):
            if not isinstance(item, exp.Alias | exp.Column | exp.Star):
                item.replace(exp.alias_(item.copy(), item.sql("starrocks"), quoted=True))
    return tree


def _names_of_ctes(table: Any) -> set[str]:
    found: set[str] = set()
    node = table
    while node is not None:
        if (with_ := node.args.get("with_")) is not None:
            found |= {cte.alias for cte in with_.expressions}
        node = node.parent
    return found


def _source(
    world: World, session: Session, table: Any, bases: dict[Place, Table], asker: Asker
) -> Any:
    from sqlglot import exp

    names = tuple(part.name for part in table.parts)
    place = world.place(names, session)
    alias = table.alias or place[2]
    from seeknal_starrocks.testing.engine import outside

    if place[1] in MADE_ANEW:
        from seeknal_starrocks.testing.engine.information import rows_of

        return rows_of(world, place, alias, asker.may_see)
    if place[2].endswith(outside.PARTITIONS):
        return outside.partitions_of(world, place, alias)
    found = world.table(place)
    bases[place] = found
    if found.kind == "VIEW":
        assert found.query is not None
        inner = grammar.read_query(found.query, world.version)
        within = _looked_up(world, found.database or session, inner, bases, asker)
        names_of_columns = [exp.to_identifier(c.name, quoted=True) for c in found.columns]
        return exp.Subquery(
            this=within,
            alias=exp.TableAlias(
                this=exp.to_identifier(alias, quoted=True), columns=names_of_columns
            ),
        )
    return exp.alias_(exp.to_table(found.stored), alias, table=True, quoted=True)


def _valued(node: Any, asker: Asker) -> Any:
    from sqlglot import exp

    name = _OF_SESSION.get(type(node).__name__)
    if isinstance(node, exp.SessionParameter):
        name = f"@@{node.name}"
    elif isinstance(node, exp.Anonymous) and node.name.lower() in _NAMES_OF_SESSION:
        name = _NAMES_OF_SESSION[node.name.lower()]
    if name is not None:
        return exp.convert(asker.value(name))
    called = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__
    if called in ("now", "CurrentTimestamp"):
        # A DATETIME has no zone, and is that of the session.
        return now_in(asker.value("@@time_zone"))
    if called in ("curdate", "CurrentDate"):
        return exp.cast(now_in(asker.value("@@time_zone")), "DATE")
    return node


def _lenient(node: Any) -> Any:
    """A value that cannot be cast is NULL in StarRocks."""
    from sqlglot import exp

    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return exp.TryCast(**{key: _within(value) for key, value in node.args.items()})
    return node


def _within(value: Any) -> Any:
    from sqlglot import exp

    return value.transform(_lenient) if isinstance(value, exp.Expression) else value


_OF_SESSION = {"CurrentSchema": "database", "CurrentUser": "user", "CurrentVersion": "version"}
_NAMES_OF_SESSION = {
    **{name: name for name in ("catalog", "database", "connection_id", "current_version")},
    **{"user": "user", "session_user": "user", "schema": "database"},
}


def _for_duckdb(tree: Any) -> str:
    import sqlglot

    for hint in list(tree.find_all(sqlglot.exp.Hint)):
        hint.pop()
    try:
        return str(tree.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE))
    except sqlglot.UnsupportedError as error:
        raise analysis(f"The stand-in cannot carry this out: {error}") from None


def run(cursor: Any, sql: str, parameters: Sequence[Any] | None = None) -> Any:
    """What DuckDB answers. Raises Refused in StarRocks' words for its errors."""
    import duckdb

    try:
        return cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
    except duckdb.Error as error:
        raise refused_by_duckdb(error) from None


def refused_by_duckdb(error: Exception) -> Refused:
    first = str(error).partition("\n")[0]
    for said, told in (
        ("Binder Error: Referenced column ", "Column '{}' cannot be resolved"),
        ("Binder Error: Table ", "Unknown table '{}'"),
    ):
        if first.startswith(said) and '"' in first:
            return analysis(told.format(first.split('"')[1]))
    return analysis(first)


def described(world: World, query: Query) -> list[tuple[str, Any]]:
    """Names and DuckDB's types of a query's columns. Raises Refused for what fails."""
    cursor = world.cursor()
    try:
        run(cursor, f"DESCRIBE {query.sql}")
        return [(row[0], row[1]) for row in cursor.fetchall()]
    finally:
        cursor.close()


def default_places(places: Sequence[Place]) -> bool:
    """Whether all of these are StarRocks' own tables."""
    return all(catalog == DEFAULT for catalog, _, _ in places)
