"""Bad data never gets out: audits stand between a candidate and everybody who reads it."""

import pytest
from tests.e2e.conftest import steps

pytest.importorskip("seeknal_audits")

PROJECT = {
    "seeknal_project.yml": "name: audited\n",
    "data/a.csv": "id,v\n1,10\n2,20\n",
    "seeknal/nodes.yml": """
        kind: source
        name: a
        source: csv
        table: data/a.csv
        ---
        kind: transform
        name: t
        inputs: [{ref: source.a}]
        sql: SELECT id, v FROM ref('source.a')
        audits:
          - {type: unique, columns: [id]}
          - {type: custom_sql, sql: SELECT * FROM __THIS__ WHERE v > 100, severity: warn}
        materializations: [{type: file, path: out/t.csv}]
        ---
        kind: transform
        name: child
        inputs: [{ref: transform.t}]
        sql: SELECT count(*) AS n FROM ref('transform.t')
    """,
}


@pytest.fixture
def audited(seeknal_project):
    project = seeknal_project(PROJECT)
    project.run("run").assert_ok()
    return project


def edit(project, old, new, path="seeknal/nodes.yml"):
    file = project.path / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_failing_audit_keeps_the_old_rows_everywhere(audited):
    (audited.path / "data/a.csv").write_text("id,v\n1,10\n1,30\n")

    outcome = audited.run("run", "--format", "json")

    assert outcome.exit_code == 1
    assert steps(outcome)["transform.t"][0] == "failed"
    assert steps(outcome)["transform.child"] == ("skipped", "transform.t failed")
    assert audited.rows("transform.t") == [(1, 10), (2, 20)]
    assert (audited.path / "out/t.csv").read_text() == "id,v\n1,10\n2,20\n"
    assert audited.rows("transform.child") == [(2,)]


def test_the_run_after_a_failing_audit_asks_again(audited):
    (audited.path / "data/a.csv").write_text("id,v\n1,10\n1,30\n")
    assert audited.run("run").exit_code == 1
    assert audited.run("run").exit_code == 1
    (audited.path / "data/a.csv").write_text("id,v\n1,10\n3,30\n")

    audited.run("run").assert_ok()

    assert audited.rows("transform.t") == [(1, 10), (3, 30)]


def test_a_warning_goes_on_and_is_told(audited):
    (audited.path / "data/a.csv").write_text("id,v\n1,10\n2,200\n")

    outcome = audited.run("run", "--format", "json").assert_ok()

    assert audited.rows("transform.t") == [(1, 10), (2, 200)]
    audits = {entry["node"]: entry["audits"] for entry in outcome.json()["nodes"]}["transform.t"]
    assert [(audit["status"], audit["severity"]) for audit in audits] == [
        ("passed", "error"),
        ("warned", "warn"),
    ]


def test_changed_audits_run_on_the_stored_rows_without_rebuilding(audited):
    edit(audited, "{type: unique, columns: [id]}", "{type: row_count, min: 1}")

    outcome = audited.run("run", "--format", "json").assert_ok()

    assert steps(outcome)["transform.t"] == ("success", "audits changed")
    assert steps(outcome)["source.a"][0] == "reused"
    assert steps(outcome)["transform.child"] == ("reused", "inputs unchanged")


def test_a_new_audit_that_fails_marks_the_rows_until_it_passes(audited):
    edit(audited, "{type: unique, columns: [id]}", "{type: row_count, min: 5}")
    first = audited.run("run", "--format", "json")
    second = audited.run("run", "--format", "json")
    edit(audited, "min: 5", "min: 2")
    third = audited.run("run", "--format", "json")

    assert (first.exit_code, second.exit_code, third.exit_code) == (1, 1, 0)
    assert steps(second)["transform.t"] == ("failed", "audits failed")
    assert steps(second)["transform.child"][0] == "skipped"
    assert audited.rows("transform.t") == [(1, 10), (2, 20)]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE x",
        "SELECT 1; DELETE FROM y",
        "SELECT * FROM __THIS__; ATTACH 'x.db'",
        "COPY __THIS__ TO 'x.csv'",
        "PRAGMA database_list",
        "SET memory_limit='1GB'",
        "INSTALL httpfs",
        "WITH x AS (DELETE FROM y RETURNING *) SELECT * FROM x",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM query('DROP TABLE x')",
    ],
)
def test_custom_sql_that_is_no_plain_query_is_refused_before_anything_runs(seeknal_project, sql):
    files = dict(PROJECT)
    quoted = sql.replace("'", "''")
    files["seeknal/nodes.yml"] = PROJECT["seeknal/nodes.yml"].replace(
        "sql: SELECT * FROM __THIS__ WHERE v > 100", f"sql: '{quoted}'"
    )
    project = seeknal_project(files)

    outcome = project.run("run")

    assert outcome.exit_code == 2
    assert "seeknal/nodes.yml" in outcome.stderr
    assert not (project.path / "target/run_state.json").exists()


def test_an_unknown_column_is_refused_with_the_nearest_before_any_audit_runs(seeknal_project):
    files = dict(PROJECT)
    files["seeknal/nodes.yml"] = files["seeknal/nodes.yml"].replace(
        "columns: [id]", "columns: [idd]"
    )
    project = seeknal_project(files)

    outcome = project.run("run")

    assert outcome.exit_code in (1, 2)
    assert "idd" in outcome.stderr
    assert "did you mean id?" in outcome.stderr


def test_a_rule_keeps_bad_rows_of_its_input_from_being_published(audited):
    (audited.path / "seeknal/rule.yml").write_text(
        "kind: rule\nname: small\ninputs: [{ref: transform.t}]\n"
        "audits: [{type: between, column: v, max: 15}]\n"
    )

    outcome = audited.run("run", "--format", "json")

    assert outcome.exit_code == 1
    assert steps(outcome)["transform.t"][0] == "failed"
    assert steps(outcome)["rule.small"][0] == "skipped"


def test_every_kind_that_makes_rows_is_audited_before_it_is_published(seeknal_project):
    python = {"type": "row_count", "min": 99}
    rows = [
        "kind: source, name: s, source: csv, table: data/a.csv",
        "kind: transform, name: t, inputs: [source.ok], sql: FROM ok",
        "kind: transform, name: v, materialized: view, inputs: [source.ok], sql: FROM ok",
        "kind: feature_group, name: f, entity: {name: x, join_keys: [id]}, inputs: [source.ok]",
        "kind: aggregation, name: a, inputs: [source.ok], group_by: id, features: {v: {agg: sum}}",
        "kind: second_order_aggregation, name: o, inputs: [source.ok], id_col: id, "
        "features: {v: {agg: sum}}",
        "kind: profile, name: p, inputs: [source.ok]",
    ]
    bad = "".join(f"---\n{{{keys}, audits: [{{type: row_count, min: 99}}]}}\n" for keys in rows)
    files = {
        "seeknal_project.yml": "name: kinds\n",
        "data/a.csv": "id,at,v\n1,2026-01-01,10\n",
        "seeknal/nodes.yml": "{kind: source, name: ok, source: csv, table: data/a.csv}\n" + bad,
        "seeknal/pipelines/p.py": f"""
            from seeknal import source, transform

            @transform(name="py", inputs=["source.ok"], audits=[{python}])
            def py(ctx):
                return ctx.ref("source.ok")

            @source(name="pys", source="python", audits=[{python}])
            def pys(ctx):
                return [{{"a": 1}}]
        """,
    }
    project = seeknal_project(files)

    outcome = project.run("run", "--format", "json")

    statuses = {node: status for node, (status, _) in steps(outcome).items()}
    assert statuses.pop("source.ok") == "success"
    assert set(statuses.values()) == {"failed"}
    assert len(statuses) == 9
    published = {path.name for path in (project.path / "target/intermediate").iterdir()}
    assert published == {"source_ok.parquet"}


def test_audit_asks_about_what_was_published_without_running(audited):
    good = audited.run("audit")
    edit(audited, "{type: unique, columns: [id]}", "{type: row_count, min: 5}")

    bad = audited.run("audit", "transform.t")

    assert good.exit_code == 0
    assert bad.exit_code == 1
    assert "row_count" in bad.stdout
    assert audited.run("run").exit_code == 1


def test_a_node_that_an_audit_reads_runs_before_the_node_that_is_audited(seeknal_project):
    project = seeknal_project(
        {
            "seeknal_project.yml": "name: related\n",
            "seeknal/nodes.yml": """
                kind: transform
                name: a_orders
                sql: SELECT 1 AS customer
                audits:
                  - {type: relationships, column: customer, to: transform.z_customers, field: id}
                ---
                kind: transform
                name: z_customers
                sql: SELECT 1 AS id
            """,
        }
    )

    outcome = project.run("run", "--format", "json", "--workers", "1").assert_ok()

    order = [entry["node"] for entry in outcome.json()["nodes"]]
    assert order == ["transform.z_customers", "transform.a_orders"]


def test_snippets_of_common_may_stand_in_audits_and_rules(seeknal_project):
    project = seeknal_project(
        {
            "seeknal_project.yml": "name: snippets\n",
            "seeknal/common/rules.yml": "rules: [{id: cheap, value: price < 5}]\n",
            "seeknal/nodes.yml": """
                kind: transform
                name: t
                sql: SELECT 9 AS price
                audits: [{type: expression, expression: "{{ rules.cheap }}"}]
                ---
                kind: rule
                name: r
                inputs: [transform.t]
                rule: {type: expression, expression: "{{ rules.cheap }}"}
            """,
        }
    )

    outcome = project.run("run")

    assert outcome.exit_code == 1
    assert outcome.stderr.count("price < 5") == 2


def test_a_failure_points_to_the_audit_that_failed(audited):
    edit(audited, "severity: warn}", "severity: error}")
    (audited.path / "data/a.csv").write_text("id,v\n1,10\n2,300\n")

    outcome = audited.run("run")

    line = next(
        n
        for n, text in enumerate((audited.path / "seeknal/nodes.yml").read_text().splitlines(), 1)
        if "custom_sql" in text
    )
    assert f"seeknal/nodes.yml:{line}" in outcome.stderr


REFERRING = {
    "orders.csv": "id,customer\n1,1\n2,2\n",
    "customers.csv": "id\n1\n2\n",
    "seeknal/nodes.yml": """
        kind: source
        name: orders
        source: csv
        table: orders.csv
        ---
        kind: source
        name: customers
        source: csv
        table: customers.csv
        ---
        kind: transform
        name: lines
        sql: SELECT id, customer FROM ref('source.orders')
        audits:
          - {type: relationships, column: customer, to: source.customers, field: id}
    """,
}


def test_an_audit_is_asked_again_when_only_the_other_node_that_it_reads_has_changed(
    seeknal_project,
):
    project = seeknal_project(REFERRING)
    project.run("run").assert_ok()
    before = project.rows("transform.lines")
    project.write({"customers.csv": "id\n1\n"})

    outcome = project.run("run", "--format", "json")

    (lines,) = [each for each in outcome.json()["nodes"] if each["node"] == "transform.lines"]
    assert outcome.exit_code == 1
    assert (lines["status"], lines["reason"]) == ("failed", "what its audits read has changed")
    assert [each["status"] for each in lines["audits"]] == ["failed"]
    assert project.rows("transform.lines") == before


def test_an_audit_of_another_node_that_has_not_changed_is_not_asked_again(seeknal_project):
    project = seeknal_project(REFERRING)
    project.run("run").assert_ok()
    project.write({"customers.csv": "id\n2\n1\n3\n"})
    project.run("run").assert_ok()

    outcome = project.run("run", "--format", "json")

    (lines,) = [each for each in outcome.json()["nodes"] if each["node"] == "transform.lines"]
    assert (lines["status"], lines["audits"]) == ("reused", [])


def test_a_new_audit_of_another_node_computes_no_rows_again(seeknal_project):
    plain = REFERRING["seeknal/nodes.yml"].partition("        audits:")[0]
    project = seeknal_project({**REFERRING, "seeknal/nodes.yml": plain})
    project.run("run").assert_ok()
    project.write({"seeknal/nodes.yml": REFERRING["seeknal/nodes.yml"]})

    outcome = project.run("run", "--format", "json").assert_ok()

    (lines,) = [each for each in outcome.json()["nodes"] if each["node"] == "transform.lines"]
    assert [each["status"] for each in lines["audits"]] == ["passed"]
    assert lines["reason"] == "audits changed"


def test_what_takes_the_rows_of_one_input_may_have_audits_of_other_nodes(seeknal_project):
    group = REFERRING["seeknal/nodes.yml"].replace(
        "name: lines\n        sql: SELECT id, customer FROM ref('source.orders')",
        "name: lines\n        inputs: [source.orders]\n"
        "        entity: {name: order, join_keys: [id]}",
    )
    project = seeknal_project(
        {
            **REFERRING,
            "seeknal/nodes.yml": group.replace("kind: transform", "kind: feature_group"),
        }
    )

    checked = project.run("validate")
    outcome = project.run("run", "--format", "json")

    assert checked.exit_code == 0, checked.stderr
    assert outcome.exit_code == 0, outcome.stderr
