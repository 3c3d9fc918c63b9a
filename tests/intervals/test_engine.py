"""seeknal processes what the model does, and holds the same rows, after each event of a history."""

from __future__ import annotations

import pytest

from tests.intervals.delivering import WithPostgres
from tests.intervals.engine import SeeknalEngine
from tests.intervals.judge import judged_by_drawing

pytestmark = pytest.mark.inside

FEW = ((2, 10, 12), (22, 31, 50))
"""Seeds of histories with few batches, and with all that can happen among them."""
MORE = ((14, 16, 17), (23, 30, 49))


@pytest.mark.once
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seeds", FEW, ids=str)
def test_ranges_rows_and_targets_are_the_models(seeds):
    judged_by_drawing(WithPostgres, seeds, patience=60)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seeds", MORE, ids=str)
def test_ranges_rows_and_targets_are_the_models_in_others(seeds):
    judged_by_drawing(WithPostgres, seeds, patience=60)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1000, 3000, 50))
def test_ranges_and_rows_are_the_models_in_many_histories(first):
    judged_by_drawing(SeeknalEngine, range(first, first + 50), patience=300)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(3000, 4000, 50))
def test_targets_are_the_models_in_many_histories(first):
    judged_by_drawing(WithPostgres, range(first, first + 50), patience=300)
