"""Where a target or a source is written as a template, it is refused: nothing fills it in."""

import pytest
from tests.core.project.conftest import NEIGHBOURS

FILE = "seeknal/t.yml"
SETTINGS = {"seeknal_project.yml": "name: x\nvars: {region: eu}\n"}
NODE = "kind: transform\nname: t\nsql: SELECT '{{ region }}' AS r\n"


@pytest.mark.parametrize(
    ("text", "place", "key"),
    [
        (NODE + "materialization: {type: file, path: 'out/{{ region }}.csv'}\n", "4:37", "path"),
        (NODE + "materialization:\n  type: file\n  path: 'out/{{ region }}.csv'\n", "6:9", "path"),
        (
            "kind: exposure\nname: e\ntype: file\ninputs: [source.a]\n"
            "params:\n  path: 'out/{% if 1 %}a{% endif %}.csv'\n",
            "6:9",
            "path",
        ),
        ("kind: source\nname: s\nsource: csv\ntable: 'data/{{ region }}.csv'\n", "4:8", "table"),
        (
            "kind: source\nname: s\nsource: csv\nparams: {path: '{{ region }}.csv'}\n",
            "4:16",
            "path",
        ),
    ],
)
def test_it_is_told_with_where_templates_are_filled_in(problems, text, place, key):
    found = problems({**NEIGHBOURS, **SETTINGS, FILE: text})

    assert [(str(entry.location), entry.code) for entry in found] == [(f"{FILE}:{place}", "SK0404")]
    assert f"templates are not filled in in {key}:" in found[0].message
    assert "SQL, query: and audits" in found[0].help


def test_a_path_for_each_input_is_no_template(load):
    text = (
        "kind: exposure\nname: e\ntype: file\ninputs: [source.a]\n"
        "params: {path: 'out/{name}.csv'}\n"
    )

    project = load({**NEIGHBOURS, FILE: text})

    assert project.nodes["exposure.e"].targets[0].options.path == "out/a.csv"
