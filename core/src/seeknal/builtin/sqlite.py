"""Sources that are tables of a SQLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from seeknal.plugin import SourceType, hookimpl

if TYPE_CHECKING:
    from seeknal.builtin.options.sqlite import SqliteOptions
    from seeknal.plugin import Rows, Source, SourceContext

_TYPE = "sqlite"


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name=_TYPE,
            options="seeknal.builtin.options.sqlite:SqliteOptions",
            summary="a table of a SQLite file",
            reads_files=True,
            needs=("table",),
        )
    ]


@hookimpl
def source_version(source: Source, context: SourceContext) -> object | None:
    if source.type != _TYPE:
        return None
    from seeknal.builtin.sqliterows import version_of

    options = cast("SqliteOptions", source.options)
    return version_of(source, options, context)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if source.type != _TYPE:
        return None
    from seeknal.builtin.sqliterows import read

    options = cast("SqliteOptions", source.options)
    return read(source, options, context)
