"""``seeknal.open_project``."""

import duckdb
import pytest

import seeknal
from seeknal.values.errors import NodeError, UsageError


def test_a_query_gives_a_relation(shop):
    with seeknal.open_project(shop.path) as project:
        found = project.sql("SELECT customer, total FROM transform.by_customer ORDER BY 1")

        assert found.columns == ["customer", "total"]
        assert found.fetchall() == [("a", 15), ("b", 20)]


def test_a_table_is_found_with_or_without_its_kind(shop):
    with seeknal.open_project(shop.path) as project:
        assert len(project.table("transform.big_orders").fetchall()) == 2
        assert len(project.table("orders").fetchall()) == 3


def test_an_unknown_table_names_the_nearest(shop):
    with (
        seeknal.open_project(shop.path) as project,
        pytest.raises(UsageError) as caught,
    ):
        project.table("ordrs")

    assert "orders" in caught.value.help


def test_tables_are_listed_all_or_by_layer(shop):
    with seeknal.open_project(shop.path / "seeknal") as project:
        every = project.list_tables()
        gold = project.list_tables(layer="gold")

    assert every == ["source.orders", "transform.big_orders", "transform.by_customer"]
    assert gold == ["transform.by_customer"]


def test_a_run_is_seen_by_the_next_query(fresh):
    with seeknal.open_project(fresh.path) as project:
        summary = project.run()
        rows = project.sql("SELECT count(*) FROM orders").fetchall()

    assert summary.ok
    assert rows == [(3,)]


def test_a_failed_run_raises(shop):
    shop.write({"data/orders.csv": "id,customer,amount\n1,a,ten\n"})

    with seeknal.open_project(shop.path) as project, pytest.raises(NodeError) as caught:
        project.run("+transform.by_customer")

    assert "transform.by_customer" in str(caught.value)


def test_frames_of_the_caller_can_be_joined(shop):
    pandas = pytest.importorskip("pandas")
    regions = pandas.DataFrame({"customer": ["a"], "region": ["north"]})

    with seeknal.open_project(shop.path) as project:
        project.sql("SELECT 1")
        assert len(regions) == 1
        found = project.sql("SELECT count(*) FROM orders WHERE customer = 'a'").fetchall()

    assert found == [(2,)]


def test_views_can_live_in_a_file(shop):
    file = shop.path / "views.duckdb"

    with seeknal.open_project(shop.path, db_path=file) as project:
        project.sql("SELECT 1").fetchall()

    with duckdb.connect(str(file), read_only=True) as other:
        assert other.execute("SELECT count(*) FROM source.orders").fetchall() == [(3,)]


def test_a_file_that_keeps_a_table_of_the_same_name_is_refused_and_closed(shop):
    file = shop.path / "views.duckdb"
    with duckdb.connect(str(file)) as own:
        own.execute("CREATE TABLE orders AS SELECT 7 AS mine")

    with (
        seeknal.open_project(shop.path, db_path=file) as project,
        pytest.raises(UsageError) as caught,
    ):
        project.sql("SELECT 1")

    assert caught.value.code == "SK0488"
    with duckdb.connect(str(file), read_only=True) as own:
        assert own.execute("FROM orders").fetchall() == [(7,)]


def test_outside_a_project_that_is_said(tmp_path):
    with pytest.raises(UsageError):
        seeknal.open_project(tmp_path)


def test_metrics_need_a_plugin_that_compiles_them(shop, monkeypatch):
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "semantic")

    with seeknal.open_project(shop.path) as project, pytest.raises(UsageError) as caught:
        project.query_metrics("revenue")

    assert "no plugin" in str(caught.value)
