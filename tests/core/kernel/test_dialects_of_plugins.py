"""A plugin that brings the tables of its own dialect, really installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from tests.core.kernel import conftest
from tests.installed import install_plugin

from seeknal.plugin import SqlRefused, translate

FOLDER = Path(conftest.__file__).parent
LEDGER = (FOLDER / "seeknal_ledger.py").read_text()
TABLES = (FOLDER / "seeknal_ledger_tables.py").read_text()
T = {"t": {"a": "INTEGER", "b": "INTEGER", "s": "VARCHAR", "d": "DATE"}}
ORDERS = "id,a,b,name\n1,7,2,x\n2,-7,2,y\n"
SOURCE = "kind: source\nname: orders\nsource: csv\ntable: orders.csv\n"


@pytest.fixture
def site(tmp_path_factory, monkeypatch):
    """The plugin ``ledger``, and no other."""
    found = tmp_path_factory.mktemp("site")
    sys.modules.pop("seeknal_ledger_tables", None)
    install_plugin(found, "seeknal_ledger", LEDGER)
    (found / "seeknal_ledger_tables.py").write_text(TABLES)
    monkeypatch.syspath_prepend(found)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")
    return found


@pytest.fixture
def made(site, seeknal_project):
    def make(sql, dialect):
        lines = "\n".join(f"  {line}" for line in sql.split("\n"))
        text = f"kind: transform\nname: t\ndialect: {dialect}\ntransform: |\n{lines}\n"
        files = {"orders.csv": ORDERS, "seeknal/o.yml": SOURCE, "seeknal/t.yml": text}
        return seeknal_project(files)

    return make


@pytest.mark.parametrize("dialect", ["trino", "ledger"])
def test_a_node_in_the_dialect_gives_its_values(made, dialect):
    shop = made("SELECT id, a / b AS half FROM ref('source.orders')", dialect)

    outcome = shop.run("run").assert_ok()

    assert shop.rows("transform.t") == [(1, 3), (2, -3)]
    assert "SK0457" not in outcome.stderr


@pytest.mark.parametrize("command", ["validate", "run"])
def test_what_its_table_refuses_is_told_where_it_stands(made, command):
    shop = made("SELECT id,\n  upper(name) AS u\nFROM ref('source.orders')", "trino")

    outcome = shop.run(command)

    assert outcome.exit_code != 0
    assert "SK0456" in outcome.stderr
    assert "Trino makes two letters of some (from trino)" in outcome.stderr
    assert "seeknal/t.yml:6:" in outcome.stderr


def test_a_node_is_rendered_in_the_dialect(made):
    shop = made("SELECT id, a / 2 AS half FROM ref('source.orders')", "duckdb")
    shop.write({"profiles.yml": "prod: {engine: trino, host: example}\n"})

    named = shop.run("render", "t", "--dialect", "trino", "--strict").assert_ok()
    aimed = shop.run("render", "t", "--target", "prod", "--strict").assert_ok()

    assert 'CAST("orders"."a" AS DOUBLE) / CAST(2 AS DOUBLE)' in named.stdout
    assert aimed.stdout == named.stdout


def test_what_cannot_be_rendered_in_the_dialect_is_listed(made):
    shop = made("SELECT id,\n  upper(name) AS u\nFROM ref('source.orders')", "duckdb")

    outcome = shop.run("render", "t", "--dialect", "trino", "--strict")

    assert outcome.exit_code == 1
    assert "Upper: Trino makes two letters of some" in outcome.stderr
    assert "seeknal/t.yml:6:" in outcome.stderr


def test_any_plugin_translates_from_it_and_to_it(site):
    from_it = translate("SELECT a / b AS q FROM t", "trino", "duckdb", T)
    to_it = translate("SELECT a / 2 AS q FROM t", "duckdb", "trino", T)
    refused = translate("SELECT lower(s) AS x FROM t", "trino", "duckdb", T)

    assert '"t"."a" // "t"."b"' in from_it.sql()
    assert 'CAST("t"."a" AS DOUBLE)' in to_it.sql()
    assert [one.message for one in refused.refusals] == ["Trino makes two letters of some"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT avg(a) AS x FROM t", "avg(a) is a number of more digits than are kept there"),
        (
            "WITH RECURSIVE r(x) AS (SELECT avg(a) AS x FROM t UNION SELECT x FROM r WHERE 1 = 1)"
            " SELECT 1 AS one FROM r",
            "'x' has other digits there in each round",
        ),
    ],
)
def test_a_number_of_more_digits_than_are_kept_is_no_result(site, query, said):
    whole = translate(query, "trino", "duckdb", T)
    cast = translate(query.replace("avg(a)", "CAST(avg(a) AS DOUBLE)"), "trino", "duckdb", T)

    assert said in whole.refusals[0].message
    assert cast.refusals == ()


@pytest.mark.parametrize(
    ("expression", "there"),
    [
        ("date_format(d, '%Y-%m-%d')", """STRFTIME("t"."d", '%Y-%m-%d')"""),
        ("date_parse(s, '%Y-%m-%d')", """STRPTIME("t"."s", '%Y-%m-%d')"""),
    ],
)
def test_a_rule_may_take_formats_of_times(site, expression, there):
    found = translate(f"SELECT {expression} AS x FROM t", "trino", "duckdb", T)
    other = expression.replace("%d", "%W")
    refused = translate(f"SELECT {other} AS x FROM t", "trino", "duckdb", T)

    assert there in found.sql()
    assert f"what {other} of " in refused.refusals[0].message


def test_without_the_plugin_nothing_is_known_of_the_dialect(site, monkeypatch):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "all")

    with pytest.raises(SqlRefused, match="what differs from trino to duckdb"):
        translate("SELECT a FROM t", "trino", "duckdb", T)


def test_the_page_of_dialects_has_its_tables(site):
    root = FOLDER.parents[2]
    spec = importlib.util.spec_from_file_location("seeknal_docs", root / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)

    page = generate.dialects()

    assert "## From trino to duckdb" in page
    assert "| `upper` `lower` | string | refused | Trino makes two letters of some |" in page
    assert "## From postgres to duckdb" in page


@pytest.mark.parametrize(
    ("dialect", "imported"),
    [("", False), ("dialect: postgres\n", False), ("dialect: trino\n", True)],
)
def test_tables_are_imported_when_a_node_is_in_the_dialect_and_not_before(
    site, seeknal_project, dialect, imported
):
    text = f"kind: transform\nname: t\n{dialect}transform: SELECT 7 / 2 AS half\n"
    shop = seeknal_project({"seeknal/t.yml": text})
    watched = (
        "import sys; from seeknal.cli.app import App;"
        "App()(['validate'], standalone_mode=False);"
        "print('imported', 'seeknal_ledger_tables' in sys.modules)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {watched}"],
        cwd=shop.path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"imported {imported}" in ran.stdout


@pytest.mark.parametrize("other", ["trino", "postgres"])
def test_two_that_declare_one_pair_are_both_named(made, site, other):
    twice = LEDGER.replace('"trino"', f'"{other}"').replace('"ledger"', '"second"')
    install_plugin(site, "seeknal_second", twice)
    shop = made("SELECT 1 AS one", "trino")

    outcome = shop.run("validate")

    first = "seeknal-ledger 1.0" if other == "trino" else "seeknal"
    assert outcome.exit_code == 2
    assert f"dialect pair '{other} to duckdb' is declared by {first} and by" in outcome.stderr
    assert "seeknal-second 1.0" in outcome.stderr


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("FROM_TRNIO", "names a table that cannot be had (AttributeError: "),
        ("FROM_LEDGER", "names a table of other dialects, ledger to duckdb"),
        ("WHOLE", "names a table that is no DialectTable"),
    ],
)
def test_a_table_that_is_not_where_it_is_named_is_told(made, site, table, said):
    shop = made("SELECT 1 AS one", "trino")
    (site / "seeknal_ledger.py").write_text(LEDGER.replace(":FROM_TRINO", f":{table}"))

    outcome = shop.run("validate")

    assert outcome.exit_code == 2
    assert "SK1001" in outcome.stderr
    assert f"dialect pair 'trino to duckdb' {said}" in outcome.stderr


def test_a_table_of_another_version_computes_its_nodes_again(made, site):
    shop = made("SELECT id, a / b AS half FROM ref('source.orders')", "trino")
    shop.run("run").assert_ok()
    later = LEDGER.replace('FROM_TRINO")', 'FROM_TRINO", version=2)')
    sys.modules.pop("seeknal_ledger", None)
    (site / "seeknal_ledger.py").write_text(later)
    info = site / "seeknal_ledger-1.0.dist-info"
    (info / "METADATA").write_text(info.joinpath("METADATA").read_text().replace("1.0", "1.1"))

    outcome = shop.run("plan").assert_ok()

    assert "definition changed" in outcome.stdout


def test_it_is_listed_with_the_pairs_that_it_adds(made):
    shop = made("SELECT 1 AS one", "trino")

    found = shop.run("plugins", "--format", "json").assert_ok().json()

    types = next(entry["types"] for entry in found if entry["name"] == "ledger")
    assert types == {"dialect pair": ["trino to duckdb", "duckdb to trino", "ledger to duckdb"]}
