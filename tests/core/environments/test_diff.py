from __future__ import annotations

import pytest
from tests.core.environments.conftest import transform

pytestmark = [pytest.mark.inside, pytest.mark.versions]


@pytest.fixture
def dev(shop):
    """dev changes, drops and adds a row each, and a column."""
    shop.data((1, 10), (2, 20), (3, 30))
    shop("run").assert_ok()
    shop.write(
        clean=transform(
            "clean",
            "SELECT CASE id WHEN 3 THEN 4 ELSE id END AS id,"
            " amount + CASE id WHEN 2 THEN 5 ELSE 0 END AS amount, 'x' AS mark FROM source.orders",
            "source.orders",
        )
    )
    shop("run", "--env", "dev").assert_ok()
    return shop


def test_rows_are_matched_by_keys(dev):
    answer = dev("diff", "prod", "dev", "clean", "--keys", "id", "--format", "json").json()

    (found,) = answer["nodes"]
    assert (found["only_a"], found["only_b"], found["changed"]) == (1, 1, 1)
    assert found["by_column"] == {"amount": 1}
    [column] = found["columns"]
    assert (column["name"], column["old"], column["new"]) == ("mark", None, "VARCHAR")
    assert found["samples"]["changed"] == [{"id": 2, "amount": ["20", "25"]}]
    assert found["samples"]["only_a"] == [{"id": 3, "amount": 30}]
    assert found["samples"]["only_b"] == [{"id": 4, "amount": 30, "mark": "x"}]


def test_a_key_with_a_space_stands_in_quotes(shop):
    select = 'SELECT id AS "the id", {} AS amount FROM source.orders'
    shop.write(clean=transform("clean", select.format("amount"), "source.orders"))
    shop("run").assert_ok()
    shop.write(clean=transform("clean", select.format("amount + 1"), "source.orders"))
    shop("run", "--env", "dev").assert_ok()
    words = ("--keys", '"the id"', "--format", "json")

    answer = shop("diff", "prod", "dev", "clean", *words).assert_ok().json()

    assert answer["nodes"][0]["changed"] == 2


def test_without_keys_rows_are_compared_as_a_whole(dev):
    text = dev("diff", "prod", "dev").assert_ok().stdout

    assert "transform.clean  3 -> 3 rows" in text
    assert "+ mark VARCHAR" in text
    assert "2 only in prod, 2 only in dev" in text
    assert "- id=2  amount=20" in text
    assert "transform.total" in text
    assert "transform.other" not in text


def test_duplicates_count(shop):
    shop.data((1, 10), (1, 10), (1, 10))
    shop("run").assert_ok()
    shop.data((1, 10))
    shop("run").assert_ok()

    answer = shop("diff", "prod@2", "prod", "source.orders", "--format", "json").json()
    keyed = shop("diff", "prod@2", "prod", "orders", "--keys", "id", "--format", "json").json()

    assert (answer["nodes"][0]["only_a"], answer["nodes"][0]["only_b"]) == (2, 0)
    assert "not unique" in keyed["nodes"][0]["note"]


def test_equal_sides_say_so(shop):
    shop("run", "--env", "dev").assert_ok()

    assert "hold the same rows" in shop("diff", "prod", "dev").assert_ok().stderr
    assert "the same rows" in shop("diff", "prod", "dev", "total").assert_ok().stdout


def test_a_wrong_key_node_or_generation_is_an_error(dev):
    wrong = [
        dev("diff", "prod", "dev", "clean", "--keys", "idd"),
        dev("diff", "prod", "dev", "cleen"),
        dev("diff", "prod@9", "dev"),
        dev("diff", "prod", "def"),
    ]

    assert [outcome.exit_code for outcome in wrong] == [2, 2, 2, 2]
    assert "did you mean id?" in wrong[0].stderr
    assert "transform.clean" in wrong[1].stderr or "clean" in wrong[1].stderr
    assert "did you mean dev?" in wrong[3].stderr
