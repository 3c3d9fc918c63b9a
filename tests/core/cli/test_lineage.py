"""``lineage`` and ``impact``."""

import json
import sys
import types

import pytest

pytestmark = pytest.mark.inside

NODES = """
    kind: source
    name: orders
    source: csv
    table: data/orders.csv
    columns: {id: BIGINT, status: VARCHAR, amount: DOUBLE}
    ---
    kind: transform
    name: paid
    description: Orders that were paid
    inputs: [{ref: source.orders}]
    transform: |
      SELECT id, amount, CASE WHEN status = 'late' THEN 1 ELSE 0 END AS late
      FROM ref('source.orders') WHERE status <> 'open'
    ---
    kind: transform
    name: totals
    inputs: [{ref: transform.paid}]
    transform: SELECT late, sum(amount) AS total FROM ref('transform.paid') GROUP BY late
    ---
    kind: exposure
    name: report
    type: file
    params: {path: out/totals.csv}
    inputs: [{ref: transform.totals}]
"""
ORDERS = "id,status,amount\n1,paid,10\n2,late,20\n3,open,5\n"


@pytest.fixture
def project(seeknal_project):
    return seeknal_project({"seeknal/nodes.yml": NODES, "data/orders.csv": ORDERS})


@pytest.fixture
def written(monkeypatch):
    """What the page is given, in place of the page."""
    calls = []
    page = types.ModuleType("seeknal.page")
    page.write_page = lambda document, path: calls.append((document, path))
    monkeypatch.setitem(sys.modules, "seeknal.page", page)
    return calls


def document(project, *arguments):
    return project.run("lineage", "--format", "json", *arguments).assert_ok().json()


def node(document, id):
    return next(entry for entry in document["nodes"] if entry["id"] == id)


def test_a_column_shows_its_whole_way_as_a_tree(project):
    outcome = project.run("lineage", "transform.totals.total").assert_ok()

    assert outcome.stdout == (
        "transform.totals.total  DOUBLE\n"
        "\n"
        "comes from\n"
        "    value      transform.paid.amount\n"
        "        value      source.orders.amount\n"
        "        rows       source.orders.status\n"
        "    rows       transform.paid.late\n"
        "        influence  source.orders.status\n"
        "reaches\n"
        "    value      exposure.report.total\n"
    )


MADE = """
    from seeknal import transform

    @transform(name="made", inputs=["transform.paid"])
    def made(ctx):
        return [{"x": 1}]
"""


def test_a_column_of_an_unknown_node_comes_from_any_column_of_its_inputs(project):
    project.write({"seeknal/pipelines/made.py": MADE})
    project.run("run").assert_ok()

    outcome = project.run("lineage", "transform.made.x").assert_ok()

    why = "unknown: its function returns a list, not a relation"
    assert outcome.stdout == (
        "transform.made.x  BIGINT\n"
        f"    {why}\n"
        "\n"
        "comes from\n"
        "    any column  transform.paid\n"
        "        any column  source.orders\n"
        "reaches\n"
        "    nothing\n"
    )


def test_what_reads_an_unknown_node_comes_from_all_above_it(project):
    reader = (
        "kind: transform\nname: after\ntransform: SELECT x + 1 AS y FROM ref('transform.made')\n"
    )
    project.write({"seeknal/pipelines/made.py": MADE, "seeknal/after.yml": reader})
    project.run("run").assert_ok()

    outcome = project.run("lineage", "transform.after.y").assert_ok()

    why = "unknown: its function returns a list, not a relation"
    assert "    value      transform.made.x  (" + why + ")\n" in outcome.stdout
    assert "        any column  transform.paid\n" in outcome.stdout


def test_an_unknown_node_says_that_every_column_may_matter(project):
    project.write({"seeknal/pipelines/made.py": MADE})
    project.run("run").assert_ok()

    outcome = project.run("lineage", "transform.made", "--format", "text").assert_ok()

    assert (
        "transform.made  <- transform.paid\n"
        "    unknown: its function returns a list, not a relation\n"
        "    any column of transform.paid may matter\n"
    ) in outcome.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("totals.total",),
        ("transform.totals.TOTAL",),
        ("totals", "--column", "total"),
        ("transform.totals", "--column", "total"),
    ],
)
def test_a_column_can_be_named_in_several_ways(project, arguments):
    outcome = project.run("lineage", *arguments).assert_ok()

    assert outcome.stdout.startswith("transform.totals.total  DOUBLE\n")


def test_an_unknown_column_names_the_nearest(project):
    outcome = project.run("lineage", "transform.totals.totl")

    assert outcome.exit_code == 2
    assert "SK0355" in outcome.stderr
    assert "did you mean total?" in outcome.stderr


def test_an_unknown_node_names_the_nearest(project):
    outcome = project.run("impact", "transform.totls.total")

    assert outcome.exit_code == 2
    assert "did you mean transform.totals" in outcome.stderr


def test_a_column_without_its_node_is_refused(project):
    outcome = project.run("lineage", "--column", "total")

    assert outcome.exit_code == 2
    assert "SK0356" in outcome.stderr


def test_the_document_has_every_node_with_its_columns_and_lineage(project):
    project.run("run").assert_ok()

    found = document(project)

    assert [entry["id"] for entry in found["nodes"]] == [
        "source.orders",
        "transform.paid",
        "transform.totals",
        "exposure.report",
    ]
    assert found["edges"][0] == {"from": "source.orders", "to": "transform.paid"}
    assert found["focus"] is None
    paid = node(found, "transform.paid")
    assert paid["description"] == "Orders that were paid"
    assert (paid["rows"], paid["status"], paid["language"]) == (2, "success", "sql")
    assert [column["name"] for column in paid["columns"]] == ["id", "amount", "late"]
    assert paid["lineage"] == {
        "unknown": None,
        "columns": [
            {"name": "id", "values": [["source.orders", "id"]], "influences": []},
            {"name": "amount", "values": [["source.orders", "amount"]], "influences": []},
            {"name": "late", "values": [], "influences": [["source.orders", "status"]]},
        ],
        "rows": [["source.orders", "status"]],
        "relations": ["source.orders"],
    }
    assert node(found, "source.orders")["lineage"]["columns"][0]["values"] == []
    assert node(found, "exposure.report")["targets"] == [
        {"type": "file", "table": "out/totals.csv", "mode": "full"}
    ]


def test_a_project_that_never_ran_is_shown_too(project):
    found = document(project)

    assert {entry["status"] for entry in found["nodes"]} == {"never run"}
    assert node(found, "transform.totals")["lineage"]["unknown"] is None


def test_the_status_is_that_of_the_last_run(project):
    project.run("run").assert_ok()
    nodes = (project.path / "seeknal/nodes.yml").read_text()
    project.write(
        {"seeknal/nodes.yml": nodes.replace("sum(amount)", "sum(CAST(late || 'x' AS INTEGER))")}
    )
    project.run("run")

    found = document(project)

    assert node(found, "transform.totals")["status"] == "failed"
    assert node(found, "exposure.report")["status"] == "skipped"


def test_a_node_in_focus_is_shown_with_what_is_around_it(project):
    found = document(project, "transform.paid", "--downstream", "1")

    assert found["focus"] == {"node": "transform.paid", "column": None}
    assert [entry["id"] for entry in found["nodes"]] == [
        "source.orders",
        "transform.paid",
        "transform.totals",
    ]


def test_rows_are_in_the_document_only_when_asked_for(project):
    project.run("run").assert_ok()

    without = node(document(project), "transform.totals")["preview"]
    with_data = node(document(project, "--with-data"), "transform.totals")["preview"]

    assert without is None
    assert with_data["columns"] == ["late", "total"]
    assert sorted(with_data["rows"]) == [["0", "10.0"], ["1", "20.0"]]


def test_a_long_value_is_cut_in_the_rows_that_are_shown(project):
    project.write(
        {
            "seeknal/long.sql": """
                -- kind: transform
                -- name: long
                SELECT repeat('a', 500) AS fits, repeat('ü', 501) AS cut, [1, 2] AS list, NULL AS no
            """
        }
    )
    project.run("run").assert_ok()

    rows = node(document(project, "--with-data"), "transform.long")["preview"]["rows"]

    assert rows == [["a" * 500, f"{'ü' * 500}… (501 characters)", "[1, 2]", None]]


def test_a_seed_is_written_in_csv_and_a_source_of_a_csv_file_in_yaml(project):
    project.write({"seeknal/seeds/countries.csv": "code,name\nid,Indonesia\n"})

    found = document(project)

    seed, source = node(found, "source.countries"), node(found, "source.orders")
    assert (seed["language"], seed["type"]) == ("csv", "csv")
    assert (source["language"], source["type"]) == ("yaml", "csv")


def test_a_secret_is_never_in_the_document(project, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2hunter2")
    project.write(
        {
            "profiles.yml": """
                connections:
                  shop: {type: postgresql, host: db, password: "${SHOP_PASSWORD}"}
            """,
            "seeknal/secret.yml": """
                kind: transform
                name: told
                transform: SELECT 'hunter2hunter2' AS password
            """,
        }
    )
    from seeknal.values.secret import Secret

    Secret("hunter2hunter2")

    assert "hunter2hunter2" not in json.dumps(document(project))


def test_mermaid_and_dot_have_every_edge(project):
    mermaid = project.run("lineage", "--format", "mermaid").assert_ok().stdout
    dot = project.run("lineage", "--format", "dot").assert_ok().stdout

    assert 'n0["source.orders"]' in mermaid
    assert "n0 --> n1" in mermaid
    assert '"transform.paid" -> "transform.totals";' in dot


def test_openlineage_tells_direct_from_indirect(project):
    events = project.run("lineage", "--format", "openlineage").assert_ok().json()

    totals = next(event for event in events if event["job"]["name"] == "transform.totals")
    facet = totals["outputs"][0]["facets"]["columnLineage"]
    ((field,), (decides,)) = facet["fields"]["total"]["inputFields"], facet["dataset"]
    assert (field["name"], field["field"]) == ("transform.paid", "amount")
    assert field["transformations"][0]["type"] == "DIRECT"
    assert decides["field"] == "late"
    assert decides["transformations"][0]["type"] == "INDIRECT"
    assert [entry["name"] for entry in totals["inputs"]] == ["transform.paid"]
    assert all("runId" not in event for event in events)


def test_the_text_of_a_graph_has_each_node_and_column(project):
    outcome = project.run("lineage", "--format", "text").assert_ok()

    assert "transform.totals  <- transform.paid" in outcome.stdout
    assert "    late    <- -  decided by source.orders.status" in outcome.stdout
    assert "    rows decided by transform.paid.late" in outcome.stdout


def test_a_node_is_answered_as_text_in_a_pipe_and_opens_nothing(project, written, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    outcome = project.run("lineage", "transform.paid").assert_ok()

    assert "source.orders" in outcome.stdout
    assert "transform.paid" in outcome.stdout
    assert (written, opened) == ([], [])


def test_an_answer_can_be_written_to_a_file(project):
    outcome = project.run("lineage", "--format", "json", "-o", "graph.json").assert_ok()

    assert "wrote graph.json" in outcome.stderr
    assert len(json.loads((project.path / "graph.json").read_text())["nodes"]) == 4


def test_the_page_is_written_below_target_and_opened(project, written, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    project.run("lineage").assert_ok()
    project.run("lineage", "--no-open").assert_ok()

    path = project.path.resolve() / "target" / "lineage.html"
    assert [place.resolve() for _, place in written] == [path, path]
    assert written[0][0]["schema_version"] == 1
    assert opened == [path.as_uri()]


def test_impact_lists_columns_then_exposures_and_targets(project):
    outcome = project.run("impact", "source.orders.amount").assert_ok()

    assert outcome.stdout == (
        "source.orders.amount reaches 3 nodes, 3 columns\n"
        "\n"
        "transform.paid\n"
        "    by value      amount\n"
        "\n"
        "transform.totals\n"
        "    by value      total\n"
        "\n"
        "exposure.report\n"
        "    by value      total\n"
        "\n"
        "exposures\n"
        "    exposure.report\n"
        "\n"
        "targets\n"
        "    file out/totals.csv  (exposure.report)\n"
    )


def test_impact_tells_influence_from_value(project):
    found = project.run("impact", "orders.status", "--format", "json").assert_ok().json()

    paid, totals, _ = found["affected"]
    assert (paid["value"], paid["influence"]) == ([], ["id", "amount", "late"])
    assert (totals["influence"], totals["which_rows"]) == (["late", "total"], True)
    assert found["exposures"] == ["exposure.report"]
    assert found["targets"][0]["label"] == "out/totals.csv"


def test_a_column_that_nobody_reads_reaches_nothing(project):
    outcome = project.run("impact", "transform.paid.id").assert_ok()

    assert outcome.stdout == "transform.paid.id reaches 0 nodes, 0 columns\n"


def test_a_whole_node_reaches_everything_below(project):
    found = project.run("impact", "transform.paid", "--format", "json").assert_ok().json()

    assert [entry["node"] for entry in found["affected"]] == [
        "transform.totals",
        "exposure.report",
    ]


def test_a_chain_of_many_nodes_has_a_tree(seeknal_project):
    files = {"data/orders.csv": ORDERS, "seeknal/n0.yml": NODES.split("---")[0]}
    names = ["source.orders", *(f"transform.n{number}" for number in range(1, 1200))]
    nodes = "---\n".join(
        f"kind: transform\nname: n{number}\ntransform: SELECT id FROM ref('{names[number - 1]}')\n"
        for number in range(1, 1200)
    )
    made = seeknal_project({**files, "seeknal/chain.yml": nodes})

    outcome = made.run("lineage", "n1199.id").assert_ok()

    assert len(outcome.stdout.splitlines()) == 1199 + 5
