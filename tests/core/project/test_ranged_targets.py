"""What targets of nodes that remember ranges of time may say."""

import pytest
from tests.core.project.test_tracked import DAILY, told, transform

pytestmark = pytest.mark.usefixtures("vault")


def delivered(target):
    return transform(*DAILY, f"materializations: [{{type: vault, table: t, {target}}}]")


def target_of(project):
    (found,) = project.nodes["transform.x"].targets
    return found


def test_ranges_are_replaced_by_the_column_of_the_node(load):
    found = target_of(load(delivered("mode: incremental_by_time")))

    assert (found.time_column, found.options.time_column) == ("at", "at")
    assert (found.by_range, found.accumulates) == (True, False)


def test_the_column_may_be_said_all_the_same(load):
    said = target_of(load(delivered("mode: incremental_by_time, time_column: at")))
    unsaid = target_of(load(delivered("mode: incremental_by_time")))

    assert said.key == unsaid.key


def test_the_cache_knows_it(seeknal_project):
    from seeknal.kernel.plugins import load_plugins
    from seeknal.project.loader import load_project

    made = seeknal_project(delivered("mode: incremental_by_time"))

    first, second = (target_of(load_project(made.path, load_plugins())) for _ in range(2))

    assert first == second
    assert second.by_range


@pytest.mark.parametrize("mode", ["full", "upsert_by_key"])
def test_targets_of_other_modes_are_as_they_are(load, mode):
    found = target_of(load(delivered(f"mode: {mode}")))

    assert not found.by_range


def test_without_ranges_a_target_says_its_own_column(load):
    node = transform(
        "time_column: at",
        "materializations: [{type: vault, table: t,"
        " mode: incremental_by_time, time_column: since}]",
    )

    found = target_of(load(node))

    assert (found.by_range, found.options.time_column) == (False, "since")


WRONG = {
    "mode: append": "SK0237",
    "mode: incremental_by_time, time_column: since": "SK0238",
    "mode: incremental_by_time, lookback: 3": "SK0239",
}


@pytest.mark.parametrize("target", WRONG)
def test_what_has_no_meaning_for_ranges_is_an_error(problems, target):
    found = problems(delivered(target))

    assert told(found) == [(WRONG[target], 7)]
