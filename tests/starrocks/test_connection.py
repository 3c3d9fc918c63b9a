"""A connection to StarRocks: where it leads, what it says of the server, and that it only reads."""

import socket
import time
from collections import namedtuple

import pytest
from tests.starrocks.test_wire import SLOW_SUM, fill

from seeknal.testing import ConnectionContract, PluginContract
from seeknal.values.durations import Duration
from seeknal.values.errors import ConnectionFailed, NodeError
from seeknal.values.secret import Secret
from seeknal.values.sources import Connection
from seeknal_starrocks.addresses import address_of, server_of
from seeknal_starrocks.asking import only_reads
from seeknal_starrocks.options import StarRocks
from seeknal_starrocks.session import StarRocksSession

Place = namedtuple("Place", "host port")
PLUGIN = "seeknal_starrocks.plugin"


def options_of(server, **more):
    given = {"host": server.host, "port": server.port, "user": "root", "database": "shop"}
    return StarRocks(**{**given, **more})


@pytest.fixture
def open_session():
    """Opens sessions that are closed after the test."""
    opened = []

    def open_one(server, **more):
        opened.append(StarRocksSession("dwh", options_of(server, **more)))
        return opened[-1]

    yield open_one
    for session in opened:
        session.close()


class TestPlugin(PluginContract):
    plugin = PLUGIN
    drivers = ("pymysql", "numpy", "pyarrow")


class TestConnection(ConnectionContract):
    plugin = PLUGIN

    @pytest.fixture
    def connection(self, standin):
        return Connection(name="dwh", type="starrocks", options=options_of(standin))

    @pytest.fixture
    def unreachable(self, standin):
        wrong = options_of(standin, password=Secret(self.secret))
        return Connection(name="dwh", type="starrocks", options=wrong)

    @pytest.fixture
    def table(self):
        return "people", ("id", "name")

    @pytest.fixture
    def writing(self):
        return (
            "INSERT INTO people VALUES (1, 'a')",
            "SELECT 1; INSERT INTO people VALUES (1, 'a')",
            "DROP TABLE people",
            "TRUNCATE TABLE people",
        )

    @pytest.fixture
    def endless(self, standin):
        fill(standin)
        return SLOW_SUM

    @pytest.fixture
    def losing(self, standin):
        return standin.end_connections


URLS = {
    "starrocks://root:p%40ss@fe:9031/lake.raw": ("fe", 9031, "root", "p@ss", "lake", "raw"),
    "starrocks://root@fe": ("fe", 9030, "root", "", "default_catalog", None),
    "starrocks://root:x@[::1]:9030/shop": ("::1", 9030, "root", "x", "default_catalog", "shop"),
}


@pytest.mark.parametrize("url", URLS)
def test_a_url_says_where_a_connection_leads(url):
    found = address_of("dwh", StarRocks(url=Secret(url)))

    place = (found.host, found.port, found.user, found.password, found.catalog, found.database)
    assert place == URLS[url]


def test_keys_of_their_own_come_before_the_url():
    url = Secret("starrocks://root:x@fe/shop")

    found = address_of("dwh", StarRocks(url=url, host="other", database="raw", catalog="lake"))

    assert (found.host, found.user, found.catalog, found.database) == (
        *("other", "root", "lake", "raw"),
    )


@pytest.mark.parametrize(
    "url",
    [
        "starrocks://root:hunter2/x@fe/shop",
        "starrocks://root:hunter2@x@fe/shop",
        "starrocks://root:hunter2@fe:many/shop",
        "starrocks://root:hunter2@fe/shop?x=1",
        "postgresql://root:hunter2@fe/shop",
    ],
)
def test_a_url_that_is_not_understood_is_not_repeated(url):
    with pytest.raises(ConnectionFailed) as refused:
        address_of("dwh", StarRocks(url=Secret(url)))

    assert refused.value.code == "SK1901"
    assert "hunter2" not in f"{refused.value.message} {refused.value.help}"


def test_one_server_is_one_however_it_is_written():
    one = StarRocks(url=Secret("starrocks://root:x@FE:9030/shop"))
    two = StarRocks(host="fe", user="other", database="shop")

    assert server_of(one) == server_of(two)
    assert server_of(StarRocks()) is None


def test_it_says_version_catalogs_and_rights(servers, open_session):
    server = servers(users={"root": "", "reader": "secret"}, version="3.4.2")
    server.add_catalog("lake")
    server.execute("CREATE TABLE people (id BIGINT)", "shop")
    server.execute("GRANT SELECT, INSERT ON TABLE people TO USER 'reader'@'%'", "shop")

    told = open_session(server, user="reader", password=Secret("secret")).describe()

    assert told == (
        "StarRocks 3.4.2-standin, catalogs default_catalog, lake; database shop with 1 table,"
        " as reader, who has INSERT, SELECT"
    )


def test_a_connection_is_in_its_catalog(standin, open_session):
    standin.add_catalog("lake")
    standin.add_table("lake.raw.events", {"id": "BIGINT", "at": "DATETIME"}, [(1, None)])

    session = open_session(standin, catalog="lake", database="raw")

    assert session.tables() == ["events"]
    assert session.execute("SELECT id FROM events") == (["id"], [(1,)])
    assert session.schema("events") == [("id", "bigint"), ("at", "datetime")]


def test_without_a_database_tables_have_the_name_of_theirs(standin, open_session):
    session = open_session(standin, database=None)

    assert session.tables() == ["shop.orders", "shop.people", "shop.sales"]
    assert [name for name, _ in session.schema("shop.people")] == ["id", "name"]


def test_times_are_in_utc(standin, open_session):
    session = open_session(standin)

    assert session.execute("SELECT @@time_zone AS zone") == (["zone"], [("UTC",)])


@pytest.mark.parametrize(
    ("more", "help"),
    [
        ({"password": Secret("c4n4ry-wr0ng")}, "check user: and password:"),
        ({"catalog": "nowhere"}, "check catalog:"),
        ({"database": "nowhere"}, "check database:"),
        ({"port": 1}, "is a server running there?"),
    ],
)
def test_what_is_wrong_with_a_connection_is_told_with_what_to_check(standin, more, help):
    with pytest.raises(ConnectionFailed) as refused:
        StarRocksSession("dwh", options_of(standin, **more))

    assert refused.value.code == "SK1902"
    assert "'dwh'" in refused.value.message
    assert refused.value.help.startswith(help)


def test_a_connection_that_breaks_while_it_settles_is_told(standin):
    standin.faults.drop("asked", times=3)

    with pytest.raises(ConnectionFailed, match="'dwh'"):
        StarRocksSession("dwh", options_of(standin))


def test_it_lists_what_there_is_and_goes_there(standin, open_session):
    standin.add_catalog("lake")
    standin.add_table("lake.raw.events", {"id": "BIGINT"}, [(1,)])
    session = open_session(standin)

    first = session.catalogs(), session.databases()
    session.use("lake.raw")
    there = session.databases(), session.tables(), session.execute("SELECT id FROM events")[1]

    assert first == (["default_catalog", "lake"], ["shop"])
    assert there == (["raw"], ["events"], [(1,)])
    session.use("default_catalog.shop")
    assert "people" in session.tables()


@pytest.mark.parametrize("name", ["nowhere", "lake.shop", "`", "a.b.c"])
def test_a_database_that_there_is_not_is_not_gone_to(standin, open_session, name):
    session = open_session(standin)

    with pytest.raises(NodeError):
        session.use(name)

    assert "people" in session.tables()


def test_it_is_encrypted_where_that_is_required(servers, open_session, certificate):
    file, key = certificate
    server = servers(certificate=file, key=key)

    open_session(server, ssl="verify_identity", ssl_ca=str(file)).execute("SELECT 1")
    open_session(server, ssl="required").execute("SELECT 1")
    open_session(server, ssl="disabled").execute("SELECT 1")

    logins = [asked.encrypted for asked in server.log.all if asked.how == "login"]
    assert logins == [True, True, False]


@pytest.mark.parametrize("ssl", ["required", "verify_ca", "verify_identity"])
def test_nothing_is_sent_to_a_server_that_does_not_encrypt(standin, ssl):
    with pytest.raises(ConnectionFailed):
        StarRocksSession("dwh", options_of(standin, ssl=ssl))

    assert standin.log.all == []


def test_a_certificate_of_another_authority_is_refused(servers, certificate):
    file, key = certificate
    server = servers(certificate=file, key=key)

    with pytest.raises(ConnectionFailed) as refused:
        StarRocksSession("dwh", options_of(server, ssl="verify_ca"))

    assert refused.value.help.startswith("ssl_ca:")
    assert server.log.all == []


def test_a_file_of_tls_that_is_missing_is_told(standin):
    with pytest.raises(ConnectionFailed, match="ssl_ca, ssl_cert or ssl_key cannot be read"):
        StarRocksSession("dwh", options_of(standin, ssl="required", ssl_ca="nowhere.pem"))


READS = (
    "SELECT 1",
    " -- all\n/* of it */ select * from t;",
    "(SELECT 1) UNION ALL (SELECT 2);;",
    "WITH c AS (SELECT 1) SELECT * FROM c",
    "SELECT ';', \"DELETE\", `insert` FROM t",
    "SHOW TABLES",
    "DESC t",
    "EXPLAIN SELECT 1",
)
WRITES = (
    "",
    ";",
    "INSERT INTO t VALUES (1)",
    "SELECT 1; DROP TABLE t",
    "SELECT 1 -- x\n; DELETE FROM t WHERE a = 1",
    "WITH c AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM c)",
    "EXPLAIN ANALYZE INSERT INTO t SELECT 1",
    "SELECT 1 INTO OUTFILE 's3://b/x'",
    "SET GLOBAL query_timeout = 1",
    "CALL x()",
    "KILL 1",
)


@pytest.mark.parametrize("sql", READS)
def test_what_only_reads_is_known(sql):
    assert only_reads(sql)


@pytest.mark.parametrize("sql", WRITES)
def test_what_may_change_something_is_known(sql):
    assert not only_reads(sql)


@pytest.fixture
def project(seeknal_project, standin):
    """Makes projects with a connection to the shop."""

    def make(more=""):
        place = f"host: {standin.host}, port: {standin.port}, user: root, database: shop"
        profiles = f"connections:\n  dwh: {{type: starrocks, {place}{more}}}\n"
        return seeknal_project({"profiles.yml": profiles})

    return make


def test_commands_ask_there(project, standin):
    standin.execute("INSERT INTO people VALUES (1, 'a')", "shop")
    made = project()

    tested = made.run("connection", "test", "dwh")
    asked = made.run("sql", "--connection", "dwh", "SELECT id, name FROM people", "--format", "csv")

    tested.assert_ok()
    assert "StarRocks 3.5.0-standin, catalogs default_catalog" in tested.stdout
    assert asked.stdout == "id,name\n1,a\n"


def test_who_asks_is_shown_where_a_url_says_no_password(project, standin):
    project = project()
    standin.users["shop"] = ""
    url = f"starrocks://shop@{standin.host}:{standin.port}/shop"

    tested = project.run("connection", "test", url).assert_ok()
    standin.users["shop"] = "another"
    refused = project.run("connection", "test", url)

    assert "database shop with" in tested.stdout
    assert "as shop, who has" in tested.stdout
    assert "Access denied for user 'shop'" in refused.stdout


def test_a_wrong_password_is_shown_nowhere(project):
    tested = project(", password: c4n4ry-S3cret").run("connection", "test", "dwh")

    told = tested.stdout + tested.stderr
    assert tested.exit_code == 1
    assert "Access denied for user 'root'" in told
    assert "c4n4ry" not in told


def test_a_server_that_says_nothing_is_waited_for_as_long_as_a_connection_may_take(open_session):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        place = Place(host, port)
        begun = time.monotonic()

        with pytest.raises(ConnectionFailed, match="timed out") as refused:
            open_session(place, connect_timeout=Duration(1, "second"))

    assert time.monotonic() - begun < 5
    assert "port that of the MySQL protocol" in refused.value.help


def test_a_statement_may_take_longer_than_a_connection(standin, open_session):
    session = open_session(standin, connect_timeout=Duration(1, "second"))
    standin.faults.slow(1.5)

    rows = session.execute("SELECT count(*) AS n FROM people")[1]

    assert rows == [(0,)]
