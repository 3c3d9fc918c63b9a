"""``filter:`` of a source: DuckDB decides over rows, PyIceberg which files need no opening.

A condition is DuckDB's, whatever it holds. Of it, comparisons of a column with a constant are
told to PyIceberg as well: never more than what must be so of a row that passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import (
    NodeError,
    SqlRefused,
    check_condition,
    column_help,
)
from seeknal_iceberg.bounding import LIKE, NUMBERS, literal_of, told
from seeknal_iceberg.types import duckdb_type, no_values
from seeknal_iceberg.workbench import Workbench

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.types import NestedField
    from sqlglot import exp


@frozen(kw_only=True)
class Filter:
    """``sql`` may stand after WHERE; ``pruning`` holds for all rows of which it is true.

    ``columns`` are those that it names.
    """

    sql: str
    pruning: Any
    columns: frozenset[str]


def both(first: Filter, second: Filter) -> Filter:
    """The filter of the rows that pass two."""
    from pyiceberg import expressions

    made: Any = expressions
    return Filter(
        sql=f"({first.sql}) AND ({second.sql})",
        pruning=made.And(first.pruning, second.pruning),
        columns=first.columns | second.columns,
    )


def filter_of(text: str, schema: Schema, metadata: TableMetadata, context: Workbench) -> Filter:
    """The filter over columns of ``schema``, which the current one may call otherwise.

    Raises NodeError for what is no condition over them, or changes from one day to the next.
    """
    from sqlglot import parse_one

    try:
        sql = check_condition(text)
    except SqlRefused as error:
        raise _refused(str(error), "a condition over columns, as after WHERE in DuckDB") from None
    tree = parse_one(sql, read="duckdb")
    columns = frozenset(_columns(tree, schema))
    _check_steady(tree, context)
    _check_binds(sql, schema, columns, context)
    keys = (part.source_id for spec in metadata.specs().values() for part in spec.fields)
    pruning = _Pruning(
        schema=schema, current=metadata.schema(), keys=frozenset(keys), context=context
    )
    return Filter(sql=sql, pruning=pruning.of(tree, True), columns=columns)


def _refused(problem: str, help: str) -> NodeError:
    return NodeError(f"filter: {_short(problem, 300)}", code="SK1406", help=_short(help, 300))


def _short(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _columns(tree: exp.Expr, schema: Schema) -> Iterator[str]:
    """The table's columns that a condition names; a column of a struct stands for its struct."""
    from sqlglot import exp

    known = {field.name.lower(): field.name for field in schema.fields}
    for column in tree.find_all(exp.Column):
        for part in column.parts:
            if part.name.lower() in known:
                yield known[part.name.lower()]


def _check_steady(tree: exp.Expr, context: Workbench) -> None:
    """A source is read again when its table changes; what else a filter looks at goes unseen."""
    from sqlglot import exp

    names = {
        function.sql(dialect="duckdb").partition("(")[0].lower()
        for function in tree.find_all(exp.Func)
    }
    if not names:
        return
    query = (
        "SELECT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        " AND list_contains($names, function_name) LIMIT 1"
    )
    for (name,) in context.duckdb.execute(query, {"names": sorted(names)}).fetchall():
        raise _refused(
            f"{name} is something else at each run, and an unchanged table is not read again",
            "compare with a constant here, and filter by the time of a run in a transform",
        )


def _check_binds(sql: str, schema: Schema, columns: frozenset[str], context: Workbench) -> None:
    import duckdb

    query = f"SELECT 1 FROM (SELECT {no_values(schema)}) WHERE ({sql})"
    try:
        context.duckdb.execute(query).fetchall()
    except duckdb.Error as error:
        raise _refused(_said(error), _kinds(schema, columns, str(error))) from None


def _said(error: Exception) -> str:
    """The first line of what DuckDB says, without the kind of error in front."""
    line = str(error).strip().splitlines()[0]
    return line.partition("Error: ")[2] or line


def _kinds(schema: Schema, columns: frozenset[str], said: str) -> str:
    """What the named columns are, or which there are."""
    kinds = [
        f"{field.name} is {duckdb_type(field.field_type)}"
        for field in schema.fields
        if field.name in columns
    ]
    if kinds:
        return ", ".join(kinds[:4]) + "; write constants as timestamp '2024-01-31 12:00', 'text', 5"
    names = [field.name for field in schema.fields]
    missing = said.partition('"')[2].partition('"')[0]
    return column_help(missing, names)


_NEGATED = {"EQ": "NEQ", "NEQ": "EQ", "GT": "LTE", "LTE": "GT", "GTE": "LT", "LT": "GTE"}
_TURNED = {"EQ": "EQ", "NEQ": "NEQ", "GT": "LT", "LT": "GT", "GTE": "LTE", "LTE": "GTE"}
_CALLED = {
    "EQ": "EqualTo",
    "NEQ": "NotEqualTo",
    "GT": "GreaterThan",
    "GTE": "GreaterThanOrEqual",
    "LT": "LessThan",
    "LTE": "LessThanOrEqual",
}


@frozen(kw_only=True)
class _Pruning:
    schema: Schema
    current: Schema
    keys: frozenset[int]
    context: Workbench

    def of(self, tree: exp.Expr, holds: bool) -> Any:
        """What must be so of a row for which ``tree`` is true; false, when it is not to hold."""
        from pyiceberg import expressions
        from sqlglot import exp

        made: Any = expressions
        if isinstance(tree, exp.Paren):
            return self.of(tree.this, holds)
        if isinstance(tree, exp.Not):
            return self.of(tree.this, not holds)
        if isinstance(tree, exp.And | exp.Or):
            join = made.And if isinstance(tree, exp.And) == holds else made.Or
            return join(self.of(tree.left, holds), self.of(tree.right, holds))
        if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
            return self._null(tree.this, holds)
        if isinstance(tree, exp.Between) and not tree.args.get("symmetric"):
            low = self._compared("GTE", tree.this, tree.args["low"], holds)
            high = self._compared("LTE", tree.this, tree.args["high"], holds)
            return made.And(low, high) if holds else made.Or(low, high)
        if isinstance(tree, exp.In) and holds and tree.expressions:
            each = [self._compared("EQ", tree.this, one, True) for one in tree.expressions]
            return _any(made.Or, each)
        name = type(tree).__name__
        if name in _CALLED and isinstance(tree, exp.Binary):
            if isinstance(tree.left, exp.Column):
                return self._compared(name, tree.left, tree.right, holds)
            return self._compared(_TURNED[name], tree.right, tree.left, holds)
        return made.AlwaysTrue()

    def _null(self, column: exp.Expr, holds: bool) -> Any:
        from pyiceberg import expressions

        made: Any = expressions
        found = self._column(column)
        if found is None:
            return made.AlwaysTrue()
        return made.IsNull(found[0]) if holds else made.NotNull(found[0])

    def _compared(self, name: str, column: exp.Expr, constant: exp.Expr, holds: bool) -> Any:
        from pyiceberg import expressions

        made: Any = expressions
        found = self._column(column)
        value = self._value(found[1], constant) if found else None
        if found is None or value is None:
            return made.AlwaysTrue()
        name = name if holds else _NEGATED[name]
        test = getattr(made, _CALLED[name])(found[0], value)
        if str(found[1].field_type) in ("float", "double") and name in ("GT", "GTE", "NEQ"):
            # To DuckDB, NaN is more than any number; the bounds of a file leave it out.
            return made.Or(test, made.IsNaN(found[0]))
        return test

    def _column(self, tree: exp.Expr) -> tuple[str, NestedField] | None:
        """A column's name in the current schema, and itself; None for anything else."""
        from sqlglot import exp

        if not isinstance(tree, exp.Column) or len(tree.parts) != 1:
            return None
        for field in self.schema.fields:
            if str(field.field_type) == "double" and field.field_id in self.keys:
                # PyIceberg 0.12 reads such partitions with the precision of a float.
                continue
            if field.name.lower() == tree.name.lower() and field.field_type.is_primitive:
                name = self.current.find_column_name(field.field_id)
                return (name, field) if name is not None else None
        return None

    def _value(self, field: NestedField, constant: exp.Expr) -> Any:
        """A constant as PyIceberg's literal; None where it is not exactly one of the column's."""
        import duckdb
        from sqlglot import exp

        kind = str(field.field_type).partition("(")[0]
        if kind not in LIKE or constant.find(exp.Column):
            return None
        target = duckdb_type(field.field_type)
        # What DuckDB compares as decimals may lie between two floats.
        same = "CAST(v AS DOUBLE) = CAST(c AS DOUBLE)" if kind == "float" else "v = c"
        text = isinstance(constant, exp.Literal) and constant.is_string
        query = (
            f"SELECT typeof(c), {told(kind, 'v')}, {'true' if text else same}, v IS NULL"
            f" FROM (SELECT c, TRY_CAST(c AS {target}) AS v"
            f" FROM (SELECT ({constant.sql(dialect='duckdb')}) AS c))"
        )
        try:
            [(type, value, exact, missing)] = self.context.duckdb.execute(query).fetchall()
        except duckdb.Error:
            # What it cannot work out now may never be asked for.
            return None
        if missing and text:
            raise _refused(
                f"{constant.sql(dialect='duckdb')} is no {target}, which {field.name} is",
                "write constants as timestamp '2024-01-31 12:00', date '2024-01-31', 'text', 5",
            )
        fits = (text and kind not in NUMBERS) or type.startswith(LIKE[kind])
        return literal_of(kind, value) if fits and exact and value is not None else None


def _any(join: Callable[..., Any], tests: list[Any]) -> Any:
    """One of ``tests`` holds."""
    found = tests[0]
    for test in tests[1:]:
        found = join(found, test)
    return found
