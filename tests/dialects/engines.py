"""The engines that say what a query gives: each is asked, and answers with values in one form."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.dialects.arrow import values_of
from tests.dialects.loading import statements
from tests.dialects.servers import NoEngine, mariadb, spark_connect
from tests.dialects.values import Value, value_of

ENGINES = ("duckdb", "postgres", "sqlite", "mysql", "spark")
"""The dialects whose engine can be asked; others are known from their documentation."""
_NOT_UNDERSTOOD = ("42", "0A")
"""Classes of SQLSTATE for what is said of a text before anything is computed."""


@frozen(kw_only=True)
class Answer:
    columns: tuple[str, ...]
    rows: list[list[Value]]


class Failed(Exception):
    """The engine refused. ``unknown``: for how it is written, not for the values it met."""

    def __init__(self, message: str, *, unknown: bool = False) -> None:
        super().__init__(" ".join(message.split())[:300])
        self.unknown = unknown


class Engine:
    """An engine with the tables of the corpus, as queries of ``origin`` see them."""

    def __init__(self, dialect: str, ask: Callable[[str], Answer]) -> None:
        self.dialect = dialect
        self.ask = ask
        """Gives a query's Answer, or raises Failed."""


@contextmanager
def engine(dialect: str, origin: str = "") -> Iterator[Engine]:
    """The engine of a dialect with the tables that a query of ``origin`` names.

    Raises NoEngine when it is not to be had on this machine.
    """
    with _OPENED[dialect](origin or dialect) as ask:
        yield Engine(dialect, ask)


@contextmanager
def _duckdb(origin: str) -> Iterator[Callable[[str], Answer]]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in statements("duckdb", origin):
            connection.execute(statement)
        yield lambda sql: ask_duckdb(connection, sql)


def ask_duckdb(connection: Any, sql: str) -> Answer:
    import duckdb

    unknown = (
        duckdb.ParserException,
        duckdb.CatalogException,
        duckdb.BinderException,
        duckdb.NotImplementedException,
    )
    try:
        found = connection.execute(sql)
        columns = tuple(entry[0] for entry in found.description)
        types = [str(entry[1]) for entry in found.description]
        if _INSTANT in types:
            found = connection.execute(_with_numbers(sql, types))
        rows = [_with_instants(row, types) for row in found.fetchall()]
        for place, of in enumerate(types):
            if of == "INTERVAL":
                _exact_spans(connection, sql, place, rows, len(types))
    except duckdb.Error as error:
        raise Failed(str(error), unknown=isinstance(error, unknown)) from error
    return Answer(columns=columns, rows=[_typed(row, types) for row in rows])


_INSTANT = "TIMESTAMP WITH TIME ZONE"


def _with_numbers(sql: str, types: list[str]) -> str:
    """A query with its instants as numbers: for themselves, some versions of DuckDB need pytz."""
    names = [f"c{at}" for at in range(len(types))]
    shown = [f"epoch_us({n})" if of == _INSTANT else n for n, of in zip(names, types, strict=True)]
    return f"SELECT {', '.join(shown)} FROM ({sql}) AS q({', '.join(names)})"


def _with_instants(row: tuple[Any, ...], types: list[str]) -> list[Any]:
    return [
        value
        if of != _INSTANT or value is None
        else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
        for value, of in zip(row, types, strict=True)
    ]


def _exact_spans(connection: Any, sql: str, place: int, rows: list[list[Any]], width: int) -> None:
    """Put spans as DuckDB has them: Python's have no months."""
    names = ", ".join(f"c{at}" for at in range(width))
    asked = ", ".join(
        f"datepart('{part}', c{place})" for part in ("year", "month", "day", "hour", "minute")
    )
    spans = connection.execute(
        f"SELECT {asked}, datepart('microseconds', c{place}) FROM ({sql}) AS q({names})"
    ).fetchall()
    for row, (year, month, day, hour, minute, micros) in zip(rows, spans, strict=True):
        if row[place] is not None:
            parts = [year * 12 + month, day, (hour * 60 + minute) * 60_000_000 + micros]
            row[place] = {"interval": parts}


def _typed(row: list[Any], types: list[str]) -> list[Value]:
    import json

    found = []
    for value, of in zip(row, types, strict=True):
        if isinstance(value, dict) and "interval" in value:
            found.append(value)
        elif of == "JSON" and value is not None:
            found.append({"json": json.loads(value)})
        elif of.startswith("MAP(") and value is not None:
            pairs = [[value_of(key), value_of(part)] for key, part in value.items()]
            found.append({"map": pairs})
        elif of in ("DATE", "TIMESTAMP") and isinstance(value, str):
            found.append({of.lower(): _like_python(value)})
        else:
            found.append(value_of(value))
    return found


def _like_python(moment: str) -> str:
    """A date or time that Python has none of, with as many digits as Python writes."""
    whole, dot, parts = moment.partition(".")
    return f"{whole}.{parts:0<6}" if dot else moment


@contextmanager
def _sqlite(origin: str) -> Iterator[Callable[[str], Answer]]:
    connection = sqlite3.connect(":memory:")
    for statement in statements("sqlite", origin):
        connection.execute(statement)

    def ask(sql: str) -> Answer:
        try:
            found = connection.execute(sql)
            rows = found.fetchall()
        except sqlite3.Error as error:
            unknown = bool(re.search("syntax|no such|unrecognized|wrong number", str(error)))
            raise Failed(str(error), unknown=unknown) from error
        columns = tuple(entry[0] for entry in found.description or ())
        return Answer(columns=columns, rows=[value_of(row) for row in rows])

    try:
        yield ask
    finally:
        connection.close()


@contextmanager
def _postgres(origin: str) -> Iterator[Callable[[str], Answer]]:
    with _server() as (server, alphabet), asked_postgres(server, origin, alphabet=alphabet) as ask:
        yield ask


@contextmanager
def postgres_server() -> Iterator[dict[str, Any]]:
    """libpq's keywords of an empty database in a server of its own."""
    with _server() as (server, alphabet):
        yield _database(server, "empty", _ALPHABET if alphabet else _CODE_POINTS)


@contextmanager
def _server() -> Iterator[tuple[Any, bool]]:
    """A server, and whether it knows the order of letters."""
    from tests.postgres.server import start

    with tempfile.TemporaryDirectory() as folder:
        with _english(Path(folder)) as alphabet:
            server = start(Path(folder))
        try:
            yield server, alphabet
        finally:
            server.stop()


def _database(server: Any, name: str, order: str) -> dict[str, Any]:
    import psycopg

    with psycopg.connect(**server.parameters(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        made = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {order}"
        connection.execute(made.encode())
    return {**server.parameters(), "dbname": name}


@contextmanager
def asked_postgres(
    server: Any, origin: str = "postgres", *, alphabet: bool = False
) -> Iterator[Callable[[str], Answer]]:
    """A database of its own, with the tables, of a server that runs already.

    Where PostgreSQL says what its SQL gives, texts have the order of their code points: which
    other order they have is up to a database. ``alphabet``: where it is given another dialect's
    SQL, it has such an order, as most databases do.
    """
    import psycopg

    order = _ALPHABET if alphabet and origin != "postgres" else _CODE_POINTS
    at = _database(server, f"corpus_{origin}", order)
    with psycopg.connect(**at, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _read_spans(connection)
        for statement in statements("postgres", origin):
            connection.execute(statement)
        yield lambda sql: ask_postgres(connection, sql)


_ENGLISH = "en_US.UTF-8"
_CODE_POINTS = "LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
_ALPHABET = f"LOCALE_PROVIDER libc LOCALE '{_ENGLISH}'"


@contextmanager
def _english(folder: Path) -> Iterator[bool]:
    """Whether a server that is started meanwhile knows English: its rules are made here."""
    rules = folder / "locales"
    rules.mkdir()
    folder.chmod(0o755)
    command = ["localedef", "-i", "en_US", "-f", "UTF-8", str(rules / _ENGLISH)]
    if not shutil.which("localedef") or subprocess.run(command, capture_output=True).returncode:
        yield False
        return
    before = os.environ.get("LOCPATH")
    os.environ["LOCPATH"] = str(rules)
    try:
        yield True
    finally:
        del os.environ["LOCPATH"]
        if before is not None:
            os.environ["LOCPATH"] = before


def ask_postgres(connection: Any, sql: str) -> Answer:
    import psycopg

    try:
        # Bytes, so that no percent sign is taken for a parameter.
        cursor = connection.execute(sql.encode())
        rows = cursor.fetchall()
    except psycopg.Error as error:
        state = error.sqlstate or ""
        raise Failed(str(error), unknown=state.startswith(_NOT_UNDERSTOOD)) from error
    json_types = [entry.type_code in (114, 3802) for entry in cursor.description]
    return Answer(
        columns=tuple(entry.name for entry in cursor.description),
        rows=[
            [
                {"json": value} if is_json and value is not None else value_of(value)
                for value, is_json in zip(row, json_types, strict=True)
            ]
            for row in rows
        ],
    )


def _read_spans(connection: Any) -> None:
    from psycopg.adapt import Loader

    class Span(Loader):
        def load(self, data: Any) -> Any:
            return _Span(bytes(data).decode())

    connection.adapters.register_loader("interval", Span)


class _Span(dict[str, Any]):
    """An interval from PostgreSQL's own form, as value_of takes it."""

    def __init__(self, text: str) -> None:
        years, months, days = (_count(text, unit) for unit in ("year", "mon", "day"))
        clock = re.search(r"(-?)(\d+):(\d+):([\d.]+)", text)
        micros = 0
        if clock:
            sign, hours, minutes, seconds = clock.groups()
            micros = (int(hours) * 60 + int(minutes)) * 60_000_000 + round(
                Decimal(seconds) * 1_000_000
            )
            micros = -micros if sign else micros
        super().__init__(interval=[years * 12 + months, days, micros])


def _count(text: str, unit: str) -> int:
    found = re.search(rf"(-?\d+) {unit}", text)
    return int(found[1]) if found else 0


@contextmanager
def _mysql(origin: str) -> Iterator[Callable[[str], Answer]]:
    try:
        import pymysql
    except ImportError as error:
        raise NoEngine("no pymysql, which is in the dependency group engines") from error

    def ask(sql: str) -> Answer:
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                rows = cursor.fetchall()
                columns = tuple(entry[0] for entry in cursor.description or ())
        except pymysql.Error as error:
            number = error.args[0] if error.args else 0
            unknown = number in (1064, 1305, 1128) or "mysql.proc" in str(error)
            raise Failed(str(error), unknown=unknown) from error
        return Answer(columns=columns, rows=[[_clock(value) for value in row] for row in rows])

    with mariadb() as socket:
        connection = pymysql.connect(
            unix_socket=str(socket),
            user="root",
            autocommit=True,
            charset="utf8mb4",
            init_command="SET time_zone = '+00:00'",
        )
        try:
            with connection.cursor() as cursor:
                for statement in (*_LIKE_MYSQL, *statements("mysql", origin)):
                    cursor.execute(statement)
            yield ask
        finally:
            connection.close()


# MariaDB answers for MySQL: as MySQL 8 is for new databases and sessions, in MariaDB's words. What
# it does otherwise has another source in the corpus.
_LIKE_MYSQL = (
    "CREATE DATABASE corpus CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci",
    "USE corpus",
    "SET NAMES utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci",
    "SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
)


def _clock(found: Any) -> Value:
    """MySQL's TIME comes as a span."""
    from tests.dialects.values import microseconds

    if isinstance(found, timedelta):
        return {"clock": microseconds(found)}
    return value_of(found)


@contextmanager
def _spark(origin: str) -> Iterator[Callable[[str], Answer]]:
    with spark_connect() as connection:
        for statement in statements("spark", origin):
            ask_spark(connection, statement)
        yield lambda sql: ask_spark(connection, sql)


def ask_spark(connection: Any, sql: str) -> Answer:
    import adbc_driver_manager

    with connection.cursor() as cursor:
        try:
            cursor.execute(sql)
            table = cursor.fetch_arrow_table()
        except adbc_driver_manager.Error as error:
            state = re.search(r"SQLSTATE: (\w+)", str(error))
            unknown = state is not None and state[1].startswith(_NOT_UNDERSTOOD)
            raise Failed(str(error), unknown=unknown) from error
    columns = [
        _months(connection, sql, place, table.num_columns)
        if str(field.type) == "month_interval"
        else values_of(table.column(place))
        for place, field in enumerate(table.schema)
    ]
    return Answer(
        columns=tuple(table.schema.names), rows=[list(row) for row in zip(*columns, strict=True)]
    )


def _months(connection: Any, sql: str, place: int, width: int) -> list[Value]:
    """Spans of months, which pyarrow cannot read."""
    names = ", ".join(f"c{at}" for at in range(width))
    span = f"CAST(c{place} AS INTERVAL YEAR TO MONTH)"
    months = f"extract(YEAR FROM {span}) * 12 + extract(MONTH FROM {span})"
    found = ask_spark(connection, f"SELECT {months} AS n FROM ({sql}) AS q({names})")
    return [None if n is None else {"interval": [n, 0, 0]} for (n,) in found.rows]


_OPENED = {
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "postgres": _postgres,
    "mysql": _mysql,
    "spark": _spark,
}
