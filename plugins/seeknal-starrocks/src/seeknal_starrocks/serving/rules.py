"""What StarRocks asks of a materialized view, held against what is wanted before any is made.

The rules are those of its analyzer and its documentation: what they refuse is never sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import did_you_mean
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.options import property_text
from seeknal_starrocks.serving import partitions, properties
from seeknal_starrocks.serving.schedule import schedule_of

if TYPE_CHECKING:
    from seeknal_starrocks.serving.bases import Name, Origin
    from seeknal_starrocks.serving.facts import Facts, Output
    from seeknal_starrocks.serving.options import ViewConfig
    from seeknal_starrocks.serving.partitions import Partition

NOT_PARTITIONED = "none"
RANDOM = "random"
_RANDOM = ("rand", "random", "uuid", "uuid_numeric", "uuid_v7", "sleep")
_NO_COLUMN = re.compile(r"[\0=<>!*`]|^$")
_LONGEST_COLUMN = 1024


@frozen(kw_only=True)
class Shape:
    """How a view lies: all that follows from what is wanted and what its tables are."""

    partition_by: tuple[str, ...]
    distributed_by: str
    order_by: tuple[str, ...]


def shape_of(config: ViewConfig, facts: Facts) -> Shape:
    """How a view lies that keeps every rule, as `problems_of` says."""
    return Shape(
        partition_by=tuple(each.written for each in _partitions(config, facts)),
        distributed_by=_distribution(config, facts),
        order_by=tuple(_real(name, facts) for name in config.order_by),
    )


def problems_of(config: ViewConfig, facts: Facts) -> list[str]:
    """Everything that StarRocks would refuse, in words for who wrote it."""
    given = {key: property_text(value) for key, value in config.properties.items()}
    by = _partitions(config, facts)
    origins = {each.name.lower(): each.origin for each in facts.outputs}
    lists = partitions.by_list(by, origins)
    return [
        *(
            f"{base} is a view that is inactive"
            for base in facts.tables.values()
            if not base.active
        ),
        *_of_outputs(facts.outputs),
        *_of_partitions(by, facts, origins),
        *_of_keys("distributed_by", _hashed(config, facts), facts),
        *_of_keys("order_by", config.order_by, facts),
        *_of_schedule(config, facts),
        *properties.problems_of(given, partitioned=bool(by), by_list=lists, version=facts.version),
        *_of_rewrite(given, facts.tree),
    ]


def problems_of_query(tree: Any, tables: Collection[Name]) -> list[str]:
    """Why no view is made of a query, whatever its tables are."""
    from sqlglot import exp

    random = {name for node in tree.walk() if (name := _called(node)) in _RANDOM}
    found = [f"{name}() gives another value each time" for name in sorted(random)]
    if not isinstance(tree, exp.Select | exp.SetOperation):
        found.append("a view is a SELECT, or several that are put together")
    if not tables:
        found.append("a view reads a table, and this query reads none")
    return found


def _called(node: Any) -> str:
    """The name of a function that is called, in lower case; empty for anything else."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    return str(node.sql_name()).lower() if isinstance(node, exp.Func) else ""


def _of_outputs(outputs: Sequence[Output]) -> Iterator[str]:
    seen: set[str] = set()
    for number, each in enumerate(outputs, 1):
        if _NO_COLUMN.search(each.name) or len(each.name) > _LONGEST_COLUMN:
            yield f"column {number} of the query has no name of its own: give it one with AS"
        elif each.name.lower() in seen:
            yield f"the query gives two columns {each.name!r}: name one of them otherwise with AS"
        seen.add(each.name.lower())
    if not any(each.may_be_key for each in outputs):
        yield (
            "none of the columns can be a key, as each view needs one: neither FLOAT, DOUBLE and"
            " VARBINARY can, nor JSON and what is nested; CAST a number to DECIMAL, or add a column"
        )


def _partitions(config: ViewConfig, facts: Facts) -> tuple[Partition, ...]:
    """Those that are asked for, or that the table behind a column asks for."""
    if config.partition_by == (NOT_PARTITIONED,):
        return ()
    if config.partition_by:
        return tuple(
            _with_real(partitions.partition_of(text), facts) for text in config.partition_by
        )
    for each in facts.outputs:
        if (origin := each.origin) is None:
            continue
        found = partitions.derived(origin.table, origin.column, each.name, each.type)
        if found is not None and not [*_windows_beside(found.column, facts.tree)]:
            return (found,)
    return ()


def _with_real(given: Partition, facts: Facts) -> Partition:
    from attrs import evolve

    return evolve(given, column=_real(given.column, facts))


def _real(name: str, facts: Facts) -> str:
    """A column as the query writes it."""
    return next((each.name for each in facts.outputs if each.name.lower() == name.lower()), name)


def _of_partitions(
    given: tuple[Partition, ...], facts: Facts, origins: dict[str, Origin | None]
) -> Iterator[str]:
    types = {each.name.lower(): each.type for each in facts.outputs}
    yield from partitions.problems_of(given, origins, types, facts.version)
    for each in given:
        for window in _windows_beside(each.column, facts.tree):
            yield f"partition_by: {window} has to be partitioned by {each.column!r} too"


def _windows_beside(column: str, tree: Any) -> Iterator[str]:
    """Windows that reach over the partitions of a column."""
    from sqlglot import exp

    for window in tree.find_all(exp.Window):
        by = {
            each.name.lower()
            for each in window.args.get("partition_by") or ()
            if isinstance(each, exp.Column)
        }
        if column.lower() not in by:
            yield window.sql(dialect="starrocks", comments=False)


def _hashed(config: ViewConfig, facts: Facts) -> tuple[str, ...]:
    given = config.distributed_by
    if given is None:
        return ()
    if isinstance(given, tuple):
        return () if _is_random(given, facts) else given
    return given.hash


def _is_random(given: tuple[str, ...], facts: Facts) -> bool:
    named = any(each.name.lower() == RANDOM for each in facts.outputs)
    return not given or (given == (RANDOM,) and not named)


def _distribution(config: ViewConfig, facts: Facts) -> str:
    given = config.distributed_by
    columns = [quoted(_real(name, facts)) for name in _hashed(config, facts)]
    found = f"HASH({', '.join(columns)})" if columns else "RANDOM"
    if given is None or isinstance(given, tuple) or given.buckets is None:
        return found
    return f"{found} BUCKETS {given.buckets}"


def _of_keys(key: str, names: Sequence[str], facts: Facts) -> Iterator[str]:
    outputs = {each.name.lower(): each for each in facts.outputs}
    for name in names:
        found = outputs.get(name.lower())
        if found is None:
            near = did_you_mean(name, [each.name for each in facts.outputs])
            yield f"{key}: the query has no column {name!r}{f': {near}' if near else ''}"
        elif not found.may_be_key:
            yield f"{key}: column {found.name!r} is {found.type}, which cannot be a key"
    if len({name.lower() for name in names}) < len(names):
        yield f"{key}: a column is named twice"


def _of_schedule(config: ViewConfig, facts: Facts) -> Iterator[str]:
    schedule = schedule_of(config.refresh)
    outside = [str(table) for table in facts.tables.values() if table.external]
    if schedule.kind == "ASYNC" and schedule.every is None and outside:
        yield (
            f"refresh: ASYNC alone follows StarRocks' own tables, and {outside[0]} is none:"
            " ASYNC EVERY(INTERVAL 5 MINUTE), or MANUAL, after which a run refreshes it"
        )
    if schedule.kind == "INCREMENTAL" and facts.version < (4, 1):
        yield "refresh: INCREMENTAL is of StarRocks 4.1 and later"


def _of_rewrite(given: dict[str, str], tree: Any) -> Iterator[str]:
    from sqlglot import exp

    if given.get("enable_query_rewrite", "").lower() != "true":
        return
    for kind, word in ((exp.Order, "ORDER BY"), (exp.Limit, "LIMIT"), (exp.Window, "a window")):
        if tree.find(kind) is not None:
            yield f"enable_query_rewrite is for queries without {word}, and this one has that"
