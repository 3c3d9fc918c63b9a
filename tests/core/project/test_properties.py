"""Column docs and audits of several nodes in one document, beside the nodes themselves."""

import pytest
from tests.core.project.conftest import NEIGHBOURS

FILES = {
    **NEIGHBOURS,
    "seeknal/one.sql": "SELECT 1 AS y\n",
    "seeknal/two.sql": "/* ---\nowner: us\n--- */\nSELECT 2 AS y\n",
    "seeknal/pipelines/p.py": (
        "from seeknal import transform\n\n\n@transform(name='p')\ndef p(ctx):\n    return []\n"
    ),
}
YAML = "seeknal/schema.yml"
DOCUMENT = """
    kind: properties
    nodes:
      one:
        description: The first
        columns: {y: INTEGER}
        tags: [t]
      transform.two:
        columns:
          y: {type: INTEGER, description: a number}
      source.a: {domain: sales}
      p: {columns: {z: what it is}}
"""


def test_one_document_tells_of_many_nodes(load):
    nodes = load({**FILES, YAML: DOCUMENT}).nodes

    one, two = nodes["transform.one"], nodes["transform.two"]
    assert (one.description, one.tags) == ("The first", ("t",))
    assert [(entry.name, entry.type) for entry in one.columns] == [("y", "INTEGER")]
    assert [(entry.description, two.owner) for entry in two.columns] == [("a number", "us")]
    assert nodes["source.a"].domain == "sales"
    assert [entry.description for entry in nodes["transform.p"].columns] == ["what it is"]


def test_what_is_said_elsewhere_changes_no_row(load):
    before = load(FILES).nodes["transform.two"]

    after = load({**FILES, YAML: DOCUMENT}).nodes["transform.two"]

    assert after.definition == before.definition


@pytest.mark.parametrize(
    ("lines", "place", "code", "words"),
    [
        ("nodes:\n  on: {description: x}", "3:3", "SK0310", "'on' names no node"),
        ("nodes:\n  one: {descripton: x}", "3:9", "SK0201", "descripton"),
        ("nodes:\n  one: {sql: x}", "3:9", "SK0201", "sql"),
        ("nodes:\n  one: {tags: {a: 1}}", "3:15", "SK0203", "tags"),
        ("nodes:\n  two: {owner: me}", "3:9", "SK0244", "seeknal/two.sql:2:1"),
        ("nodes:\n  one:\n    columns: {y: INTEGRE}", "4:18", "SK0740", "INTEGRE"),
        ("nodes:\n  one:\n    audits: [{type: nonsense}]", "4:21", "SK0905", "nonsense"),
        ("nodes: [one]", "2:8", "SK0243", "mapping of names"),
        ("nodes:\n  one: text", "3:8", "SK0243", "mapping"),
        ("node:\n  one: {}", "2:1", "SK0201", "node"),
        ("name: x\nnodes: {one: {}}", "2:1", "SK0201", "name"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(problems, lines, place, code, words):
    found = problems({**FILES, YAML: f"kind: properties\n{lines}\n"})

    assert [(str(each.location), each.code) for each in found] == [(f"{YAML}:{place}", code)]
    assert words in found[0].message


def test_one_key_of_a_node_is_said_once(problems):
    other = "kind: properties\nnodes:\n  one: {description: again}\n"

    found = problems({**FILES, YAML: DOCUMENT, "seeknal/z.yml": other})

    assert [(str(each.location), each.code) for each in found] == [("seeknal/z.yml:3:9", "SK0244")]


def test_a_name_of_two_nodes_needs_its_kind(problems):
    text = "kind: properties\nnodes:\n  a: {owner: me}\n"

    found = problems({**FILES, "seeknal/a2.sql": "/* ---\nname: a\n--- */\nSELECT 1", YAML: text})

    assert [each.code for each in found] == ["SK0311"]
    assert found[0].help == "write source.a or transform.a"


def test_a_kind_like_it_is_told_before_a_name_that_it_does_not_need(problems):
    (problem,) = problems({**FILES, YAML: DOCUMENT.replace("properties", "propertes")})

    assert problem.code == "SK0214"
    assert problem.message == "unknown kind 'propertes'"
    assert problem.help == "did you mean properties?"
    assert str(problem.location).startswith(f"{YAML}:1:7")


def test_another_kind_is_told_with_the_name_that_it_needs(problems):
    found = problems({**FILES, YAML: "kind: trnsform\nsql: SELECT 1 AS y\n"})

    assert sorted((entry.code, entry.help) for entry in found) == [
        ("SK0202", "name: what others read it by"),
        ("SK0214", "did you mean transform?"),
    ]
