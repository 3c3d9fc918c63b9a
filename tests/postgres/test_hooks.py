"""Statements of a project's in the transaction of a delivery, before its rows and after them."""

import json

import pytest

pytestmark = pytest.mark.inside

ORDERS = (
    "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n"
    "columns: {id: INTEGER, day: DATE, amount: 'DECIMAL(10,2)'}\n"
    "materializations:\n"
    "  - type: postgresql\n"
    "    connection: pg\n"
    "    table: analytics.orders\n"
    "    mode: MODE\n"
    "HOOKS"
)
HEAD = "id,day,amount\n"
FIRST = HEAD + "1,2024-01-01,1.00\n2,2024-01-02,2.00\n"
MODES = {
    "full": "full",
    "append": "append",
    "upsert": "upsert_by_key\n    unique_keys: [id]",
    "by_time": "incremental_by_time\n    time_column: day",
}
LOGGED = "INSERT INTO public.log SELECT '{}', count(*) FROM {{{{ this }}}}"


def node(mode="full", **hooks):
    lines = []
    for key, statements in hooks.items():
        listed = [statements] if isinstance(statements, str) else statements
        lines += [f"    {key}:", *(f"      - {json.dumps(each)}" for each in listed)]
    text = "".join(f"{line}\n" for line in lines)
    return ORDERS.replace("MODE", MODES.get(mode, mode)).replace("HOOKS", text)


@pytest.fixture
def orders(project, database):
    """Makes a project that delivers orders, in a database with a table ``public.log``."""
    database.run("CREATE TABLE public.log (what text, rows bigint)")

    def make(mode="full", rows=FIRST, **hooks):
        return project({"seeknal/orders.yml": node(mode, **hooks), "data/orders.csv": rows})

    return make


def logged(database):
    return database.rows("SELECT what, rows FROM public.log")


def told(outcome):
    return outcome.stdout + outcome.stderr


def held(database):
    return [id for (id,) in database.rows("SELECT id FROM analytics.orders ORDER BY 1")]


@pytest.mark.parametrize("mode", MODES)
def test_hooks_run_around_the_rows_in_order(orders, database, mode):
    post = [LOGGED.format("after"), LOGGED.format("last")]
    made = orders(mode, post_hook=post)
    made.run("run").assert_ok()
    made.write(
        {
            "seeknal/orders.yml": node(mode, pre_hook=LOGGED.format("before"), post_hook=post),
            "data/orders.csv": FIRST + "3,2024-01-03,3.00\n",
        }
    )

    made.run("run").assert_ok()

    now = 5 if mode == "append" else 3
    first = [("after", 2), ("last", 2)]
    assert logged(database) == [*first, ("before", 2), ("after", now), ("last", now)]


@pytest.mark.parametrize("mode", MODES)
def test_a_grant_after_the_rows_holds_for_the_final_table(orders, database, mode):
    database.run("DO $$ BEGIN CREATE ROLE reader; EXCEPTION WHEN OTHERS THEN NULL; END $$")
    made = orders(mode, post_hook="GRANT SELECT ON {{ this }} TO reader")

    made.run("run").assert_ok()

    granted = "SELECT has_table_privilege('reader', 'analytics.orders', 'SELECT')"
    assert database.value(granted) is True


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("key", ["pre_hook", "post_hook"])
def test_a_hook_that_fails_takes_the_delivery_back(orders, database, mode, key):
    made = orders(mode)
    made.run("run").assert_ok()
    hooks = {key: [LOGGED.format("x"), "SELECT 1 / 0"]}
    made.write(
        {"seeknal/orders.yml": node(mode, **hooks), "data/orders.csv": HEAD + "9,2024-02-01,9\n"}
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    line = 13 if mode in ("full", "append") else 14
    assert f"{key} 2 of analytics.orders (seeknal/orders.yml:{line}) failed" in told(outcome)
    assert "division by zero" in told(outcome)
    assert (held(database), logged(database)) == ([1, 2], [])


def test_an_error_says_where_the_hook_stands(orders, database):
    made = orders(post_hook=[LOGGED.format("x"), "SELECT nosuch FROM {{ this }}"])

    outcome = made.run("run", "--format", "json")

    (entry,) = (each for each in outcome.json()["nodes"] if each["node"] == "source.orders")
    (target,) = entry["targets"]
    assert 'column "nosuch" does not exist' in target["error"]["message"]
    assert target["error"]["code"] == "SK1371"
    assert target["error"]["message"].startswith("post_hook 2 of analytics.orders (seeknal/")


@pytest.mark.parametrize("mode", ["append", "upsert", "by_time"])
def test_what_was_delivered_before_runs_no_hook_again(orders, database, mode):
    made = orders(mode, post_hook=LOGGED.format("after"))
    made.run("run").assert_ok()
    state = (made.path / "target/run_state.json").read_bytes()
    made.write({"data/orders.csv": HEAD + "3,2024-01-03,3.00\n"})
    made.run("run").assert_ok()
    (made.path / "target/run_state.json").write_bytes(state)
    before = logged(database)

    made.run("run").assert_ok()

    assert len(logged(database)) == len(before) == 2


def test_another_hook_neither_builds_nor_delivers(orders, database):
    made = orders("append", post_hook=LOGGED.format("one"))
    made.run("run").assert_ok()
    made.write({"seeknal/orders.yml": node("append", post_hook=LOGGED.format("two"))})

    planned = made.run("plan", "--format", "json").assert_ok().json()
    made.run("run").assert_ok()
    made.write({"data/orders.csv": HEAD + "3,2024-01-03,3.00\n"})
    made.run("run").assert_ok()

    assert [step["action"] for step in planned["nodes"]] == ["reuse"]
    assert planned["changes"] == []
    assert logged(database) == [("one", 2), ("two", 3)]


@pytest.mark.parametrize("mode", MODES)
def test_a_delivery_without_rows_runs_its_hooks(orders, database, mode):
    made = orders(mode, post_hook=LOGGED.format("after"))
    made.run("run").assert_ok()
    made.write({"data/orders.csv": HEAD})

    made.run("run").assert_ok()

    assert logged(database) == [("after", 2), ("after", 0 if mode == "full" else 2)]


def test_ranges_run_hooks_once_a_delivery(project, database, at):
    database.run("CREATE TABLE public.log (what text, rows bigint)")
    at("2024-01-03 01:00")
    text = node("by_time", pre_hook="SELECT 1", post_hook=LOGGED.format("after")).replace(
        "kind: source\n", "kind: source\ntime_column: day\nschedule: '@daily'\nstart: 2024-01-01\n"
    )
    made = project({"seeknal/orders.yml": text, "data/orders.csv": FIRST})
    made.run("run").assert_ok()
    at("2024-01-04 01:00")
    made.write({"data/orders.csv": FIRST + "3,2024-01-03,3.00\n"})

    made.run("run").assert_ok()

    assert logged(database) == [("after", 2), ("after", 3)]
    assert held(database) == [1, 2, 3]


def test_this_is_the_table_of_the_environment(orders, database):
    made = orders(post_hook="COMMENT ON TABLE {{ this }} IS 'said'")
    made.run("run").assert_ok()
    database.run("COMMENT ON TABLE analytics.orders IS NULL")
    made.write({"data/orders.csv": HEAD + "3,2024-01-03,3.00\n"})

    made.run("run", "--env", "dev").assert_ok()

    said = "SELECT obj_description('{}'::regclass)"
    assert database.value(said.format("analytics__dev.orders")) == "said"
    assert database.value(said.format("analytics.orders")) is None


def test_names_are_quoted_and_variables_are_filled_in(project, database):
    text = node(post_hook="COMMENT ON TABLE {{ this }} IS '{{ var(\"who\") }}'").replace(
        "analytics.orders", '\'"Odd one"."Of orders"\''
    )
    made = project(
        {
            "seeknal_project.yml": "name: p\nvars: {who: ann}\n",
            "seeknal/orders.yml": text,
            "data/orders.csv": FIRST,
        }
    )

    made.run("run").assert_ok()

    assert database.value("""SELECT obj_description('"Odd one"."Of orders"'::regclass)""") == "ann"


def test_a_hook_before_the_rows_may_make_the_table(orders, database):
    made = orders(
        pre_hook="CREATE TABLE IF NOT EXISTS {{ this }} (id integer, day date,"
        " amount numeric(10,2), loaded timestamptz DEFAULT now())"
    )
    database.run("CREATE SCHEMA analytics")

    made.run("run").assert_ok()

    assert held(database) == [1, 2]
    assert database.value("SELECT count(loaded) FROM analytics.orders") == 2


@pytest.mark.parametrize("mode", ["append", "upsert", "by_time"])
def test_a_table_with_earlier_rows_is_not_removed_before_them(orders, database, mode):
    made = orders(mode)
    made.run("run").assert_ok()
    more = {"data/orders.csv": HEAD + "3,2024-01-03,3.00\n"}
    made.write({"seeknal/orders.yml": node(mode, pre_hook="DROP TABLE {{ this }}"), **more})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "pre_hook has removed analytics.orders" in told(outcome)
    assert held(database) == [1, 2]


def test_a_table_is_not_removed_after_its_rows(orders, database):
    outcome = orders(post_hook="DROP TABLE {{ this }}").run("run")

    assert outcome.exit_code == 1
    assert "post_hook has removed analytics.orders" in told(outcome)


SETTINGS = [
    "SET TimeZone = 'Asia/Jakarta'",
    "SET LOCAL DateStyle = 'SQL, DMY'",
    "SET client_encoding = 'LATIN1'",
    "SET standard_conforming_strings = off",
    "SET array_nulls = off",
    "SET search_path = log",
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_of_a_hook_change_no_value(project, database, setting):
    database.run("CREATE SCHEMA log; CREATE TABLE log.seeknal_stage (x int)")
    sql = (
        "SELECT 1 AS id, TIMESTAMPTZ '2024-03-04 05:06:07+00' AS at_,"
        " TIMESTAMP '2024-03-04 05:06:07' AS plain, DATE '2024-03-04' AS day,"
        " 'é\\n' AS text, ['NULL', NULL, 'a'] AS list,"
        " {'a': 'ü'} AS doc"
    )
    text = (
        "kind: transform\nname: t\nsql: |\n  SQL\nmaterializations:\n  - {type: postgresql,"
        " connection: pg, table: public.t, mode: upsert_by_key, unique_keys: [id],"
        " pre_hook: HOOK}\n"
    )
    text = text.replace("SQL\n", f"{sql}\n", 1).replace("HOOK", f'["{setting}"]')
    made = project({"seeknal/t.yml": text})

    made.run("run").assert_ok()

    row = (
        "SELECT at_ = '2024-03-04 05:06:07+00', plain::text, day::text, text, list, doc->>'a'"
        " FROM t"
    )
    assert database.rows(row) == [
        (True, "2024-03-04 05:06:07", "2024-03-04", "é\\n", ["NULL", None, "a"], "ü")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "/* x */ rollback",
        "SELECT 1; COMMIT; BEGIN",
        "VACUUM",
        "CREATE INDEX CONCURRENTLY i ON {{ this }} (id)",
        "",
    ],
)
def test_a_hook_that_cannot_be_is_told_before_a_run(orders, database, statement):
    made = orders(post_hook=["SELECT 1", statement])

    outcome = made.run("run", "--format", "json")

    assert outcome.exit_code == 2
    (problem,) = outcome.json()["problems"]
    assert (problem["code"], problem["file"]) == ("SK1372", "seeknal/orders.yml")
    assert problem["line"] == (13 if statement else 11)
    assert database.value("SELECT to_regclass('analytics.orders')") is None


@pytest.mark.parametrize(
    "hook",
    [
        "DO $$ BEGIN COMMIT; END $$",
        "CALL public.ending()",
        "DO $$ BEGIN EXECUTE 'COMMIT'; END $$",
    ],
)
def test_nothing_that_a_hook_calls_commits_half_a_delivery(orders, database, hook):
    database.run("CREATE PROCEDURE public.ending() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'")
    made = orders("append")
    made.run("run").assert_ok()
    more = {"data/orders.csv": HEAD + "3,2024-01-03,3.00\n"}
    made.write({"seeknal/orders.yml": node("append", post_hook=hook), **more})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert (
        "post_hook of analytics.orders (seeknal/orders.yml:12) failed, and nothing was changed"
        in told(outcome)
    )
    assert held(database) == [1, 2]


def test_a_hook_that_gets_past_its_words_is_stopped_by_the_protocol(orders, database, monkeypatch):
    monkeypatch.setattr("seeknal_postgres.checking.fault_of", lambda statement: None)
    monkeypatch.setattr("seeknal_postgres.hooks.fault_of", lambda statement: None)
    made = orders("append", post_hook="SELECT 1; COMMIT; BEGIN")

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "cannot insert multiple commands" in told(outcome)
    assert database.value("SELECT to_regclass('analytics.orders')") is None


def test_a_hook_that_takes_too_long_is_ended_with_the_delivery(orders, database):
    made = orders("append", pre_hook=LOGGED.format("x").replace("{{ this }}", "pg_sleep(30)"))
    made.write({"seeknal_project.yml": "name: p\nexecution: {timeout: 1s}\n"})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "pre_hook of analytics.orders (seeknal/orders.yml:12) failed" in told(outcome)
    assert (database.value("SELECT to_regclass('analytics.orders')"), logged(database)) == (
        None,
        [],
    )


def test_a_delivery_that_was_owed_for_a_hook_comes_with_the_next_run(orders, database):
    made = orders("append", post_hook="INSERT INTO public.missing VALUES (1)")
    made.run("run")
    database.run("CREATE TABLE public.missing (x int)")

    made.run("run").assert_ok()

    assert held(database) == [1, 2]
    assert database.value("SELECT count(*) FROM public.missing") == 1


def test_values_of_private_columns_are_in_no_message_of_a_hook(orders, database):
    made = orders(post_hook="SELECT CAST('x' || id AS integer) FROM {{ this }} WHERE id = 2")
    text = (made.path / "seeknal/orders.yml").read_text()
    made.write(
        {"seeknal/orders.yml": text.replace("id: INTEGER", "id: {type: INTEGER, pii: true}")}
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert "x2" not in told(outcome)
    assert "post_hook of analytics.orders (seeknal/orders.yml:12) failed" in told(outcome)


@pytest.mark.parametrize("changes", ["DELETE FROM {{ this }} WHERE id = 1", "SELECT 1", "ANALYZE"])
def test_an_environment_whose_hooks_changed_rows_can_be_removed(orders, database, changes):
    made = orders("append")
    made.run("run").assert_ok()
    hooked = node("append", post_hook=changes)
    made.write({"seeknal/orders.yml": hooked, "data/orders.csv": FIRST + "3,2024-01-03,3\n"})
    made.run("run", "--env", "dev").assert_ok()

    made.run("env", "delete", "dev", "--yes").assert_ok()
    made.run("janitor", "--targets", "--yes").assert_ok()

    assert database.value("SELECT to_regclass('analytics__dev.orders')") is None


@pytest.mark.parametrize("type", ["file", "iceberg"])
@pytest.mark.parametrize("key", ["pre_hook", "post_hook"])
def test_targets_that_run_no_sql_refuse_hooks_by_name(project, type, key):
    if type == "iceberg":
        pytest.importorskip("seeknal_iceberg")
    place = "path: out.csv" if type == "file" else "table: a.b"
    text = (
        "kind: transform\nname: t\nsql: SELECT 1 AS id\nmaterializations:\n"
        f"  - type: {type}\n    {place}\n    {key}: SELECT 1\n"
    )

    outcome = project({"seeknal/t.yml": text}).run("validate", "--format", "json")

    (found,) = (each for each in outcome.json()["problems"] if each["line"] == 7)
    assert (found["code"], found["message"]) == (
        "SK0294",
        f"{key}: a target of type {type} runs no SQL",
    )
    assert found["help"] == "targets of type postgresql do"


@pytest.mark.parametrize("hook", ["{sql: SELECT 1}", "[{sql: SELECT 1, transaction: true}]"])
def test_a_hook_as_dbt_writes_it_is_told_with_what_to_write(project, hook):
    text = (
        "kind: transform\nname: t\nsql: SELECT 1 AS id\nmaterializations:\n"
        f"  - type: postgresql\n    connection: pg\n    table: a.b\n    post_hook: {hook}\n"
    )

    outcome = project({"seeknal/t.yml": text}).run("validate", "--format", "json")

    (found,) = (each for each in outcome.json()["problems"] if each["line"] == 8)
    assert (found["code"], found["help"]) == (
        "SK0203",
        "write what stands below sql:, as a text or a list of texts",
    )


def test_a_hook_of_which_a_condition_leaves_nothing_is_none(orders, database):
    made = orders(post_hook=["{% if var('logs', false) %}NO SQL{% endif %}", LOGGED.format("x")])

    made.run("run").assert_ok()

    assert logged(database) == [("x", 2)]


@pytest.mark.parametrize("word", ["today", "run_id"])
def test_a_hook_is_the_same_text_whenever_it_is_read(orders, word):
    outcome = orders(post_hook=f"SELECT '{{{{ {word} }}}}'").run("validate", "--format", "json")

    (found,) = outcome.json()["problems"]
    assert (found["code"], found["help"]) == ("SK0295", "let the database say when: now()")
