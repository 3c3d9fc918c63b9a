from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import duckdb
import pytest
from attrs import evolve

from seeknal.state.artifacts import Artifacts
from seeknal.values.columns import Column
from seeknal.values.errors import StateError
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Artifact

pytestmark = pytest.mark.inside

NODE = NodeId("transform.orders")
COLUMNS = (Column("id", "BIGINT"),)


@pytest.fixture
def artifacts(target: Path) -> Artifacts:
    return Artifacts(target)


@pytest.fixture
def publish(artifacts: Artifacts, write_parquet):
    def publish(rows: int = 3, fingerprint: str = "f" * 16, node: NodeId = NODE) -> Artifact:
        candidate = write_parquet(artifacts.candidate(node, "run-1"), rows)
        return artifacts.publish(
            node, candidate, fingerprint=fingerprint, rows=rows, columns=COLUMNS
        )

    return publish


def remove_all_but(artifacts: Artifacts, *kept: Artifact) -> int:
    """What the janitor does; gives the number of bytes freed."""
    gone = set(artifacts.stored()) - {artifacts.path(artifact) for artifact in kept}
    freed = sum(path.lstat().st_size for path in gone)
    for path in gone:
        artifacts.remove(path)
    artifacts.remove_empty_folders()
    return freed


def files(target: Path) -> list[str]:
    """All that is there, but for where symlinks are kept."""
    found = (path for path in target.rglob("*") if not path.is_dir() or path.is_symlink())
    names = (path.relative_to(target).as_posix() for path in found)
    return sorted(name for name in names if not name.startswith(".links/"))


def test_a_published_artifact_is_read_only_named_by_its_content_and_readable(
    target, artifacts, publish
):
    artifact = publish()

    path = artifacts.path(artifact)
    assert artifact.path == f"cache/transform/orders/{'f' * 16}-{artifact.output_id}.parquet"
    assert (artifact.rows, artifact.columns) == (3, COLUMNS)
    assert artifact.size == path.stat().st_size
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert duckdb.sql(f"SELECT count(*), sum(id) FROM '{path}'").fetchall() == [(3, 3)]
    assert files(target) == [artifact.path]
    assert artifacts.verify(artifact) == ("ok", artifact)


def test_equal_rows_are_one_file(target, artifacts, publish):
    first = publish()
    inode = artifacts.path(first).stat().st_ino

    second = publish()

    assert second == first
    assert artifacts.path(second).stat().st_ino == inode
    assert files(target) == [first.path]


def test_other_rows_are_another_file_and_the_first_stays(target, artifacts, publish):
    first = publish(3)

    second = publish(4)

    assert files(target) == sorted([first.path, second.path])
    assert artifacts.verify(first)[0] == "ok"


def test_publishing_over_a_damaged_file_keeps_it_aside(target, artifacts, publish):
    first = publish()
    path = artifacts.path(first)
    path.chmod(0o644)
    path.write_bytes(b"PAR1 nonsense PAR1")

    again = publish()

    assert artifacts.verify(again, deep=True)[0] == "ok"
    (kept,) = path.parent.glob("*.damaged-*")
    assert kept.read_bytes() == b"PAR1 nonsense PAR1"


@pytest.mark.parametrize("cut", [0, 4, 11, -8, -1])
def test_half_a_file_is_never_published(target, artifacts, write_parquet, cut: int):
    candidate = write_parquet(artifacts.candidate(NODE, "run-1"))
    candidate.write_bytes(candidate.read_bytes()[:cut])

    with pytest.raises(StateError, match=r"transform\.orders is no whole Parquet file") as caught:
        artifacts.publish(NODE, candidate, fingerprint="f", rows=3, columns=COLUMNS)

    assert caught.value.code == "SK0807"
    assert not (target / "cache" / "transform").exists()


def test_a_footer_longer_than_its_file_is_never_published(artifacts, target):
    candidate = artifacts.candidate(NODE, "run-1")
    candidate.write_bytes(b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1")

    with pytest.raises(StateError, match="no whole Parquet file"):
        artifacts.publish(NODE, candidate, fingerprint="f", rows=0, columns=())


def test_content_is_durable_before_its_name_and_the_name_before_publish_returns(
    target, artifacts, write_parquet, monkeypatch: pytest.MonkeyPatch
):
    candidate = write_parquet(artifacts.candidate(NODE, "run-1"))
    calls: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def note_fsync(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        calls.append(f"fsync {'candidate' if path == candidate else path.name}")
        fsync(descriptor)

    def note_rename(path: Path, other: Path) -> Path:
        calls.append("rename")
        return rename(path, other)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "rename", note_rename)

    artifacts.publish(NODE, candidate, fingerprint="f", rows=3, columns=COLUMNS)

    folders = ["fsync cache", "fsync transform"]
    assert calls == ["fsync candidate", *folders, "rename", "fsync orders"]


def test_a_touched_file_is_still_ok_and_its_new_stat_spares_the_next_hash(artifacts, publish):
    artifact = publish()
    os.utime(artifacts.path(artifact), ns=(1, 1))

    health, moved = artifacts.verify(artifact)

    assert health == "ok"
    assert moved == evolve(artifact, stat=moved.stat)
    assert moved.stat != artifact.stat
    assert artifacts.verify(moved) == ("ok", moved)


def test_a_file_restored_from_a_backup_is_ok(artifacts, publish, tmp_path: Path):
    artifact = publish()
    path = artifacts.path(artifact)
    shutil.copy2(path, tmp_path / "backup")
    path.unlink()

    missing, _ = artifacts.verify(artifact)
    shutil.copy2(tmp_path / "backup", path)

    assert missing == "missing"
    assert artifacts.verify(artifact)[0] == "ok"


def test_a_flipped_bit_is_seen_though_size_and_mtime_are_as_before(artifacts, publish):
    artifact = publish(1000)
    path = artifacts.path(artifact)
    before = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert artifacts.verify(artifact)[0] == "damaged"
    assert artifacts.verify(artifact, deep=True)[0] == "damaged"


def test_deep_verification_hashes_though_nothing_seems_to_have_moved(artifacts, publish):
    artifact = publish()
    lying = evolve(artifact, sha256="0" * 64)

    assert artifacts.verify(lying)[0] == "ok"
    assert artifacts.verify(lying, deep=True)[0] == "damaged"


def test_a_truncated_file_a_folder_and_a_symlink_are_damaged(artifacts, publish, tmp_path: Path):
    artifact = publish()
    path = artifacts.path(artifact)
    shutil.copy(path, tmp_path / "copy")
    path.unlink()

    path.write_bytes(b"PAR1")
    assert artifacts.verify(artifact)[0] == "damaged"
    path.unlink()
    path.symlink_to(tmp_path / "copy")
    assert artifacts.verify(artifact)[0] == "damaged"
    path.unlink()
    path.mkdir()
    assert artifacts.verify(artifact)[0] == "damaged"


def test_a_missing_folder_is_a_missing_artifact(artifacts, publish, target):
    artifact = publish()
    shutil.rmtree(target / "cache")

    assert artifacts.verify(artifact) == ("missing", artifact)
    (target / "cache").write_text("a file")
    assert artifacts.verify(artifact) == ("missing", artifact)


def test_a_damaged_artifact_can_be_set_aside(artifacts, publish):
    artifact = publish()

    kept = artifacts.set_aside(artifact)

    assert kept is not None
    assert kept.name.startswith(f"{artifacts.path(artifact).name}.damaged-")
    assert artifacts.verify(artifact)[0] == "missing"
    assert artifacts.set_aside(artifact) is None


def test_the_current_file_has_a_stable_name_that_duckdb_reads(target, artifacts, publish):
    artifacts.link_current(NODE, publish(3))
    link = target / "intermediate" / "transform_orders.parquet"
    first = duckdb.sql(f"SELECT count(*) FROM '{link}'").fetchall()

    artifacts.link_current(NODE, publish(4))

    assert first == [(3,)]
    assert duckdb.sql(f"SELECT count(*) FROM '{link}'").fetchall() == [(4,)]
    assert [path.name for path in (target / "intermediate").iterdir()] == [link.name]


def test_a_link_that_is_right_is_left_alone_and_a_wrong_one_is_put_right(
    target, artifacts, publish
):
    artifact = publish()
    link = target / "intermediate" / "transform_orders.parquet"
    artifacts.link_current(NODE, artifact)
    before = link.lstat()

    artifacts.link_current(NODE, artifact)
    assert link.lstat() == before
    link.unlink()
    link.write_text("something else")
    artifacts.link_current(NODE, artifact)

    assert link.read_bytes() == artifacts.path(artifact).read_bytes()


def test_a_project_folder_can_be_moved(target, artifacts, publish, tmp_path: Path):
    artifact = publish()
    artifacts.link_current(NODE, artifact)

    target.rename(tmp_path / "moved")

    moved = tmp_path / "moved"
    assert Artifacts(moved).verify(artifact)[0] == "ok"
    assert (moved / "intermediate" / "transform_orders.parquet").read_bytes()[:4] == b"PAR1"


def test_names_in_another_environment_lead_to_the_same_file_and_move_apart(
    target, artifacts, publish, tmp_path: Path
):
    first, second = publish(3), publish(4)
    prod = target / "intermediate" / "transform_orders.parquet"
    dev = target / "environments" / "dev" / "transform_orders.parquet"
    artifacts.link_all("prod", {NODE: first})

    artifacts.link_all("dev", {NODE: first})
    assert dev.samefile(artifacts.path(first))
    artifacts.link_all("prod", {NODE: second})
    assert dev.samefile(artifacts.path(first))
    assert prod.samefile(artifacts.path(second))
    target.rename(tmp_path / "moved")

    moved = tmp_path / "moved" / "environments" / "dev" / "transform_orders.parquet"
    assert moved.read_bytes()[:4] == b"PAR1"


def test_what_has_no_stable_name_is_told_of_each_environment(artifacts, publish):
    others = [NodeId("transform.gone"), NodeId("transform.ORDERS_2")]
    before = artifacts.unnamed("prod", [NODE])
    artifacts.link_all("prod", {NODE: publish()})

    prod = artifacts.unnamed("prod", [NODE, *others])
    dev = artifacts.unnamed("dev", [NODE])

    assert (before, prod, dev) == ([NODE], others, [NODE])


def test_a_symlink_that_is_kept_goes_with_its_artifact(target, artifacts, publish):
    old, new = publish(3), publish(4)
    for artifact in (old, new):
        artifacts.link_current(NODE, artifact)

    remove_all_but(artifacts, new)

    (kept,) = (target / ".links").iterdir()
    assert kept.samefile(artifacts.path(new))
    assert (target / "intermediate" / "transform_orders.parquet").samefile(kept)


def test_where_a_symlink_takes_no_second_name_there_are_several(
    target, artifacts, publish, monkeypatch: pytest.MonkeyPatch
):
    def refuse(kept: str, link: str, *, follow_symlinks: bool) -> None:
        raise PermissionError(1, "Operation not permitted")

    first, second = publish(3), publish(4)
    monkeypatch.setattr("os.link", refuse)

    for artifact in (first, second, first):
        artifacts.link_all("prod", {NODE: artifact})

    link = target / "intermediate" / "transform_orders.parquet"
    assert link.is_symlink()
    assert link.samefile(artifacts.path(first))


def test_where_there_are_no_symlinks_the_current_file_is_a_copy(
    target, artifacts, publish, monkeypatch: pytest.MonkeyPatch
):
    def refuse(text: str, link: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    artifact = publish()
    link = target / "intermediate" / "transform_orders.parquet"
    monkeypatch.setattr("os.symlink", refuse)
    artifacts.link_current(NODE, artifact)
    before = link.lstat()

    artifacts.link_current(NODE, artifact)

    assert link.lstat() == before
    assert not link.is_symlink()
    assert link.read_bytes() == artifacts.path(artifact).read_bytes()
    assert link.stat().st_ino != artifacts.path(artifact).stat().st_ino


def test_a_link_can_be_taken_away_twice(target, artifacts, publish):
    artifact = publish()
    artifacts.link_current(NODE, artifact)

    artifacts.unlink_current(NODE)
    artifacts.unlink_current(NODE)

    assert files(target) == [artifact.path]


def test_leftovers_of_dead_runs_go_and_what_this_run_writes_stays(
    target, artifacts, publish, write_parquet
):
    artifact = publish()
    artifacts.link_current(NODE, artifact)
    mine = write_parquet(artifacts.candidate(NODE, "run-1"))
    other = write_parquet(Artifacts(target).candidate(NODE, "run-0"))
    (target / ".run_state.json.tmp.123").write_text("half")
    (target / "intermediate" / ".transform_orders.parquet.tmp.123").write_text("half")

    removed = artifacts.remove_leftovers()

    assert removed == 3
    assert mine.exists()
    assert not other.exists()
    assert files(target) == sorted(
        [
            artifact.path,
            mine.relative_to(target).as_posix(),
            "intermediate/transform_orders.parquet",
        ]
    )


def test_there_are_no_leftovers_where_nothing_ran(target, artifacts):
    assert artifacts.remove_leftovers() == 0
    assert remove_all_but(artifacts) == 0
    assert not target.exists()


def test_what_no_snapshot_names_is_removed_and_nothing_else(target, artifacts, publish):
    kept, dropped = publish(3), publish(4)
    other = publish(3, node=NodeId("transform.old"))
    foreign = target / "cache" / "transform" / "orders" / "mine.parquet"
    foreign.write_text("a user's")

    freed = remove_all_but(artifacts, kept)

    assert freed == dropped.size + other.size
    assert files(target) == sorted([kept.path, foreign.relative_to(target).as_posix()])
    assert not (target / "cache" / "transform" / "old").exists()


def test_candidates_are_never_handed_out_twice(artifacts):
    paths = {artifacts.candidate(NODE, "run-1") for _ in range(100)}

    assert len(paths) == 100
