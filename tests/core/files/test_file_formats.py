"""What file targets write, format by format."""

import csv
import gzip
import json
import os
import resource
import signal

import duckdb
import pytest
from attrs import evolve

from seeknal.builtin.filedelivery import _explained
from seeknal.builtin.options.filetarget import FileOptions
from seeknal.kernel.plugins import load_plugins
from seeknal.values.errors import DeliveryError, NodeError

pytestmark = [pytest.mark.inside, pytest.mark.versions]

PEOPLE = "SELECT 1 AS id, 'Zoë, x' AS name, NULL::VARCHAR AS note, DATE '2026-01-02' AS day"


def text(files, path):
    return (files.root / path).read_bytes().decode()


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("a.csv", {}, 'id,name,note,day\n1,"Zoë, x",,2026-01-02\n'),
        ("a.tsv", {}, "id\tname\tnote\tday\n1\tZoë, x\t\t2026-01-02\n"),
        ("a.txt", {"delimiter": "|", "header": False}, "1|Zoë, x||2026-01-02\n"),
        ("a", {"format": "csv", "nullstr": "NA"}, 'id,name,note,day\n1,"Zoë, x",NA,2026-01-02\n'),
        ("a.csv", {"dateformat": "%d.%m.%Y"}, 'id,name,note,day\n1,"Zoë, x",,02.01.2026\n'),
    ],
)
def test_csv_has_the_shape_that_was_asked_for(files, path, options, expected):
    done = files.deliver(files.rows(PEOPLE), path, **options)

    assert done.rows == 1
    assert text(files, path) == expected


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_quoted_and_numbers_are_not(files, start):
    rows = files.rows(f"SELECT '{start}1' AS t, -1 AS n, 'a=b' AS plain, NULL::VARCHAR AS nothing")

    files.deliver(rows, "a.csv", neutralise=True)

    with (files.root / "a.csv").open(newline="") as file:
        assert [*csv.reader(file)][1] == [f"'{start}1", "-1", "a=b", ""]


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("a.json", {}, [{"id": 1}, {"id": 2}]),
        ("a.json", {"array": False}, None),
        ("a.ndjson", {}, None),
        ("a.jsonl", {"array": True}, [{"id": 1}, {"id": 2}]),
    ],
)
def test_json_is_an_array_or_a_value_a_line(files, path, options, expected):
    files.deliver(files.rows("SELECT unnest([1, 2]) AS id"), path, **options)

    if expected is None:
        assert text(files, path) == '{"id":1}\n{"id":2}\n'
    else:
        assert json.loads(text(files, path)) == expected


@pytest.mark.parametrize("path", ["a.csv", "a.json", "a.ndjson", "a.parquet", "a.xlsx"])
def test_no_rows_are_a_valid_file(files, path):
    done = files.deliver(files.rows("SELECT 1 AS id WHERE false"), path)

    assert done.rows == 0
    assert (files.root / path).exists()
    if path == "a.json":
        assert json.loads(text(files, path)) == []


@pytest.mark.parametrize("path", ["a.csv.gz", "a.ndjson.gz"])
def test_the_ending_says_that_a_file_is_compressed(files, path):
    files.deliver(files.rows("SELECT 1 AS id"), path)

    assert "1" in gzip.decompress((files.root / path).read_bytes()).decode()


def test_parquet_keeps_every_type_and_every_digit(files):
    query = "SELECT 12345678901234567890123::HUGEINT AS big, 1.50::DECIMAL(9,2) AS price, [1] AS l"

    files.deliver(files.rows(query), "a.parquet")

    found = duckdb.sql(f"FROM '{files.root}/a.parquet'").fetchall()
    assert str(found[0][0]) == "12345678901234567890123"
    assert str(found[0][1]) == "1.50"


def test_a_stored_output_is_delivered_as_parquet_without_decoding_it(files):
    artifact = files.write("target/cache/t.parquet")
    rows = files.rows(PEOPLE, path=artifact)

    done = files.deliver(rows, "a.parquet")

    assert done.rows == 1
    assert (files.root / "a.parquet").read_bytes() == artifact.read_bytes()


def test_columns_of_any_name_are_written(files):
    rows = files.rows("""SELECT 'x' AS "we""ird, name", 1 AS "select" """)

    files.deliver(rows, "a.csv", excel_safe=True)

    assert text(files, "a.csv").startswith('"we""ird, name",select\nx,1')


def test_folders_are_made_and_nothing_else_is_left_behind(files):
    files.deliver(files.rows(PEOPLE), "deep/er/a.csv")

    assert [path.name for path in (files.root / "deep/er").iterdir()] == ["a.csv"]


def test_permissions_of_a_replaced_file_stay(files):
    old = files.write("a.csv", "old")
    old.chmod(0o640)

    files.deliver(files.rows(PEOPLE), "a.csv")

    assert old.stat().st_mode & 0o777 == 0o640


def test_a_failure_leaves_the_old_file_and_no_other(files):
    files.write("out/a.csv", "old")
    rows = files.rows("SELECT 1 AS id")
    broken = evolve(rows, scan="(SELECT error('boom') AS id)")

    with pytest.raises(DeliveryError, match=r"out/a\.csv cannot be written: .*boom"):
        files.deliver(broken, "out/a.csv")

    assert text(files, "out/a.csv") == "old"
    assert [path.name for path in (files.root / "out").iterdir()] == ["a.csv"]


@pytest.fixture
def small_disk():
    """Files of this process end at 64 KiB; the signal that would end it is ignored."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("path", ["out/a.csv", "out/a.json", "out/a.parquet"])
def test_a_file_that_cannot_be_finished_leaves_the_old_one(files, small_disk, path):
    files.write(path, "old")
    rows = files.rows("SELECT i, hash(i) AS h, md5(i::VARCHAR) AS m FROM range(50_000) r(i)")

    with pytest.raises(DeliveryError) as caught:
        files.deliver(rows, path)

    assert path in caught.value.message
    assert text(files, path) == "old"
    assert len([*(files.root / "out").iterdir()]) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_said_to_be_full(files):
    options = FileOptions(path="deep/a.csv")
    try:
        with open("/dev/full", "w") as full:
            full.write("x")
    except OSError as error:
        explained = _explained(error, options, files.root / "deep/a.csv", frozenset())

    assert explained.code == "SK1103"
    assert "deep/a.csv" in explained.message
    assert "MiB free" in explained.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(files):
    (files.root / "out").mkdir(mode=0o500)

    with pytest.raises(DeliveryError, match=r"out/a\.csv cannot be written: Permission denied"):
        files.deliver(files.rows(PEOPLE), "out/a.csv")


def test_a_folder_where_the_file_should_be_is_an_error(files):
    (files.root / "a.csv").mkdir()

    with pytest.raises(DeliveryError, match=r"a\.csv cannot be written"):
        files.deliver(files.rows(PEOPLE), "a.csv")

    assert [path.name for path in files.root.iterdir()] == ["a.csv"]


def test_links_out_of_the_project_are_not_followed(files, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (files.root / "out").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(NodeError, match="outside the project"):
        files.deliver(files.rows(PEOPLE), "out/a.csv")

    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_a_path_outside_is_written_where_that_is_allowed(files, tmp_path):
    files.deliver(files.rows(PEOPLE), "../shared/a.csv", allow_outside=True)

    assert (tmp_path / "shared/a.csv").exists()


@pytest.mark.parametrize(
    "path",
    [
        "seeknal_project.yml",
        ".env",
        "seeknal/transforms/t.yml",
        "target/run_state.json",
        "target/cache/transform/t.csv",
        "out/../target/.lock",
    ],
)
@pytest.mark.parametrize("outside", [False, True])
def test_the_projects_own_files_are_never_replaced(files, path, outside):
    with pytest.raises(NodeError) as caught:
        files.deliver(files.rows(PEOPLE), path, format="csv", allow_outside=outside)

    assert caught.value.code == "SK1106"
    assert not (files.root / path).exists()


@pytest.mark.parametrize(
    "path", ["out/a.csv", "../out/a.csv", "x/../../../../out/a.csv", "/nowhere/out/a.csv"]
)
def test_an_environment_writes_only_below_its_own_folder(files, tmp_path, path):
    files.environment = "dev"

    files.deliver(files.rows(PEOPLE), path, allow_outside=True)

    written = [*tmp_path.rglob("*.csv")]
    assert len(written) == 1
    assert written[0].is_relative_to(files.root / "target/environments/dev")


def test_two_nodes_that_write_one_file_are_a_problem(seeknal_project):
    made = seeknal_project(
        {
            "seeknal/t.yml": """
                kind: transform
                name: t
                sql: SELECT 1 AS a
                materialization: {type: file, path: out/a.csv}
                ---
                kind: transform
                name: u
                sql: SELECT 2 AS a
                materialization: {type: file, path: out/../out/a.csv}
            """
        }
    )

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "SK1107" in outcome.stderr + outcome.stdout
    assert "transform.t and transform.u both write" in outcome.stderr + outcome.stdout


def test_the_target_declares_what_an_exposure_needs():
    assert load_plugins().target_types["file"].exposure
