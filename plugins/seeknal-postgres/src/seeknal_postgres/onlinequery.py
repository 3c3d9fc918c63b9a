"""The one query of a look-up, and what makes rows of Python's values of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import DeliveryError, quote_identifier
from seeknal_postgres import onlinemarks
from seeknal_postgres.catalogue import Table, describe
from seeknal_postgres.onlinekeys import Texts, array_of, texts_for
from seeknal_postgres.onlinevalues import Shown, kept, shown_of
from seeknal_postgres.tables import columns_of
from seeknal_postgres.writetypes import writing_of

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from seeknal.plugin import Column, OnlineTable
    from seeknal_postgres.catalogue import PgColumn

    Server = psycopg.Connection[Any]
    Cursor = psycopg.Cursor[Any]


@frozen(kw_only=True)
class Wanted:
    """What is asked of one table, which is at ``place``."""

    table: OnlineTable
    place: Table
    columns: tuple[str, ...]


@frozen(kw_only=True)
class Parameter:
    """A key as one column of what is looked up: where its values stand, and their texts."""

    key: int
    texts: Texts


@frozen(kw_only=True)
class Query:
    """``shown`` are the columns of the answer in order, None where it is whether a row is there.

    No row comes where a table has become somebody else's.
    ``types`` are those of the answer's columns, as the server numbers them.
    """

    text: bytes
    parameters: tuple[Parameter, ...]
    shown: tuple[Shown | None, ...]
    types: tuple[int, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the driver's values are the answer."""
        return not any(shown and (shown.value or shown.made) for shown in self.shown)


def query_of(
    server: Server, wanted: Sequence[Wanted], keys: Sequence[str], *, exact: bool
) -> Query:
    """The query, by what the tables are now.

    Raises DeliveryError where one is not there or holds something else.
    """
    builder = _Builder(keys, exact)
    # No table is made anew within the transaction once it has been looked at.
    with server.transaction():
        for one in wanted:
            builder.add(one, _described(server, one))
        query = builder.query()
        nothing: list[list[str]] = [[] for _ in query.parameters]
        return evolve(query, types=types_of(server.execute(query.text, nothing, binary=True)))


def types_of(cursor: Cursor) -> tuple[int, ...]:
    """The types of an answer's columns, as the server numbers them."""
    result = cursor.pgresult
    assert result is not None
    return tuple(map(result.ftype, range(result.nfields)))


class _Builder:
    """Puts a query together, a table after the other."""

    def __init__(self, keys: Sequence[str], exact: bool) -> None:
        self.keys = list(keys)
        self.exact = exact
        self.arrays: dict[tuple[str, str], int] = {}
        self.parameters: list[Parameter] = []
        self.shown: list[Shown | None] = []
        self.selected: list[str] = []
        self.joined: list[str] = []
        self.owned: list[str] = []

    def add(self, wanted: Wanted, there: Mapping[str, PgColumn]) -> None:
        """Join a table, and select what is asked of it."""
        table = f"t{len(self.joined)}"
        known = {column.name: column for column in wanted.table.columns}
        named, made = [], []
        self._select(f"{table}.found IS NOT NULL", None)
        for column in wanted.columns:
            name = f"c{len(self.shown)}"
            shown = shown_of(evolve(there[column], name=name), known[column], exact=self.exact)
            named.append(f"{quote_identifier(column)} AS {quote_identifier(name)}")
            made.append(f"{shown.asked} AS {quote_identifier(name)}")
            self._select(f"{table}.{quote_identifier(name)}", shown)
        same = []
        for number, key in enumerate(wanted.table.keys):
            named.append(f"{quote_identifier(key.name)} AS k{number}")
            made.append(f"k{number}")
            same.append(f"{table}.k{number} = wanted.{self._array(key)}")
        rows = f"SELECT {', '.join(named)} FROM {wanted.place.quoted}"
        self.joined.append(
            f"LEFT JOIN (SELECT true AS found, {', '.join(made)} FROM ({rows}) AS named)"
            f" AS {table} ON {' AND '.join(same)}"
        )
        self.owned.append(onlinemarks.is_of(wanted.place, wanted.table))

    def query(self) -> Query:
        names = [f"p{number}" for number in self.arrays.values()]
        arrays = ", ".join(f"%s::text[]::{array_of(type)}" for _, type in self.arrays)
        rest = (
            f"SELECT {', '.join(self.selected)} FROM unnest({{}}) WITH ORDINALITY"
            f" AS wanted({', '.join(names)}, place) {' '.join(self.joined)}"
            f" WHERE {' AND '.join(self.owned)} ORDER BY wanted.place"
        )
        # A percent sign in a name is none of a parameter.
        before, after = rest.replace("%", "%%").split("{}", 1)
        return Query(
            text=f"{before}{arrays}{after}".encode(),
            parameters=tuple(self.parameters),
            shown=tuple(self.shown),
        )

    def _select(self, expression: str, shown: Shown | None) -> None:
        self.selected.append(expression)
        self.shown.append(shown)

    def _array(self, key: Column) -> str:
        """The column with the values of a key, as values of the type that a table has it in."""
        type = writing_of(kept(key)).type
        if key.name not in self.keys:
            raise DeliveryError(
                f"it is looked up without {key.name}, which is a key",
                code="SK1384",
                help=f"give a value of {key.name} too",
            )
        if (key.name, type) not in self.arrays:
            self.arrays[key.name, type] = len(self.arrays)
            texts = texts_for(key.name, type)
            self.parameters.append(Parameter(key=self.keys.index(key.name), texts=texts))
        return f"p{self.arrays[key.name, type]}"


def _described(server: Server, wanted: Wanted) -> dict[str, PgColumn]:
    """The columns of a table. Raises DeliveryError where they are not those that are asked for."""
    table, place = wanted.table, wanted.place
    found = onlinemarks.read(server, place)
    if found is None or not found.stands:
        raise nothing_kept(place, table)
    onlinemarks.refuse_foreign(found, place, table, stands=True)
    described = {column.name: column for column in describe(server, place.quoted)}
    types = {column.name: column.type for column in columns_of(server, place)}
    known = {column.name: column for column in table.columns}
    asked = {*wanted.columns, *(key.name for key in table.keys)}
    other = sorted(
        name
        for name in asked
        if name not in known or types.get(name) != writing_of(kept(known[name])).type
    )
    if other:
        raise DeliveryError(
            f"{place} was kept with other columns: {', '.join(other)}",
            code="SK1383",
            help=f"keep all rows of {table.node} anew",
        )
    return described


def nothing_kept(place: Table, table: OnlineTable) -> DeliveryError:
    """That a table is not there."""
    return DeliveryError(
        f"nothing of {table.node} is kept online in environment {table.environment}:"
        f" there is no table {place}",
        code="SK1383",
        help=f"keep all rows of {table.node} first",
    )
