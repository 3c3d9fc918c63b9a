from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from seeknal.state import migrations
from seeknal.state import store as stores
from seeknal.state.document import write_document
from seeknal.state.store import open_state, read_closed, read_state
from seeknal.values.errors import StateError
from seeknal.values.names import NodeId

pytestmark = pytest.mark.inside


@pytest.fixture
def often_interrupted():
    """Threads take turns so often that whatever can come between two lines does."""
    known = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(known)


def nodes(target: Path, environment: str = "prod") -> dict[str, str]:
    """Each node of an environment with the output id that is on record."""
    found = read_state(target).environments.get(environment)
    return {id: snapshot.output_id for id, snapshot in found.snapshots.items()} if found else {}


def listing(target: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(target.iterdir()) if path.is_file()}


def test_a_project_that_never_ran_has_no_state_and_reading_makes_none(target: Path):
    state = read_state(target)

    assert (state.environments, state.notes) == ({}, ())
    assert not target.exists()


def test_a_recorded_snapshot_is_read_back_equal_before_and_after_closing(target, make_snapshot):
    snapshot = make_snapshot()
    store = open_state(target)

    store.record("prod", snapshot)

    assert read_state(target).environments["prod"].snapshots == {snapshot.node: snapshot}
    store.close()
    assert read_state(target).environments["prod"].snapshots == {snapshot.node: snapshot}
    assert [path.name for path in target.iterdir()] == ["run_state.json"]


def test_the_store_shows_what_was_recorded_but_not_what_follows(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot(output="a" * 16))

    before = store.state
    store.record("prod", make_snapshot(output="b" * 16))

    node = NodeId("transform.orders")
    assert before.environments["prod"].snapshots[node].output_id == "a" * 16
    assert store.state.environments["prod"].snapshots[node].output_id == "b" * 16
    store.close()


def test_environments_do_not_see_each_other(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot(output="a" * 16))
    store.record("dev", make_snapshot(output="b" * 16))
    store.close()

    assert nodes(target) == {"transform.orders": "a" * 16}
    assert nodes(target, "dev") == {"transform.orders": "b" * 16}


def test_a_forgotten_node_is_gone_and_stays_gone(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.a"))
    store.record("prod", make_snapshot("transform.b"))

    store.forget("prod", NodeId("transform.a"))
    store.forget("prod", NodeId("transform.never"))

    assert set(nodes(target)) == {"transform.b"}
    store.close()
    assert set(nodes(target)) == {"transform.b"}


def test_generations_count_up_over_runs(target):
    for expected in (1, 2, 3):
        store = open_state(target)
        assert store.begin_generation("prod") == expected
        store.close()

    environment = read_state(target).environments["prod"]
    assert environment.generation == 3
    assert environment.created <= environment.updated
    assert environment.created


def test_opening_and_closing_an_unchanged_state_writes_nothing(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot())
    store.close()
    before = (target / "run_state.json").stat()

    open_state(target).close()

    # Reading may move the time of the last access.
    after = (target / "run_state.json").stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert [path.name for path in target.iterdir()] == ["run_state.json"]


def test_a_run_that_died_keeps_what_it_recorded(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.old"))
    store.close()
    died = open_state(target)
    died.record("prod", make_snapshot("transform.new"))

    again = open_state(target)

    assert set(again.state.environments["prod"].snapshots) == {"transform.old", "transform.new"}
    assert again.state.notes == ()
    assert not (target / "run_state.journal").exists()


def test_a_crash_between_the_fold_and_the_end_of_the_journal_changes_nothing(
    target, make_snapshot, monkeypatch: pytest.MonkeyPatch
):
    store = open_state(target)
    store.begin_generation("prod")
    store.record("prod", make_snapshot("transform.a", "a" * 16))
    store.forget("prod", NodeId("transform.a"))
    store.record("prod", make_snapshot("transform.a", "b" * 16))
    journal = (target / "run_state.journal").read_bytes()
    store.close()
    folded = read_state(target).environments["prod"]

    (target / "run_state.journal").write_bytes(journal)

    again = open_state(target)
    assert again.begin_generation("prod") == folded.generation + 1
    assert nodes(target) == {"transform.a": "b" * 16}


def test_a_journal_cut_anywhere_leaves_a_state_that_once_was(target, make_snapshot):
    store = open_state(target)
    for output in "abc":
        store.record("prod", make_snapshot(output=output * 16))
    journal = (target / "run_state.journal").read_bytes()

    seen = []
    for length in range(0, len(journal), 7):
        (target / "run_state.journal").write_bytes(journal[:length])
        seen.append(nodes(target).get("transform.orders", ""))

    assert seen == sorted(seen)
    assert set(seen) == {"", "a" * 16, "b" * 16}
    assert open_state(target).state.notes == ()


def test_writing_goes_on_after_a_torn_journal(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.a"))
    store.record("prod", make_snapshot("transform.b"))
    path = target / "run_state.journal"
    path.write_bytes(path.read_bytes()[:-40])

    again = open_state(target)
    again.record("prod", make_snapshot("transform.c"))
    again.close()

    assert set(nodes(target)) == {"transform.a", "transform.c"}


def test_a_damaged_journal_line_is_left_out_and_the_file_is_kept(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.a"))
    store.record("prod", make_snapshot("transform.b"))
    path = target / "run_state.journal"
    path.write_bytes(path.read_bytes().replace(b"transform.a", b"transform.z"))
    damaged = path.read_bytes()

    again = open_state(target)

    assert set(again.state.environments["prod"].snapshots) == {"transform.b"}
    (kept,) = target.glob("run_state.journal.corrupt-*")
    assert kept.read_bytes() == damaged
    assert again.state.notes == (
        f"target/run_state.journal is damaged: 1 of its lines are left out (kept as {kept.name})",
    )


def test_a_damaged_state_is_kept_aside_and_its_good_snapshots_are_saved(target, make_snapshot):
    store = open_state(target)
    for name in ("a", "b", "c"):
        store.record("prod", make_snapshot(f"transform.{name}"))
    store.close()
    path = target / "run_state.json"
    damaged = path.read_bytes().replace(b'"node":"transform.b"', b'"node":"transform.z"')
    path.write_bytes(damaged)

    again = open_state(target)

    assert set(again.state.environments["prod"].snapshots) == {"transform.a", "transform.c"}
    (kept,) = target.glob("run_state.json.corrupt-*")
    assert kept.read_bytes() == damaged
    (note,) = again.state.notes
    assert note == (
        "target/run_state.json is damaged: 2 snapshots were saved, other nodes run again"
        f" (kept as {kept.name})"
    )
    assert read_state(target).notes == ()


def test_a_damaged_state_is_completed_from_the_journal(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.a"))
    store.close()
    died = open_state(target)
    died.record("prod", make_snapshot("transform.b"))
    (target / "run_state.json").write_bytes(b"\x00" * 100)

    again = open_state(target)

    assert set(again.state.environments["prod"].snapshots) == {"transform.b"}
    assert set(nodes(target)) == {"transform.b"}


def test_reading_a_damaged_state_says_so_and_changes_no_file(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot())
    store.close()
    path = target / "run_state.json"
    path.write_bytes(path.read_bytes()[:-30])
    before = listing(target)

    state = read_state(target)

    assert len(state.notes) == 1
    assert "damaged" in state.notes[0]
    assert listing(target) == before


@pytest.mark.parametrize("opener", [read_state, open_state])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_newer_state_is_refused_and_left_as_it_is(target, make_snapshot, opener, indent):
    store = open_state(target)
    store.record("prod", make_snapshot())
    store.close()
    path = target / "run_state.json"
    path.write_text(
        json.dumps(json.loads(path.read_bytes()) | {"schema_version": 9}, indent=indent)
    )
    before = listing(target)

    with pytest.raises(StateError, match="schema version 9; this seeknal knows 3") as caught:
        opener(target)

    assert caught.value.code == "SK0803"
    assert listing(target) == before


def test_a_newer_journal_is_refused_as_well(target, make_snapshot, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(migrations.MIGRATIONS, 3, list)
        store = open_state(target)
        store.record("prod", make_snapshot())
    before = listing(target)

    with pytest.raises(StateError, match=r"run_state\.journal has schema version 4"):
        open_state(target)

    assert listing(target) == before


def test_an_older_state_and_its_journal_are_migrated_and_the_old_file_is_kept(
    target, make_snapshot, monkeypatch
):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.folded"))
    store.close()
    died = open_state(target)
    died.record("prod", make_snapshot("transform.journalled"))
    old = (target / "run_state.json").read_bytes()
    monkeypatch.setitem(migrations.MIGRATIONS, 3, rename_environment)
    monkeypatch.setitem(migrations.MIGRATIONS, 4, list)

    migrated = open_state(target)
    migrated.close()

    expected = {"transform.folded", "transform.journalled"}
    assert set(migrated.state.environments["production"].snapshots) == expected
    assert set(nodes(target, "production")) == expected
    assert json.loads((target / "run_state.json").read_bytes())["schema_version"] == 5
    (kept,) = target.glob("run_state.json.v3-*.bak")
    assert kept.read_bytes() == old
    assert migrated.state.notes == (
        f"target/run_state.json is migrated from schema version 3 (kept as {kept.name})",
    )


def rename_environment(entries):
    return [entry | {"environment": "production"} for entry in entries]


def test_reading_an_older_state_migrates_only_what_is_shown(target, make_snapshot, monkeypatch):
    store = open_state(target)
    store.record("prod", make_snapshot())
    store.close()
    before = listing(target)
    monkeypatch.setitem(migrations.MIGRATIONS, 3, rename_environment)

    state = read_state(target)

    assert list(state.environments) == ["production"]
    assert listing(target) == before


def test_a_2x_target_is_set_aside_with_a_line_for_each_file(target):
    (target / "state").mkdir(parents=True)
    old = json.dumps({"version": "1.0.0", "seeknal_version": "2.0.0", "nodes": {"source.a": {}}})
    (target / "run_state.json").write_text(old)
    (target / "state" / "execution_state.json").write_text("{}")

    seen = read_state(target)
    store = open_state(target)
    store.close()

    assert [note.split(":")[0] for note in seen.notes] == [
        "target/run_state.json is of seeknal 2.x",
        "target/state/execution_state.json is of seeknal 2.x",
    ]
    (kept,) = target.glob("run_state.json.2x-*.bak")
    assert kept.read_text() == old
    (other,) = (target / "state").iterdir()
    assert other.name.startswith("execution_state.json.2x-")
    assert [kept.name in store.state.notes[0], other.name in store.state.notes[1]] == [True, True]
    assert open_state(target).state.notes == ()


def test_what_json_cannot_hold_is_an_error_that_names_the_node(target, make_snapshot):
    from attrs import evolve

    store = open_state(target)
    snapshot = evolve(make_snapshot(), source_version={1, 2})

    with pytest.raises(StateError, match=r"transform\.orders cannot be stored as JSON") as caught:
        store.record("prod", snapshot)

    assert caught.value.code == "SK0805"
    store.record("prod", make_snapshot("transform.other"))
    store.close()
    assert set(nodes(target)) == {"transform.other"}


def test_a_full_disk_while_folding_loses_nothing(target, make_snapshot, monkeypatch):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.a"))

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        store.close()

    assert set(nodes(target)) == {"transform.a"}
    assert sorted(path.name for path in target.iterdir()) == ["run_state.journal"]
    open_state(target).close()
    assert set(nodes(target)) == {"transform.a"}


def test_a_full_disk_while_recording_is_an_error_that_says_what_to_do(
    target, make_snapshot, monkeypatch
):
    store = open_state(target)

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StateError, match=r"No space left on device .* MiB free") as caught:
            store.record("prod", make_snapshot("transform.a"))
    store.record("prod", make_snapshot("transform.b"))
    store.close()

    assert caught.value.code == "SK0804"
    assert set(nodes(target)) == {"transform.b"}


def test_a_state_that_cannot_be_read_is_an_error_and_not_an_empty_state(target):
    (target / "run_state.json").mkdir(parents=True)

    with pytest.raises(StateError, match="cannot be read") as caught:
        read_state(target)

    assert caught.value.code == "SK0801"


def test_the_fold_is_durable_before_the_journal_goes(target, make_snapshot, monkeypatch):
    store = open_state(target)
    store.record("prod", make_snapshot())
    calls: list[str] = []
    fsync, replace, unlink = os.fsync, os.replace, Path.unlink

    def note_fsync(descriptor: int) -> None:
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        calls.append(f"fsync {name.partition('.tmp.')[0]}")
        fsync(descriptor)

    def note_replace(source: Path, path: Path) -> None:
        calls.append(f"rename {Path(path).name}")
        replace(source, path)

    def note_unlink(path: Path, missing_ok: bool = False) -> None:
        if path.exists():
            calls.append(f"unlink {path.name}")
        unlink(path, missing_ok)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    monkeypatch.setattr(Path, "unlink", note_unlink)

    store.close()

    assert calls == [
        "fsync .run_state.json",
        "rename run_state.json",
        "fsync target",
        "unlink run_state.journal",
    ]


def test_many_threads_record_at_once(target, make_snapshot):
    store = open_state(target)

    def record(worker: int) -> None:
        for number in range(20):
            store.record("prod", make_snapshot(f"transform.n{worker}_{number}"))

    threads = [threading.Thread(target=record, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(nodes(target)) == 120
    store.close()
    assert len(nodes(target)) == 120


def test_what_threads_record_at_once_belongs_to_the_generation_that_has_just_begun(
    target, make_snapshot, often_interrupted
):
    nodes = [NodeId(f"source.n{number}") for number in range(6)]
    store = open_state(target)
    start = threading.Barrier(len(nodes))

    def record(node, output):
        start.wait()
        store.record("prod", make_snapshot(node, output))

    generations = 20
    for generation in range(generations):
        store.expect_generation("prod", command="run")
        output = f"{generation:016}"
        threads = [threading.Thread(target=record, args=(node, output)) for node in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store.end_generation("prod")

    current = store.state.environments["prod"].snapshots
    kept = store.generations()
    for generation in range(generations):
        earlier = kept.earlier("prod", current, generations, generation + 1)
        assert {found.output_id for found in earlier.values()} == {f"{generation:016}"}
    store.close()


def test_nothing_is_recorded_after_closing(target, make_snapshot):
    store = open_state(target)
    store.record("prod", make_snapshot("transform.a"))
    store.close()
    before = listing(target)

    with pytest.raises(StateError, match="the run is over") as caught:
        store.record("prod", make_snapshot("transform.late"))

    assert caught.value.code == "SK0808"
    assert listing(target) == before


def test_what_a_late_thread_was_told_is_durable_is_in_the_folded_state(target, make_snapshot):
    for _ in range(20):
        store = open_state(target)
        told: list[str] = []

        def record(worker: int, store=store, told=told) -> None:
            for number in range(50):
                node = f"transform.n{worker}_{number}"
                try:
                    store.record("prod", make_snapshot(node))
                except StateError:
                    return
                told.append(node)

        threads = [threading.Thread(target=record, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        store.close()
        for thread in threads:
            thread.join()

        assert set(told) <= set(nodes(target))
        assert not (target / "run_state.journal").exists()


def test_a_reader_never_sees_less_than_before_while_a_writer_folds(target, make_snapshot):
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(len(nodes(target)))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        store = open_state(target)
        store.record("prod", make_snapshot(f"transform.n{number}"))
        store.close()
    done.set()
    reader.join()

    assert seen == sorted(seen)
    assert len(set(seen)) > 3


def test_two_thousand_snapshots_are_decoded_only_where_they_are_looked_at(target, make_snapshot):
    store = open_state(target)
    for number in range(2000):
        store.record("prod", make_snapshot(f"transform.n{number}"))
    store.close()

    snapshots = read_state(target).environments["prod"].snapshots
    one = snapshots[NodeId("transform.n1999")]

    assert len(snapshots) == 2000
    assert one == make_snapshot("transform.n1999")
    assert len(snapshots._decoded) == 1


def test_a_written_document_is_what_the_store_reads(target):
    target.mkdir()
    (target / "run_state.json").write_bytes(
        write_document([{"environment": "dev", "generation": 4, "created": "x", "at": "y"}])
    )

    environment = read_state(target).environments["dev"]

    assert (environment.generation, environment.created, environment.updated) == (4, "x", "y")


def test_a_journal_that_has_become_long_is_folded_while_the_run_goes_on(
    target, make_snapshot, monkeypatch
):
    monkeypatch.setattr(stores, "LONG", 20_000)
    store = open_state(target)
    lengths = []

    for number in range(100):
        store.record("prod", make_snapshot(output=f"{number:016}"))
        journal = target / "run_state.journal"
        lengths.append(journal.stat().st_size if journal.exists() else 0)

    assert max(lengths) < 2 * 20_000 < sum(lengths)
    assert nodes(target) == {"transform.orders": f"{99:016}"}


def test_what_a_command_is_changing_is_not_shown_though_its_journal_was_folded(
    target, make_snapshot, monkeypatch
):
    store = open_state(target)
    store.begin_generation("prod", command="run")
    store.record("prod", make_snapshot(output="a" * 16))
    store.end_generation("prod")
    store.begin_generation("prod", command="run")
    monkeypatch.setattr(stores, "LONG", 0)

    for number in range(9):
        store.record("prod", make_snapshot(output=f"{number:016}"))

    number, found = read_closed(target, "prod")
    assert number == 1
    assert {id: snapshot.output_id for id, snapshot in found.items()} == {
        "transform.orders": "a" * 16
    }
