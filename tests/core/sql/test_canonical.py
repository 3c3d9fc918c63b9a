"""The hashed form of SQL: blind to formatting, and to nothing else."""

import json
import random
import re
from pathlib import Path

import duckdb
import pytest

from seeknal.sql.canonical import canonical_sql
from seeknal.sql.keywords import KEYWORDS
from seeknal.sql.tokens import tokenize

pytestmark = [pytest.mark.inside, pytest.mark.versions]

HERE = Path(__file__).parent / "golden"
GOLDEN = HERE / "canonical.json"
QUERIES = (HERE / "queries.sql").read_text(encoding="utf-8").strip().split("\n\n")

SAME = {
    "white space": ("SELECT a,b FROM t", "select  a ,\n\tb\r\nfrom t"),
    "comments": ("SELECT 1", "-- one\nSELECT /* a /* nested */ one */ 1 -- end"),
    "trailing semicolon": ("SELECT 1", "SELECT 1 ; ;\n"),
    "case of keywords": (
        "SELECT a FROM t LEFT JOIN u USING (a)",
        "select a from t left join u using (a)",
    ),
    "case of functions": ("SELECT COUNT(*), Sum(x)", "SELECT count(*), sum(x)"),
    "quotes that change nothing": ('SELECT "a"."b" FROM "t"', "SELECT a.b FROM t"),
    "case of types": ("SELECT CAST(a AS INT), b::Varchar", "SELECT cast(a as int), b::VARCHAR"),
    "spaces around operators": ("SELECT a>=-1", "SELECT a >= - 1"),
    "case of window frames": (
        "SELECT sum(a) OVER (PARTITION BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
        "SELECT sum(a) over (partition by b rows between unbounded preceding and current row)",
    ),
    "case of nulls first": ("SELECT a ORDER BY a NULLS LAST", "SELECT a order by a nulls last"),
    "case of between": ("SELECT a BETWEEN 1 AND b", "SELECT a between 1 and b"),
}

DIFFERENT = {
    "numbers": ("SELECT 1", "SELECT 1.0"),
    "names that are apart": ("SELECT a b", "SELECT ab"),
    "strings": ("SELECT 'a'", "SELECT 'A'"),
    "spaces in strings": ("SELECT 'a b'", "SELECT 'a  b'"),
    "comment signs in strings": ("SELECT '-- x'", "SELECT '-- y'"),
    "strings and names": ("SELECT 'a'", 'SELECT "a"'),
    "case of an alias": ("SELECT 1 AS a", "SELECT 1 AS A"),
    "case of an alias that is a keyword": ("SELECT 1 AS select", "SELECT 1 AS Select"),
    "case of a column": ("SELECT a FROM t", "SELECT A FROM t"),
    "case of a struct's key": ("SELECT {a: 1}", "SELECT {A: 1}"),
    "a quoted keyword": ("SELECT * FROM t ASOF JOIN u", 'SELECT * FROM t "ASOF" JOIN u'),
    "a quoted value function": ("SELECT current_date", 'SELECT "current_date"'),
    "strings joined over lines": ("SELECT 'a'\n'b'", "SELECT 'a' 'b'"),
    "operators": ("SELECT a ->> 'x'", "SELECT a -> 'x'"),
    "operators that are apart": ("SELECT a <= b", "SELECT a < = b"),
    "escapes": (r"SELECT E'\n'", r"SELECT '\n'"),
    "brackets": ("SELECT (a + b) * c", "SELECT a + (b * c)"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_formatting_makes_no_difference(one, other):
    assert canonical_sql(one) == canonical_sql(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_may_change_a_result_makes_a_difference(one, other):
    assert canonical_sql(one) != canonical_sql(other)


def test_golden_texts_do_not_move():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))

    found = {sql: canonical_sql(sql) for sql in golden}

    assert found == golden


def test_another_dialect_is_left_as_it_is():
    sql = "SELECT `a` FROM t # comment\r\nWHERE b = 'it\\'s'  "

    canonical = canonical_sql(sql, dialect="mysql")

    assert canonical == "SELECT `a` FROM t # comment\nWHERE b = 'it\\'s'"


@pytest.fixture(scope="module")
def database():
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("CREATE TABLE orders (Id INTEGER, Region VARCHAR, Amount INTEGER)")
        connection.execute(
            "INSERT INTO orders VALUES (1, 'north', 10), (2, 'south', 20), (3, NULL, 5)"
        )
        yield connection


def result(database, sql):
    found = database.execute(sql)
    return [column[0] for column in found.description], found.fetchall()


@pytest.mark.parametrize("sql", QUERIES)
def test_the_canonical_text_gives_the_same_rows_and_names(database, sql):
    canonical = canonical_sql(sql)

    assert result(database, canonical) == result(database, sql)
    assert canonical_sql(canonical) == canonical


def reformatted(sql, choose):
    """``sql`` with random white space and comments between its tokens."""
    gaps = (" ", "\n", "\t ", " /* c */ ", " -- c\n", "\r\n", "  ")
    parts, previous = [], None
    for token in tokenize(sql):
        if previous is not None:
            parts.append(gap(sql, previous, token, choose, gaps))
        parts.append(token.text)
        previous = token
    return "".join(parts) + choose.choice(("", ";", " ; ", "\n--end"))


def gap(sql, previous, token, choose, gaps):
    both_strings = previous.kind == token.kind == "string"
    return sql[previous.end : token.start] if both_strings else choose.choice(gaps)


@pytest.mark.parametrize("sql", QUERIES)
def test_random_formatting_never_shows(sql):
    choose = random.Random(sql)

    variants = {canonical_sql(reformatted(sql, choose)) for _ in range(20)}

    assert variants == {canonical_sql(sql)}


MUTATIONS = (
    lambda text, choose: re.sub(r"\b[A-Za-z_]+\b", lambda word: randomly_cased(word, choose), text),
    lambda text, choose: text.replace(" ", choose.choice(("", "  ", "\n"))),
    lambda text, choose: text.replace('"', choose.choice(("", "'"))),
    lambda text, choose: re.sub(r"\b([a-z]\w*)\b", r'"\1"', text, count=choose.randint(1, 9)),
    lambda text, choose: swap(text, choose),
)


def randomly_cased(word, choose):
    text = word.group()
    return choose.choice((text, text.lower(), text.upper(), text.title()))


def swap(text, choose):
    place = choose.randrange(len(text) - 1)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


@pytest.mark.parametrize("sql", QUERIES)
def test_texts_that_differ_in_their_result_never_look_alike(database, sql):
    choose = random.Random(sql)
    canonical, expected = canonical_sql(sql), result(database, sql)

    for _ in range(40):
        mutant = choose.choice(MUTATIONS)(sql, choose)
        if canonical_sql(mutant) == canonical:
            try:
                found = result(database, mutant)
            except duckdb.Error:
                continue
            assert found == expected, mutant


def test_any_text_has_a_canonical_form_that_is_final():
    choose = random.Random(7)
    alphabet = "aB_1.'\"$-/*+;:()[]{}<>=!~@#?|&^%, \n\r\t\\é\u00a0eExX"

    for _ in range(3000):
        text = "".join(choose.choice(alphabet) for _ in range(choose.randint(0, 30)))
        once = canonical_sql(text)
        if "'" not in text and '"' not in text and "$" not in text and "/*" not in once:
            assert canonical_sql(once) == once, text


def test_every_keyword_of_duckdb_is_known(database):
    words = {row[0] for row in database.execute("FROM duckdb_keywords()").fetchall()}

    assert words <= KEYWORDS


def test_long_and_deep_texts_take_linear_time():
    terms = " OR ".join(f"a = {number}" for number in range(20_000))
    deep = "(" * 20_000 + "1" + ")" * 20_000

    canonical = canonical_sql(f"SELECT {deep} FROM t WHERE {terms}")

    assert canonical.startswith("select ( (")
    assert canonical.endswith("a = 19999")
