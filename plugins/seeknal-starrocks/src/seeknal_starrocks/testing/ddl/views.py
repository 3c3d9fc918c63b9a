"""Reads the statements about materialized views."""

from __future__ import annotations

from typing import Any, cast

from seeknal_starrocks.testing.ddl import clauses
from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.ddl.statements import (
    AlterView,
    CreateView,
    Drop,
    Refresh,
    RefreshView,
    Rename,
    SetActive,
    SetProperties,
    Swap,
)

UNITS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}
"""Those of EVERY, in seconds."""


def create(reader: Reader) -> CreateView:
    """What follows ``CREATE MATERIALIZED VIEW``. OR REPLACE comes before, and is nothing here."""
    if_not_exists = clauses.if_not_exists(reader)
    name = reader.names()
    columns = clauses.columns_with_comments(reader)
    comment = clauses.comment(reader)
    found = _clauses(reader)
    reader.expect("AS")
    return CreateView(
        name=name,
        if_not_exists=if_not_exists,
        columns=columns,
        comment=comment,
        partition_by=found.get("PARTITION BY", ()),
        distribution=found.get("DISTRIBUTED BY"),
        order_by=found.get("ORDER BY", ()),
        refresh=found.get("REFRESH"),
        properties=found.get("PROPERTIES", {}),
        query=reader.rest(),
    )


def _clauses(reader: Reader) -> dict[str, Any]:
    """Those between the comment and AS, in any order and each once."""
    readers = {
        ("PARTITION", "BY"): clauses.partitioning,
        ("DISTRIBUTED", "BY"): clauses.distribution,
        ("ORDER", "BY"): clauses.ordering,
        ("REFRESH",): refresh,
        ("PROPERTIES",): Reader.properties,
    }
    found: dict[str, Any] = {}
    while words := next((words for words in readers if reader.ahead(*words)), None):
        clause = " ".join(words)
        if clause in found:
            raise reader.wrong(f"Duplicated clause '{words[0]}'")
        reader.accept(*words)
        found[clause] = readers[words](reader)
    return found


def refresh(reader: Reader) -> Refresh:
    """What follows REFRESH in a definition."""
    moment = next((word for word in ("IMMEDIATE", "DEFERRED") if reader.accept(word)), None)
    kind = reader.one_of("ASYNC", "MANUAL", "INCREMENTAL")
    start, every = None, None
    if kind == "ASYNC" and reader.accept("START"):
        (start,) = reader.listed(reader.text)
        reader.expect("EVERY")
        every = _every(reader)
    elif kind == "ASYNC" and reader.accept("EVERY"):
        every = _every(reader)
    return Refresh(moment=cast("Any", moment), kind=cast("Any", kind), start=start, every=every)


def _every(reader: Reader) -> tuple[int, str]:
    reader.expect("(", "INTERVAL")
    if reader.next.kind != "whole":
        raise reader.wrong(f"Unsupported interval expr: {reader.next.text}, a whole number is")
    number = reader.whole()
    unit = reader.next.word
    if unit not in UNITS:
        raise reader.wrong(f"Unsupported interval unit: {unit}, of {', '.join(sorted(UNITS))}")
    reader.expect(unit, ")")
    return number, unit


def alter(reader: Reader) -> AlterView:
    """What follows ``ALTER MATERIALIZED VIEW``."""
    name = reader.names()
    return AlterView(name=name, change=_change(reader))


def _change(reader: Reader) -> Refresh | Rename | Swap | SetProperties | SetActive:
    word = reader.one_of("REFRESH", "RENAME", "SWAP", "SET", "ACTIVE", "INACTIVE")
    if word == "REFRESH":
        return refresh(reader)
    if word == "RENAME":
        return Rename(to=reader.name())
    if word == "SWAP":
        reader.expect("WITH")
        return Swap(other=reader.name())
    if word == "SET":
        return SetProperties(properties=reader.properties())
    return SetActive(active=word == "ACTIVE")


def drop(reader: Reader) -> Drop:
    """What follows ``DROP MATERIALIZED VIEW``."""
    if_exists = clauses.if_exists(reader)
    return Drop(what="MATERIALIZED VIEW", name=reader.names(), if_exists=if_exists)


def refresh_now(reader: Reader) -> RefreshView:
    """What follows ``REFRESH MATERIALIZED VIEW``."""
    name = reader.names()
    partition = None
    if reader.accept("PARTITION"):
        reader.expect("START")
        (start,) = reader.listed(reader.text)
        reader.expect("END")
        (end,) = reader.listed(reader.text)
        partition = (start, end)
    forced = reader.accept("FORCE")
    waits = False
    if reader.accept("WITH"):
        waits = reader.one_of("SYNC", "ASYNC") == "SYNC"
        reader.expect("MODE")
    return RefreshView(name=name, forced=forced, waits=waits, partition=partition)
