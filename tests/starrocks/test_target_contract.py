"""Targets of StarRocks keep what every target promises."""

from typing import ClassVar

import pytest

from seeknal.testing import TargetContract
from seeknal.values.names import NodeId
from seeknal.values.targets import Target
from seeknal_starrocks.options import StarRocks, StarRocksTarget

PLUGIN = "seeknal_starrocks.plugin"


class OverServer(TargetContract):
    plugin = PLUGIN
    mode = "full"
    options: ClassVar = {}

    @pytest.fixture
    def connections(self, server):
        given = {"port": server.port, "http_port": server.http_port, "user": "root"}
        return {"reporting": StarRocks(host=server.host, database="shop", **given)}

    def of(self, **given):
        return Target(
            node=NodeId("transform.contract"),
            type="starrocks",
            options=StarRocksTarget(**{"table": "shop.delivered", **self.options, **given}),
            key="k",
            label="shop.delivered",
            mode=self.mode,
            connection="reporting",
        )

    @pytest.fixture
    def target(self):
        return self.of()

    @pytest.fixture
    def delivered(self, server):
        return lambda: server.execute("SELECT id, name FROM delivered", "shop")

    @pytest.fixture
    def unwritable(self, server):
        server.execute("CREATE VIEW seen AS SELECT 1 AS id, 'a' AS name", "shop")
        return self.of(table="shop.seen")


class TestFull(OverServer):
    pass


class TestUpsert(OverServer):
    mode = "upsert_by_key"
    options: ClassVar = {"unique_keys": ("id",)}
    unsupported: ClassVar = {
        "test_a_second_delivery_replaces_the_first": "the rows of other keys stay",
        "test_no_rows_are_delivered_as_none": "no rows are those that are there",
    }
