"""Rows as they are stored with where they are from."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from seeknal.host import clock
from seeknal.intervals.timedpaths import pattern_of
from seeknal.lineage.schemas import paths_of
from seeknal.project.profile.endpoints import implicit_connection, without_credentials
from seeknal.sql.quote import quote_identifier, quote_literal
from seeknal.values.provenance import (
    BATCH_ID,
    INGESTED_AT,
    LAYER,
    SOURCE_FILE,
    own_layer,
    with_provenance,
)
from seeknal.values.relations import Scan

if TYPE_CHECKING:
    from seeknal.run.step_scope import StepScope
    from seeknal.values.columns import Column
    from seeknal.values.node import Node
    from seeknal.values.relations import Origin

Stamp = Callable[[Scan, tuple["Column", ...], "Origin | None"], tuple[Scan, tuple["Column", ...]]]
"""Makes of rows and their columns those that are stored, by the files that they are from."""


def stamp_of(scope: StepScope) -> Stamp | None:
    """What the rows of a step's node are stored with; None where that is themselves alone."""
    node = scope.node
    if not node.provenance:
        return None
    if node.source is not None:
        read_at = clock.now()
        return lambda rows, columns, origin: _of_source(scope, read_at, rows, columns, origin)
    return lambda rows, columns, origin: (Scan(in_own_layer(node, rows.sql, columns)), columns)


def in_own_layer(node: Node, select: str, columns: Sequence[Column]) -> str:
    """``select`` with the node's own layer, where its rows carry that of its inputs."""
    layer = own_layer(node, columns)
    if layer is None:
        return select
    said = f"{quote_literal(layer)} AS {quote_identifier(LAYER)}"
    return f"SELECT * REPLACE ({said}) FROM ({select}\n)"


def _of_source(
    scope: StepScope,
    read_at: datetime,
    rows: Scan,
    columns: tuple[Column, ...],
    origin: Origin | None,
) -> tuple[Scan, tuple[Column, ...]]:
    aside = origin.column if origin else None
    kept = tuple(column for column in columns if column.name != aside)
    given = with_provenance(kept)
    layer = scope.node.layer
    values = {
        SOURCE_FILE: _file(scope, origin),
        INGESTED_AT: f"CAST({quote_literal(read_at.isoformat())} AS TIMESTAMPTZ)",
        BATCH_ID: quote_literal(scope.services.run_id),
        LAYER: f"CAST({quote_literal(layer) if layer else 'NULL'} AS VARCHAR)",
    }
    items = ", ".join(f"{value} AS {quote_identifier(name)}" for name, value in values.items())
    left_out = f" EXCLUDE ({quote_identifier(aside)})" if aside else ""
    return Scan(f"SELECT *{left_out}, {items} FROM ({rows.sql}\n)"), given


def _file(scope: StepScope, origin: Origin | None) -> str:
    """SQL of the file that a row is from."""
    if origin is None:
        return quote_literal(place_of(scope))
    if origin.column is None:
        return quote_literal(", ".join(dict.fromkeys(origin.names.values())))
    name = quote_identifier(origin.column)
    whens = " ".join(
        f"WHEN {quote_literal(opened)} THEN {quote_literal(shown)}"
        for opened, shown in origin.names.items()
    )
    return f"CASE {name} {whens} ELSE {name} END"


def place_of(scope: StepScope) -> str:
    """What a source's rows are read from, where that is not one of several files."""
    node = scope.node
    source = node.source
    assert source is not None
    if source.type == "python" and node.python is not None:
        return node.python.file
    plugins, root = scope.services.plugins, scope.services.project.root
    # What stands behind a question mark may be a key.
    table = ", ".join(name.partition("?")[0] for name in source.table) or "query"
    connection = source.connection or implicit_connection(source.type, plugins)
    if connection is not None:
        shown = _public(connection)
        return f"{shown}/{table}"
    paths = list(paths_of(source))
    for place, path in enumerate(paths):
        # Whether there are more is enough to know, of thousands of folders.
        found = list(islice(glob.iglob(pattern_of(path), root_dir=root, recursive=True), 2))
        paths[place] = found[0] if len(found) == 1 else path
    files = ", ".join(map(_public, paths))
    if not files:
        return source.type
    return f"{files}/{table}" if tuple(paths_of(source)) != source.table else files


def _public(text: str) -> str:
    """A URL without what may be secret in it; other text as it is."""
    return without_credentials(text).partition("?")[0] if "://" in text else text
