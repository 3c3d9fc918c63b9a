"""Looking up: keys go to the server as arrays, one row of Python's values comes for each."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.plugin import DeliveryError
from seeknal_postgres.onlinequery import Wanted, query_of, types_of
from seeknal_postgres.onlinesessions import Outdated

if TYPE_CHECKING:
    import psycopg
    from duckdb import DuckDBPyConnection

    from seeknal_postgres.onlinequery import Query

    Server = psycopg.Connection[Any]
    Row = tuple[object, ...]

_SETTINGS = {
    "default_transaction_read_only": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""A plan is made once, not for each look-up: by the index of the keys, however few rows there are
now."""
_MOST = 500
"""Queries that are remembered."""


def prepare(server: Server, seconds: float) -> None:
    """Make a connection one for look-ups, none of which takes longer."""
    settings = {**_SETTINGS, "statement_timeout": f"{int(seconds * 1000)}ms"}
    calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
    given = [text for setting in settings.items() for text in setting]
    server.execute(f"SELECT {calls}".encode(), given)


@frozen(kw_only=True)
class Asked:
    """What is looked up, whatever the values of the keys are."""

    wanted: tuple[Wanted, ...]
    keys: tuple[str, ...]


class Lookups:
    """Asks the server, by queries that are made once; any thread may."""

    def __init__(self) -> None:
        self._queries: dict[tuple[Asked, bool], Query] = {}
        self._duckdb: DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    def rows(
        self, server: Server, asked: Asked, values: Sequence[Sequence[object]], *, anew: bool
    ) -> list[Row]:
        """A row for each of ``values``, in order; ``anew``: what was known of tables is old."""
        import psycopg

        if anew:
            self._queries.clear()
        query = self._query(server, asked, exact=False)
        try:
            return self._answer(server, query, values)
        except psycopg.DataError as error:
            if error.sqlstate is not None:
                raise
        # What Python's types do not hold is not the server's error, but the driver's.
        return self._answer(server, self._query(server, asked, exact=True), values)

    def close(self) -> None:
        if self._duckdb is not None:
            self._duckdb.close()

    def _query(self, server: Server, asked: Asked, *, exact: bool) -> Query:
        found = self._queries.get((asked, exact))
        if found is None:
            found = query_of(server, asked.wanted, asked.keys, exact=exact)
            if len(self._queries) >= _MOST:
                self._queries.clear()
            self._queries[asked, exact] = found
        return found

    def _answer(
        self, server: Server, query: Query, values: Sequence[Sequence[object]]
    ) -> list[Row]:
        arrays = [
            [parameter.texts(given[parameter.key]) for given in values]
            for parameter in query.parameters
        ]
        cursor = server.execute(query.text, arrays, prepare=True, binary=True)
        rows = cursor.fetchall() if types_of(cursor) == query.types else []
        if len(rows) != len(values):
            raise Outdated(
                "what is looked up was kept anew by others, or with other columns, meanwhile",
                code="SK1383",
                help="look up again",
            )
        return rows if query.is_plain else self._made(query, rows)

    def _made(self, query: Query, rows: Sequence[Row]) -> list[Row]:
        columns = list(zip(*rows, strict=True))
        texts = {}
        for place, shown in enumerate(query.shown):
            if shown is None:
                continue
            if shown.made is not None:
                texts[place] = shown.made
            elif shown.value is not None:
                columns[place] = tuple(map(shown.value, columns[place]))
        if texts:
            values = self._by_duckdb(texts, {place: columns[place] for place in texts})
            columns = [values.get(place, column) for place, column in enumerate(columns)]
        return list(zip(*columns, strict=True))

    def _by_duckdb(
        self, made: dict[int, str], texts: dict[int, tuple[object, ...]]
    ) -> dict[int, tuple[object, ...]]:
        import duckdb

        names = ", ".join(f"unnest(${at}::VARCHAR[]) AS c{place}" for at, place in _numbered(texts))
        query = f"SELECT {', '.join(made.values())} FROM (SELECT {names})"
        with self._cursor() as cursor:
            try:
                found = cursor.execute(query, [*map(list, texts.values())]).fetchall()
            except duckdb.Error:
                # What it says holds the value.
                raise DeliveryError(
                    "a value that is kept online is none of the type that its column has",
                    code="SK1383",
                    help="keep all rows of the feature group anew",
                ) from None
        return dict(zip(made, zip(*found, strict=True), strict=True))

    def _cursor(self) -> DuckDBPyConnection:
        with self._lock:
            if self._duckdb is None:
                import duckdb

                self._duckdb = duckdb.connect(config={"threads": 1})
                self._duckdb.execute("SET GLOBAL TimeZone = 'UTC'")
            return self._duckdb.cursor()


def _numbered(texts: dict[int, tuple[object, ...]]) -> list[tuple[int, int]]:
    return list(enumerate(texts, 1))
