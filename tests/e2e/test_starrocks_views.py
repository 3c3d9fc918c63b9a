"""Exposures of type ``starrocks_materialized_view`` in a project, by the command line."""

import textwrap

import pytest

from seeknal_starrocks.testing import StandIn

pytestmark = pytest.mark.once

COLUMNS = {"seen": "DATETIME", "user_id": "BIGINT", "amount": "BIGINT"}
ROWS = [("2026-01-01 10:00:00", 1, 5), ("2026-01-02 11:00:00", 2, 20)]
NODES = """
    kind: source
    name: raw
    source: csv
    table: data/events.csv
    columns: {seen: TIMESTAMP, user_id: BIGINT, amount: BIGINT}
    ---
    kind: transform
    name: events
    sql: SELECT * FROM ref('source.raw')
    materialization: {type: iceberg, table: shop.events}
"""
VIEW = """
    kind: exposure
    name: daily
    type: starrocks_materialized_view
    connection: reporting
    sql: SELECT seen, user_id, amount * 2 AS twice FROM ref('transform.events') WHERE amount > 1
    config:
      distributed_by: {hash: [user_id], buckets: 2}
      refresh: ASYNC EVERY(INTERVAL 5 MINUTE)
      properties: {partition_ttl: 2 MONTH, mv_rewrite_staleness_second: 300}
"""


@pytest.fixture
def server():
    with StandIn(users={"root": "c4n4ry"}) as made:
        made.add_catalog("lake")
        made.add_table("lake.shop.events", COLUMNS, ROWS, partitioned_by=["day(seen)"])
        yield made


@pytest.fixture
def project(seeknal_project, server):
    def make(view=VIEW, nodes=NODES):
        to = f"host: {server.host}, port: {server.port}, http_port: {server.http_port}"
        to += ", user: root, password: c4n4ry"
        profile = (
            "connections:\n"
            f"  reporting: {{type: starrocks, {to}, database: marts, iceberg_catalog: lake}}\n"
            "  other: {type: rest_api, base_url: 'http://localhost:1'}\n"
        )
        rows = "".join(f"{at},{user},{amount}\n" for at, user, amount in ROWS)
        return seeknal_project(
            {
                "profiles.yml": profile,
                "data/events.csv": f"seen,user_id,amount\n{rows}",
                "seeknal/nodes.yml": nodes,
                "seeknal/daily.yml": view,
            }
        )

    return make


def held(server, database="marts"):
    found = server.execute("SELECT user_id, twice FROM daily", database)
    return sorted(found)


def told(outcome):
    return " ".join(f"{outcome.stdout} {outcome.stderr}".split())


def status(project, *words):
    answer = project.run("run", *words, "--format", "json").json()
    return {entry["node"]: entry["status"] for entry in answer["nodes"]}


def edit(project, old, new):
    file = project.path / "seeknal/daily.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_a_run_puts_the_view_up_over_the_table_of_its_input(project, server):
    made = project()

    made.run("run").assert_ok()

    written = str(server.execute("SHOW CREATE MATERIALIZED VIEW daily", "marts")[0][1])
    assert held(server) == [(1, 10), (2, 40)]
    assert "PARTITION BY (date_trunc('day', `seen`))" in written
    assert '"mv_rewrite_staleness_second" = "300"' in written


def test_a_second_run_asks_nothing_of_the_server(project, server):
    made = project()
    made.run("run").assert_ok()
    server.log.clear()

    found = status(made)

    assert (found["exposure.daily"], server.log.statements) == ("reused", [])


def test_new_rows_of_the_input_are_seen_and_refresh_the_view(project, server):
    made = project()
    made.run("run").assert_ok()
    more = [*ROWS, ("2026-01-03 12:00:00", 3, 7)]
    server.add_table("lake.shop.events", COLUMNS, more, partitioned_by=["day(seen)"])
    with (made.path / "data/events.csv").open("a") as file:
        file.write("2026-01-03 12:00:00,3,7\n")
    server.log.clear()

    found = status(made)

    changed = [text for text in server.log.statements if text.startswith("REFRESH")]
    assert found["exposure.daily"] == "success"
    assert held(server) == [(1, 10), (2, 40), (3, 14)]
    assert [text.split()[1] for text in changed] == ["EXTERNAL", "MATERIALIZED"]


def test_an_input_that_is_delivered_to_starrocks_is_read_there(project, server):
    own = "materialization: {type: starrocks, connection: reporting, table: events}"
    made = project(
        VIEW.replace("partition_ttl: 2 MONTH, ", ""),
        NODES.replace("materialization: {type: iceberg, table: shop.events}", own),
    )

    made.run("run").assert_ok()
    edit(made, "amount > 1", "amount > 10")
    made.run("run", "--env", "dev").assert_ok()

    written = str(server.execute("SHOW CREATE MATERIALIZED VIEW daily", "marts__dev")[0][1])
    assert (held(server), held(server, "marts__dev")) == ([(1, 10), (2, 40)], [(2, 40)])
    assert "`default_catalog`.`marts`.`events`" in written


def test_a_transform_that_runs_there_sees_what_is_new_in_its_inputs(project, server):
    totals = (
        "kind: transform\nname: totals\nengine: starrocks\nparams: {connection: reporting}\n"
        "sql: SELECT count(*) AS n FROM ref('transform.events')\n"
    )
    server.add_database("marts")
    made = project(totals)
    made.run("run").assert_ok()
    more = [*ROWS, ("2026-01-03 12:00:00", 3, 7)]
    server.add_table("lake.shop.events", COLUMNS, more, partitioned_by=["day(seen)"])
    with (made.path / "data/events.csv").open("a") as file:
        file.write("2026-01-03 12:00:00,3,7\n")

    before = made.rows("transform.totals")
    made.run("run").assert_ok()

    assert (before, made.rows("transform.totals")) == ([(2,)], [(3,)])


def test_another_query_takes_its_place(project, server):
    made = project()
    made.run("run").assert_ok()
    edit(made, "amount > 1", "amount > 10")

    made.run("run").assert_ok()

    assert held(server) == [(2, 40)]
    assert server.execute("SHOW TABLES", "marts") == [("daily",)]


def test_what_only_the_schedule_changes_is_altered(project, server):
    made = project()
    made.run("run").assert_ok()
    edit(made, "INTERVAL 5 MINUTE", "INTERVAL 1 HOUR")
    server.log.clear()

    made.run("run").assert_ok()

    words = ("CREATE", "ALTER", "DROP")
    assert [text.split()[0] for text in server.log.statements if text.startswith(words)] == [
        "ALTER"
    ]


def test_an_environment_has_a_view_of_its_own(project, server):
    made = project()
    made.run("run").assert_ok()
    edit(made, "amount > 1", "amount > 10")

    made.run("run", "--env", "dev").assert_ok()

    assert (held(server), held(server, "marts__dev")) == ([(1, 10), (2, 40)], [(2, 40)])


def test_a_failed_refresh_leaves_the_old_one_serving_and_is_owed(project, server):
    made = project()
    made.run("run").assert_ok()
    edit(made, "amount > 1", "amount > 10")
    server.faults.fail_refresh("out of memory")

    failed = made.run("run")
    served = held(server)
    made.run("run").assert_ok()

    assert (failed.exit_code, "out of memory" in told(failed)) == (1, True)
    assert (served, held(server)) == ([(1, 10), (2, 40)], [(2, 40)])


def test_starrocks_own_sql_runs_as_it_is_written(project, server):
    own = "dialect: starrocks\n    sql: SELECT seen, user_id, user_id DIV 2 AS twice"
    made = project(VIEW.replace("sql: SELECT seen, user_id, amount * 2 AS twice", own))

    made.run("run").assert_ok()

    assert held(server) == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("INTERVAL 5 MINUTE", "INTERVAL 5 WEEK", ("SK0203", "refresh", "WEEK")),
        ("INTERVAL 5 MINUTE", "INTERVAL 30 SECOND", ("SK0203", "refresh", "minute")),
        ("buckets: 2", "buckets: 0", ("SK0203", "buckets")),
        ("buckets: 2", "bukets: 2", ("SK0201", "bukets", "buckets?")),
        ("config:", "confg:", ("SK0201", "confg", "config?")),
        ("distributed_by:", "partition_by: year(seen)\n      distributed_by:", ("SK0203", "year")),
        ("connection: reporting", "connection: other", ("SK0602", "reporting")),
        ("connection: reporting", "connection: reportng", ("SK0604", "reporting")),
        ("amount * 2", "amont * 2", ("amont", "amount")),
        ("amount * 2", "strptime('x', '%d')", ("SK0456", "starrocks")),
    ],
)
def test_what_is_wrong_is_told_before_a_run(project, server, old, new, said):
    assert old in VIEW
    made = project(VIEW.replace(old, new))

    outcome = made.run("validate")

    assert [word for word in said if word not in told(outcome)] == []
    assert (outcome.exit_code, server.log.all) == (2, [])


def test_an_input_that_starrocks_does_not_see_is_told(project, server):
    made = project(nodes=NODES.replace("materialization: {type: iceberg, table: shop.events}", ""))

    outcome = made.run("validate")

    assert (outcome.exit_code, server.log.all) == (2, [])
    assert "SK1980" in told(outcome)
    assert "daily.yml:5" in told(outcome)


def test_a_connection_that_does_not_know_the_iceberg_catalog_is_told(project, server):
    made = project()
    profile = made.path / "profiles.yml"
    profile.write_text(profile.read_text().replace(", iceberg_catalog: lake", ""))

    outcome = made.run("run")

    assert (outcome.exit_code, server.log.all) == (1, [])
    assert "iceberg_catalog" in told(outcome)


def test_what_starrocks_would_refuse_is_told_and_not_sent(project, server):
    made = project(VIEW.replace("hash: [user_id]", "hash: [amount]"))

    outcome = made.run("run")

    words = ("CREATE MATERIALIZED", "ALTER", "DROP")
    assert (outcome.exit_code, "SK1983" in told(outcome)) == (1, True)
    assert "no column 'amount'" in told(outcome)
    assert [text for text in server.log.statements if text.startswith(words)] == []


def test_a_view_that_no_exposure_asks_for_any_more_is_pruned_when_asked(project, server):
    made = project()
    made.run("run").assert_ok()
    (made.path / "seeknal/daily.yml").unlink()
    made.run("run").assert_ok()

    shown = made.run("janitor", "--targets", "--dry-run")
    left = server.execute("SHOW TABLES", "marts")
    made.run("janitor", "--targets", "--yes").assert_ok()

    assert "daily" in told(shown)
    assert (left, server.execute("SHOW TABLES", "marts")) == ([("daily",)], [])


def test_a_view_that_others_read_is_not_pruned(project, server):
    made = project()
    made.run("run").assert_ok()
    server.execute("CREATE VIEW on_top AS SELECT user_id FROM daily", "marts")
    (made.path / "seeknal/daily.yml").unlink()
    made.run("run").assert_ok()

    kept = made.run("janitor", "--targets", "--yes")

    assert "on_top reads it" in told(kept)
    assert server.execute("SHOW TABLES", "marts") == [("daily",), ("on_top",)]


def test_what_stands_there_is_compared_with_what_the_project_asks_for(project, server):
    made = project()
    made.run("run").assert_ok()

    same = made.run("connection", "test", "reporting", "--deployed")
    edit(made, "INTERVAL 5 MINUTE", "INTERVAL 1 HOUR")
    altered = made.run("connection", "test", "reporting", "--deployed", "--format", "json")
    edit(made, "amount > 1", "amount > 10")
    replaced = made.run("connection", "test", "reporting", "--deployed")

    (answer,) = altered.json()
    assert (same.exit_code, altered.exit_code, replaced.exit_code) == (0, 1, 1)
    assert (answer["node"], answer["state"]) == ("exposure.daily", "differs")
    assert "REFRESH DEFERRED ASYNC EVERY(INTERVAL 1 HOUR)" in " ".join(answer["statements"])
    assert [
        word for word in ("CREATE MATERIALIZED VIEW", "SWAP WITH") if word not in told(replaced)
    ] == []
    assert held(server) == [(1, 10), (2, 40)]


def test_what_would_be_sent_is_shown_before_there_is_anything(project, server):
    made = project()
    made.run("run", "--select", "+transform.events").assert_ok()

    shown = made.run("connection", "test", "reporting", "--deployed")

    assert (shown.exit_code, "missing" in told(shown)) == (1, True)
    assert "DISTRIBUTED BY HASH(`user_id`) BUCKETS 2" in told(shown)
    assert server.execute("SHOW DATABASES") == [("information_schema",)]


def test_plan_list_and_impact_know_it(project):
    made = project()

    plan, listed = made.run("plan"), made.run("list")
    impact = made.run("impact", "transform.events")

    assert [word for word in (told(plan), told(listed)) if "exposure.daily" not in word] == []
    assert "daily" in told(impact)


def test_no_word_of_it_shows_a_private_value(project, server):
    private = NODES.replace("user_id: BIGINT", "user_id: {type: BIGINT, pii: true}")
    made = project(nodes=private)
    server.faults.fail_refresh("the value 4711 is too large")

    outcome = made.run("run")

    assert (outcome.exit_code, "SK1984" in told(outcome)) == (1, True)
    assert "4711" not in told(outcome)


def test_a_view_has_as_many_copies_as_the_connection_says(project, server):
    made = project()
    profile = made.path / "profiles.yml"
    profile.write_text(profile.read_text().replace("lake}", "lake, replication_num: 1}"))

    made.run("run").assert_ok()

    written = str(server.execute("SHOW CREATE MATERIALIZED VIEW daily", "marts")[0][1])
    assert '"replication_num" = "1"' in written


def test_no_word_of_it_shows_the_password(project, server):
    made = project()
    server.faults.refuse_logins()

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "c4n4ry" not in told(outcome)


def test_it_is_written_as_the_documentation_shows(project, server):
    shown = textwrap.dedent("""
        kind: exposure
        name: daily
        type: starrocks_materialized_view
        connection: reporting
        sql: |
          SELECT seen, user_id, amount AS twice FROM lake.shop.events
        config:
          distributed_by: [user_id]
          partition_by: "date_trunc('day', seen)"
          refresh: "ASYNC EVERY(INTERVAL 5 MINUTE)"
          order_by: [user_id]
          properties:
            partition_ttl: "2 MONTH"
            mv_rewrite_staleness_second: "300"
            force_external_table_query_rewrite: "true"
    """)
    made = project(shown, "kind: source\nname: raw\nsource: csv\ntable: data/events.csv\n")

    made.run("run").assert_ok()

    assert held(server) == [(1, 5), (2, 20)]
