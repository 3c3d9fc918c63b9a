"""Audit types of the project's own: an SQL file with parameters, named like a built-in one."""

import pytest

pytestmark = pytest.mark.versions

FILE = "seeknal/audits/at_least.sql"
AT_LEAST = """\
-- description: no value is too small
-- params: column, min = 0
SELECT * FROM __THIS__ WHERE {{ column }} < {{ min }}
"""
NODE = """\
kind: transform
name: t
sql: SELECT * FROM (VALUES (1, 10, 'a'), (2, -5, 'it''s')) v(id, "the amount", "order")
audits:
  - {AUDIT}
"""


@pytest.fixture
def project(seeknal_project):
    """A project with an own audit, and one node that is audited as given."""

    def project(audit, sql=AT_LEAST, **files):
        text = NODE.replace("AUDIT", audit)
        return seeknal_project({"seeknal/t.yml": text, FILE: sql, **files})

    return project


@pytest.fixture
def failing(project):
    """How many rows fail, after a run."""

    def failing(*arguments, **files):
        outcome = project(*arguments, **files).run("run", "--format", "json")
        (node,) = [entry for entry in outcome.json()["nodes"] if entry["node"] == "transform.t"]
        assert node["audits"], node["error"]
        return node["audits"][0]["failing_rows"]

    return failing


@pytest.fixture
def told(project):
    """Place, code, message and help of what is wrong."""

    def told(*arguments, **files):
        outcome = project(*arguments, **files).run("validate", "--format", "json")
        return [
            (f"{found['file']}:{found['line']}", found["code"], found["message"], found["help"])
            for found in outcome.json()["problems"]
        ]

    return told


@pytest.mark.parametrize(
    ("audit", "rows"),
    [
        ("type: at_least, column: the amount", 1),
        ("type: at_least, column: the amount, min: 100", 2),
        ("type: at_least, column: THE AMOUNT, min: -5", 0),
        ("type: at_least, column: the amount, min: 100, where: id = 1", 1),
        ("type: at_least, column: id, min: 1.5", 1),
    ],
)
def test_a_file_is_an_audit_type_with_parameters(failing, audit, rows):
    assert failing(audit) == rows


@pytest.mark.parametrize(
    ("params", "sql", "given", "rows"),
    [
        ("column, word", "{{ column }} = {{ word }}", "column: order, word: it's", 1),
        ("column, word", "{{ column }} = {{ word }}", 'column: order, word: "\' OR true --"', 0),
        ("column, word", "{{ column }} = {{ word }}", "column: order, word: '{{ 1 }}'", 0),
        ("columns", "least({{ columns }}) < 2", "columns: [id, the amount]", 2),
        ("values: list", "id IN ({{ values }})", "values: [1, 3]", 1),
        ("n: integer", "id = 1 -{{ n }}", "n: -1", 1),
        ("n: number = null", "{% if n is none %}true{% else %}id > {{ n }}{% endif %}", "", 2),
        ("n: number = null", "id IS NOT DISTINCT FROM {{ n }}", "", 0),
        ("on: boolean = true", "{% if on %}id = 2{% else %}false{% endif %}", "on: false", 0),
        ("on: boolean = true", "{{ on }}", "", 2),
        ("word = 'a, b'", "{{ word }} = 'a, b'", "", 2),
        ("values: list = [1, 2]", "id IN ({{ values }})", "", 2),
        ("n: list", "{% for v in n %}id = {{ v }} OR {% endfor %}false", "n: [2]", 1),
        ("n = 2", "id = {{ n | int - 1 }}", "", 1),
        ("n = 2", "id IN ({{ n }},{{ n }})", "", 1),
        ("other: column", "{{ other }} = 2", "other: id", 1),
        ("id_column", "{{ id_column }} = 2", "id_column: id", 1),
    ],
)
def test_columns_are_names_and_values_are_literals(failing, params, sql, given, rows):
    text = f"-- params: {params}\nSELECT * FROM __THIS__ WHERE {sql}"

    assert failing(f"type: at_least{', ' if given else ''}{given}", text) == rows


def test_other_nodes_are_read_by_ref_and_run_first(failing):
    sql = "-- params: column, to\nSELECT t.* FROM __THIS__ t ANTI JOIN ref({{ to }}) o\n"
    sql += "ON t.{{ column }} = o.{{ column }}\n"
    other = {"seeknal/z.sql": "SELECT 1 AS id"}

    assert failing("type: at_least, column: id, to: transform.z", sql, **other) == 1


def test_a_name_may_be_a_column_of_another_node(failing):
    sql = "-- params: column, to, key: name\nSELECT t.* FROM __THIS__ t\n"
    sql += "ANTI JOIN ref({{ to }}) o ON t.{{ column }} = o.{{ key }}\n"
    other = {"seeknal/z.sql": 'SELECT 2 AS "its key"'}

    given = "type: at_least, column: id, to: transform.z, key: its key"
    assert failing(given, sql, **other) == 1


def test_templates_of_the_project_work_in_it(failing):
    files = {
        "seeknal_project.yml": "name: x\nvars: {limit: 5}\n",
        "seeknal/macros/m.sql": "{% macro below(a, b) %}{{ a }} < {{ b }}{% endmacro %}",
    }
    sql = "-- params: column\nSELECT * FROM __THIS__ WHERE {{ below(column, var('limit')) }}"

    assert failing("type: at_least, column: the amount", sql, **files) == 1


def test_the_result_names_type_and_column(project):
    made = project("type: at_least, column: the amount")

    outcome = made.run("run")

    assert "at_least(the amount): the query returns 1 row" in outcome.stderr
    assert "seeknal/t.yml:5:5" in outcome.stderr


def test_audit_shows_it_after_a_run(project):
    made = project("type: at_least, column: the amount, severity: warn")
    made.run("run").assert_ok()

    outcome = made.run("audit").assert_ok()

    shown = outcome.stdout.split()
    assert "transform.t at_least the amount warned 1" in " ".join(shown)


@pytest.mark.parametrize(
    ("audit", "code", "words", "help"),
    [
        ("type: at_leest, column: id", "SK0905", "unknown audit type", "did you mean at_least?"),
        ("type: at_least", "SK0202", "missing parameter 'column'", None),
        ("type: at_least, colum: id", "SK0201", "unknown parameter", "did you mean column?"),
        ("type: at_least, column: 5", "SK0203", "expects text, not 5", "write it as text: '5'"),
        ("type: at_least, column: id, min: [1]", "SK0203", "not a list", None),
        ("type: at_least, column: id, severity: bad", "SK0906", "severity", "error"),
    ],
)
def test_wrong_parameters_are_told_as_those_of_other_types(told, audit, code, words, help):
    ((place, found, message, hint),) = told(audit)

    assert (place, found) == ("seeknal/t.yml:5", code)
    assert words in message
    assert help is None or help in hint


def test_a_column_that_is_not_there_is_told_before_any_sql_runs(project):
    outcome = project("type: at_least, column: amount").run("run")

    assert "SK0903" in outcome.stderr
    assert "names column 'amount', which is not there" in outcome.stderr


@pytest.mark.parametrize(
    ("sql", "line", "words"),
    [
        ("-- params: column, min = \nSELECT 1", 1, "min"),
        ("-- params: column,, min\nSELECT 1", 1, "params"),
        ("-- params: column, column\nSELECT 1", 1, "twice"),
        ("-- params: column: colum\nSELECT 1", 1, "'colum' is no type"),
        ("-- params: column, n: integer = 'x'\nSELECT 1", 1, "'x'"),
        ("-- params: column, severity\nSELECT 1", 1, "'severity' is a key of every audit"),
        ("-- param: column\nSELECT 1", 1, "'param'"),
        ("-- params: column\n\nFROM __THIS__;\nDROP TABLE x", 3, "only one statement"),
        ("-- params: column\nDELETE FROM __THIS__", 2, "a query is needed"),
        ("-- params: column\nSELECT * FROM __THIS__ WHERE {{ colum }} > 0", 2, "colum"),
        ("-- params: column\nSELECT * FROM __THIS__\nWHERE x = '{{ column }}'", 3, "inside a text"),
        ("-- params: column\nSELECT * FROM __THIS__\nWHERE {{ column }}_x", 3, "part of a word"),
        ("-- params: column\nFROM __THIS__ WHERE 1{{ column }} > 0", 2, "part of a word"),
        ("-- params: column\nFROM __THIS__ WHERE 'a'{{ column }} > ''", 2, "part of a word"),
        ("-- params: column\nFROM __THIS__ WHERE {{ column | upper }} > 0", 2, "part of a word"),
        ("-- params: column\nFROM __THIS__ WHERE $${{ column }}$$ > ''", 2, "inside a text"),
        ("-- params: column\nSELECT 1", 2, "reads no __THIS__"),
        ("-- params: column\nSELECT * FROM __THIS__ WHERE", 2, "syntax error"),
        ("-- params: column\nSELECT * FROM 'x.csv', __THIS__", 2, "file"),
        ("", None, "empty"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_at_its_line(told, sql, line, words):
    found = told("type: at_least, column: id", sql)

    assert [place for place, *_ in found] == [f"{FILE}:{line}"]
    assert words in found[0][2]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("seeknal/audits/not_null.sql", "not_null is an audit type already"),
        ("seeknal/audits/deep/at_least.sql", "seeknal/audits/at_least.sql"),
        ("seeknal/audits/at-least.sql", "'at-least'"),
    ],
)
def test_a_name_that_cannot_be_is_told(told, path, words):
    found = told("type: at_least, column: id", **{path: AT_LEAST})

    assert len(found) == 1
    assert words in found[0][2]


def test_a_comment_with_a_parameter_breaks_nothing(failing):
    sql = "-- params: word\n-- the {{ word }}\nSELECT * FROM __THIS__ /* {{ word }} */"

    assert failing('type: at_least, word: "a\\n*/ DROP"', sql) == 2


def test_a_change_of_the_file_asks_again_and_rebuilds_nothing(project):
    made = project("type: at_least, column: the amount, min: -10")
    made.run("run").assert_ok()
    again = made.run("run", "--format", "json").assert_ok().json()["nodes"]
    made.write({FILE: AT_LEAST.replace("<", ">")})

    changed = made.run("run", "--format", "json")

    assert [node["reason"] for node in again if node["status"] != "reused"] == []
    (node,) = changed.json()["nodes"]
    assert (changed.exit_code, node["reason"]) == (1, "audits changed")
    assert node["audits"][0]["type"] == "at_least"


def test_rules_and_properties_name_it_too(project):
    files = {
        "seeknal/r.yml": (
            "kind: rule\nname: r\ninputs: [transform.t]\n"
            "audits: [{type: at_least, column: id, min: 5}]\n"
        ),
        "seeknal/p.yml": (
            "kind: properties\nnodes:\n  u: {audits: [{type: at_least, column: id, min: 5}]}\n"
        ),
        "seeknal/u.sql": "SELECT 1 AS id",
    }

    outcome = project("type: at_least, column: id", **files).run("run", "--format", "json")

    found = {node["node"]: node["audits"] for node in outcome.json()["nodes"]}
    assert [audit["failing_rows"] for audit in found["transform.t"]] == [0, 2]
    assert [audit["failing_rows"] for audit in found["transform.u"]] == [1]


def test_an_editor_is_told_of_it(project):
    schema = project("type: at_least, column: id").run("schema").assert_ok().json()

    audit = schema["definitions"]["audit"]
    assert "at_least" in audit["properties"]["type"]["enum"]
    assert "at_least: no value is too small" in audit["properties"]["type"]["description"]


UNUSED = "type: at_least, column: id"
OTHER = "seeknal/audits/other.sql"


@pytest.mark.parametrize(
    ("sql", "place", "message"),
    [
        (
            "-- params: column\nSELEC * FROM __THIS__ WHERE {{ column }} < 0\n",
            f"{OTHER}:2",
            'audit other: syntax error at or near "SELEC"',
        ),
        (
            "-- params: column\nSELECT * FROM __THIS__ WHERE {{ column }} < < 0\n",
            f"{OTHER}:2",
            "audit other: syntax error at or near",
        ),
        (
            "-- params: min\n\nSELECT * FROM orders WHERE id < {{ min }}\n",
            f"{OTHER}:3",
            "audit other: the query reads no __THIS__, which stands for the node's rows",
        ),
        (
            "-- params: min\nSELECT * FROM __THIS__\nWHERE id < '{{ min }}'\n",
            f"{OTHER}:3",
            "audit other: a parameter stands inside a text or name in quotes: leave the quotes out",
        ),
        (
            "-- params: min\nSELECT * FROM __THIS__\nWHERE id < $1 + {{ min }}\n",
            f"{OTHER}:3",
            "audit other: the SQL has a parameter, $1, that nothing gives a value",
        ),
        (
            "-- params: min\nSELECT * FROM __THIS__\nWHERE id < {{ mni }} + {{ min }}\n",
            f"{OTHER}:3",
            "'mni' is undefined",
        ),
    ],
)
def test_a_file_that_no_audit_names_is_checked_as_well(told, sql, place, message):
    [found] = told(UNUSED, **{OTHER: sql})

    assert found[0] == place
    assert message in found[2]


@pytest.mark.parametrize(
    ("line", "caret"),
    [
        ("SELEC * FROM __THIS__ WHERE {{ column }} < 0", "    ^^^^^"),
        ("SELECT * FRM __THIS__ WHERE {{ column }} < 0", "             ^^^^^^^^"),
        ("SELECT * FROM __THIS__ WHERE {{ column }} < < 0", None),
    ],
)
def test_a_caret_stands_where_the_line_is_as_it_was_written(project, line, caret):
    made = project(UNUSED, **{OTHER: f"-- params: column\n{line}\n"})

    lines = made.run("validate").stderr.splitlines()

    told = lines.index(next(each for each in lines if each.endswith(line)))
    found = lines[told + 1].partition("|")[2].rstrip() if "^" in lines[told + 1] else None
    assert (found and found.strip()) == (caret and caret.strip())
    assert found is None or line[found.index("^") - 1 :].startswith(("SELEC", "__THIS__"))


def test_a_parameter_that_the_query_does_not_use_is_a_warning_at_its_name(project):
    sql = "-- params: column, min: number = 0\nSELECT * FROM __THIS__ WHERE {{ column }} < 0\n"

    outcome = project(UNUSED, sql).run("validate", "--format", "json").assert_ok()

    [found] = outcome.json()["problems"]
    assert (found["code"], found["severity"]) == ("SK0931", "warn")
    assert (found["file"], found["line"], found["column"]) == (FILE, 1, 20)


@pytest.mark.parametrize(
    "sql",
    [
        "{% if min > 5 %}SELECT * FROM __THIS__ WHERE id < {{ min }}{% else %}nothing{% endif %}",
        "SELECT * FROM __THIS__ WHERE id < {{ min if min else 0 }}",
        "SELECT * FROM __THIS__ WHERE id IN ({% for n in [min, 1] %}{{ n }}, {% endfor %}0)",
    ],
)
def test_a_file_whose_query_depends_on_what_it_is_given_has_no_problem(told, sql):
    assert told(UNUSED, **{OTHER: f"-- params: min\n{sql}\n"}) == []


@pytest.mark.parametrize(
    ("head", "body", "place", "message"),
    [
        (
            "column, min: number = null",
            "SELEC * FROM __THIS__ {% if min %}x{% endif %}",
            2,
            "syntax",
        ),
        (
            "column, min: number = null",
            "SELECT * FROM __THIS__\nWHERE {% if min is not none %}\n{{ column }} > {{ min }}\n"
            "{% else %}{{ column }} IS NULL{% endif %}\nAND id < {{ mni }}",
            6,
            "'mni' is undefined",
        ),
        (
            "mode: text = 'all'",
            "SELECT * FROM orders\n{% if mode == 'some' %}WHERE id > 0{% endif %}",
            2,
            "the query reads no __THIS__",
        ),
        (
            "min: number = 0",
            "{% if min > 5 %}SELEC 1{% else %}SELEC 1{% endif %} FROM __THIS__",
            2,
            "syntax",
        ),
    ],
)
def test_a_file_with_branches_is_told_what_is_wrong_in_each(told, head, body, place, message):
    [found] = told(UNUSED, **{OTHER: f"-- params: {head}\n{body}\n"})

    assert found[0] == f"{OTHER}:{place}"
    assert message in found[2]


@pytest.mark.parametrize(
    ("head", "sql"),
    [
        ("flag: boolean", "{% if flag %}SELECT * FROM __THIS__{% endif %}"),
        ("a: boolean, b: boolean", "{% if a %}x{% elif b %}SELECT * FROM __THIS__{% endif %}"),
        ("mode: text", "{% if mode == 'some' %}SELECT * FROM __THIS__{% endif %}"),
        ("mode: text", "{% if mode in ('a', 'b') %}SELECT * FROM __THIS__{% endif %}"),
        ("min: number", "{% if min >= 100 %}SELECT * FROM __THIS__{% endif %}"),
        ("min: number", "{% if min * 2 > 777 %}SELECT * FROM __THIS__{% endif %}"),
        ("mode: text", "{% if mode | length > 7 %}SELECT * FROM __THIS__{% endif %}"),
        ("mode: text", "{% if mode == 'x' %}SELECT * FROM __THIS__{% else %}{{ mdoe }}{% endif %}"),
        ("c: columns", "{% if c | length == 2 %}SELECT * FROM __THIS__{% endif %}"),
        ("c: columns", "{% if c == ['a'] %}SELECT * FROM __THIS__{% endif %}"),
        ("min: number", "SELECT * FROM __THIS__ WHERE id < {{ min if min is not none else 0 }}"),
    ],
)
def test_a_file_that_is_right_in_one_branch_has_no_problem(told, head, sql):
    found = told(UNUSED, **{OTHER: f"-- params: {head}\n{sql}\n"})

    assert [entry for entry in found if entry[1] != "SK0931"] == []


def test_a_caret_stands_only_where_no_parameter_moves_what_is_written(project):
    moved = "-- params: min\nSELECT * FROM __THIS__ WHERE id < {{ min }} +\n"
    fixed = "-- params: min\nSELECT * FROM __THIS__\nWHERE id < {{ min }}\nAND id = ? + 1\n"

    outcome = project(UNUSED, **{OTHER: moved, "seeknal/audits/third.sql": fixed})
    problems = outcome.run("validate", "--format", "json").json()["problems"]

    places = [(entry["line"], entry["column"]) for entry in problems]
    assert places == [(2, None), (4, 10)]


BLOCK = "/* ---\nowner: us\n--- */\n"


def test_parameters_may_stand_below_a_block(failing):
    assert failing("type: at_least, column: id, min: 2", BLOCK + AT_LEAST) == 1


def test_parameters_in_a_block_are_refused_by_name(told):
    block = "/* ---\nparams: column, min = 0\n--- */\n"

    found = told("type: at_least, column: id", block + AT_LEAST.split("\n", 2)[2])

    assert (f"{FILE}:2", "SK0930") in [entry[:2] for entry in found]
    assert any(
        "params stands in a line of its own: -- params: column" in entry[2] for entry in found
    )


def test_a_mistake_below_a_block_has_its_place_there(told):
    sql = (
        "/* ---\nnixda: 1\n--- */\n-- params: column\nSELECT * FROM __THIS__\nWHERE nixda IS NULL\n"
    )

    found = told("type: at_least, column: id", sql)

    assert [entry[:2] for entry in found if entry[1] != "SK0931"] == [(f"{FILE}:6", "SK0912")]
