"""A plugin's kind may make its rows from those that its nodes have."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.installed import install_plugin

from seeknal.host import clock

pytestmark = pytest.mark.inside

TALLY = Path(__file__).with_name("seeknal_tally.py")
NODES = """
    {kind: source, name: orders, source: csv, table: orders.csv}
    ---
    {kind: tally, name: seen, inputs: [source.orders]}
    ---
    {kind: tally, name: again, inputs: [source.orders]}
"""


@pytest.fixture
def shop(tmp_path_factory, monkeypatch, seeknal_project):
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "seeknal_tally", TALLY.read_text())
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "postgres, iceberg, audits, semantic")
    return seeknal_project({"orders.csv": "id\n1\n2\n", "seeknal/nodes.yml": NODES})


@pytest.fixture
def moments(monkeypatch):
    """The clock, which goes on with each look at it."""
    seen = [datetime(2024, 1, 1, tzinfo=UTC)]

    def now():
        seen.append(seen[-1] + timedelta(seconds=1))
        return seen[-1]

    monkeypatch.setattr(clock, "now", now)


def test_it_is_given_its_earlier_rows_and_whether_it_was_edited(shop, moments):
    shop.run("run").assert_ok()
    shop.write({"orders.csv": "id\n1\n2\n3\n"})
    shop.run("run").assert_ok()
    shop.write({"seeknal/nodes.yml": NODES.replace("name: seen,", "name: seen, step: 10,")})

    shop.run("run", "--full").assert_ok()

    assert [row[0] for row in shop.rows("tally.seen")] == [2, 5, 35]
    assert [row[2] for row in shop.rows("tally.seen")] == [False, False, True]
    assert [row[2] for row in shop.rows("tally.again")] == [False, False, False]


def test_all_nodes_of_a_run_have_one_moment(shop, moments):
    shop.run("run").assert_ok()

    shop.run("run", "--full").assert_ok()

    seen = [row[1] for row in shop.rows("tally.seen")]
    assert seen == [row[1] for row in shop.rows("tally.again")]
    assert len({*seen}) == 2
