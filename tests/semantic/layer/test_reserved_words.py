"""Names without an expr are the columns of these names, whatever SQL makes of the words."""

import duckdb
import pytest
from tests.semantic.layer.conftest import METRIC, SHOP

from seeknal.plugin import Column, quote_identifier
from seeknal_semantic.asking import query_of
from seeknal_semantic.compiler import MetricCompiler

pytestmark = pytest.mark.inside

KEYWORDS = [name for (name,) in duckdb.sql("SELECT keyword_name FROM duckdb_keywords()").fetchall()]
FUNCTIONS = ["current_user", "session_user", "current_date", "localtime", "user"]
WORDS = sorted({*KEYWORDS, *FUNCTIONS, "null", "true", "false", "at", "rowid", "größe"})
ORDERS = "kind: semantic_model\nname: odd\nmodel: ref('source.order_rows')\n"
KEYS = "kind: semantic_model\nname: odd\nmodel: ref('transform.keys')\n"
TEXTS = [f"{word}!" for word in WORDS]


@pytest.fixture
def answer(layer):
    """The rows of a query over a table with a column of each word, and a model of these."""

    def answer(entries, type, values, **query):
        lines = "\n".join(f"  - {{name: '{word}', {entries[1]}}}" for word in WORDS)
        text = f"{ORDERS}{entries[0]}:\n{lines}\n"
        shop = dict.fromkeys((name for name in SHOP if "models/" in name), None)
        found = layer(**shop, **{METRIC: None, "seeknal/words.yml": text})
        columns = [Column(name=word, type=type) for word in WORDS]
        sql = MetricCompiler(found, lambda node: columns).compile(query_of(query, found)).sql
        values = [
            f"CAST('{value}' AS {type}) AS {quote_identifier(word)}"
            for word, value in zip(WORDS, values, strict=True)
        ]
        connection = duckdb.connect()
        connection.execute("CREATE SCHEMA source")
        connection.execute(f"CREATE TABLE source.order_rows AS SELECT {', '.join(values)}")
        return connection.execute(sql).fetchall()

    return answer


def test_a_dimension_of_any_name_is_the_column_of_that_name(answer):
    rows = answer(("dimensions", "type: categorical"), "VARCHAR", TEXTS, dimensions=WORDS)

    assert rows == [tuple(TEXTS)]


def test_an_entity_of_any_name_is_the_column_of_that_name(answer):
    rows = answer(("entities", "type: foreign"), "VARCHAR", TEXTS, dimensions=WORDS)

    assert rows == [tuple(TEXTS)]


def test_a_measure_of_any_name_is_the_column_of_that_name(answer):
    numbers = range(len(WORDS))

    rows = answer(("measures", "agg: max"), "INTEGER", numbers, metrics=WORDS)

    assert rows == [tuple(numbers)]


def test_a_time_of_any_name_is_the_column_of_that_name(answer):
    days = [f"{2000 + number}-02-03" for number in range(len(WORDS))]

    rows = answer(
        ("dimensions", "type: time"), "DATE", days, dimensions=[f"{word}__day" for word in WORDS]
    )

    assert [list(map(str, row)) for row in rows] == [days]


@pytest.mark.parametrize("word", ["end", "select", "null", "current_user", "at", "user"])
def test_a_key_of_any_name_is_audited_as_the_column_of_that_name(shop, word):
    model = f"{KEYS}entities: [{{name: '{word}'}}]\n"
    keys = f'SELECT * FROM (VALUES (1), (1), (2)) AS t("{word}")'
    made = shop(
        **{
            "seeknal/keys.yml": f"kind: transform\nname: keys\ntransform: '{keys}'\n",
            "seeknal/words.yml": model,
        }
    )

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert f"{word}: 1 key occurs more than once, in 2 rows" in outcome.stderr


@pytest.mark.parametrize("word", ["select", "from", "case", "as", "or", "create"])
def test_an_expression_that_is_a_reserved_word_says_how_it_is_quoted(problems, word):
    text = f"{ORDERS}dimensions:\n  - name: a\n    expr: {word}\n"

    found = problems(**{"seeknal/odd.yml": text})

    assert [(code, place.rsplit(":", 1)[0]) for code, place, _ in found] == [
        ("SK1504", "seeknal/odd.yml:6")
    ]
    assert f"""expr: '"{word}"'""" in found[0][2]


@pytest.mark.parametrize("word", ["current_user", "session_user", "localtime", "current_date"])
def test_an_expression_that_is_a_value_of_the_session_says_how_it_is_quoted(problems, word):
    text = f"{ORDERS}measures:\n  - name: a\n    expr: {word}\n"

    found = problems(**{"seeknal/odd.yml": text})

    assert [(code, place.rsplit(":", 1)[0]) for code, place, _ in found] == [
        ("SK1504", "seeknal/odd.yml:6")
    ]
    assert f"""expr: '"{word}"'""" in found[0][2]


@pytest.mark.parametrize("word", ["end", "table", "at", "user"])
def test_an_expression_that_can_be_a_column_is_that_column(shop, word):
    model = f"{KEYS}entities: [{{name: k, expr: {word}}}]\n"
    keys = f'SELECT 7 AS "{word}"'
    made = shop(
        **{
            "seeknal/keys.yml": f"kind: transform\nname: keys\ntransform: '{keys}'\n",
            "seeknal/words.yml": model,
        }
    )
    made.run("run").assert_ok()

    outcome = made.run("query", "--dimensions", "k", "--format", "json")

    assert outcome.json() == [{"k": 7}]
