"""`lineage` tells how each node's last step ended: what is well again is not called failed."""

import pytest
from tests.core.environments.conftest import CHANGED, transform

pytestmark = pytest.mark.inside

CLEAN = transform("clean", "SELECT id, amount FROM source.orders", "source.orders")
BROKEN = transform("clean", "SELECT id, error('no') AS amount FROM source.orders", "source.orders")
ALL = ("source.orders", "transform.clean", "transform.other", "transform.total")
WELL = dict.fromkeys(ALL, "success")
FAILED = {**WELL, "transform.clean": "failed", "transform.total": "skipped"}


def statuses(shop, env="prod"):
    document = shop("lineage", "--format", "json", "--env", env).assert_ok().json()
    return {node["id"]: node["status"] for node in document["nodes"]}


@pytest.mark.parametrize("env", ["prod", "dev"])
def test_a_node_that_is_reused_after_it_failed_is_well_and_so_is_what_was_skipped(shop, env):
    shop("run", "--env", env).assert_ok()
    shop.write(clean=BROKEN)
    shop("run", "--env", env)
    before = statuses(shop, env)

    shop.write(clean=CLEAN)
    did = shop.did("run", "--env", env)

    assert before == FAILED
    assert set(did.values()) == {"reused"}
    assert statuses(shop, env) == WELL


def test_a_failure_of_one_environment_is_none_of_another(shop):
    shop.write(clean=BROKEN)

    shop("run", "--env", "dev")

    assert statuses(shop) == WELL
    assert statuses(shop, "dev")["transform.clean"] == "failed"


def test_a_node_that_failed_is_well_when_what_another_environment_built_is_promoted(shop):
    shop.write(clean=BROKEN)
    shop("run")
    shop.write(clean=CHANGED)
    shop("run", "--env", "dev").assert_ok()
    before = statuses(shop)

    shop("promote", "dev", "--yes").assert_ok()

    assert before == FAILED
    assert statuses(shop) == WELL


def test_a_node_that_failed_is_well_when_a_rollback_brings_its_output_back(shop):
    shop.write(clean=CHANGED)
    shop("run").assert_ok()
    shop.write(clean=BROKEN)
    shop("run")
    before = statuses(shop)

    shop("rollback", "prod", "--yes").assert_ok()

    assert before == FAILED
    assert statuses(shop) == WELL
    assert shop.total() == 30


def test_a_run_of_other_nodes_leaves_a_failure_as_it_is(shop):
    shop.write(clean=BROKEN)
    shop("run")

    shop("run", "-s", "transform.other").assert_ok()

    assert statuses(shop) == FAILED
