"""What is refused of a snapshot's input, and of what it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seeknal.builtin.snapshotcolumns import ZONED, ours
from seeknal.builtin.widening import SIGNED, UNSIGNED
from seeknal.plugin import NodeError, column_help, quote_identifier

if TYPE_CHECKING:
    from seeknal.builtin.options.snapshot import SnapshotOptions
    from seeknal.builtin.snapshotsql import Query
    from seeknal.plugin import Column, Misfit, Node, NodeContext, Relation

_ORDERED = ("DATE", "TIMESTAMP", "DECIMAL", *SIGNED, *UNSIGNED)
"""How types begin whose values have one order, and are the same where they are equal."""
_INEXACT = ("FLOAT", "DOUBLE", "REAL", "INTERVAL", "TIME WITH TIME ZONE", "VARIANT")


def misfits(node: Node, options: SnapshotOptions, columns: Sequence[Column]) -> Iterator[Misfit]:
    """What a snapshot names and its input does not have, or has as another type."""
    from seeknal.plugin import Misfit

    names = [column.name for column in columns]
    types = {column.name.lower(): column.type for column in columns}
    for name in names:
        if name.lower() in ours(options):
            yield Misfit(
                code="SK0852",
                message=f"the input of {node.id} has a column {name!r}, which snapshots add",
                help=f"give it another name in the node's SQL: {quote_identifier(name)} AS ...",
                key="unique_key",
                word="",
            )
    for key, name in _named(options):
        if name.lower() not in types:
            yield Misfit(
                code="SK0851",
                message=f"{key}: {name!r} is not a column of the input of {node.id}",
                help=column_help(name, names),
                key=key,
                word=name,
            )
            continue
        refused = _refused_type(options, key, name, types[name.lower()])
        if refused is not None:
            message, help = refused
            yield Misfit(code="SK0853", message=message, help=help, key=key, word=name)


def _named(options: SnapshotOptions) -> Iterator[tuple[str, str]]:
    """Each column that is named, and under which key."""
    for name in options.unique_key:
        yield "unique_key", name
    if options.when is not None:
        yield "updated_at", options.when
    if options.strategy == "check" and not options.checks_all:
        for name in options.check_columns:
            yield "check_columns", name


def _refused_type(
    options: SnapshotOptions, key: str, name: str, type: str
) -> tuple[str, str] | None:
    if not type:
        return None
    if key == "unique_key" and any(word in type for word in _INEXACT):
        return (
            f"unique_key: {name} is {type}, of which equal values may not be the same",
            "cast it in the node's SQL, such as to VARCHAR or DECIMAL",
        )
    if key != "updated_at":
        return None
    if not type.startswith(_ORDERED) or type.endswith("]"):
        return (
            f"updated_at: {name} is {type}, which has no exact order in time",
            f"CAST({quote_identifier(name)} AS TIMESTAMP) in the node's SQL",
        )
    if options.deletes != "ignore" and type not in ZONED:
        return (
            f"updated_at: {name} is {type}, which has no moment of a deletion, as"
            f" hard_deletes: {options.deletes} needs",
            f"{_as_moment(name, type)} in the node's SQL, or hard_deletes: ignore",
        )
    return None


def _as_moment(name: str, type: str) -> str:
    """SQL of a moment that DuckDB makes of a column; a number is seconds since 1970 there."""
    quoted = quote_identifier(name)
    if type in SIGNED or type in UNSIGNED or type.startswith("DECIMAL"):
        return f"to_timestamp({quoted}), where it counts seconds since 1970,"
    return f"CAST({quoted} AS TIMESTAMP)"


def check_named(node: Node, options: SnapshotOptions, columns: Sequence[Column]) -> None:
    """Raise NodeError for the first of the `misfits`."""
    for found in misfits(node, options, columns):
        raise NodeError(found.message, code=found.code, location=node.location, help=found.help)


def check_given(
    node: Node, options: SnapshotOptions, given: Relation, context: NodeContext
) -> None:
    """Raise NodeError for rows without a key or time, and for several of one."""
    from seeknal.plugin import RowsRefused, check_keys

    names = {column.name.lower(): column.name for column in given.columns}
    unique = [names[name.lower()] for name in options.told_apart_by]
    _refuse_empty(node, given, unique, context)
    try:
        check_keys(given, unique, context)  # type: ignore[arg-type]
    except RowsRefused as refused:
        raise NodeError(
            refused.message, code="SK0855", location=node.location, help=_help(options)
        ) from refused
    if options.when is None:
        return
    when = names[options.when.lower()]
    type = next(column.type for column in given.columns if column.name == when)
    if not type.startswith(("DATE", "TIMESTAMP")):
        return
    found = context.duckdb.execute(
        f"SELECT count(*) FROM {given.scan} WHERE NOT isfinite({quote_identifier(when)})"
    ).fetchall()
    if found[0][0]:
        raise NodeError(
            f"{found[0][0]:,} of {given.rows:,} rows have an infinite {when}",
            code="SK0854",
            location=node.location,
            help="a row that never began is no version: fill it, or leave such rows out",
        )


def _refuse_empty(node: Node, given: Relation, unique: Sequence[str], context: NodeContext) -> None:
    """Raise NodeError for rows without a key or time, with one of them."""
    others = [column.name for column in given.columns if column.name not in unique]
    shown = [*unique, *others[:2]]
    empty = " OR ".join(f"{quote_identifier(name)} IS NULL" for name in unique)
    texts = ", ".join(_text(quote_identifier(name)) for name in shown)
    found = context.duckdb.execute(
        f"SELECT count(*) OVER (), {texts} FROM {given.scan} WHERE {empty} LIMIT 1"
    ).fetchall()
    if found:
        count, *values = found[0]
        raise NodeError(
            f"{count:,} of {given.rows:,} rows have no {' or '.join(unique)}, such as"
            f" {_example(node, shown, values, context)}",
            code="SK0854",
            location=node.location,
            help="a version cannot be told without it: fill it, or leave such rows out",
        )


def _help(options: SnapshotOptions) -> str:
    if options.strategy == "timestamp":
        return "make them unique in the node's SQL, or name more columns in unique_key"
    return (
        "make them unique in the node's SQL, or name more columns in unique_key; an input that"
        " holds earlier versions as well needs strategy: timestamp"
    )


def check_same_versions(node: Node, query: Query, context: NodeContext) -> None:
    """Raise NodeError where the input has a version that the history has with other values."""
    if query.when is None or query.past is None:
        return
    compared = [column for column in query.compared if column.past is not None]
    # NULL is no contradiction: the column may be newer than the version.
    differs = " OR ".join(
        f"({known} IS NOT NULL AND {column.differs('given', 'known')})"
        for column in compared
        for known in [f"known.{quote_identifier(column.name)}"]
    )
    names = [*query.keys, query.when]
    listed = ", ".join(_text(f"given.{quote_identifier(column.name)}") for column in names)
    found = context.duckdb.execute(
        f"WITH given AS ({query.rows_given()}), past AS ({query.rows_past()})"
        f" SELECT {listed}, count(*) OVER () FROM given"
        f" JOIN past AS known ON {query.same_version('given', 'known')}"
        f" WHERE NOT known.{query.own.deleted} AND ({differs}) ORDER BY ALL LIMIT 1"
    ).fetchall()
    if found:
        *values, count = found[0]
        example = _example(node, [column.name for column in names], values, context)
        rows = "a row has" if count == 1 else f"{count:,} rows have"
        raise NodeError(
            f"{rows} other values than before though {query.when.name} is the same: {example}",
            code="SK0856",
            location=node.location,
            help="strategy: check sees changes of which updated_at says nothing",
        )


def check_past(node: Node, query: Query, context: NodeContext) -> None:
    """Raise NodeError where the earlier rows are no history by the node's key."""
    own = query.own
    keys = ", ".join(quote_identifier(key.name) for key in query.keys)
    empty = " OR ".join(f"{quote_identifier(key.name)} IS NULL" for key in query.keys)
    rows = (
        f"SELECT *, lead({own.start}) OVER (PARTITION BY {keys} ORDER BY {own.start}) AS {own.next}"
        f" FROM ({query.rows_past()})"
    )
    overlaps = (
        f"{own.next} IS NOT NULL"
        f" AND ({own.end} IS NULL OR {own.end} > {own.next} OR {own.start} = {own.next})"
    )
    found = context.duckdb.execute(
        f"SELECT count(*) FROM ({rows}) WHERE {empty} OR {overlaps}"
    ).fetchall()
    if found[0][0]:
        raise NodeError(
            f"{found[0][0]:,} earlier versions are none by unique_key:"
            f" {', '.join(key.name for key in query.keys)}:"
            " the key is NULL in them, or they overlap",
            code="SK0859",
            location=node.location,
            help="a snapshot by another key is another one: give it another name, and the earlier"
            " rows stay under this one",
        )


def _text(value: str) -> str:
    """SQL of a value as it is shown: some versions of DuckDB give moments with pytz alone."""
    return f"CAST({value} AS VARCHAR)"


def _example(
    node: Node, names: Sequence[str], values: Sequence[object], context: NodeContext
) -> str:
    from seeknal.plugin import value_of

    private = context.pii(str(node.id))
    pairs = zip(names, values, strict=True)
    return ", ".join(f"{name} = {value_of(name, value, private)}" for name, value in pairs)
