"""A plugin of the tests, really installed, and a shop that has measures."""

from pathlib import Path

import pytest
from tests.installed import install_plugin

MEASURES = Path(__file__).with_name("seeknal_measures.py")
FILES = {
    "orders.csv": "id,region,amount\n1,north,10\n2,south,20\n3,north,5\n",
    "seeknal/orders.yml": "{kind: source, name: orders, source: csv, table: orders.csv}\n",
    "seeknal/clean.yml": """
        kind: transform
        name: clean_orders
        sql: SELECT id, region, amount FROM ref('source.orders')
    """,
    "seeknal/models/sales.yml": """
        kind: model
        name: sales
        description: What was sold
        model: ref('transform.clean_orders')
        entity: id
    """,
    "seeknal/measures/all.yml": """
        kind: measure
        name: revenue
        tags: [money]
        of: model.sales
        column: amount
        ---
        kind: measure
        name: twice
        parts:
          - {measure: revenue, times: 2}
    """,
}


@pytest.fixture
def measures(tmp_path_factory, monkeypatch):
    """The plugin ``measures``, and no other."""
    site = tmp_path_factory.mktemp("site")
    commands = {"measures": "seeknal_measures:measures"}
    install_plugin(site, "seeknal_measures", MEASURES.read_text(), commands=commands)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits, semantic")


@pytest.fixture
def shop(measures, seeknal_project):
    return seeknal_project(FILES)
