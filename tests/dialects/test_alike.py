"""What DuckDB's words say of a text in another dialect is what the dialect's own parser says."""

import random
import re

import pytest
import sqlglot
from sqlglot.dialects.dialect import Dialects
from sqlglot.errors import TokenError

from seeknal.dialects import known_pairs
from seeknal.sql.alike import cut_alike
from seeknal.sql.dialects import resolve_dialect
from seeknal.sql.inputs import Scope
from seeknal.sql.refs import resolve_sql
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Input
from tests.dialects.corpus import load
from tests.dialects.tables import TABLES

pytestmark = pytest.mark.inside

PAIRS = known_pairs()
OTHERS = ("mysql", "sqlite", "spark", "snowflake", "bigquery", "starrocks")
KNOWN = [NodeId(f"source.{name}") for name in TABLES]
ALIKE = (
    *("a", "b_1", "SELECT", "FROM", "ORDER BY", "is", "NULL", "12", "1.5", ".5", "7.", "''"),
    *(
        "'it /* is */'",
        "'ä'",
        "(",
        ")",
        ",",
        ".",
        ";",
        "*",
        "+",
        "-",
        "- -",
        "/",
        "%",
        " % ",
        "<",
        ">",
    ),
    *("=", "<>", "!=", "<=", "||", "|", "!", "\n", "\t", "-- it's\n", "--\n", "/ *", "' -- '"),
    *("/* it's */", "::", "1e5", "2.5E-3"),
)
OTHERWISE = (
    *("--x\n", "/* /* c */ */", "/*! c */", "//", "#", "\\", "$1", "$$", "@", "[1]", "{", "'\\''"),
    *("'a''b'", "'''a'''", "x'1'", "e'a'", "1a", "1e5a", "0x1", "~", "^", "&", "?", ":a", "é"),
    *('"', "`", "``", "'", "`--`", "'`'", "-- `\n", "%a", "|/", "/* a", "*/"),
)


EVERY = sorted(one.value for one in Dialects if one.value not in ("", "prql"))


def words(sql, dialect):
    """Where names, numbers and texts begin and end; None of what cannot be cut."""
    try:
        found = sqlglot.tokenize(sql, read=dialect)
    except TokenError:
        return None
    return {
        (token.start + place.start(), token.start + place.end())
        for token in found
        for place in re.finditer(r"\S+", sql[token.start : token.end + 1])
        if re.match(r"[\w'\"`]", place.group())
    }


def texts(parts, seed, tries):
    chance = random.Random(seed)
    for _ in range(tries):
        gaps = [chance.choice(("", " ", "  ")) for _ in range(8)]
        found = [chance.choice(OTHERWISE if chance.random() < 0.05 else parts) for _ in gaps]
        yield "".join(part + gap for part, gap in zip(found, gaps, strict=True))


@pytest.mark.parametrize(
    ("names", "origin", "dialects"),
    [
        ((), "mysql", EVERY),
        (("`a`", "`a 1`"), "mysql", ("mysql", "spark", "bigquery", "sqlite", "starrocks")),
        (('"a"', '"a-1"'), "snowflake", ("snowflake", "sqlite", "postgres", "trino")),
    ],
)
def test_texts_that_are_taken_for_alike_have_the_same_words(names, origin, dialects):
    found = [*texts((*ALIKE, *names * 3), 5, 300)]

    alike = {sql: text for sql in found if (text := cut_alike(sql, origin, PAIRS)) is not None}

    assert len(alike) > 100
    assert [
        (dialect, sql)
        for sql, text in alike.items()
        for dialect in dialects
        if words(sql, dialect) != words(text, "duckdb")
    ] == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT `a.b` FROM t",
        "SELECT '`' FROM t",
        'SELECT "a" FROM t',
        "SELECT 'a\\'b' FROM t",
        "SELECT a # b\nFROM t",
        "SELECT a --b\nFROM t",
        "SELECT a // b FROM t",
        "SELECT a /*! b */ FROM t",
        "SELECT '''a''' FROM t",
        "SELECT current_datetime FROM t",
        "SELECT utc_date, a FROM t",
    ],
)
def test_what_dialects_cut_otherwise_is_left_to_their_parsers(sql):
    assert cut_alike(sql, "mysql", PAIRS) is None


@pytest.mark.parametrize(
    ("dialect", "sql", "alike"),
    [
        ("mysql", "SELECT `a b`, 1e2 FROM t -- it's", 'SELECT "a b", 1e2 FROM t -- it\'s'),
        ("snowflake", 'SELECT "a b" /* c */ FROM t', 'SELECT "a b" /* c */ FROM t'),
        ("postgres", "SELECT $$a$$ FROM t", "SELECT $$a$$ FROM t"),
    ],
)
def test_what_they_cut_alike_has_the_same_words_with_duckdbs_quotes(dialect, sql, alike):
    assert cut_alike(sql, dialect, PAIRS) == alike


def test_a_dialect_of_which_nothing_is_known_is_left_to_its_parser():
    assert cut_alike("SELECT a FROM t", "mysql", PAIRS) is not None
    assert cut_alike("SELECT a FROM t", "trino", PAIRS) is None


def said(resolved):
    told = {problem.code for problem in resolved.problems}
    reads = [entry.ref for entry in resolved.inputs]
    return reads, resolved.volatile is None, resolved.time_dependent, told


@pytest.mark.parametrize("dialect", OTHERS)
def test_a_dialects_corpus_reads_and_depends_on_the_same_by_words_and_by_its_parser(dialect):
    place = {"node": NodeId("transform.t"), "location": Location("a.yml", 1), "known": KNOWN}
    looked = 0
    different = []

    for entry in load(dialect):
        if cut_alike(entry.sql, dialect, PAIRS) is None:
            continue
        inputs = [Input(ref=id, location=Location("a.yml", 1)) for id in KNOWN[:1]]
        by_words = resolve_sql(entry.sql, inputs=inputs, dialect=dialect, pairs=PAIRS, **place)
        scope = Scope(inputs=inputs, this_allowed=True, **place)
        by_tree = resolve_dialect(entry.sql, dialect, scope, PAIRS)
        looked += by_words.edits is not None
        if said(by_words) != said(by_tree):
            different.append((entry.sql, said(by_words), said(by_tree)))

    assert different == []
    assert looked > 20
