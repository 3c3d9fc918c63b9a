"""Newest rows of feature groups, kept in a database and looked up there."""

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import attrs
import duckdb
import psycopg
import pytest
from tests.contexts import step_context
from tests.postgres.test_contracts import options_of

from seeknal.plugin import (
    Column,
    Connection,
    ConnectionFailed,
    DeliveryError,
    Duration,
    NodeId,
    OnlineTable,
    Relation,
    RowsRefused,
    Secret,
)
from seeknal_postgres import online, onlinekeeping, plugin
from seeknal_postgres.onlinekeys import texts_for

FIRST = "SELECT 1 AS id, 'a' AS name, 1.5 AS paid UNION ALL SELECT 2, 'b', NULL"
SECOND = "SELECT 2 AS id, 'B' AS name, 2.5 AS paid UNION ALL SELECT 3, 'c', 3.5"
HELD = "SELECT id, name FROM seeknal_online.customers ORDER BY id"
READ = (
    "GRANT USAGE ON SCHEMA seeknal_online TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA seeknal_online TO {role}",
)
_KILLED = """
import json, os, signal, sys
from pathlib import Path
from tests.postgres.test_online import FIRST, SECOND, Shop
from seeknal.plugin import Secret
from seeknal_postgres import onlinemarks
from seeknal_postgres.options import Postgres

given = json.loads(sys.argv[1])
shop = Shop(Path(sys.argv[2]), Postgres(**{**given, "password": Secret(given["password"])}))
rows, gone = shop.rows(SECOND), shop.rows("SELECT 1 AS id", "gone")
onlinemarks.note = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
gone = None if sys.argv[3] == "anew" else gone
shop.store().keep(shop.table(rows), rows, gone, before="one", mark="two")
"""


class Shop:
    """A project's feature groups, and stores of them in a database."""

    def __init__(self, root, options):
        self.options = options
        self.duckdb = duckdb.connect()
        self.context = step_context(
            NodeId("feature_group.customers"),
            root,
            self.duckdb,
            cursor=self.duckdb.cursor,
            connections=None,
        )
        self.stores = []

    def store(self, **changed):
        """A store behind the connection, with other options where they are given."""
        options = attrs.evolve(self.options, **changed)
        connection = Connection(name="pg", type="postgresql", options=options)
        self.stores.append(plugin.open_online_store(connection, self.context))
        return self.stores[-1]

    def rows(self, query, name="customers"):
        """The stored output of a feature group of a query."""
        self.duckdb.execute(f'CREATE OR REPLACE TABLE "{name}" AS {query}')
        described = self.duckdb.execute(f'DESCRIBE "{name}"').fetchall()
        columns = tuple(Column(row[0], row[1]) for row in described)
        ((count,),) = self.duckdb.execute(f'SELECT count(*) FROM "{name}"').fetchall()
        node = NodeId.of("feature_group", name)
        return Relation(node=node, scan=f'"{name}"', columns=columns, rows=count)

    def table(self, rows, environment="prod"):
        return OnlineTable(
            node=rows.node,
            environment=environment,
            project="shop",
            keys=rows.columns[:1],
            columns=rows.columns,
        )

    def close(self):
        for store in self.stores:
            store.close()
        self.duckdb.close()


@pytest.fixture
def shop(tmp_path, database):
    made = Shop(tmp_path, options_of(database))
    yield made
    made.close()


@pytest.fixture
def kept(shop):
    """A store, and the customers 1 and 2, which it holds with the mark ``one``."""
    rows, store = shop.rows(FIRST), shop.store()
    table = shop.table(rows)
    store.keep(table, rows, None, before=None, mark="one")
    return store, table


@contextmanager
def role(database, *statements):
    """A role that may log in and what statements let it; gives how it does so."""
    name = f"reader_{database.name}"
    database.run(f"CREATE ROLE {name} LOGIN PASSWORD 'reads-only-9'")
    try:
        for statement in statements:
            database.run(statement.format(role=name))
        yield {"user": name, "password": Secret("reads-only-9")}
    finally:
        database.run(f"DROP OWNED BY {name}; DROP ROLE {name}")


def names(store, table):
    return [name for _, name in store.lookup([(table, ["name"])], ["id"], [[1], [2], [3]])]


def end_sessions(database):
    database.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_tables_lie_in_a_schema_of_each_environment(shop, database):
    rows, store = shop.rows(FIRST), shop.store(online_schema="fresh")

    for environment in ("prod", "dev"):
        table = shop.table(rows, environment)
        store.keep(table, rows, None, before=None, mark=environment)

    found = "SELECT table_name, node, environment, project, mark FROM {}.seeknal_marks"
    assert database.rows("SELECT id, name FROM fresh.customers") == [(1, "a"), (2, "b")]
    for schema, environment in (("fresh", "prod"), ("fresh__dev", "dev")):
        expected = ("customers", "feature_group.customers", environment, "shop", environment)
        assert database.rows(found.format(schema)) == [expected]


def test_the_server_itself_keeps_keys_unique(kept, database):
    constraint = database.value(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'"
        " AND conrelid = 'seeknal_online.customers'::regclass"
    )

    assert constraint == "PRIMARY KEY (id)"


def test_a_look_up_is_one_statement_however_many_tables_and_keys(shop, kept, database):
    store, customers = kept
    rows = shop.rows("SELECT 1 AS id, [1, 2] AS l", "orders")
    orders = shop.table(rows)
    store.keep(orders, rows, None, before=None, mark="one")
    wanted = [(customers, ["name", "paid"]), (orders, ["l"])]
    store.lookup(wanted, ["id"], [[1]])
    mark = database.log_mark()

    found = store.lookup(wanted, ["id"], [[1], [2], [7]])

    logged = database.logged(mark)
    assert len(found) == 3
    assert logged.count("execute") + logged.count("statement:") == 1


def test_many_more_threads_than_sessions_are_served(kept, database):
    store, table = kept
    rows = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"

    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(lambda _: names(store, table), range(500)))

    assert found == [["a", "b", None]] * 500
    assert database.value(rows) <= 17


@pytest.mark.parametrize("count", [0, 3, 20_000])
def test_rows_are_found_by_the_index_of_their_keys(shop, database, count):
    rows = shop.rows(f"SELECT i::BIGINT AS id, 'x' AS name FROM range({count}) AS r(i)")
    store, table = shop.store(), shop.table(rows)
    store.keep(table, rows, None, before=None, mark="one")
    database.run("ANALYZE seeknal_online.customers")
    names(store, table)
    (query,) = store._lookups._queries.values()

    with database.connect() as server:
        online.prepare(server, 10)
        plan = server.execute(b"EXPLAIN " + query.text, [["1", "2"]]).fetchall()

    assert any("Index Scan" in line for (line,) in plan)
    assert not any("Seq Scan on customers" in line for (line,) in plan)


def test_sessions_that_the_server_has_ended_are_made_anew(kept, database):
    store, table = kept
    before = names(store, table)
    end_sessions(database)

    after = names(store, table)

    assert before == after == ["a", "b", None]
    assert store.mark(table) == "one"


def test_a_new_session_does_not_take_other_columns_for_those_of_before(kept, shop, database):
    store, table = kept
    names(store, table)
    rows = shop.rows("SELECT 1 AS id, 7 AS name, 1.5 AS paid")
    changed = shop.table(rows)
    shop.store().keep(changed, rows, None, before="one", mark="two")
    store._sessions._close_idle()

    with pytest.raises(DeliveryError, match="other columns: name"):
        names(store, table)

    assert names(store, changed) == [7, None, None]


def test_a_session_that_ends_within_a_look_up_is_made_anew(kept, database):
    store, table = kept
    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE seeknal_online.customers IN ACCESS EXCLUSIVE MODE")
        found = []
        asking = threading.Thread(target=lambda: found.append(names(store, table)))
        asking.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while not database.value(waiting):
            time.sleep(0.01)
        database.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE NOT granted",
        )
        other.rollback()
        asking.join(20)

    assert found == [["a", "b", None]]


def test_a_server_that_lets_nobody_in_any_more_is_told_without_the_password(shop, kept, database):
    _, table = kept
    with role(database, *READ) as reader:
        store = shop.store(**reader)
        before = names(store, table)
        database.run(f"ALTER ROLE {reader['user']} NOLOGIN")
        end_sessions(database)

        with pytest.raises(ConnectionFailed, match="not permitted to log in") as caught:
            names(store, table)

    assert before == ["a", "b", None]
    assert "reads-only-9" not in str(caught.value)


def test_a_wrong_password_is_told_without_it(shop):
    with pytest.raises(ConnectionFailed, match="password authentication failed") as caught:
        shop.store(password=Secret("not-the-one-77"))

    assert caught.value.code == "SK1302"
    assert caught.value.help == "check user and password"
    assert "not-the-one-77" not in str(caught.value)


def test_a_role_that_may_make_nothing_is_told_what_it_needs(shop, database):
    rows = shop.rows(FIRST)
    with role(database) as reader:
        store = shop.store(**reader)

        with pytest.raises(DeliveryError, match="permission denied") as caught:
            store.keep(shop.table(rows), rows, None, before=None, mark="one")

    assert caught.value.code == "SK1387"
    assert "CREATE SCHEMA" in caught.value.help
    assert "reads-only-9" not in str(caught.value)


def test_a_role_that_may_not_read_is_told_what_it_needs(shop, kept, database):
    _, table = kept
    with role(database, "GRANT USAGE ON SCHEMA seeknal_online TO {role}") as reader:
        store = shop.store(**reader)

        with pytest.raises(DeliveryError, match="permission denied") as caught:
            names(store, table)

    assert caught.value.code == "SK1387"
    assert "SELECT on its tables" in caught.value.help


def test_who_may_only_read_looks_up_also_what_was_made_anew(shop, kept, database):
    writer, table = kept
    with role(database, *READ) as reader:
        store = shop.store(**reader)
        before = names(store, table)

        writer.keep(table, shop.rows(SECOND), None, before="one", mark="two")

        assert before == ["a", "b", None]
        assert names(store, table) == [None, "B", "c"]
        assert store.mark(table) == "two"


def test_a_table_that_seeknal_did_not_make_stays(shop, database):
    rows, store = shop.rows(FIRST), shop.store()
    table = shop.table(rows)
    database.run("CREATE SCHEMA seeknal_online; CREATE TABLE seeknal_online.customers (id int)")

    with pytest.raises(DeliveryError, match="somebody else") as caught:
        store.keep(table, rows, None, before=None, mark="one")

    assert caught.value.code == "SK1381"
    assert database.rows("SELECT * FROM seeknal_online.customers") == []
    with pytest.raises(DeliveryError, match="nothing of"):
        names(store, table)


def test_a_table_that_somebody_dropped_holds_nothing_and_is_made_anew(kept, shop, database):
    store, table = kept
    names(store, table)
    database.run("DROP TABLE seeknal_online.customers")

    with pytest.raises(DeliveryError, match="there is no table") as caught:
        names(store, table)

    assert caught.value.code == "SK1383"
    assert store.mark(table) is None
    store.keep(table, shop.rows(SECOND), None, before=None, mark="two")
    assert names(store, table) == [None, "B", "c"]


def test_a_table_that_has_become_another_projects_is_noticed(kept, shop, database):
    store, table = kept
    names(store, table)
    database.run("DROP TABLE seeknal_online.customers")
    rows, of_other = shop.rows(SECOND), attrs.evolve(table, project="other's")
    shop.store().keep(of_other, rows, None, before=None, mark="two")

    with pytest.raises(DeliveryError, match='of project "other\'s"') as caught:
        names(store, table)

    assert caught.value.code == "SK1381"
    assert names(shop.store(), of_other) == [None, "B", "c"]


def test_views_of_a_table_keep_it_and_are_named(kept, shop, database):
    store, table = kept
    database.run("CREATE VIEW seen AS SELECT * FROM seeknal_online.customers")

    with pytest.raises(DeliveryError, match="view seen depends on") as caught:
        store.keep(table, shop.rows(SECOND), None, before="one", mark="two")

    assert caught.value.code == "SK1385"
    assert database.rows(HELD) == [(1, "a"), (2, "b")]
    assert store.mark(table) == "one"


@pytest.mark.parametrize("lock", ["advisory", "table"])
def test_who_keeps_waits_no_longer_than_lock_timeout(kept, shop, database, lock):
    _, table = kept
    store = shop.store(lock_timeout=Duration(1, "second"))
    hold = {
        "advisory": "SELECT pg_advisory_xact_lock("
        "hashtextextended('seeknal:seeknal_online.customers', 0))",
        "table": "LOCK TABLE seeknal_online.customers IN ACCESS SHARE MODE",
    }

    with database.connect(autocommit=False) as other:
        other.execute(hold[lock])
        with pytest.raises(DeliveryError, match="another delivery holds") as caught:
            store.keep(table, shop.rows(SECOND), None, before="one", mark="two")

    assert caught.value.code == "SK1346"
    assert names(store, table) == ["a", "b", None]
    assert store.mark(table) == "one"


def test_who_looks_up_hardly_waits_for_who_waits_to_keep(kept, shop, database):
    store, table = kept
    names(store, table)
    writer = shop.store(lock_timeout=Duration(2, "second"))
    rows = shop.rows(SECOND)
    waits = []

    def keep():
        with pytest.raises(DeliveryError):
            writer.keep(table, rows, None, before="one", mark="two")

    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE seeknal_online.customers IN ACCESS SHARE MODE")
        keeping = threading.Thread(target=keep)
        keeping.start()
        while keeping.is_alive():
            began = time.monotonic()
            names(store, table)
            waits.append(time.monotonic() - began)
        keeping.join()

    assert len(waits) > 20
    assert max(waits) < 1.5


@pytest.mark.parametrize("how", ["anew", "changed"])
def test_who_is_killed_before_the_end_has_changed_nothing(kept, shop, database, tmp_path, how):
    store, table = kept
    given = json.dumps({**database.parameters, "password": shop.options.password.reveal()})
    root = Path(__file__).parents[2]

    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, given, str(tmp_path), how],
        cwd=root,
        capture_output=True,
        check=False,
        text=True,
    )

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert names(store, table) == ["a", "b", None]
    assert store.mark(table) == "one"
    store.keep(table, shop.rows(SECOND), None, before="one", mark="two")
    assert names(store, table) == [None, "B", "c"]
    left = "SELECT relname FROM pg_class WHERE relname LIKE 'seeknal_new%' AND relkind = 'r'"
    assert database.rows(left) == []


@pytest.mark.parametrize("is_committed", [True, False])
def test_an_answer_that_was_lost_is_asked_for(kept, shop, monkeypatch, is_committed):
    store, table = kept
    carry_out = onlinekeeping.carry_out

    def lose(server, keeping):
        if is_committed:
            carry_out(server, keeping)
        raise psycopg.errors.AdminShutdown("terminating connection due to administrator command")

    monkeypatch.setattr(online, "carry_out", lose)

    def keep():
        return store.keep(table, shop.rows(SECOND), None, before="one", mark="two")

    if is_committed:
        assert keep() == 2
        assert names(store, table) == [None, "B", "c"]
    else:
        with pytest.raises(DeliveryError, match="terminating connection"):
            keep()
        assert names(store, table) == ["a", "b", None]


def test_a_number_of_more_digits_than_numeric_has_is_refused_by_name(shop, database):
    rows = shop.rows("SELECT 1 AS id, '170141183460469231731687303715884105727'::HUGEINT AS huge")
    store = shop.store()

    with pytest.raises(RowsRefused, match="huge holds 1701411834604692317316873037158841057") as e:
        store.keep(shop.table(rows), rows, None, before=None, mark="one")

    assert e.value.code == "SK1351"


def test_names_that_the_server_would_cut_off_are_refused(shop):
    store = shop.store()
    of_long = shop.rows("SELECT 1 AS id", "g" * 64)
    rows = shop.rows(FIRST)

    with pytest.raises(DeliveryError, match="64 bytes"):
        store.keep(shop.table(of_long), of_long, None, before=None, mark="one")
    with pytest.raises(DeliveryError, match="76 bytes"):
        store.mark(shop.table(rows, "e" * 60))


def test_a_group_with_the_name_of_the_marks_is_refused(shop):
    rows = shop.rows("SELECT 1 AS id", "seeknal_marks")

    with pytest.raises(DeliveryError, match="seeknal writes it itself") as caught:
        shop.store().keep(shop.table(rows), rows, None, before=None, mark="one")

    assert caught.value.code == "SK1339"


def test_keys_of_rows_that_go_have_to_be_whole(kept, shop):
    store, table = kept
    gone = shop.rows("SELECT 'a' AS name", "gone")

    with pytest.raises(RowsRefused, match="'id'"):
        store.keep(table, shop.rows(SECOND), gone, before="one", mark="two")

    assert names(store, table) == ["a", "b", None]


STAMP = "timestamp without time zone"
ZONED = "timestamp with time zone"


@pytest.mark.parametrize(
    ("type", "value"),
    [
        *(("bigint", value) for value in ("1", 1.0, True, b"1", date(2024, 1, 1))),
        *(("numeric(10,2)", value) for value in ("1.5", 1.5, True)),
        *(("text", value) for value in (1, b"a", UUID(int=1))),
        *(("boolean", value) for value in (1, "true")),
        *(("date", value) for value in (datetime(2024, 1, 1), "2024-13-01", 20240101)),
        *((STAMP, value) for value in (datetime(2024, 1, 1, tzinfo=UTC), date(2024, 1, 1))),
        *((ZONED, value) for value in (datetime(2024, 1, 1), "2024-01-01 00:00")),
        *(("uuid", value) for value in (1, "no-uuid")),
        *(("bytea", value) for value in ("a", 1)),
        ("jsonb", "{}"),
    ],
)
def test_a_key_is_not_looked_up_by_a_value_of_another_type(type, value):
    text = texts_for("customer", type)

    with pytest.raises(DeliveryError, match="customer is looked up by a value of type") as caught:
        text(value)

    assert caught.value.code == "SK1384"


@pytest.mark.parametrize(
    ("type", "value"),
    [
        *(("smallint", 1 << 15), ("integer", -(1 << 31) - 1), ("bigint", 1 << 63)),
        *(("bigint", Decimal("1.5")), ("bigint", Decimal("NaN")), ("numeric", Decimal("Infinity"))),
        *(("text", "a\0b"), ("text", "\ud800"), ("uuid", None)),
    ],
)
def test_a_value_that_no_key_can_have_is_looked_up_in_vain(type, value):
    text = texts_for("customer", type)

    assert text(value) is None


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        *(("bigint", Decimal("7.00"), "7"), ("numeric(10,2)", Decimal("1E+2"), "100")),
        *(("date", "2024-02-29", "2024-02-29"), (STAMP, "2024-01-01 10:00", "2024-01-01T10:00:00")),
        (ZONED, "2024-01-01T10:00:00+01:00", "2024-01-01T10:00:00+01:00"),
        ("uuid", "550E8400e29b41d4a716446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("bytea", bytearray(b"\x00\xff"), "\\x00ff"),
    ],
)
def test_values_of_keys_are_written_as_the_server_reads_them(type, value, expected):
    text = texts_for("customer", type)

    assert text(value) == expected


def test_private_values_are_in_no_message(shop):
    shop.context = attrs.evolve(shop.context, pii_of=lambda node: frozenset({"mail", "id"}))
    store = shop.store()
    twice = shop.rows(
        "SELECT 'ann@example.org' AS id, 1 AS v UNION ALL SELECT 'ann@example.org', 2"
    )

    with pytest.raises(RowsRefused) as caught:
        store.keep(shop.table(twice), twice, None, before=None, mark="one")

    assert "ann@example.org" not in str(caught.value)
