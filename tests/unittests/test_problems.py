"""What is wrong with files of tests is told of all of them at once, each with its line."""

import pytest

TEST = """\
test: transform.adults
inputs:
  source.users:
    columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}
    rows:
      - {user_id: 1, name: Ann, age: 30}
expected_output:
  rows: []
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "test: transform.adults",
            "tset: transform.adults",
            (1, "SK0201", "no key 'tset'", "did you mean test?"),
        ),
        (
            "test: transform.adults",
            "test: transform.adlts",
            (1, "SK1712", "no node 'transform.adlts'", "transform.adults"),
        ),
        ("test: transform.adults", "test: source.users", (1, "SK1717", "from outside", "reads it")),
        ("test: transform.adults", "test: [a]", (1, "SK0203", "takes text", None)),
        ("source.users:", "source.usrs:", (3, "SK1713", "no node 'source.usrs'", "source.users")),
        ("source.users:", "transform.adults2:", (3, "SK1713", "no node", "it reads source.users")),
        ("rows:\n      -", "row:\n      -", (5, "SK0201", "no key 'row'", "did you mean rows?")),
        ("name: Ann", "nmae: Ann", (6, "SK1714", "no column 'nmae'", "did you mean name?")),
        ("age: 30", "age: thirty", (6, "SK1715", "age: 'thirty' is no INTEGER", "columns:")),
        ("age: 30", "age: 30.5", (6, "SK1715", "it is not whole", "columns:")),
        ("age: 30", "age: 99999999999", (6, "SK1715", "goes from -2147483648", "columns:")),
        ("age: 30", "age: [1]", (6, "SK1715", "a list is no INTEGER", "columns:")),
        ("age: 30", "age: 1, age: 2", (6, "SK0103", "stands twice", "keep one")),
        ("age: 30", "age: 1, AGE: 2", (6, "SK0203", "are one column", "keep one")),
        ("age: INTEGER", "age: INTEGR", (4, "SK1715", "INTEGR", "columns:")),
        (
            "- {user_id: 1, name: Ann, age: 30}",
            "- [1, Ann, 30]",
            (6, "SK0203", "name of each value", "{id: 1"),
        ),
        ("  rows: []\n", "  rows: {}\n", (8, "SK0203", "a list of rows", "{id: 1")),
        ("  rows: []\n", "  rows: []\n  orderd: true\n", (9, "SK0201", "'orderd'", "ordered")),
        ("  rows: []\n", "  rows: []\n  ordered: maybe\n", (9, "SK0203", "true or false", None)),
        ("  rows: []\n", "  row_count: -1\n", (8, "SK0203", "whole number", None)),
        ("  rows: []\n", "  row_count: 1.5\n", (8, "SK0203", "whole number", None)),
        (
            "  rows: []\n",
            "  rows: []\n  tolerance: 2\n",
            (9, "SK0203", "from 0 to less than 1", "1e-9"),
        ),
        ("  rows: []\n", "  {}\n", (7, "SK0202", "expects nothing", "rows:")),
        (
            "expected_output:\n  rows: []\n",
            "",
            (1, "SK0202", "expected_output: is missing", "rows"),
        ),
        (
            "  rows: []\n",
            "  rows: []\nfreeze_time: noon\n",
            (9, "SK0203", "is a moment", "2026-02-08"),
        ),
        (
            "  rows: []\n",
            "  rows: []\ninterval: {start: 2026-01-02}\n",
            (9, "SK0202", "end: is missing", "interval"),
        ),
        (
            "  rows: []\n",
            "  rows: []\ninterval: {start: 2026-01-02, end: 2026-01-01}\n",
            (9, "SK0203", "before it begins", "one day"),
        ),
        (
            "  rows: []\n",
            "  rows: []\nquery: {metrics: [a]}\n",
            (9, "SK1717", "asks a metric", None),
        ),
        ("    rows:\n", "\t rows:\n", (5, "SK0102", "not valid YAML", "spaces")),
        ("  rows: []\n", "  rows: [\n", (9, "SK0102", "not valid YAML", "quote")),
        (
            "name: Ann",
            "name: !!python/object:os.system x",
            (6, "SK0105", "not allowed", "leave the tag out"),
        ),
        ("name: Ann", "name: &a [*a]", (6, "SK0104", "alias", None)),
    ],
)
def test_each_mistake_is_told_with_its_line_and_what_to_do(old, new, problem, problems_of):
    text = TEST.replace(old, new, 1)

    (found,) = [each for each in problems_of(a=text) if each[2] == problem[1]][:1]

    assert found[:3] == ("tests/a.yml", *problem[:2])
    assert problem[2] in found[3]
    assert problem[3] is None or problem[3] in found[4]


def test_rows_that_a_node_does_not_look_at_are_told(problems_of):
    text = TEST.replace("expected_output", "  this: {rows: [{user_id: 1}]}\nexpected_output")

    found = problems_of(a=text)

    assert [each[1:3] for each in found] == [(7, "SK1713")]


def test_a_range_is_said_just_where_a_node_works_by_ranges(shop):
    node = """
        kind: transform
        name: daily
        time_column: day
        schedule: "@daily"
        start: 2026-01-01
        sql: SELECT day FROM ref('source.users')
        """
    rows = "inputs: {source.users: {rows: [{day: 2026-01-31}]}}\nexpected_output: {rows: []}\n"
    ranged = f"{TEST}interval: {{start: 2026-01-01, end: 2026-01-02}}\n"
    shop.write(
        {
            "seeknal/transforms/daily.yml": node,
            "tests/daily.yml": f"test: transform.daily\n{rows}",
            "tests/ranged.yml": ranged,
        }
    )

    found = shop.run("test", "--format", "json").json()["problems"]

    assert [(each["file"], each["line"], each["code"]) for each in found] == [
        ("tests/daily.yml", 1, "SK1717"),
        ("tests/ranged.yml", 9, "SK1717"),
    ]


def test_all_problems_of_all_files_are_told_together(problems_of):
    found = problems_of(
        a=TEST.replace("Ann, age: 30", "Ann, age: x"),
        b=TEST.replace("source.users", "source.nobody"),
        c=TEST.replace("transform.adults", "transform.nobody"),
    )

    assert [each[:3] for each in found] == [
        ("tests/a.yml", 6, "SK1715"),
        ("tests/b.yml", 3, "SK1713"),
        ("tests/c.yml", 1, "SK1712"),
    ]


def test_two_tests_of_one_name_in_a_file_are_told_apart(problems_of):
    found = problems_of(a=f"{TEST}---\n{TEST}")

    assert [(each[1], each[2]) for each in found] == [(10, "SK1711")]
    assert "also in line 1" in found[0][3]


def test_a_file_that_is_no_text_is_told(problems_of):
    found = problems_of(a=TEST.replace("Ann", "Änn").encode("latin-1") + b"\nno: test: inputs\n")

    assert [each[:3] for each in found] == [("tests/a.yml", 6, "SK0101")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "---\n---\n",
        "services: {db: {healthcheck: {test: [CMD, x]}}}\n",
        "version: 2\nmodels: [{name: a, tests: [unique]}]\n",
        "- test\n- inputs\n",
        "a: !custom {test: 1}\n",
        "{{ jinja }}: [\n",
    ],
)
def test_files_of_other_tools_are_left_alone(text, problems_of):
    assert problems_of(other=text) == []


@pytest.mark.parametrize(
    "text", ["inputs: {}\n", "expected_output: {}\n", "freeze_time: 2020-01-01\n"]
)
def test_a_file_with_any_key_of_a_test_is_one(text, problems_of):
    found = problems_of(a=text)

    assert ("SK0202", "test: is missing") in [(each[2], each[3]) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        TEST.replace("\n", "\r\n"),
        "\ufeff" + TEST,
        TEST.replace("rows:\n      - {user_id: 1, name: Ann, age: 30}", "rows: &r []\n"),
        TEST.replace(
            "{user_id: 1, name: Ann, age: 30}", "&a {user_id: 1}\n      - {<<: *a, age: 3}"
        ),
    ],
)
def test_line_ends_marks_and_anchors_are_read(text, problems_of):
    text = text.replace("rows: []", "columns: [user_id, name, age]")

    assert problems_of(a=text.encode()) == []


def test_a_column_whose_values_do_not_go_together_needs_a_type(problems_of):
    text = TEST.replace("    columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}\n", "")
    text = text.replace("30}", "30, more: [1]}\n      - {user_id: 2, more: {a: 1}}")

    found = problems_of(a=text)

    assert [each[1:3] for each in found] == [(5, "SK1715")]


def test_a_name_that_is_nearly_a_column_of_the_node_is_told(shop):
    declared = "columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}\n"
    source = (shop.path / "seeknal/sources/users.yml").read_text() + declared
    text = TEST.replace(f"    {declared}", "").replace("name: Ann", "nane: Ann")
    shop.write({"seeknal/sources/users.yml": source, "tests/a.yml": text})

    found = shop.run("test")

    assert found.exit_code == 2
    assert "source.users has no column 'nane'" in found.stderr
    assert "did you mean name?" in found.stderr


def test_an_input_of_which_nothing_is_known_asks_for_its_columns(shop, problems_of):
    shop.write({"seeknal/transforms/heads.sql": "SELECT count(*) AS n FROM ref('source.users')"})

    found = problems_of(a="test: transform.heads\nexpected_output: {row_count: 1}\n")

    assert [each[1:3] for each in found] == [(1, "SK1716")]
    assert "columns" in found[0][4]


SELF = """/* ---
time_column: day
schedule: '@daily'
start: 2026-01-01
keys: [day]
--- */
SELECT day, sum(amount) + coalesce((SELECT max(total) FROM {{ this }}), 0) AS total
FROM ref('source.s') GROUP BY day
"""


@pytest.mark.parametrize(
    ("interval", "told"),
    [
        ("{start: 2026-01-01, end: 2026-01-03}", "one range after another"),
        ("{start: 2026-01-01T05:00:00, end: 2026-01-02}", "not made of whole ranges"),
    ],
)
def test_an_interval_that_no_run_processes_at_once_is_refused(seeknal_project, interval, told):
    project = seeknal_project(
        {
            "seeknal/s.yml": "kind: source\nname: s\nsource: csv\ntable: s.csv\n"
            "columns: {day: DATE, amount: BIGINT}\n",
            "seeknal/transforms/total.sql": SELF,
            "tests/t.yml": f"test: transform.total\ninterval: {interval}\n"
            "expected_output: {row_count: 0}\n",
        }
    )

    result = project.run("test")

    assert result.exit_code == 2
    assert told in result.stderr
    assert "tests/t.yml:2" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "- test: transform.t\n  expected_output: {row_count: 0}\n",
        "tests:\n  - test: transform.t\n    expected_output: {row_count: 0}\n",
    ],
)
def test_tests_in_a_list_are_not_passed_over(seeknal_project, text):
    project = seeknal_project({"seeknal/transforms/t.sql": "SELECT 1 AS id", "tests/t.yml": text})

    result = project.run("test")

    assert result.exit_code == 2
    assert "put --- between them" in result.stderr


@pytest.mark.parametrize(
    ("keys", "code", "line", "help"),
    [
        ("ctes: {larg: {row_count: 1}}", "SK1702", 2, "did you mean large?"),
        ("expected_output: {columns: {id: BIGNT}}", "SK1715", 2, "BIGNT"),
    ],
)
def test_what_is_expected_and_cannot_be_is_told_with_its_line(
    seeknal_project, keys, code, line, help
):
    sql = "WITH large AS (SELECT 1 AS id) SELECT * FROM large"
    text = f"test: transform.t\n{keys}\n"
    project = seeknal_project({"seeknal/transforms/t.sql": sql, "tests/t.yml": text})

    result = project.run("test")

    assert result.exit_code == 2
    assert code in result.stderr
    assert f"tests/t.yml:{line}" in result.stderr
    assert help in result.stderr


@pytest.mark.parametrize(
    "name", ["sub/two.yml::two", "tests/sub/two.yml", "sub", "t", "sub/two.yml"]
)
def test_a_test_is_found_by_every_name_that_is_shown_of_it(seeknal_project, name):
    text = "test: transform.t\nexpected_output: {row_count: 1}\n"
    other = text.replace("transform.t", "transform.other")
    project = seeknal_project(
        {
            "seeknal/transforms/t.sql": "SELECT 1 AS id",
            "seeknal/transforms/other.sql": "SELECT 1 AS id",
            "tests/sub/two.yml": text,
            "tests/one.yml": other,
        }
    )

    result = project.run("test", name)

    result.assert_ok()
    assert "1 test: 1 passed" in result.stdout


def test_a_secret_that_comes_out_is_shown_nowhere_and_written_nowhere(seeknal_project):
    code = (
        "import os\nfrom seeknal import transform\n\n\n@transform(name='t', inputs=[])\n"
        "def t(ctx):\n    text = 'Sup3rS3cret' + 'Pw77'\n"
        "    return [{'id': number, 'v': text} for number in range(30)]\n"
    )
    text = "test: transform.t\nexpected_output: {rows: [{id: 1, v: no}]}\n"
    profile = "notifications:\n  - {webhook: 'https://x.test/a', secret: Sup3rS3cretPw77}\n"
    project = seeknal_project(
        {"seeknal/pipelines/t.py": code, "tests/t.yml": text, "profiles.yml": profile}
    )

    results = [
        project.run("test", *more)
        for more in (
            [],
            ["--format", "json"],
            ["--format", "junit"],
            ["-o", "out.txt"],
            ["--update"],
        )
    ]

    assert all("Sup3rS3cret" not in each.stdout + each.stderr for each in results)
    assert (project.path / "tests/t.yml").read_text() == text
    written = [path for path in project.path.rglob("*") if path.suffix in (".csv", ".txt")]
    assert written
    assert all("Sup3rS3cret" not in path.read_text() for path in written)


@pytest.mark.parametrize("output", ["tests/t.yml", "tests", "."])
def test_an_answer_replaces_no_test(seeknal_project, output):
    text = "test: transform.t\nexpected_output: {row_count: 1}\n"
    project = seeknal_project({"seeknal/transforms/t.sql": "SELECT 1 AS id", "tests/t.yml": text})

    result = project.run("test", "-o", output)

    assert result.exit_code == 2
    assert "SK0133" in result.stderr
    assert (project.path / "tests/t.yml").read_text() == text
