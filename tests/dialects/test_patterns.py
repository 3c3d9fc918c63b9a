"""Regular expressions: PostgreSQL and DuckDB match the same letters, or the pattern is refused."""

from random import Random

import pytest

from seeknal.plugin import translate
from seeknal.sql.translating.patterns import FLAVOURS, Unsure, finds_alike, read
from tests.dialects.engines import Engine, Failed, asked_postgres, engine
from tests.dialects.loading import schema

ATOMS = (
    *("a", "b", "A", "1", "é", ",", "-", "k", " ", ".", ".", r"\.", r"\n", r"\d", r"\w", r"\D"),
    *("[ab]", "[^a]", "[a-z]", "[A-Z0-9]", "[^a-c,]", "[é,]", "[-a]", r"[.\]]", "[0-9]"),
)
REPEATS = ("", "", "", "*", "+", "?", "{2}", "{1,2}", "{2,}")
TEXTS = ("s", "t", "(s || t || CHR(10) || s || n)")
FORMS = {
    "postgres": (
        *("{} ~ '{}'", "{} ~* '{}'", "regexp_replace({}, '{}', 'X')", "regexp_count({}, '{}')"),
        *(r"regexp_replace({}, '{}', '<\1>', 'gi')", "substring({} from '{}')"),
    ),
    "duckdb": (
        *("regexp_matches({}, '{}')", "regexp_matches({}, '{}', 'i')"),
        *("regexp_full_match({}, '{}')", r"regexp_replace({}, '{}', '<\1>', 'g')"),
        *("regexp_extract({}, '{}')", "regexp_extract({}, '{}', 1)"),
    ),
}


def branches(random, depth):
    rows = ("".join(parts(random, depth)) for _ in range(random.choice((1, 1, 1, 2, 3))))
    return "|".join(rows)


def parts(random, depth):
    for _ in range(random.randint(1, 3)):
        grouped = depth and random.random() < 0.2
        inner = f"({random.choice(('', '?:'))}{branches(random, depth - 1)})" if grouped else ""
        yield (inner or random.choice(ATOMS)) + random.choice(REPEATS)


def queries(dialect, seed, tries):
    """Queries of random patterns, each drawn apart from all others."""
    for number in range(tries):
        random = Random(f"{seed}:{number}")
        ends = random.choice(("", "", "", "^")), random.choice(("", "", "", "$"))
        pattern = branches(random, 2).join(ends)
        value = random.choice(FORMS[dialect]).format(random.choice(TEXTS), pattern)
        yield f"SELECT id, {value} AS v FROM texts ORDER BY id"


def compared(origin, target, tries):
    """How many queries gave the same rows, and those that did not."""
    equal, known, different = 0, schema(origin.dialect), []
    for sql in queries(origin.dialect, 3, tries):
        found = translate(sql, origin.dialect, target.dialect, known)
        if found.tree is None:
            continue
        try:
            expected = origin.ask(sql).rows
        except Failed:
            continue
        if target.ask(found.sql()).rows == expected:
            equal += 1
        else:
            different.append((sql, found.sql()))
    return equal, different


TRIES = [300, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("from_postgres", [True, False])
def test_random_patterns_match_the_same_letters(server, tries, from_postgres):
    name = "postgres" if from_postgres else "duckdb"
    with asked_postgres(server, name) as ask, engine("duckdb", name) as here:
        there = Engine("postgres", ask)
        pair = (there, here) if from_postgres else (here, there)

        equal, different = compared(*pair, tries)

    assert different == []
    assert equal > tries / 6


@pytest.mark.inside
@pytest.mark.parametrize(
    "pattern",
    [r"\m", r"\1", "(?i)a", "(?=a)", "a*?", "a**", "[[:alpha:]]", "a{", "a{300}", "(a", "a)",
     "[]a]", "a^b", "()", "a||b", "", r"[\d-z]", "a$b"],
)  # fmt: skip
def test_what_is_read_in_several_ways_is_refused(pattern):
    with pytest.raises(Unsure):
        read(pattern, FLAVOURS["re2"])


@pytest.mark.inside
@pytest.mark.parametrize("pattern", ["a|ab", "o*", "a*ab?", "(a|b)*", "a?(ab)?", "(a?)+"])
def test_what_may_be_found_in_several_ways_is_not_found_alike(pattern):
    assert not finds_alike(read(pattern, FLAVOURS["re2"]))


@pytest.mark.inside
@pytest.mark.parametrize("pattern", ["a+b", "[a-z]+[0-9]*", "^(foo|bar)-?x", "([a-z]+)@([0-9]+)$"])
def test_what_the_next_letter_decides_is_found_alike(pattern):
    assert finds_alike(read(pattern, FLAVOURS["re2"]))
