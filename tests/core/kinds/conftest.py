import pytest

EVENTS = """\
customer_id,at,due,amount,kind,loaded
1,2026-01-01,2026-01-10,10,a,2026-01-01 10:00:00
1,2026-01-03,2026-01-10,20,b,2026-01-03 10:00:00
1,2026-01-09,2026-01-10,5,a,2026-01-09 10:00:00
1,2026-01-12,2026-01-10,100,b,2026-01-12 10:00:00
2,2026-01-02,2026-01-10,7,a,2026-01-02 10:00:00
2,2026-01-02,2026-01-10,3,,2026-01-02 10:00:00
"""


@pytest.fixture
def over_events(seeknal_project):
    """A project of one source, some events, and the node that a test writes."""

    def make(node, data=EVENTS):
        source = "kind: source\nname: events\nsource: csv\ntable: data/events.csv\n---\n"
        files = {"data/events.csv": data, "seeknal/nodes.yml": source + node}
        return seeknal_project({"seeknal_project.yml": "name: kinds\n", **files})

    return make


@pytest.fixture
def dicts():
    """The rows of a node with their column names."""
    import duckdb

    def read(project, node):
        path = project.path / "target/intermediate" / f"{node.replace('.', '_')}.parquet"
        with duckdb.connect() as connection:
            relation = connection.sql(f"FROM read_parquet('{path}')")
            names = relation.columns
            return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    return read
