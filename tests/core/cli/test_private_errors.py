"""What runs, the history and the page tell of failures over private values."""

import duckdb
import pytest
from tests.core import private

pytestmark = pytest.mark.inside

PYTHON = """
    from seeknal import transform

    @transform(name="picked", inputs=["source.people"])
    def picked(ctx):
        email = ctx.ref("source.people").fetchall()[0][1]
        raise ValueError("bad " + email)
"""


def told(project):
    """All that is told of the project once it has run."""
    run = project.run("run")
    page = project.run("docs", "--format", "json")
    history = project.run("sql", "SELECT * FROM seeknal_history_full", "--format", "json")
    return "".join(part.stdout + part.stderr for part in (run, page, history))


def test_what_a_function_raises_with_a_private_value_is_told_by_its_type(seeknal_project):
    project = seeknal_project({**private.FILES, "seeknal/pipelines/picked.py": PYTHON})

    found = told(project)

    assert "ValueError; its text is not shown" in found
    assert "hidden.example" not in found


def test_a_renamed_private_column_stays_private_in_what_audits_find(seeknal_project):
    contacts = """
        kind: transform
        name: contacts
        transform: SELECT id, email AS contact FROM ref('source.people')
        audits:
          - {type: accepted_values, column: contact, values: [a], severity: warn}
    """
    project = seeknal_project({**private.FILES, "seeknal/contacts.yml": contacts})

    found = told(project)

    files = (project.path / "target/audits").rglob("*.parquet")
    samples = [row for path in files for row in duckdb.read_parquet(str(path)).fetchall()]
    assert "1 of 1 audit warned" in found
    assert "hidden.example" not in found
    assert sorted(samples) == [(1, "***"), (2, "***")]


def test_the_page_does_not_tell_why_a_run_failed_before_a_column_was_marked(seeknal_project):
    number = """
        kind: transform
        name: numbers
        transform: SELECT CAST(email AS INTEGER) AS number FROM ref('source.people')
    """
    open_ = private.PEOPLE.replace(", pii: true", "")
    project = seeknal_project(
        {**private.FILES, "seeknal/people.yml": open_, "seeknal/n.yml": number}
    )
    project.run("run")
    before = project.run("docs", "--format", "json").stdout
    project.write({"seeknal/people.yml": private.PEOPLE})

    marked = project.run("docs", "--format", "json").stdout
    project.run("run")
    after = project.run("docs", "--format", "json").stdout

    assert "hidden.example" in before
    assert "hidden.example" not in marked + after
    assert "marked pii: true later" in marked
    assert "its text is not shown" in after
