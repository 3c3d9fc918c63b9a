"""Every statement about views that can be sent is one that StarRocks takes, and no other is."""

import itertools
import re

import pytest
from tests.starrocks.viewing import Board, Wanted

from seeknal.values.errors import RunError
from seeknal_starrocks.serving import ddl
from seeknal_starrocks.serving.schedule import schedule_of
from seeknal_starrocks.serving.view import View
from seeknal_starrocks.tablename import Table
from seeknal_starrocks.testing import Refused
from seeknal_starrocks.testing.ddl.read import read_ddl
from seeknal_starrocks.testing.engine.sessions import Session

pytestmark = pytest.mark.inside

AT = {"seen": "DATETIME", "user_id": "BIGINT", "price": "DOUBLE"}
DAY = {"day": "DATE", "user_id": "BIGINT", "price": "DOUBLE"}
NOON = [("2026-01-01 12:00:00", 1, 1.5)]
LAKE = {
    "by_day": (AT, NOON, ("day(seen)",)),
    "by_hour": (AT, NOON, ("hour(seen)",)),
    "by_month": (AT, NOON, ("month(seen)",)),
    "by_date": (DAY, [("2026-01-01", 1, 1.5)], ("day",)),
    "plain": (AT, NOON, ()),
    "bucketed": (AT, NOON, ("bucket(16, user_id)",)),
    "truncated": ({"name": "STRING", **AT}, [("abcdef", *NOON[0])], ("truncate(4, name)",)),
    "several": (AT, NOON, ("day(seen)", "bucket(16, user_id)")),
    "evolved": (AT, NOON, ("day(seen)",)),
    "empty": (AT, [], ("day(seen)",)),
}
OWN = (
    "CREATE TABLE sales (day DATE, region VARCHAR(20), total DECIMAL(20, 2))"
    " PARTITION BY (day, region)",
    "CREATE TABLE shapes (id BIGINT, doc JSON, tags ARRAY<INT>, word VARCHAR(20))",
)
CHANGES = ("CREATE MATERIALIZED", "ALTER", "DROP", "GRANT", "REFRESH MATERIALIZED")
SCHEDULES = (
    *("MANUAL", "DEFERRED MANUAL", "manual", "REFRESH ASYNC EVERY(INTERVAL 5 MINUTE)"),
    *("ASYNC EVERY(INTERVAL 60 SECOND)", "async every (interval 2 days)", "EVERY(INTERVAL 1 HOUR)"),
    "ASYNC START('2026-01-01') EVERY(INTERVAL 1 DAY)",
    'ASYNC START("2026-01-01 02:30:00") EVERY(INTERVAL 12 HOURS)',
)
PROPERTIES = (
    {},
    {"mv_rewrite_staleness_second": 300, "force_external_table_query_rewrite": True},
    {"session.query_timeout": "60", "excluded_trigger_tables": 'a "b" \\c'},
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server with tables of every kind, which tells what it would not carry out."""
    made = Board(tmp_path_factory.mktemp("board"))
    for name, (columns, rows, partitioned_by) in LAKE.items():
        evolved = name == "evolved"
        made.server.add_table(
            f"lake.raw.{name}", columns, rows, partitioned_by=partitioned_by, evolved=evolved
        )
    for statement in OWN:
        made.server.execute(statement, "marts")
    made.server.execute(
        "CREATE MATERIALIZED VIEW asleep REFRESH MANUAL AS SELECT user_id FROM lake.raw.plain",
        "marts",
    )
    made.server.execute("ALTER MATERIALIZED VIEW asleep INACTIVE", "marts")
    made.refusals = []
    execute = Session.execute

    def watched(session, sql):
        try:
            return execute(session, sql)
        except Refused:
            made.refusals.append(sql)
            raise

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Session, "execute", watched)
        yield made
    made.close()


@pytest.fixture
def board(shared):
    """The server, of which nothing is known that was asked before."""
    shared.server.log.clear()
    shared.refusals.clear()
    return shared


def changes(board):
    return [text for text in board.server.log.statements if text.startswith(CHANGES)]


def test_whatever_is_wanted_is_written_as_the_grammar_has_it():
    names = ("daily", "order", "größe 1", "a`b", "x" * 40)
    written = set()
    for name, by, buckets, order, schedule, properties in itertools.product(
        names,
        ((), ("`seen`",), ("date_trunc('day', `seen`)", "`user_id`")),
        ("RANDOM", "RANDOM BUCKETS 4", "HASH(`user_id`, `select`) BUCKETS 8"),
        ((), ("user_id", "select")),
        SCHEDULES,
        PROPERTIES,
    ):
        view = View(
            **{"place": Table(database="marts", name=name), "query": "SELECT 1 AS one FROM t"},
            **{"partition_by": by, "distributed_by": buckets, "order_by": order},
            schedule=schedule_of(schedule),
            properties={key: str(value).lower() for key, value in properties.items()},
            **{"project": "a b", "environment": "prod", "node": "exposure.daily"},
            description='what "users"\n did; \\ AS SELECT',
        )
        there = view.place
        written |= {
            *(ddl.create(view, name), ddl.refresh(there, name), ddl.swap(there, f"{name}_new")),
            *(ddl.rename(there, f"{name}_new"), ddl.drop(there, name), ddl.activate(there)),
            *(ddl.set_schedule(there, view.schedule), ddl.create_database(name)),
            *([ddl.set_properties(there, view.properties)] if properties else []),
        }

    refused = []
    for statement in written:
        try:
            read_ddl(statement)
        except Refused as error:
            refused.append(f"{statement}: {error.message}")

    assert refused == []
    assert len(written) >= 400


@pytest.mark.parametrize("table", list(LAKE))
def test_a_view_is_partitioned_as_its_table_is_where_starrocks_takes_that(board, table):
    query = f"SELECT * FROM lake.raw.{table}"

    board.deliver(Wanted(query=query), f"marts.{table}")

    found = re.findall(r"PARTITION BY \((.*)\)\n", board.written(table))
    derived = {"by_day": "day", "by_hour": "hour", "by_month": "month"}
    wanted = [f"date_trunc('{derived[table]}', `seen`)"] if table in derived else []
    assert found == (["`day`"] if table == "by_date" else wanted)
    assert board.refusals == []


@pytest.mark.parametrize("distributed", [None, ["user_id"], {"hash": "user_id", "buckets": 8}])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_all_that_is_right_is_taken(board, schedule, distributed):
    name = f"right_{len(board.views())}"
    config = {"refresh": schedule, "order_by": "USER_ID", "properties": PROPERTIES[1]}
    config |= {"distributed_by": distributed} if distributed else {}
    query = "SELECT seen, user_id, sum(price) AS total FROM lake.raw.by_day GROUP BY seen, user_id"
    said = {**config, "partition_by": "date_trunc('DAY', seen)"}

    board.deliver(Wanted(query=query, config=said), f"marts.{name}")
    board.deliver(Wanted(query=query, config=config), f"marts.{name}")

    assert board.refusals == []
    assert [text.split()[0] for text in changes(board)] == [
        *("CREATE", "REFRESH", "ALTER"),
        "REFRESH",
    ]


RIGHT = {
    "a union": "SELECT user_id FROM lake.raw.plain UNION ALL SELECT user_id FROM lake.raw.by_day",
    "a common table": "WITH c AS (SELECT seen AS t, user_id FROM lake.raw.by_day) SELECT * FROM c",
    "a join": (
        "SELECT a.seen, b.user_id FROM lake.raw.by_day a JOIN lake.raw.plain b"
        " ON a.user_id = b.user_id"
    ),
    "a subquery": "SELECT t FROM (SELECT seen AS t FROM lake.raw.by_day) AS q",
    "a window over all": "SELECT seen, rank() OVER (ORDER BY user_id) AS r FROM lake.raw.by_day",
    "a window by its partitions": (
        "SELECT seen, rank() OVER (PARTITION BY seen ORDER BY user_id) AS r FROM lake.raw.by_day"
    ),
    "an order and a limit": "SELECT user_id FROM lake.raw.plain ORDER BY user_id LIMIT 3",
    "a table of StarRocks": "SELECT day, region, total FROM sales",
    "a comment at the end": "SELECT user_id FROM lake.raw.plain -- all",
    "now": "SELECT user_id, now() AS at_once FROM lake.raw.plain",
    "a text of sixty bytes": "SELECT word, id FROM shapes",
}


@pytest.mark.parametrize("name", RIGHT)
def test_queries_of_every_kind_are_taken(board, name):
    view = name.replace(" ", "_")

    board.deliver(Wanted(query=RIGHT[name]), f"marts.{view}")

    assert board.refusals == []
    assert view in board.views()


SEEN = "SELECT seen, user_id, price FROM lake.raw.by_day"
WRONG = {
    "2: another catalog": (SEEN, {}, "lake.raw.daily", "view"),
    "3: ASYNC alone": (SEEN, {"refresh": "ASYNC"}, "", "EVERY"),
    "4: a week": (SEEN, {"refresh": "ASYNC EVERY(INTERVAL 1 WEEK)"}, "", "WEEK"),
    "4: a month": (SEEN, {"refresh": "ASYNC EVERY(INTERVAL 1 MONTH)"}, "", "MONTH"),
    "4: too often": (SEEN, {"refresh": "ASYNC EVERY(INTERVAL 59 SECOND)"}, "", "minute"),
    "4: no number": (SEEN, {"refresh": "ASYNC EVERY(INTERVAL '5' MINUTE)"}, "", "refresh"),
    "4: START behind": (
        *(SEEN, {"refresh": "ASYNC EVERY(INTERVAL 1 DAY) START('2026-01-01')"}, "", "refresh"),
    ),
    "4: no date": (*(SEEN, {"refresh": "ASYNC START('x') EVERY(INTERVAL 1 DAY)"}, "", "START"),),
    "4: START alone": (SEEN, {"refresh": "ASYNC START('2026-01-01')"}, "", "EVERY"),
    "4: MANUAL with EVERY": (SEEN, {"refresh": "MANUAL EVERY(INTERVAL 1 DAY)"}, "", "MANUAL"),
    "6: a quarter": (SEEN, {"partition_by": "date_trunc('quarter', seen)"}, "", "quarter"),
    "6: a week": (SEEN, {"partition_by": "date_trunc('week', seen)"}, "", "week"),
    "6: another function": (SEEN, {"partition_by": "year(seen)"}, "", "year"),
    "6: of another table": (SEEN, {"partition_by": "q.seen"}, "", "q.seen"),
    "6: no column": (SEEN, {"partition_by": "date_trunc('day', sen)"}, "", "'sen'"),
    "6: no time": (SEEN, {"partition_by": "date_trunc('day', user_id)"}, "", "bigint"),
    "6: computed": (
        "SELECT date_add(seen, INTERVAL 1 DAY) AS seen, user_id FROM lake.raw.by_day",
        *({"partition_by": "date_trunc('day', seen)"}, "", "no column of a table"),
    ),
    "6: a format without days": (SEEN, {"partition_by": "str2date(seen, '%Y')"}, "", "%d"),
    "7: by hour, not by day": (
        "SELECT seen, user_id FROM lake.raw.by_hour",
        *({"partition_by": "date_trunc('day', seen)"}, "", "'hour'"),
    ),
    "7: by day, not by month": (
        *(SEEN, {"partition_by": "date_trunc('month', seen)"}, "", "'day'"),
    ),
    "7: by day, not as it is": (SEEN, {"partition_by": "seen"}, "", "'day'"),
    "7: unpartitioned": (
        "SELECT seen, user_id FROM lake.raw.plain",
        *({"partition_by": "date_trunc('day', seen)"}, "", "not partitioned"),
    ),
    "7: by bucket": (
        *("SELECT seen, user_id FROM lake.raw.bucketed", {"partition_by": "user_id"}),
        *("", "bucket"),
    ),
    "7: truncated": (
        *("SELECT name FROM lake.raw.truncated", {"partition_by": "name"}, "", "truncate"),
    ),
    "7: evolved": (
        "SELECT seen, user_id FROM lake.raw.evolved",
        *({"partition_by": "date_trunc('day', seen)"}, "", "otherwise before"),
    ),
    "8: ttl without partitions": (
        "SELECT user_id FROM lake.raw.plain",
        *({"properties": {"partition_ttl": "2 MONTH"}}, "", "partition_ttl"),
    ),
    "8: a number of lists": (
        *(SEEN, {"properties": {"partition_ttl_number": 3}}, "", "partition_ttl_number"),
    ),
    "8: no unit": (SEEN, {"properties": {"partition_ttl": 2}}, "", "2 MONTH"),
    "9: a function among several": (
        "SELECT day, region FROM sales",
        *({"partition_by": ["str2date(region, '%Y-%m-%d')", "day"]}, "", "several"),
    ),
    "10: rand": ("SELECT user_id, rand() AS r FROM lake.raw.plain", {}, "", "rand()"),
    "10: uuid": ("SELECT user_id, uuid() AS u FROM lake.raw.plain", {}, "", "uuid()"),
    "10: random in a condition": (
        *("SELECT user_id FROM lake.raw.plain WHERE random() < 1", {}, "", "()"),
    ),
    "11: no table": ("SELECT 1 AS one", {}, "", "reads none"),
    "11: a window over partitions": (
        "SELECT seen, rank() OVER (PARTITION BY user_id ORDER BY price) AS r FROM lake.raw.by_day",
        *({"partition_by": "date_trunc('day', seen)"}, "", "partitioned by 'seen'"),
    ),
    "11: an inactive view": ("SELECT user_id FROM asleep", {}, "", "inactive"),
    "12: twice": (
        "SELECT a.user_id, b.user_id FROM lake.raw.plain a JOIN lake.raw.by_day b"
        " ON a.user_id = b.user_id",
        *({}, "", "two columns 'user_id'"),
    ),
    "12: no key": ("SELECT sum(price) AS s FROM lake.raw.plain", {}, "", "can be a key"),
    "12: no key of JSON": ("SELECT doc FROM shapes", {}, "", "can be a key"),
    "12: no key of an array": ("SELECT tags FROM shapes", {}, "", "can be a key"),
    "12: no name": ("SELECT user_id * 2 FROM lake.raw.plain", {}, "", "AS"),
    "12: distributed by nothing": (SEEN, {"distributed_by": ["usr_id"]}, "", "user_id"),
    "12: distributed by a double": (SEEN, {"distributed_by": ["price"]}, "", "double"),
    "12: sorted by a double": (SEEN, {"order_by": ["price"]}, "", "double"),
    "12: sorted by JSON": ("SELECT id, doc FROM shapes", {"order_by": ["doc"]}, "", "json"),
    "13: unknown": (SEEN, {"properties": {"colour": "red"}}, "", "colour"),
    "13: of a session": (SEEN, {"properties": {"query_timeout": 60}}, "", "session."),
    "13: no number": (
        *(SEEN, {"properties": {"mv_rewrite_staleness_second": "five"}}, "", "five"),
    ),
    "15: a name with dots": (SEEN, {}, "a.b.c", "view"),
    "16: ordered": (
        "SELECT user_id FROM lake.raw.plain ORDER BY user_id",
        *({"properties": {"enable_query_rewrite": True}}, "", "ORDER BY"),
    ),
    "16: limited": (
        "SELECT user_id FROM lake.raw.plain LIMIT 3",
        *({"properties": {"enable_query_rewrite": "true"}}, "", "LIMIT"),
    ),
    "17: no consistency": (
        *(SEEN, {"properties": {"query_rewrite_consistency": "eventual"}}, "", "eventual"),
    ),
    "18: incremental": (SEEN, {"refresh": "INCREMENTAL"}, "", "4.1"),
    "distribution: no buckets": (
        *(SEEN, {"distributed_by": {"hash": "user_id", "buckets": 0}}, "", "buckets"),
    ),
    "a wrong column": ("SELECT usr_id FROM lake.raw.plain", {}, "", "usr_id"),
    "a wrong table": ("SELECT user_id FROM lake.raw.plan", {}, "", "plan"),
}


@pytest.mark.parametrize(("query", "config", "view", "said"), WRONG.values(), ids=WRONG)
def test_what_the_rules_refuse_is_told_and_never_sent(board, query, config, view, said):
    with pytest.raises(RunError) as caught:
        board.deliver(Wanted(query=query, config=config), **({"view": view} if view else {}))

    assert said in f"{caught.value.message} {caught.value.help}"
    assert changes(board) == []


def test_all_that_is_wrong_is_told_at_once(board):
    config = {"order_by": ["price"], "properties": {"colour": "red"}, "refresh": "ASYNC"}

    with pytest.raises(RunError) as caught:
        board.deliver(Wanted(query=SEEN, config=config))

    assert caught.value.code == "SK1983"
    assert [word for word in ("price", "colour", "EVERY") if word not in caught.value.message] == []


def test_several_columns_are_of_later_versions(tmp_path):
    older = Board(tmp_path, version="3.4.1")
    older.server.execute(OWN[0], "marts")
    wanted = Wanted(
        query="SELECT day, region FROM sales", config={"partition_by": ["day", "region"]}
    )

    with pytest.raises(RunError, match=r"3\.5"):
        older.deliver(wanted)

    older.close()


def test_where_starrocks_does_not_tell_of_partitions_there_are_none(tmp_path):
    older = Board(tmp_path, version="3.3.0")

    older.deliver(Wanted())

    assert "PARTITION BY" not in older.written()
    older.close()
