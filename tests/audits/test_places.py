"""Each audit that fails, warns or cannot be asked says which one it is and where it stands."""

import pytest

from seeknal.testing import TestProject

pytestmark = pytest.mark.versions

NODES = {
    "data/s.csv": "id,depot,dep2\n1,a,a\n1,b,b\n",
    "seeknal/s.yml": "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n",
}
A = """\
/* ---
audits:
AUDITS
--- */
SELECT id, depot, dep2, id AS revenue FROM ref('source.s')
"""


@pytest.fixture
def project(seeknal_project):
    def make(*audits, more="") -> TestProject:
        lines = "\n".join(f"  - {{{audit}}}" for audit in audits)
        text = A.replace("AUDITS", lines + more)
        return seeknal_project({**NODES, "seeknal/t/a.sql": text})

    return make


def told(outcome):
    """The lines that say what went wrong, and those that say where."""
    lines = outcome.stderr.splitlines()
    return [line for line in lines if line.startswith(("error", "warning"))], [
        line.split("--> ")[1] for line in lines if "--> " in line
    ]


def test_every_audit_that_fails_says_where_it_stands(project):
    made = project(
        "type: unique, column: id",
        "type: not_null, column: id",
        "type: accepted_values, column: depot, values: [x]",
        "type: row_count, min: 5",
    )

    headlines, places = told(made.run("run"))

    assert places == ["seeknal/t/a.sql:3:5"]
    (headline,) = headlines
    assert "unique(id): " in headline
    assert "accepted_values(depot): " in headline
    assert "(seeknal/t/a.sql:5:5)" in headline
    assert headline.endswith("row_count: 2 rows, expected at least 5 (seeknal/t/a.sql:6:5)")


def test_an_audit_that_warns_says_which_it_is_and_where(project):
    made = project("type: not_null, column: id", "type: unique, column: id, severity: warn")

    headlines, places = told(made.run("run"))

    assert headlines == [
        "warning[SK0901]: transform.a: unique(id): 1 key occurs more than once, in 2"
        " rows (100% of 2)"
    ]
    assert places == ["seeknal/t/a.sql:4:5"]


def test_a_column_that_the_other_node_lacks_is_told_with_that_node(project):
    made = project("type: relationships, column: depot, to: source.s, field: dep3")

    checked, ran = told(made.run("validate")), told(made.run("run"))

    assert checked == ran
    assert checked == (
        [
            "error[SK0903]: audit relationships of transform.a names 'dep3', which is no column of"
            " source.s"
        ],
        ["seeknal/t/a.sql:3:63"],
    )


def test_two_problems_that_name_one_word_are_told_each_at_its_own_place(project):
    made = project(
        "type: relationships, column: dep2, to: source.s, field: dep3",
        'type: expression, expression: "revenu > 0"',
        more="\ncontract: true\ncolumns: {id: BIGINT, dep3: VARCHAR, depot: DATE}",
    )

    problems = made.run("validate", "--format", "json").json()["problems"]

    places = sorted((entry["line"], entry["column"], entry["code"]) for entry in problems)
    assert places == [
        (3, 62, "SK0903"),
        (4, 37, "SK0912"),
        (6, 23, "SK0713"),
        (6, 38, "SK0713"),
    ]


def test_a_run_tells_an_audit_that_cannot_be_asked_in_the_words_of_validate(project):
    made = project('type: expression, expression: "revenu > 0"')

    validated, run = made.run("validate"), made.run("run")

    assert told(validated) == told(run)
    assert "help: did you mean revenue?" in validated.stderr
    assert "help: did you mean revenue?" in run.stderr


def test_a_mistake_in_an_audit_of_the_project_stands_in_its_own_file(project):
    made = project("type: above, least: 0")
    text = "-- params: least: number\n\nSELECT * FROM __THIS__\nWHERE revenu > {{ least }}\n"
    made.write({"seeknal/audits/above.sql": text})

    checked, ran = told(made.run("validate")), told(made.run("run"))

    assert checked == ran
    assert checked[0][0].startswith("error[SK0912]: audit above of transform.a cannot be asked")
    assert checked[1] == ["seeknal/audits/above.sql:4:7"]


def test_a_name_that_the_node_gives_its_audit_stands_at_the_node(project):
    made = project("type: above, of: revenu")
    text = "-- params: of: name\n\nSELECT * FROM __THIS__\nWHERE {{ of }} > 0\n"
    made.write({"seeknal/audits/above.sql": text})

    checked, ran = told(made.run("validate")), told(made.run("run"))

    assert checked == ran
    assert checked[1] == ["seeknal/t/a.sql:3:23"]


def test_so_is_an_audit_of_rows_that_a_source_reads(seeknal_project):
    audits = "audits:\n  - {type: above}\n"
    text = "-- no parameters\nSELECT * FROM __THIS__ WHERE revenu > 0\n"
    made = seeknal_project(
        {
            **NODES,
            "seeknal/s.yml": NODES["seeknal/s.yml"] + audits,
            "seeknal/audits/above.sql": text,
        }
    )

    checked, ran = told(made.run("validate")), told(made.run("run"))

    assert checked == ran
    assert checked[1] == ["seeknal/audits/above.sql:2:30"]


BLOCKS = {
    "a bound of another type": "  - type: between\n    column: id\n    max: ^ten\n",
    "a bound that is a number": "  - type: between\n    column: day\n    max: ^30\n",
    "bounds the wrong way round": "  - type: between\n    column: id\n    min: 3\n    max: ^2\n",
    "a limit": "  - type: not_null\n    column: id\n    error_if: ^many\n",
    "a limit in percent": "  - type: row_count\n    min: 1\n    warn_if: '^> 1%'\n",
    "a node": "  - type: relationships\n    column: id\n    to: ^source.nothing\n",
    "fields": "  - type: relationships\n    column: id\n    to: source.s\n    field: ^[id, dep2]\n",
    "a column that is no date": "  - type: freshness\n    max_age: 2d\n    column: ^depot\n",
    "no values": "  - type: accepted_values\n    column: depot\n    values: ^[]\n",
    "an expression that is none": "  - type: expression\n    message: bad\n    expression: ^id >\n",
    "an expression of another type": (
        "  - type: expression\n    message: bad\n    expression: ^depot + 1 > 0\n"
    ),
    "a statement": "  - type: custom_sql\n    message: b\n    sql: |\n     ^DELETE FROM __THIS__\n",
    "a mistake of syntax": (
        "  - type: custom_sql\n    sql: |\n      SELECT *\n"
        "      FROM __THIS__\n      WHERE ^GROUP BY\n"
    ),
    "a node in a query": (
        "  - type: custom_sql\n    message: bad\n    sql: |\n      SELECT t.* FROM __THIS__ AS t\n"
        "      JOIN ref('^source.nothing') USING (id)\n"
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_what_is_wrong_with_an_audit_over_several_lines_stands_at_its_key(seeknal_project, name):
    head = (
        "kind: transform\nname: a\nsql: SELECT *, DATE '2026-01-01' AS day FROM ref('source.s')\n"
    )
    marked = f"{head}audits:\n  - type: unique\n    column: [id, depot]\n{BLOCKS[name]}"
    before = marked[: marked.index("^")]
    made = seeknal_project({**NODES, "seeknal/a.yml": marked.replace("^", "", 1)})

    problems = made.run("validate", "--format", "json").json()["problems"]

    [place] = {(entry["line"], entry["column"]) for entry in problems}
    assert place == (before.count("\n") + 1, len(before) - before.rfind("\n"))


@pytest.mark.parametrize("name", ["a bound of another type", "a column that is no date"])
def test_a_run_tells_it_at_the_same_line(seeknal_project, name):
    head = "kind: transform\nname: a\nsql: SELECT * FROM ref('source.s')\naudits:\n"
    made = seeknal_project({**NODES, "seeknal/a.yml": head + BLOCKS[name].replace("^", "")})

    checked, ran = told(made.run("validate")), told(made.run("run"))

    assert checked[1] == ran[1]
    assert ran[0][0].endswith(checked[0][0].partition(": ")[2])


def test_an_error_stands_at_the_key_that_it_carries(tmp_path):
    from seeknal.lineage.beside import place_of_fault
    from seeknal.plugin import Audit, Location, NodeError, NodeId
    from seeknal_audits.options import Between

    (tmp_path / "a.yml").write_text("audits:\n- type: between\n  column: x\n  max_value: x\n")
    audit = Audit(
        type="between",
        options=Between(columns=("x",), max="x"),
        node=NodeId("transform.a"),
        location=Location("a.yml", 2, 3),
    )
    error = NodeError("it is 'x', and x is no number", key="max", words=("x",))

    assert place_of_fault(audit, error, tmp_path) == Location("a.yml", 4, 14)


def test_columns_that_can_never_be_equal_are_told_of_a_relationship(seeknal_project):
    sql = "SELECT *, DATE '2026-01-01' AS day FROM ref('source.s')"
    text = f"kind: transform\nname: a\nsql: {sql}\naudits:\n"
    audit = "  - type: relationships\n    column: day\n    to: source.s\n    field: id\n"
    made = seeknal_project({**NODES, "seeknal/a.yml": text + audit})

    checked, ran = told(made.run("validate")), told(made.run("run"))

    assert checked == ran
    assert checked[1] == ["seeknal/a.yml:8:12"]


def test_the_name_of_an_audit_stands_where_its_result_is_told(project):
    made = project(
        "type: unique, column: id, name: one row per order",
        "type: unique, column: depot, name: one per depot",
        "type: unique, column: id, name: again, severity: warn",
    )

    ran = made.run("run")
    asked = made.run("run", "--format", "json").json()

    headlines, _ = told(ran)
    assert 'transform.a: unique(id) "one row per order": 1 key occurs' in headlines[0]
    assert 'transform.a: unique(id) "again": 1 key occurs' in headlines[1]
    assert 'unique(id) "one row per order": 2 failing rows' in ran.stderr
    (node,) = [entry for entry in asked["nodes"] if entry["node"] == "transform.a"]
    assert [audit["name"] for audit in node["audits"]] == [
        "one row per order",
        "one per depot",
        "again",
    ]


def test_the_names_of_audits_stand_in_the_table_of_the_audit_command(project):
    made = project(
        "type: not_null, column: id, name: every order is known",
        "type: not_null, column: depot",
    )
    made.run("run").assert_ok()

    table = made.run("audit").assert_ok().stdout
    records = made.run("audit", "--format", "json").json()

    assert 'not_null "every order is known"' in table
    assert [record["name"] for record in records] == ["every order is known", None]


def test_a_warning_of_an_audit_that_a_rule_asks_is_told_once_with_its_place(seeknal_project):
    rule = (
        "kind: rule\nname: r\ninputs: [{ref: source.s}]\naudits:\n"
        "  - {type: unique, column: id, severity: warn}\n"
    )
    made = seeknal_project({**NODES, "seeknal/r.yml": rule})

    headlines, places = told(made.run("run"))

    assert len(headlines) == 1
    assert places == ["seeknal/r.yml:5:5"]


@pytest.mark.parametrize(
    ("sql", "marked", "told"),
    [
        (
            "SELECT t.* FROM __THIS__ t JOIN ref('source.d') d ON t.id = d.day",
            "t.id = d.day",
            "type BIGINT and type DATE",
        ),
        (
            "SELECT t.* FROM __THIS__ t JOIN ref('source.d') AS d USING (id)",
            "id)",
            "type BIGINT and type DATE",
        ),
    ],
)
def test_columns_that_the_sql_of_an_audit_compares_in_vain_are_told_before_a_run(
    project, sql, marked, told
):
    made = project("type: row_count, min: 1", f'type: custom_sql, sql: "{sql}"')
    source = "kind: source\nname: d\nsource: csv\ntable: data/d.csv\n"
    made.write({"data/d.csv": "id,day\n2026-01-01,2026-01-01\n", "seeknal/d.yml": source})

    [problem] = made.run("validate", "--format", "json").json()["problems"]

    line = f'  - {{type: custom_sql, sql: "{sql}"}}'
    assert told in problem["message"]
    assert (problem["line"], problem["column"]) == (4, line.index(marked) + 1)


def test_columns_that_the_sql_of_an_audit_can_compare_are_no_problem(project):
    sql = "SELECT t.* FROM __THIS__ t JOIN ref('source.s') AS s USING (id) WHERE t.depot <> s.dep2"
    made = project(f'type: custom_sql, sql: "{sql}"', 'type: expression, expression: "id = dep2"')

    validated = made.run("validate")

    assert validated.stdout == "2 nodes, no problems\n"
