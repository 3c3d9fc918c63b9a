"""A plugin that fails while it looks at a project hides nothing that is wrong with it."""

import pytest
from tests.installed import install_plugin

pytestmark = pytest.mark.inside

PLUGIN = """
from attrs import frozen
from seeknal.plugin import TargetType, hookimpl, option


@frozen(kw_only=True)
class Options:
    place: str = option("here", summary="where")


@hookimpl
def target_types():
    return [TargetType(name="brittle", options=Options, summary="breaks")]


@hookimpl
def validate_project(project):
    if any(target.type == "brittle" for node in project.nodes.values() for target in node.targets):
        FAULT
    return []


@hookimpl
def target_misfits(target, columns):
    if target.type != "brittle":
        return None
    return _misfits(columns)


def _misfits(columns):
    yield from ()
    if target_fails:
        raise KeyError("width")


target_fails = FAILS
"""
FILES = {
    "data/o.csv": "id\n1\n",
    "seeknal/o.yml": """
        kind: source
        name: o
        source: csv
        table: data/o.csv
        materializations:
          - {type: file, path: outputs/o.csv}
          - {type: brittle}
    """,
    "seeknal/b.yml": "kind: transform\nname: b\ntransform: SELECT idd FROM ref('source.o')\n",
}


@pytest.fixture
def project(tmp_path_factory, monkeypatch, seeknal_project):
    def make(fault="pass", fails=False):
        site = tmp_path_factory.mktemp("site")
        text = PLUGIN.replace("FAULT", fault).replace("FAILS", str(fails))
        install_plugin(site, f"seeknal_brittle_{site.name.replace('-', '_')}", text)
        monkeypatch.syspath_prepend(site)
        monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits")
        return seeknal_project(FILES)

    return make


def problems(project):
    found = project.run("validate", "--format", "json").json()["problems"]
    return [(entry["code"], entry["line"], entry["message"]) for entry in found]


def test_a_crash_in_validate_project_is_one_problem_beside_the_others(project):
    made = project(fault="raise LookupError('no such table')")

    found = problems(made)

    assert [code for code, _, _ in found] == ["SK0705", "SK0706"]
    assert found[0][2].endswith("failed in validate_project: LookupError: no such table")


def test_what_validate_project_raises_with_a_code_keeps_it(project):
    fault = "from seeknal.plugin import NodeError; raise NodeError('too far', code='SK0704')"
    made = project(fault=fault)

    found = problems(made)

    assert ("SK0704", "too far") in [(code, message) for code, _, message in found]
    assert "SK0706" in [code for code, _, _ in found]


def test_a_crash_over_a_targets_options_stands_at_the_target(project):
    made = project(fails=True)

    found = problems(made)

    assert [(code, line) for code, line, _ in found] == [("SK0706", 3), ("SK0705", 7)]
    assert found[1][2].endswith("failed in target_misfits: KeyError: 'width'")


def test_a_run_is_refused_with_what_a_plugin_could_not_check(project):
    made = project(fault="raise LookupError('no such table')")

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert "error[SK0705]" in outcome.stderr
    assert "Traceback" not in outcome.stderr
