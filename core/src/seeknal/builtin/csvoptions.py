"""What the options of a csv source can be, said in their own words and not in DuckDB's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seeknal.plugin import Context, NodeError

_COMPRESSIONS = ("none", "auto", "gzip", "zstd")


def check_options(options: Any, context: Context) -> None:
    """Raises NodeError for the first option that has no meaning."""
    for name, what in _faults(options, context):
        value = getattr(options, name)
        shown = value if len(str(value)) <= 60 else f"{str(value)[:57]}..."
        raise NodeError(f"params: {name} is {shown!r}", code="SK0742", help=what)


def _faults(options: Any, context: Context) -> Iterator[tuple[str, str]]:
    """Names of options, and what each should be."""
    if options.delimiter and len(options.delimiter.encode()) > 4:
        yield "delimiter", "one to four characters"
    for name in ("quote", "escape"):
        if len((getattr(options, name) or "").encode()) > 1:
            yield name, "one character, or '' for none"
    if options.decimal_separator not in (None, ".", ","):
        yield "decimal_separator", "'.' or ','"
    if (options.skip or 0) < 0:
        yield "skip", "how many lines to leave out: 0 or more"
    if options.sample_size is not None and options.sample_size < 1 and options.sample_size != -1:
        yield "sample_size", "1 or more rows, or -1 for all"
    if options.maximum_line_size is not None and options.maximum_line_size < 1:
        yield "maximum_line_size", "a number of bytes"
    if options.compression is not None and options.compression not in _COMPRESSIONS:
        yield "compression", f"one of {', '.join(_COMPRESSIONS)}"
    for name in ("dateformat", "timestampformat"):
        if (format := getattr(options, name)) and not _is_format(format, context):
            yield name, "such as %d.%m.%Y or %Y-%m-%d %H:%M:%S"


def _is_format(format: str, context: Context) -> bool:
    import duckdb

    try:
        context.duckdb.execute("SELECT strftime(TIMESTAMP '2024-01-01', $1)", [format]).fetchall()
    except duckdb.Error:
        return False
    return True
