"""Projects with tracked nodes, over days: what readers see is what all of it would give."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from seeknal.plan.session import Request
from seeknal.run.intervals import spent, storing
from seeknal.run.intervals.invalidating import invalidate

pytestmark = pytest.mark.inside

FIRST = datetime(2024, 6, 1, tzinfo=UTC)

SOURCE = """
kind: source
name: orders
source: csv
table: data/*.csv
time_column: at
schedule: "@daily"
start: 2024-06-01
"""


def transform(name, sql, *lines, read="transform.mid"):
    return "\n".join(
        (
            f"kind: transform\nname: {name}\ninputs: [{{ref: {read}}}]",
            f"sql: {sql}",
            *lines,
            "",
        )
    )


OUT = """
kind: exposure
name: out
type: file
inputs: [{ref: transform.mid}]
params: {path: out/mid.csv, format: csv}
"""
DAILY = ("time_column: at", 'schedule: "@daily"')


@pytest.fixture
def shop(seeknal_project, at_end_of):
    """A project whose clock stands at the end of a day, with three orders on each."""
    project = seeknal_project({"seeknal_project.yml": "name: shop\n", "seeknal/o.yml": SOURCE})
    project.write({f"data/{day:02}.csv": rows_of(day) for day in range(1, 10)})

    def run(day, *arguments):
        at_end_of(day)
        return project.run(*(arguments or ("run",)))

    def read(query, *arguments):
        found = project.run("sql", query, "--format", "json", *arguments).assert_ok().json()
        return [tuple(row.values()) for row in found]

    project.day, project.read = run, read
    return project


def rows_of(day):
    moments = [FIRST + timedelta(days=day - 1, hours=8 * number) for number in range(3)]
    lines = [f"{at:%Y-%m-%d %H:%M:%S},{day * 10 + at.hour // 8},{at.hour // 8}" for at in moments]
    return "\n".join(["at,id,amount", *lines, ""])


def test_values_that_change_places_are_read_again(shop):
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id AS x, amount AS y FROM orders', *DAILY, read="source.orders"
            ),
            "seeknal/kid.yml": transform("kid", 'SELECT "at", x FROM mid', *DAILY),
        }
    )
    shop.day(2).assert_ok()
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id AS y, amount AS x FROM orders', *DAILY, read="source.orders"
            )
        }
    )

    shop.day(2).assert_ok()

    assert shop.read('SELECT x FROM transform.kid ORDER BY "at"') == [(0,), (1,), (2,)] * 2


def test_rows_in_another_order_are_read_again_where_that_shows(shop):
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id FROM orders ORDER BY id', *DAILY, read="source.orders"
            ),
            "seeknal/kid.yml": transform(
                "kid",
                """SELECT date_trunc('day', "at") AS "at", list(id) AS ids FROM mid GROUP BY 1""",
                *DAILY,
            ),
            "seeknal/all.yml": transform("all", "SELECT first(id) AS id FROM mid"),
            "seeknal/out.yml": OUT,
        }
    )
    shop.day(2).assert_ok()
    shop.write(
        {
            "seeknal/mid.yml": transform(
                "mid", 'SELECT "at", id FROM orders ORDER BY id DESC', *DAILY, read="source.orders"
            )
        }
    )

    shop.day(2).assert_ok()

    found = shop.read('SELECT ids FROM transform.kid ORDER BY "at"')
    assert found == [([12, 11, 10],), ([22, 21, 20],)]
    assert shop.read("SELECT id FROM transform.all") == [(22,)]
    lines = (shop.path / "out/mid.csv").read_text().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["22", "21", "20", "12", "11", "10"]


def test_inspect_shows_the_rows_of_all_parts_and_which_ranges_are_done(shop):
    shop.day(3).assert_ok()

    shown = shop.day(3, "inspect", "orders", "--limit", "0").assert_ok()

    assert "source.orders: 9 rows, 3 columns" in repr(shown)
    assert "3 ranges of a day done, by at: 2024-06-01 to 2024-06-03" in repr(shown)
    assert shown.stdout.count("2024-06-03 ") == 3


def test_ranges_are_told_to_programs(shop):
    shop.day(3).assert_ok()

    listed = shop.day(3, "inspect", "--list", "--format", "json").assert_ok().json()
    document = shop.day(3, "lineage", "--format", "json").assert_ok().json()
    catalog = shop.day(3, "catalog", "show", "orders", "--format", "json").assert_ok().json()

    told = listed[0]["ranges"]
    assert told["done"] == [
        {"start": "2024-06-01T00:00:00+00:00", "end": "2024-06-04T00:00:00+00:00"}
    ]
    assert (told["unit"], told["timezone"], told["time_column"]) == ("day", "UTC", "at")
    assert told["counts"] == {"done": 3, "invalidated": 0, "earlier": 0, "unfinished": 0}
    assert document["nodes"][0]["ranges"] == catalog["ranges"] == told


def test_rows_of_an_earlier_definition_are_told_as_such(shop):
    shop.write({"seeknal/mid.yml": mid('SELECT "at", id FROM orders')})
    shop.day(2).assert_ok()
    shop.write({"seeknal/mid.yml": mid('SELECT "at", id * 2 AS id FROM orders')})
    shop.day(3, "apply", "--env", "prod", "--yes", "--forward-only", "mid").assert_ok()

    shown = shop.day(3, "inspect", "mid").assert_ok()
    lineage = shop.day(3, "lineage", "mid").assert_ok()

    said = "rows of an earlier definition were kept (--forward-only): 2024-06-01 to 2024-06-02"
    assert said in repr(shown)
    assert said in lineage.stdout
    assert shop.read('SELECT id FROM transform.mid ORDER BY "at" LIMIT 1 OFFSET 6') == [(60,)]


def test_what_is_invalidated_is_told(shop):
    shop.day(3).assert_ok()
    asked = Request(command="invalidate", start="2024-06-02", end="2024-06-02")
    invalidate(shop.path, asked, "source.orders", downstream=False)

    shown = shop.day(3, "inspect", "orders").assert_ok()

    assert "1 range invalidated: 2024-06-02" in repr(shown)


def test_a_rebuild_that_is_under_way_is_told(shop):
    shop.write({"seeknal/mid.yml": mid('SELECT "at", id FROM orders')})
    shop.day(3).assert_ok()
    failing = mid("SELECT \"at\", CASE WHEN id = 31 THEN error('no') ELSE 1 END AS id FROM orders")
    shop.write({"seeknal/mid.yml": failing})
    shop.day(3)

    shown = shop.day(3, "inspect", "mid").assert_ok()

    said = "a rebuild is under way, and shown once all of it is done: 2024-06-01 to 2024-06-02"
    assert said in repr(shown)
    assert shop.read("SELECT count(*), max(id) FROM transform.mid") == [(9, 32)]


def mid(sql):
    return transform("mid", sql, *DAILY, "batch_size: 1", read="source.orders")


def test_an_edit_of_what_is_due_rebuilds_nothing_that_is_done(shop):
    shop.day(4).assert_ok()
    edited = SOURCE.replace("06-01", "06-02") + "lookback: 3\nbatch_size: 2\nallow_partial: false\n"
    shop.write({"seeknal/o.yml": edited})

    done = shop.day(4, "run", "--format", "json").assert_ok().json()

    assert {node["status"] for node in done["nodes"]} == {"reused"}


def test_unique_keys_are_unique_over_all_ranges(shop):
    keyed = transform(
        "mid", "SELECT id % 7 AS id, \"at\" FROM ref('source.orders')", *DAILY, read="source.orders"
    )
    shop.write({"seeknal/mid.yml": keyed + "materialized: incremental\nunique_keys: [id]\n"})

    done = shop.day(5)

    assert done.exit_code == 1
    assert "several rows have one key: id = " in done.stderr + done.stdout


def test_a_range_that_is_done_again_keeps_its_own_keys(shop):
    keyed = transform(
        "mid", "SELECT id, \"at\" FROM ref('source.orders')", *DAILY, read="source.orders"
    )
    shop.write({"seeknal/mid.yml": keyed + "materialized: incremental\nunique_keys: [id]\n"})
    shop.day(4).assert_ok()

    shop.day(4, "run", "--start", "2024-06-02", "--end", "2024-06-03").assert_ok()

    assert shop.read("SELECT count(*), count(DISTINCT id) FROM transform.mid") == [(12, 12)]


def test_a_backfill_of_many_batches_leaves_few_files_and_all_rows(shop, monkeypatch):
    monkeypatch.setattr(storing, "MOST", 8)
    monkeypatch.setattr(storing, "TOGETHER", 4)
    monkeypatch.setattr(spent, "SPARED", 3)
    shop.write(
        {
            "seeknal_project.yml": "name: shop\njanitor: {auto_run: false}\n",
            "seeknal/o.yml": SOURCE.replace("@daily", "@hourly") + "batch_size: 1\n",
            "seeknal/mid.yml": transform(
                "mid",
                'SELECT "at", id FROM orders',
                "time_column: at",
                'schedule: "@hourly"',
                "batch_size: 2",
                read="source.orders",
            ),
        }
    )

    shop.day(9).assert_ok()

    ids = [(day * 10 + number,) for day in range(1, 10) for number in range(3)]
    assert shop.read("SELECT id FROM source.orders ORDER BY id") == ids
    assert shop.read("SELECT id FROM transform.mid ORDER BY id") == ids
    for node in ("source/orders", "transform/mid"):
        assert len(list((shop.path / "target/cache" / node).iterdir())) <= 8 + 3


def test_a_backfill_keeps_the_files_of_who_was_there_before(shop, monkeypatch):
    shop.write({"seeknal_project.yml": "name: shop\njanitor: {auto_run: false}\n"})
    shop.day(9).assert_ok()
    shop.run("env", "create", "dev").assert_ok()
    before = set((shop.path / "target/cache").rglob("*.parquet"))
    monkeypatch.setattr(storing, "MOST", 2)
    monkeypatch.setattr(spent, "SPARED", 0)
    shop.write({"seeknal/o.yml": SOURCE + "batch_size: 1\n"})

    shop.day(9, "run", "--full").assert_ok()

    assert before <= set((shop.path / "target/cache").rglob("*.parquet"))
    assert shop.read("SELECT count(*) FROM source.orders", "--env", "dev") == [(27,)]
    assert shop.read("SELECT count(*) FROM source.orders") == [(27,)]


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "at", sum(amount) OVER (ORDER BY id) AS x FROM orders',
        'SELECT "at", id AS x FROM orders ORDER BY id LIMIT 2',
        'SELECT max("at") AS "at", count(*) AS x FROM orders',
        'SELECT max("at") AS "at", amount AS x FROM orders GROUP BY amount',
    ],
)
def test_a_query_over_several_moments_gives_the_same_for_days_at_once_as_for_each(shop, sql):
    for name in ("each", "all"):
        shop.write({f"seeknal/{name}.yml": transform(name, sql, *DAILY, read="source.orders")})
    for day in (1, 2, 3):
        shop.day(day, "run", "--exclude", "transform.all").assert_ok()

    shop.day(3).assert_ok()

    daily, at_once = (
        shop.read(f'SELECT "at", x FROM transform.{name} ORDER BY ALL') for name in ("each", "all")
    )
    assert daily == at_once
    assert len({at[:10] for at, _ in daily}) == 3


def test_a_query_over_several_moments_is_given_as_many_ranges_as_its_node_says(shop):
    sql = 'SELECT max("at") AS "at", count(*) AS x FROM orders'
    shop.write(
        {"seeknal/two.yml": transform("two", sql, *DAILY, "batch_size: 2", read="source.orders")}
    )

    shop.day(4).assert_ok()

    assert shop.read("SELECT x FROM transform.two") == [(6,), (6,)]


def test_a_condition_for_new_rows_is_refused_where_ranges_are_processed(shop):
    sql = "|\n  SELECT id, \"at\" FROM ref('source.orders')\n"
    sql += '  {% if is_incremental() %} WHERE "at" > (SELECT max("at") FROM {{ this }}) {% endif %}'
    shop.write({"seeknal/mid.yml": transform("mid", sql, *DAILY, read="source.orders")})

    done = shop.day(1)

    assert (done.exit_code, "error[SK0285]" in done.stderr) == (2, True)
    assert "seeknal/mid.yml:6" in done.stderr


def test_after_a_rollback_it_is_said_how_done_ranges_are_read_again(shop):
    span = ("--start", "2024-06-01", "--end", "2024-06-01")
    shop.day(1).assert_ok()
    shop.write({"data/01.csv": rows_of(1) + "2024-06-01 23:00:00,99,5\n"})
    shop.day(1, "run", *span).assert_ok()
    shop.day(1, "rollback", "prod", "--yes").assert_ok()

    refused = shop.day(1, "run")
    shop.day(1, "run", "--unpin", *span).assert_ok()

    assert "ranges that are done stay as they were then" in refused.stderr
    assert shop.read("SELECT count(*) FROM source.orders") == [(4,)]


def test_rows_of_longer_periods_than_a_range_are_told_to_need_a_longer_unit(shop):
    sql = "SELECT date_trunc('week', \"at\") AS \"at\", sum(amount) AS n FROM ref('source.orders')"
    shop.write(
        {"seeknal/mid.yml": transform("mid", sql + " GROUP BY 1", *DAILY, read="source.orders")}
    )

    done = shop.day(1)

    assert "error[SK0777]: 1 row of transform.mid lies outside" in done.stderr
    assert 'need a longer unit, such as schedule: "@weekly"' in done.stderr


def test_a_function_is_not_told_to_write_templates(shop):
    shop.write(
        {
            "seeknal/pipelines/late.py": """
from datetime import timedelta

from seeknal import transform


@transform(name="late", inputs=["source.orders"], time_column="at", schedule="@daily")
def late(ctx):
    return [{"at": ctx.interval.end + timedelta(hours=1)}]
"""
        }
    )

    done = shop.day(1)

    assert "rows that a function makes itself lie within ctx.interval" in done.stderr
    assert "{{" not in done.stderr


def test_a_time_column_that_is_no_time_is_told_where_it_stands(shop):
    shop.write({"seeknal/o.yml": SOURCE.replace("time_column: at", "time_column: id")})

    done = shop.day(1)

    assert "error[SK0775]" in done.stderr
    assert "seeknal/o.yml:5" in done.stderr


def test_a_function_sees_its_own_rows_before_the_range(shop):
    shop.write(
        {
            "seeknal/pipelines/total.py": """
from seeknal import transform


@transform(name="total", inputs=["source.orders"], time_column="at", schedule="@daily")
def total(ctx):
    this = ctx.this
    before = this.aggregate("max(so_far)").fetchall()[0][0] if this is not None else 0
    orders = ctx.ref("source.orders")
    return orders.aggregate(f'min("at") AS "at", CAST(sum(amount) + {before} AS BIGINT) AS so_far')
"""
        }
    )
    shop.day(2).assert_ok()

    shop.day(4).assert_ok()

    assert shop.read('SELECT so_far FROM transform.total ORDER BY "at"') == [
        (3,),
        (6,),
        (9,),
        (12,),
    ]


def test_a_run_of_which_nothing_is_due_imports_neither_duckdb_nor_sqlglot(shop):
    shop.write({"seeknal/mid.yml": mid('SELECT "at", id FROM orders')})
    shop.day(3).assert_ok()
    now = FIRST + timedelta(days=3)
    code = (
        "import sys; from datetime import datetime; from seeknal.host import clock;"
        f"clock.now = lambda: datetime.fromisoformat('{now}');"
        "from seeknal.cli import main; code = main(['run']);"
        "print([m for m in ('duckdb', 'sqlglot', 'jinja2', 'yaml') if m in sys.modules]);"
        "exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shop.path, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"
    assert "2 nodes: 0 run, 2 reused" in done.stdout


def test_dates_that_sql_compares_with_ranges_of_another_midnight_are_refused(shop):
    zoned = "time_column: day\nschedule: '@daily'\ntimezone: America/New_York\nstart: 2024-06-01\n"
    ends = "day >= {{ interval_start }} AND day < {{ interval_end }}"
    shop.write(
        {
            "days/all.csv": "day,id\n2024-06-01,1\n2024-06-02,2\n",
            "seeknal/days.yml": "kind: source\nname: days\nsource: csv\ntable: days/*.csv\n"
            + zoned,
            "seeknal/mid.yml": transform(
                "mid", f"SELECT day, id FROM ref('source.days') WHERE {ends}", zoned
            ).replace("transform.mid", "source.days"),
        }
    )

    done = shop.day(4)

    assert (done.exit_code, "SK0788" in done.stderr) == (1, True), done.stdout + done.stderr


def test_a_source_that_is_defined_as_before_is_not_read_as_before(shop):
    shop.day(2).assert_ok()
    shop.write({"data/late.csv": "at,id,amount\n2024-06-01 01:00:00,99,7\n"})
    shop.write({"seeknal/o.yml": SOURCE + "columns: {id: bigint}\n"})
    shop.day(2).assert_ok()
    shop.write({"seeknal/o.yml": SOURCE})

    shop.day(2).assert_ok()

    assert shop.read("SELECT count(*) FROM source.orders WHERE id = 99") == [(1,)]


def test_a_run_after_a_range_was_done_again_has_nothing_to_do(shop):
    daily = transform("mid", "SELECT id, \"at\" FROM ref('source.orders')", *DAILY)
    shop.write({"seeknal/mid.yml": daily.replace("transform.mid", "source.orders")})
    shop.day(4).assert_ok()
    shop.write({"data/late.csv": "at,id,amount\n2024-06-02 01:00:00,99,7\n"})
    shop.day(4, "run", "--start", "2024-06-02", "--end", "2024-06-02").assert_ok()

    shop.day(4).assert_ok()

    history = shop.day(4, "env", "history", "prod", "--format", "json").assert_ok().json()
    assert len(history["generations"] if isinstance(history, dict) else history) == 2
