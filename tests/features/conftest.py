"""A small project of feature groups that has run."""

import pytest

SOURCE = """
kind: source
name: moves
source: csv
table: data/moves.csv
columns: {customer_id: VARCHAR, at: TIMESTAMP, known_at: TIMESTAMP, amount: DOUBLE, tier: VARCHAR}
"""
GROUPS = """
kind: feature_group
name: spend
entity: {name: customer, join_keys: [customer_id]}
event_time: at
created_time: known_at
ttl: 30d
features: [amount, tier]
inputs: [source.moves]
---
kind: feature_group
name: profile
entity: {name: customer, join_keys: [customer_id]}
features: [tier]
inputs: [source.moves]
transform: SELECT customer_id, max(tier) AS tier FROM ref('source.moves') GROUP BY 1
"""
MOVES = """customer_id,at,known_at,amount,tier
007,2026-01-01 00:00:00,2026-01-01 00:00:00,10,a
007,2026-01-05 00:00:00,2026-01-07 00:00:00,20,b
007,2026-01-05 00:00:00,2026-01-09 00:00:00,25,c
8,2026-01-02 00:00:00,2026-01-02 00:00:00,7,
"""
ENTITIES = """customer_id,at,label
007,2026-01-06 00:00:00,1
8,2026-01-02 00:00:00,0
007,2026-01-09 00:00:00,1
9,2026-01-09 00:00:00,0
007,2026-01-06 00:00:00,1
"""


@pytest.fixture
def customers(seeknal_project):
    made = seeknal_project(
        {
            "seeknal_project.yml": "name: customers\n",
            "seeknal/moves.yml": SOURCE,
            "seeknal/groups.yml": GROUPS,
            "data/moves.csv": MOVES,
            "entities.csv": ENTITIES,
        }
    )
    made.run("run").assert_ok()
    return made


@pytest.fixture
def ask(customers):
    """Features of the project's entities, as tuples."""
    import seeknal

    def answer(features, entities=None, **how):
        how = {"project": customers.path, **how}
        given = customers.path / "entities.csv" if entities is None else entities
        with seeknal.get_historical_features(features, given, **how) as found:
            return found.fetchall()

    return answer
