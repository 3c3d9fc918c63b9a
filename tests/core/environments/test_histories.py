"""Whatever happens to a project, every environment holds what a rebuild from scratch gives."""

from __future__ import annotations

import pytest
from tests.core.environments.histories import play

EACH = 20


@pytest.mark.once
@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(0, 200, EACH))
def test_every_environment_always_equals_a_rebuild_from_scratch(tmp_path, first):
    for seed in range(first, first + EACH):
        play(tmp_path / str(seed), seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1000, 6000, 100))
def test_every_environment_equals_a_rebuild_in_many_histories(tmp_path, first):
    for seed in range(first, first + 100):
        play(tmp_path / str(seed), seed, steps=20)
