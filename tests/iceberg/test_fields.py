"""Columns are known by id: whatever was renamed, moved or added since, every row stays what it was."""

import pytest
from tests.iceberg import corpus


@pytest.fixture
def lake(tmp_path):
    found = corpus.Lake(tmp_path)
    yield found
    found.close()


def cells():
    for name in corpus.VALUES:
        for what in corpus.EVOLUTIONS:
            if what == "widen" and name not in corpus.WIDER:
                continue
            for origin in corpus.ORIGINS:
                yield pytest.param(name, what, origin, id=f"{name}-{what}-{origin}")


def the_same(found, wanted, scanned):
    """Rows are those of the files; PyIceberg's scan says so too, but for what it loses."""
    assert found == wanted
    if scanned is not None:
        assert found == scanned


@pytest.mark.parametrize(("name", "what", "origin"), list(cells()))
def test_all(lake, name, what, origin):
    table = corpus.made(lake, name, what, origin)
    wanted = corpus.truth(table)
    scan = corpus.scanned(table)
    assert (scan == wanted) or origin != "append"
    found = lake.read()
    assert found == wanted
