"""What is asked of a server for a source, what is refused, and what is told."""

import logging
from datetime import UTC, datetime

import duckdb
import pytest
from tests.starrocks.mariadbs import PASSWORD

from seeknal.values.errors import ConnectionFailed, NodeError
from seeknal.values.loads import Since, Within
from seeknal_starrocks.options import StarRocksSource

EVENTS = (
    "CREATE TABLE events (id BIGINT, at DATETIME, day DATE, name VARCHAR(30))",
    "INSERT INTO events VALUES (1, '2024-06-01 00:00:00', '2024-06-01', 'a'),"
    " (2, '2024-06-02 12:00:00', '2024-06-02', 'b'), (3, '2024-06-03 00:00:00', '2024-06-03', 'c'),"
    " (4, NULL, NULL, 'd')",
)


def filled(server):
    for statement in EVENTS:
        server.execute(statement, database="shop")
    return server


@pytest.fixture(params=["StarRocks", "MariaDB"])
def events(request):
    """A server with a table ``events``."""
    return filled(request.getfixturevalue("server" if request.param == "StarRocks" else "maria"))


def last_query(server):
    return server.log.statements[-1]


def test_only_the_columns_that_are_named_travel(server, ask):
    filled(server)

    columns, rows = ask(server, "events", columns={"NAME": "VARCHAR", "id": "INTEGER"})

    assert columns == [("name", "VARCHAR"), ("id", "INTEGER")]
    assert sorted(rows)[0] == ("a", 1)
    assert last_query(server) == "SELECT `name` AS `name`, `id` AS `id` FROM `shop`.`events`"


def test_all_columns_travel_where_all_are_wanted(server, ask):
    filled(server)

    columns, _ = ask(server, "events", columns={"id": "INTEGER"}, whole=True)

    assert [name for name, _ in columns] == ["id", "at", "day", "name"]


@pytest.mark.parametrize("column", ["at", "day"])
def test_of_a_range_of_time_its_rows_travel_and_those_without_a_time(events, column, ask):
    within = Within(
        column=column,
        start=datetime(2024, 6, 2, tzinfo=UTC),
        end=datetime(2024, 6, 3, tzinfo=UTC),
    )

    _, rows = ask(events, "events", within=within)

    assert sorted(row[0] for row in rows) == [2, 4]


@pytest.mark.parametrize(
    ("column", "value", "ids"),
    [
        ("id", "3", [3, 4]),
        ("at", "2024-06-02 12:00:00", [2, 3, 4]),
        ("at", "2024-06-02T12:00:00+00:00", [2, 3, 4]),
        ("day", "2024-06-03", [3, 4]),
        ("name", "c", [1, 2, 3, 4]),
        ("id", "0 OR 1 = 1", [1, 2, 3, 4]),
    ],
)
def test_from_a_value_on_rows_travel_where_the_order_is_duckdbs(events, column, value, ids, ask):
    _, rows = ask(events, "events", since=Since(column=column, value=value))

    assert sorted(row[0] for row in rows) == ids


def test_the_largest_value_is_told_and_that_more_may_come(events, ask):
    found = ask.horizon(events, "events", "at")

    assert found.value == "2024-06-03 00:00:00"
    assert found.open == ()
    assert "does not tell what is being written" in found.unseen


def test_of_no_rows_nothing_is_the_largest(events, ask):
    found = ask.horizon(events, "SELECT * FROM events WHERE id > 9", "id")

    assert found.value is None


@pytest.mark.parametrize("column", ["name", "nothing"])
def test_a_column_without_an_order_is_refused(events, column, ask):
    with pytest.raises(NodeError, match=column) as refused:
        ask.horizon(events, "events", column)

    assert refused.value.code == "SK1913"


def test_a_version_is_what_its_query_answers(events, ask):
    query = "SELECT max(at) AS at, count(*) AS n, NULL AS nothing FROM events; -- all"

    assert ask.version(events, query) == ["2024-06-03 00:00:00", "4", None]


REFUSED_QUERIES = [
    "DELETE FROM events WHERE id = 1",
    "SELECT 1 AS a; SELECT 2 AS a",
    "SELECT 1 AS a INTO OUTFILE 'x'",
    "SELECT 1 /*! INTO OUTFILE 'x' */ AS a",
    "SELECT 1 /*M! INTO OUTFILE 'x' */ AS a",
    "SHOW TABLES FROM shop",
    "SELECT * FROM events WHERE (id",
]


@pytest.mark.parametrize("query", REFUSED_QUERIES)
def test_what_is_not_one_query_that_reads_is_not_sent(server, query, ask):
    with pytest.raises(NodeError, match="query: ") as refused:
        ask(server, query)

    assert refused.value.code == "SK1908"
    assert not [text for text in server.log.statements if "OUTFILE" in text or "DELETE" in text]


def test_what_the_server_refuses_is_told_in_its_words(events, ask):
    with pytest.raises(NodeError, match=r"(StarRocks|MySQL) refuses it: .*nothing") as refused:
        ask(events, "SELECT nothing FROM events")

    assert refused.value.code == "SK1909"
    assert "nothing" not in refused.value.kept


def test_where_columns_are_private_the_words_of_the_server_are_not_told(maria, ask):
    ask.pii = frozenset({"name"})
    filled(maria)

    with pytest.raises(NodeError) as refused:
        ask(maria, "SELECT ST_GeomFromText(c4n4ry) FROM events")

    assert "c4n4ry" not in refused.value.message


def test_two_columns_of_one_name_are_refused(server, ask):
    filled(server)

    with pytest.raises(NodeError) as refused:
        ask(server, "SELECT e.id, f.ID FROM events e JOIN events f ON e.id = f.id")

    assert refused.value.code in ("SK0712", "SK1909")


def test_a_column_that_is_not_there_is_told_with_the_nearest(server, ask):
    filled(server)

    with pytest.raises(NodeError, match="there is no column 'nmae'") as refused:
        ask(server, "events", columns={"nmae": "VARCHAR"})

    assert refused.value.code == "SK1910"
    assert "name" in refused.value.help


def test_a_table_that_is_not_there_is_told_with_the_nearest(events, ask):
    with pytest.raises(NodeError, match=r"there is no table shop\.evnts in connection") as refused:
        ask(events, "evnts")

    assert refused.value.code == "SK1904"
    assert "shop.events" in refused.value.help


@pytest.mark.parametrize("table", ["a.b.c.d", "a..b", ".b", "b\0"])
def test_what_names_no_table_is_refused(server, table, ask):
    with pytest.raises(NodeError, match="is not the name of a table") as refused:
        ask(server, table)

    assert refused.value.code == "SK1907"


def test_a_table_without_a_database_is_refused_where_no_connection_gives_one(server, ask):
    with pytest.raises(NodeError, match="does not say its database") as refused:
        ask(server, "events", connection={"database": None})

    assert refused.value.code == "SK1907"


def test_a_source_without_table_and_query_is_refused(server, ask):
    with pytest.raises(NodeError) as refused:
        ask(server, "t", table=())

    assert refused.value.code == "SK1906"


def test_a_source_without_a_connection_is_refused(server, ask):
    source, context = ask.source(server, "t")

    with pytest.raises(NodeError) as refused:
        ask.load(source, context, connection=None)

    assert refused.value.code == "SK1905"


@pytest.mark.parametrize("name", ["`odd name.x`", '"odd name.x"'])
def test_a_name_with_a_dot_in_it_stands_in_quotes(maria, name, ask):
    maria.execute("CREATE TABLE `odd name.x` (`a``b` INT)", "INSERT INTO `odd name.x` VALUES (1)")

    columns, rows = ask(maria, "ignored", table=("shop", name))

    assert columns == [("a`b", "INTEGER")]
    assert rows == [(1,)]


def test_a_table_of_another_catalog_is_read(server, ask):
    server.add_catalog("lake")
    server.add_table("lake.raw.t", {"v": "LARGEINT"}, [(2**100,)])

    named = ask(server, "lake.raw.t")
    placed = ask(server, "raw.t", catalog="lake")

    assert named == placed == ([("v", "HUGEINT")], [(2**100,)])


def test_mysql_sees_one_state_and_changes_none(maria, ask):
    filled(maria)
    maria.execute(
        "CREATE FUNCTION evil() RETURNS INT MODIFIES SQL DATA BEGIN"
        " INSERT INTO events (id) VALUES (9); RETURN 1; END"
    )

    with pytest.raises(NodeError, match="READ ONLY transaction"):
        ask(maria, "SELECT evil() AS e")

    assert maria.execute("SELECT count(*) FROM events") == [(4,)]


def test_digits_that_no_decimal_has_are_told_of_once(maria, ask, caplog):
    caplog.set_level(logging.WARNING)
    maria.execute("CREATE TABLE t (v DECIMAL(65, 2), w DECIMAL(65, 2))")

    columns, _ = ask(maria, "t", columns={"v": "DECIMAL(38,2)"}, whole=True)

    assert columns == [("v", "DECIMAL(38,2)"), ("w", "VARCHAR")]
    assert caplog.messages == ["read as text, for no DECIMAL has so many digits: w"]


def test_bytes_that_are_no_text_are_refused_with_their_column(maria, ask):
    maria.execute("CREATE TABLE t (v VARBINARY(9))", "INSERT INTO t VALUES (x'ff')")

    with pytest.raises(duckdb.Error, match=r"column 'v' holds \\xFF, which no VARCHAR is"):
        ask(maria, "t", columns={"v": "VARCHAR"})


def test_one_url_in_place_of_a_connection_will_do(server, ask):
    filled(server)
    url = f"starrocks://root@{server.host}:{server.port}/shop"
    source, context = ask.source(server, "events")

    rows = ask.load(source, context, connection=url)

    assert len(rows) == 4


def test_a_project_reads_from_both(seeknal_project, standin, maria):
    standin.execute("INSERT INTO people VALUES (1, 'a'), (2, NULL)", "shop")
    filled(maria)
    place = "host: 127.0.0.1, database: shop"
    made = seeknal_project(
        {
            "profiles.yml": "connections:\n"
            f"  dwh: {{type: starrocks, {place}, port: {standin.port}, user: root}}\n"
            f"  shop: {{type: mariadb, {place}, port: {maria.port}, user: reader,"
            f" password: {PASSWORD}}}\n",
            "seeknal/people.yml": "kind: source\nname: people\nsource: starrocks\n"
            "connection: dwh\ntable: shop.people\n",
            "seeknal/events.yml": "kind: source\nname: events\nsource: mysql\n"
            "connection: shop\nquery: SELECT id, at FROM events WHERE at IS NOT NULL\n",
        }
    )

    made.run("run").assert_ok()

    assert sorted(made.rows("source.people")) == [(1, "a"), (2, None)]
    assert [row[0] for row in sorted(made.rows("source.events"))] == [1, 2, 3]


def test_a_query_gives_its_rows_in_its_order(maria, ask):
    maria.execute("CREATE TABLE t AS SELECT seq AS id, 500 - seq AS n FROM seq_1_to_500")

    _, rows = ask(maria, "SELECT id, n FROM t ORDER BY n, id")

    assert [row[1] for row in rows] == list(range(500))


@pytest.mark.parametrize("more", [{}, {"columns": {"at": "DATE"}}])
def test_a_query_is_asked_as_it_stands_where_nothing_is_changed_of_it(server, more, ask):
    server.execute(EVENTS[0], database="shop")

    ask(server, "SELECT id, at FROM events ORDER BY id -- newest last", **more)

    assert last_query(server) == "SELECT id, at FROM events ORDER BY id -- newest last"


def test_a_column_without_a_name_is_refused(maria, ask):
    with pytest.raises(NodeError, match="an output column has no name") as refused:
        ask(maria, "SELECT 1 AS ``")

    assert refused.value.code == "SK0712"


def test_nothing_is_no_bytes(maria, ask):
    columns, rows = ask(maria, "SELECT NULL AS nothing")

    assert columns == [("nothing", "VARCHAR")]
    assert rows == [(None,)]


def test_a_mysql_that_is_taken_for_a_starrocks_is_told_of(maria, ask):
    source, context = ask.source(maria, "t")
    url = f"starrocks://reader:{PASSWORD}@{maria.host}:{maria.port}/shop"
    taken = {"type": "starrocks", "options": StarRocksSource(), "connection": url}

    with pytest.raises(ConnectionFailed, match="time zone") as refused:
        ask.load(source, context, **taken)

    assert refused.value.help == "this is MySQL or MariaDB: type: mysql"
