"""A plugin of anybody's gives templates a function: what it writes is part of a node's SQL."""

import pytest
from tests.installed import install_plugin

pytestmark = pytest.mark.inside

PLUGIN = """
from seeknal.plugin import NodeId, SeeknalError, TemplateFunction, WrittenQuery, hookimpl

asked = []


@hookimpl
def template_functions():
    return [TemplateFunction(name="largest", usage="largest(node='source.x')", write=write)]


def write(call):
    node = NodeId(call.arguments["node"])
    asked.append((call.node, call.columns is None))
    if call.arguments.get("refuse"):
        raise SeeknalError("nothing is large", code="SK9901", help="ask for less")
    kind, name = str(node).split(".")
    if call.columns is None:
        return WrittenQuery(sql=f'SELECT max(COLUMNS(*)) FROM "{kind}"."{name}"')
    numbers = [c.name for c in call.columns[node] if c.type in ("BIGINT", "DOUBLE")]
    listed = ", ".join(f'max("{name}") AS "{name}"' for name in numbers)
    return WrittenQuery(sql=f'SELECT {listed} FROM "{kind}"."{name}"')
"""
FILES = {
    "orders.csv": "id,region,amount\n1,north,10\n2,south,20\n3,north,5\n",
    "seeknal/orders.yml": "{kind: source, name: orders, source: csv, table: orders.csv}\n",
    "seeknal/top.yml": """
        kind: transform
        name: top
        sql: |
          SELECT id + amount AS both
          FROM {{ largest(node='source.orders') }}
    """,
}


@pytest.fixture
def largest(tmp_path_factory, monkeypatch, seeknal_project):
    """A project whose plugin writes another query once it knows the columns."""

    def made(text=PLUGIN, **more):
        site = tmp_path_factory.mktemp("site")
        install_plugin(site, "seeknal_largest", text)
        monkeypatch.syspath_prepend(site)
        monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits, semantic")
        return seeknal_project({**FILES, **{k.replace("|", "/"): v for k, v in more.items()}})

    return made


def top(sql):
    return f"kind: transform\nname: top\nsql: |\n  SELECT *\n  FROM {sql}\n"


def test_the_query_stands_in_the_sql(largest):
    project = largest()

    project.run("run").assert_ok()

    assert project.rows("transform.top") == [(23,)]


def test_it_is_written_over_the_columns_that_are_there(largest):
    project = largest()
    project.run("run").assert_ok()

    shown = project.run("render", "transform.top").assert_ok().stdout

    assert 'max("amount") AS "amount"' in shown
    assert "region" not in shown


def test_a_run_without_changes_asks_nothing(largest):
    import sys

    project = largest()
    project.run("run").assert_ok()
    sys.modules["seeknal_largest"].asked.clear()

    again = project.run("run", "--format", "json").assert_ok().json()

    assert {entry["status"] for entry in again["nodes"]} == {"reused"}
    assert sys.modules["seeknal_largest"].asked == []


def test_another_answer_runs_the_node_again(largest):
    project = largest()
    project.run("run").assert_ok()
    least = PLUGIN.replace("max(", "min(")

    other = largest(least)
    other.path = project.path
    project.write({"seeknal/orders.yml": FILES["seeknal/orders.yml"] + "# touched\n"})
    other.run("run").assert_ok()

    assert other.rows("transform.top") == [(6,)]


def test_columns_are_followed_through_it(largest):
    project = largest()
    project.run("run").assert_ok()

    shown = project.run("lineage", "transform.top.both", "--format", "text").assert_ok().stdout

    assert "source.orders.id" in shown
    assert "source.orders.amount" in shown
    assert "source.orders.region" not in shown


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("{{ largest(node='source.orders', refuse=1) }}", "SK9901", "nothing is large"),
        ("{{ largest() }}", "SK0705", "template function largest: KeyError"),
        ("{{ largest(node='source.order') }}", "SK0310", "source.order"),
        ("{{ largest('source.orders') }}", "SK0406", "by name"),
        ("{{ largest(node='source.orders') | lower }}", "SK0406", "as it is"),
    ],
)
def test_what_it_refuses_is_told_at_the_call(largest, call, code, said):
    project = largest(**{"seeknal|top.yml": top(call)})

    outcome = project.run("validate")

    told = outcome.stdout + outcome.stderr
    assert outcome.exit_code == 2
    assert f"error[{code}]" in told
    assert "seeknal/top.yml:5:" in told
    assert said in told
    assert "Traceback" not in told


def test_a_macro_may_call_it(largest):
    project = largest(
        **{
            "seeknal|macros|all.sql": "{% macro most() %}{{ largest(node='source.orders') }}"
            "{% endmacro %}",
            "seeknal|top.yml": top("{{ most() }}"),
        }
    )

    project.run("run").assert_ok()

    assert project.rows("transform.top") == [(3, 20)]


def test_a_variable_of_that_name_is_the_projects(largest):
    project = largest(
        **{
            "seeknal_project.yml": "name: test\nvars: {largest: 7}\n",
            "seeknal|top.yml": "{kind: transform, name: top, sql: 'SELECT {{ largest }} AS n'}\n",
        }
    )

    project.run("run").assert_ok()

    assert project.rows("transform.top") == [(7,)]


def test_two_plugins_with_one_name_are_both_named(largest, tmp_path, monkeypatch):
    project = largest()
    install_plugin(tmp_path, "seeknal_other", PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)

    outcome = project.run("run")

    assert outcome.exit_code == 2
    assert "template function 'largest' is declared by" in outcome.stderr
