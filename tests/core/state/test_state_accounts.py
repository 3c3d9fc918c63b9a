"""What targets hold and are owed outlives ``target``, and what is newer is believed."""

from __future__ import annotations

import shutil

import pytest
from attrs import evolve

from seeknal.state.accounts import FOLDER, read_accounts
from seeknal.state.batch_files import BatchFiles
from seeknal.state.store import open_state, read_state
from seeknal.values.deliveries import Account
from seeknal.values.names import NodeId

pytestmark = pytest.mark.inside

NODE = NodeId("transform.orders")


@pytest.fixture
def make(make_snapshot):
    """A snapshot whose one target accumulates, and has been handed so many batches."""

    def snapshot(number: int = 1, status: str = "owed"):
        found = make_snapshot()
        (delivery,) = found.deliveries.values()
        delivery = evolve(delivery, number=number, status=status, held=(found.artifact,))
        backlog = tuple(evolve(owed, delivery=delivery) for owed in found.backlog)
        return evolve(found, deliveries={delivery.key: delivery}, backlog=backlog)

    return snapshot


def record(target, *snapshots, environment="prod"):
    store = open_state(target)
    for snapshot in snapshots:
        store.record(environment, snapshot)
    store.close()


def test_an_account_is_read_back_when_target_is_gone(target, make):
    snapshot = make()
    record(target, snapshot)

    shutil.rmtree(target)

    account = read_state(target).account("prod", NODE)
    assert account == Account(deliveries=snapshot.deliveries, backlog=snapshot.backlog)


def test_what_a_target_that_is_replaced_holds_goes_with_target(target, make_snapshot):
    snapshot = evolve(make_snapshot(), backlog=())
    record(target, snapshot)

    shutil.rmtree(target)

    assert read_state(target).account("prod", NODE) is None
    assert not (target.parent / FOLDER).exists()


def test_an_older_copy_of_the_state_does_not_take_back_what_targets_hold(target, make):
    record(target, make(number=1))
    older = (target / "run_state.json").read_bytes()
    record(target, make(number=2, status="delivered"))

    (target / "run_state.json").write_bytes(older)

    (delivery,) = read_state(target).environments["prod"].snapshots[NODE].deliveries.values()
    assert (delivery.number, delivery.status) == (2, "delivered")


def test_a_state_that_an_account_did_not_follow_is_believed(target, make):
    record(target, make(number=1))
    older = {path: path.read_bytes() for path in (target.parent / FOLDER).iterdir()}
    record(target, make(number=2, status="delivered"))

    for path in (target.parent / FOLDER).iterdir():
        path.unlink()
    for path, text in older.items():
        path.write_bytes(text)

    (delivery,) = read_state(target).environments["prod"].snapshots[NODE].deliveries.values()
    assert delivery.number == 2


def test_an_environment_that_is_deleted_takes_its_accounts_with_it(target, make):
    record(target, make(), environment="dev")
    store = open_state(target)

    store.delete("dev")
    store.close()

    assert read_accounts(target.parent) == ({}, ())


def test_an_environment_is_owed_nothing_of_the_one_it_was_made_from(target, make):
    store = open_state(target)
    store.record("prod", make())

    store.create("dev", "prod")
    store.close()

    state = read_state(target)
    assert state.environments["dev"].snapshots[NODE].backlog == ()
    assert state.account("dev", NODE) is None


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-40], lambda text: b"{" + text, lambda text: b""]
)
def test_a_damaged_account_is_set_aside_and_said(target, make, damage):
    record(target, make())
    open_state(target).close()
    path = next(iter((target.parent / FOLDER).glob("accounts.json")))
    path.write_bytes(damage(path.read_bytes()))

    store = open_state(target)

    assert any("deliveries" in note for note in store.state.notes)
    assert list(path.parent.glob("accounts.json.corrupt-*"))
    store.close()


def test_the_rows_of_a_batch_survive_target_without_a_copy(target, make_snapshot, write_parquet):
    from seeknal.state.artifacts import Artifacts

    artifacts = Artifacts(target)
    candidate = write_parquet(artifacts.candidate(NODE, "r1"))
    artifact = artifacts.publish(NODE, candidate, fingerprint="f", rows=3, columns=())
    batches = BatchFiles(target.parent, artifacts)

    kept = batches.keep(NODE, artifact)

    assert artifacts.path(kept).samefile(artifacts.path(artifact))
    assert artifacts.verify(artifacts.renamed(artifact))[1].stat == artifacts.renamed(artifact).stat
    shutil.rmtree(target)
    target.mkdir()
    assert artifacts.verify(kept)[0] == "ok"
    batches.release(NODE, {kept.path})
    assert artifacts.verify(kept)[0] == "ok"
    batches.release(NODE, set())
    assert artifacts.verify(kept)[0] == "missing"
