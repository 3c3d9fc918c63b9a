"""What deliveries to StarRocks make of tables: columns, keys, partitions, rights and views."""

import logging
import pkgutil
import re
import socket
from datetime import date, datetime, timedelta, timezone

import pytest
from attrs import evolve

from seeknal.values.errors import DeliveryError, NodeError, RowsRefused, TargetGone
from seeknal_starrocks import parts
from seeknal_starrocks.keeping import moment
from seeknal_starrocks.testing import StandIn

pytestmark = pytest.mark.inside

BY_TIME = {"mode": "incremental_by_time", "time_column": "day"}
UPSERT = {"mode": "upsert_by_key", "unique_keys": ("id",)}
ROWS = "SELECT {0} AS id, DATE '2026-01-01' AS day, '{1}' AS word"


@pytest.fixture(scope="module")
def one_server():
    with StandIn() as server:
        yield server


@pytest.fixture
def server(one_server):
    """One for all of these tests, which holds nothing but an empty database when each begins."""
    one_server.add_database("shop")
    one_server.log.clear()
    yield one_server
    one_server.faults.clear()
    one_server.forget_labels()
    for database in ("shop", "seeknal"):
        one_server.execute(f"DROP DATABASE IF EXISTS {database}")


def rows_of(server, query="SELECT id, word FROM told"):
    return sorted(server.execute(query, "shop"))


def created(server):
    """The statements that made a table of the database."""
    return [each for each in server.log.statements if each.startswith("CREATE TABLE `shop`")]


def written(server):
    return server.execute("SHOW CREATE TABLE told", "shop")[0][1]


def test_a_table_is_made_as_its_options_say(server, deliver):
    server.log.clear()

    deliver(
        ROWS.format(1, "a"),
        connection={"replication_num": 1},
        partition_by=("date_trunc('day', day)",),
        distributed_by=("id",),
        buckets=4,
        properties={"compression": "LZ4"},
    )

    (statement,) = created(server)
    assert "PARTITION BY date_trunc('day', `day`)" in statement
    assert "DISTRIBUTED BY HASH(`id`) BUCKETS 4" in statement
    assert "PROPERTIES ('replication_num' = '1', 'compression' = 'LZ4')" in statement
    assert rows_of(server) == [(1, "a")]


def test_all_that_is_made_has_as_many_copies_as_the_connection_says(server, deliver):
    deliver(ROWS.format(1, "a"), **UPSERT, connection={"replication_num": 2})

    for table in ("shop.told", "seeknal.deliveries"):
        made = server.execute(f"SHOW CREATE TABLE {table}")[0][1]
        assert '"replication_num" = "2"' in made


@pytest.mark.parametrize("mode", [{}, BY_TIME])
def test_a_table_keeps_what_somebody_has_given_it(server, deliver, mode):
    server.execute(
        "CREATE TABLE told (id BIGINT COMMENT 'its number', day DATE, word VARCHAR(5))"
        " DUPLICATE KEY (id) COMMENT 'words of the shop'"
        " PARTITION BY date_trunc('day', day) PROPERTIES ('compression' = 'ZSTD')",
        "shop",
    )

    deliver(ROWS.format(1, "a"), **mode)
    deliver(ROWS.format(2, "b"), **mode)

    assert "its number" in written(server)
    assert "varchar(5)" in written(server)
    assert '"compression" = "ZSTD"' in written(server)
    assert 'COMMENT "words of the shop [seeknal delivery=' in written(server)
    assert rows_of(server) == [(2, "b")]


def test_the_columns_of_a_full_table_follow_those_of_the_node(server, deliver):
    deliver(ROWS.format(1, "a"))

    done = deliver("SELECT 1 AS id, 2.5::DOUBLE AS word, 'new' AS more")

    assert "more is new (VARCHAR(1048576)); day is gone; word is" in done.detail
    assert rows_of(server, "SELECT * FROM told") == [(1, 2.5, "new")]


def test_a_full_table_of_ours_follows_changed_options(server, deliver):
    deliver(ROWS.format(1, "a"))

    deliver(ROWS.format(2, "b"), properties={"compression": "ZSTD"})
    deliver(ROWS.format(3, "c"), properties={"compression": "ZSTD"})

    assert '"compression" = "ZSTD"' in written(server)
    assert " LIKE " in created(server)[-1]


@pytest.mark.parametrize("mode", [BY_TIME, UPSERT])
def test_a_new_column_is_added_where_that_is_asked_for(server, deliver, mode):
    deliver(ROWS.format(1, "a"), **mode)
    more = ROWS.format(2, "b").replace("01-01", "01-02") + ", 5 AS more"
    with pytest.raises(RowsRefused, match="no column for more"):
        deliver(more, **mode)

    deliver(more, **mode, schema_change="evolve")

    assert rows_of(server, "SELECT id, word, more FROM told") == [(1, "a", None), (2, "b", 5)]


@pytest.mark.parametrize("mode", [BY_TIME, UPSERT])
def test_a_column_that_no_row_brings_keeps_its_values(server, deliver, mode):
    deliver(ROWS.format(1, "a") + ", 7 AS more", **mode)

    deliver(ROWS.format(2, "b").replace("01-01", "01-02"), **mode)
    deliver(ROWS.format(1, "c"), **mode)

    kept = 7 if mode is UPSERT else None
    assert rows_of(server, "SELECT id, word, more FROM told") == [(1, "c", kept), (2, "b", None)]


@pytest.mark.parametrize("mode", [BY_TIME, UPSERT])
def test_a_column_of_another_type_is_refused(server, deliver, mode):
    deliver(ROWS.format(1, "a"), **mode)

    with pytest.raises(RowsRefused, match=r"word is varchar\(1048576\), delivered DOUBLE"):
        deliver("SELECT 1 AS id, DATE '2026-01-01' AS day, 0.5::DOUBLE AS word", **mode)

    assert rows_of(server) == [(1, "a")]


def test_a_text_that_is_too_long_for_its_column_is_refused(server, deliver):
    server.execute("CREATE TABLE told (id INT, day DATE, word VARCHAR(3))", "shop")

    with pytest.raises(RowsRefused, match=r"word holds long, which is longer than varchar\(3\)"):
        deliver(ROWS.format(1, "long"), **BY_TIME)

    assert rows_of(server) == []


def test_a_number_that_is_too_large_for_its_column_is_refused(server, deliver):
    server.execute("CREATE TABLE told (id TINYINT, day DATE, word VARCHAR(3))", "shop")

    with pytest.raises(RowsRefused, match="id holds 128, which is no tinyint"):
        deliver(ROWS.format(128, "a"), **BY_TIME)


@pytest.mark.parametrize("mode", [{}, BY_TIME, UPSERT])
def test_a_table_that_has_to_be_there_is_not_made(server, deliver, mode):
    with pytest.raises(DeliveryError, match="create_table is false"):
        deliver(ROWS.format(1, "a"), **mode, create_table=False)

    assert server.execute("SHOW TABLES", "shop") == []


def test_a_part_of_what_a_table_holds_makes_no_new_one(server, deliver):
    with pytest.raises(TargetGone):
        deliver(ROWS.format(1, "a"), **BY_TIME, context={"partial": True})

    assert server.execute("SHOW TABLES", "shop") == []


MOMENTS = [
    ("TIMESTAMP '2026-01-01 10:00:00.5'", "TIMESTAMP '2026-01-01 11:00:00'"),
    ("TIMESTAMPTZ '2026-01-01 01:00:00+07'", "TIMESTAMPTZ '2025-12-31 18:00:00+00'"),
    ("20260101", "20260102"),
]


@pytest.mark.parametrize(("first", "second"), MOMENTS)
def test_rows_are_replaced_by_moments_and_numbers(server, deliver, first, second):
    given = "SELECT {0} AS id, {1} AS at, '{2}' AS word"
    both = f"{given.format(1, first, 'a')} UNION ALL {given.format(2, second, 'b')}"
    deliver(both, mode="incremental_by_time", time_column="at")

    deliver(given.format(3, second, "c"), mode="incremental_by_time", time_column="at")

    kept = [] if "TIMESTAMPTZ" in first else [(1, "a")]
    assert rows_of(server) == [*kept, (3, "c")]


def test_many_ranges_are_replaced_at_once(server, deliver):
    from seeknal.values.deliveries import Extent

    deliver(
        "SELECT i AS id, DATE '2026-01-01' + i::INT AS day, 'a' AS word FROM range(900) AS r(i)",
        **BY_TIME,
    )
    start, day = int(datetime(2026, 1, 1).timestamp()), 86_400
    spans = tuple((start + n * 2 * day, start + (n * 2 + 1) * day) for n in range(450))
    extent = Extent(column="day", type="DATE", timezone="UTC", spans=spans)

    deliver(
        "SELECT 5 AS id, DATE '2026-01-01' AS day, 'b' AS word",
        **BY_TIME,
        context={"replaced": [extent]},
    )

    assert server.execute("SELECT count(*), min(id) FROM told WHERE word = 'a'", "shop") == [
        (450, 1)
    ]


def test_the_keys_of_a_table_come_first_and_are_texts_of_a_length(server, deliver):
    deliver(
        "SELECT 0.5::DOUBLE AS price, 'a' AS code, 1 AS id",
        mode="upsert_by_key",
        unique_keys=("id", "code"),
    )

    assert "`id` int NOT NULL" in written(server)
    assert "`code` varchar(128) NOT NULL" in written(server)
    assert "PRIMARY KEY(`id`, `code`)" in written(server)


def test_a_key_that_is_too_long_is_refused_by_its_column(server, deliver):
    with pytest.raises(RowsRefused, match=r"word holds x+, which is longer than varchar\(128\)"):
        deliver(ROWS.format(1, "x" * 129), mode="upsert_by_key", unique_keys=("word",))


def test_a_value_that_is_refused_leaves_no_table(server, deliver):
    with pytest.raises(RowsRefused, match="which is longer than varchar"):
        deliver("SELECT repeat('x', 129) AS id, 'a' AS word", **UPSERT)

    assert server.execute("SHOW TABLES", "shop") == []


LONG_KEYS = {"mode": "upsert_by_key", "unique_keys": ("id", "at", "word")}


def long_keys(length):
    return f"SELECT 1::BIGINT AS id, DATE '2026-01-01' AS at, repeat('x', {length}) AS word"


def test_keys_have_so_many_bytes_together_as_starrocks_takes(server, deliver):
    deliver(long_keys(116), **LONG_KEYS)

    with pytest.raises(RowsRefused, match="with id, at more than the 128 bytes of a key"):
        deliver(long_keys(117), **LONG_KEYS)

    assert server.execute("SELECT length(word) FROM told", "shop") == [(116,)]


def test_a_key_of_somebody_elses_table_is_no_longer_than_any(server, deliver):
    server.execute(
        "CREATE TABLE told (id VARCHAR(999) NOT NULL, word INT) PRIMARY KEY (id)", "shop"
    )

    with pytest.raises(RowsRefused, match="more than the 128 bytes of a key"):
        deliver("SELECT repeat('x', 129) AS id, 1 AS word", **UPSERT)


@pytest.mark.parametrize("type", ["DECIMAL(10,2)", "DOUBLE"])
def test_a_key_of_a_type_that_no_key_has_is_refused(deliver, type):
    with pytest.raises(RowsRefused, match="no primary key has such a column"):
        deliver(f"SELECT 1::{type} AS id, 'a' AS word", **UPSERT)


def test_a_table_with_other_keys_is_refused(server, deliver):
    server.execute("CREATE TABLE told (id INT, day DATE, word VARCHAR(9))", "shop")

    with pytest.raises(RowsRefused, match="has no primary key, and unique_keys are id"):
        deliver(ROWS.format(1, "a"), **UPSERT)


def test_a_table_that_lacks_a_key_is_not_to_be_made_anew(server, deliver):
    server.execute("CREATE TABLE told (number INT, word VARCHAR(9))", "shop")

    with pytest.raises(RowsRefused, match="has no primary key") as caught:
        deliver(ROWS.format(1, "a"), **UPSERT)

    assert "RENAME" not in caught.value.help


def test_a_table_of_mode_full_is_upserted_once_what_the_refusal_advises_is_done(server, deliver):
    deliver(ROWS.format(1, "a") + " UNION ALL " + ROWS.format(2, "b"))
    with pytest.raises(RowsRefused, match="no primary key") as caught:
        deliver(ROWS.format(2, "c"), **UPSERT)
    advised = re.findall(r"(ALTER TABLE [^,]+|INSERT INTO .+)", caught.value.help)

    server.execute(advised[0], "shop")
    deliver(ROWS.format(2, "c"), **UPSERT)
    server.execute(advised[1], "shop")
    deliver(ROWS.format(3, "d"), **UPSERT)

    assert rows_of(server) == [(1, "a"), (2, "c"), (3, "d")]


@pytest.mark.parametrize("mode", [{}, BY_TIME, UPSERT])
def test_many_parts_are_one_delivery(server, deliver, monkeypatch, mode):
    monkeypatch.setattr(parts, "MOST_BYTES", 2_000)
    many = "SELECT i AS id, DATE '2026-01-01' AS day, 'word ' || i AS word FROM range(500) AS r(i)"

    done = deliver(many, **mode)

    loads = [each for each in server.log.requests if each.node == "be" and "load" in each.text]
    assert len(loads) > 10
    assert done.rows == 500
    assert server.execute("SELECT count(*), count(DISTINCT id) FROM told", "shop") == [(500, 500)]


@pytest.mark.parametrize("mode", [{}, BY_TIME])
def test_rights_on_a_table_stay(server, deliver, mode):
    deliver(ROWS.format(1, "a"), **mode)
    server.execute("GRANT SELECT, INSERT ON TABLE told TO USER 'reader'@'%'", "shop")

    deliver(ROWS.format(2, "b"), **mode)

    told = "SELECT GRANTEE, OBJECT_NAME, PRIVILEGE_TYPE FROM sys.grants_to_users"
    assert server.execute(told) == [("'reader'@'%'", "told", "INSERT, SELECT")]


def test_rights_that_cannot_be_read_are_warned_of(server, deliver, caplog, monkeypatch):
    from seeknal_starrocks import granting

    def refuse(*_):
        raise DeliveryError("Access denied")

    deliver(ROWS.format(1, "a"))
    monkeypatch.setattr(granting, "granted", refuse)

    with caplog.at_level(logging.WARNING):
        deliver(ROWS.format(2, "b"))

    assert "GRANT ... ON ALL TABLES IN DATABASE shop stays" in caplog.text
    assert rows_of(server) == [(2, "b")]


@pytest.mark.parametrize("mode", [{}, BY_TIME])
def test_a_materialized_view_on_a_table_is_kept_up_to_date(server, deliver, mode):
    deliver(ROWS.format(1, "a"), **mode)
    server.execute(
        "CREATE MATERIALIZED VIEW v REFRESH DEFERRED MANUAL AS SELECT id FROM told", "shop"
    )

    deliver(ROWS.format(2, "b"), **mode)
    server.execute("REFRESH MATERIALIZED VIEW v WITH SYNC MODE", "shop")

    assert server.execute("SELECT id FROM v", "shop") == [(2,)]


def test_a_host_that_the_connection_names_is_sent_to(server, deliver):
    place = f"localhost:{server.backend_port}"
    server.faults.redirect_to = place
    with pytest.raises(DeliveryError, match="the password was not sent there"):
        deliver(ROWS.format(1, "a"))

    deliver(ROWS.format(1, "a"), connection={"load_hosts": (place,)})

    assert rows_of(server) == [(1, "a")]


def test_a_password_goes_over_no_open_line_where_encryption_is_required(
    servers, deliver, certificate
):
    file, key = certificate
    tls = servers(certificate=file, key=key)
    place = {"port": tls.port, "http_port": tls.http_port, "ssl": "required"}

    with pytest.raises(DeliveryError, match="no answer"):
        deliver(ROWS.format(1, "a"), connection=place)

    assert tls.log.requests == []
    assert tls.execute("SHOW TABLES", "shop") == []


def closed(server):
    with socket.create_server((server.host, 0)) as listening:
        return listening.getsockname()[1]


@pytest.mark.parametrize(
    ("mode", "port", "ssl", "says", "help"),
    [
        ({}, lambda server: server.port, "preferred", "does not speak HTTP", "8030"),
        (UPSERT, lambda server: server.port, "preferred", "does not speak HTTP", "8030"),
        ({}, closed, "preferred", "refused", "8030"),
        (UPSERT, closed, "preferred", "refused", "8030"),
        (UPSERT, lambda server: server.backend_port, "preferred", "answered 404", "8030"),
        ({}, lambda server: server.http_port, "required", "WRONG_VERSION", "ssl: preferred"),
    ],
)
def test_a_port_that_takes_no_loads_is_told_with_the_key_that_names_it(
    servers, deliver, certificate, mode, port, ssl, says, help
):
    file, key = certificate
    tls = servers(certificate=file, key=key)
    # A backend takes rows, and does not tell what became of them.
    wrong = {"port": tls.port, "http_port": port(tls), "ssl": ssl}
    tls.faults.fail("be commit asked", "not now")

    with pytest.raises(DeliveryError) as caught:
        deliver(ROWS.format(1, "a"), **mode, connection=wrong)

    assert caught.value.code == "SK1938"
    assert says in caught.value.message
    assert caught.value.message.isprintable()
    assert help in caught.value.help


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("information_schema.told", "StarRocks' own"),
        ("seeknal.deliveries", "seeknal writes it itself"),
        ("lake.shop.told", "no table that rows are loaded into"),
        ("a..b", "no table that rows are loaded into"),
    ],
)
def test_a_table_that_is_nobodys_to_write_is_refused(deliver, table, why):
    with pytest.raises(NodeError, match=why):
        deliver(ROWS.format(1, "a"), table=table)


def test_names_of_tables_may_be_quoted(server, deliver):
    deliver(ROWS.format(1, "a"), table='`shop`."told.here"')

    assert server.execute("SELECT id FROM `told.here`", "shop") == [(1,)]


@pytest.mark.parametrize("mode", [{}, BY_TIME, UPSERT])
@pytest.mark.parametrize("name", ["a b", "a'b", "x%sx", "1+1=2?#&", "a%20b"])
def test_a_table_may_be_called_what_starrocks_takes(server, deliver, name, mode):
    deliver(ROWS.format(1, "a"), table=f"shop.`{name}`", **mode)

    done = deliver(ROWS.format(2, "b"), table=f"shop.`{name}`", **mode)

    assert done.rows == 1
    assert (2, "b") in rows_of(server, f"SELECT id, word FROM `{name}`")


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *(
            (name, mode)
            for name in ("größe", "a/b", " a", "a\tb")
            for mode in ({}, BY_TIME, UPSERT)
        ),
        ("x" * 999, {}),
        ("x" * 1025, UPSERT),
    ],
)
def test_a_name_of_a_table_that_loads_cannot_say_is_refused_first(server, deliver, name, mode):
    with pytest.raises(NodeError, match=r"no name that|longer than"):
        deliver(ROWS.format(1, "a"), table=f"shop.`{name}`", **mode)

    assert server.execute("SHOW TABLES", "shop") == []
    assert server.log.statements == []


@pytest.mark.parametrize("mode", [{}, BY_TIME, UPSERT])
@pytest.mark.parametrize("version", ["2.5.1", "3.0.9"])
def test_a_server_that_is_too_old_is_refused(servers, deliver, version, mode):
    old = servers(version=version)

    with pytest.raises(DeliveryError, match=f"is {version}, and 3.1 or newer is needed") as caught:
        deliver(
            ROWS.format(1, "a"), **mode, connection={"port": old.port, "http_port": old.http_port}
        )

    assert caught.value.code == "SK1956"
    assert old.execute("SHOW DATABASES") == servers(version=version).execute("SHOW DATABASES")


def test_a_column_with_a_name_that_is_too_long_is_refused(deliver):
    with pytest.raises(RowsRefused, match="is no name of a column"):
        deliver(f"SELECT 1 AS id, 2 AS {'x' * 1025}")


@pytest.mark.parametrize("mode", [{}, BY_TIME, UPSERT])
def test_partitions_of_time_are_by_a_column_of_time(deliver, mode):
    with pytest.raises(RowsRefused, match="id, which partition_by truncates, is INTEGER") as caught:
        deliver(ROWS.format(1, "a"), **mode, partition_by=("date_trunc('day', id)",))

    assert caught.value.code == "SK1944"


def test_a_table_of_deliveries_of_somebody_elses_is_left_alone(server, deliver):
    server.execute("CREATE DATABASE seeknal")
    server.execute("CREATE TABLE seeknal.deliveries (`label` INT, state INT)")

    with pytest.raises(DeliveryError, match="is not seeknal's: it has no delivery_id, ") as caught:
        deliver(ROWS.format(1, "a"), **UPSERT)

    assert caught.value.code == "SK1957"
    assert "delivery_database" in caught.value.help
    assert server.execute("SHOW TABLES", "shop") == []


def test_a_twin_of_somebody_elses_stays(server, deliver):
    server.execute("CREATE TABLE told__seeknal_of_mine (id INT)", "shop")
    server.execute("CREATE TABLE told__seeknal_0123456789abcdef (id INT) COMMENT 'mine'", "shop")

    deliver(ROWS.format(1, "a"))

    names = [row[0] for row in server.execute("SHOW TABLES", "shop")]
    assert names == ["told", "told__seeknal_0123456789abcdef", "told__seeknal_of_mine"]


@pytest.mark.parametrize("mode", [{}, BY_TIME, UPSERT])
def test_capitals_make_no_other_column(server, deliver, mode):
    keys = "PRIMARY KEY (`ID`)" if mode is UPSERT else ""
    server.execute(
        f"CREATE TABLE told (`ID` INT NOT NULL, `Day` DATE, `WORD` STRING) {keys}", "shop"
    )

    deliver(ROWS.format(1, "a"), **mode)

    assert rows_of(server) == [(1, "a")]


def test_a_transaction_that_took_fewer_rows_is_taken_back(server, deliver, monkeypatch):
    from seeknal_starrocks.testing.http import answers

    deliver(ROWS.format(1, "a"), **UPSERT)
    plain = answers.transaction

    def fewer(load, label, counted=None, **given):
        answer = plain(load, label, counted, **given)
        return evolve(answer, body={**answer.body, "NumberLoadedRows": 0})

    monkeypatch.setattr(answers, "transaction", fewer)
    with pytest.raises(DeliveryError, match="took 0 of 1 rows"):
        deliver(ROWS.format(2, "b"), **UPSERT)

    assert rows_of(server) == [(1, "a")]
    assert {load.state for load in server.world.loads.all()} == {"VISIBLE", "ABORTED"}


MOMENTS_OF_ANY_KIND = [
    ("2026-01-01 07:00:00.5+07", "CAST('2026-01-01 00:00:00.500000' AS DATETIME)"),
    ("2026-01-01 07:00:00", "CAST('2026-01-01 07:00:00' AS DATETIME)"),
    (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=7))), "CAST('2025-12-31 17:00:00'"),
    (date(2026, 1, 1), "CAST('2026-01-01 00:00:00' AS DATETIME)"),
]


@pytest.mark.parametrize(("value", "wanted"), MOMENTS_OF_ANY_KIND)
def test_a_moment_is_one_without_a_zone_to_starrocks(value, wanted):
    assert moment(value, "DATETIME").startswith(wanted)


def test_what_is_no_moment_replaces_nothing():
    with pytest.raises(RowsRefused, match="no moment of StarRocks"):
        moment("infinity", "DATETIME")


def test_too_many_copies_are_told_with_what_says_how_many(deliver):
    with pytest.raises(DeliveryError, match="replication num") as caught:
        deliver(ROWS.format(1, "a"), connection={"replication_num": 9})

    assert "replication_num: of the connection" in caught.value.help


THEIRS = (
    "CREATE TABLE told (id BIGINT, day DATE, word VARCHAR(5)) COMMENT 'theirs'"
    " PROPERTIES ('compression' = 'ZSTD')"
)


def test_a_full_table_of_somebody_elses_gets_new_columns_where_that_is_asked_for(server, deliver):
    server.execute(THEIRS, "shop")

    deliver(ROWS.format(1, "a") + ", 5 AS more", schema_change="evolve")

    assert '"compression" = "ZSTD"' in written(server)
    assert rows_of(server, "SELECT id, word, more FROM told") == [(1, "a", 5)]


REFUSED_OF_THEIRS = {
    "a longer text": (ROWS.format(1, "too long"), "which is longer than"),
    "another type": ("SELECT 1 AS id, DATE '2026-01-01' AS day, 0.5::DOUBLE AS word", "word is"),
    "a new column": (ROWS.format(1, "a") + ", 5 AS more", "no column for more"),
    "a missing column": ("SELECT 1 AS id, 'a' AS word", "needs values for day"),
}


@pytest.mark.parametrize("query", REFUSED_OF_THEIRS)
def test_a_full_table_of_somebody_elses_keeps_its_definition(server, deliver, query):
    server.execute(
        "CREATE TABLE told (id BIGINT, day DATE NOT NULL, word VARCHAR(5)) DUPLICATE KEY (id)"
        " PARTITION BY date_trunc('day', day) DISTRIBUTED BY HASH(id) BUCKETS 3",
        "shop",
    )
    server.execute("INSERT INTO told VALUES (7, '2026-01-01', 'old')", "shop")
    before = written(server)
    refused, why = REFUSED_OF_THEIRS[query]

    with pytest.raises(RowsRefused, match=why):
        deliver(refused)
    rows = rows_of(server)
    deliver(ROWS.format(1, "a"))

    assert rows == [(7, "old")]
    assert rows_of(server) == [(1, "a")]
    assert re.sub(r'\nCOMMENT "[^"]*"', '\nCOMMENT ""', written(server)) == before
    assert server.execute("SHOW TABLES", "shop") == [("told",)]


@pytest.mark.parametrize("mode", [{}, BY_TIME])
def test_a_table_that_somebody_has_made_like_ours_is_not_ours(server, deliver, mode):
    again = {"delivery_id": "20260101-again"}
    deliver(ROWS.format(1, "a"), **mode, table="ours", context=again)
    server.execute("CREATE TABLE told LIKE ours", "shop")

    with pytest.raises(RowsRefused, match="no column for more"):
        deliver(ROWS.format(1, "a") + ", 5 AS more", **mode, context=again)
    deliver(ROWS.format(1, "a"), **mode, context=again)
    rows = rows_of(server)
    with pytest.raises(RowsRefused, match="no column for more"):
        deliver(ROWS.format(1, "a") + ", 5 AS more", **mode)

    assert rows == [(1, "a")]


def test_columns_that_somebody_else_has_and_no_row_brings_are_filled(server, deliver):
    server.execute(
        "CREATE TABLE told (id BIGINT, word VARCHAR(5), noted VARCHAR(5),"
        " state VARCHAR(5) NOT NULL DEFAULT 'new')",
        "shop",
    )

    deliver("SELECT 1 AS id, 'a' AS word")

    assert rows_of(server, "SELECT * FROM told") == [(1, "a", None, "new")]


def test_a_full_table_that_is_not_ours_to_make_is_never_made_anew(server, deliver):
    server.execute(THEIRS, "shop")
    server.execute("INSERT INTO told VALUES (7, '2026-01-01', 'old')", "shop")

    with pytest.raises(RowsRefused, match="word is varchar"):
        deliver("SELECT 1 AS id, 0.5::DOUBLE AS word", create_table=False)
    with pytest.raises(RowsRefused, match="which is longer"):
        deliver(ROWS.format(1, "too long"), create_table=False)
    with pytest.raises(RowsRefused, match="no column for more"):
        deliver(ROWS.format(1, "a") + ", 5 AS more", create_table=False)
    before = rows_of(server)
    deliver("SELECT 1 AS id, 'a' AS word", create_table=False)

    assert before == [(7, "old")]
    assert '"compression" = "ZSTD"' in written(server)
    assert rows_of(server, "SELECT id, day, word FROM told") == [(1, None, "a")]


def drop_twins(server):
    for (name,) in server.execute("SHOW TABLES", "shop"):
        if "__seeknal_" in name:
            server.execute(f"DROP TABLE `{name}` FORCE", "shop")


def end_transactions(server):
    for load in server.world.loads.all():
        if load.state == "PREPARE":
            server.settle("shop", load.label, commit=False)


@pytest.mark.parametrize(
    ("mode", "step", "rival"),
    [
        ({}, "parts._reader", drop_twins),
        (BY_TIME, "parts._reader", drop_twins),
        ({}, "replacing.granting.carry", drop_twins),
        (UPSERT, "parts._reader", end_transactions),
    ],
)
def test_somebody_who_delivers_to_a_table_at_once_is_told_of(
    server, deliver, monkeypatch, mode, step, rival
):
    deliver(ROWS.format(1, "a"), **mode)
    module, _, name = f"seeknal_starrocks.{step}".rpartition(".")
    there = getattr(pkgutil.resolve_name(module), name)

    def meanwhile(*given):
        rival(server)
        return there(*given)

    monkeypatch.setattr(f"{module}.{name}", meanwhile)

    with pytest.raises(DeliveryError, match="somebody else delivers") as caught:
        deliver(ROWS.format(2, "b"), **mode)

    assert caught.value.code == "SK1949"
    assert "run again" in caught.value.help
    assert rows_of(server) == [(1, "a")]
