"""Whatever happens to a project, every environment holds what a rebuild from scratch gives."""

from __future__ import annotations

from functools import cache

import pytest
from tests.core.environments.histories import play

from seeknal.kernel.plugins import load_plugins

pytestmark = pytest.mark.inside

EACH = 5


@pytest.fixture(autouse=True, scope="module")
def plugins():
    """Installed plugins are looked for once, as in the one process of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seeknal.plan.session.load_plugins", cache(load_plugins))
        yield


@pytest.mark.once
@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(0, 10, EACH))
def test_every_environment_always_equals_a_rebuild_from_scratch(tmp_path, first):
    for seed in range(first, first + EACH):
        play(tmp_path / str(seed), seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", [10, *range(1000, 3000, 100)])
def test_every_environment_equals_a_rebuild_in_many_histories(tmp_path, first):
    for seed in range(first, first + 100):
        play(tmp_path / str(seed), seed, steps=12)
