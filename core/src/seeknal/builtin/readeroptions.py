"""What the options of csv and json sources can be, said in their own words, not in DuckDB's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.plugin import NodeError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.plugin import Context

FORMATS = "such as %d.%m.%Y or %Y-%m-%d %H:%M:%S"
_COMPRESSIONS = ("none", "auto", "gzip", "zstd")
_ROWS = "1 or more rows, or -1 for all"
_LEAST = {
    "skip": (0, "how many lines to leave out: 0 or more"),
    "maximum_line_size": (1, "a number of bytes"),
    "maximum_object_size": (1, "a number of bytes"),
    "maximum_depth": (-1, "a number of levels, or -1 for all"),
}


def check_options(options: Any, context: Context) -> None:
    """Raises NodeError for the first option that has no meaning."""
    for name, what in _faults(options, context):
        value = getattr(options, name)
        shown = value if len(str(value)) <= 60 else f"{str(value)[:57]}..."
        raise NodeError(f"params: {name} is {shown!r}", code="SK0742", help=what)


def _faults(options: Any, context: Context) -> Iterator[tuple[str, str]]:
    """Names of options, and what each should be."""
    given = _given(options)
    yield from _mark_faults(given)
    if given.get("decimal_separator") not in (None, ".", ","):
        yield "decimal_separator", "'.' or ','"
    for name, (least, what) in _LEAST.items():
        if given.get(name, least) < least:
            yield name, what
    if given.get("sample_size", 1) < 1 and given["sample_size"] != -1:
        yield "sample_size", _ROWS
    if given.get("compression", "auto") not in _COMPRESSIONS:
        yield "compression", f"one of {', '.join(_COMPRESSIONS)}"
    for name in ("dateformat", "timestampformat"):
        if (format := given.get(name)) and not is_format(format, context.duckdb):
            yield name, FORMATS


def _given(options: Any) -> dict[str, Any]:
    from attrs import asdict

    return {name: value for name, value in asdict(options).items() if value is not None}


def _mark_faults(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the marks around and between the fields of a csv file."""
    delimiter = given.get("delimiter", "")
    if len(delimiter.encode()) > 4:
        yield "delimiter", "one to four characters"
    for name in ("quote", "escape", "comment"):
        mark = given.get(name, "")
        if len(mark.encode()) > 1:
            yield name, "one character, or '' for none"
        elif mark and mark in delimiter:
            yield name, "another character than those of the delimiter"


def is_format(format: str, connection: DuckDBPyConnection) -> bool:
    """Whether ``format`` can be that of days or times."""
    import duckdb

    try:
        connection.execute("SELECT strftime(TIMESTAMP '2024-01-01', $1)", [format]).fetchall()
    except (duckdb.Error, UnicodeDecodeError):
        # DuckDB's message about a letter beyond ASCII has a half of it.
        return False
    return True
