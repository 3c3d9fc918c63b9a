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
