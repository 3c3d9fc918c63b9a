"""Frames and Arrow tables with what DuckDB reads exactly in place of what it would change.

DuckDB cuts nanoseconds off durations and, before 2.0, off times with a zone, reads a column of
Python objects as what the first of them are, and stores a pointer for an object that it does not
know. Here such a column is converted, or refused by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seeknal.rows.python_rows import is_utf8
from seeknal.values.errors import NodeError


def exact(value: Any) -> Any:
    """``value`` as DuckDB reads it exactly. Raises NodeError for a column that it cannot hold."""
    package = type(value).__module__.partition(".")[0]
    if package == "pandas":
        return _pandas(value)
    if package == "polars":
        return _polars(value)
    return _arrow(value) if package == "pyarrow" else value


def objects_of(value: Any) -> list[int]:
    """The positions of a pandas frame's columns of Python objects that are not just text."""
    if type(value).__module__.partition(".")[0] != "pandas":
        return []
    return [
        position
        for position, dtype in enumerate(value.dtypes)
        if str(dtype) == "object" and not _is_text(value.iloc[:, position].array)
    ]


def values_of(frame: Any, positions: Sequence[int]) -> Iterable[list[object]]:
    """The rows of some columns of a pandas frame; what pandas calls missing is None."""
    columns = [_present(frame.iloc[:, position]) for position in positions]
    return map(list, zip(*columns, strict=True))


def _present(column: Any) -> list[object]:
    return [
        None if gone else value for value, gone in zip(column.array, column.isna(), strict=True)
    ]


def _is_text(values: Iterable[object]) -> bool:
    kinds = set(map(type, values))
    missing = {type(None), float} | {kind for kind in kinds if kind.__name__ == "NAType"}
    if float in kinds and any(isinstance(value, float) and value == value for value in values):
        return False
    return str in kinds and kinds <= {str} | missing


def column_refusal(name: object, type: object, why: str, help: str) -> NodeError:
    return NodeError(f"column {str(name)!r} is of type {type}, {why}", code="SK0518", help=help)


_UNKNOWN = "which DuckDB has no type for"
_FINER = "with more than microseconds in row {row:,} ({value}), which DuckDB would cut off"
_ROUND = "round the column to microseconds first"


def _finer(name: object, type: object, row: int, value: object) -> NodeError:
    return column_refusal(name, type, _FINER.format(row=row + 1, value=value), _ROUND)


def _zoned_nanoseconds() -> bool:
    """Whether DuckDB keeps the nanoseconds of times with a zone that Arrow gives it."""
    import duckdb

    return int(duckdb.__version__.partition(".")[0]) >= 2


def _pandas(frame: Any) -> Any:
    changed = {}
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        known = _pandas_column(name, column)
        if known is not column:
            changed[position] = known
    if changed:
        frame = frame.copy(deep=False)
        for position, column in changed.items():
            frame.isetitem(position, column)
    return frame


def _pandas_column(name: object, column: Any) -> Any:
    dtype = column.dtype
    what = type(dtype).__name__
    if what == "SparseDtype":
        return _pandas_column(name, column.sparse.to_dense())
    if what == "CategoricalDtype":
        if _is_text(dtype.categories) or str(dtype.categories.dtype) in ("str", "string"):
            return column
        return _pandas_column(name, column.astype(object))
    if what in ("PeriodDtype", "IntervalDtype"):
        raise column_refusal(
            name, dtype, _UNKNOWN, "convert it: .astype(str), or .dt.to_timestamp()"
        )
    if what in ("StringDtype", "ObjectDType") or str(dtype) == "object":
        _check_text(name, column)
    if what == "ArrowDtype":
        return _arrow_backed(name, column)
    if what == "DatetimeTZDtype" or getattr(dtype, "kind", "") == "m":
        _check_nanoseconds(name, column)
    elif _is_odd_number(dtype):
        raise column_refusal(
            name, dtype, _UNKNOWN, "convert it: .astype('float64'), or take its parts"
        )
    return column


def _check_text(name: object, column: Any) -> None:
    try:
        "".join(value for value in column.array if isinstance(value, str)).encode()
    except UnicodeEncodeError:
        for row, value in enumerate(column.array):
            if isinstance(value, str) and not is_utf8(value):
                raise column_refusal(
                    name,
                    column.dtype,
                    f"with {value[:40]!r} in row {row + 1:,}, which is no valid text",
                    "remove its surrogates: .str.encode('utf-8', 'replace').str.decode('utf-8')",
                ) from None


def _is_odd_number(dtype: Any) -> bool:
    kind = getattr(dtype, "kind", "")
    return kind == "c" or (kind == "f" and dtype.itemsize > 8)


def _check_nanoseconds(name: object, column: Any) -> None:
    if getattr(column.dt, "unit", "ns") != "ns":
        return
    ticks = column.array.asi8 if hasattr(column.array, "asi8") else column.to_numpy().view("i8")
    wrong = ((ticks % 1000) != 0) & ~column.isna().to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise _finer(name, column.dtype, row, column.iloc[row])


def _arrow_backed(name: object, column: Any) -> Any:
    import pandas
    import pyarrow

    array = pyarrow.chunked_array(pyarrow.array(column.array))
    known = _arrow(pyarrow.table({str(name): array})).column(0)
    if known.type == array.type:
        return column
    return pandas.Series(known, index=column.index, dtype=pandas.ArrowDtype(known.type))


_POLARS_UNKNOWN = {
    "Object": "convert it to text, numbers or dates",
    "Int128": "convert it: .cast(pl.Decimal(38, 0)), or to text",
    "UInt128": "convert it: .cast(pl.Decimal(38, 0)), or to text",
    "Float16": "convert it: .cast(pl.Float32)",
}


def _polars(frame: Any) -> Any:
    for name, dtype in frame.schema.items():
        for depth, inner in _polars_types(dtype):
            what = type(inner).__name__
            if what in _POLARS_UNKNOWN:
                raise column_refusal(name, dtype, _UNKNOWN, _POLARS_UNKNOWN[what])
            if not _cuts_polars(inner):
                continue
            if depth:
                raise column_refusal(
                    name, dtype, "of which DuckDB would cut off nanoseconds", _ROUND
                )
            _check_polars(name, frame.get_column(name))
    return frame


def _polars_types(dtype: Any, depth: int = 0) -> Iterable[tuple[int, Any]]:
    yield depth, dtype
    inner = getattr(dtype, "inner", None)
    if inner is not None:
        yield from _polars_types(inner, depth + 1)
    for entry in getattr(dtype, "fields", ()):
        yield from _polars_types(entry.dtype, depth + 1)


def _cuts_polars(dtype: Any) -> bool:
    if getattr(dtype, "time_unit", None) != "ns":
        return False
    if type(dtype).__name__ == "Duration":
        return True
    return dtype.time_zone is not None and not _zoned_nanoseconds()


def _check_polars(name: str, column: Any) -> None:
    wrong = (column.to_physical() % 1000 != 0).fill_null(False)
    if wrong.any():
        row = wrong.arg_true()[0]
        raise _finer(name, column.dtype, row, f"{column.to_physical()[row]} ns")


def _arrow(value: Any) -> Any:
    import pyarrow

    schema = value.projected_schema if hasattr(value, "projected_schema") else value.schema
    for name, type in zip(schema.names, schema.types, strict=True):
        if help := _unknown_arrow(type):
            raise column_refusal(name, type, _UNKNOWN, help)
    wanted = pyarrow.schema([entry.with_type(_exact_arrow(entry.type)) for entry in schema])
    if not isinstance(value, pyarrow.Table | pyarrow.RecordBatch):
        return _cast_stream(value, schema, wanted)
    for name, type in zip(schema.names, schema.types, strict=True):
        if pyarrow.types.is_interval(type):
            _check_intervals(name, value.column(schema.names.index(name)))
    return value if wanted == schema else _cast_table(value, wanted)


def _unknown_arrow(type: Any) -> str:
    from pyarrow import types

    if types.is_float16(type):
        return "cast it to float32"
    if types.is_decimal256(type) or (types.is_decimal(type) and type.scale < 0):
        return "cast it to decimal128(38, scale), or to text"
    if types.is_union(type) and type.mode == "dense":
        return "return a column for each of its types"
    return next((help for inner in _inner_arrow(type) if (help := _unknown_arrow(inner))), "")


def _inner_arrow(type: Any) -> list[Any]:
    from pyarrow import types

    if types.is_dictionary(type) or types.is_run_end_encoded(type):
        return [type.value_type]
    if hasattr(type, "storage_type"):
        return [type.storage_type]
    return [type.field(index).type for index in range(type.num_fields)]


def _exact_arrow(type: Any) -> Any:
    """The type of which DuckDB reads all of ``type``'s values, if they fit."""
    import pyarrow
    from pyarrow import types

    if types.is_duration(type) and type.unit == "ns":
        return pyarrow.duration("us")
    if types.is_timestamp(type) and type.unit == "ns" and type.tz and not _zoned_nanoseconds():
        return pyarrow.timestamp("us", type.tz)
    if types.is_date64(type):
        return pyarrow.date32()
    inner = _inner_arrow(type)
    if types.is_struct(type):
        return pyarrow.struct([f.with_type(_exact_arrow(f.type)) for f in type])
    if not any(_exact_arrow(entry) != entry for entry in inner):
        return type
    if types.is_list(type):
        return pyarrow.list_(_exact_arrow(type.value_type))
    if types.is_large_list(type):
        return pyarrow.large_list(_exact_arrow(type.value_type))
    if types.is_fixed_size_list(type):
        return pyarrow.list_(_exact_arrow(type.value_type), type.list_size)
    if types.is_map(type):
        return pyarrow.map_(_exact_arrow(type.key_type), _exact_arrow(type.item_type))
    return _exact_arrow(inner[0])


def _cast_table(table: Any, wanted: Any) -> Any:
    import pyarrow

    if isinstance(table, pyarrow.RecordBatch):
        table = pyarrow.Table.from_batches([table])
    columns = []
    for name, column, type in zip(wanted.names, table.columns, wanted.types, strict=True):
        try:
            columns.append(column.cast(type))
        except pyarrow.ArrowException as error:
            raise column_refusal(
                name, column.type, f"of which DuckDB would cut: {error}", _ROUND
            ) from None
    return pyarrow.table(columns, schema=wanted)


def _cast_stream(value: Any, schema: Any, wanted: Any) -> Any:
    from pyarrow import types

    for name, type in zip(schema.names, schema.types, strict=True):
        if types.is_interval(type):
            raise column_refusal(name, type, "whose nanoseconds cannot be seen in a stream", _ROUND)
    if wanted == schema:
        return value
    if not hasattr(value, "cast"):
        scanner = value if hasattr(value, "to_reader") else value.scanner()
        value = scanner.to_reader()
    # Arrow stops at the first value that does not fit.
    return value.cast(wanted)


def _check_intervals(name: str, column: Any) -> None:
    for row, value in enumerate(column.to_pylist()):
        if value is not None and value.nanoseconds % 1000:
            raise _finer(name, column.type, row, value)
