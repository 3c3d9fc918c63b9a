"""Training sets over a small project, asked as users ask; what rows see is judged elsewhere."""

import datetime as dt

import pytest

import seeknal
from seeknal.values.errors import RunError, UsageError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

DAY = dt.datetime(2026, 1, 6)
FEATURES = [10.0, 7.0, 25.0, None, 10.0]


def test_each_row_of_entities_comes_out_once_in_its_place(ask):
    found = ask("spend:amount")

    assert [row[:1] + row[-1:] for row in found] == list(
        zip(["007", "8", "007", "9", "007"], FEATURES, strict=True)
    )


def test_keys_of_text_in_a_csv_file_stay_text(ask):
    found = ask("spend:amount")

    assert found[0][0] == "007"


def test_several_groups_answer_side_by_side(ask):
    found = ask(["spend:amount", "profile:tier"])

    assert [row[-2:] for row in found] == [
        (10.0, "c"),
        (7.0, None),
        (25.0, "c"),
        (None, None),
        (10.0, "c"),
    ]


@pytest.mark.parametrize("form", ["df", "pl", "to_arrow_table", "relation", "dicts", "sql", "node"])
def test_entities_come_in_every_form(customers, ask, form):
    import duckdb

    path = customers.path / "entities.csv"
    types = "{'customer_id': 'VARCHAR'}"
    rows = duckdb.sql(f"FROM read_csv('{path}', types = {types})")
    query = "SELECT '007' AS customer_id, TIMESTAMP '2026-01-06' AS at, 1 AS label"
    if form in ("df", "pl", "to_arrow_table"):
        pytest.importorskip({"df": "pandas", "pl": "polars", "to_arrow_table": "pyarrow"}[form])
    entities = {
        "relation": lambda: rows,
        "dicts": lambda: [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()],
        "sql": lambda: query,
        "node": lambda: "source.moves",
    }.get(form, lambda: getattr(rows, form)())()
    how = {"timestamp": "known_at", "full_names": True} if form == "node" else {}

    found = ask("spend:amount", entities, **how)

    expected = {"sql": [10.0], "node": [10.0, 20.0, 25.0, 7.0]}.get(form, FEATURES)
    assert [row[-1] for row in found] == expected


def test_one_moment_may_stand_for_all_rows(ask):
    found = ask("spend:amount", as_of="2026-01-08")

    assert [row[-1] for row in found] == [20.0, 7.0, 20.0, None, 20.0]


def test_the_newest_features_of_all_keys_are_in_order_of_the_keys(customers):
    with seeknal.get_latest_features(
        "spend", as_of=dt.date(2026, 1, 20), project=customers.path
    ) as found:
        columns, rows = found.columns, found.fetchall()

    assert columns == ["customer_id", "amount", "tier"]
    assert rows == [("007", 25.0, "c"), ("8", 7.0, None)]


def test_features_are_read_in_another_environment(customers):
    moves = customers.path / "data/moves.csv"
    moves.write_text(moves.read_text().replace(",7,", ",14,"))
    customers.run("run", "--env", "dev").assert_ok()
    how = {"as_of": "2026-01-03", "project": customers.path}

    with seeknal.get_latest_features("spend:amount", env="dev", **how) as found:
        dev = found.fetchall()
    with seeknal.get_latest_features("spend:amount", **how) as found:
        prod = found.fetchall()

    assert dev == [("007", 10.0), ("8", 14.0)]
    assert prod == [("007", 10.0), ("8", 7.0)]


def test_a_nanosecond_more_than_ttl_is_too_late(ask):
    pandas = pytest.importorskip("pandas")
    moments = ["2026-02-01", "2026-02-01 00:00:00.000000001"]
    rows = pandas.DataFrame({"customer_id": ["8", "8"], "at": moments})
    rows["at"] = rows["at"].astype("datetime64[ns]")

    found = ask("spend:amount", rows)

    assert [row[-1] for row in found] == [7.0, None]


@pytest.mark.parametrize(
    ("features", "how", "code", "said"),
    [
        ("spnd", {}, "SK1801", "did you mean spend?"),
        ("spend:amuont", {}, "SK1801", "did you mean amount?"),
        ("moves", {}, "SK1801", "source.moves is no feature group"),
        ([], {}, "SK1801", "no features are asked for"),
        ("spend", {"timestamp": "wen"}, "SK1802", "columns: customer_id, at, label"),
        ("spend", {"timestamp": "label"}, "SK1802", "is BIGINT, not a date or a time"),
        ("spend", {"as_of": "soon"}, "SK1802", "2026-03-31T12:00:00Z"),
        ("spend", {"as_of": DAY, "timestamp": "at"}, "SK1802", "exclude each other"),
        (["spend", "profile"], {}, "SK1803", "tier is a column of feature_group.spend"),
        ("spend", {"timezone": "Mars/Base"}, "SK1805", "--timezone"),
        ("spend", {"timezone": "Asia/Jakarta"}, "SK1805", "timezone: UTC"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_to_do(ask, features, how, code, said):
    with pytest.raises(UsageError) as error:
        ask(features, **how)

    assert error.value.code == code
    assert said in f"{error.value.message} {error.value.help}"


@pytest.mark.parametrize(
    ("entities", "code"),
    [
        ("nowhere.csv", "SK1802"),
        ("source.nowhere", "SK1802"),
        ("SELECT nothing FROM source.moves", "SK1802"),
        ("DROP TABLE x; SELECT 1", "SK1802"),
        ("SELECT * FROM read_csv('/etc/passwd')", "SK1802"),
        (7, "SK1802"),
        ([{"customer": "007", "at": DAY}], "SK1802"),
        ([{"customer_id": "007"}], "SK1802"),
        ([{"customer_id": "007", "at": DAY, "seen": DAY}], "SK1802"),
        ([{"customer_id": 7, "at": DAY}], "SK1804"),
        ([{"customer_id": "007", "at": DAY.replace(tzinfo=dt.UTC)}], "SK1805"),
    ],
)
def test_entities_that_say_too_little_or_else_are_refused(ask, entities, code):
    with pytest.raises(UsageError) as error:
        ask("spend:amount", entities)

    assert error.value.code == code
    assert error.value.help


def test_a_group_on_which_an_audit_fails_gives_nothing(seeknal_project):
    node = (
        "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n---\n"
        "kind: feature_group\nname: g\nentity: {name: c, join_keys: [k]}\nevent_time: at\n"
        "inputs: [source.s]\n"
    )
    rows = "k,at,f\n1,2026-01-01,5\n"
    made = seeknal_project(
        {"seeknal_project.yml": "name: p\n", "seeknal/n.yml": node, "data/s.csv": rows}
    )
    made.run("run").assert_ok()
    made.write({"seeknal/n.yml": node + "audits: [{type: row_count, min: 2}]\n"})
    pytest.importorskip("seeknal_audits")
    made.run("run")

    with pytest.raises(RunError) as error:
        seeknal.get_latest_features("g", project=made.path)

    assert error.value.code == "SK1810"


def test_a_group_that_has_never_run_is_told_as_that(customers):
    customers.write(
        {
            "seeknal/more.yml": (
                "kind: feature_group\nname: other\nentity: customer\ninputs: [source.moves]\n"
            )
        }
    )

    with pytest.raises(UsageError) as error:
        seeknal.get_latest_features("other", project=customers.path)

    assert error.value.code == "SK0352"


def test_few_entities_of_many_rows_see_the_same(seeknal_project):
    nodes = (
        "kind: transform\nname: t\nsql: SELECT range % 50 AS k,"
        " TIMESTAMP '2026-01-01' + to_seconds(range) AS at, range AS f FROM range(5000)\n---\n"
        "kind: feature_group\nname: g\nentity: {name: c, join_keys: [k]}\nevent_time: at\n"
        "inputs: [transform.t]\n"
    )
    made = seeknal_project({"seeknal_project.yml": "name: p\n", "seeknal/n.yml": nodes})
    made.run("run").assert_ok()
    entities = [{"k": 7, "ts": dt.datetime(2026, 1, 1, 0, 30)}]

    with seeknal.get_historical_features("g", entities, project=made.path) as few:
        one = few.fetchall()
    with seeknal.get_historical_features("g", entities * 400, project=made.path) as many:
        all_rows = many.fetchall()

    assert "SEMI JOIN" in few.query
    assert one == [(7, dt.datetime(2026, 1, 1, 0, 30), 1757)]
    assert set(all_rows) == set(one)
