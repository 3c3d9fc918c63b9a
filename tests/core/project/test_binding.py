"""SQL is bound against what is known before a run, and its faults are told where they stand."""

import subprocess
import sys

import pytest

FILES = {
    "data/orders.csv": "id,customer,amount,day\n1,a,10.5,2026-01-01\n2,b,20,2026-01-02\n",
    "seeknal/orders.yml": "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n",
}
READER = "kind: transform\nname: {0}\nsql: SELECT {1} FROM ref('{2}')\n"
PYTHON = """
    from seeknal import source

    @source()
    def made():
        return [{"id": 1, "name": "a"}]
"""


def problems(project, *options):
    answer = project.run("validate", "--format", "json", *options).json()
    return answer["problems"]


SQLS = {
    "block": "sql: |\n  SELECT id,\n    ^nosuch\n  FROM ref('source.orders')\n",
    "block with a comment, and text beyond ASCII": (
        "sql: |2-  # as it stands\n    -- Über alles\n    SELECT 'é' AS e, ^nosuch FROM orders\n"
        "inputs: [source.orders]\n"
    ),
    "folded": "sql: >\n  SELECT id,\n  day,\n\n  ^nosuch\n  FROM ref('source.orders')\n",
    "one line": "sql: SELECT id, ^nosuch FROM ref('source.orders')\n",
    "one line after refs": (
        "sql: SELECT a.id FROM ref('source.orders') a JOIN ref('source.orders') b"
        " ON a.id = b.^nosuch\n"
    ),
    "in double quotes": (
        "sql: \"SELECT \\\"id\\\",\n\n  '\\\\\\\\' AS b, ^nosuch\n  FROM ref('source.orders')\"\n"
    ),
    "in single quotes": (
        "sql: 'SELECT id, ''it''''s'' AS s,\n  ^nosuch FROM ref(''source.orders'')'\n"
    ),
    "without quotes over lines": "sql: SELECT id,\n  ^nosuch\n  FROM ref('source.orders')\n",
    "below a template": (
        "sql: |\n  SELECT {% for name in ['a', 'b', 'c'] %}\n    id AS {{ name }},\n"
        "  {% endfor %}\n    ^nosuch\n  FROM ref('source.orders')\n"
    ),
    "in another dialect": (
        "dialect: postgres\nsql: |\n  SELECT id::int AS i,\n    ^nosuch::text AS t\n"
        "  FROM ref('source.orders')\n"
    ),
    "in a subquery": (
        "sql: |\n  WITH one AS (\n    SELECT id FROM ref('source.orders')\n  )\n"
        "  SELECT ^nosuch FROM one\n"
    ),
}


@pytest.mark.parametrize("name", SQLS)
def test_a_fault_is_told_where_it_stands_however_the_sql_is_written(seeknal_project, name):
    marked = f"kind: transform\nname: t\n{SQLS[name]}"
    before = marked[: marked.index("^")]
    text = marked.replace("^", "", 1)
    project = seeknal_project({**FILES, "seeknal/t.yml": text})

    [problem] = problems(project)

    place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    caret = 2 if "b.^" in SQLS[name] else 0
    assert "nosuch" in problem["message"]
    assert (problem["line"], problem["column"]) == (place[0], place[1] - caret)


def test_what_a_template_makes_is_told_at_the_line_of_the_template(seeknal_project):
    sql = "sql: |\n  SELECT id,\n    {{ 'no' ~ 'such' }}\n  FROM ref('source.orders')\n"
    project = seeknal_project({**FILES, "seeknal/t.yml": f"kind: transform\nname: t\n{sql}"})

    [problem] = problems(project)

    assert (problem["file"], problem["line"]) == ("seeknal/t.yml", 5)


def test_several_faults_of_one_query_are_told_at_once(seeknal_project):
    sql = "a AS x, id + b AS y, upper(amount) AS z, lenght(customer) AS l"
    project = seeknal_project({**FILES, "seeknal/t.yml": READER.format("t", sql, "source.orders")})

    found = problems(project)

    assert [entry["column"] for entry in found] == [13, 26, 34, 54]


def test_names_of_an_output_are_known_to_what_reads_it(seeknal_project):
    project = seeknal_project(
        {
            **FILES,
            "seeknal/a.yml": READER.format("a", "id, amount * 2 AS twice", "source.orders"),
            "seeknal/b.yml": READER.format("b", "twice, amount", "transform.a"),
        }
    )

    [problem] = problems(project)

    assert (problem["node"], problem["help"]) == ("transform.b", "columns: id, twice")


def test_what_only_follows_from_a_fault_is_not_told(seeknal_project):
    project = seeknal_project(
        {
            **FILES,
            "seeknal/a.yml": READER.format("a", "id, customr", "source.orders"),
            "seeknal/b.yml": READER.format("b", "customer", "transform.a"),
            "seeknal/c.yml": READER.format("c", "nothing", "transform.b"),
        }
    )

    answer = project.run("validate", "--format", "json").json()

    assert [entry["node"] for entry in answer["problems"]] == ["transform.a"]
    assert answer["unknown_columns"] == answer["unchecked"] == []


def test_what_only_a_run_can_tell_is_said_in_one_line_and_is_no_problem(seeknal_project):
    url = "kind: source\nname: far\nsource: csv\ntable: https://example.invalid/x.csv\n"
    readers = {
        f"seeknal/r{n}.yml": READER.format(f"r{n}", "nosuch", "source.far") for n in range(3)
    }
    project = seeknal_project({**FILES, **readers, "seeknal/far.yml": url})

    outcome = project.run("validate").assert_ok()

    assert outcome.stdout == "5 nodes, no problems\n"
    assert outcome.stderr == (
        "note: columns are known only after a run: source.far; 3 nodes that read them are not"
        " checked\n"
    )


def test_columns_of_the_last_run_make_a_warning_for_they_may_be_others(seeknal_project):
    reader = READER.format("t", "nosuch", "source.made")
    project = seeknal_project({"seeknal/pipelines/made.py": PYTHON})
    project.run("run").assert_ok()
    project.write({"seeknal/t.yml": reader})

    outcome = project.run("validate").assert_ok()

    assert "warning[SK0754]" in outcome.stderr
    assert "nosuch" in outcome.stderr
    assert "seeknal/t.yml:3:13" in outcome.stderr
    assert "before a run" in outcome.stderr


def test_names_of_a_large_file_come_from_its_first_lines_until_it_has_run(seeknal_project):
    rows = "".join(f"{n},a,{n / 2},2026-01-01\n" for n in range(150_000))
    project = seeknal_project(
        {
            "data/orders.csv": "id,customer,amount,day\n" + rows,
            "seeknal/orders.yml": FILES["seeknal/orders.yml"],
            "seeknal/t.yml": READER.format("t", "id", "source.orders"),
        }
    )
    wrong = READER.format("t", "nosuch, upper(id) AS u", "source.orders")

    project.run("validate").assert_ok()
    project.write({"seeknal/t.yml": wrong})
    [first] = problems(project)
    project.run("run", "--select", "source.orders").assert_ok()
    later = problems(project)

    assert (first["code"], first["severity"]) == ("SK0754", "warn")
    assert [entry["severity"] for entry in later] == ["error", "error"]


def test_a_declared_column_that_is_not_in_the_file_is_told_and_the_others_are_known(
    seeknal_project,
):
    source = FILES["seeknal/orders.yml"] + "columns:\n  amount: VARCHAR\n  nosuch: BIGINT\n"
    project = seeknal_project(
        {
            **FILES,
            "seeknal/orders.yml": source,
            "seeknal/t.yml": READER.format("t", "upper(amount) AS a, other", "source.orders"),
        }
    )

    found = problems(project)

    assert [(entry["file"], entry["line"], entry["column"]) for entry in found] == [
        ("seeknal/orders.yml", 7, 3),
        ("seeknal/t.yml", 3, 33),
    ]


def test_nothing_changed_is_told_without_duckdb(seeknal_project):
    project = seeknal_project({**FILES, "seeknal/t.yml": READER.format("t", "id", "source.orders")})
    project.run("validate").assert_ok()
    code = (
        "import sys; from seeknal.cli import main; code = main(['validate']);"
        "print(code, 'duckdb' in sys.modules, 'sqlglot' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "2 nodes, no problems\n0 False False\n"


def test_a_file_that_changes_is_read_again(seeknal_project):
    project = seeknal_project(
        {**FILES, "seeknal/t.yml": READER.format("t", "amount", "source.orders")}
    )
    project.run("validate").assert_ok()

    project.write({"data/orders.csv": "id,customer,total,day\n1,a,1,2026-01-01\n"})

    [problem] = problems(project)
    assert '"amount" not found' in problem["message"]


def test_a_plan_shows_what_is_wrong_and_nothing_else(seeknal_project):
    project = seeknal_project(
        {**FILES, "seeknal/t.yml": READER.format("t", "nosuch", "source.orders")}
    )

    outcome = project.run("plan")

    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert "error[SK0706]" in outcome.stderr


def test_a_project_that_has_run_and_reads_what_is_not_there_is_checked(seeknal_project):
    project = seeknal_project({**FILES, "seeknal/pipelines/made.py": PYTHON})
    project.run("run").assert_ok()
    project.write(
        {
            "seeknal/a.yml": READER.format("a", "id", "source.ordres"),
            "seeknal/b.yml": READER.format("b", "nosuch", "source.orders"),
        }
    )

    found = problems(project)

    assert [entry["code"] for entry in found] == ["SK0310", "SK0706"]


def test_what_has_run_before_is_not_said_to_need_a_first_run(seeknal_project):
    framed = """
        from seeknal import transform

        @transform(inputs=["transform.a"])
        def twice(ctx):
            return ctx.duckdb.sql("SELECT * FROM transform.a")
    """
    project = seeknal_project(
        {
            **FILES,
            "seeknal/a.yml": READER.format("a", "id", "source.orders"),
            "seeknal/pipelines/twice.py": framed,
            "seeknal/b.yml": READER.format("b", "id", "transform.twice"),
        }
    )
    before = project.run("validate").assert_ok()
    project.run("run").assert_ok()
    project.write({"seeknal/a.yml": READER.format("a", "id, day", "source.orders")})

    after = project.run("validate").assert_ok()

    assert "transform.twice; the node that reads them is not checked" in before.stderr
    assert after.stderr == ""


def test_two_columns_of_one_name_are_told_before_a_run(seeknal_project):
    select = "id, customer AS c, amount AS C"
    project = seeknal_project(
        {
            **FILES,
            "seeknal/a.yml": READER.format("a", select, "source.orders"),
            "seeknal/b.yml": READER.format("b", "id", "transform.a"),
        }
    )

    [problem] = problems(project)
    ran = project.run("run")

    assert (problem["code"], problem["line"], problem["column"]) == ("SK0712", 3, 42)
    assert problem["message"] in ran.stderr
    assert "seeknal/a.yml:3:42" in ran.stderr


def test_columns_of_types_of_their_own_keep_nobody_from_checking_the_rest(seeknal_project):
    project = seeknal_project(
        {
            **FILES,
            "seeknal/a.yml": READER.format(
                "a", "'x'::ENUM('x', 'y') AS e, NULL AS n", "source.orders"
            ),
            "seeknal/b.yml": READER.format(
                "b", "e, n, [n] AS l, struct_pack(a := n) AS s", "transform.a"
            ),
            "seeknal/c.yml": READER.format("c", "e, n, l, s, nosuch", "transform.b"),
        }
    )

    [problem] = problems(project)

    assert problem["node"] == "transform.c"


def test_a_run_that_changes_nothing_does_without_the_modules_of_the_checks(seeknal_project):
    project = seeknal_project({**FILES, "seeknal/t.yml": READER.format("t", "id", "source.orders")})
    project.run("run").assert_ok()
    code = (
        "import sys; from seeknal.cli import main; code = main(['run', '-q']);"
        "print(code, 'seeknal.lineage.fitting' in sys.modules, 'duckdb' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "0 False False\n"


CIRCLE = {
    "seeknal/cyc1.yml": READER.format("cyc1", "id", "transform.cyc2"),
    "seeknal/cyc2.yml": READER.format("cyc2", "id", "transform.cyc1"),
    "seeknal/behind.yml": READER.format("behind", "id", "transform.cyc1"),
}


def test_a_circle_hides_nothing_of_what_does_not_hang_on_it(seeknal_project):
    project = seeknal_project(
        {
            **FILES,
            **CIRCLE,
            "seeknal/a.yml": READER.format("a", "id, customr", "source.orders"),
            "seeknal/b.yml": READER.format("b", "amount + day AS x, nosuch", "source.orders"),
        }
    )

    outcome = project.run("validate")

    assert outcome.exit_code == 2
    assert "customr" in outcome.stderr
    assert "nosuch" in outcome.stderr
    assert "error[SK0320]" in outcome.stderr
    assert (
        "note: 2 nodes are not checked, as something is wrong with them or what they read: "
        "transform.behind, transform.cyc2\n"
    ) in outcome.stderr


def test_a_node_that_also_reads_a_broken_one_is_said_not_to_be_checked(seeknal_project):
    both = "kind: transform\nname: both\nsql: SELECT o.nosuch FROM {0} AS o, {1} AS a\n"
    project = seeknal_project(
        {
            **FILES,
            "seeknal/a.yml": READER.format("a", "id, customr", "source.orders"),
            "seeknal/both.yml": both.format("ref('source.orders')", "ref('transform.a')"),
        }
    )

    outcome = project.run("validate")
    answer = project.run("validate", "--format", "json").json()

    assert outcome.stderr.endswith(
        "note: 1 node is not checked, as something is wrong with it or what it reads: "
        "transform.both\n"
    )
    assert answer["skipped"] == ["transform.both"]


ADVICE = {
    "a type that is like one": ("SELECT id::NUMBRIC AS n FROM orders", "did you mean NUMERIC?"),
    "a type that is like none": ("SELECT id::QWXYZ AS n FROM orders", None),
    "a function that is like one": ("SELECT uper(day) AS n FROM orders", "did you mean upper?"),
    "a function that is like none": ("SELECT nofunc(id) AS n FROM orders", None),
    "a column of a common table": (
        "WITH x AS (SELECT id AS first, day AS second FROM orders) SELECT zzz FROM x",
        "columns: first, second",
    ),
    "a column of one of two": (
        "WITH x AS (SELECT id AS first FROM orders), y AS (SELECT zzz AS a FROM x) SELECT * FROM y",
        "columns: first",
    ),
    "a column of a table by its alias": (
        "WITH x AS (SELECT id AS first FROM orders) SELECT o.zzz FROM x, orders AS o",
        "columns: id, customer, amount, day",
    ),
    "a column of both": (
        "SELECT zzz FROM orders JOIN (SELECT id AS first FROM orders) AS y ON y.first = id",
        "columns: id, customer, amount, day, first",
    ),
}


@pytest.mark.parametrize("name", ADVICE)
def test_help_names_what_could_stand_there(seeknal_project, name):
    sql, help = ADVICE[name]
    text = f"kind: transform\nname: t\ninputs: [source.orders]\nsql: {sql}\n"
    project = seeknal_project({**FILES, "seeknal/t.yml": text})

    [problem] = problems(project)

    assert problem["help"] == help
