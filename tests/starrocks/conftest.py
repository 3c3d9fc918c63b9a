"""A StarRocks that holds a shop, and Iceberg tables that are partitioned in every way."""

import subprocess

import duckdb
import pymysql
import pytest
from tests.contexts import step_context
from tests.starrocks.asked import Asker
from tests.starrocks.live import live
from tests.starrocks.mariadbs import mariadb
from tests.starrocks.stream import Client
from tests.unpacked import NotToBeHad

from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.relations import Relation
from seeknal.values.sources import Connection
from seeknal.values.targets import Target
from seeknal_starrocks import plugin
from seeknal_starrocks.options import StarRocks, StarRocksTarget
from seeknal_starrocks.testing import StandIn
from seeknal_starrocks.testing.engine.sessions import Session

SHOP = (
    "CREATE TABLE orders (id BIGINT NOT NULL, at DATETIME, name VARCHAR(8), price DOUBLE,"
    " amount DECIMAL(10, 2))",
    "CREATE TABLE people (id BIGINT NOT NULL, name VARCHAR(20)) PRIMARY KEY (id)",
    "CREATE TABLE sales (day DATE, region VARCHAR(9), total DECIMAL(20, 2))"
    " PARTITION BY (day, region)",
)
LAKE = {
    "plain": ({"at": "DATETIME", "user_id": "BIGINT", "name": "STRING"}, ()),
    "by_day": ({"at": "DATETIME", "user_id": "BIGINT"}, ("day(at)",)),
    "by_hour": ({"at": "DATETIME", "user_id": "BIGINT"}, ("hour(at)",)),
    "by_date": ({"day": "DATE", "user_id": "BIGINT"}, ("day",)),
    "by_text": ({"day": "STRING"}, ("day",)),
    "bucketed": ({"user_id": "BIGINT"}, ("bucket(16, user_id)",)),
    "truncated": ({"name": "STRING"}, ("truncate(4, name)",)),
    "evolved": ({"at": "DATETIME"}, ("day(at)",)),
}


@pytest.fixture
def servers():
    """Starts servers that end with the test; each has an empty database ``shop``."""
    started = []

    def start(**given):
        server = StandIn(**given)
        started.append(server)
        server.add_database("shop")
        return server

    yield start
    for server in started:
        server.close()


@pytest.fixture
def server(request):
    """A server with an empty database ``shop``: a live one where the environment names one."""
    return live() or request.getfixturevalue("servers")()


@pytest.fixture
def standin(servers):
    """A server with the tables of the shop."""
    server = servers()
    for statement in SHOP:
        server.execute(statement, "shop")
    return server


@pytest.fixture
def shop(servers):
    """Gives sessions of servers of their own, which have all tables."""

    def open_one(version="3.5.0"):
        server = servers(version=version)
        server.add_catalog("lake")
        for name, (columns, partitioned_by) in LAKE.items():
            evolved = name == "evolved"
            server.add_table(
                f"lake.raw.{name}", columns, partitioned_by=partitioned_by, evolved=evolved
            )
        for statement in SHOP:
            server.execute(statement, "shop")
        session = Session(server.world)
        session.use("shop")
        return session

    return open_one


@pytest.fixture
def connect(standin):
    """Connects to a server by pymysql; to the shop's, where no other is given."""
    opened = []

    def connect_to(server=standin, **given):
        place = {"host": server.host, "port": server.port, "user": "root", "database": "shop"}
        connection = pymysql.connect(**{**place, **given})
        opened.append(connection)
        return connection

    yield connect_to
    for connection in opened:
        if connection.open:
            connection.close()


@pytest.fixture
def stream(standin):
    """A client of Stream Load."""
    return Client(standin)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for the loopback address, signed by itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / "key.pem", "-out", folder / "certificate.pem"),
        ],
        capture_output=True,
    )
    assert made.returncode == 0, made.stderr
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="session")
def one_maria(certificate):
    try:
        with mariadb(*certificate) as server:
            yield server
    except NotToBeHad as error:
        pytest.skip(str(error))


@pytest.fixture
def maria(one_maria):
    """A MariaDB with an empty database ``shop``."""
    one_maria.execute("DROP DATABASE shop", "CREATE DATABASE shop", database=None)
    return one_maria


@pytest.fixture
def ask(tmp_path):
    """Reads sources: `Asker`."""
    with Asker(tmp_path) as asker:
        yield asker


@pytest.fixture
def deliver(server, tmp_path):
    """Delivers a query's rows to shop.told through the hook; gives what was done."""
    rows = duckdb.connect()
    rows.execute("SET TimeZone = 'Asia/Jakarta'")
    numbers = iter(range(1, 1000))
    node = NodeId("transform.told")

    def make(query, mode="full", private=frozenset(), connection=(), context=(), **options):
        rows.execute(f"CREATE OR REPLACE TABLE given AS {query}")
        described = rows.execute("DESCRIBE given").fetchall()
        count = rows.execute("SELECT count(*) FROM given").fetchone()[0]
        columns = tuple(Column(row[0], row[1]) for row in described)
        relation = Relation(node=node, scan="given", columns=columns, rows=count)
        given = {"port": server.port, "http_port": server.http_port, "user": "root"}
        place = StarRocks(host=server.host, database="shop", **{**given, **dict(connection)})
        target = Target(
            **{"node": node, "type": "starrocks", "key": "k", "label": "told", "mode": mode},
            options=StarRocksTarget(**{"table": "told", **options}),
            connection="reporting",
        )
        step = step_context(
            node,
            tmp_path,
            rows,
            connections=lambda name: Connection(name=name, type="starrocks", options=place),
            pii_of=lambda node: private,
            **{
                **{"project": "shop", "delivery_id": f"20260101-{next(numbers)}"},
                **{"output_id": "output"},
                **dict(context),
            },
        )
        return plugin.materialize(target, relation, step)

    yield make
    rows.close()
