"""Outputs made of parts: what is stored of spans of time is read back as the rows that it is."""

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from attrs import evolve
from tests.core.state.parts import DAY, NODE, Store, days

from seeknal.sql.storage import copy_statement
from seeknal.state.batch_files import BatchFiles
from seeknal.state.codec import decode_snapshot, encode_snapshot
from seeknal.state.composing import composed
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Artifact, Fingerprint, Part, Snapshot
from seeknal.values.tracking import Covered

pytestmark = [pytest.mark.inside, pytest.mark.versions]

TIMES = ("TIMESTAMP", "DATE", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_NS")
VALUES = {
    "HUGEINT": "CAST({n} AS HUGEINT) * 1000000000000000000000",
    "ENUM('a', 'b')": "CASE WHEN {n} % 2 = 0 THEN 'a' ELSE 'b' END",
    "INTERVAL": "to_microseconds(CAST({n} AS BIGINT) * 1000001 - 5)",
    "STRUCT(a HUGEINT, b VARCHAR[])": "{{'a': {n}, 'b': ['x', '{n}']}}",
    "DOUBLE": "{n} / 3.0",
}


def literal(day: int, hour: int, number: int, value: str) -> str:
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day, hours=hour)
    moment = f"'{at:%Y-%m-%d %H:%M:%S}+00'"
    return f"SELECT {moment} AS moment, {value.format(n=number)} AS v, {number} AS n"


@pytest.mark.parametrize("seed", range(12))
def test_the_rows_of_any_parts_are_read_back_in_order_with_their_types(tmp_path, seed):
    draw = random.Random(seed)
    time, type = draw.choice(TIMES), draw.choice(list(VALUES))
    store = Store(tmp_path, (Column("The time", time), Column("v", type), Column("n", "INTEGER")))
    first = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
    entries, parts, day, number = [], [], 0, 0
    while day < 12:
        days = draw.randint(1, 4)
        inside = []
        for _ in range(draw.choice([0, 1, 5])):
            number += 1
            hour = 0 if time == "DATE" else draw.randint(0, 23)
            inside.append((day + draw.randrange(days), hour, number))
        entries += (inside := sorted(inside))
        columns = f'SELECT CAST(moment AS {time}) AS "The time", CAST(v AS {type}) AS v, n'
        union = " UNION ALL ".join(literal(*entry, VALUES[type]) for entry in inside)
        union = union or literal(0, 0, 0, VALUES[type]) + " WHERE false"
        start, end = first + day * DAY, first + (day + days) * DAY
        wide = type == "HUGEINT" and draw.random() < 0.5
        part = store.part(f"{columns} FROM ({union})", start, end, wide=wide)
        cuts = sorted({start, end, *(draw.randrange(start, end) // DAY * DAY for _ in range(2))})
        if not part.path or draw.random() < 0.4:
            parts.append(part)
        else:
            kept = [span for span in pairwise(cuts) if draw.random() < 0.8]
            parts += [evolve(part, start=a, end=b, whole=False) for a, b in kept]
            lost = [span for span in pairwise(cuts) if span not in kept]
            entries = [
                entry
                for entry in entries
                if not any(a <= first + entry[0] * DAY + entry[1] * 3600 < b for a, b in lost)
            ]
        day += days
    artifact = store.composed(*parts)
    begin = first + draw.randrange(12) * DAY
    end = begin + draw.randint(1, 5) * DAY

    whole, between = (
        store.artifacts.scan(artifact),
        store.artifacts.scan_between(artifact, begin, end),
    )

    moments = [(first + day * DAY + hour * 3600, number) for day, hour, number in entries]
    assert [n for (n,) in store.rows(f"(SELECT n FROM {whole})")] == [
        number for _, number in moments
    ]
    assert [n for (n,) in store.rows(f"(SELECT n FROM {between})")] == [
        n for at, n in moments if begin <= at < end
    ]
    assert store.types(whole) == store.types(between) == [c.type for c in store.columns]
    values = store.rows(f"(SELECT v FROM {whole})")
    made = " UNION ALL ".join(literal(*entry, VALUES[type]) for entry in entries)
    if made:
        assert values == store.rows(f"(SELECT CAST(v AS {type}) FROM ({made}))")


def test_a_span_names_no_file_of_another(tmp_path):
    store = Store(tmp_path, (Column("at", "TIMESTAMP"), Column("n", "INTEGER")))
    parts = days(store, *range(4))
    artifact = store.composed(*parts)

    scan = store.artifacts.scan_between(artifact, DAY, 2 * DAY + 1)

    named = [part.path in scan for part in parts]
    assert named == [False, True, True, False]


def test_parts_of_an_earlier_definition_are_read_in_the_columns_of_the_newer(tmp_path):
    early = Store(tmp_path, (Column("at", "DATE"), Column("V", "INTEGER"), Column("x", "DATE")))
    late = Store(
        tmp_path, (Column("at", "TIMESTAMP"), Column("new", "HUGEINT"), Column("v", "BIGINT"))
    )
    one = early.part("SELECT DATE '1970-01-01' AS at, 1 AS V, NULL::DATE AS x", 0, DAY)
    two = late.part(
        "SELECT TIMESTAMP '1970-01-02' AS at, 7::HUGEINT AS new, 2::BIGINT AS v", DAY, 2 * DAY
    )

    scan = late.artifacts.scan(late.composed(one, two))

    assert late.rows(scan) == [
        (datetime(1970, 1, 1), None, 1),
        (datetime(1970, 1, 2), 7, 2),
    ]
    assert late.types(scan) == ["TIMESTAMP", "HUGEINT", "BIGINT"]


def test_a_whole_file_and_one_that_is_stored_as_text_are_read_together(tmp_path):
    store = Store(tmp_path, (Column("at", "DATE"), Column("v", "HUGEINT")))
    one = store.part("SELECT DATE '1970-01-01' AS at, 5::HUGEINT AS v", 0, DAY)
    large = 10**38
    two = store.part(
        f"SELECT DATE '1970-01-02' AS at, {large}::HUGEINT AS v", DAY, 2 * DAY, wide=True
    )

    scan = store.artifacts.scan(store.composed(two, one))

    assert [row[1] for row in store.rows(scan)] == [5, large]


def test_parts_that_share_a_moment_are_refused(tmp_path):
    store = Store(tmp_path, (Column("at", "DATE"),))

    with pytest.raises(ValueError, match="overlap"):
        store.composed(Part(start=0, end=2 * DAY), Part(start=DAY, end=3 * DAY))


@pytest.mark.parametrize("deep", [False, True])
def test_each_kind_of_damage_to_one_of_many_parts_is_noticed(tmp_path, deep):
    store = Store(tmp_path, (Column("at", "TIMESTAMP"), Column("n", "INTEGER")))
    parts = days(store, *range(3))
    artifact = store.composed(*parts, Part(start=3 * DAY, end=4 * DAY))
    path = store.artifacts.paths(artifact)[1]
    content = path.read_bytes()
    flipped = content[:20] + bytes([content[20] ^ 1]) + content[21:]
    verify = store.artifacts.verify

    assert verify(artifact, deep) == ("ok", artifact)
    for damage, health in [(content[:-1], "damaged"), (flipped, "damaged"), (None, "missing")]:
        path.unlink()
        if damage is not None:
            path.write_bytes(damage)
        assert verify(artifact, deep)[0] == health
        assert not store.artifacts.is_whole(artifact)


def test_a_part_that_was_replaced_by_the_same_bytes_is_whole_and_known_from_then_on(tmp_path):
    store = Store(tmp_path, (Column("at", "DATE"),))
    one, two = (
        store.part(f"SELECT DATE '1970-01-0{n}' AS at", n * DAY, (n + 1) * DAY) for n in (1, 2)
    )
    artifact = store.composed(one, two)
    path = store.artifacts.paths(artifact)[0]
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)

    health, found = store.artifacts.verify(artifact)

    assert health == "ok"
    assert found != artifact
    assert evolve(found, parts=artifact.parts) == artifact
    assert store.artifacts.verify(found) == ("ok", found)


def test_only_the_damaged_part_is_set_aside(tmp_path):
    store = Store(tmp_path, (Column("at", "DATE"),))
    one, two = (
        store.part(f"SELECT DATE '1970-01-0{n}' AS at", n * DAY, (n + 1) * DAY) for n in (1, 2)
    )
    artifact = store.composed(one, two)
    first, second = store.artifacts.paths(artifact)
    second.chmod(0o644)
    second.write_bytes(b"PAR1")

    aside = store.artifacts.set_aside(artifact)

    assert first.exists()
    assert not second.exists()
    assert ".damaged-" in aside.name


def snapshot_of(artifact: Artifact, unfinished: tuple[Part, ...] = ()) -> Snapshot:
    return Snapshot(
        node=NODE,
        fingerprint=Fingerprint(content="c", config="", upstream="u"),
        inputs={},
        output_id=artifact.output_id,
        artifact=artifact,
        covered=Covered(
            column="at",
            unit="day",
            timezone="Asia/Jakarta",
            first=0,
            done=((0, DAY), (5 * DAY, 6 * DAY)),
            follows=("b",),
        ),
        unfinished=unfinished,
    )


@pytest.mark.parametrize("seed", range(20))
def test_parts_are_written_down_and_read_back(seed):
    draw = random.Random(seed)
    columns = (Column("at", "TIMESTAMP_S"), Column("n", "INTEGER"))
    parts = []
    for day in range(draw.randrange(40)):
        path = draw.choice(
            ["", f"cache/transform/events/f1-{'ab' * 8}.parquet", "../rows/x.parquet"]
        )
        held = {
            "wide": draw.random() < 0.5,
            "path": path,
            "size": draw.randrange(10**9),
            "sha256": "ab" * 32,
            "stat": draw.choice([(0, 0, 0, 0, 0), (5, 10**18, 10**18 + 7, 3, 0)]),
            "whole": draw.random() < 0.5,
        }
        parts.append(
            Part(
                start=day * DAY,
                end=(day + 1) * DAY,
                rows=draw.choice([0, 3]),
                definition=draw.choice(["", "d1", "d2"]),
                inputs=draw.choice([None, {}, {NodeId("source.a"): "1", NodeId("source.b"): "2"}]),
                number=draw.choice([0, 17]),
                digest=draw.choice([None, (0, 0), (2**64 - 1, 1)]),
                columns=draw.choice([(), columns]),
                **(held if path else {}),
            )
        )
    artifact = composed(
        NODE, fingerprint="f1", columns=columns, parts=parts, time_column="at", timezone="UTC"
    )
    snapshot = snapshot_of(artifact, tuple(parts[:3]))

    read = decode_snapshot(json.loads(json.dumps(encode_snapshot(snapshot))))

    assert read == snapshot


def test_what_hundreds_of_parts_share_is_written_down_once():
    inputs = {NodeId(f"source.s{number}"): "0" * 16 for number in range(20)}
    parts = [
        Part(
            start=day * DAY,
            end=(day + 1) * DAY,
            path=f"cache/transform/events/{'f' * 16}-{'ab' * 8}.parquet",
            sha256="ab" * 32,
            stat=(10**6, 10**18, 10**18 + 500, 12345678, 2049),
            size=10**6,
            rows=1000,
            definition="d" * 64,
            inputs=inputs,
            digest=(2**63, 2**62),
            columns=tuple(Column(f"c{number}", "INTEGER") for number in range(50)),
        )
        for day in range(500)
    ]
    artifact = composed(
        NODE, fingerprint="f" * 16, columns=(), parts=parts, time_column="at", timezone="UTC"
    )

    written = json.dumps(encode_snapshot(snapshot_of(artifact)))

    assert len(written) < 500 * 230


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, (Column("at", "TIMESTAMP"), Column("n", "HUGEINT")))


def listed(store: Store, environment: str = "prod") -> list[int]:
    """What another tool reads in the folder that a node's stable name is."""
    base = store.artifacts.path(
        Artifact(path="", size=0, sha256="", rows=0, columns=(), stat=(0,) * 5)
    )
    folder = base / ("intermediate" if environment == "prod" else f"environments/{environment}")
    query = f"SELECT n FROM read_parquet('{folder}/transform_events.parquet/*.parquet')"
    return [int(n) for (n,) in store.duck.execute(query).fetchall()]


@pytest.mark.parametrize("environment", ["prod", "dev"])
def test_the_stable_name_is_a_folder_that_has_the_rows_in_the_order_of_time(store, environment):
    parts = days(store, 3, -1, 1)
    first, second = store.composed(*parts[:2]), store.composed(*parts)

    store.artifacts.link_current(NODE, first, environment)
    before = listed(store, environment)
    store.artifacts.link_all(environment, {NODE: second})
    after = listed(store, environment)

    assert (before, after) == ([-1, 3], [-1, 1, 3])


def test_the_stable_name_has_no_row_of_a_file_that_the_output_does_not_have(store):
    select = f"SELECT make_timestamp(range * {DAY}000000) AS at, range AS n FROM range(5)"
    part = store.part(select, 0, 5 * DAY)
    kept = [evolve(part, start=a * DAY, end=b * DAY, whole=False) for a, b in [(0, 1), (3, 5)]]

    store.artifacts.link_current(NODE, store.composed(*kept))
    first = listed(store)
    store.artifacts.link_current(NODE, store.composed(*kept, *days(store, 7)))
    second = listed(store)

    assert first == [0, 3, 4]
    assert second == [0, 3, 4, 7]


def test_the_stable_name_of_an_output_without_rows_gives_none(store):
    store.artifacts.link_current(NODE, store.composed(Part(start=0, end=DAY)))

    assert listed(store) == []


def test_a_stable_name_turns_from_a_file_to_a_folder_and_back(store, tmp_path):
    composite = store.composed(*days(store, 1))
    candidate = store.artifacts.candidate(NODE, "run")
    store.duck.execute(copy_statement("SELECT 5 AS n", (Column("n", "INTEGER"),), str(candidate)))
    plain = store.artifacts.publish(
        NODE, candidate, fingerprint="p", rows=1, columns=(Column("n", "INTEGER"),)
    )
    name = tmp_path / "target/intermediate/transform_events.parquet"

    shown = []
    for artifact in (plain, composite, plain, composite):
        store.artifacts.link_current(NODE, artifact)
        shown.append(name.is_dir())
    store.artifacts.link_all("prod", {NODE: plain})
    store.artifacts.remove_leftovers()

    assert shown == [False, True, False, True]
    assert name.is_file()
    assert [path.name for path in name.parent.iterdir()] == [name.name]


def test_a_stable_name_that_is_taken_away_leaves_no_folder(store, tmp_path):
    artifact = store.composed(*days(store, 1))
    folder = tmp_path / "target/intermediate"
    store.artifacts.link_current(NODE, artifact)

    store.artifacts.unlink_current(NODE)
    gone = list(folder.iterdir())
    store.artifacts.link_current(NODE, artifact)
    store.artifacts.unlink_others("prod", [NODE])
    kept = listed(store)
    store.artifacts.unlink_others("prod", [])

    assert gone == list(folder.iterdir()) == []
    assert kept == [1]


def test_a_folder_that_a_killed_run_left_half_made_is_made_anew(store, tmp_path, monkeypatch):
    artifact = store.composed(*days(store, 1, 2))
    folder = tmp_path / "target/intermediate"
    monkeypatch.setattr("os.rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.artifacts.link_current(NODE, artifact)
    monkeypatch.undo()

    store.artifacts.link_current(NODE, artifact)

    assert listed(store) == [1, 2]
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_no_stable_name_leads_to_is_a_leftover(store, tmp_path):
    artifact = store.composed(*days(store, 1))
    name = tmp_path / "target/intermediate/transform_events.parquet"
    store.artifacts.link_current(NODE, artifact)
    none = store.artifacts.leftovers()
    name.unlink()

    removed = store.artifacts.remove_leftovers()

    assert (none, removed) == ([], 1)
    assert list(name.parent.iterdir()) == []


def test_a_batch_of_parts_outlives_the_target_folder(store, tmp_path):
    import shutil

    batches = BatchFiles(tmp_path, store.artifacts)
    artifact = store.composed(*days(store, 1, 2), Part(start=0, end=DAY))

    kept = batches.keep(NODE, artifact)
    shutil.rmtree(tmp_path / "target/cache")
    (tmp_path / "target").mkdir(exist_ok=True)

    assert store.artifacts.is_whole(kept)
    assert [n for _, n in store.rows(store.artifacts.scan(kept))] == [1, 2]
    batches.release(NODE, kept.files[:1])
    assert [path.exists() for path in store.artifacts.paths(kept)] == [True, False]
