"""Running the function of a file with a PEP 723 header, in a process with its packages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.project.python.uv import run_with_uv
from seeknal.run.engine import stored_scan, write_rows
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError
from seeknal.values.location import Location
from seeknal.values.relations import Scan

if TYPE_CHECKING:
    import duckdb

    from seeknal.run.python.context import Call
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.relations import Relation


def run_script(
    node: Node,
    parents: Mapping[NodeId, Relation],
    call: Call,
    cursor: duckdb.DuckDBPyConnection,
    this: Relation | None = None,
) -> Scan | None:
    """The rows that the function returns; they come and go as Parquet.

    None when a source's function returns nothing. Raises NodeError for what the code raises.
    """
    assert node.python is not None
    inputs = {id: _store(relation, call, cursor) for id, relation in parents.items()}
    call = evolve(call, this=_store(this, call, cursor) if this else None)
    source = None
    if call.source is not None:
        source = _write(call.source, f"{node.name}-loaded", call, cursor)
    answer = run_with_uv(
        call.file,
        node.python.script or "",
        _job(call, inputs, source),
        call.root,
        call.workdir,
        partial(_logged, call.log),
    )
    for sql in answer["sql"]:
        call.capture(sql)
    if answer.get("error"):
        raise _error(answer["error"])
    if answer.get("rows") is None:
        return None
    path = call.workdir / "returned.parquet"
    columns = [Column(name, type) for name, type in answer["columns"]]
    return Scan(f"SELECT * FROM {stored_scan(path, columns)}", repeatable=True)


def _logged(log: logging.Logger, event: Mapping[str, Any]) -> None:
    log.log(event["level"], "%s", event["text"])


def _job(call: Call, inputs: Mapping[NodeId, str], source: str | None) -> dict[str, Any]:
    interval = call.interval
    return {
        "do": "run",
        "node": call.node,
        "file": str(call.file),
        "root": str(call.root),
        "workdir": str(call.workdir),
        "inputs": inputs,
        "source": source,
        "this": call.this,
        "columns": [[column.name, column.type] for column in call.columns],
        "contract": call.contract,
        "params": dict(call.params),
        "variables": dict(call.variables),
        "interval": interval and [interval.start.isoformat(), interval.end.isoformat()],
        "frozen": call.frozen and call.frozen.isoformat(),
        "environment": call.environment,
        "run_id": call.run_id,
        "result": str(call.workdir / "returned.parquet"),
    }


def _store(relation: Relation, call: Call, cursor: duckdb.DuckDBPyConnection) -> str:
    """What the child puts after FROM to read an input."""
    if relation.path is not None:
        return stored_scan(relation.path, relation.columns)
    return _write(relation.scan, str(relation.node), call, cursor, repeatable=True)


def _write(
    scan: str,
    name: str,
    call: Call,
    cursor: duckdb.DuckDBPyConnection,
    *,
    repeatable: bool = False,
) -> str:
    path = call.workdir / f"{name}.input.parquet"
    _, columns = write_rows(cursor, Scan(f"SELECT * FROM {scan}"), path, repeatable=repeatable)
    return stored_scan(path, columns)


def _error(found: Mapping[str, Any]) -> NodeError:
    location = Location(found["file"], found["line"]) if found["file"] else None
    return NodeError(found["message"], code=found["code"], help=found["help"], location=location)
