"""The rows of JSON files, each value as it stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.builtin.declared import declared_types, no_records
from seeknal.builtin.expected import expected_types
from seeknal.builtin.jsonchecks import Formats, as_json, changes, misfits, type_that_holds, values
from seeknal.builtin.jsonexpected import as_expected
from seeknal.builtin.jsonnumerals import digits_and_places, lost_numerals, reads_decimals
from seeknal.builtin.jsonplaces import (
    is_marked_array,
    line_of_broken,
    line_of_record,
    line_of_text,
    line_with_text,
)
from seeknal.builtin.jsonprobe import is_worth_a_guess, shape_holds
from seeknal.builtin.jsonshape import files_hold, found_records, shape_of
from seeknal.builtin.jsontypes import (
    Leaf,
    all_leaves,
    columns_with_leaves,
    readable,
    shown,
    type_tree,
)
from seeknal.builtin.readers import FILE, shown_name, unreadable
from seeknal.plugin import (
    NodeError,
    Scan,
    quote_identifier,
)

if TYPE_CHECKING:
    from seeknal.builtin.jsonnumerals import Numeral
    from seeknal.builtin.jsonread import Records
    from seeknal.builtin.jsonshape import Shape
    from seeknal.builtin.jsontypes import (
        Path,
        Type,
    )
    from seeknal.builtin.readers import Reading
    from seeknal.plugin import (
        Context,
        Rows,
        Source,
    )

_FORMATS = {"ndjson": "newline_delimited", "jsonl": "newline_delimited"}
_SIZES = (None, 128 * 2**20, 512 * 2**20)
"""Bytes that one value may have: what is tried in turn when the options do not say."""
_LONGEST = 300


def json_rows(source: Source, reading: Reading, context: Context) -> Rows:
    """The rows of the source's files, or of the list in them that ``records:`` names.

    Raises NodeError that names file, line and column for a value that cannot be kept.
    """
    options: Any = source.options
    reading = reading.with_arguments(format=_format(options.format, reading, context))
    sizes = (options.maximum_object_size,) if options.maximum_object_size else _SIZES
    for bytes in sizes:
        try:
            return _rows(source, reading.with_arguments(maximum_object_size=bytes), context)
        except NodeError as error:
            if "maximum_object_size" not in error.message:
                raise _placed(error, context) from error
    raise NodeError(
        f"{files_hold(reading, context)} a value of more than {(sizes[-1] or 0) >> 20:,} MiB",
        code="SK0780",
        help="params: {maximum_object_size: BYTES} reads longer ones",
    )


def _format(given: str, reading: Reading, context: Context) -> str:
    if given != "auto":
        return _FORMATS.get(given, given)
    lists = [is_marked_array(file) for file in reading.files]
    if True not in lists:
        return given
    if False not in lists:
        return "array"
    name = shown_name(reading.files[lists.index(True)], context)
    raise NodeError(
        f"{name} is a list behind a byte order mark, and other files hold no lists",
        code="SK0784",
        help="save it without the mark, or make a source of each kind of file",
    )


def _rows(source: Source, reading: Reading, context: Context) -> Rows:
    import duckdb

    try:
        return _read(source, reading, context)
    except RecursionError as error:
        raise NodeError(
            f"{files_hold(reading, context)} values that are nested too deeply",
            code="SK0742",
            help="params: {maximum_depth: 5} keeps what is deeper as JSON",
        ) from error
    except (
        duckdb.InvalidInputException,
        duckdb.BinderException,
        duckdb.NotImplementedException,
        duckdb.ConversionException,
        duckdb.IOException,
    ) as error:
        found = unreadable(error, reading, source, context)
        raise _short(found) from error


_MALFORMED = re.compile(
    r'Malformed JSON in file "(?P<file>[^"\n]+)", at byte \d+ in (?P<unit>line|record/value)'
    r" (?P<number>\d+): (?P<why>[^\n]+)"
)


def _placed(error: NodeError, context: Context) -> NodeError:
    """A complaint about what is no JSON, with the line on which it is.

    DuckDB counts the record after it, and no blank lines.
    """
    found = _MALFORMED.search(str(error.__cause__ or error.message))
    if found is None:
        return error
    file, number = found["file"], int(found["number"]) - 1
    by_line = found["unit"] == "line"
    line = line_with_text(file, number) if by_line else line_of_broken(file, number)
    where = f"line {line:,}" if line else f"record {number:,}"
    return NodeError(
        f"{shown_name(file, context)}, {where}: this is no JSON: {found['why'].rstrip('. ')}",
        code=error.code,
        help="mend it; or params: {ignore_errors: true} makes NULL of such lines"
        if by_line
        else "mend it",
    )


def _short(error: NodeError) -> NodeError:
    """The error, however long the values are that DuckDB shows in it."""
    text = error.message.partition("\nTry ")[0].strip()
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 60]} ... {text[-50:]}"
    return NodeError(text, code=error.code, help=error.help)


def _read(source: Source, reading: Reading, context: Context) -> Rows:
    options: Any = source.options
    declared = _declared(source, context)
    formats = Formats(date=options.dateformat, timestamp=options.timestampformat)
    expected = expected_types(source)
    if not options.records and is_worth_a_guess(reading):
        records = found_records(reading, source, context)
        shape = shape_of(records, declared, source)
        if shape and shape_holds(shape.columns, reading, formats, context):
            shape = _exact_numerals(shape, context)
            return _scan(as_expected(shape, expected, formats, context), context)
    all = {"sample_size": -1, "maximum_sample_files": len(reading.files)}
    records = found_records(reading.with_arguments(**all), source, context)
    if list(records.found) == ["json"] and _has_no_rows(records, context):
        context.log.warning("%s holds no rows", shown_name(reading.files[0], context))
        return no_records(source, context)
    shape = shape_of(records, declared, source)
    if shape is None:
        return no_records(source, context)
    shape = _exact(shape, formats, context)
    return _scan(as_expected(shape, expected, formats, context), context)


def _declared(source: Source, context: Context) -> dict[str, Type]:
    connection: Any = context.duckdb
    return {
        name: type_tree(connection.type(type), declared=True)
        for name, type in declared_types(source, context).items()
    }


def _has_no_rows(records: Records, context: Context) -> bool:
    return not context.duckdb.execute(f"SELECT 1 FROM {records.reading.sql} LIMIT 1").fetchall()


def _exact(shape: Shape, formats: Formats, context: Context) -> Shape:
    """The shape with wider types where a value would not have arrived as what it is.

    Raises NodeError for a value that does not fit a declared type.
    """
    rows = shape.records.sql(as_json(shape.columns))
    types = dict(all_leaves(shape.columns))
    bad = misfits(shape.columns, rows, formats, context)
    for path in bad:
        if types[path].declared:
            raise _misfit(path, types[path], shape, formats, context)
    wide = {path: type_that_holds(path, rows, (0, 0), context) for path in bad}
    return _exact_numerals(_with(shape, wide), context)


def _with(shape: Shape, leaves: Mapping[Path, Leaf]) -> Shape:
    columns = columns_with_leaves(shape.columns, lambda path, leaf: leaves.get(path, leaf))
    return evolve(shape, columns=columns)


def _exact_numerals(shape: Shape, context: Context) -> Shape:
    """The shape with decimals where a DOUBLE would cut the digits of a number.

    Raises NodeError for a number that no type holds.
    """
    longest: dict[Path, tuple[int, int]] = {}
    # A decimal that is wide enough for one number may still be too narrow for another.
    while first := _lost(shape, longest, context):
        rows = shape.records.sql(as_json(shape.columns))
        decimals = {path: type_that_holds(path, rows, longest[path], context) for path in first}
        for path, leaf in decimals.items():
            if leaf.type == "JSON":
                raise _too_long(first[path], context)
        shape = _with(shape, decimals)
    return shape


def _lost(
    shape: Shape, longest: dict[Path, tuple[int, int]], context: Context
) -> dict[Path, Numeral]:
    """The first number that is not kept, by the column that it is in.

    ``longest`` learns how many digits there are before and after the point.
    """
    first: dict[Path, Numeral] = {}
    for numeral in lost_numerals(shape.columns, shape.records, context):
        if numeral.leaf.declared or numeral.leaf.type == "JSON" or not reads_decimals():
            raise _too_long(numeral, context)
        digits, places = digits_and_places(numeral.text)
        before = longest.get(numeral.path, (0, 0))
        longest[numeral.path] = (max(digits, before[0]), max(places, before[1]))
        first.setdefault(numeral.path, numeral)
    return first


def _too_long(numeral: Numeral, context: Context) -> NodeError:
    line = line_of_text(numeral.file, numeral.record)
    where = f", line {line:,}" if line else ""
    declared = numeral.leaf.declared
    what = f"as {numeral.leaf.type}" if declared else "exactly by the column's type"
    place = f"{shown_name(numeral.file, context)}{where}, column {shown(numeral.path)!r}"
    return NodeError(
        f"{place}: {_cut(numeral.text)} cannot be kept {what}",
        code="SK0782",
        kept=f"{place}: a number cannot be kept {what}",
        help=_ADVICE if reads_decimals() else f"{_ADVICE} (with DuckDB 2.0 or later)",
    )


_ADVICE = (
    "declare the column as DOUBLE to take the nearest number that there is, or as a DECIMAL that"
    " is wide enough"
)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _misfit(path: Path, leaf: Leaf, shape: Shape, formats: Formats, context: Context) -> NodeError:
    """Say which value it is that does not fit its declared type."""
    name = quote_identifier(path[0][0])
    sql, many = values(path)
    odd = f"({changes(leaf, 'CAST(item AS VARCHAR)', formats)})"
    items = (
        f"list_filter({sql}, lambda item: {odd})"
        if many
        else f"list_filter([{sql}], lambda item: {odd})"
    )
    columns = {path[0][0]: as_json(shape.columns)[path[0][0]]}
    for file in shape.records.reading.files:
        records = evolve(shape.records, reading=evolve(shape.records.reading, files=(file,)))
        found = context.duckdb.execute(
            f"SELECT number, CAST(found[1] AS VARCHAR) FROM (SELECT row_number() OVER () AS number,"
            f" {items} AS found FROM (SELECT {name} FROM {records.sql(columns)}))"
            " WHERE len(found) > 0 ORDER BY number LIMIT 1"
        ).fetchall()
        if found:
            break
    number, value = found[0]
    line = line_of_record(file, number)
    where = f"line {line:,}" if line else f"record {number:,}"
    place = f"{shown_name(file, context)}, {where}, column {shown(path)!r}"
    return NodeError(
        f"{place}: {_cut(value)} is no {leaf.type}, which is declared",
        code="SK0783",
        help="mend the value, or declare a type that holds it, such as VARCHAR",
        kept=f"{place}: a value is no {leaf.type}, which is declared",
    )


def _scan(shape: Shape, context: Context) -> Scan:
    """The rows, with casts to what only SQL can make of text."""
    _warn_of_broken(shape.records, context)
    for name, key in (shape.records.keys or {}).items():
        if name != key:
            text = "key %r differs from another only by upper and lower case: its column is %r"
            context.log.warning(text, key, name)
    # A column without any value is JSON, as is an item of lists that are all empty.
    shape = evolve(shape, columns=columns_with_leaves(shape.columns, _known))
    read = {name: readable(type) for name, type in shape.columns.items()}
    records, reading = shape.records, shape.records.reading
    file = f", {quote_identifier(FILE)}" if reading.tells_files else ""
    if file:
        records = evolve(records, reading=reading.with_arguments(filename=FILE))
    sql = records.sql(read)
    if shape.place:
        place = ".".join(map(quote_identifier, shape.place))
        sql = f"(SELECT unnest(item){file} FROM (SELECT unnest({place}) AS item{file} FROM {sql}))"
    items = [_item(name, type) for name, type in shape.rows.items()]
    folders = [] if shape.place else map(quote_identifier, shape.records.folders)
    select = f"SELECT {', '.join([*items, *folders])}{file} FROM {sql}"
    return Scan(select, origin=reading.origin())


def _known(path: Path, leaf: Leaf) -> Leaf:
    return Leaf("JSON") if leaf.type == '"NULL"' else leaf


def _item(name: str, type: Type) -> str:
    quoted = quote_identifier(name)
    return quoted if readable(type) == type else f"CAST({quoted} AS {type}) AS {quoted}"


def _warn_of_broken(records: Records, context: Context) -> None:
    """How many lines ``ignore_errors`` made NULL of."""
    if not records.reading.arguments.get("ignore_errors"):
        return
    query = f"SELECT count(*) FROM {records.objects()} WHERE json IS NULL"
    (count,) = context.duckdb.execute(query).fetchall()[0]
    if count:
        text = "%s that %s no JSON: NULL in each column"
        lines = f"{count:,} lines" if count > 1 else "1 line"
        context.log.warning(text, lines, "are" if count > 1 else "is")
