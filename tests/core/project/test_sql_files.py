"""An .sql file below seeknal/ is a node: its SQL is the file, its options a front block."""

import pytest
from tests.core.project.conftest import NEIGHBOURS

from seeknal.values.location import Location

FILE = "seeknal/transforms/clean.sql"
BLOCK = """\
/* ---
description: Orders that count
tags: [daily]
materialized: view
columns: {id: BIGINT}
--- */
"""
SELECT = "SELECT a.x\nFROM ref('source.a') AS a\n"


@pytest.fixture
def loaded(load):
    """The nodes of a project with these files beside its neighbours."""

    def loaded(files):
        return load({**NEIGHBOURS, **files}).nodes

    return loaded


@pytest.fixture
def wrong(problems):
    """Place, code and words of each problem of a project with these files."""

    def wrong(files):
        return [
            (str(found.location), found.code, found.message)
            for found in problems({**NEIGHBOURS, **files})
        ]

    return wrong


def test_a_file_is_the_transform_of_its_name(loaded):
    node = loaded({FILE: SELECT})["transform.clean"]

    assert node.parents == ("source.a",)
    assert '"source"."a"' in node.sql.executable
    assert node.location == Location(FILE, 1, 1)


def test_the_front_block_takes_the_keys_of_a_node(loaded):
    node = loaded({FILE: BLOCK + SELECT})["transform.clean"]

    assert (node.description, node.tags) == ("Orders that count", ("daily",))
    assert node.materialized == "view"
    assert [(entry.name, entry.type) for entry in node.columns] == [("id", "BIGINT")]
    assert node.sql.text.startswith("SELECT a.x")
    assert node.sql.location.line == 7


@pytest.mark.parametrize(
    "text",
    [
        "/*---\ntags: [t]\n---*/\nSELECT 1 AS y",
        "/* --- tags: [t] --- */ SELECT 1 AS y",
        "\n\n-- a heading\n/* ours */\n/* ---\ntags: [t]\n--- */\n-- more\nSELECT 1 AS y;\n",
        "\ufeff/* ---\r\ntags: [t]\r\n--- */\r\nSELECT 1 AS y;\r\n-- the end\r\n",
        "/* ---\ntags: [t]\nmeta: {glob: 'data/*/x.csv'}\n--- */\nSELECT 1 AS y",
    ],
    ids=["tight", "one line", "comments around", "windows", "comment's end inside"],
)
def test_a_front_block_may_be_written_in_these_ways(loaded, text):
    node = loaded({FILE: text.encode()})["transform.clean"]

    assert node.tags == ("t",)
    assert "tags" not in node.sql.text


@pytest.mark.parametrize(
    "text", ["/* --------- x --------- */\nSELECT 1 AS y", "/* -- */ SELECT 1"]
)
def test_a_comment_with_rules_is_no_front_block(loaded, text):
    assert loaded({FILE: text})["transform.clean"].tags == ()


def test_name_and_kind_may_be_others_than_the_file_says(loaded):
    block = """
        /* ---
        kind: feature_group
        name: customer
        entity: {name: customer, join_keys: [x]}
        event_time: t
        --- */
        SELECT x, t FROM ref('source.a')
    """

    nodes = loaded({FILE: block})

    assert "feature_group.customer" in nodes
    assert "transform.clean" not in nodes


def test_enabled_false_leaves_the_file_out(loaded):
    assert "transform.clean" not in loaded({FILE: f"/* ---\nenabled: false\n--- */\n{SELECT}"})


def test_templates_and_macros_fill_the_whole_file(loaded):
    files = {
        "seeknal/macros/m.sql": "{% macro big(c) %}{{ c }} > 100{% endmacro %}",
        FILE: "{% set c = 'x' %}\nSELECT {{ c }} FROM {{ ref('a') }}\nWHERE {{ big('x') }}",
    }

    node = loaded(files)["transform.clean"]

    assert node.parents == ("source.a",)
    assert "x > 100" in node.sql.executable


def test_a_yaml_node_may_name_the_file_of_its_sql(loaded):
    files = {
        FILE: SELECT,
        "seeknal/transforms/clean.yml": "kind: transform\nname: tidy\nsql_file: clean.sql\n",
    }

    nodes = loaded(files)

    assert "transform.clean" not in nodes
    assert nodes["transform.tidy"].sql.location == Location(FILE, 1, 1)
    assert nodes["transform.tidy"].location.file == "seeknal/transforms/clean.yml"


def test_sql_is_the_same_definition_wherever_it_stands(loaded):
    def definition(files):
        return loaded(files)["transform.clean"].definition

    inline = "kind: transform\nname: clean\nmaterialized: view\nsql: |\n  SELECT a.x FROM a\n"
    inline += "inputs: [source.a]\n"
    block = "/* ---\nmaterialized: view\ninputs: [source.a]\n--- */\n"
    beside = "kind: transform\nname: clean\nmaterialized: view\ninputs: [source.a]\n"
    sql = "SELECT a.x\nFROM a -- all of them\n"

    found = [
        definition({"seeknal/clean.yml": inline}),
        definition({FILE: block + sql}),
        definition({FILE: f"-- by us\n{block}{sql};"}),
        definition({FILE: sql, "seeknal/transforms/c.yml": f"{beside}sql_file: clean.sql\n"}),
    ]

    assert len(set(found)) == 1


def test_documentation_and_comments_say_nothing_of_the_rows(loaded):
    before = loaded({FILE: SELECT})["transform.clean"]

    after = loaded({FILE: f"/* ---\ndescription: other\nowner: me\n--- */\n-- why\n{SELECT}"})

    assert after["transform.clean"].definition == before.definition


@pytest.mark.parametrize(
    ("text", "place", "code", "words"),
    [
        ("/* ---\ntags: [t]\ndescripton: x\n--- */\nSELECT 1", "3:1", "SK0201", "descripton"),
        ("/* ---\ntags: [t\n--- */\nSELECT 1", "3:1", "SK0102", "YAML"),
        ("/* ---\n  materialized: views\n--- */\nSELECT 1", "2:17", "SK0203", "materialized"),
        ("/* ---\ntags: [t]\n*/\nSELECT 1", "1:1", "SK0240", "not closed"),
        ("/* ---\ntags: [t]\nSELECT 1", "1:1", "SK0240", "not closed"),
        ("/* --- a heading --- */\nSELECT 1", "1:1", "SK0240", "holds no options"),
        ("/* ---\ntags: [a]\n---\ntags: [b]\n--- */\nSELECT 1", "4:1", "SK0108", "one document"),
        ("/* ---\nsql: SELECT 1\n--- */\nSELECT 1", "2:1", "SK0204", "this file is its SQL"),
        ("SELECT 1\n/* ---\ntags: [a]\n--- */\n", "2:1", "SK0240", "below the SQL"),
        ("/* ---\ntags: [a]\n--- */\n\n", "1:1", "SK0218", "no SQL below"),
        ("", "", "SK0131", "empty"),
        ("\n  \n", "", "SK0131", "empty"),
        ("SELECT 1;\nSELECT 2", "1:9", "SK0451", "several statements"),
        ("-- x\nSELEC 1", "2:1", "SK0450", "syntax error"),
        (
            "/* ---\ntags: [a]\n--- */\n\nSELECT x\n  FROM ref('nothing')",
            "6:8",
            "SK0310",
            "nothing",
        ),
        ("/* ---\ntags: [a]\n--- */\nSELECT 1,\n  {{ nothing }}", "5:6", "SK0401", "nothing"),
        ("/* ---\nkind: source\nsource: csv\n--- */\nSELECT 1", "2:7", "SK0217", "source"),
        ("/* ---\nkind: trnsform\n--- */\nSELECT 1", "2:7", "SK0214", "trnsform"),
        ("/* ---\nname: a b\n--- */\nSELECT 1", "2:7", "SK0213", "a b"),
        (
            f"/* ---\nname: {'a' * 240}\n--- */\nSELECT 1",
            "2:7",
            "SK0213",
            "240 characters is too long",
        ),
        ("MODEL (name x);\nSELECT 1", "1:1", "SK0317", "MODEL"),
    ],
)
def test_what_is_wrong_is_said_at_its_line_of_the_file(wrong, text, place, code, words):
    found = wrong({FILE: text})

    assert [(file, number) for file, number, _ in found] == [
        (f"{FILE}:{place}" if place else FILE, code)
    ]
    assert words in found[0][2]


def test_a_file_of_comments_only_is_a_warning(load):
    project = load({**NEIGHBOURS, FILE: "-- SELECT 1\n/* later */\n"})

    assert [(found.code, found.location.file) for found in project.warnings] == [("SK0132", FILE)]


def test_a_file_needs_a_name_that_a_node_may_have(wrong):
    found = wrong({"seeknal/2024-orders.sql": "SELECT 1"})

    assert [(place, code) for place, code, _ in found] == [
        ("seeknal/2024-orders.sql:1:1", "SK0213")
    ]


def test_two_nodes_of_one_name_are_told_with_both_places(wrong):
    found = wrong({FILE: "SELECT 1 AS y", "seeknal/other/Clean.sql": "SELECT 2 AS y"})

    assert [code for _, code, _ in found] == ["SK0215"]
    assert {found[0][0], found[0][2].rpartition(" ")[2]} == {
        f"{FILE}:1:1",
        "seeknal/other/Clean.sql:1:1",
    }


def test_a_file_and_a_yaml_node_of_one_name_are_two(wrong):
    found = wrong(
        {FILE: "SELECT 1 AS y", "seeknal/b2.yml": "{kind: transform, name: clean, sql: SELECT 1}"}
    )

    assert [code for _, code, _ in found] == ["SK0215"]


@pytest.mark.parametrize("path", ["seeknal/common/x.sql", "seeknal/macros/deep/x.SQL"])
def test_a_file_that_can_be_no_node_is_a_problem_or_a_macro(wrong, loaded, path):
    if "common" in path:
        assert [(place, code) for place, code, _ in wrong({path: "SELECT 1"})] == [(path, "SK0241")]
    else:
        assert "transform.x" not in loaded({path: "{% macro m() %}1{% endmacro %}"})


def test_upper_case_endings_and_hidden_folders_are_read_too(loaded):
    nodes = loaded({"seeknal/X/one.SQL": "SELECT 1 AS y", "seeknal/data/two.sql": "SELECT 2 AS y"})

    assert {"transform.one", "transform.two"} <= nodes.keys()


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("clen.sql", "SK0242", "there is no file"),
        ("../../../x.sql", "SK0242", "below seeknal/"),
        ("../macros/m.sql", "SK0242", "macro"),
        ("note.txt", "SK0242", "no .sql file"),
        ("clean.sql\nsql: SELECT 1", "SK0204", "sql_file"),
    ],
)
def test_a_wrong_sql_file_is_told_where_it_is_written(wrong, written, code, words):
    files = {
        FILE: "SELECT 1 AS y",
        "seeknal/macros/m.sql": "{% macro m() %}1{% endmacro %}",
        "seeknal/transforms/note.txt": "x",
        "seeknal/transforms/t.yml": f"kind: transform\nname: t\nsql_file: {written}\n",
    }

    found = wrong(files)

    assert [number for _, number, _ in found] == [code]
    assert found[0][0].startswith("seeknal/transforms/t.yml:")
    assert words in found[0][2]


def test_comments_of_jinja_are_answered_with_those_of_sql(problems):
    (found,) = problems({FILE: "{# all of them #}\nSELECT 1 AS y"})

    assert str(found.location) == f"{FILE}:1:1"
    assert found.help == "write -- or /* */: {# #} is no comment here"


def test_the_nearest_file_is_offered(problems):
    yaml = "kind: transform\nname: t\nsql_file: clen.sql\n"

    (found,) = problems({FILE: "SELECT 1 AS y", "seeknal/transforms/t.yml": yaml})

    assert found.help == "did you mean clean.sql?"


def test_one_file_is_the_sql_of_one_node(wrong):
    yaml = "kind: transform\nname: t\nsql_file: clean.sql\n---\n"
    yaml += "kind: transform\nname: u\nsql_file: clean.sql\n"

    found = wrong({FILE: "SELECT 1 AS y", "seeknal/transforms/t.yml": yaml})

    assert [(place, code) for place, code, _ in found] == [
        ("seeknal/transforms/t.yml:7:11", "SK0242")
    ]
    assert "seeknal/transforms/t.yml:1:1" in found[0][2]


def test_options_stand_in_one_place(wrong):
    files = {
        FILE: BLOCK + SELECT,
        "seeknal/transforms/t.yml": "{kind: transform, name: t, sql_file: clean.sql}",
    }

    found = wrong(files)

    assert [(place, code) for place, code, _ in found] == [(f"{FILE}:1:1", "SK0240")]


def test_a_mistake_in_a_yaml_file_makes_no_node_of_its_sql_file(wrong):
    files = {
        FILE: "SELECT 1 AS y",
        "seeknal/transforms/t.yml": "{kind: transform, name: clean, sql_file: clean.sql, x: [}",
    }

    assert [code for _, code, _ in wrong(files)] == ["SK0102"]


def test_errors_of_sql_in_a_named_file_are_at_the_file(wrong):
    files = {
        FILE: "SELECT 1,\n  (FORM x\n",
        "seeknal/transforms/t.yml": "{kind: transform, name: t, sql_file: clean.sql}",
    }

    found = wrong(files)

    assert [place.partition(":")[0] for place, _, _ in found] == [FILE]


def test_macros_may_lie_in_folders_of_their_own(loaded, wrong):
    macro = "{% macro twice(c) %}\n{{ c }} * {{ factor }}{% endmacro %}"
    files = {"seeknal/macros/deep/sums.sql": macro, FILE: "SELECT {{ sums.twice('1') }} AS y"}

    nodes = loaded({**files, "seeknal_project.yml": "name: x\nvars: {factor: 2}\n"})
    found = wrong(files)

    assert "1 * 2" in nodes["transform.clean"].sql.executable
    assert [(place, code) for place, code, _ in found] == [
        ("seeknal/macros/deep/sums.sql:2:14", "SK0401")
    ]


def test_sql_in_a_front_block_hides_none_of_its_other_mistakes(wrong):
    block = "/* ---\nnam: x\ntags: 5\nsql: SELECT 1\nmeta: {code: 010}\n--- */\n"

    found = wrong({FILE: f"{block}{SELECT}"})

    assert sorted(place.split(":")[1] for place, _, _ in found) == ["2", "3", "4", "5"]


@pytest.mark.parametrize("gap", ["", "\n", "# Orders.\n"])
def test_a_front_block_without_comment_marks_is_told_how_to_be_written(problems, gap):
    text = f"---\n{gap}tags: [daily]\n---\n{SELECT}"

    (problem,) = problems({**NEIGHBOURS, FILE: text})

    assert (problem.code, problem.location) == ("SK0240", Location(FILE, 1, 1))
    assert "/* ---" in problem.help


def test_a_ruler_of_dashes_is_a_comment(loaded):
    node = loaded({FILE: f"---\n-- Orders\n---\n{SELECT}"})["transform.clean"]

    assert node.parents == ("source.a",)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery"])
@pytest.mark.parametrize("sql", ["SELEC 1", "SELEC * FROM x", "WIHT a AS (SELECT 1) FROM a"])
def test_a_word_that_begins_no_query_is_marked_in_every_dialect(seeknal_project, dialect, sql):
    front = f"/* ---\ndialect: {dialect}\n--- */\n"
    project = seeknal_project({"seeknal/q.sql": front + sql})

    [problem] = project.run("validate", "--format", "json").json()["problems"]

    assert (problem["line"], problem["column"]) == (4, 1)
    assert f'syntax error at or near "{sql[:5].strip()}"' in problem["message"]
