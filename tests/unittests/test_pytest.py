"""`pytest --seeknal PROJECT` runs a project's unit tests as tests of pytest."""

from importlib import import_module

import pytest

from tests.unittests.conftest import ADULTS, SHOP

pytest_plugins = ["pytester"]

ONCE = ("duckdb", "seeknal.cli.tested", "seeknal.project.reading", "seeknal.unittests.running")
for name in ONCE:
    # A session within this one forgets what it has imported, and cannot load DuckDB twice.
    import_module(name)

FAILING = ADULTS[: ADULTS.rindex("30")].replace("keeps_adults", "fails") + "31}\n"


@pytest.fixture
def project(pytester):
    """A project in a folder beside the one that pytest is started in, with a test that fails."""
    files = {**SHOP, "tests/adults.yml": f"{ADULTS}---\n{FAILING}"}
    for name, text in files.items():
        path = pytester.path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return pytester


def test_each_test_is_an_item_and_a_failure_is_its_difference(project):
    found = project.runpytest("--seeknal", "shop", "-v")

    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(
        [
            "shop/tests/adults.yml::keeps_adults PASSED*",
            "shop/tests/adults.yml::fails FAILED*",
            "tests/adults.yml:12: fails of transform.adults",
            "  1 row changed, expected → actual",
            "*1 *Ann *31 → 30",
        ]
    )
    assert not (project.path / "shop/target").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--seeknal", "shop", "-k", "keeps"],
        ["--seeknal", "shop", "shop/tests/adults.yml::keeps_adults"],
    ],
)
def test_tests_are_chosen_as_pytest_chooses(words, project):
    found = project.runpytest("--seeknal", "shop", *words)

    found.assert_outcomes(passed=1, deselected="-k" in words)


def test_those_that_failed_last_are_run_again(project):
    project.runpytest("--seeknal", "shop")

    found = project.runpytest("--seeknal", "shop", "--lf")

    found.assert_outcomes(failed=1)


def test_what_is_wrong_in_a_file_is_told_of_it_alone(project):
    wrong = ADULTS.replace("inputs:", "input:")
    (project.path / "shop/tests/wrong.yml").write_text(wrong)

    found = project.runpytest("--seeknal", "shop", "--continue-on-collection-errors")

    found.assert_outcomes(passed=1, failed=1, errors=1)
    found.stdout.fnmatch_lines(
        ["error*SK0201*: a test has no key 'input'", "*did you mean inputs?"]
    )


def test_a_test_that_does_not_fit_the_project_fails_alone(project):
    wrong = ADULTS.replace("transform.adults", "transform.adlts")
    (project.path / "shop/tests/wrong.yml").write_text(wrong)

    found = project.runpytest("--seeknal", "shop")

    found.assert_outcomes(passed=1, failed=2)
    found.stdout.fnmatch_lines(["error*SK1712*: there is no node 'transform.adlts'"])


def test_a_folder_of_no_project_is_refused(project):
    found = project.runpytest("--seeknal", "nowhere")

    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*--seeknal nowhere: no seeknal_project.yml*"])


def test_without_the_option_nothing_of_it_is_imported(project):
    project.makepyfile(
        "import sys\ndef test_it():\n"
        "    assert not [name for name in sys.modules if name.startswith('seeknal.unittests')]"
    )

    found = project.runpytest_subprocess("test_without_the_option_nothing_of_it_is_imported.py")

    found.assert_outcomes(passed=1)
