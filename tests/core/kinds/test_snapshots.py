"""Snapshots in whole projects: what becomes of the versions from run to run."""

from __future__ import annotations

import shutil
import signal
from datetime import UTC, datetime, timedelta

import pytest
from tests.dying import run_killed

from seeknal.host import clock
from seeknal.state.store import read_state

pytestmark = pytest.mark.inside

SOURCE = "{kind: source, name: customers, source: csv, table: data/customers.csv}\n"
TIMESTAMP = """kind: snapshot
name: customers
inputs: [source.customers]
unique_key: id
strategy: timestamp
updated_at: seen
"""
CHECK = """kind: snapshot
name: customers
inputs: [source.customers]
unique_key: id
strategy: check
check_columns: all
"""
OPENING = datetime(2024, 3, 1, 12, tzinfo=UTC)


class Shop:
    """A project with one snapshot; what it is given, and which versions it has."""

    def __init__(self, project, monkeypatch):
        self.project = project
        self.path = project.path
        self.moment = OPENING
        monkeypatch.setattr(clock, "now", lambda: self.moment)

    def __call__(self, *arguments):
        return self.project.run(*arguments)

    def customers(self, *rows, columns="id,name,seen"):
        lines = "".join(f"{','.join(map(str, row))}\n" for row in rows)
        self.project.write({"data/customers.csv": f"{columns}\n{lines}"})

    def node(self, text):
        self.project.write({"seeknal/node.yml": text})

    def later(self, *arguments, hours=1):
        """A run an hour later, which succeeds."""
        self.moment += timedelta(hours=hours)
        return self("run", *arguments).assert_ok()

    def versions(self, *columns, env="prod"):
        query = f"SELECT {', '.join(columns)} FROM snapshot.customers ORDER BY id, valid_from"
        answer = self("sql", query, "--env", env, "--format", "json").assert_ok().json()
        return [tuple(row.values()) for row in answer]

    def stored(self, env="prod"):
        snapshots = read_state(self.path / "target").environments[env].snapshots
        return snapshots["snapshot.customers"]

    def did(self, *arguments):
        self.moment += timedelta(hours=1)
        run = self("run", *arguments, "--format", "json").assert_ok().json()
        return {entry["node"]: entry["status"] for entry in run["nodes"]}["snapshot.customers"]


@pytest.fixture
def shop(seeknal_project, monkeypatch):
    def make(node=TIMESTAMP, *rows, **more):
        files = {f"seeknal/{name}.yml": text for name, text in more.items()}
        found = Shop(seeknal_project({"seeknal/source.yml": SOURCE, **files}), monkeypatch)
        found.node(node)
        found.customers(*(rows or ((1, "a", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00"))))
        found("run").assert_ok()
        return found

    return make


def test_a_later_time_makes_a_version_that_begins_then(shop):
    made = shop()
    made.customers((1, "A", "2024-02-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    made.later()

    assert made.versions("id", "name", "valid_from", "valid_to", "is_current") == [
        (1, "a", "2024-01-01 10:00:00", "2024-02-01 10:00:00", False),
        (1, "A", "2024-02-01 10:00:00", None, True),
        (2, "b", "2024-01-01 11:00:00", None, True),
    ]


def test_another_value_makes_a_version_that_begins_at_the_moment_of_the_run(shop):
    made = shop(CHECK)
    made.customers((1, "A", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    made.later()

    assert made.versions("id", "name", "valid_from", "valid_to", "is_current") == [
        (1, "a", "2024-03-01 12:00:00+00", "2024-03-01 13:00:00+00", False),
        (1, "A", "2024-03-01 13:00:00+00", None, True),
        (2, "b", "2024-03-01 12:00:00+00", None, True),
    ]


@pytest.mark.parametrize(
    ("deletes", "expected"),
    [
        ("ignore", [("a", None)]),
        ("invalidate", [("a", "2024-03-01 13:00:00")]),
        ("new_record", [("a", "2024-03-01 13:00:00"), ("a", None)]),
    ],
)
def test_a_key_that_is_gone(shop, deletes, expected):
    made = shop(f"{TIMESTAMP}hard_deletes: {deletes}\n")
    made.customers((2, "b", "2024-01-01 11:00:00"))

    made.later()

    found = [row[1:] for row in made.versions("id", "name", "valid_to") if row[0] == 1]
    assert found == expected


def test_the_words_of_dbt_mean_the_same(shop):
    words = CHECK.replace("check_columns", "check_cols") + "invalidate_hard_deletes: true\n"
    made = shop(words)
    made.customers((2, "b", "2024-01-01 11:00:00"))

    made.later()

    assert made.versions("id", "is_current") == [(1, False), (2, True)]


def test_nothing_new_leaves_the_rows_and_what_is_delivered_as_they_are(shop):
    target = "materializations: [{type: file, path: out.csv}]\n"
    made = shop(CHECK + target)
    before, at = made.stored(), (made.path / "out.csv").stat().st_mtime_ns
    made.customers((2, "b", "2024-01-01 11:00:00"), (1, "a", "2024-01-01 10:00:00"))

    forced = made.did("--full")

    assert forced == "success"
    assert made.stored().output_id == before.output_id
    assert made.versions("id", "valid_from") == [
        (1, "2024-03-01 12:00:00+00"),
        (2, "2024-03-01 12:00:00+00"),
    ]
    assert made.did() == "reused"
    # --full delivers again what is there; a run that finds nothing new does not.
    assert (made.path / "out.csv").stat().st_mtime_ns >= at


def test_rows_in_another_order_are_no_change(shop):
    made = shop()
    made.customers((2, "b", "2024-01-01 11:00:00"), (1, "a", "2024-01-01 10:00:00"))

    assert made.did() == "reused"


EDITS = {
    "another strategy": lambda text: CHECK,
    "deletes": lambda text: f"{text}hard_deletes: new_record\n",
    "sql": lambda text: f"{text}sql: SELECT *, 1 AS one FROM ref('source.customers')\n",
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("full", [[], ["--full"]])
def test_history_outlives_edits_and_full_runs(shop, edit, full):
    made = shop()
    made.customers((1, "A", "2024-02-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later()
    made.node(EDITS[edit](TIMESTAMP))
    made.customers((1, "AA", "2024-02-02 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    made.later(*full)

    found = [row[1] for row in made.versions("id", "name") if row[0] == 1]
    assert found == ["a", "A", "AA"]


def test_a_column_that_comes_and_one_that_goes(shop):
    made = shop(CHECK)
    made.customers((1, "a", 5), (2, "b", ""), columns="id,name,size")

    made.later()

    assert made.versions("id", "name", "seen", "size") == [
        (1, "a", "2024-01-01 10:00:00", None),
        (1, "a", None, 5),
        (2, "b", "2024-01-01 11:00:00", None),
    ]


def test_a_wider_type_is_taken_and_another_one_is_refused(shop):
    text = CHECK + "sql: SELECT id, 1::KIND AS n FROM ref('source.customers')\n"
    made = shop(text.replace("KIND", "INTEGER"))
    made.node(text.replace("KIND", "BIGINT"))
    made.later()
    wider = made.stored().artifact.columns[1].type
    made.node(text.replace("KIND", "VARCHAR"))

    failed = made("run")

    assert wider == "BIGINT"
    assert failed.exit_code == 1
    assert "SK0858" in failed.stderr
    assert "column 'n' was BIGINT in earlier versions and is VARCHAR" in failed.stderr
    assert len(made.versions("id")) == 2


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("DECIMAL(10,1)", "DECIMAL(10,2)", 'CAST("n" AS DECIMAL(11,2)) in the node\'s SQL'),
        ("INTEGER", "VARCHAR", 'CAST("n" AS INTEGER) in the node\'s SQL, if that changes none'),
    ],
)
def test_no_cast_is_told_that_would_change_values(shop, before, now, told):
    text = CHECK + "sql: SELECT id, 1::KIND AS n FROM ref('source.customers')\n"
    made = shop(text.replace("KIND", before))
    made.node(text.replace("KIND", now))

    failed = made("run")

    assert told in failed.stderr


def test_another_time_for_versions_is_told_as_the_strategy_that_it_is(shop):
    sql = "sql: SELECT id, 1 AS seen FROM ref('source.customers')\n"
    made = shop(TIMESTAMP + sql)
    made.node(CHECK + sql)

    failed = made("run")

    assert "began at INTEGER values, and would at TIMESTAMP WITH TIME ZONE" in failed.stderr
    assert "another strategy or updated_at is another snapshot" in failed.stderr


@pytest.mark.parametrize("damage", ["gone", "damaged"])
@pytest.mark.parametrize("full", [[], ["--full"]])
def test_lost_versions_are_an_error_and_no_beginning(shop, damage, full):
    made = shop()
    stored = made.path / "target" / made.stored().artifact.path
    held = stored.read_bytes()
    if damage == "gone":
        stored.unlink()
    else:
        stored.write_bytes(b"PAR1 no more")
    made.customers((1, "A", "2024-02-01 10:00:00"))

    planned = made("plan", *full).assert_ok()
    failed = made("run", *full)
    again = made("run", *full)
    stored.parent.mkdir(exist_ok=True)
    stored.write_bytes(held)
    made.later(*full)

    assert "will fail: the rows that it goes on from are lost" in planned.stdout
    for each in (failed, again):
        assert each.exit_code == 1
        assert "SK0764" in each.stderr
    assert [row[1] for row in made.versions("id", "name")] == ["a", "A", "b"]


@pytest.mark.parametrize("left", [None, 0, 2, 1])
def test_versions_that_are_on_no_record_are_an_error_and_no_beginning(shop, left):
    made = shop(CHECK)
    made.customers((1, "A", "2024-02-01 10:00:00"))
    made.later()
    record = made.path / "target/run_state.json"
    held = record.read_bytes()
    if left is None:
        record.unlink()
    else:
        record.write_bytes(held[: len(held) * left // 4] if left != 1 else b"{}")
    made.customers((1, "B", "2024-02-01 10:00:00"))

    failed = made("run")
    again = made("run", "--full")

    for each in (failed, again):
        assert each.exit_code == 1
        assert "SK0764" in each.stderr
    record.write_bytes(held)
    made.later()
    assert made.versions("id", "name") == [(1, "a"), (1, "A"), (1, "B"), (2, "b")]


def test_who_takes_away_versions_that_are_on_no_record_begins_anew(shop):
    made = shop(CHECK)
    (made.path / "target/run_state.json").unlink()
    failed = made("run")

    (made.path / "target/intermediate/snapshot_customers.parquet").unlink()
    made.later()

    assert failed.exit_code == 1
    assert made.versions("id", "name", "valid_from") == [
        (1, "a", "2024-03-01 13:00:00+00"),
        (2, "b", "2024-03-01 13:00:00+00"),
    ]


EXPOSED = """kind: exposure
name: out
type: file
params: {path: 'PATH'}
inputs: [ref: snapshot.customers]
"""


@pytest.mark.parametrize("path", ["out.csv", "{name}.csv", "out.xlsx"])
def test_a_file_that_alone_has_versions_keeps_them(shop, path):
    made = shop(CHECK, out=EXPOSED.replace("PATH", path))
    made.customers((1, "A", "2024-02-01 10:00:00"))
    made.later()
    file = made.path / path.format(name="customers")
    held = file.read_bytes()
    shutil.rmtree(made.path / "target")

    done = made("run")

    assert done.exit_code == 1
    assert f"there is a file {file.name}, with rows of exposure.out of 2024" in done.stderr
    assert file.read_bytes() == held


def test_a_delivery_that_is_refused_has_its_own_code_and_help_wherever_it_is_told(shop):
    made = shop(CHECK, out=EXPOSED.replace("PATH", "out.csv"))
    made.customers((1, "A", "2024-02-01 10:00:00"))
    made.later()
    shutil.rmtree(made.path / "target")

    said = made("run").stderr
    run = made("run", "--format", "json").json()
    owed = made("deliveries", "list", "--format", "json").json()
    history = made("history", "--node", "exposure.out", "--format", "json").json()

    assert "error[SK1115]: exposure.out -> out.csv: there is a file out.csv" in said
    assert "help: put target/ back from a backup" in said
    (node,) = [each for each in run["nodes"] if each["node"] == "exposure.out"]
    errors = [node["targets"][0]["error"], owed[0]["error"], history[0]["targets"][0]["error"]]
    assert [error["code"] for error in errors] == ["SK1115"] * 3
    assert all(error["help"].startswith("put target/ back") for error in errors)
    assert not any("put target/ back" in error["message"] for error in errors)


def test_an_audit_keeps_versions_back_and_the_next_run_goes_on_from_those_before(shop):
    made = shop(f"{CHECK}audits: [{{type: row_count, max: 3}}]\n")
    made.customers((1, "x", "2024-02-01 10:00:00"), (2, "y", "2024-02-01 10:00:00"))
    failed = made("run")
    made.customers((1, "z", "2024-02-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    made.later()

    assert failed.exit_code == 1
    assert made.versions("name") == [("a",), ("z",), ("b",)]


@pytest.mark.parametrize(
    ("rows", "node", "code", "told"),
    [
        ([("", "a", "2024-01-01 10:00:00")], CHECK, "SK0854", "1 of 1 rows have no id, such as"),
        ([(1, "a", "")], TIMESTAMP, "SK0854", "1 of 1 rows have no id or seen"),
        (
            [(1, "a", "2024-01-01 10:00:00"), (1, "b", "2024-01-02 10:00:00")],
            CHECK,
            "SK0855",
            "several rows have one key: id = 1 (2 rows)",
        ),
        (
            [(1, "a", "2024-01-01 10:00:00"), (1, "b", "2024-01-01 10:00:00")],
            TIMESTAMP,
            "SK0855",
            "id = 1, seen = 2024-01-01 10:00:00 (2 rows)",
        ),
        (
            [(1, "x", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00")],
            TIMESTAMP,
            "SK0856",
            "other values than before though seen is the same: id = 1, seen = 2024-01-01 10:00:00",
        ),
    ],
)
def test_rows_that_are_no_versions_are_refused_and_nothing_changes(shop, rows, node, code, told):
    made = shop(node)
    cast = (
        "sql: SELECT id::INTEGER AS id, name, seen::TIMESTAMP AS seen FROM ref('source.customers')"
    )
    made.node(f"{node}{cast}\n")
    made.customers(*rows)

    failed = made("run")

    assert failed.exit_code == 1
    assert code in failed.stderr
    assert told in failed.stderr
    assert len(made.versions("id")) == 2


def test_no_message_has_a_private_value(shop):
    made = shop(f"{TIMESTAMP}columns: {{id: {{pii: true}}}}\n", (77123, "a", "2024-01-01 10:00:00"))
    made.customers((77123, "b", "2024-01-01 10:00:00"))

    failed = made("run")

    assert "SK0856" in failed.stderr
    assert "77123" not in failed.stderr


WRONG = [
    ("updated_at: seen\n", "", "SK0849", "does not say which column tells versions apart", 5),
    ("updated_at: seen", "updated_at: seent", "SK0851", "updated_at: 'seent' is not a column", 6),
    ("unique_key: id", "unique_key: [id, part]", "SK0851", "unique_key: 'part' is not", 4),
    ("updated_at: seen", "updated_at: name", "SK0853", "name is VARCHAR", 6),
    ("seen\n", "seen\ncheck_columns: all\n", "SK0849", "no meaning with strategy: timestamp", 7),
    ("strategy: timestamp", "strategy: timestap", "SK0203", "timestap", 5),
    ("unique_key: id", "unique_key: [id, ID]", "SK0849", "names a column twice", 4),
    (
        "seen\n",
        "seen\ninvalidate_hard_deletes: true\nhard_deletes: ignore\n",
        "SK0849",
        "differ",
        7,
    ),
    ("seen\n", "seen\nengine: postgresql\n", "SK0248", "does not run on postgresql", 7),
    ("seen\n", "seen\nmaterialized: view\n", "SK0281", "a snapshot is no view", 7),
    (
        "timestamp\nupdated_at: seen",
        "check\ncheck_columns: [ID]",
        "SK0849",
        "check_columns: names unique_key alone",
        6,
    ),
    ("inputs: [source.customers]\n", "", "SK0738", "reads one input, not 0", 1),
    (
        "seen\n",
        'seen\nschedule: "@daily"\ntime_column: seen\nstart: 2024-01-01\n',
        "SK0246",
        "a snapshot keeps no ranges",
        8,
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "told", "line"), WRONG)
def test_what_is_said_wrongly_is_told_with_its_place(shop, old, new, code, told, line):
    made = shop()
    made.node(TIMESTAMP.replace(old, new))

    checked = made("validate")

    assert checked.exit_code == 2
    assert code in checked.stderr
    assert told in checked.stderr
    assert f"seeknal/node.yml:{line}" in checked.stderr


def test_views_by_default_are_for_nodes_that_can_be_one(shop):
    made = shop()
    made.project.write({"seeknal_project.yml": "name: shop\ndefaults: {materialized: view}\n"})

    checked = made("validate")

    assert checked.exit_code == 0
    assert "is no view" not in checked.stderr


def test_all_that_is_wrong_is_told_at_once(shop):
    made = shop()
    made.node(
        CHECK.replace("check_columns: all", "check_columns: [nam]\nupdated_at: seen").replace(
            "unique_key: id", "unique_key: idd"
        )
    )

    checked = made("validate")

    for told in ("'nam' is not", "did you mean name?", "'idd' is not", "no meaning with strategy"):
        assert told in checked.stderr


@pytest.mark.parametrize("name", ["valid_from", "VALID_TO", "is_current"])
def test_columns_that_are_called_as_ours_are_refused(shop, name):
    made = shop()
    made.node(f"{TIMESTAMP}sql: SELECT *, 1 AS {name} FROM ref('source.customers')\n")

    checked, failed = made("validate"), made("run")

    assert (checked.exit_code, failed.exit_code) == (2, 1)
    assert f"has a column '{name}', which snapshots add" in checked.stderr


def test_a_column_is_deleted_is_the_inputs_own_where_we_add_none(shop):
    made = shop()
    made.node(f"{TIMESTAMP}sql: SELECT *, true AS is_deleted FROM ref('source.customers')\n")
    made.customers((3, "c", "2024-01-01 11:00:00"))

    made.later()

    assert made.versions("id", "is_deleted") == [(1, None), (2, None), (3, True)]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("mode: upsert_by_key, unique_keys: [id]", "by id alone one version of snapshot.customers"),
        ("mode: append", "append would add the versions of snapshot.customers once more"),
    ],
)
def test_targets_that_would_lose_or_double_versions_are_refused(shop, target, told):
    made = shop()
    made.node(f"{TIMESTAMP}materializations: [{{type: postgresql, table: a.b, {target}}}]\n")

    checked = made("validate")

    assert checked.exit_code == 2
    assert "SK0847" in checked.stderr
    assert told in checked.stderr


def test_an_environment_starts_from_productions_versions_and_goes_its_own_way(shop):
    made = shop(CHECK)
    made.customers((1, "dev", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later("--env", "dev")
    made.customers((1, "prod", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    made.later()

    assert made.versions("name", env="dev") == [("a",), ("dev",), ("b",)]
    assert made.versions("name") == [("a",), ("prod",), ("b",)]


def test_what_an_environment_saw_is_not_taken_over_by_a_run_of_another(shop):
    made = shop(CHECK)
    made.customers((1, "A", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later("--env", "dev")

    made.later()

    assert made.versions("valid_from", env="dev")[1] == ("2024-03-01 13:00:00+00",)
    assert made.versions("valid_from")[1] == ("2024-03-01 14:00:00+00",)


EDITED = f"{CHECK}sql: SELECT *, upper(name) AS loud FROM ref('source.customers')\n"


def test_a_promotion_takes_an_environments_versions_where_productions_have_not_moved(shop):
    made = shop(CHECK)
    made.node(EDITED)
    made.later("--env", "dev")

    told = made("promote", "dev", "--yes").assert_ok()

    assert "goes on from" not in told.stdout
    assert made.versions("id", "loud", "valid_from") == made.versions(
        "id", "loud", "valid_from", env="dev"
    )
    assert made.stored().output_id == made.stored("dev").output_id


def test_a_promotion_drops_nothing_that_production_has_gathered_meanwhile(shop):
    made = shop(CHECK)
    made.node(EDITED)
    made.later("--env", "dev")
    made.node(CHECK)
    made.customers((1, "prod", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later()
    made.node(EDITED)
    made.moment += timedelta(hours=1)

    dry = made("promote", "dev", "--dry-run").assert_ok()
    told = made("promote", "dev", "--yes").assert_ok()

    for each in (dry, told):
        assert "changed, goes on from the rows of prod, which stay" in each.stdout
    assert made.versions("id", "name", "loud", "valid_from") == [
        (1, "a", None, "2024-03-01 12:00:00+00"),
        (1, "prod", None, "2024-03-01 14:00:00+00"),
        (1, "prod", "PROD", "2024-03-01 15:00:00+00"),
        (2, "b", None, "2024-03-01 12:00:00+00"),
        (2, "b", "B", "2024-03-01 15:00:00+00"),
    ]
    assert made.did() == "reused"


def test_a_promotion_goes_on_over_what_production_reads_where_that_is_older(shop):
    made = shop(CHECK)
    made.node(EDITED)
    made.customers((1, "dev", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later("--env", "dev")

    made("promote", "dev", "--yes").assert_ok()
    promoted = made.versions("id", "name")
    made.later()

    assert promoted == [(1, "a"), (1, "a"), (2, "b"), (2, "b")]
    assert made.versions("id", "name") == [(1, "a"), (1, "a"), (1, "dev"), (2, "b"), (2, "b")]


def test_a_promotion_of_a_new_one_brings_no_version_that_production_has_yet_to_read(shop):
    made = shop("# nothing\n")
    made.node(CHECK)
    made.later("--env", "dev")
    made.customers((1, "A", "2024-01-01 10:00:00"))
    made.later("--env", "dev")

    made("promote", "dev", "--yes").assert_ok()
    promoted = made.versions("name", "is_current")
    made.later()

    assert promoted == [("a", True), ("b", True)]
    assert made.versions("name", "is_current") == [("a", False), ("A", True), ("b", True)]


def test_what_reads_it_is_built_over_the_versions_that_stay(shop):
    reader = (
        "{kind: transform, name: loud, sql: \"SELECT id, loud FROM ref('snapshot.customers')\"}\n"
    )
    made = shop(CHECK)
    made.project.write({"seeknal/loud.yml": reader})
    made.node(EDITED)
    made.later("--env", "dev")
    made.node(CHECK)
    (made.path / "seeknal/loud.yml").unlink()
    made.customers((1, "prod", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later()
    made.project.write({"seeknal/loud.yml": reader})
    made.node(EDITED)

    made("promote", "dev", "--yes").assert_ok()

    assert (1, "PROD") in made.project.rows("transform.loud")


def test_a_rollback_brings_earlier_versions_back_and_a_run_goes_on_from_them(shop):
    made = shop(CHECK)
    made.customers((1, "A", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later()

    made("rollback", "prod", "--yes").assert_ok()
    back = made.versions("name")
    made.later("--unpin")

    assert back == [("a",), ("b",)]
    assert made.versions("name", "valid_from") == [
        ("a", "2024-03-01 12:00:00+00"),
        ("A", "2024-03-01 14:00:00+00"),
        ("b", "2024-03-01 12:00:00+00"),
    ]


SQL_FILE = """/* ---
kind: snapshot
unique_key: id
strategy: check
check_columns: [name]
--- */
SELECT id, name FROM ref('source.customers')
"""
PYTHON = """
from seeknal import snapshot

@snapshot(inputs=["source.customers"], unique_key="id", strategy="check", check_columns=["name"])
def customers(ctx):
    return ctx.ref("source.customers").select("id, name")
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [("snapshots/customers.sql", SQL_FILE), ("pipelines/customers.py", PYTHON)],
)
def test_it_is_written_in_sql_and_in_python_too(seeknal_project, monkeypatch, file, text):
    files = {"seeknal/source.yml": SOURCE, f"seeknal/{file}": text}
    made = Shop(seeknal_project(files), monkeypatch)
    made.customers((1, "a", ""), (2, "b", ""))
    made("run").assert_ok()
    made.customers((1, "a", "x"), (2, "B", ""))

    made.later()

    assert made.versions("id", "name") == [(1, "a"), (2, "b"), (2, "B")]
    assert made.did() == "reused"


def test_a_view_below_is_read_once(shop):
    view = (
        "{kind: transform, name: drawn, materialized: view,"
        " sql: \"SELECT id, random() AS n FROM ref('source.customers')\"}\n"
    )
    made = shop(drawn=view)
    made.node(CHECK.replace("source.customers", "transform.drawn"))

    made.later()

    assert len(made.versions("id")) == 4


def test_lineage_says_where_the_columns_are_from(shop):
    made = shop()

    told = made("lineage", "snapshot.customers").assert_ok().stdout

    assert "name        <- source.customers.name\n" in told
    assert "valid_from  <- source.customers.seen\n" in told
    assert "valid_to    <- source.customers.seen  decided by source.customers.id" in told


def test_lineage_says_what_decides_on_moments(shop):
    made = shop(CHECK.replace("all", "[name]"))

    told = made("lineage", "snapshot.customers").assert_ok().stdout

    decided = "decided by source.customers.id, source.customers.name\n"
    assert f"valid_from  <- -  {decided}" in told


def test_what_inputs_do_not_say_is_told(shop):
    made = shop()
    made.customers((1, "A", "2024-02-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    planned = made("plan").assert_ok().stdout

    made.later()

    assert "goes on from the rows that it has, which stay" in planned
    assert "its rows are of 2 runs" in repr(made("inspect", "snapshot.customers"))


def test_it_is_listed_and_drafted(shop):
    made = shop()

    listed = made("list", "--kind", "snapshot").assert_ok().stdout
    made("draft", "snapshot", "orders").assert_ok()

    assert "snapshot.customers" in listed
    assert "strategy:" in (made.path / "seeknal/snapshots/orders.yml").read_text()


def test_clean_does_not_remove_versions_unasked(shop):
    made = shop()

    refused = made("clean")
    agreed = made("clean", "--yes")

    assert refused.exit_code != 0
    assert "snapshot.customers" in refused.stderr
    agreed.assert_ok()
    assert not [*(made.path / "target").rglob("*.parquet")]


@pytest.mark.parametrize("away", ["removed", "disabled"])
def test_a_node_that_was_away_for_some_runs_goes_on_from_what_it_had(shop, away):
    made = shop(CHECK)
    made.customers((1, "A", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later()
    made.node(f"{CHECK}enabled: false\n" if away == "disabled" else "# nothing\n")
    made.later()
    made.customers((1, "AA", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    made.later()
    made.node(CHECK)

    told = made.later()

    assert "back again" in told.stdout
    assert made.versions("name") == [("a",), ("A",), ("AA",), ("b",)]
    assert made.did() == "reused"


def test_an_environment_goes_on_from_what_production_had_of_it(shop):
    made = shop(CHECK)
    made.node("# nothing\n")
    made.later()
    made.node(CHECK)

    made.later("--env", "dev")

    assert made.versions("valid_from", env="dev") == [("2024-03-01 12:00:00+00",)] * 2


def test_a_rollback_to_before_the_node_begins_anew(shop):
    made = shop("# nothing\n")
    made.node(CHECK)
    made.later()
    made("rollback", "prod", "--yes").assert_ok()

    made.later("--unpin")

    assert made.versions("valid_from") == [("2024-03-01 14:00:00+00",)] * 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_around_the_record_makes_no_version_twice(shop, when):
    made = shop(f"{CHECK}hard_deletes: new_record\n")
    made.customers((1, "A", "2024-01-01 10:00:00"))

    died = run_killed(made.path, "snapshot.customers", when)
    # That process has a clock of its own.
    made.moment = datetime.now(UTC)
    made.later()

    assert died.returncode == -signal.SIGKILL
    assert made.versions("id", "name", "is_current", "is_deleted") == [
        (1, "a", False, False),
        (1, "A", True, False),
        (2, "b", False, False),
        (2, "b", True, True),
    ]


def test_what_an_audit_holds_back_is_nobodys_earlier_version(shop):
    audit = "audits: [{type: not_null, columns: [name]}]\n"
    made = shop(f"{CHECK}{audit}")
    made.customers((1, "", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    failed = made("run")
    made.customers((1, "a", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
    again = made("run")

    assert failed.exit_code == 1
    again.assert_ok()
    assert made.versions("id", "name") == [(1, "a"), (2, "b")]


def test_an_input_without_rows_says_nothing_of_types(shop):
    made = shop(f"{CHECK}hard_deletes: invalidate\n")
    made.customers(columns="id,name,seen,more")

    made.later()
    made.customers((1, "a", "2024-01-01 10:00:00"))
    made.later()

    assert made.versions("id", "name", "is_current") == [
        (1, "a", False),
        (1, "a", True),
        (2, "b", False),
    ]


def test_a_first_run_without_rows_says_nothing_of_types_either(seeknal_project, monkeypatch):
    files = {"seeknal/source.yml": SOURCE, "seeknal/node.yml": CHECK}
    made = Shop(seeknal_project(files), monkeypatch)
    made.customers()
    made("run").assert_ok()
    made.customers((1, "a", "2024-01-01 10:00:00"))

    made.later()

    assert made.versions("id", "name") == [(1, "a")]


READ = (
    "{kind: transform, name: read,"
    " sql: \"SELECT id, upper(name) AS name FROM ref('source.customers')\"}\n"
)


@pytest.mark.parametrize("moved", [False, True])
def test_an_edit_above_it_is_promoted_with_its_versions_unless_production_has_others(shop, moved):
    over = CHECK.replace("source.customers", "transform.read")
    made = shop(read=READ.replace("upper(name)", "name"))
    made.node(over)
    made.later()
    made.project.write({"seeknal/read.yml": READ})
    made.later("--env", "dev")
    dev = made.versions("name", "valid_from", env="dev")
    made.project.write({"seeknal/read.yml": READ.replace("upper(name)", "name")})
    if moved:
        made.customers((1, "prod", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))
        made.later()
    made.project.write({"seeknal/read.yml": READ})

    made("promote", "dev", "--yes").assert_ok()

    names = [name for (name,) in made.versions("name")]
    if moved:
        assert names == ["a", "prod", "PROD", "b", "B"]
    else:
        assert made.versions("name", "valid_from") == dev
        assert names == ["a", "A", "b", "B"]


def test_where_a_row_is_from_is_no_change_of_it(shop):
    made = shop(CHECK)
    made.project.write({"seeknal/source.yml": SOURCE.replace("}", ", provenance: true}")})
    made.later()
    before = made.versions("id", "valid_from")
    made.customers((1, "a", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00"), (3, "c", ""))

    made.later()

    assert made.versions("id", "valid_from")[: len(before)] == before
    assert len(made.versions("id")) == len(before) + 1


def test_forward_only_keeps_the_versions_and_goes_on_by_the_new_definition(shop):
    made = shop(CHECK)
    made.node(EDITED)
    made("apply", "prod", "--forward-only", "snapshot.customers", "--yes").assert_ok()
    kept = made.versions("name")
    made.customers((1, "A", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    made.later()

    assert kept == [("a",), ("b",)]
    assert made.versions("name", "loud") == [("a", None), ("A", "A"), ("b", None), ("b", "B")]


def test_a_check_of_the_project_runs_no_query(shop):
    made = shop()
    made.node(f"{CHECK.replace('inputs: [source.customers]', 'sql: SELECT 1 AS id FROM range(3)')}")

    checked = made("validate")

    checked.assert_ok()
    assert "SK0855" in made("run").stderr


def test_texts_that_a_collation_takes_for_equal_are_two_values(shop):
    text = f"{CHECK}sql: SELECT id, name COLLATE NOCASE AS name FROM ref('source.customers')\n"
    made = shop(text)
    made.customers((1, "A", "2024-01-01 10:00:00"), (2, "b", "2024-01-01 11:00:00"))

    made.later()

    assert made.versions("name") == [("a",), ("A",), ("b",)]
