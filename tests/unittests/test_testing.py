"""`seeknal test` runs the tests of a project and says which of them do not hold."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.answers import explained, keys
from tests.unittests.conftest import ADULTS, SHOP

COLUMNS = "columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}\n"


def files(project):
    return {path.relative_to(project.path) for path in project.path.rglob("*")}


def test_a_test_that_holds_passes(passing):
    found = passing.run("test")

    assert found.exit_code == 0
    assert "adults.yml::keeps_adults" in found.stdout
    assert found.stdout.endswith("1 test: 1 passed\n")


def test_tests_that_pass_leave_no_file_in_a_fresh_clone(passing):
    before = files(passing)

    passing.run("test").assert_ok()

    assert files(passing) == before


def test_no_source_is_read(passing):
    shutil.rmtree(passing.path / "data")

    found = passing.run("test")

    assert found.exit_code == 0


def test_a_failure_shows_what_changed_side_by_side(passing):
    text = ADULTS[: ADULTS.rindex("30")] + "31}\n"
    passing.write({"tests/adults.yml": text})

    found = passing.run("test")

    assert found.exit_code == 1
    assert found.stdout.splitlines()[4:] == [
        "tests/adults.yml:1: keeps_adults of transform.adults",
        "  1 row changed, expected → actual",
        "     user_id  name  age",
        "  -  -------  ----  -------",
        "  ~  1        Ann   31 → 30",
        "",
        "1 test: 0 passed, 1 failed",
    ]


def test_missing_and_unexpected_rows_are_told_apart(passing):
    text = ADULTS[: ADULTS.rindex("- {")] + "- {user_id: 7, name: Zoe, age: 70}\n"
    passing.write({"tests/adults.yml": text})

    (found,) = passing.run("test", "--format", "json").json()

    (difference,) = found["differences"]
    assert found["status"] == "failed"
    assert difference["missing"] == [["7", "Zoe", "70"]]
    assert difference["unexpected"] == [["1", "Ann", "30"]]
    assert difference["changed_rows"] == []


def test_every_key_of_the_answer_is_explained(passing):
    text = ADULTS[: ADULTS.rindex("30")] + "31}\n"
    passing.write({"tests/adults.yml": text, "tests/more.yml": ADULTS})

    answer = passing.run("test", "--format", "json").json()

    assert set(keys(answer)) - explained().keys() == set()


def test_a_node_that_fails_is_an_error_of_its_test_alone(passing):
    broken = ADULTS.replace("transform.adults", "transform.broken").replace(
        "keeps_adults", "broken"
    )
    sql = SHOP["seeknal/transforms/adults.sql"].replace("name", "error(name)")
    passing.write({"seeknal/transforms/broken.sql": sql, "tests/broken.yml": broken})

    found = passing.run("test")

    assert found.exit_code == 1
    assert "2 tests: 1 passed, 1 error" in found.stdout
    assert "tests/broken.yml:1: broken of transform.broken" in found.stdout


def test_a_project_without_tests_is_told_what_to_write(shop):
    found = shop.run("test")

    assert (found.exit_code, found.stdout) == (0, "no tests\n")
    assert "tests/NAME.yml" in found.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["keeps_adults"],
        ["transform.adults"],
        ["tests/adults.yml"],
        ["tests"],
        ["tests/adults.yml::keeps_adults"],
        ["--select", "transform.adults"],
        ["--select", "source.users+"],
        ["keeps_adults", "transform.adults"],
    ],
)
def test_a_test_is_named_in_many_ways(words, passing):
    passing.write({"seeknal/transforms/other.sql": "SELECT 1 AS one"})
    other = "test: transform.other\nexpected_output: {rows: [{one: 1}]}\n"
    passing.write({"other.yml": "", "tests/sub/other.yml": other})

    found = passing.run("test", *words, "--format", "json").json()

    names = [each["name"] for each in found]
    assert names == (["keeps_adults", "other"] if words == ["tests"] else ["keeps_adults"])


def test_a_name_that_means_nothing_is_answered_with_the_nearest(passing):
    found = passing.run("test", "keep_adults")

    assert found.exit_code == 2
    assert "did you mean keeps_adults?" in found.stderr


def test_more_rows_than_are_shown_are_in_a_file(shop):
    given = "".join(f"      - {{user_id: {n}, name: a, age: 30}}\n" for n in range(25))
    text = f"test: transform.adults\ninputs:\n  source.users:\n    rows:\n{given}"
    shop.write({"tests/many.yml": f"{text}expected_output: {{rows: []}}\n"})

    found = shop.run("test")

    lines = (shop.path / "target/tests/many-many.csv").read_text().splitlines()
    assert "and 5 more rows: all are in target/tests/many-many.csv" in found.stdout
    assert found.stdout.count("  +  ") == 20
    assert lines[:2] == ["row,user_id,name,age", "unexpected,0,a,30"]
    assert len(lines) == 26


def test_junit_counts_and_places_every_test(passing):
    import xml.etree.ElementTree as ElementTree

    odd = ADULTS.replace("keeps_adults", '"a<b>\\x07&"')[:-4] + "31}\n"
    passing.write({"tests/odd.yml": odd})

    found = passing.run("test", "--format", "junit")

    root = ElementTree.fromstring(found.stdout)
    cases = root.findall("testsuite/testcase")
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "2", "1")
    assert [case.get("name") for case in cases] == [
        "keeps_adults",
        "a<b>\N{REPLACEMENT CHARACTER}&",
    ]
    assert [(case.get("file"), case.get("line")) for case in cases] == [
        ("tests/adults.yml", "1"),
        ("tests/odd.yml", "1"),
    ]
    assert "31 → 30" in cases[1].find("failure").text


def test_the_answer_may_be_written_to_a_file(passing):
    found = passing.run("test", "--format", "junit", "-o", "out/junit.xml")

    assert found.exit_code == 0
    assert found.stdout == ""
    assert "<testsuites" in (passing.path / "out/junit.xml").read_text()


def test_an_input_that_is_left_out_has_no_rows(shop):
    declared = (
        SHOP["seeknal/sources/users.yml"]
        + "columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}\n"
    )
    text = "test: transform.adults\nexpected_output: {row_count: 0}\n"
    shop.write({"seeknal/sources/users.yml": declared, "tests/none.yml": text})

    found = shop.run("test")

    assert found.exit_code == 0


def test_an_input_is_known_by_other_tests_or_by_the_sql_of_what_is_declared(passing):
    sql = """
        SELECT a.user_id
        FROM ref('transform.adults') a LEFT JOIN ref('source.users') u USING (name)
        """
    text = """
        test: transform.joined
        inputs:
          source.users: {columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}}
        expected_output: {row_count: 0}
        """
    declared = (
        SHOP["seeknal/sources/users.yml"]
        + "columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}\n"
    )
    passing.write(
        {
            "seeknal/transforms/joined.sql": sql,
            "seeknal/sources/users.yml": declared,
            "tests/joined.yml": text,
        }
    )

    found = passing.run("test")

    assert found.exit_code == 0


def test_clocks_stand_still_and_ctes_are_looked_at(shop):
    sql = """
        WITH old AS (SELECT name FROM ref('source.users') WHERE age > 60)
        SELECT *, current_date AS day FROM old
        """
    text = """
        test: transform.old
        freeze_time: 2020-02-29T12:00:00Z
        inputs:
          source.users: {rows: [{name: Ann, age: 61}, {name: Bob, age: 3}]}
        expected_output: {rows: [{name: Ann, day: 2020-02-29}]}
        ctes:
          old: {rows: [{name: Ann}]}
        """
    shop.write({"seeknal/transforms/old.sql": sql, "tests/old.yml": text})

    found = shop.run("test")

    assert found.exit_code == 0, found


def test_a_column_that_the_test_does_not_give_is_told_so(shop):
    given = "{columns: [user_id, name], rows: [{user_id: 1, name: Ann}]}"
    text = f"test: transform.adults\ninputs: {{source.users: {given}}}\n"
    shop.write({"tests/a.yml": f"{text}expected_output: {{rows: []}}\n"})

    found = shop.run("test")

    assert found.exit_code == 1
    assert "an input has the columns that its rows name" in found.stdout


def test_what_programs_print_that_a_node_starts_is_not_on_stdout(shop):
    code = """
        import subprocess, sys
        from seeknal import transform

        @transform(name="loud", inputs=["source.users"])
        def loud(ctx):
            subprocess.run([sys.executable, "-c", "print('loud')"], check=True)
            return ctx.ref("source.users")
        """
    text = "test: transform.loud\ninputs: {source.users: {rows: [{a: 1}]}}\n"
    shop.write(
        {
            "seeknal/pipelines/loud.py": code,
            "tests/loud.yml": f"{text}expected_output: {{rows: [{{a: 1}}]}}\n",
        }
    )

    done = subprocess.run(
        [sys.executable, "-m", "seeknal", "test", "--format", "json"],
        cwd=shop.path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout)[0]["status"] == "passed"
    assert "loud" in done.stderr


ENDLESS = """
    import time
    from seeknal import transform

    LONG = "SELECT sum(a.range * b.range) AS n FROM range(9999999) a, range(9999999) b"

    @transform(name="endless", inputs=["source.users"])
    def endless(ctx):
        print("begun", flush=True)
        HERE
    """


@pytest.mark.parametrize(
    "work",
    [
        "return ctx.duckdb.sql(LONG).fetchall()",
        "return ctx.duckdb.sql(LONG)",
        "time.sleep(60)",
    ],
)
def test_ctrl_c_ends_the_tests_whatever_a_node_does(work, shop, tmp_path):
    text = "test: transform.endless\ninputs: {source.users: {rows: [{a: 1}]}}\n"
    shop.write(
        {
            "seeknal/pipelines/endless.py": ENDLESS.replace("HERE", work),
            "tests/endless.yml": f"{text}expected_output: {{rows: []}}\n",
        }
    )
    (tmp_path / "scratch").mkdir()

    running = subprocess.Popen(
        [sys.executable, "-m", "seeknal", "test"],
        cwd=shop.path,
        env={**os.environ, "TMPDIR": str(tmp_path / "scratch")},
        stderr=subprocess.PIPE,
        text=True,
    )
    begun = running.stderr.readline()
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)

    assert begun == "transform.endless: begun\n"
    assert running.returncode == 130
    assert told.strip() == "interrupted"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_test_of_which_nothing_came_is_not_taken_for_one_that_holds(passing, monkeypatch):
    from seeknal.unittests.running import Tests

    def defect(tests, prepared):
        raise ValueError("nobody knows")

    monkeypatch.setattr(Tests, "_outcome", defect)
    found = passing.run("test")

    assert found.exit_code == 1
    assert "nobody knows" in found.stderr
