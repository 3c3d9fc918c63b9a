"""Random cases as whole projects: what a run stores of groups, and what is asked of them."""

import random

import pytest

from tests.features.cases import drawn, drawn_large
from tests.features.judge import judged, judged_by_changing, judged_by_drawing
from tests.features.project import project, stored_differ
from tests.features.there import needs_features

pytestmark = pytest.mark.inside


@pytest.mark.parametrize("seed", range(4))
def test_a_run_stores_the_rows_of_groups_and_of_aggregations(seed):
    case = drawn(random.Random(seed))

    with project(case.groups) as made:
        why = stored_differ(made.folder, case.groups)

    assert why is None


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 400, 100))
def test_a_run_stores_the_rows_of_many_groups(first):
    for seed in range(first, first + 100):
        case = drawn(random.Random(seed))

        with project(case.groups) as made:
            why = stored_differ(made.folder, case.groups)

        assert why is None, seed


@needs_features
@pytest.mark.parametrize("seed", range(6))
def test_what_is_asked_of_a_project_is_as_the_reference_says(seed):
    count = judged_by_drawing(project, [seed], asks=8)

    assert count == 1


@needs_features
def test_what_is_later_changes_no_answer_of_a_project():
    count = judged_by_changing(project, range(3), asks=1)

    assert count == 3


@needs_features
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 500, 50))
def test_what_is_asked_of_many_projects_is_as_the_reference_says(first):
    count = judged_by_drawing(project, range(first, first + 50), asks=12)

    assert count == 50


@needs_features
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 200, 50))
def test_what_is_later_changes_no_answer_of_many_projects(first):
    count = judged_by_changing(project, range(first, first + 50), asks=2)

    assert count == 50


@needs_features
@pytest.mark.slow
def test_many_rows_come_in_their_order():
    case = drawn_large(random.Random(1), 30000, 40000)

    judged(project, case)
