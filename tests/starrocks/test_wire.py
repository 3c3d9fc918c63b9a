"""The MySQL protocol of the stand-in, by pymysql."""

import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pymysql
import pytest

from seeknal_starrocks.testing import STATEMENT_POINTS

TYPES = {
    "BOOLEAN": ("true", 1, 1, 1, 0),
    "TINYINT": ("5", 5, 1, 4, 0),
    "SMALLINT": ("-3", -3, 2, 6, 0),
    "INT": ("7", 7, 3, 11, 0),
    "BIGINT": ("9000000000000000000", 9 * 10**18, 8, 20, 0),
    "LARGEINT": (f"{2**127 - 1}", f"{2**127 - 1}", 254, 40, 0),
    "FLOAT": ("0.1", 0.1, 4, 12, 31),
    "DOUBLE": ("1.5", 1.5, 5, 22, 31),
    "DECIMAL(10, 2)": ("1.5", Decimal("1.50"), 246, 14, 2),
    "DECIMAL(38, 0)": ("7", Decimal("7"), 246, 41, 0),
    "DATE": ("'2026-01-02'", date(2026, 1, 2), 10, 10, 0),
    "DATETIME": ("'2026-01-02 03:04:05.5'", datetime(2026, 1, 2, 3, 4, 5, 500000), 12, 19, 0),
    "STRING": ("'é'", "é", 253, 3145728, 0),
    "VARBINARY": ("x'00FF'", b"\x00\xff", 252, 3145728, 0),
    "JSON": ("""'{"a": 1}'""", '{"a": 1}', 254, 60, 0),
    "ARRAY<INT>": ("[1, NULL]", "[1,null]", 253, 60, 0),
    "ARRAY<STRING>": ("""['a"b']""", '["a\\"b"]', 253, 60, 0),
    "ARRAY<BOOLEAN>": ("[true]", "[1]", 253, 60, 0),
}


BEFORE_STATEMENTS = ("connected", "login")


def rows(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@pytest.mark.parametrize("type", TYPES)
def test_a_value_of_each_type_comes_as_starrocks_sends_it(connect, type):
    written, expected, code, length, decimals = TYPES[type]
    connection = connect()
    rows(connection, f"CREATE TABLE t (k INT, v {type})")
    rows(connection, f"INSERT INTO t VALUES (1, {written}), (2, NULL)")

    with connection.cursor() as cursor:
        cursor.execute("SELECT v FROM t ORDER BY k")
        found = cursor.fetchall()
        field = cursor._result.fields[0]

    assert found == ((expected,), (None,))
    assert (field.type_code, field.length, field.scale) == (code, length, decimals)
    assert field.charsetnr == (33 if code in (253, 254) else 63)


def test_decimals_in_an_array_are_text(connect):
    found = rows(connect(), "SELECT [CAST(1.5 AS DECIMAL(10, 2)), NULL] AS v")

    assert found == [("[1.50,null]",)]


def test_json_in_an_array_is_in_quotes_of_its_own(connect, standin):
    standin.add_catalog("lake")
    standin.add_table("lake.raw.t", {"v": "ARRAY<JSON>"}, [(["""{"a": "it's \\n"}"""],)])

    found = rows(connect(), "SELECT v FROM lake.raw.t")

    assert found == [(r"""['{"a": "it\'s \\n"}']""",)]


def test_maps_and_structs_are_text_that_is_no_json(connect, standin):
    standin.add_catalog("lake")
    columns = {"m": "MAP<INT, STRING>", "s": "STRUCT<x INT, y ARRAY<STRING>>"}
    standin.add_table("lake.raw.nested", columns, [({1: "a", 2: None}, {"x": 1, "y": ["b"]})])

    found = rows(connect(), "SELECT m, s FROM lake.raw.nested")

    assert found == [('{1:"a",2:null}', '{"x":1,"y":["b"]}')]


def test_moments_before_3_3_5_have_no_microseconds(servers, connect):
    connection = connect(servers(version="3.3.4"))

    found = rows(connection, "SELECT CAST('2026-01-02 03:04:05.5' AS DATETIME) AS at")

    assert found == [(datetime(2026, 1, 2, 3, 4, 5),)]


def test_a_wrong_password_is_error_1045(servers, connect):
    server = servers(users={"root": "secret"})

    with pytest.raises(pymysql.OperationalError) as refused:
        connect(server, password="guess")

    assert refused.value.args[0] == 1045
    assert "using password: YES" in refused.value.args[1]


def test_the_right_password_logs_in(servers, connect):
    server = servers(users={"root": "sécret"})

    connection = connect(server, password="sécret".encode())

    assert rows(connection, "SELECT user(), database()") == [("'root'@'%'", "shop")]


def test_a_database_that_there_is_not_is_error_1049(standin):
    with pytest.raises(pymysql.OperationalError) as refused:
        pymysql.connect(host=standin.host, port=standin.port, user="root", database="nowhere")

    assert refused.value.args == (1049, "Unknown database 'nowhere'")


def test_it_says_to_be_a_mysql_and_which_starrocks_it_is(connect):
    connection = connect()

    found = rows(connection, "SELECT current_version(), @@version_comment, version()")

    assert found == [("3.5.0-standin", "StarRocks version 3.5.0", "8.0.33")]
    assert connection.get_server_info() == "8.0.33"


def test_an_error_leaves_the_session_as_it_was(connect):
    connection = connect()

    for statement in ("SELEC 1", "SELECT nothing FROM orders", "SELECT 1 FROM nothing"):
        with pytest.raises(pymysql.ProgrammingError) as refused:
            rows(connection, statement)
        assert refused.value.args[0] == 1064

    assert rows(connection, "SELECT count(*) FROM orders") == [(0,)]


def test_use_is_both_a_statement_and_a_command(connect, standin):
    standin.add_catalog("lake")
    standin.add_table("lake.raw.events", {"id": "BIGINT"}, [(1,)])
    connection = connect()

    connection.select_db("lake.raw")
    by_command = rows(connection, "SELECT catalog(), database()")
    rows(connection, "USE default_catalog.shop")
    by_statement = rows(connection, "SELECT catalog(), database()")
    rows(connection, "SET CATALOG lake")

    assert (by_command, by_statement) == ([("lake", "raw")], [("default_catalog", "shop")])
    assert rows(connection, "SELECT count(*) FROM raw.events") == [(1,)]


def test_sessions_have_variables_of_their_own(connect):
    one, two = connect(), connect()

    rows(one, "SET SESSION query_timeout = 5")

    assert rows(one, "SELECT @@query_timeout") == [(5,)]
    assert rows(two, "SHOW VARIABLES LIKE 'query_timeout'") == [("query_timeout", "300")]


def test_what_is_within_a_cast_is_of_the_session_too(connect):
    connection = connect()
    rows(connection, "SET time_zone = '+14:00'")
    ahead = rows(connection, "SELECT CAST(CAST(now() AS STRING) AS DATETIME)")
    rows(connection, "SET time_zone = '-12:00'")

    behind = rows(connection, "SELECT CAST(CAST(now() AS STRING) AS DATETIME)")
    none = rows(connection, "SELECT CAST(CAST('x' AS INT) AS STRING)")

    assert timedelta(hours=25) < ahead[0][0] - behind[0][0] < timedelta(hours=27)
    assert none == [(None,)]


ZONES = {"Asia/Shanghai": 8, "UTC": 0, "+05:30": 5.5, "-03:00": -3}


@pytest.mark.parametrize("zone", ZONES)
def test_it_is_as_late_as_in_the_zone_of_the_session(connect, zone):
    connection = connect()
    at_first = rows(connection, "SELECT @@time_zone")

    rows(connection, f"SET time_zone = '{zone}'")
    ((now, today),) = rows(connection, "SELECT now(), CAST(curdate() AS STRING)")

    there = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=ZONES[zone])
    assert at_first == [("Asia/Shanghai",)]
    assert abs(there - now) < timedelta(minutes=1)
    assert today in {str((there - timedelta(minutes=at)).date()) for at in (0, 1)}


def test_a_zone_that_there_is_not_is_refused(connect):
    with pytest.raises(pymysql.err.MySQLError) as refused:
        rows(connect(), "SET time_zone = 'Moon/Crater'")

    assert refused.value.args == (1298, "Unknown or incorrect time zone: 'Moon/Crater'")


def test_a_variable_that_there_is_not_is_refused(connect):
    with pytest.raises(pymysql.err.MySQLError) as refused:
        rows(connect(), "SET nothing = 1")

    assert refused.value.args == (1193, "Unknown system variable 'nothing'")


@pytest.mark.parametrize("size", [2**24 - 5, 2**24 - 2, 2**24 + 3, 2**25 - 99])
def test_texts_are_longer_than_a_packet(connect, size):
    found = rows(connect(max_allowed_packet=2**26), f"SELECT repeat('x', {size}) AS long")

    assert [len(row[0]) for row in found] == [size]


@pytest.mark.slow
def test_statements_are_longer_than_a_packet(connect):
    size = 2**24 + 3

    found = rows(connect(max_allowed_packet=2**26), f"SELECT '{'x' * size}' AS long")

    assert [len(row[0]) for row in found] == [size]


def test_a_statement_is_prepared_by_the_client_only(connect):
    connection = connect()
    connection._execute_command(0x16, "SELECT 1")

    with pytest.raises(pymysql.err.MySQLError) as refused:
        connection._read_packet()

    assert refused.value.args[0] == 1295
    assert connection.ping() is None


@pytest.mark.parametrize("point", STATEMENT_POINTS)
def test_a_connection_ends_at_each_point_and_the_next_one_works(connect, standin, point):
    connection = connect()
    rows(connection, "INSERT INTO orders (id) VALUES (1), (2), (3)")
    standin.faults.drop(point)

    with pytest.raises(pymysql.err.OperationalError):
        rows(connect() if point in BEFORE_STATEMENTS else connection, "SELECT id FROM orders")

    assert rows(connect(), "SELECT id FROM orders ORDER BY id") == [(1,), (2,), (3,)]


def test_a_connection_ends_after_some_rows(connect, standin):
    rows(connect(), "INSERT INTO orders (id) VALUES (1), (2), (3)")
    standin.faults.drop_after_rows(2)
    cursor = connect().cursor(pymysql.cursors.SSCursor)
    cursor.execute("SELECT id FROM orders ORDER BY id")

    found = [cursor.fetchone(), cursor.fetchone()]

    assert found == [(1,), (2,)]
    with pytest.raises(pymysql.err.OperationalError):
        cursor.fetchone()
    # Else pymysql reads on when it forgets the result.
    cursor._result.unbuffered_active = False


def test_what_was_carried_out_before_the_connection_ended_stays(connect, standin):
    connection = connect()
    standin.faults.drop("carried out")

    with pytest.raises(pymysql.err.OperationalError):
        rows(connection, "INSERT INTO orders (id) VALUES (1)")

    assert standin.execute("SELECT id FROM orders", "shop") == [(1,)]


def test_logins_are_refused_as_often_as_was_asked(connect, standin):
    standin.faults.refuse_logins(2)

    for _ in range(2):
        with pytest.raises(pymysql.OperationalError) as refused:
            connect()
        assert refused.value.args[0] == 1045

    assert rows(connect(), "SELECT 1") == [(1,)]


def test_a_point_that_there_is_not_is_a_mistake(standin):
    with pytest.raises(ValueError, match="there is no point 'be load nearly'"):
        standin.faults.drop("be load nearly")


def test_a_refresh_fails_and_the_rows_stay(connect, standin):
    connection = connect()
    rows(connection, "INSERT INTO orders (id) VALUES (1)")
    rows(connection, "CREATE MATERIALIZED VIEW v REFRESH MANUAL AS SELECT id FROM orders")
    rows(connection, "INSERT INTO orders (id) VALUES (2)")
    standin.faults.fail_refresh("Memory of process exceed limit")

    with pytest.raises(pymysql.err.MySQLError, match="Memory of process"):
        rows(connection, "REFRESH MATERIALIZED VIEW v WITH SYNC MODE")

    assert rows(connection, "SELECT id FROM v") == [(1,)]
    asked = "SELECT STATE, ERROR_MESSAGE FROM information_schema.task_runs ORDER BY QUERY_ID"
    assert rows(connection, asked) == [
        ("SUCCESS", ""),
        ("FAILED", "Memory of process exceed limit"),
    ]


def test_a_swap_takes_what_was_granted_along(servers, connect):
    server = servers(users={"root": "", "reader": ""})
    root = connect(server)
    rows(root, "CREATE TABLE people (id BIGINT)")
    for name in ("v", "v__new"):
        rows(root, f"CREATE MATERIALIZED VIEW {name} REFRESH MANUAL AS SELECT id FROM people")
    rows(root, "GRANT SELECT ON MATERIALIZED VIEW v TO USER 'reader'@'%'")
    reader = pymysql.connect(host=server.host, port=server.port, user="reader", database="shop")
    before = rows(reader, "SHOW TABLES")

    rows(root, "ALTER MATERIALIZED VIEW v SWAP WITH v__new")

    assert (before, rows(reader, "SHOW TABLES")) == ([("v",)], [("v__new",)])
    with pytest.raises(pymysql.err.MySQLError, match="SELECT privilege"):
        rows(reader, "SELECT * FROM v")
    reader.close()


def test_views_on_top_of_a_dropped_table_are_inactive(connect):
    connection = connect()
    rows(connection, "CREATE MATERIALIZED VIEW v REFRESH MANUAL AS SELECT id FROM orders")
    rows(connection, "CREATE MATERIALIZED VIEW w REFRESH MANUAL AS SELECT id FROM v")

    rows(connection, "DROP TABLE orders")

    asked = "SELECT TABLE_NAME, IS_ACTIVE FROM information_schema.materialized_views ORDER BY 1"
    assert rows(connection, asked) == [("v", "false"), ("w", "false")]


def test_information_schema_has_tables_and_columns(connect, standin):
    connection = connect()
    tables = "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.tables ORDER BY 1"
    standin.faults.table_type = "TABLE"

    found = rows(connection, tables)

    assert found == [("orders", "TABLE"), ("people", "TABLE"), ("sales", "TABLE")]
    assert rows(
        connection,
        "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY FROM information_schema.columns"
        " WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'people' ORDER BY ORDINAL_POSITION",
    ) == [("id", "bigint", "NO", "PRI"), ("name", "varchar(20)", "YES", "")]


def test_a_catalog_does_not_show_its_secrets(connect):
    connection = connect()
    rows(
        connection,
        'CREATE EXTERNAL CATALOG lake PROPERTIES ("type" = "iceberg",'
        ' "aws.s3.secret_key" = "hunter2hunter2", "iceberg.catalog.uri" = "http://h")',
    )

    ((_, written),) = rows(connection, "SHOW CREATE CATALOG lake")

    assert "hunter2" not in written
    assert '"iceberg.catalog.uri" = "http://h"' in written


def test_others_see_what_was_granted_and_define_nothing(servers):
    server = servers(users={"root": "", "reader": ""})
    for name in ("people", "secrets"):
        server.execute(f"CREATE TABLE {name} (id BIGINT)", "shop")
    server.execute("GRANT SELECT ON TABLE people TO USER 'reader'@'%'", "shop")
    reader = pymysql.connect(host=server.host, port=server.port, user="reader", database="shop")

    found = rows(reader, "SELECT TABLE_NAME FROM information_schema.tables")

    assert found == [("people",)]
    assert rows(reader, "SELECT count(*) FROM people") == [(0,)]
    for statement in (
        "SELECT 1 FROM secrets",
        "DROP TABLE people",
        "INSERT INTO people VALUES (1)",
    ):
        with pytest.raises(pymysql.err.MySQLError) as refused:
            rows(reader, statement)
        assert refused.value.args[0] == 5203
    reader.close()


def test_what_is_new_in_a_catalog_is_not_seen_before_it_is_asked_for(connect, standin):
    standin.add_catalog("lake")
    standin.add_table("lake.raw.events", {"id": "BIGINT"}, [(1,)])
    connection = connect()
    query = "SELECT id FROM lake.raw.events ORDER BY id"
    rows(connection, f"CREATE MATERIALIZED VIEW v REFRESH DEFERRED MANUAL AS {query}")

    standin.add_table("lake.raw.events", {"id": "BIGINT"}, [(1,), (2,)])
    rows(connection, "REFRESH MATERIALIZED VIEW v WITH SYNC MODE")
    before = rows(connection, query), rows(connection, "SELECT id FROM v")
    rows(connection, "REFRESH EXTERNAL TABLE lake.raw.events")
    rows(connection, "REFRESH MATERIALIZED VIEW v WITH SYNC MODE")

    assert before == ([(1,)], [(1,)])
    assert rows(connection, query) == [(1,), (2,)]
    assert rows(connection, "SELECT id FROM v ORDER BY id") == [(1,), (2,)]


def test_a_statement_is_not_longer_than_it_may_be(connect):
    connection = connect(max_allowed_packet=2**26)

    with pytest.raises(pymysql.err.MySQLError) as refused:
        rows(connection, f"SELECT '{'x' * 2**25}' AS long")

    assert refused.value.args[0] == 1153


def test_numbers_of_errors_are_those_of_another_release(connect, standin):
    standin.faults.code_of_analysis = 5502

    with pytest.raises(pymysql.err.MySQLError) as refused:
        rows(connect(), "SELECT 1 FROM nothing")

    assert refused.value.args[0] == 5502
    assert "Unknown table" in refused.value.args[1]


def test_the_log_has_every_statement(connect, standin):
    rows(connect(), "SELECT 1")

    assert standin.log.statements[-1] == "SELECT 1"
    assert [asked.user for asked in standin.log.all if asked.how == "login"] == ["root"]


def test_sessions_write_and_read_side_by_side(connect):
    from concurrent.futures import ThreadPoolExecutor

    def write(number):
        connection = connect()
        for at in range(5):
            rows(connection, f"INSERT INTO people VALUES ({number * 100 + at}, 'x')")
        return len(rows(connection, "SELECT id FROM people"))

    with ThreadPoolExecutor(6) as pool:
        seen = list(pool.map(write, range(6)))

    assert min(seen) >= 5
    assert rows(connect(), "SELECT count(*) FROM people") == [(30,)]


SLOW_SUM = (
    "SELECT sum(a.id * b.id + c.id) AS s FROM orders a"
    " JOIN orders b ON a.id <> b.id JOIN orders c ON b.id <> c.id"
)


def fill(server):
    """So many rows that SLOW_SUM takes longer than anybody waits."""
    values = ", ".join(f"({number})" for number in range(3_000))
    server.execute(f"INSERT INTO orders (id) VALUES {values}", "shop")


@pytest.mark.parametrize("slow", ["by itself", "by a fault"])
def test_a_statement_is_killed_from_another_connection(connect, standin, slow):
    if slow == "by itself":
        fill(standin)
    asking, killing = connect(), connect()
    refused = []

    def ask():
        with asking.cursor() as cursor, pytest.raises(pymysql.Error) as caught:
            cursor.execute(SLOW_SUM)
        refused.append(caught.value.args)

    standin.faults.slow(60 if slow == "by a fault" else 0)
    thread = threading.Thread(target=ask)
    thread.start()
    while SLOW_SUM not in standin.log.statements:
        time.sleep(0.01)
    # It is in the log a moment before it begins.
    time.sleep(0.2)
    standin.faults.slow(0)
    kill = f"KILL QUERY {asking.thread_id()}"
    while thread.is_alive():
        killing.query(kill)
        thread.join(0.1)

    assert refused == [(1317, f"Cancelled, killed by kill statement : {kill}")]
    with asking.cursor() as cursor:
        assert cursor.execute("SELECT 1 AS one") == 1


def test_only_a_session_that_there_is_can_be_killed(servers, connect):
    server = servers(users={"root": "", "a": "", "b": ""})
    own, other = (connect(server, user=user, database=None) for user in ("a", "b"))

    with pytest.raises(pymysql.Error) as unknown:
        own.query("KILL QUERY 4711")
    with pytest.raises(pymysql.Error) as foreign:
        own.query(f"KILL QUERY {other.thread_id()}")

    own.query(f"KILL QUERY {own.thread_id()}")
    assert unknown.value.args[0] == 1094
    assert foreign.value.args[0] == 5203


def test_connections_end_when_the_server_is_started_again(connect, standin):
    connection = connect()
    rows(connection, "INSERT INTO people VALUES (1, 'x')")

    standin.end_connections()

    with pytest.raises(pymysql.err.OperationalError):
        rows(connection, "SELECT 1")
    assert rows(connect(), "SELECT id FROM people") == [(1,)]


def test_a_connection_is_encrypted_where_both_sides_want_it(servers, connect, certificate):
    file, key = certificate
    server = servers(certificate=file, key=key, users={"root": "secret"})

    connection = connect(server, password="secret", ssl={"ca": str(file)})

    assert rows(connection, "SELECT 1") == [(1,)]
    assert server.log.all[0].encrypted


def test_a_certificate_of_somebody_else_is_not_trusted(servers, connect, certificate):
    file, key = certificate
    server = servers(certificate=file, key=key)

    with pytest.raises(pymysql.err.OperationalError, match="certificate verify failed"):
        connect(server, ssl={"verify_mode": "required", "check_hostname": True})

    assert server.log.all == []


def test_a_login_without_tls_is_refused_where_it_is_required(servers, connect, certificate):
    file, key = certificate
    server = servers(certificate=file, key=key, requires_tls=True)

    with pytest.raises(pymysql.err.OperationalError) as refused:
        connect(server, ssl_disabled=True)

    assert refused.value.args[0] == 1045
    assert rows(connect(server, ssl={"ca": str(file)}), "SELECT 1") == [(1,)]


SERVED = (sys.executable, "-m", "seeknal_starrocks.testing")


def test_a_server_without_tls_takes_no_encrypted_connection(standin, connect, certificate):
    file, _ = certificate

    with pytest.raises(pymysql.err.OperationalError):
        connect(standin, ssl={"ca": str(file)})

    assert standin.log.all == []


def test_a_server_of_its_own_process_tells_its_ports_and_ends_with_its_input():
    process = subprocess.Popen(
        [*SERVED, "--database", "shop", "--statements"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    port = int(process.stdout.readline().split(",")[0].removeprefix("port "))
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root", database="shop")
    rows(connection, "CREATE TABLE t (id INT)")
    connection.close()

    shown, refused = process.communicate("SHOW TABLES\nSELEC 1\n", timeout=30)

    assert (process.returncode, shown) == (0, "t\n")
    assert refused.startswith("Getting syntax error")


@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGTERM])
def test_a_server_of_its_own_process_stays_without_an_input_until_it_is_ended(ended):
    process = subprocess.Popen(
        SERVED, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    port = int(process.stdout.readline().split(",")[0].removeprefix("port "))
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
    found = rows(connection, "SELECT 1 AS one")
    connection.close()

    process.send_signal(ended)
    _, said = process.communicate(timeout=30)

    assert (found, process.returncode, said) == ([(1,)], 0, "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--port", "99999"), "--port: 99999 is no port: 0 to 65535"),
        (("--http-port", "x"), "--http-port: x is no port: 0 to 65535"),
        (("--version", "abc"), "--version: abc is no version such as 3.5.0"),
        (("--port", "TAKEN"), "Address already in use"),
        (("--http-port", "TAKEN"), "Address already in use"),
    ],
)
def test_a_server_of_its_own_process_says_what_it_cannot_be(servers, words, message):
    taken = servers().port
    asked = [word.replace("TAKEN", str(taken)) for word in words]

    process = subprocess.run([*SERVED, *asked], capture_output=True, text=True, timeout=30)

    assert process.returncode == 2
    assert message in process.stderr
    assert "Traceback" not in process.stderr


def test_a_computed_column_is_called_as_it_is_written_in_queries_within_too(standin, connect):
    connection = connect()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM (SELECT COUNT(*), COUNT(*) + 1 FROM orders) AS q")
        names = [column[0] for column in cursor.description]
        cursor.execute(
            "WITH c AS (SELECT COUNT(*) FROM orders)"
            " SELECT `COUNT(*)` AS `COUNT(*)`, `count(*)` + 1 FROM c"
        )
        found = cursor.fetchall()

    assert names == ["COUNT(*)", "COUNT(*) + 1"]
    assert found == ((0, 1),)


def test_who_may_not_make_catalogs_is_told_the_right(servers):
    server = servers(users={"root": "", "reader": ""})
    reader = pymysql.connect(host=server.host, port=server.port, user="reader")

    with pytest.raises(pymysql.err.MySQLError) as refused:
        rows(
            reader,
            'CREATE EXTERNAL CATALOG lake PROPERTIES ("type" = "iceberg",'
            ' "iceberg.catalog.type" = "rest", "iceberg.catalog.uri" = "http://lake")',
        )
    reader.close()

    assert "the CREATE EXTERNAL CATALOG privilege(s) on SYSTEM" in str(refused.value)


def test_rights_on_tables_are_told_by_sys(servers):
    server = servers(users={"root": "", "reader": "", "other": ""})
    server.execute("CREATE TABLE people (id BIGINT)", "shop")
    server.execute("GRANT SELECT, INSERT ON TABLE people TO USER 'reader'@'%'", "shop")

    found = server.execute(
        "SELECT GRANTEE, OBJECT_NAME, PRIVILEGE_TYPE FROM sys.grants_to_users WHERE"
        " OBJECT_TYPE = 'TABLE' AND OBJECT_DATABASE = 'shop'"
    )

    assert found == [("'reader'@'%'", "people", "INSERT, SELECT")]
    assert server.execute("SELECT * FROM sys.grants_to_roles") == []


def test_backends_are_told_to_who_operates_the_cluster(servers):
    server = servers(users={"root": "", "reader": ""})
    reader = pymysql.connect(host=server.host, port=server.port, user="reader")

    ((_, ip, _, _, port, *_),) = server.execute("SHOW BACKENDS")
    with pytest.raises(pymysql.err.MySQLError) as refused:
        rows(reader, "SHOW BACKENDS")

    assert (ip, int(port)) == (server.host, server.backend_port)
    assert server.execute("SHOW COMPUTE NODES") == []
    assert "OPERATE" in str(refused.value)
    reader.close()


def test_a_query_meets_the_table_of_before_or_of_after_a_swap(standin, monkeypatch):
    from seeknal_starrocks.testing.engine import sessions

    standin.execute("INSERT INTO people VALUES (1, 'new')", "shop")
    standin.execute("CREATE TABLE old (id BIGINT, name VARCHAR(20))", "shop")
    prepare = sessions.prepare

    def swapped(*given):
        found = prepare(*given)
        monkeypatch.setattr(sessions, "prepare", prepare)
        standin.execute("ALTER TABLE old SWAP WITH people", "shop")
        standin.execute("DROP TABLE people FORCE", "shop")
        return found

    monkeypatch.setattr(sessions, "prepare", swapped)

    assert standin.execute("SELECT name FROM old", "shop") == [("new",)]
