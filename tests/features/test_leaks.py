"""``seeknal features validate`` finds each fault that is planted, and nothing where there is none.

All stand in one project that is run once.
"""

import pytest

from tests.features.leaks import FINDINGS, clean, found, planted, says
from tests.features.there import needs_features

pytestmark = pytest.mark.inside

PLANTED, CLEAN = [*planted()], [*clean()]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    from seeknal.testing import TestProject

    made = TestProject(tmp_path_factory.mktemp("leaks"))
    made.write({"seeknal_project.yml": "name: leaks\n"})
    for each in (*PLANTED, *CLEAN):
        made.write(each.files)
    made.run("run").assert_ok()
    return made


def test_there_is_a_planted_fault_for_each_finding_and_all_of_them_run(project):
    names = [name for each in (*PLANTED, *CLEAN) for name in each.files]

    findings = {each.finding for each in PLANTED}

    assert findings == {*FINDINGS}
    assert len({*names}) == len(names)


@needs_features
@pytest.mark.parametrize("each", PLANTED, ids=[each.name for each in PLANTED])
def test_a_fault_is_found(project, each):
    done = project.run("features", "validate", *each.words, "--format", "json")

    assert done.exit_code == 1, done
    assert found(done.json()) == {each.finding}
    assert all(says(done.json(), group) for group in each.groups)


@needs_features
@pytest.mark.parametrize("each", CLEAN, ids=[each.name for each in CLEAN])
def test_nothing_is_found_where_nothing_is_wrong(project, each):
    done = project.run("features", "validate", *each.words, "--format", "json")

    assert done.exit_code == 0, done
    assert found(done.json()) == set()


@needs_features
def test_a_table_names_what_is_found(project):
    done = project.run("features", "validate", *PLANTED[0].words)

    assert done.exit_code == 1
    assert "duplicate-rows" in done.stdout
