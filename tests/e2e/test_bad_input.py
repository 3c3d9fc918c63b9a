"""Every mistake in a project's files gives one helpful message with its place, and exit code 2."""

import pytest

BASE = {
    "seeknal_project.yml": "name: sales\n",
    "data/orders.csv": "id,customer,amount\n1,a,10\n2,b,20\n",
    "seeknal/sources/orders.yml": """
        kind: source
        name: orders
        source: csv
        table: data/orders.csv
    """,
}
NODE = "seeknal/transforms/x.yml"


def transform(sql, extra=""):
    """A transform over orders; its SQL begins on line 5."""
    return {
        NODE: f"kind: transform\nname: x\ninputs: [{{ref: source.orders}}]\nsql: |\n{sql}{extra}"
    }


def sql(*lines):
    return transform("".join(f"  {line}\n" for line in lines))


def node(text):
    return {NODE: text}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)

# name: (files, code, line of NODE, words of message and help)
CASES = {
    "yaml_syntax": (node("kind: transform\nname: [x\nsql: SELECT 1\n"), "SK0102", (2, 3), ["YAML"]),
    "duplicate_key": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\nname: y\n"),
        "SK0103",
        4,
        ["'name'", "twice", "line 2"],
    ),
    "tab": (node("kind: transform\nname: x\nmeta:\n\ta: 1\n"), "SK0102", 4, ["tab", "spaces"]),
    "unquoted_yes": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\nenabled: yes\n"),
        "SK0107",
        4,
        ["yes", "quote it: 'yes'", "true or false"],
    ),
    "unquoted_no": (
        node("kind: source\nname: x\nsource: csv\ntable: a.csv\nparams: {header: no}\n"),
        "SK0107",
        5,
        ["quote it: 'no'"],
    ),
    "leading_zero": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\nparams: {code: 010}\n"),
        "SK0107",
        4,
        ["010", "quote it: '010'"],
    ),
    "billion_laughs": (
        node(f"kind: transform\nname: x\nsql: SELECT 1 AS a\nmeta:\n  b: &b 1\n---\n{BOMB}"),
        "SK0104",
        None,
        ["values"],
    ),
    "deep_nesting": (
        node(f"kind: transform\nname: x\nmeta: {'[' * 9000}{']' * 9000}\n"),
        "SK0104",
        3,
        ["nested deeper than 100"],
    ),
    "unknown_tag": (
        node("kind: transform\nname: !!python/object/apply:os.system ['true']\n"),
        "SK0105",
        2,
        ["tag", "not allowed"],
    ),
    "unknown_key": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\ndescripton: hi\n"),
        "SK0201",
        4,
        ["unknown key 'descripton'", "did you mean description?"],
    ),
    "unknown_nested_key": (
        node("kind: transform\nname: x\nsql: SELECT 1\ninputs: [{reff: source.orders}]\n"),
        "SK0201",
        4,
        ["'reff'", "did you mean ref?"],
    ),
    "wrong_value_type": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\nowner: [1, {a: 2}]\n"),
        "SK0203",
        4,
        ["'owner' expects text", "a list"],
    ),
    "number_for_text": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\nowner: 5\n"),
        "SK0203",
        4,
        ["write it as text: '5'"],
    ),
    "missing_kind": (
        node("name: x\nsql: SELECT 1\n"),
        "SK0202",
        1,
        ["missing key 'kind'", "kind: source"],
    ),
    "missing_name": (node("kind: transform\nsql: SELECT 1\n"), "SK0202", 1, ["missing key 'name'"]),
    "bad_name": (
        node("kind: transform\nname: my orders\nsql: SELECT 1\n"),
        "SK0213",
        2,
        ["'my orders'", "letters, digits and _", "my_orders"],
    ),
    "path_as_name": (
        node("kind: transform\nname: ../../etc/passwd\nsql: SELECT 1\n"),
        "SK0213",
        2,
        ["letters, digits and _"],
    ),
    "not_a_mapping": (node("- kind: transform\n"), "SK0108", 1, ["mapping", "kind:"]),
    "duplicate_node": (
        node("kind: source\nname: Orders\nsource: csv\ntable: data/orders.csv\n"),
        "SK0215",
        1,
        ["source.Orders", "seeknal/sources/orders.yml:1"],
    ),
    "unknown_kind": (
        node("kind: transfrom\nname: x\nsql: SELECT 1\n"),
        "SK0214",
        1,
        ["unknown kind 'transfrom'", "did you mean transform?"],
    ),
    "unknown_source_type": (
        node("kind: source\nname: x\nsource: cvs\ntable: a.csv\n"),
        "SK0208",
        3,
        ["unknown source type 'cvs'", "did you mean csv?"],
    ),
    "source_without_type": (
        node("kind: source\nname: x\ntable: a.csv\n"),
        "SK0205",
        1,
        ["source: csv"],
    ),
    "unknown_source_option": (
        node("kind: source\nname: x\nsource: csv\ntable: a.csv\nparams: {delimeter: ';'}\n"),
        "SK0201",
        5,
        ["unknown option 'delimeter'", "did you mean delimiter"],
    ),
    "unknown_target_type": (
        node(
            "kind: transform\nname: x\nsql: SELECT 1 AS a\nmaterializations:\n"
            "  - type: flie\n    path: a.csv\n"
        ),
        "SK0208",
        5,
        ["unknown target type 'flie'", "did you mean file?"],
    ),
    "unknown_audit_type": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\naudits:\n  - type: not_nul\n"),
        "SK0905",
        5,
        ["unknown audit type 'not_nul'"],
    ),
    "audit_without_type": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\naudits:\n  - columns: [a]\n"),
        "SK0905",
        5,
        ["an audit needs its type"],
    ),
    "unknown_ref": (
        sql("SELECT *", "FROM ref('source.ordrs')"),
        "SK0310",
        6,
        ["source.ordrs", "did you mean source.orders?"],
    ),
    "unknown_input": (
        node("kind: transform\nname: x\ninputs:\n  - ref: source.ordrs\nsql: SELECT 1 AS a\n"),
        "SK0310",
        4,
        ["source.ordrs", "did you mean source.orders?"],
    ),
    "ambiguous_ref": (
        {
            "seeknal/a.yml": "kind: transform\nname: orders\nsql: SELECT 1 AS a\n",
            **node("kind: transform\nname: x\nsql: |\n  SELECT *\n  FROM ref('orders')\n"),
        },
        "SK0311",
        5,
        ["'orders'", "source.orders", "transform.orders"],
    ),
    "ambiguous_input": (
        {
            "seeknal/a.yml": "kind: transform\nname: orders\nsql: SELECT 1 AS a\n",
            **node("kind: transform\nname: x\ninputs: [orders]\nsql: SELECT 1 AS a FROM input_0\n"),
        },
        "SK0311",
        3,
        ["source.orders", "transform.orders"],
    ),
    "undeclared_table": (
        {
            "seeknal/a.yml": "kind: transform\nname: other\nsql: SELECT 1 AS a\n",
            **sql("SELECT o.*", "FROM orders o", "JOIN other USING (a)"),
        },
        None,
        7,
        ["other", "ref('transform.other')"],
    ),
    "self_reference": (
        sql("SELECT *", "FROM ref('transform.x')"),
        None,
        6,
        ["transform.x", "itself"],
    ),
    "self_input": (
        node("kind: transform\nname: x\ninputs: [transform.x]\nsql: SELECT 1 AS a FROM input_0\n"),
        None,
        3,
        ["transform.x", "itself"],
    ),
    "sql_syntax": (sql("SELECT id,", "  amount", "FORM orders o"), "SK0450", 7, ["syntax error"]),
    "two_statements": (
        sql("SELECT * FROM orders;", "DROP TABLE orders"),
        "SK0451",
        5,
        ["several statements"],
    ),
    "ddl": (sql("CREATE TABLE t AS", "SELECT * FROM orders"), "SK0452", 5, ["write a SELECT"]),
    "dml": (sql("DELETE FROM orders"), "SK0452", 5, ["write a SELECT"]),
    "copy": (sql("COPY (SELECT 1) TO 'x.csv'"), "SK0452", 5, ["write a SELECT"]),
    "attach": (sql("ATTACH 'x.db'"), "SK0452", 5, ["write a SELECT"]),
    "empty_sql": (node("kind: transform\nname: x\nsql: ''\n"), None, 3, ["SELECT"]),
    "read_csv": (
        sql("SELECT *", "FROM read_csv('data/orders.csv')"),
        "SK0405",
        6,
        ["read_csv", "declare a source"],
    ),
    "path_as_table": (
        sql("SELECT *", "FROM 'data/orders.csv'"),
        "SK0405",
        6,
        ["data/orders.csv", "declare a source"],
    ),
    "undefined_name": (
        sql("SELECT *", "FROM orders", "WHERE amount > {{ limt }}"),
        "SK0401",
        7,
        ["'limt' is undefined"],
    ),
    "undefined_var": (
        sql("SELECT *", "FROM orders", "WHERE amount > {{ var('limit') }}"),
        "SK0401",
        7,
        ["variable 'limit' is not set", "--var"],
    ),
    "template_syntax": (
        sql("SELECT *", "{% if x", "FROM orders"),
        "SK0401",
        (6, 7),
        ["template"],
    ),
    "unclosed_if": (
        sql("SELECT 1", "{% if true %}", "FROM orders"),
        "SK0401",
        (6, 7),
        ["template"],
    ),
    "template_reaching_out": (
        sql("SELECT '{{ ''.__class__.__mro__ }}' FROM orders"),
        "SK0401",
        5,
        ["template"],
    ),
    "template_division": (
        sql("SELECT 1", "{{ 1 // 0 }}", "FROM orders"),
        "SK0401",
        6,
        ["zero"],
    ),
    "env_var_not_listed": (
        sql("SELECT '{{ env_var(\"HOME\") }}' FROM orders"),
        "SK0401",
        5,
        ["HOME", "vars.env"],
    ),
    "secret_env_var": (
        {
            "seeknal_project.yml": "name: sales\nvars: {env: [DB_PASSWORD]}\n",
            **sql("SELECT 1 AS a,", "'{{ env_var(\"DB_PASSWORD\") }}' FROM orders"),
        },
        "SK0401",
        6,
        ["DB_PASSWORD", "secret", "profiles.yml"],
    ),
    "endless_template": (
        sql(
            "SELECT 1",
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        ),
        None,
        None,
        ["template"],
    ),
    "huge_template": (
        sql("SELECT 1 -- {{ 'x' * 2000000 }}"),
        "SK0402",
        5,
        ["larger than"],
    ),
    "invalid_utf8": ({NODE: b"kind: transform\nname: x\n# caf\xe9\n"}, "SK0101", 3, ["UTF-8"]),
    "both_materialization_keys": (
        node(
            "kind: transform\nname: x\nsql: SELECT 1 AS a\n"
            "materialization: {type: file, path: a.csv}\n"
            "materializations: [{type: file, path: b.csv}]\n"
        ),
        "SK0209",
        4,
        ["both", "materializations: [{"],
    ),
    "both_sql_keys": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\ntransform: SELECT 2 AS a\n"),
        "SK0204",
        3,
        ["both transform: and sql:"],
    ),
    "transform_without_sql": (
        node("kind: transform\nname: x\ninputs: [source.orders]\n"),
        None,
        1,
        ["sql:"],
    ),
    "sql_on_a_source": (
        node("kind: source\nname: x\nsource: csv\ntable: data/orders.csv\nsql: SELECT 1\n"),
        None,
        5,
        ["sql", "query"],
    ),
    "absolute_path": (
        node("kind: source\nname: x\nsource: csv\ntable: /etc/passwd\n"),
        "SK0216",
        4,
        ["/etc/passwd", "outside the project", "allow_outside: true"],
    ),
    "path_upwards": (
        node("kind: source\nname: x\nsource: csv\ntable: [data/orders.csv, ../../x.csv]\n"),
        "SK0216",
        4,
        ["../../x.csv", "outside the project", "allow_outside: true"],
    ),
    "path_in_params": (
        node("kind: source\nname: x\nsource: csv\nparams: {path: ../x.csv}\n"),
        "SK0216",
        4,
        ["../x.csv", "outside the project"],
    ),
    "target_path_upwards": (
        node(
            "kind: exposure\nname: x\ntype: file\nparams: {path: ../out.csv}\n"
            "inputs: [{ref: source.orders}]\n"
        ),
        "SK0216",
        4,
        ["../out.csv", "outside the project"],
    ),
    "unsafe_connection_name": (
        node("kind: source\nname: x\nsource: csv\ntable: a.csv\nrefresh: sometimes\n"),
        "SK0203",
        5,
        ["refresh cannot be 'sometimes'"],
    ),
    "bad_duration": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\nlookback: soon\n"),
        "SK0203",
        4,
        ["a duration such as 3d"],
    ),
    "bad_materialized": (
        node("kind: transform\nname: x\nsql: SELECT 1 AS a\nmaterialized: tabel\n"),
        "SK0203",
        4,
        ["table or view or incremental", "did you mean table?"],
    ),
    "file_with_two_inputs": (
        node(
            "kind: exposure\nname: x\ntype: file\nparams: {path: out.csv}\n"
            "inputs: [source.orders, transform.t]\n---\n"
            "kind: transform\nname: t\nsql: SELECT 1 AS a\n"
        ),
        "SK0210",
        1,
        ["several inputs", "sql:", "{name}"],
    ),
}


def problems_of(project, *options):
    """What validate says, after checking that text, run and plan agree with it."""
    outcome = project.run("validate", "--format", "json", *options)
    assert outcome.exit_code == 2, outcome
    return [entry for entry in outcome.json()["problems"] if entry["severity"] == "error"]


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_one_problem_with_its_place_and_a_next_step(seeknal_project, name):
    files, code, line, words = CASES[name]
    project = seeknal_project({**BASE, **files})

    problems = problems_of(project)

    assert len(problems) == 1, problems
    (problem,) = problems
    said = f"{problem['message']} {problem['help']}"
    assert [word for word in words if word not in said] == [], said
    assert code in (None, problem["code"])
    assert problem["file"] == NODE
    lines = line if isinstance(line, tuple) else (line,)
    assert problem["line"], "it names the file without the line"
    assert line is None or problem["line"] in lines


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_mistake_stops_run_and_plan_before_anything_happens(seeknal_project, name, command):
    if name == "endless_template":
        pytest.skip("takes its time-out each time")
    files, *_ = CASES[name]
    project = seeknal_project({**BASE, **files})

    outcome = project.run(command)

    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr
    assert "error[SK" in outcome.stderr
    assert f"--> {NODE}" in outcome.stderr
    assert not (project.path / "target/intermediate").exists()


def test_problems_of_all_files_are_reported_together_and_in_their_order(seeknal_project):
    project = seeknal_project(
        {
            **BASE,
            "seeknal_project.yml": "name: sales\nversoin: 1\n",
            "seeknal/a.yml": "kind: transform\nname: a\nsql: [\n",
            "seeknal/b.yml": "kind: transform\nname: b\nsql: SELECT * FORM x\n",
            "seeknal/c.yml": "kind: transform\nname: c\nsql: SELECT * FROM ref('source.nope')\n",
            "seeknal/d.yml": "kind: transform\nname: d\nsql: SELECT * FROM ref('transform.e')\n",
            "seeknal/e.yml": "kind: transform\nname: e\nsql: SELECT * FROM ref('transform.d')\n",
            "seeknal/f.yml": "kind: transform\nname: f\ninputs: [source.nope]\nsql: FROM input_0\n",
            "seeknal/g.yml": b"\xff",
            "seeknal/pipelines/h.py": "import nothing_there\nfrom seeknal import source\n",
            "seeknal/pipelines/i.py": "def f(:\n",
            "seeknal/common/j.yml": "rules: [{id: x}]\n",
        }
    )

    problems = problems_of(project)

    assert [(entry["file"], entry["code"]) for entry in problems] == [
        ("seeknal/a.yml", "SK0102"),
        ("seeknal/b.yml", "SK0450"),
        ("seeknal/c.yml", "SK0310"),
        ("seeknal/common/j.yml", "SK0202"),
        ("seeknal/d.yml", "SK0320"),
        ("seeknal/f.yml", "SK0310"),
        ("seeknal/g.yml", "SK0101"),
        ("seeknal/pipelines/h.py", "SK0504"),
        ("seeknal/pipelines/i.py", "SK0501"),
        ("seeknal_project.yml", "SK0201"),
    ]


def test_nodes_of_a_file_that_cannot_be_read_are_not_said_to_be_missing(seeknal_project):
    project = seeknal_project(
        {
            **BASE,
            "seeknal/a.yml": "kind: transform\nname: a\nmeta: {\n",
            "seeknal/b.yml": "kind: transform\nname: b\nsql: SELECT * FROM ref('transform.a')\n",
            "seeknal/c.yml": "kind: transfrom\nname: c\nsql: SELECT 1 AS x\n",
            "seeknal/d.yml": "kind: transform\nname: d\ninputs: [transform.c]\nsql: FROM input_0\n",
        }
    )

    problems = problems_of(project)

    assert [entry["code"] for entry in problems] == ["SK0102", "SK0214"]


def test_a_cycle_is_shown_as_a_path(seeknal_project):
    project = seeknal_project(
        {
            f"seeknal/{name}.yml": f"kind: transform\nname: {name}\n"
            f"sql: SELECT * FROM ref('transform.{parent}')\n"
            for name, parent in ("ac", "ba", "cb")
        }
    )

    outcome = project.run("run")

    assert outcome.exit_code == 2
    assert "transform.a -> transform.b -> transform.c -> transform.a" in outcome.stderr
    assert "--> seeknal/a.yml:3" in outcome.stderr


def test_a_node_that_reads_a_disabled_one_is_told_so(seeknal_project):
    project = seeknal_project(
        {
            "seeknal/a.yml": "kind: transform\nname: a\nenabled: false\nsql: SELECT 1 AS x\n",
            "seeknal/b.yml": "kind: transform\nname: b\nsql: SELECT * FROM ref('transform.a')\n",
        }
    )

    (problem,) = problems_of(project)

    assert problem["code"] == "SK0219"
    assert "transform.a, which is disabled" in problem["message"]
    assert (problem["file"], problem["line"]) == ("seeknal/b.yml", 3)


def test_text_output_shows_the_line_and_the_next_step(seeknal_project):
    project = seeknal_project({**BASE, **CASES["unknown_key"][0]})

    outcome = project.run("run")

    assert "error[SK0201]: unknown key 'descripton'" in outcome.stderr
    assert f"--> {NODE}:4:1" in outcome.stderr
    assert "4 | descripton: hi" in outcome.stderr
    assert "help: did you mean description?" in outcome.stderr


PYTHON = "seeknal/pipelines/p.py"


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("from seeknal import transform\ndef f(:\n", "SK0501", 2, ["invalid syntax"]),
        ("import os\n\nimport nothing_here\n", "SK0504", 3, ["nothing_here", "install it"]),
        ("from seeknal import transform\n\n1 / 0\n", "SK0504", 3, ["division by zero"]),
        ("from seeknal import nothing\n", "SK0504", 1, ["nothing"]),
        (
            "from seeknal import transform\n@transform(nmae='x')\ndef x(ctx):\n    return []\n",
            None,
            2,
            ["nmae", "did you mean name?"],
        ),
        (
            "from seeknal import transform\n"
            "@transform(name='x', inputs=['source.nope'])\n"
            "def x(ctx):\n    return []\n",
            "SK0310",
            2,
            ["source.nope"],
        ),
        (
            "from seeknal import transform\n\n@transform(name='a b')\ndef x(ctx):\n    return []\n",
            None,
            3,
            ["a b"],
        ),
        ("import sys\nsys.exit(0)\n", "SK0504", 2, ["SystemExit"]),
    ],
)
def test_a_mistake_in_a_pipeline_file_is_one_problem_with_its_line(
    seeknal_project, text, code, line, words
):
    project = seeknal_project({**BASE, PYTHON: text})
    if "seeknal" not in text:
        project.write({PYTHON: text.rstrip("\n") + "\nfrom seeknal import transform\n"})

    (problem,) = problems_of(project)

    said = f"{problem['message']} {problem['help']}"
    assert [word for word in words if word not in said] == [], said
    assert code in (None, problem["code"])
    assert (problem["file"], problem["line"]) == (PYTHON, line)


def test_a_broken_pipeline_file_spoils_only_its_own_nodes(seeknal_project):
    project = seeknal_project(
        {**BASE, PYTHON: "from seeknal import transform\nboom\n", **CASES["bad_name"][0]}
    )

    problems = problems_of(project)

    assert [entry["code"] for entry in problems] == ["SK0504", "SK0213"]


@pytest.mark.parametrize("table", ["data/link.csv", "linked/x.csv", "linked/*.csv"])
def test_a_symbolic_link_out_of_the_project_needs_leave(seeknal_project, tmp_path, table):
    (tmp_path / "x.csv").write_text("a\n1\n")
    text = f"kind: source\nname: x\nsource: csv\ntable: {table}\n"
    project = seeknal_project({**BASE, NODE: text})
    (project.path / "data/link.csv").symlink_to(tmp_path / "x.csv")
    (project.path / "linked").symlink_to(tmp_path)

    (problem,) = problems_of(project)

    assert problem["code"] == "SK0216"
    assert (problem["file"], problem["line"]) == (NODE, 4)
    project.write({NODE: text + "allow_outside: true\n"})
    project.run("run").assert_ok()
    assert project.rows("source.x") == [(1,)]


READ_BACK = {
    "seeknal/report.yml": """
        kind: exposure
        name: report
        type: file
        inputs: [source.orders]
        params: {path: outputs/report.csv}
    """,
}


@pytest.mark.parametrize(
    "table", ["outputs/report.csv", "./outputs/../outputs/report.csv", "outputs/*.csv"]
)
def test_a_source_of_a_file_that_the_project_delivers_is_offered_ref(seeknal_project, table):
    text = f"kind: source\nname: x\nsource: csv\ntable: {table}\n"
    project = seeknal_project({**BASE, **READ_BACK, NODE: text})

    (problem,) = problems_of(project)

    assert problem["code"] == "SK0220"
    assert "exposure.report" in problem["message"]
    assert "ref('source.orders')" in problem["help"]
    assert problem["file"] == NODE


def test_a_source_beside_a_delivered_file_is_fine(seeknal_project):
    text = "kind: source\nname: x\nsource: csv\ntable: outputs/other.csv\n"
    project = seeknal_project(
        {**BASE, **READ_BACK, NODE: text, "outputs/other.csv": "a\n1\n", "data/report.csv": "a\n"}
    )

    project.run("run").assert_ok()

    assert project.rows("source.x") == [(1,)]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("seeds/my data.csv", "a\n1\n", ["'my data'", "my_data"]),
        ("common/c.yml", "ruels: []\n", ["'ruels'", "did you mean rules?"]),
        ("common/c.yml", "- a\n", ["expected a mapping"]),
        ("common/c.yml", b"a: \xff\n", ["UTF-8"]),
        ("macros/m.sql", b"\xff", ["UTF-8"]),
    ],
)
def test_files_beside_the_nodes_are_checked_too(seeknal_project, name, text, words):
    project = seeknal_project({**BASE, f"seeknal/{name}": text})

    (problem,) = problems_of(project)

    said = f"{problem['message']} {problem['help']}"
    assert [word for word in words if word not in said] == [], said
    assert problem["file"] == f"seeknal/{name}"
    assert problem["line"] == 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: sales\nvesion: 1\n", 2, ["'vesion'", "did you mean version"]),
        ("name: a b\n", 1, ["'a b'"]),
        ("name: sales\nexecution: {max_workers: 0}\n", 2, ["greater than 0"]),
        ("name: sales\nexecution: {max_workers: many}\n", 2, ["max_workers", "'many'"]),
        ("name: sales\nexecution:\n  timeout: soon\n", 3, ["a duration"]),
        ("name: sales\nexecution:\n  paralel: true\n", 3, ["did you mean parallel?"]),
        ("name: sales\nvars: [a]\n", 2, ["a mapping"]),
        ("name: sales\nenvironments: {suffix: schemas}\n", 2, ["did you mean schema?"]),
        ("name: sales\ndefaults: {ownr: me}\n", 2, ["'ownr'", "did you mean owner?"]),
        ("name: sales\ndefaults: {name: me}\n", 2, ["name:", "each node's own"]),
        ("name: sales\ndefaults: {owner: [a, {b: c}]}\n", 2, ["'owner' expects text"]),
        ("- name\n", 1, ["mapping"]),
        ("name: sales\n---\nname: other\n", 3, ["one document"]),
        ("name: sales\nname: other\n", 2, ["twice"]),
        ("name: [\n", (1, 2), ["YAML"]),
    ],
)
def test_the_project_file_is_checked(seeknal_project, text, line, words):
    project = seeknal_project({**BASE, "seeknal_project.yml": text})

    (problem,) = problems_of(project)

    said = f"{problem['message']} {problem['help']}"
    assert [word for word in words if word not in said] == [], said
    assert problem["file"] == "seeknal_project.yml"
    assert problem["line"] in (line if isinstance(line, tuple) else (line,))


def test_no_project_says_how_to_begin_one(seeknal_project):
    project = seeknal_project({})
    (project.path / "seeknal_project.yml").unlink()

    outcome = project.run("run")

    assert outcome.exit_code == 2
    assert "seeknal init" in outcome.stderr


def test_a_typo_in_a_selection_offers_the_nearest_node(seeknal_project):
    project = seeknal_project(BASE)

    outcome = project.run("run", "--select", "ordrs")

    assert outcome.exit_code == 2
    assert "ordrs" in outcome.stderr
    assert "orders" in outcome.stderr.replace("ordrs", "")
    assert "Traceback" not in outcome.stderr


def test_an_unknown_column_in_an_audit_is_refused_before_it_asks_anything(seeknal_project):
    pytest.importorskip("seeknal_audits")
    text = "kind: transform\nname: x\nsql: SELECT 1 AS amount\naudits:\n"
    text += "  - {type: not_null, columns: [amuont]}\n"
    project = seeknal_project({**BASE, NODE: text})

    outcome = project.run("run")

    assert outcome.exit_code in (1, 2)
    assert "amuont" in outcome.stderr
    assert "did you mean amount?" in outcome.stderr
    assert f"--> {NODE}:5" in outcome.stderr


@pytest.mark.parametrize(
    ("audit", "words"),
    [
        ("{type: not_null, colums: [a]}", ["'colums'", "did you mean columns"]),
        ("{type: not_null}", ["columns"]),
        ("{type: accepted_values, column: a}", ["values"]),
        ("{type: not_null, columns: [a], severity: wran}", ["severity cannot be 'wran'"]),
        ("{type: custom_sql, sql: DROP TABLE x}", ["SELECT"]),
        ("{type: row_count, min: many}", ["min", "a whole number"]),
    ],
)
def test_an_audit_that_is_wrong_is_a_problem_of_the_project(seeknal_project, audit, words):
    pytest.importorskip("seeknal_audits")
    text = f"kind: transform\nname: x\nsql: SELECT 1 AS a\naudits:\n  - {audit}\n"
    project = seeknal_project({**BASE, NODE: text})

    (problem,) = problems_of(project)

    said = f"{problem['message']} {problem['help']}"
    assert [word for word in words if word not in said] == [], said
    assert (problem["file"], problem["line"]) == (NODE, 5)
