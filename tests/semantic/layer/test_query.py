"""``seeknal query``: metrics by dimensions, over what a run has stored."""

import csv
import json

import pytest

from seeknal import open_project
from seeknal.kernel.plugins import Plugins, enabled_plugins
from seeknal.plugin import SeeknalError


@pytest.fixture
def stored(shop):
    """The shop, with rows and after a run."""
    made = shop()
    outcome = made.run("run")
    outcome.assert_ok()
    return made


def test_metrics_are_shown_by_dimensions(stored):
    outcome = stored.run("query", "--metrics", "revenue,order_count", "--dimensions", "region")

    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout.split()[:3] == ["region", "revenue", "order_count"]


def test_json_is_all_that_is_printed(stored):
    outcome = stored.run("query", "--metrics", "order_count", "--format", "json")

    (row,) = json.loads(outcome.stdout)
    assert list(row) == ["order_count"]
    assert isinstance(row["order_count"], int)


def test_the_sql_that_is_printed_gives_the_same_rows(stored):
    asked = ("query", "--metrics", "total_revenue,revenue", "--dimensions", "region")
    printed = stored.run(*asked, "--compile")

    there = stored.run("sql", printed.stdout, "--format", "json")
    here = stored.run(*asked, "--format", "json")

    assert there.exit_code == 0, there.stderr
    assert sorted(map(str, there.json())) == sorted(map(str, here.json()))


def test_names_are_given_once_or_in_lists(stored):
    lists = stored.run("query", "--metrics", "revenue,order_count", "--format", "json")

    alone = stored.run(
        "query", "--metrics", "revenue", "--metrics", "order_count", "--format", "json"
    )

    assert lists.json() == alone.json()


def test_each_line_of_a_file_is_answered_with_a_line(stored):
    lines = [
        '{"metrics": ["order_count"]}',
        '{"metrics": ["ordercount"]}',
        "{no json",
        '{"metrics": ["order_count"], "dimension": ["region"]}',
        '["order_count"]',
        '{"dimensions": ["region"], "order_by": ["region"], "limit": 1}',
    ]
    stored.write({"asked.jsonl": "\n".join(lines)})

    outcome = stored.run("query", "--queries", "asked.jsonl")

    found = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert outcome.exit_code == 1
    assert [each["status"] for each in found] == ["success", *["error"] * 4, "success"]
    assert found[1]["help"].startswith("did you mean order_count")
    assert "did you mean dimensions?" in found[3]["help"]
    assert found[5]["columns"] == ["region"]


@pytest.mark.parametrize(
    ("arguments", "code", "help"),
    [
        (["--metrics", "reveneu"], "SK1501", "did you mean revenue"),
        (["--metrics", "revenue", "--dimensions", "regoin"], "SK1503", "did you mean region?"),
        (["--metrics", "revenue", "--filter", "region ="], "SK1505", ""),
        (["--metrics", "revenue", "--order-by", "revenu"], "SK1517", "did you mean revenue?"),
        (["--metrics", "mtd_revenue"], "SK1522", "metric_time__day"),
        (["--metrics", "revenue", "--start", "soon"], "SK1515", "2024-01-31"),
        (
            ["--metrics", "revenue", "--dimensions", "region,metric_time", "--end", "9999-12-31"],
            "SK1515",
            "leave out what is to cut nothing",
        ),
        (["--saved-query", "nothing"], "SK1501", "saved queries: none"),
        ([], "SK1515", ""),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_told_with_what_can(stored, arguments, code, help):
    outcome = stored.run("query", *arguments)

    assert outcome.exit_code == 2
    assert f"error[{code}]" in outcome.stderr
    assert help in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_value_that_does_not_fit_an_expression_is_told_without_a_traceback(shop):
    odd = (
        "kind: semantic_model\nname: odd\nmodel: ref('source.order_rows')\n"
        "measures: [{name: worst, agg: sum, expr: CAST(region AS INTEGER)}]\n"
    )
    made = shop(**{"seeknal|odd.yml": odd})
    made.run("run").assert_ok()
    made.write({"asked.jsonl": '{"metrics": ["worst"]}\n'})

    outcome = made.run("query", "--metrics", "worst")
    lines = made.run("query", "--queries", "asked.jsonl")

    assert outcome.exit_code == 2
    assert "error[SK1525]" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert json.loads(lines.stdout)["code"] == "SK1525"


def test_a_saved_query_is_begun_with(shop):
    saved = "kind: saved_query\nname: by_region\nmetrics: [revenue]\ndimensions: [region]\n"
    made = shop(**{"seeknal|saved_queries|all.yml": saved})
    made.run("run").assert_ok()

    outcome = made.run("query", "--saved-query", "by_region", "--metrics", "order_count")

    assert outcome.stdout.split()[:3] == ["region", "revenue", "order_count"]


def test_python_code_asks_as_the_command_line_does(stored):
    asked = ("query", "--metrics", "revenue", "--dimensions", "region", "--order-by", "region")
    printed = stored.run(*asked, "--format", "json").json()

    with open_project(stored.path) as project:
        found = project.query_metrics("revenue", ["region"], order_by="region")

        assert found.columns == ["region", "revenue"]
        assert found.fetchall() == [(row["region"], row["revenue"]) for row in printed]
        with pytest.raises(SeeknalError, match="there is no metric 'reveneu'"):
            project.query_metrics("reveneu")


ADDED = (
    "kind: semantic_model\nname: added\nmodel: ref('transform.more')\n"
    "dimensions: [{name: size}]\nmeasures: [{name: cost, expr: price}, {name: n, agg: count}]\n"
)


@pytest.mark.parametrize(
    ("asked", "column"),
    [
        (["--metrics", "cost"], "price"),
        (["--metrics", "n", "--dimensions", "size"], "size"),
        (["--metrics", "n", "--filter", "size > 2"], "size"),
        (["--metrics", "cost", "--compile"], "price"),
    ],
    ids=lambda value: str(value),
)
def test_of_a_column_that_is_not_stored_yet_it_says_what_to_run(shop, asked, column):
    before = "kind: transform\nname: more\nsql: SELECT 1 AS id\n"
    project = shop(**{"seeknal|more.yml": before})
    project.run("run").assert_ok()
    now = before.replace("1 AS id", "1 AS id, 2 AS price, 3 AS size")
    project.write({"seeknal/more.yml": now, "seeknal/added.yml": ADDED})

    outcome = project.run("query", *asked)
    project.run("run").assert_ok()

    assert outcome.exit_code == 2
    assert "error[SK1528]" in outcome.stderr
    assert f"{column} is no column of the rows of transform.more, which have id" in outcome.stderr
    assert "seeknal run --select +transform.more first" in outcome.stderr
    assert project.run("query", *asked).exit_code == 0


def test_without_a_run_it_says_what_is_missing(shop):
    outcome = shop().run("query", "--metrics", "revenue")

    assert outcome.exit_code == 2
    assert "seeknal run" in outcome.stderr


ASKED = [
    ["--metrics", "total_revenue,revenue", "--dimensions", "region"],
    ["--metrics", "mtd_revenue", "--dimensions", "metric_time__day"],
    ["--metrics", "revenue_growth_mom", "--dimensions", "metric_time__month,customer__country"],
    ["--metrics", "revenue_per_customer", "--filter", "region <> 'o''clock' OR region IS NULL"],
    ["--dimensions", "customer__country"],
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: " ".join(asked[1:2]))
def test_sql_that_is_printed_before_any_run_can_be_pasted_after_it(shop, asked):
    project = shop()
    printed = project.run("query", *asked, "--compile")
    project.run("run").assert_ok()

    there = project.run("sql", printed.stdout, "--format", "json")
    here = project.run("query", *asked, "--format", "json")

    assert printed.exit_code == 0, printed.stderr
    assert printed.stdout == project.run("query", *asked, "--compile").stdout
    assert there.exit_code == 0, there.stderr
    assert here.json()
    assert sorted(map(str, there.json())) == sorted(map(str, here.json()))


def test_columns_that_only_a_run_can_tell_are_asked_for(shop):
    python = (
        "from seeknal import source\n\n\n"
        "@source(name='order_rows')\ndef order_rows(ctx):\n"
        "    return ctx.duckdb.sql('SELECT 1 AS a')\n"
    )
    customers = "{kind: source, name: customer_rows, source: csv, table: data/customers.csv}\n"
    project = shop(**{"seeknal/pipelines/rows.py": python, "seeknal/sources.yml": customers})

    outcome = project.run("query", "--metrics", "revenue", "--compile")

    assert outcome.exit_code == 2
    assert "source.order_rows has never run, and its columns do not follow" in outcome.stderr
    assert "seeknal run --select +source.order_rows" in outcome.stderr


BAD_LINES = [
    b'{"metrics": ["n\xff"]}',
    b"[" * 100_000,
    b'{"metrics": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    b'{"limit": ' + b"9" * 5_000 + b"}",
    b'{"metrics": ["order_count"], "limit": 99999999999999999999}',
    b'{"metrics": ["order_count"], "limit": NaN}',
    b'{"metrics": ["\\ud800"]}',
    b'{"metrics": ["n\\u0000"]}',
    b'{"metrics": ["order_count"], "metrics": ["revenue"]}',
    b'{"metrics": ["order_count"], "filter": "' + b"(" * 3_000 + b"a" + b")" * 3_000 + b'"}',
    b'{"metrics": ["order_count"], "filter": "' + b"NOT " * 3_000 + b'region"}',
    b'{"metrics": ["order_count"], "filter": "region = 3"}',
    b'{"metrics": ["order_count"], "filter": "region"}',
    b'{"metrics": ["order_count"], "filter": "order_id = 1e5 OR grant"}',
    b'{"metrics": ["order_count"], "filter": "metric(\'order_count\', \'customer\') = \'x\'"}',
    b'{"metrics": ["order_count"], "filter": "metric(\'text\', \'customer\') = 7"}',
    b'{"metrics": ["worst"]}',
    b'{"dimensions": ["soon__month"]}',
    b'{"metrics": ["order_count"], "filter": "odd_key = 7"}',
    b'{"metrics": ["huge"]}',
]
ODD = """
kind: semantic_model
name: odd
model: ref('source.order_rows')
entities: [{name: order_id, type: primary}, {name: customer, type: foreign, expr: customer_id}]
dimensions:
  - {name: soon, type: time, expr: region}
  - {name: odd_key, expr: CAST(region AS INTEGER)}
measures:
  - {name: worst, expr: CAST(region AS INTEGER)}
  - {name: text, agg: max, expr: region}
  - {name: huge, expr: CAST('99999999999999999999999999999999999999' AS HUGEINT) * order_id}
"""


def test_no_line_of_a_file_ends_the_answers_to_the_others(shop):
    made = shop(**{"seeknal|odd.yml": ODD})
    made.run("run").assert_ok()
    good = b'{"metrics": ["order_count"]}'
    (made.path / "asked.jsonl").write_bytes(b"\n".join([*BAD_LINES, good]))

    outcome = made.run("query", "--queries", "asked.jsonl")

    *refused, last = map(json.loads, outcome.stdout.splitlines())
    assert outcome.exit_code == 1, outcome.stderr
    assert outcome.stderr == ""
    assert [each["status"] for each in refused] == ["error"] * len(BAD_LINES)
    assert {each["code"] for each in refused} <= {"SK1501", "SK1505", "SK1515", "SK1525"}
    assert last == {"status": "success", "columns": ["order_count"], "rows": [[2]]}


def test_a_value_of_the_rows_that_does_not_fit_is_told_with_whose_rows_and_what_was_asked(shop):
    made = shop(**{"seeknal|odd.yml": ODD})
    made.run("run").assert_ok()

    outcome = made.run("query", "--metrics", "worst", "--dimensions", "customer")

    told = "in the rows of source.order_rows does not fit the query of customer, worst: "
    assert outcome.exit_code == 2
    assert told in outcome.stderr
    assert "help: let the expr" in outcome.stderr


@pytest.mark.parametrize("option", ["--metrics", "--dimensions", "--filter", "--start", "--limit"])
def test_a_query_beside_a_file_of_queries_is_refused(stored, option):
    stored.write({"asked.jsonl": '{"metrics": ["order_count"]}\n'})

    outcome = stored.run("query", option, "1", "--queries", "asked.jsonl")

    assert outcome.exit_code == 2
    assert f"--queries has whole queries: leave {option} out" in outcome.stderr
    assert outcome.stdout == ""


def test_a_limit_of_0_is_all_everywhere(shop):
    saved = (
        "kind: saved_query\nname: one\nmetrics: [revenue]\ndimensions: [region]\n"
        "order_by: [region]\nlimit: 1\n"
    )
    made = shop(**{"seeknal|saved_queries|all.yml": saved})
    made.run("run").assert_ok()
    asked = [{"saved_query": "one", "limit": 0}, {"dimensions": ["region"], "limit": 0}]
    made.write({"asked.jsonl": "\n".join(map(json.dumps, asked))})

    saved = made.run("query", "--saved-query", "one", "--format", "json")
    lifted = made.run("query", "--saved-query", "one", "--limit", "0", "--format", "json")
    lines = made.run("query", "--queries", "asked.jsonl")

    assert (len(saved.json()), len(lifted.json())) == (1, 2)
    assert [len(json.loads(line)["rows"]) for line in lines.stdout.splitlines()] == [2, 2]


@pytest.mark.parametrize(
    "name",
    ["metric_time__fiscal_month", "ordered_at__decade", "order_id__ordered_at__extract_week"],
)
def test_what_is_no_grain_is_told_with_all_that_are(stored, name):
    outcome = stored.run("query", "--metrics", "revenue", "--dimensions", name)

    assert outcome.exit_code == 2
    assert f"{name.rpartition('__')[2]!r} is no grain and no part of a date" in outcome.stderr
    assert "help: one of: day, week, month, quarter, year, fiscal_quarter" in outcome.stderr
    assert "extract_dow" in outcome.stderr
    assert "hour" not in outcome.stderr


VALUES = {
    "zero": ("0::DECIMAL(20, 12)", "0.000000000000", "0.000000000000"),
    "tiny": ("0.0000001::DECIMAL(18, 9)", "0.000000100", "0.000000100"),
    "wide": ("12345678901234567890.123::DECIMAL(38, 3)",) + ("12345678901234567890.123",) * 2,
    "never": ("'infinity'::TIMESTAMP", "infinity", "infinity"),
    "before": ("'-infinity'::DATE", "-infinity", "-infinity"),
    "last": ("'9999-12-31'::DATE", "9999-12-31", "9999-12-31"),
    "month": ("INTERVAL 1 MONTH", "1 month", "1 month"),
    "months": ("[INTERVAL 1 MONTH]", ["1 month"], '["1 month"]'),
    "numbers": ("[1, NULL]", [1, None], "[1, null]"),
    "amounts": ("[0::DECIMAL(20, 12)]", ["0.000000000000"], '["0.000000000000"]'),
    "words": ("['a', NULL]", ["a", None], '["a", null]'),
    "pairs": ("{'a': 1, 'b': NULL}", {"a": 1, "b": None}, '{"a": 1, "b": null}'),
    "none": ("'NaN'::DOUBLE", None, "nan"),
    "infinite": ("'Infinity'::DOUBLE", None, "inf"),
}


def test_values_are_exact_in_every_format(shop):
    columns = ", ".join(f"{sql} AS {name}" for name, (sql, _, _) in VALUES.items())
    entries = ", ".join(f"{{name: {name}}}" for name in VALUES)
    odd = f"kind: semantic_model\nname: odd\nmodel: ref('transform.odd')\ndimensions: [{entries}]\n"
    made = shop(**{"seeknal|odd.yml": odd, "seeknal|transforms|odd.sql": f"SELECT {columns}\n"})
    made.run("run").assert_ok()
    made.write({"asked.jsonl": json.dumps({"dimensions": list(VALUES)})})
    asked = ("query", "--dimensions", ",".join(VALUES), "--format")

    in_json = made.run(*asked, "json")
    in_csv = made.run(*asked, "csv")
    in_lines = made.run("query", "--queries", "asked.jsonl")

    of_json = {name: value for name, (_, value, _) in VALUES.items()}
    header, row = csv.reader(in_csv.stdout.splitlines())
    assert in_json.json() == [of_json]
    assert json.loads(in_lines.stdout)["rows"] == [list(of_json.values())]
    assert dict(zip(header, row, strict=True)) == {
        name: text for name, (_, _, text) in VALUES.items()
    }
    assert "E-" not in made.run(*asked, "table").stdout


def test_every_dialect_that_is_known_from_duckdb_has_a_query(stored):
    pairs = [name.partition(" to ") for name in Plugins(enabled_plugins()).dialect_pairs]
    known = sorted(target for origin, _, target in pairs if origin == "duckdb")

    codes = [
        stored.run("query", "--metrics", "revenue", "--compile", "--dialect", dialect).exit_code
        for dialect in known
    ]

    assert known
    assert codes == [0] * len(known)


def test_a_joined_dimension_may_be_named_by_its_model(stored):
    asked = ("query", "--metrics", "revenue", "--format", "json", "--dimensions")

    by_entity = stored.run(*asked, "customer__country").json()
    by_model = stored.run(*asked, "customers__country").json()

    assert [list(row.values()) for row in by_model] == [list(row.values()) for row in by_entity]


def test_a_metric_in_a_filter_is_never_true_of_rows_without_the_entity(shop):
    orders = "order_id,customer_id,ordered_at,region,amount,status\n"
    rows = "1,7,2026-01-05,north,10.5,paid\n2,,2026-01-06,south,4,paid\n"
    made = shop(**{"data/orders.csv": orders + rows})
    made.run("run").assert_ok()
    filter = "metric('order_count', 'customer')"

    few = made.run("query", "--metrics", "revenue", "--filter", f"{filter} <= 5", "--format", "csv")
    none = made.run(
        "query", "--metrics", "revenue", "--filter", f"{filter} IS NULL", "--format", "csv"
    )

    assert few.stdout.split() == ["revenue", "10.5"]
    assert none.stdout.split() == ["revenue", "4.0"]
