import pytest

SALES = {
    "seeknal_project.yml": "name: sales\n",
    "data/orders.csv": "id,customer,amount\n1,a,10\n2,b,20\n3,a,5\n",
    "data/customers.csv": "customer,region\na,north\nb,south\n",
    "seeknal/sources/all.yml": """
        kind: source
        name: orders
        source: csv
        table: data/orders.csv
        ---
        kind: source
        name: customers
        source: csv
        table: data/customers.csv
    """,
    "seeknal/transforms/enriched.yml": """
        kind: transform
        name: enriched
        description: Orders with their region
        inputs:
          - ref: source.orders
          - ref: source.customers
        transform: |
          SELECT o.id, o.amount, c.region
          FROM ref('source.orders') o JOIN ref('source.customers') c USING (customer)
    """,
    "seeknal/transforms/by_region.yml": """
        kind: transform
        name: by_region
        inputs: [{ref: transform.enriched}]
        transform: SELECT region, sum(amount) AS total FROM enriched GROUP BY region
    """,
    "seeknal/transforms/big.yml": """
        kind: transform
        name: big
        inputs: [{ref: source.orders}]
        transform: SELECT * FROM ref('source.orders') WHERE amount > 8
    """,
}


@pytest.fixture
def sales(seeknal_project, built):
    """A project of two sources and three transforms that has run once."""
    return built(seeknal_project(SALES))


def steps(outcome):
    """Node -> (status, reason) of a run's JSON."""
    return {entry["node"]: (entry["status"], entry["reason"]) for entry in outcome.json()["nodes"]}


def executed(outcome):
    """The nodes that a run worked on."""
    return {node for node, (status, _) in steps(outcome).items() if status != "reused"}


@pytest.fixture
def rerun(sales):
    """Runs the sales project again and gives what each node's step was."""
    return lambda *options: steps(sales.run("run", "--format", "json", *options))
