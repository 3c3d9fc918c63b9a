"""Tables read the same by seeknal, PyIceberg and DuckDB's own extension; catalogs in PostgreSQL."""

import importlib.util
from pathlib import Path

import duckdb
import pytest

pytestmark = [pytest.mark.inside, pytest.mark.versions]

TABLE = "atlas.out.t"
TYPES = """
    SELECT CAST(i AS INTEGER) AS small, i AS big, i / 3.0::DOUBLE AS share, i % 2 = 0 AS flag,
        CAST(i * 1.37 AS DECIMAL(18, 2)) AS amount, 'nämé ' || i AS name,
        DATE '2024-01-01' + CAST(i % 90 AS INTEGER) AS day,
        TIMESTAMP '2024-01-01 00:00:00.123456' + to_seconds(i) AS seen,
        TIMESTAMPTZ '2024-01-01 00:00:00+02' + to_seconds(i) AS seen_zone,
        uuid_from(i) AS id, encode('b' || i) AS bytes,
        [i, i + 1] AS listed, {'a': i, 'b': 'x'} AS packed,
        CASE WHEN i % 5 = 0 THEN NULL ELSE i END AS gaps
""".replace("uuid_from(i)", "CAST(md5(CAST(i AS VARCHAR)) AS UUID)")


def files(first, last, mode, more=""):
    select = TYPES.strip().replace("\n", "\n  ")
    return {
        "seeknal/t.yml": "kind: transform\nname: t\ntransform: |\n"
        f"  {select}\n  FROM range({first}, {last}) AS r(i)\n"
        f"materializations: [{{type: iceberg, table: {TABLE}, {mode}{more}}}]\n",
    }


def written(seeknal_project):
    """A table in partitions, with rows that were replaced and others that were deleted by place."""
    mode = "mode: upsert_by_key, unique_keys: [big]"
    more = ", partition_by: [month(day)], properties: {write.merge.mode: merge-on-read}"
    made = seeknal_project(files(0, 3000, mode, more))
    made.run("run").assert_ok()
    made.write(files(2900, 3100, mode.replace("[big]", "[big, name]"), more))
    made.write({"seeknal/t.yml": files(2900, 3100, mode)["seeknal/t.yml"].replace("nämé", "new")})
    made.run("run").assert_ok()
    return made


SUMS = (
    "SELECT count(*), sum(small), sum(big), sum(amount), sum(length(name)), count(gaps),"
    " min(day), max(day), min(seen), epoch_us(max(seen_zone)), count(DISTINCT id),"
    " sum(octet_length(bytes)),"
    " sum(listed[2]), sum(packed.a), count_if(flag) FROM {}"
)


def sums_by_pyiceberg(table):
    found = table.scan().to_arrow()
    with duckdb.connect() as connection:
        connection.register("found", found)
        return connection.sql(SUMS.format("found")).fetchall()


def read_by_seeknal(made):
    (made.path / "seeknal/t.yml").unlink()
    made.write({"seeknal/b.yml": f"kind: source\nname: b\nsource: iceberg\ntable: {TABLE}\n"})
    made.run("run", "--select", "source.b").assert_ok()
    path = made.path / "target/intermediate/source_b.parquet"
    return f"read_parquet('{path}')"


def test_seeknal_and_pyiceberg_read_the_same(seeknal_project, lake):
    made = written(seeknal_project)
    wanted = sums_by_pyiceberg(lake(made, TABLE))

    found = duckdb.sql(SUMS.format(read_by_seeknal(made))).fetchall()

    assert found == wanted
    assert found[0][0] == 3100


@pytest.mark.skipif(
    importlib.util.find_spec("duckdb_extension_iceberg") is None,
    reason="DuckDB's iceberg extension comes as a wheel for DuckDB 1.5.5 alone",
)
def test_duckdb_reads_the_same_by_its_own_extension(seeknal_project, lake):
    made = written(seeknal_project)
    table = lake(made, TABLE)
    wanted = sums_by_pyiceberg(table)
    mine = read_by_seeknal(made)

    with duckdb.connect() as connection:
        for name in ("avro", "iceberg"):
            connection.load_extension(str(extension(name)))
        scanned = f"iceberg_scan('{table.metadata_location.removeprefix('file://')}')"
        found = connection.sql(SUMS.format(scanned)).fetchall()
        types = connection.sql(f"DESCRIBE FROM {scanned}").fetchall()
        ours = connection.sql(f"DESCRIBE FROM {mine}").fetchall()

    assert found == wanted
    assert [row[:2] for row in types] == [row[:2] for row in ours]


def extension(name):
    module = importlib.import_module(f"duckdb_extension_{name}")
    [path] = Path(module.__path__[0]).rglob("*.duckdb_extension")
    return path


@pytest.fixture
def shared(request):
    """The address of a catalog in a PostgreSQL database."""
    pytest.importorskip("seeknal_postgres")
    at = request.getfixturevalue("database").parameters
    return (
        f"postgresql://{at['user']}:{at['password']}@127.0.0.1:{at['port']}/{at['dbname']}",
        at["password"],
    )


@pytest.mark.parametrize(
    "mode", ["full", "append", "upsert_by_key, unique_keys: [big]"], ids=lambda text: text[:6]
)
def test_a_catalog_in_postgresql(seeknal_project, shared, tmp_path, mode, monkeypatch):
    uri, password = shared
    monkeypatch.setenv("LAKE_URI", uri)
    made = seeknal_project(
        {
            "profiles.yml": "materialization:\n  catalog:\n    type: sql\n"
            f'    uri: "${{LAKE_URI}}"\n    warehouse: {(tmp_path / "w").as_uri()}\n',
            **files(0, 100, f"mode: {mode}"),
        }
    )

    first = made.run("run").assert_ok()
    made.write(files(50, 150, f"mode: {mode}"))
    second = made.run("run").assert_ok()
    snapshots = made.run("iceberg", "snapshots", TABLE).assert_ok()
    kept = made.run("iceberg", "validate").assert_ok()

    assert len(snapshots.stdout.splitlines()) == 2
    assert kept.stdout == f"{TABLE}: no problems\n"
    for outcome in (first, second, snapshots, kept):
        assert password not in outcome.stdout + outcome.stderr


def test_a_wrong_password_of_the_catalog_is_said_and_not_shown(
    seeknal_project, shared, monkeypatch
):
    uri, password = shared
    monkeypatch.setenv("LAKE_URI", uri.replace(password, "c4n4ry-wrong"))
    made = seeknal_project(
        {
            "profiles.yml": "materialization:\n  catalog:\n    type: sql\n"
            '    uri: "${LAKE_URI}"\n    warehouse: /tmp/w\n',
            **files(0, 10, "mode: full"),
        }
    )

    outcome = made.run("--debug", "run")

    assert outcome.exit_code == 1
    assert "the Iceberg catalog cannot be opened" in outcome.stderr
    assert "c4n4ry-wrong" not in outcome.stdout + outcome.stderr
