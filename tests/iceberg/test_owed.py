"""What is owed to Iceberg, refused by it, and what becomes of it."""

import re

import pytest
from tests.deliveries.places import Iceberg
from tests.deliveries.promises import MODES, DeliveryPromises
from tests.deliveries.shop import Shop

pytestmark = [pytest.mark.once, pytest.mark.inside]


@pytest.fixture
def shop(tmp_path):
    """Makes a project that delivers to tables of the namespace ``out``."""
    return lambda *targets: Shop(Iceberg(), tmp_path / "shop", *targets)


class TestIcebergDeliveries(DeliveryPromises):
    modes = (*MODES, "parted")

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


def test_a_rollback_takes_every_table_back_to_its_own_snapshot(shop):
    made = shop("appended", "merged", "timed", "parted")
    made.run((1, 1, 10), (2, 2, 20))
    made.run((2, 2, 21), (3, 3, 30))

    made("rollback", "prod", "--yes").assert_ok()

    assert made.tables() == {name: [(1, 1, 10), (2, 2, 20)] for name in made.targets}


@pytest.mark.parametrize("then", [(1, 1, 10), (2, 2, 20), (3, 3, 30)])
def test_after_a_rollback_that_took_rows_out_new_ones_are_appended(shop, then):
    made = shop("appended")
    made.run((1, 1, 10))
    made.run((2, 2, 20))
    made("rollback", "prod", "--yes").assert_ok()

    made.run(then)
    made.run()

    assert made.held("appended") == sorted({(1, 1, 10), then})


def test_what_a_rollback_has_left_because_others_wrote_is_not_appended_again(shop, lake):
    made = shop("appended")
    made.run((1, 1, 10))
    made.run((2, 2, 20))
    table = lake(made.story.project, "atlas.out.appended")
    table.append(table.scan(row_filter="id = 1").to_arrow())

    outcome = made("rollback", "prod", "--yes")
    made.run((2, 2, 20))

    assert outcome.exit_code == 1
    assert made.held("appended") == [(1, 1, 10), (1, 1, 10), (2, 2, 20)]


def in_mode(made, mode):
    """Let the target of the node be written in this mode from now on."""
    node = made.root / "seeknal/appended.yml"
    node.write_text(re.sub(r"mode: .*\}", f"mode: {mode}}}", node.read_text()))


@pytest.mark.parametrize("between", ["full", "upsert_by_key, unique_keys: [id]"])
def test_rows_that_append_is_owed_go_out_once_after_another_mode_and_back(shop, between):
    made = shop("appended")
    made.run((1, 1, 10))
    made.down()
    made.run((2, 2, 20), code=1)
    in_mode(made, between)
    made.run(code=1)
    in_mode(made, "append")
    made.run(code=1)
    made.up()

    made.run()

    assert made.held("appended") == [(1, 1, 10), (2, 2, 20)]
    assert made.listed() == []
