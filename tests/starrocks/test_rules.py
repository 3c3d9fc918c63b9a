"""The stand-in takes what StarRocks' grammar and rules take, and nothing that they do not."""

from pathlib import Path

import pytest
import yaml

from seeknal_starrocks.testing.refusing import Refused

pytestmark = [pytest.mark.inside, pytest.mark.versions]

RULES = yaml.safe_load((Path(__file__).parent / "rules.yml").read_text())


def cases(key):
    for rule in RULES:
        for found in rule[key]:
            case = {"sql": found} if isinstance(found, str) else found
            yield pytest.param(case, id=f"{rule['rule']}: {' '.join(case['sql'].split())}")


def carried_out(shop, case):
    session = shop(case.get("version", "3.5.0"))
    for statement in case.get("before", ()):
        session.execute(statement)
    return session


@pytest.mark.parametrize("case", list(cases("accepted")))
def test_what_the_rules_allow_is_carried_out(shop, case):
    session = carried_out(shop, case)

    session.execute(case["sql"])


@pytest.mark.parametrize("case", list(cases("refused")))
def test_what_the_rules_forbid_is_refused_in_starrocks_words(shop, case):
    session = carried_out(shop, case)
    before = dict(session.world.tables)

    with pytest.raises(Refused) as refused:
        session.execute(case["sql"])

    assert case["says"] in refused.value.message
    assert refused.value.code == case.get("code", 1064)
    assert session.world.tables == before


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("CREATE TABLE {} (id INT)", "Incorrect table name"),
        ("CREATE TABLE {} LIKE orders", "Incorrect table name"),
        ("ALTER TABLE orders RENAME {}", "Incorrect table name"),
        ("CREATE VIEW {} AS SELECT id FROM orders", "Incorrect table name"),
        ("CREATE MATERIALIZED VIEW {} REFRESH MANUAL AS SELECT id FROM orders", "Incorrect table"),
        ("CREATE TABLE t ({} INT)", "Incorrect column name"),
        ("ALTER TABLE orders ADD COLUMN {} INT", "Incorrect column name"),
    ],
)
def test_a_name_has_no_more_than_1024_characters(shop, statement, says):
    session = shop()
    with pytest.raises(Refused, match=says):
        session.execute(statement.format(f"`{'é' * 1025}`"))

    session.execute(statement.format(f"`{'é' * 1024}`"))


def test_every_rule_of_materialized_views_has_both_sides():
    numbers = {rule["rule"] for rule in RULES if isinstance(rule["rule"], int)}

    assert numbers == set(range(1, 20))
    assert all(rule["accepted"] and rule["refused"] for rule in RULES)
