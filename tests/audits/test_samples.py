"""Rows that audits wrote into files: kept while something names them, then removed."""

import pytest

pytestmark = pytest.mark.versions

NODE = """
    kind: transform
    name: a
    sql: SELECT {number} AS id, NULL AS b
    audits:
      - {{type: not_null, columns: [b], severity: {severity}}}
"""


@pytest.fixture
def made(seeknal_project):
    """A project that keeps two generations; gives what runs it again over other rows."""
    made = seeknal_project(
        {"seeknal_project.yml": "name: t\njanitor: {auto_run: false, output_retention: 2}\n"}
    )

    def run(number, severity="warn"):
        made.write({"seeknal/a.yml": NODE.format(number=number, severity=severity)})
        return made.run("run")

    made.again = run
    return made


def folders(made):
    found = (made.path / "target/audits").iterdir()
    return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]


def test_samples_of_what_the_state_keeps_stay(made):
    for number in range(6):
        made.again(number).assert_ok()
    before = folders(made)

    made.run("janitor", "--dry-run").assert_ok()
    assert folders(made) == before
    removed = made.run("janitor", "--format", "json").assert_ok().json()

    samples = [entry for entry in removed["items"] if entry["kind"] == "audit samples"]
    assert folders(made) == before[-3:]
    assert [entry["what"] for entry in samples] == before[:-3]
    assert all(entry["bytes"] > 0 for entry in samples)


def test_samples_of_runs_that_failed_stay_as_long_as_generations(made):
    for number in range(5):
        assert made.again(number, "error").exit_code == 1
    before = folders(made)

    made.run("janitor").assert_ok()

    assert folders(made) == before[-2:]


def test_a_sample_that_a_current_output_names_stays_however_old(made):
    made.again(0).assert_ok()
    (kept,) = folders(made)
    for number in range(1, 5):
        made.again(number, "error")

    made.run("janitor").assert_ok()

    assert kept in folders(made)
    assert len(folders(made)) == 3
    assert made.run("audit", "a").exit_code == 1


def test_runs_clean_up_samples_themselves(made):
    made.write({"seeknal_project.yml": "name: t\njanitor: {output_retention: 2}\n"})

    for number in range(6):
        made.again(number).assert_ok()

    assert len(folders(made)) <= 4


def test_what_is_no_run_of_ours_stays(made):
    made.again(0).assert_ok()
    mine = made.path / "target/audits/notes"
    mine.mkdir()
    for number in range(1, 5):
        made.again(number).assert_ok()

    made.run("janitor").assert_ok()

    assert mine.is_dir()
