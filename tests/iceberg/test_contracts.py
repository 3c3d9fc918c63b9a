"""The plugin keeps what every plugin, source and target promises."""

import pyarrow
import pytest

from seeknal.testing import PluginContract, SourceContract, TargetContract
from seeknal.values.names import NodeId
from seeknal.values.sources import Source
from seeknal.values.targets import Target
from seeknal_iceberg.catalogs import open_catalog
from seeknal_iceberg.options import Catalog, IcebergSource, IcebergTarget

PLUGIN = "seeknal_iceberg.plugin"


class TestPlugin(PluginContract):
    plugin = PLUGIN
    drivers = ("pyiceberg", "pyarrow", "sqlalchemy", "duckdb")


class OverCatalog:
    @pytest.fixture
    def connections(self):
        return {"iceberg": Catalog(), "lake": Catalog()}

    @pytest.fixture
    def catalog(self, tmp_path):
        return open_catalog(Catalog(), "atlas", tmp_path)


class TestSource(OverCatalog, SourceContract):
    plugin = PLUGIN

    def of(self, name):
        return Source(
            node=NodeId("source.s"),
            type="iceberg",
            options=IcebergSource(),
            table=(f"atlas.shop.{name}",),
        )

    @pytest.fixture
    def source(self, catalog):
        data = pyarrow.table({"id": pyarrow.array([1, 2], pyarrow.int32()), "name": ["a", None]})
        catalog.create_namespace("shop")
        catalog.create_table("shop.customers", schema=data.schema).append(data)
        return self.of("customers")

    @pytest.fixture
    def expected(self):
        return [("id", "INTEGER"), ("name", "VARCHAR")], [(1, "a"), (2, None)]

    @pytest.fixture
    def empty_source(self, catalog, source):
        schema = catalog.load_table("shop.customers").schema()
        catalog.create_table("shop.none_yet", schema=schema)
        return self.of("none_yet")

    @pytest.fixture
    def missing_source(self):
        return self.of("costumers")

    @pytest.fixture
    def timed(self, catalog, source):
        days = pyarrow.array([19875, 19876, 19879, None], pyarrow.int32()).cast(pyarrow.date32())
        rows = pyarrow.table({"id": [1, 2, 3, 4], "at": days})
        catalog.create_table("shop.events", schema=rows.schema)
        for number in range(len(rows)):
            catalog.load_table("shop.events").append(rows[number : number + 1])
        return self.of("events"), "at"


class TestTarget(OverCatalog, TargetContract):
    plugin = PLUGIN

    def of(self, **given):
        return Target(
            node=NodeId("transform.contract"),
            type="iceberg",
            options=IcebergTarget(**{"table": "atlas.shop.delivered", **given}),
            key="k",
            label="atlas.shop.delivered",
        )

    @pytest.fixture
    def target(self):
        return self.of()

    @pytest.fixture
    def delivered(self, catalog):
        def rows():
            found = catalog.load_table("shop.delivered").scan().to_arrow().to_pylist()
            return [(row["id"], row["name"]) for row in found]

        return rows

    @pytest.fixture
    def unwritable(self):
        return self.of(create_table=False, table="atlas.shop.nowhere")
