"""What is owed to Iceberg, refused by it, and what becomes of it."""

import pytest
from tests.deliveries.places import Iceberg
from tests.deliveries.promises import MODES, DeliveryPromises
from tests.deliveries.shop import Shop


@pytest.fixture
def shop(tmp_path):
    """Makes a project that delivers to tables of the namespace ``out``."""
    return lambda *targets: Shop(Iceberg(), tmp_path / "shop", *targets)


class TestIcebergDeliveries(DeliveryPromises):
    modes = (*MODES, "parted")
    takes_back = True

    @pytest.fixture
    def shop(self, shop):
        return shop


@pytest.mark.parametrize("way", Iceberg.ways)
def test_whatever_is_in_the_way_what_is_owed_goes_out_later(shop, way):
    made = shop("appended", "merged")
    made.run((1, 1, 10))
    made.story.do_down(way)
    made.run((2, 2, 20), code=1)
    assert made.states() == ["owed", "owed"]
    made.up()

    made.run((3, 3, 30))

    assert made.held("appended") == [(1, 1, 10), (2, 2, 20), (3, 3, 30)]
    assert made.held("merged") == [(1, 1, 10), (2, 2, 20), (3, 3, 30)]


@pytest.mark.parametrize("target", ["merged", "timed"])
def test_a_batch_without_its_key_or_time_is_refused(shop, target):
    made = shop(target)
    made.run((1, 1, 10))
    made.run((None, None, 20), code=1)

    made.run((3, 3, 30), code=1)

    assert made.held(target) == [(1, 1, 10), (3, 3, 30)]
    assert made.states() == ["refused"]


def test_partitions_of_a_batch_that_failed_are_replaced_before_those_of_the_next(shop):
    made = shop("parted")
    made.run((1, 1, 10), (2, 2, 20))
    made.down()
    made.run((5, 2, 50), (6, 3, 60), code=1)
    made.up()

    made.run((7, 3, 70))

    assert made.held("parted") == [(1, 1, 10), (5, 2, 50), (7, 3, 70)]


def test_each_batch_is_one_snapshot(shop, lake):
    made = shop("appended")
    made.run((1, 1, 10))
    made.down()
    made.run((2, 2, 20), code=1)
    made.lose("rm")
    made.up()
    made.run((3, 3, 30))
    made.lose("rm")

    made.run()

    table = lake(made.story.project, "atlas.out.appended")
    assert len(table.snapshots()) == 3
