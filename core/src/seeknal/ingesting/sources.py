"""The source that options name, as `load_source` is given it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.kernel.options import convert
from seeknal.project.build_context import unknown_type
from seeknal.values.columns import ColumnSpec
from seeknal.values.errors import UsageError
from seeknal.values.marks import Marks
from seeknal.values.names import NodeId
from seeknal.values.problems import Problems
from seeknal.values.sources import Source

if TYPE_CHECKING:
    from seeknal.ingesting.options import IngestOptions
    from seeknal.ingesting.places import Places

_ENDINGS = {
    **{".csv": "csv", ".tsv": "tsv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "excel"},
    **{".json": "json", ".jsonl": "json", ".ndjson": "json"},
    **{".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite"},
}


def source_of(options: IngestOptions, name: str, places: Places, folder: Path) -> Source:
    """The source of a load. Raises UsageError for what no plugin loads, or wrong options."""
    named = places.named(options.connection) if options.connection else None
    params = {**(named.params if named else {}), **options.params}
    paths = _paths(options, params)
    type = options.source or (named.type if named else _type_of(paths))
    declared = places.plugins.source_types.get(type)
    if declared is None:
        help = unknown_type("source type", type, places.plugins)
        raise UsageError(f"unknown source type {type!r}", code="SK0208", help=help)
    if declared.reads_files:
        # There is no project that paths could be relative to.
        paths = tuple(path if "://" in path else str(folder / path) for path in paths)
    paths = tuple(places.address(path) if "://" in path else path for path in paths)
    table: tuple[str, ...] = (options.table,) if options.table else ()
    if paths and table:
        params["path"] = paths[0] if len(paths) == 1 else list(paths)
    elif paths:
        params.pop("path", None)
        table = paths
    connection = named.connection.name if named and named.connection else None
    return Source(
        node=NodeId.of("ingest", name),
        type=type,
        options=_options(declared.options, params),
        table=table,
        query=options.query,
        connection=connection,
        columns=tuple(ColumnSpec(name=key, type=text) for key, text in options.columns.items()),
        allow_outside=True,
        whole=True,
    )


def of_table(source: Source, table: str, name: str) -> Source:
    """The same source for another of its tables."""
    return evolve(source, table=(table,), node=NodeId.of("ingest", name))


def _paths(options: IngestOptions, params: Mapping[str, object]) -> tuple[str, ...]:
    given = options.path or params.get("path") or ()
    return (given,) if isinstance(given, str) else tuple(map(str, given))  # type: ignore[call-overload]


def _type_of(paths: tuple[str, ...]) -> str:
    """The type that the ending of a path says."""
    first = paths[0] if paths else ""
    if first.startswith(("http://", "https://")):
        return "http"
    endings = (_ENDINGS.get(ending.lower()) for ending in reversed(PurePath(first).suffixes))
    found = next((type for type in endings if type), None)
    if found is None:
        raise UsageError(
            f"the ending of {first!r} does not say of which type it is",
            code="SK1607",
            help="--source csv, json, parquet, ...",
        )
    return found


def _options(cls: type, params: Mapping[str, object]) -> object:
    problems = Problems()
    found = convert(cls, params, Marks("", {}, {}), problems, what="option")
    if found is None:
        first = next(iter(problems))
        raise UsageError(f"--param: {first.message}", code=first.code, help=first.help)
    return found
