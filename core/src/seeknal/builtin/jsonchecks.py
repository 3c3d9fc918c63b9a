"""A look at every value of JSON files: whether it is what the type of its column can hold.

Types are checked on the text of each value, so that nothing depends on what was read first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.builtin.jsontypes import (
    ITEMS,
    KEYS,
    VALUES,
    Leaf,
    all_leaves,
    columns_with_leaves,
    readable,
)
from seeknal.builtin.misfits import WHOLE, misfit
from seeknal.plugin import quote_identifier, quote_literal

if TYPE_CHECKING:
    from seeknal.builtin.jsontypes import (
        Path,
        Type,
    )
    from seeknal.plugin import Context

_MOST_DIGITS = 38
_TIMES = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


@frozen(kw_only=True)
class Formats:
    """How the source's options say that dates and times are written."""

    date: str | None = None
    timestamp: str | None = None

    def of(self, type: str) -> str | None:
        """The format of values of ``type``; None where none is given."""
        return {"DATE": self.date, "TIMESTAMP": self.timestamp}.get(type) or None


def misfits(
    columns: Mapping[str, Type], rows: str, formats: Formats, context: Context
) -> list[Path]:
    """The leaves with a value that their type would change. ``rows`` has JSON at each leaf."""
    checks: list[tuple[Path, str]] = []
    for path, leaf in all_leaves(columns):
        checks += [(path, sql) for sql in _checks(path, leaf, formats)]
    # Every column is read, so that what is wrong about one is found here and not while it is kept.
    checked = {path[0][0] for path, _ in checks}
    rest = [((name,), name) for name in columns if name not in checked]
    checks += [((path,), f"count({quote_identifier(name)}) < 0") for path, name in rest]
    return _bad(checks, rows, context)


def met(checks: Sequence[tuple[Path, str]], rows: str, context: Context) -> list[Path]:
    """The leaves with a value that the condition beside them is true of; its value is ``item``."""
    return _bad([(path, _any(*values(path), check)) for path, check in checks], rows, context)


def _bad(checks: Sequence[tuple[Path, str]], rows: str, context: Context) -> list[Path]:
    query = f"SELECT {', '.join(sql for _, sql in checks)} FROM {rows}"
    (found,) = context.duckdb.execute(query).fetchall()
    bad = [path for (path, _), is_bad in zip(checks, found, strict=True) if is_bad]
    return list(dict.fromkeys(bad))


def as_json(columns: Mapping[str, Type]) -> dict[str, Type]:
    """The columns with the text of each value at their leaves."""
    readable_columns = {name: readable(type) for name, type in columns.items()}
    return columns_with_leaves(readable_columns, lambda path, leaf: Leaf("JSON"))


def values(path: Path) -> tuple[str, bool]:
    """The SQL of the values at ``path``; whether it is a list of those of one record."""
    sql, many = quote_identifier(path[0][0]), False
    for step in path[1:]:
        if step in _LISTS:
            inner = _LISTS[step]
            if many:
                sql = f"flatten(list_transform({sql}, lambda item: {inner.format('item')}))"
            else:
                sql = inner.format(sql)
            many = True
        else:
            field = quote_literal(step[0])
            sql = (
                f"list_transform({sql}, lambda item: struct_extract(item, {field}))"
                if many
                else f"struct_extract({sql}, {field})"
            )
    return sql, many


_LISTS = {ITEMS: "{}", VALUES: "map_values({})", KEYS: "map_keys({})"}


def _checks(path: Path, leaf: Leaf, formats: Formats) -> list[str]:
    sql, many = values(path)
    found = []
    if predicate := changes(leaf, "CAST(item AS VARCHAR)", formats):
        found.append(_any(sql, many, predicate))
    if not leaf.declared and leaf.type in _TIMES and not formats.timestamp:
        # All in one spelling, so that text can be had back: as long, with T or a space.
        shape = f"2 * length({_ITEM}) + CAST(substr({_ITEM}, 12, 1) = 'T' AS INTEGER)"
        if many:
            low, high = (f"list_{end}({_mapped(sql, shape)})" for end in ("min", "max"))
        else:
            low = high = shape.replace(_ITEM, _text(sql))
        found.append(f"coalesce(min({low}) <> max({high}), false)")
    return found


_ITEM = "CAST(item AS VARCHAR)"


def _any(sql: str, many: bool, predicate: str) -> str:
    if many:
        return f"coalesce(bool_or(list_bool_or({_mapped(sql, predicate)})), false)"
    return f"coalesce(bool_or({predicate.replace(_ITEM, _text(sql))}), false)"


def _text(sql: str) -> str:
    return f"CAST({sql} AS VARCHAR)"


def _mapped(sql: str, expression: str) -> str:
    return f"list_transform({sql}, lambda item: {expression})"


def changes(leaf: Leaf, text: str, formats: Formats) -> str | None:
    """Whether a value, of which ``text`` is the JSON, would not arrive as what it is.

    NULL counts as no.
    """
    if leaf.declared:
        return _declared(leaf.type, text, formats)
    inside = f"substr({text}, 2, length({text}) - 2)"
    quoted = f"starts_with({text}, '\"')"
    type = leaf.type
    if type == "JSON":
        return None
    if type == "VARCHAR":
        return f"NOT {quoted}"
    if type == "BOOLEAN":
        return f"{text} NOT IN ('true', 'false')"
    if type in WHOLE:
        odd = f"TRY_CAST({text} AS {type}) IS NULL OR {_has_point(text)}"
        long = f" OR length(ltrim({text}, '-')) > {_MOST_DIGITS}" if "HUGE" in type else ""
        return f"{text} IS NOT NULL AND ({odd}{long})"
    if type == "DOUBLE":
        return _no_double(text)
    if format := formats.of(type):
        return _not_in(format, text, inside)
    if type in _TIMES:
        return _no_time(type, text)
    # '"NULL"' is the type of a column without any value.
    if type == '"NULL"':
        return f"{text} IS NOT NULL"
    length = f" OR length({text}) <> 12" if type == "DATE" else ""
    odd = f"CAST(TRY_CAST({inside} AS {type}) AS VARCHAR) IS DISTINCT FROM {inside}"
    return f"{text} IS NOT NULL AND (NOT {quoted} OR {odd}{length})"


def _not_in(format: str, text: str, inside: str) -> str:
    """Whether a date or a time, ``inside`` the quotes of a JSON text, is not in its format."""
    return f"{text} IS NOT NULL AND TRY_STRPTIME({inside}, {quote_literal(format)}) IS NULL"


def _has_point(text: str) -> str:
    return f"contains({text}, '.') OR contains({text}, 'e') OR contains({text}, 'E')"


def _no_double(text: str) -> str:
    """Whether it is no number, a long whole one, or one beyond what a DOUBLE reaches."""
    number = f"TRY_CAST({text} AS DOUBLE)"
    whole = f"length({text}) > 15 AND NOT ({_has_point(text)})"
    long = f"{whole} AND coalesce(abs(TRY_CAST({text} AS HUGEINT)) > {2**53}, true)"
    infinite = f"isinf({number}) AND NOT ends_with({text}, 'nfinity')"
    odd = f"{text} IS NOT NULL AND ({number} IS NULL OR ({long}) OR ({infinite}))"
    # Most numbers are seen to be fine from how they begin and how long they are.
    short = f"{text} >= '-' AND {text} < ':' AND length({text}) < 40 AND NOT contains({text}, 'I')"
    plain = f"length({text}) < 16 OR contains({text}, '.')"
    fine = f"{short} AND NOT contains(lower({text}), 'e') AND ({plain})"
    return f"CASE WHEN {fine} THEN false ELSE {odd} END"


def _no_time(type: str, text: str) -> str:
    """Times are kept as such when they are spelled as ISO has it, in UTC where in a zone."""
    end = "Z" if type == "TIMESTAMP WITH TIME ZONE" else ""
    shape = rf'^"\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{{1,6}})?{end}"$'
    second = f"CAST(TRY_CAST(substr({text}, 2, 19) AS TIMESTAMP) AS VARCHAR)"
    kept = f"{second} IS NOT DISTINCT FROM replace(substr({text}, 2, 19), 'T', ' ')"
    matched = f"regexp_full_match({text}, {quote_literal(shape)})"
    return f"{text} IS NOT NULL AND NOT ({matched} AND {kept})"


def _declared(type: str, text: str, formats: Formats) -> str | None:
    """Whether a value does not fit the type that its column is declared to have."""
    if type == "JSON":
        return None
    quoted = f"starts_with({text}, '\"')"
    inside = f"(CASE WHEN {quoted} THEN json_extract_string({text}, '$') ELSE {text} END)"
    if format := formats.of(type):
        return _not_in(format, text, inside)
    odd = misfit(type, inside)
    if odd is not None and type in WHOLE:
        # The reader takes no other text for a whole number than its digits.
        point = f"{quoted} AND ({_has_point(text)})"
        return f"{text} IN ('true', 'false') OR ({point}) OR ({odd})"
    if odd is not None and type == "TIMESTAMP WITH TIME ZONE":
        # Nor has it names of zones.
        named = f"regexp_matches({inside}, ':\\d.*[A-Za-z]')"
        return f"({named} AND NOT regexp_matches({inside}, '(Z|UTC)$')) OR ({odd})"
    return odd


def type_that_holds(path: Path, rows: str, longest: tuple[int, int], context: Context) -> Leaf:
    """A type that holds each value at ``path`` exactly: text, a whole number, a decimal, or JSON.

    ``longest``: digits before and after the point that DuckDB does not show.
    """
    sql, many = values(path)
    items = f"SELECT CAST({f'unnest({sql})' if many else sql} AS VARCHAR) AS t FROM {rows}"
    query = (
        "SELECT coalesce(bool_and(starts_with(t, '\"')), false),"
        " coalesce(bool_and(regexp_full_match(t, '-?[0-9]+(\\.[0-9]+)?')), false),"
        " coalesce(max(length(ltrim(split_part(t, '.', 1), '-'))), 0),"
        " coalesce(max(length(split_part(t, '.', 2))), 0)"
        f" FROM ({items}) WHERE t IS NOT NULL"
    )
    (found,) = context.duckdb.execute(query).fetchall()
    is_text, is_number, digits, places = found
    if is_text:
        return Leaf("VARCHAR")
    if not is_number:
        return Leaf("JSON")
    digits, places = max(digits, longest[0]), max(places, longest[1])
    if digits + places > _MOST_DIGITS:
        return Leaf("JSON")
    return Leaf(f"DECIMAL(38,{places})") if places else Leaf("HUGEINT")
