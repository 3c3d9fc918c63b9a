"""Entities that features are asked for: a file, SQL, a node, or rows that Python has at hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.features.clocks import TIMES
from seeknal.features.joining import ENTITIES, ROW, refuse_our_names
from seeknal.rows.scans import columns_of
from seeknal.sql.names import find, named
from seeknal.sql.quote import quote_identifier, quote_literal, quote_name
from seeknal.values.errors import NodeError, UsageError, column_help, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from seeknal.features.groups import Group
    from seeknal.features.joining import Compared
    from seeknal.features.opened import Opened
    from seeknal.run.python.tabular import Workspace
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = frozenset((*_WHOLE, *(f"U{name}" for name in _WHOLE)))
_NOT_SEEN = ("VARCHAR", "UUID")
"""Types that values in a CSV file are not seen to be of."""
_APPROXIMATE = ("FLOAT", "DOUBLE")


@frozen(kw_only=True)
class Given:
    """Entities as a SELECT, their columns, and what they were given as, for people.

    ``node`` is the one whose rows they are, where that was named.
    """

    select: str
    columns: tuple[Column, ...]
    said: str
    node: NodeId | None = None

    def column(self, name: str, what: str = "") -> str:
        """The column of a name, whatever its case. Raises UsageError that says ``what`` it is."""
        found = next((c.name for c in self.columns if c.name.lower() == name.lower()), None)
        if found is None:
            raise UsageError(
                f"{self.said} has no column {name!r}{what}",
                code="SK1802",
                help=column_help(name, [column.name for column in self.columns]),
            )
        return found

    def type_of(self, name: str) -> str:
        return next(column.type for column in self.columns if column.name == name)


def read_entities(opened: Opened, entities: object, groups: Sequence[Group]) -> Given:
    """Entities as a SELECT on a connection on which the project's tables have their names.

    Raises UsageError where they cannot be read.
    """
    with _explained():
        opened.define_for(entities)
        node = _meant_node(entities, opened.snapshots)
        select, said = _select(opened, entities, groups, node)
        columns = columns_of(opened.connection.sql(select))
    refuse_our_names(said, (column.name for column in columns))
    return Given(select=select, columns=columns, said=said, node=node)


@contextmanager
def _explained() -> Iterator[None]:
    import duckdb

    from seeknal.sql.advice import followable

    try:
        yield
    except NodeError as error:
        raise UsageError(f"entities: {error.message}", code="SK1802", help=error.help) from None
    except duckdb.Error as error:
        raise UsageError(
            f"entities cannot be read: {followable(str(error)).strip()}",
            code="SK1802",
            help="name a file, a node, or write a SELECT over the project's tables",
        ) from None


def _select(
    opened: Opened, entities: object, groups: Sequence[Group], node: NodeId | None
) -> tuple[str, str]:
    connection = opened.connection
    if isinstance(entities, Path) or _is_file(entities):
        return _of_file(connection, Path(str(entities)), groups), str(entities)
    if node is not None:
        return f"FROM {quote_name(node.kind, node.name)}", str(entities).strip()
    if isinstance(entities, str):
        return _of_query(connection, entities), "a query"
    return _of_python(connection, entities, groups, opened.folder), f"a {type(entities).__name__}"


def _is_file(entities: object) -> bool:
    if not isinstance(entities, str):
        return False
    return entities.lower().endswith(_ENDINGS) and not entities.rstrip().endswith(")")


def _meant_node(entities: object, nodes: Collection[NodeId]) -> NodeId | None:
    """The node that a text without blanks means; None for anything else.

    Raises UsageError where none of the nodes has that name, or several have.
    """
    if not isinstance(entities, str) or _is_file(entities):
        return None
    text = entities.strip()
    if any(blank in text for blank in " \t\n("):
        return None
    found = [find(text, nodes)] if "." in text else list(named(text, nodes))
    if len(found) == 1 and found[0] is not None:
        return found[0]
    if len(found) > 1:
        said = " or ".join(str(id) for id in found)
        raise UsageError(f"{text!r} means several nodes", code="SK1802", help=f"say {said}")
    near = did_you_mean(text, [*nodes, *(id.name for id in nodes)])
    raise UsageError(
        f"entities: no node {text!r} has stored rows",
        code="SK1802",
        help=near or f"name a node, a SELECT, or a file that ends in {', '.join(_ENDINGS)}",
    )


def _of_query(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    from seeknal.query.database import check_readable, one_statement
    from seeknal.sql.check import SqlRefused

    try:
        statement = one_statement(connection, text)
        check_readable(statement)
    except SqlRefused as refused:
        raise UsageError(
            f"entities: {refused}", code="SK1802", help="one SELECT over the project's tables"
        ) from None
    return statement


def _of_file(connection: duckdb.DuckDBPyConnection, path: Path, groups: Sequence[Group]) -> str:
    if not path.is_file():
        raise UsageError(
            f"entities: there is no file {path}", code="SK1802", help="name a Parquet or CSV file"
        )
    name = quote_literal(str(path.resolve()))
    if path.suffix.lower() == ".parquet":
        return f"SELECT * FROM read_parquet({name}, hive_partitioning = false)"
    # What is a key of text in a group is no number here, whatever it looks like.
    select = f"SELECT * FROM read_csv({name}, sample_size = -1{_key_types(path, groups)})"
    _refuse_other_dates(connection, path, select)
    return select


def _refuse_other_dates(connection: duckdb.DuckDBPyConnection, path: Path, select: str) -> None:
    """Raise UsageError for dates of which nobody can say which number is the month."""
    names = [c.name for c in columns_of(connection.sql(select)) if c.type in TIMES]
    for name in names:
        column = quote_identifier(name)
        texts = f"read_csv({quote_literal(str(path.resolve()))}, all_varchar = true)"
        other = f"NOT regexp_matches(trim({column}), '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
        found = connection.execute(f"SELECT {column} FROM {texts} WHERE {other} LIMIT 1").fetchall()
        if found:
            raise UsageError(
                f"{name} of {path} holds {found[0][0]!r}: which part is the month, nobody says",
                code="SK1802",
                help="write dates as 2026-03-31, or give a Parquet file or a node",
            )


def _key_types(path: Path, groups: Sequence[Group]) -> str:
    from seeknal.sql.own import own_duckdb

    with own_duckdb() as own:
        names = own.sql(f"FROM read_csv({quote_literal(str(path.resolve()))})").columns
    there = {name.lower(): name for name in names}
    types = {
        there[key.lower()]: group.types[key]
        for group in groups
        for key in group.rows.keys
        if key.lower() in there and group.types[key] in _NOT_SEEN
    }
    listed = (f"{quote_literal(name)}: {quote_literal(type)}" for name, type in types.items())
    return f", types = {{{', '.join(listed)}}}" if types else ""


def _of_python(
    connection: duckdb.DuckDBPyConnection, rows: Any, groups: Sequence[Group], workdir: Path
) -> str:
    from seeknal.rows.python_rows import scan_of_rows
    from seeknal.run.python.tabular import Workspace, is_tabular

    if isinstance(rows, Mapping):
        rows = [rows]
    if is_tabular(rows):
        _refuse_index(rows)
        workspace = Workspace(lambda: connection, workdir)
        if type(rows).__module__.partition(".")[0] == "pandas" and not len(rows):
            return _of_no_rows(workspace, rows, groups)
        return workspace.select(rows)
    if isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows):
        return scan_of_rows(connection, rows, workdir=workdir).sql
    raise UsageError(
        f"entities cannot be a {type(rows).__name__}",
        code="SK1802",
        help="give a path, SQL, a pandas or polars frame, Arrow, a DuckDB relation, or dicts",
    )


def _refuse_index(frame: Any) -> None:
    """A pandas index with a name may be what is looked for, and is no column."""
    if type(frame).__module__.partition(".")[0] != "pandas":
        return
    if names := [str(name) for name in frame.index.names if name is not None]:
        raise UsageError(
            f"the frame has an index {', '.join(names)}, which is no column",
            code="SK1802",
            help="call .reset_index() to keep it, or .reset_index(drop=True)",
        )


def _of_no_rows(workspace: Workspace, frame: Any, groups: Sequence[Group]) -> str:
    """A pandas frame without rows, whose columns of objects have no type: keys have the groups'."""
    untyped = [name for name, dtype in frame.dtypes.items() if str(dtype) == "object"]
    select = workspace.select(frame.astype(dict.fromkeys(untyped, "string")))
    types = {key.lower(): group.types[key] for group in groups for key in group.rows.keys}
    casts = [
        f"CAST({quote_identifier(name)} AS {types[name.lower()]}) AS {quote_identifier(name)}"
        for name in map(str, untyped)
        if name.lower() in types
    ]
    return f"SELECT * REPLACE ({', '.join(casts)}) {select}" if casts else select


def store_entities(
    connection: duckdb.DuckDBPyConnection, given: Given, clocks: Iterable[Compared | None]
) -> int:
    """Read entities, once, into a table with a number for each row and its moments.

    Gives how many there are. Raises UsageError where they cannot be read.
    """
    moments = {clock.moment: clock.clock.moment for clock in clocks if clock is not None}
    more = "".join(f", {sql} AS {quote_identifier(name)}" for name, sql in moments.items())
    numbered = f"SELECT row_number() OVER () AS {quote_identifier(ROW)}, * FROM ({given.select}\n)"
    with _explained():
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {ENTITIES} AS SELECT *{more} FROM ({numbered})"
        )
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {ENTITIES}").fetchall()
    return int(rows)


def check_keys(given: Given, groups: Sequence[Group]) -> None:
    """Raise UsageError for a key of a group that entities lack, or have of another type."""
    for group in groups:
        for key in group.rows.keys:
            name = given.column(key, f", a key of {group.node}")
            ours, theirs = given.type_of(name), group.types[key]
            if not comparable(ours, theirs):
                wanted = "BIGINT" if theirs in _APPROXIMATE else theirs
                where = group.node if theirs in _APPROXIMATE else given.said
                raise UsageError(
                    f"{name} is {ours} in {given.said} and {theirs} in {group.node}",
                    code="SK1804",
                    help=f"give it as {wanted} in {where}",
                )


def comparable(ours: str, theirs: str) -> bool:
    """Whether values of two types are equal exactly where they are the same key.

    Numbers that are no exact ones are equal by chance: they are nobody's keys.
    """
    both = {ours.partition("(")[0], theirs.partition("(")[0]}
    # Of the widest whole numbers not all are a DECIMAL.
    too_wide = "DECIMAL" in both and both & {"HUGEINT", "UHUGEINT"}
    return _family(ours) == _family(theirs) and ours not in _APPROXIMATE and not too_wide


def _family(type: str) -> str:
    base = type.partition("(")[0]
    if base in _NUMBERS or base == "DECIMAL":
        return "a number"
    if base in ("VARCHAR", "ENUM"):
        return "text"
    return type


def timestamp_of(given: Given, asked: str | None, keys: Sequence[str]) -> str:
    """The column that says when: ``asked``, or the only one that may. Raises UsageError."""
    if asked is not None:
        name = given.column(asked)
        if given.type_of(name) not in TIMES:
            raise UsageError(
                f"{name} of {given.said} is {given.type_of(name)}, not a date or a time",
                code="SK1802",
                help=f"cast it: CAST({name} AS TIMESTAMP)",
            )
        return name
    folded = {key.lower() for key in keys}
    found = [c.name for c in given.columns if c.type in TIMES and c.name.lower() not in folded]
    if len(found) == 1:
        return found[0]
    said = ", ".join(found)
    raise UsageError(
        f"which column says when: {said}?" if found else f"{given.said} has no column of times",
        code="SK1802",
        help="--timestamp COLUMN (timestamp=), or --as-of for one moment of all rows",
    )
