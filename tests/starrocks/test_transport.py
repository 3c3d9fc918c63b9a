"""What networks and servers do to the rows on their way: all of them arrive, or none."""

import datetime as dt

import duckdb
import pytest
from tests.starrocks.proxies import Proxy

from seeknal.values.durations import Duration
from seeknal.values.errors import ConnectionFailed, NodeError
from seeknal.values.secret import Secret
from seeknal_starrocks.testing.faults import STATEMENT_POINTS

ROWS = [(number, f"name {number}", dt.datetime(2024, 1, 1, 0, number)) for number in range(5)]
LARGE = 2**24
SECOND = Duration(1, "second")


@pytest.fixture(params=["StarRocks", "MariaDB"])
def filled(request):
    """A server with a table ``t`` of five rows."""
    server = request.getfixturevalue("server" if request.param == "StarRocks" else "maria")
    values = ", ".join(f"({id}, '{name}', '{at}')" for id, name, at in ROWS)
    statements = (
        "CREATE TABLE t (id INT, name VARCHAR(20), at DATETIME)",
        f"INSERT INTO t VALUES {values}",
    )
    for statement in statements:
        server.execute(statement, database="shop")
    return server


@pytest.fixture
def through(ask, monkeypatch):
    """Reads the table over a proxy, which is tried twice, at once."""
    monkeypatch.setattr("seeknal_starrocks.reading.source._PAUSES", (0,))

    def read(proxy, sql="t", **more):
        place = {"host": proxy.host, "port": proxy.port, "ssl": "disabled"}
        return ask(proxy.server, sql, connection=place, **more)[1]

    return read


def packets_of(filled, through):
    """How many packets a reading takes, from the greeting to the end of the rows."""
    with Proxy(filled) as proxy:
        assert sorted(through(proxy)) == ROWS
        return proxy.passed[0]


@pytest.mark.parametrize("within", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_connection_that_is_lost_at_any_packet_is_made_again(
    filled, through, within, monkeypatch
):
    count = packets_of(filled, through)
    outcomes = {}

    for cut in range(count):
        with Proxy(filled, cut=cut, within=within) as proxy:
            outcomes[cut] = sorted(through(proxy))

    assert outcomes == dict.fromkeys(range(count), ROWS)


@pytest.mark.parametrize("point", STATEMENT_POINTS)
def test_a_server_that_goes_at_any_point_is_asked_again(point, standin, ask, monkeypatch):
    monkeypatch.setattr("seeknal_starrocks.reading.source._PAUSES", (0, 0))
    standin.execute("INSERT INTO people VALUES (1, 'a')", "shop")
    standin.faults.drop(point, times=2)

    _, rows = ask(standin, "people")

    assert rows == [(1, "a")]


@pytest.mark.parametrize("within", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_connection_that_is_lost_each_time_gives_no_row(filled, through, within):
    count = packets_of(filled, through)

    for cut in range(count):
        with (
            Proxy(filled, cut=cut, cuts=9, within=within) as proxy,
            pytest.raises(ConnectionFailed),
        ):
            through(proxy)


def test_rows_come_over_a_slow_network(filled, through):
    with Proxy(filled, piece=3, pause=0.0005) as proxy:
        rows = through(proxy)

    assert sorted(rows) == ROWS


def test_a_connection_that_is_lost_after_the_first_batch_is_not_asked_again(maria, through):
    maria.execute("CREATE TABLE t AS SELECT seq AS id, repeat('x', 90) AS v FROM seq_1_to_100000")

    with (
        Proxy(maria, cut=60_000) as proxy,
        pytest.raises(duckdb.Error, match="connection 'dwh': the connection was lost"),
    ):
        through(proxy)

    assert len(proxy.passed) == 1


def test_texts_of_every_length_arrive_over_tls(maria, ask, certificate):
    sizes = [0, 1, 4, 11, 12, 13, 249, 250, 251, 252, 255, 256, 65535, 65536, 70000]
    maria.execute(
        "CREATE TABLE t (size INT, v LONGTEXT CHARACTER SET utf8mb4)",
        *(f"INSERT INTO t VALUES ({size}, repeat('é', {size}))" for size in sizes),
    )
    verified = {"ssl": "verify_identity", "ssl_ca": str(certificate[0])}

    _, rows = ask(maria, "t", connection=verified)

    assert sorted(rows) == [(size, "é" * size) for size in sizes]


@pytest.mark.parametrize(
    "size", [2**22, LARGE - 10, LARGE - 6, LARGE - 5, LARGE - 4, LARGE, 2 * LARGE - 10, 2 * LARGE]
)
def test_a_row_may_be_longer_than_a_packet(maria, ask, size):
    maria.execute(
        "SET GLOBAL max_allowed_packet = 134217728",
        "CREATE TABLE t (id INT, v LONGBLOB, more INT)",
        f"INSERT INTO t VALUES (1, 'a', 1), (2, repeat('xy', {size // 2}), 2), (3, NULL, 3)",
    )

    _, rows = ask(maria, "SELECT id, v, more FROM t ORDER BY id")

    assert rows == [(1, b"a", 1), (2, b"xy" * (size // 2), 2), (3, None, 3)]


def test_a_row_of_starrocks_may_be_longer_than_a_packet(server, ask):
    server.add_catalog("lake")
    server.add_table("lake.raw.t", {"id": "INT", "v": "STRING"}, [(1, "x" * (LARGE + 9)), (2, "y")])

    _, rows = ask(server, "lake.raw.t")

    assert sorted(rows) == [(1, "x" * (LARGE + 9)), (2, "y")]


def test_a_wrong_password_is_told_and_is_not_tried_again(maria, ask):
    wrong = {"password": Secret("c4n4ry-wr0ng")}

    with (
        Proxy(maria) as proxy,
        pytest.raises(ConnectionFailed, match="Access denied for user 'reader'") as refused,
    ):
        ask(maria, "t", connection={"port": proxy.port, **wrong})

    assert "c4n4ry" not in str(refused.value)
    assert len(proxy.passed) == 1


def test_a_certificate_of_another_authority_is_refused(maria, ask):
    with pytest.raises(ConnectionFailed, match="certificate verify failed"):
        ask(maria, "t", connection={"ssl": "verify_ca"})


def test_an_error_amid_the_rows_is_told(maria, ask):
    maria.execute("CREATE TABLE t AS SELECT seq AS id FROM seq_1_to_3")
    query = "SELECT id, ST_GeomFromText(IF(id = 3, 'POINT(', 'POINT(1 1)')) AS g FROM t"
    late = "SELECT id, (SELECT seq FROM seq_1_to_9 WHERE t.id = 3 OR seq = 1) AS n FROM t"

    with pytest.raises(NodeError, match="MySQL refuses it: Subquery returns more than 1 row"):
        ask(maria, late)

    assert ask(maria, query)[1][0][0] == 1


def test_a_query_that_takes_too_long_is_stopped(maria, ask):
    with pytest.raises(NodeError, match="MySQL stopped it") as refused:
        ask(maria, "SELECT SLEEP(20) AS s", connection={"query_timeout": SECOND})

    assert refused.value.help.startswith("query_timeout:")
