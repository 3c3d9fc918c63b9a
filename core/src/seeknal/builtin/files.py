"""placeholder"""
from __future__ import annotations

from attrs import frozen

from seeknal.fileversion import version_of
from seeknal.plugin import Scan, SourceType, hookimpl, quote_literal


@frozen(kw_only=True)
class CsvOptions:
    delimiter: str | None = None


@hookimpl
def source_types():
    return [SourceType(name="csv", options=CsvOptions, summary="", reads_files=True)]


@hookimpl
def load_source(source, context):
    return Scan(f"SELECT * FROM read_csv({quote_literal(str(context.resolve(source.table[0])))})")


@hookimpl
def source_version(source, context):
    return version_of([context.resolve(t) for t in source.table], context.known_version)
