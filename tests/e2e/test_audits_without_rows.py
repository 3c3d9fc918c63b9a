"""``audit`` of a node of which nothing is stored: its audits have not passed."""

import pytest

FILES = {
    "data/a.csv": "id\n1\n1\n",
    "seeknal/a.yml": """
        kind: source
        name: a
        source: csv
        table: data/a.csv
        audits: [{type: not_null, columns: [id]}]
        ---
        kind: transform
        name: u
        sql: FROM ref('source.a')
        audits: [{type: unique, columns: [id]}, {type: not_null, columns: [id]}]
    """,
}
SAID = "nothing is stored of transform.u: it failed when it last ran"


@pytest.fixture
def failed(seeknal_project):
    project = seeknal_project(FILES)
    assert project.run("run").exit_code == 1
    return project


@pytest.mark.parametrize("named", [("transform.u",), ()], ids=["named", "all"])
def test_what_failed_its_audits_is_no_success(failed, named):
    outcome = failed.run("audit", *named)

    assert outcome.exit_code == 1
    assert SAID in outcome.stdout
    assert "1 failed" in outcome.stdout


def test_programs_are_told_too(failed):
    outcome = failed.run("audit", "u", "--format", "json")

    assert outcome.exit_code == 1
    (found,) = outcome.json()
    assert (found["node"], found["status"]) == ("transform.u", "error")
    assert found["message"].startswith(f"{SAID}, at 20")


def test_what_has_never_run_is_no_success(failed):
    failed.write(
        {"seeknal/b.yml": FILES["seeknal/a.yml"].partition("---")[0].replace(": a", ": b")}
    )

    outcome = failed.run("audit", "source.b", "--format", "json")

    assert outcome.exit_code == 1
    assert outcome.json()[0]["message"] == "source.b has never run"


def test_a_node_without_audits_is_passed_over(failed):
    failed.write({"seeknal/b.yml": "{kind: source, name: b, source: csv, table: data/a.csv}\n"})

    failed.run("audit", "source.a", "source.b").assert_ok()
