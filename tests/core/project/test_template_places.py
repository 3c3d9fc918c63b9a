"""What is wrong with a template is shown at its line and column of the file it was written in."""

import pytest
from tests.core.project.conftest import NEIGHBOURS

FILE = "seeknal/transforms/t.yml"
HEAD = "kind: transform\nname: t\ninputs: [{ref: source.a}]\n"


@pytest.fixture
def told(problems):
    """Place and message of each problem of a project with these files."""

    def told(files):
        return [
            (str(found.location), found.message.removeprefix("template: "))
            for found in problems({**NEIGHBOURS, **files})
        ]

    return told


@pytest.mark.parametrize(
    ("written", "places"),
    [
        ("transform: SELECT {{ nope }}, {{ var('gone') }} FROM a\n", ["4:22", "4:39"]),
        ('transform: "SELECT \\"x\\", {{ nope }} FROM {{ gone }}"\n', ["4:30", "4:46"]),
        ("transform: |\n  SELECT {{ nope }},\n    {{ params.gone }}\n", ["5:13", "6:15"]),
        ("transform: >-\n  SELECT\n\n  {{ nope }}\n  FROM {{ gone }}\n", ["7:6", "8:11"]),
        (
            "transform: SELECT 1\naudits: [{type: unique, columns: ['{{ nope }}']}]\n",
            ["5:39"],
        ),
        (
            "transform: |\n  {{ nope }}\naudits:\n- type: x\n  sql: |\n   SELECT\n   {{ gone }}\n",
            ["5:6", "10:7"],
        ),
    ],
)
def test_in_yaml_it_is_the_name_itself(told, written, places):
    found = told({FILE: HEAD + written})

    assert [place for place, said in found if "nope" in said or "gone" in said] == [
        f"{FILE}:{place}" for place in places
    ]


def test_in_a_file_of_sql_it_is_the_name_itself(told):
    text = (
        "/* ---\ntags: [a]\n--- */\n\nSELECT {{ nope }}\n  FROM {{ ref('source.a') }} {{ gone }}\n"
    )

    found = told({"seeknal/transforms/t.sql": text})

    assert found == [
        ("seeknal/transforms/t.sql:5:11", "'nope' is undefined"),
        ("seeknal/transforms/t.sql:6:33", "'gone' is undefined"),
    ]


def test_in_a_file_of_a_macro_it_is_the_name_itself(told):
    macro = "{% macro twice(c) %}\n{{ c }} * {{ factor }}{% endmacro %}"
    files = {"seeknal/macros/sums.sql": macro, FILE: HEAD + "transform: SELECT {{ twice(2) }}\n"}

    assert told(files) == [("seeknal/macros/sums.sql:2:14", "'factor' is undefined")]


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT {{ 1 // 0 }}", "5:10"),
        ("SELECT 1 {{ 1 + }}", "5:12"),
        ("SELECT {% if 1 %}1{% endif %} {% if 1 %}, {% for a in b %}{% endfor %}", "5:33"),
        ("SELECT {% source %}", "5:10"),
        ("SELECT 1,\n  x, {{ ''.__class__ }}", "6:6"),
    ],
)
def test_any_other_mistake_is_shown_where_its_template_begins(told, sql, place):
    found = told({FILE: f"{HEAD}transform: |\n  {sql}\n"})

    assert [place for place, _ in found] == [f"{FILE}:{place}"]
