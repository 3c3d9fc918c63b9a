from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.installed import install_plugin

from seeknal.state.store import open_state

pytestmark = pytest.mark.inside


def outputs(shop):
    return {path.name for path in (shop.path / "target/cache").rglob("*.parquet")}


def links(shop):
    """The symlinks that are kept for outputs, of which stable names are further names."""
    return list((shop.path / "target/.links").iterdir())


def later(shop, monkeypatch, **ago):
    """Let everything that happened so far have happened earlier."""
    import seeknal.state.ledger as ledger

    then = (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="milliseconds")
    store = open_state(shop.path / "target")
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "now", lambda: then)
        for name in store.state.environments:
            patch.setattr("seeknal.state.store.now", lambda: then)
            store.annotate(name, pinned=None)
            store.delete("deleted-before")
    store.close()


@pytest.fixture
def edited(shop, changed):
    def edit(factor, *arguments):
        shop.write(clean=changed.replace("* 2", f"* {factor}"))
        shop("run", *arguments).assert_ok()

    return edit


def test_old_generations_go_with_the_outputs_that_only_they_had(shop, edited, monkeypatch):
    shop.project.write(
        {"seeknal_project.yml": "name: t\njanitor: {auto_run: false, output_retention: 2}\n"}
    )
    for factor in range(2, 7):
        edited(factor)
    before = outputs(shop)
    later(shop, monkeypatch, minutes=5)

    listed = shop("janitor", "--dry-run", "--format", "json").assert_ok().json()
    assert outputs(shop) == before
    removed = shop("janitor", "--format", "json").assert_ok().json()

    assert {entry["kind"] for entry in listed["items"]} >= {"generation"}
    assert removed["bytes"] > 0
    assert len(outputs(shop)) == len(before) - 6
    assert {link.resolve().name for link in links(shop)} == outputs(shop)
    shop("rollback", "prod", "--yes", "--to", "4").assert_ok()
    assert shop.total() == 120
    gone = shop("rollback", "prod", "--yes", "--to", "1")
    assert (gone.exit_code, "no longer kept" in gone.stderr) == (1, True)


def test_an_unused_environment_expires_and_production_never_does(shop, edited, monkeypatch):
    edited(2, "--env", "dev")
    later(shop, monkeypatch, days=8)

    items = shop("janitor", "--format", "json").assert_ok().json()["items"]

    assert ("environment", "dev") in {(entry["kind"], entry["what"]) for entry in items}
    assert [entry["environment"] for entry in shop("env", "list", "--format", "json").json()] == [
        "prod"
    ]
    assert not (shop.path / "target/environments/dev").exists()
    assert shop.total() == 30


def test_an_environment_that_is_run_stays_though_nothing_changes(shop, edited, monkeypatch):
    edited(2, "--env", "dev")
    later(shop, monkeypatch, days=8)
    assert shop.ran("run", "--env", "dev") == set()

    items = shop("janitor", "--format", "json").assert_ok().json()["items"]

    assert ("environment", "dev") not in {(entry["kind"], entry["what"]) for entry in items}


def test_outputs_of_an_environment_deleted_just_now_wait_for_their_readers(
    shop, edited, monkeypatch
):
    edited(2, "--env", "dev")
    before = outputs(shop)
    later(shop, monkeypatch, minutes=2)
    shop("env", "delete", "dev", "--yes").assert_ok()

    shop("janitor").assert_ok()
    assert outputs(shop) == before
    later(shop, monkeypatch, minutes=2)
    shop("janitor").assert_ok()

    assert len(outputs(shop)) == len(before) - 2


def test_a_size_is_kept_by_forgetting_the_oldest(shop, edited, monkeypatch):
    for factor in range(2, 5):
        edited(factor)
    later(shop, monkeypatch, minutes=5)
    shop.project.write({"seeknal_project.yml": "name: t\njanitor: {max_cache_size: 1KB}\n"})

    shop("janitor").assert_ok()

    assert len(outputs(shop)) == 4
    assert shop.total() == 120


def test_temporary_files_of_dead_runs_go(shop):
    candidates = shop.path / "target/cache/.candidates"
    candidates.mkdir(exist_ok=True)
    (candidates / "dead.1.x.parquet").write_bytes(b"half")

    items = shop("janitor", "--format", "json").assert_ok().json()["items"]

    assert ("temporary file", 4) in {(entry["kind"], entry["bytes"]) for entry in items}
    assert not list(candidates.iterdir())


def test_past_months_of_the_history_become_parquet_and_stay_readable(shop):
    history = shop.path / "target/history"
    (month,) = history.glob("*.ndjson")
    month.rename(history / "2020-01.ndjson")
    count = "SELECT count(*) FROM seeknal_history"
    before = shop.sql(count)

    shop("janitor").assert_ok()

    assert [path.name for path in history.iterdir()] == ["2020-01.parquet"]
    assert shop.sql(count) == before


def test_archived_months_are_listed_as_they_were(shop):
    def told():
        runs = shop("history", "--format", "json").assert_ok().json()
        nodes = shop("history", "--node", "total", "--format", "json").assert_ok().json()
        return runs, nodes, shop("history").assert_ok().stdout

    history = shop.path / "target/history"
    (month,) = history.glob("*.ndjson")
    month.rename(history / "2020-01.ndjson")
    before = told()

    shop("janitor").assert_ok()

    assert [path.suffix for path in history.iterdir()] == [".parquet"]
    assert told() == before
    assert before[1]


def test_archiving_that_was_cut_short_doubles_nothing(shop):
    history = shop.path / "target/history"
    (month,) = history.glob("*.ndjson")
    lines = month.rename(history / "2020-01.ndjson")
    text = lines.read_bytes()
    shop("janitor").assert_ok()
    before = shop("history", "--format", "json").json()
    lines.write_bytes(text)

    assert shop("history", "--format", "json").json() == before
    assert shop.sql("SELECT count(*) FROM seeknal_history WHERE node IS NULL") == [(1,)]


def test_months_archived_by_an_earlier_version_are_listed(shop):
    import duckdb

    history = shop.path / "target/history"
    (month,) = history.glob("*.ndjson")
    month.rename(history / "2020-01.ndjson")
    shop("janitor").assert_ok()
    (file,) = history.glob("*.parquet")
    duckdb.sql(
        f"COPY (SELECT * EXCLUDE (nodes) FROM read_parquet('{file}')) TO '{file}.new'"
        " (FORMAT parquet)"
    )
    (history / f"{file.name}.new").rename(file)

    assert [entry["status"] for entry in shop("history", "--format", "json").json()] == ["success"]
    assert shop.sql("SELECT count(*) FROM seeknal_history WHERE node IS NULL") == [(1,)]


def test_what_is_owed_is_kept(shop, edited, monkeypatch):
    shop.project.write(
        {"seeknal_project.yml": "name: t\njanitor: {output_retention: 1, auto_run: false}\n"}
    )
    blocked = shop.path / "outputs"
    blocked.write_text("in the way")
    shop.write(
        report="kind: exposure\nname: report\ntype: file\nparams: {path: outputs/r.csv}\n"
        "inputs: [{ref: transform.total}]\n"
    )
    assert shop("run").exit_code == 1
    later(shop, monkeypatch, minutes=5)
    shop("janitor").assert_ok()
    blocked.unlink()

    shop("run").assert_ok()

    assert (shop.path / "outputs/r.csv").read_text() == "total\n30\n"


def test_a_run_cleans_up_after_itself(shop, edited):
    shop.project.write({"seeknal_project.yml": "name: t\njanitor: {output_retention: 2}\n"})

    for factor in range(2, 7):
        edited(factor)

    history = shop("env", "history", "--format", "json").json()
    assert [entry["generation"] for entry in history] == [6, 5]


PLUGIN = """
from seeknal.plugin import Garbage, hookimpl

@hookimpl
def collect_garbage(context, dry_run):
    file = context.project_root / "left.txt"
    if not file.exists():
        return []
    if not dry_run:
        file.unlink()
    return [Garbage(what="left.txt", bytes=5)]
"""


def install(folder, monkeypatch):
    install_plugin(folder, "tidy", PLUGIN)
    monkeypatch.syspath_prepend(str(folder))


def test_plugins_say_what_they_remove(shop, monkeypatch, tmp_path):
    install(tmp_path, monkeypatch)
    (shop.path / "left.txt").write_text("12345")

    dry = shop("janitor", "--dry-run", "--format", "json").assert_ok().json()
    assert (shop.path / "left.txt").exists()
    done = shop("janitor", "--format", "json").assert_ok().json()

    expected = {"kind": "tidy", "what": "left.txt", "bytes": 5, "error": None}
    assert expected in dry["items"]
    assert expected in done["items"]
    assert not (shop.path / "left.txt").exists()
