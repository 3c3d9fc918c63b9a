"""How a column of each PostgreSQL type is asked for, and what it becomes in DuckDB.

What a transport would change in silence travels as text, or is checked when it arrives: a
numeric's NaN, infinite dates, times beyond DuckDB's range, arrays of another depth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import (
    APPROXIMATE,
    converted,
    holds,
    quote_identifier,
    quote_literal,
    read_as,
)
from seeknal_postgres.pgtext import finite, is_plain, parsed

if TYPE_CHECKING:
    from seeknal_postgres.catalogue import PgColumn

_PLAIN = {
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "varchar": "VARCHAR",
    "name": "VARCHAR",
    "bytea": "BLOB",
    "time": "TIME",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSON",
}
_AS_TEXT = {"timetz": "TIME WITH TIME ZONE", "interval": "INTERVAL"}
TEMPORAL = {
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
}
_WRAPPED = {
    # The driver adds the years between its epoch and PostgreSQL's: these two overflow.
    "DATE": ("5877612-06-21 (BC)", "5877612-06-22 (BC)"),
    "TIMESTAMP": ("290279-12-22 (BC) 19:59:05.224191", "290279-12-22 (BC) 19:59:05.224192"),
    "TIMESTAMP WITH TIME ZONE": (
        "290279-12-22 (BC) 19:59:05.224191+00",
        "290279-12-22 (BC) 19:59:05.224192+00",
    ),
}
_EARLIEST = "4800-01-01 (BC)"
_FROM_ZERO = ("int2vector", "oidvector")
"""The server's own arrays, which are all numbered from 0."""
WIDEST = 38
LARGEST = 308
"""Digits before the point that every DOUBLE can have."""


@frozen(kw_only=True)
class Reading:
    """``asked`` is the server's expression, ``made`` DuckDB's over what arrives; both unnamed."""

    asked: str
    made: str
    type: str


@frozen(kw_only=True)
class Extent:
    """How much room the values of a numeric without precision take: digits on each side.

    ``special``: some are no numbers.
    """

    before: int
    after: int
    special: bool = False

    @property
    def wide(self) -> bool:
        """Whether no DECIMAL holds them all."""
        return self.before + self.after > WIDEST


@frozen(kw_only=True)
class Wish:
    """What is asked of a column: its type, and what becomes of a NaN in a numeric.

    ``exact``: numbers that no DECIMAL holds are read as text, not rounded.
    """

    type: str | None = None
    on_nan: str = "error"
    exact: bool = False

    def keeps(self, extent: Extent | None) -> bool:
        """Whether a numeric of that extent is read as text."""
        if not self.exact or extent is None:
            return False
        return extent.wide or (extent.special and self.on_nan != "null")


def reading_of(column: PgColumn, wish: Wish, extent: Extent | None = None) -> Reading:
    """How to read one column; a declared type is given as DuckDB itself writes it."""
    if wish.type is None and wish.keeps(extent):
        return _as_written(column, wish.on_nan)
    if wish.type is None:
        return _undeclared(column, wish.on_nan, extent)
    if wish.type == "VARCHAR":
        return Reading(asked=_text(column), made=quote_identifier(column.name), type="VARCHAR")
    if column.kind == "a":
        return _declared_array(column, wish.type, wish.on_nan)
    if column.type == "numeric":
        return _declared_numeric(column, wish.type, wish.on_nan)
    plain = _undeclared(column, wish.on_nan, extent)
    if plain.type == wish.type:
        return plain
    act = read_as if plain.type == "VARCHAR" else _from(plain.type)
    made = act(plain.made, wish.type, column.name)
    return Reading(asked=plain.asked, made=made, type=wish.type)


def _as_written(column: PgColumn, on_nan: str) -> Reading:
    """A numeric as its own text, or a list of such texts."""

    def written(text: str) -> str:
        return finite(text, text, column.name, on_nan) if on_nan == "null" else text

    if column.kind == "a":
        return _array(column, _Element(type="VARCHAR", made=written), column.dimensions)
    made = written(quote_identifier(column.name))
    return Reading(asked=_text(column), made=made, type="VARCHAR")


def is_loose(column: PgColumn) -> bool:
    """Whether a numeric, or an array of them, does not say itself which DECIMAL holds it."""
    return "numeric" in (column.type, column.element) and not fits(column)


def fits(column: PgColumn) -> bool:
    """Whether a numeric's own precision is one that DuckDB has."""
    precision = column.precision
    return precision is not None and 0 <= precision[1] <= precision[0] <= WIDEST


def _undeclared(column: PgColumn, on_nan: str, extent: Extent | None) -> Reading:
    name = quote_identifier(column.name)
    if column.kind == "a":
        return _array(column, _element(column, on_nan, extent), column.dimensions)
    if column.type == "numeric":
        type = _decimal(column, extent)
        made = finite(name, _rounded(name, type, column), column.name, on_nan)
        # One of the drivers would make the text itself, in three times the server's time.
        return Reading(asked=f"{name}::text", made=made, type=type)
    if column.type in TEMPORAL:
        return _temporal(column, name, TEMPORAL[column.type])
    if column.type in _AS_TEXT:
        type = _AS_TEXT[column.type]
        return Reading(asked=f"{name}::text", made=parsed(name, type, column.name), type=type)
    if column.type in _PLAIN:
        type = _PLAIN[column.type]
        return Reading(asked=name, made=f"CAST({name} AS {type})", type=type)
    if column.type == "oid":
        return Reading(asked=f"{name}::int8", made=name, type="BIGINT")
    if column.type == "money":
        return Reading(
            asked=f"{name}::numeric::text", made=_cents(name, column), type="DECIMAL(19,2)"
        )
    return Reading(asked=_text(column), made=f"CAST({name} AS VARCHAR)", type="VARCHAR")


def _text(column: PgColumn) -> str:
    """The server's own text of a value."""
    name = quote_identifier(column.name)
    if column.type == "inet":
        # A cast would add the mask that its own text leaves out.
        return f"textin(inet_out({name}))"
    return f"{name}::text"


def _decimal(column: PgColumn, extent: Extent | None) -> str:
    """The type that holds a numeric's digits; DOUBLE, which rounds them, when none does."""
    if fits(column) and column.precision is not None:
        return "DECIMAL({},{})".format(*column.precision)
    if extent is not None and not extent.wide:
        return f"DECIMAL({WIDEST},{extent.after})"
    return "DOUBLE"


def _rounded(text: str, type: str, column: PgColumn) -> str:
    """A numeric's text as its decimal, or as a DOUBLE, which no number makes infinite."""
    if type in APPROXIMATE:
        return read_as(text, type, column.name)
    return f"CAST({text} AS {type})"


def _cents(text: str, column: PgColumn) -> str:
    """A currency may have more than two digits below its unit: those are not cut off."""
    return read_as(text, "DECIMAL(19,2)", column.name)


def _declared_numeric(column: PgColumn, declared: str, on_nan: str) -> Reading:
    name = quote_identifier(column.name)
    made = read_as(name, declared, column.name)
    if declared not in APPROXIMATE or on_nan == "null":
        made = finite(name, made, column.name, on_nan)
    return Reading(asked=f"{name}::text", made=made, type=declared)


def _temporal(column: PgColumn, name: str, type: str) -> Reading:
    most, least = _WRAPPED[type]
    beyond = quote_literal(f"column {column.name!r} is beyond the year 294246 in some row")
    made = (
        f"CASE WHEN {name} >= CAST({quote_literal(_EARLIEST)} AS {type}) OR isinf({name})"
        f" OR {name} IS NULL THEN {name}"
        f" WHEN {name} = CAST({quote_literal(most)} AS {type}) THEN CAST('infinity' AS {type})"
        f" WHEN {name} = CAST({quote_literal(least)} AS {type}) THEN CAST('-infinity' AS {type})"
        f" ELSE error({beyond}) END"
    )
    return Reading(asked=name, made=made, type=type)


@frozen(kw_only=True)
class _Element:
    """The type of a list's elements, and how one is made of PostgreSQL's text of it."""

    type: str
    made: Callable[[str], str] | None = None
    """None where DuckDB's own cast of the whole list does."""


def _element(column: PgColumn, on_nan: str, extent: Extent | None) -> _Element:
    if column.element == "numeric":
        decimal = _decimal(column, extent)
        return _Element(
            type=decimal,
            made=lambda text: finite(text, _rounded(text, decimal, column), column.name, on_nan),
        )
    if column.element == "money":
        return _Element(type="DECIMAL(19,2)", made=lambda text: _cents(text, column))
    known: Mapping[str, str] = {**_PLAIN, **_AS_TEXT, **TEMPORAL, "oid": "BIGINT"}
    type = known.get(column.element, "VARCHAR")
    if is_plain(type):
        return _Element(type=type)
    return _Element(type=type, made=lambda text: parsed(text, type, column.name))


def _declared_array(column: PgColumn, declared: str, on_nan: str) -> Reading:
    if declared == "JSON":
        return _json_array(column)
    element, depth = declared, 0
    while element.endswith("[]"):
        element, depth = element.removesuffix("[]"), depth + 1
    if depth == 0:
        plain = _array(column, _element(column, on_nan, None), column.dimensions)
        made = converted(plain.made, plain.type, declared, column.name)
        return Reading(asked=plain.asked, made=made, type=declared)
    if element == "VARCHAR":
        return _array(column, _Element(type="VARCHAR"), depth)
    return _array(column, _declared_element(column, element, on_nan), depth)


def _declared_element(column: PgColumn, declared: str, on_nan: str) -> _Element:
    if column.element == "numeric":

        def number(text: str) -> str:
            made = read_as(text, declared, column.name)
            if declared in APPROXIMATE and on_nan != "null":
                return made
            return finite(text, made, column.name, on_nan)

        return _Element(type=declared, made=number)
    plain = _element(column, on_nan, None)
    if plain.type == declared:
        return plain
    if plain.type == "VARCHAR":
        return _Element(type=declared, made=lambda text: read_as(text, declared, column.name))
    made = plain.made or (lambda text: f"CAST({text} AS {plain.type})")
    return _Element(
        type=declared, made=lambda text: converted(made(text), plain.type, declared, column.name)
    )


def _array(column: PgColumn, element: _Element, depth: int) -> Reading:
    """As JSON of the elements' text, which keeps every digit and the depth."""
    name = quote_identifier(column.name)
    shape = quote_literal("[" * depth + '"VARCHAR"' + "]" * depth)
    list = f"from_json_strict(CAST({name} AS JSON), {shape})"
    if element.made is not None:
        list = _each(list, depth, element.made)
    type = element.type + "[]" * depth
    deeper, shallower = (quote_literal("[" * count) for count in (depth + 1, depth))
    other = f"starts_with({name}, {deeper}) OR NOT starts_with({name}, {shallower})"
    said = quote_literal(
        f"column {column.name!r} holds an array that is not {type}"
        " (declare it as deep as it is, or VARCHAR): "
    )
    # An empty array has no dimensions, however it was declared.
    made = (
        f"CASE WHEN {name} = '[]' THEN CAST([] AS {type}) {_other_numbering(name, column)}"
        f" WHEN {other} THEN error({said} || left({name}, 80)) ELSE CAST({list} AS {type}) END"
    )
    return Reading(asked=_numbered(column, _elements_text(column), depth), made=made, type=type)


def _json_array(column: PgColumn) -> Reading:
    name = quote_identifier(column.name)
    made = (
        f"CASE WHEN false THEN NULL {_other_numbering(name, column)} ELSE CAST({name} AS JSON) END"
    )
    return Reading(asked=_numbered(column, name, column.dimensions), made=made, type="JSON")


def _elements_text(column: PgColumn) -> str:
    name = quote_identifier(column.name)
    if column.element == "inet":
        return name
    return f"{name}::numeric[]::text[]" if column.element == "money" else f"{name}::text[]"


def _numbered(column: PgColumn, elements: str, depth: int) -> str:
    """The array as JSON; one whose numbering begins elsewhere than at 1, as its own text."""
    json = f"array_to_json({elements})::text"
    if column.type in _FROM_ZERO:
        return json
    name = quote_identifier(column.name)
    other = " OR ".join(f"array_lower({name}, {place}) <> 1" for place in range(1, depth + 1))
    return f"CASE WHEN {other} THEN {name}::text ELSE {json} END"


def _other_numbering(name: str, column: PgColumn) -> str:
    """Lists have no numbering of their own: DuckDB could not give it back."""
    wrong = holds(name, column.name, "whose numbering does not begin at 1 (declare it as VARCHAR)")
    return f"WHEN regexp_matches({name}, '^\\[-?[0-9]+:') THEN {wrong}"


def _each(list: str, depth: int, act: Callable[[str], str]) -> str:
    if depth == 0:
        return act(list)
    item = f"x{depth}"
    return f"list_transform({list}, lambda {item}: {_each(item, depth - 1, act)})"


def _from(type: str) -> Callable[[str, str, str], str]:
    return lambda value, declared, column: converted(value, type, declared, column)
