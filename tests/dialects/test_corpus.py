"""The corpus says what engines give: asked again, they give the same."""

import pytest

from tests.dialects.corpus import DIALECTS, ERROR, UNSAID, asked, entries, load
from tests.dialects.engines import ENGINES, Engine, Failed, asked_postgres, engine
from tests.dialects.servers import NoEngine
from tests.dialects.values import same


def differing(opened):
    """What the engine of a dialect gives now where that is not what is recorded."""
    told = []
    for entry in load(opened.dialect):
        found = asked(entry, opened)
        fails = isinstance(found, Failed) and not found.unknown
        if entry.source or (entry.fails and fails):
            continue
        wrong = str(found) if isinstance(found, Failed) else entry.wrong(found)
        if wrong:
            told.append(f"{entry.sql}: {wrong}")
    return told


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_an_engine_in_this_process_gives_what_is_recorded(dialect):
    with engine(dialect) as opened:
        found = differing(opened)

    assert found == []


def test_postgres_gives_what_is_recorded(server):
    with asked_postgres(server) as ask:
        found = differing(Engine("postgres", ask))

    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("dialect", ["mysql", "spark"])
def test_an_engine_that_needs_a_server_gives_what_is_recorded(dialect):
    try:
        with engine(dialect) as opened:
            found = differing(opened)
    except NoEngine as missing:
        pytest.skip(str(missing))

    assert found == []


def test_every_entry_says_what_it_gives_and_who_says_so():
    found = entries()

    unsaid = [entry.sql for entry in found if entry.gives == UNSAID]
    unsourced = [
        entry.sql for entry in found if entry.dialect not in ENGINES and "://" not in entry.source
    ]
    assert (unsaid, unsourced) == ([], [])


def test_no_entry_stands_twice():
    for dialect in DIALECTS:
        written = [entry.sql for entry in load(dialect)]

        assert len(written) == len(set(written))


def test_the_corpus_is_large_and_expects_errors_too():
    found = entries()

    assert sum(bool(entry.expr) for entry in found) >= 500
    assert sum(bool(entry.query) for entry in found) >= 80
    assert {entry.dialect for entry in found if entry.gives == ERROR} >= set(ENGINES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        ({"decimal": "1.5"}, 1.5),
        ("1", 1),
        ({"date": "2024-01-31"}, {"timestamp": "2024-01-31 00:00:00"}),
        ({"timestamp": "2024-01-31 00:00:00"}, {"timestamptz": "2024-01-31 00:00:00"}),
        (None, 0),
        ([1, None], [1]),
        ({"interval": [1, 0, 0]}, {"interval": [0, 30, 0]}),
        ("a", "a "),
    ],
)
def test_values_that_a_reader_can_tell_apart_are_not_the_same(one, other):
    assert not same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, {"decimal": "1.00"}),
        (0.1 + 0.2, 0.3),
        (float("nan"), float("nan")),
        ([1, {"decimal": "2"}], [1, 2]),
        ({"map": [["a", 1], ["b", 2]]}, {"map": [["b", 2], ["a", 1]]}),
    ],
)
def test_values_that_say_the_same_are_the_same(one, other):
    assert same(one, other)
