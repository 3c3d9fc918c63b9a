"""DuckDB's SQL for StarRocks, of which there is no server here: what is written is what its
documentation says, entry by entry in ``corpus/duckdb_starrocks.yml``, and all else is refused."""

import pytest
import yaml

from seeknal.plugin import translate
from tests.dialects.corpus import FOLDER

SCHEMA = {
    "t": {
        **{"id": "INTEGER", "a": "INTEGER", "b": "BIGINT", "h": "HUGEINT", "d": "DECIMAL(10, 2)"},
        **{"x": "DOUBLE", "s": "VARCHAR", "day": "DATE", "ts": "TIMESTAMP", "ok": "BOOLEAN"},
    },
    "u": {"id": "INTEGER", "s": "VARCHAR"},
}
ENTRIES = [
    entry
    for entries in yaml.safe_load((FOLDER / "duckdb_starrocks.yml").read_text()).values()
    for entry in entries
]
WRITTEN = [entry for entry in ENTRIES if "becomes" in entry]
REFUSED = [entry for entry in ENTRIES if "refused" in entry]


def query(entry):
    return entry["query"] if "query" in entry else f"SELECT {entry['expr']} AS v FROM t"


def expected(entry):
    return (
        entry["becomes"] if "query" in entry else f"SELECT {entry['becomes']} AS `v` FROM t AS `t`"
    )


def to_starrocks(sql):
    return translate(sql, "duckdb", "starrocks", SCHEMA)


@pytest.mark.parametrize("entry", WRITTEN, ids=query)
def test_what_the_documentation_is_sure_of_is_written_as_it_says(entry):
    found = to_starrocks(query(entry))

    assert found.sql() == expected(entry)
    assert entry["source"].startswith("https://docs.starrocks.io/docs/")


@pytest.mark.parametrize("entry", WRITTEN, ids=query)
def test_what_is_written_is_read_back_as_it_stands(entry):
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(expected(entry), read="starrocks")

    assert not isinstance(tree, exp.Command)
    assert tree.sql(dialect="starrocks") == expected(entry)


@pytest.mark.parametrize("entry", REFUSED, ids=query)
def test_what_it_is_not_sure_of_is_refused_with_the_reason(entry):
    found = to_starrocks(query(entry))

    assert found.tree is None
    assert entry["refused"] in [refusal.message for refusal in found.refusals]


def test_the_documentation_is_asked_about_enough():
    counts = (len(WRITTEN), len(REFUSED))

    assert counts[0] >= 150
    assert counts[1] >= 70


@pytest.mark.parametrize("target", ["spark", "starrocks"])
@pytest.mark.parametrize("function", ["row_number()", "rank()", "ntile(2)", "lag(a)", "lead(a, 2)"])
@pytest.mark.parametrize("over", ["", "PARTITION BY s", "w"])
def test_a_rank_without_an_order_is_refused_where_engines_need_one(target, function, over):
    window = "w" if over == "w" else f"({over})"
    sql = f"SELECT {function} OVER {window} AS n FROM t" + (" WINDOW w AS ()" * (over == "w"))

    found = translate(sql, "duckdb", target, SCHEMA)

    assert [refusal.message for refusal in found.refusals] == [
        f"{function} OVER {window} needs an ORDER BY there"
    ]


def test_a_sum_over_a_window_without_an_order_is_none_of_them():
    found = translate("SELECT sum(a) OVER (PARTITION BY s) AS n FROM t", "duckdb", "spark", SCHEMA)

    assert found.refusals == ()
