"""``--select state:modified`` where nothing is: an answer, and a run that did all there was."""

import pytest

pytestmark = pytest.mark.inside

FILES = {
    "a.csv": "id\n1\n",
    "seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: a.csv\n",
    "seeknal/b.yml": "kind: transform\nname: b\nsql: SELECT * FROM ref('source.a')\n",
}
SAID = "nothing is modified: no selected node is defined otherwise than when it last ran"

RULE = """
    kind: rule
    name: sound
    inputs: [{ref: transform.b}]
    audits: [{type: not_null, column: id}]
"""


@pytest.fixture
def project(seeknal_project):
    made = seeknal_project(FILES)
    made.run("run").assert_ok()
    return made


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--select", "state:modified"),
        ("run", "--select", "state:modified+", "--dry-run"),
        ("plan", "--select", "state:modified"),
        ("apply", "--yes", "--select", "state:modified"),
    ],
    ids=lambda command: " ".join(command),
)
def test_it_ends_well_and_says_so(project, command):
    outcome = project.run(*command).assert_ok()

    assert outcome.stderr.splitlines()[-1:] == [SAID]
    assert "0 nodes" in outcome.stdout + outcome.stderr


def test_as_json_it_is_a_run_of_no_nodes(project):
    outcome = project.run("run", "--select", "state:modified", "--format", "json").assert_ok()

    assert outcome.json()["counts"]["success"] == 0
    assert outcome.json()["nodes"] == []


def test_what_is_modified_runs(project):
    project.write({"seeknal/b.yml": FILES["seeknal/b.yml"].replace("*", "id + 1 AS id")})

    outcome = project.run("run", "--select", "state:modified", "--format", "json").assert_ok()

    assert [entry["node"] for entry in outcome.json()["nodes"]] == ["transform.b"]


def test_another_empty_selection_is_still_a_mistake(project):
    outcome = project.run("run", "--select", "source.a,transform.b")

    assert outcome.exit_code == 2
    assert "the selection is empty" in outcome.stderr


@pytest.fixture
def audit_types():
    pytest.importorskip("seeknal_audits", reason="the audits of these rules are the plugin's")


@pytest.fixture
def ruled(project, audit_types):
    project.write({"seeknal/rule.yml": RULE})
    project.run("run").assert_ok()
    return project


@pytest.mark.parametrize("command", [("list",), ("plan",), ("run",)], ids=" ".join)
def test_a_rule_that_was_asked_is_not_modified(ruled, command):
    outcome = ruled.run(*command, "--select", "state:modified", "--format", "json").assert_ok()

    answer = outcome.json()
    assert (answer if command == ("list",) else answer["nodes"]) == []


def test_an_edited_rule_is_modified(ruled):
    ruled.write({"seeknal/rule.yml": RULE.replace("not_null", "unique")})

    outcome = ruled.run("list", "--select", "state:modified", "--format", "names").assert_ok()

    assert outcome.stdout.split() == ["rule.sound"]


def test_a_new_rule_is_modified(project, audit_types):
    project.write({"seeknal/rule.yml": RULE})

    outcome = project.run("list", "--select", "state:modified", "--format", "names").assert_ok()

    assert outcome.stdout.split() == ["rule.sound"]


@pytest.fixture
def unasked(project, audit_types):
    """A project that has run, with a rule that has not been asked since."""
    project.write({"seeknal/rule.yml": RULE})
    return project


def steps(outcome):
    return [(entry["node"], entry["status"], entry["reason"]) for entry in outcome.json()["nodes"]]


@pytest.mark.parametrize("selection", ["state:modified", "rule.sound"])
def test_a_rule_that_is_selected_alone_is_asked_of_the_stored_rows(unasked, selection):
    outcome = unasked.run("run", "--select", selection, "--format", "json").assert_ok()

    assert steps(outcome) == [
        ("transform.b", "success", "audits changed"),
        ("rule.sound", "success", "audits changed"),
    ]
    assert [audit["type"] for audit in outcome.json()["nodes"][1]["audits"]] == ["not_null"]
    after = unasked.run("list", "--select", "state:modified", "--format", "names").assert_ok()
    assert after.stdout == ""


def test_a_plan_says_that_it_will_be(unasked):
    outcome = unasked.run("plan", "--select", "state:modified", "--format", "json").assert_ok()

    found = [(entry["node"], entry["action"]) for entry in outcome.json()["nodes"]]
    assert found == [("transform.b", "audit"), ("rule.sound", "run")]


def test_it_is_asked_again_until_it_holds_and_is_not_modified(unasked):
    wrong = RULE.replace("not_null, column: id", "expression, expression: id > 1")
    unasked.write({"seeknal/rule.yml": wrong})

    first = unasked.run("run", "--select", "rule.sound")
    second = unasked.run("run", "--select", "rule.sound")

    assert [first.exit_code, second.exit_code] == [1, 1]
    assert "id > 1" in second.stderr
    after = unasked.run("list", "--select", "state:modified", "--format", "names").assert_ok()
    assert after.stdout == ""


def test_nothing_else_of_its_input_is_done(unasked):
    unasked.write(
        {
            "seeknal/rule.yml": RULE.replace("transform.b", "source.a"),
            "a.csv": "id\n1\n2\n",
        }
    )

    outcome = unasked.run("run", "--select", "rule.sound", "--format", "json").assert_ok()

    assert steps(outcome)[0] == ("source.a", "success", "audits changed")
    assert unasked.rows("source.a") == [(1,)]


def test_rows_of_another_definition_are_not_asked(unasked):
    unasked.write({"seeknal/b.yml": FILES["seeknal/b.yml"].replace("*", "id + 1 AS id")})

    outcome = unasked.run("run", "--select", "rule.sound", "--format", "json").assert_ok()

    assert steps(outcome) == [("rule.sound", "reused", "transform.b is not current")]
    after = unasked.run("list", "--select", "rule.sound,state:modified", "--format", "names")
    assert after.stdout.split() == ["rule.sound"]


def test_a_rule_is_about_its_first_input_alone(project, audit_types):
    two = RULE.replace("[{ref: transform.b}]", "[{ref: transform.b}, {ref: source.a}]")
    project.write({"seeknal/rule.yml": two})
    project.run("run").assert_ok()
    source = FILES["seeknal/a.yml"] + "audits: [{type: not_null, column: id}]\n"
    project.write({"seeknal/a.yml": source})

    outcome = project.run("list", "--select", "state:modified", "--format", "names").assert_ok()

    assert outcome.stdout == ""
