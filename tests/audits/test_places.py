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
