"""Each write mode against the project's own catalog, read back by PyIceberg alone."""

import pytest

HEAD = "id,day,amount\n"
FIRST = HEAD + "1,2024-01-01,1.00\n2,2024-01-02,2.00\n3,2024-01-03,3.00\n"
SECOND = HEAD + "2,2024-01-02,2.50\n3,2024-01-04,3.00\n4,2024-01-04,4.00\n"
TABLE = "atlas.shop.orders"
UPSERT = "upsert_by_key, unique_keys: [id]"
BY_TIME = "incremental_by_time, time_column: day"


@pytest.fixture
def orders(seeknal_project):
    """Makes a project that delivers data/orders.csv to atlas.shop.orders."""

    def make(mode, rows=FIRST, more=""):
        return seeknal_project(
            {
                "seeknal/orders.yml": "kind: source\nname: orders\nsource: csv\n"
                "table: data/orders.csv\n"
                "columns: {id: INTEGER, day: DATE, amount: 'DECIMAL(10,2)'}\n"
                "materializations:\n"
                f"  - {{type: iceberg, table: {TABLE}, mode: {mode}{more}}}\n",
                "data/orders.csv": rows,
            }
        )

    return make


def held(table):
    rows = table.scan().to_arrow().to_pylist()
    return sorted((row["id"], f"{row['day']:%m-%d}", str(row["amount"])) for row in rows)


ALL = [(1, "01-01", "1.00"), (2, "01-02", "2.00"), (3, "01-03", "3.00")]


@pytest.mark.parametrize("mode", ["full", "append", UPSERT, BY_TIME])
def test_the_first_run_creates_the_table_and_says_so(orders, lake, mode):
    made = orders(mode)

    outcome = made.run("run").assert_ok()

    assert f"Created table {TABLE}" in outcome.stdout
    assert held(lake(made, TABLE)) == ALL


@pytest.mark.parametrize("mode", ["full", "append", UPSERT, BY_TIME])
def test_unchanged_rows_make_no_snapshot(orders, lake, mode):
    made = orders(mode)
    made.run("run").assert_ok()

    made.run("run").assert_ok()
    if mode != "append":
        made.run("run", "--full").assert_ok()

    snapshots = lake(made, TABLE).snapshots()
    assert len(snapshots) == (1 if mode in ("append", UPSERT) else 2)


AFTER = {
    "full": [(2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")],
    "append": [
        *((1, "01-01", "1.00"), (2, "01-02", "2.00"), (2, "01-02", "2.50")),
        *((3, "01-03", "3.00"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
    UPSERT: [
        *((1, "01-01", "1.00"), (2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
    BY_TIME: [
        *((1, "01-01", "1.00"), (2, "01-02", "2.50"), (3, "01-04", "3.00"), (4, "01-04", "4.00")),
    ],
}
PARTITIONS = ["", ", partition_by: [day(day)]", ", partition_by: ['bucket(3, id)', month(day)]"]


@pytest.mark.parametrize("mode", AFTER)
@pytest.mark.parametrize("partition_by", PARTITIONS)
def test_a_later_run_changes_exactly_what_its_mode_says(orders, lake, mode, partition_by):
    made = orders(mode, more=partition_by)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": SECOND})

    made.run("run").assert_ok()

    assert held(lake(made, TABLE)) == sorted(AFTER[mode])


@pytest.mark.parametrize(("mode", "left"), [("full", 0), ("append", 3), (UPSERT, 3), (BY_TIME, 3)])
def test_no_rows_empty_a_full_table_and_leave_the_others(orders, lake, mode, left):
    made = orders(mode)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": HEAD})

    made.run("run").assert_ok()

    assert len(held(lake(made, TABLE))) == left


TRANSFORMS = {
    "id": [1, 2, 3],
    "day(day)": [19723, 19724, 19725],
    "month(day)": [648],
    "year(day)": [54],
    "bucket(4, id)": None,
    "truncate(2, id)": [0, 2],
    "amount": None,
}


@pytest.mark.parametrize("partition_by", TRANSFORMS)
def test_partitions_are_those_that_pyiceberg_computes(orders, lake, partition_by):
    made = orders("append", more=f", partition_by: ['{partition_by}']")

    made.run("run").assert_ok()

    table = lake(made, TABLE)
    files = [task.file for task in table.scan().plan_files()]
    if TRANSFORMS[partition_by] is not None:
        values = sorted(file.partition[0] for file in files)
        assert [getattr(value, "days", value) for value in values] == TRANSFORMS[partition_by]
    for id in (1, 2, 3):
        assert len(table.scan(row_filter=f"id == {id}").to_arrow()) == 1


def test_a_delivery_leaves_its_mark_in_the_snapshot(orders, lake):
    made = orders(BY_TIME)
    made.run("run").assert_ok()

    summary = lake(made, TABLE).current_snapshot().summary

    assert summary["seeknal.node"] == "source.orders"
    assert summary["seeknal.environment"] == "prod"
    assert summary["seeknal.delivery-id"]
    assert summary["seeknal.range"] == "2024-01-01 - 2024-01-03"


@pytest.mark.parametrize(
    ("mode", "rows", "message"),
    [
        (UPSERT, HEAD + ",2024-01-01,1\n", "1 of 1 rows have no id"),
        (UPSERT, HEAD + "1,2024-01-01,1\n1,2024-01-01,2\n", "id = 1 (2 rows)"),
        (BY_TIME, HEAD + "1,,1\n", "1 of 1 rows have no day"),
    ],
)
def test_rows_that_do_not_fit_the_mode_are_refused_untouched(orders, lake, mode, rows, message):
    made = orders(mode)
    made.run("run").assert_ok()
    made.write({"data/orders.csv": rows})

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert message in outcome.stderr
    assert held(lake(made, TABLE)) == ALL


@pytest.mark.parametrize(
    ("partition_by", "message"),
    [
        ("day(dya)", "there is no column 'dya'"),
        ("dais(day)", "is not understood"),
        ("bucket(id)", "is not understood"),
        ("hour(id)", "hour does not fit 'id'"),
    ],
)
def test_a_wrong_partition_is_named_and_makes_no_table(orders, lake, partition_by, message):
    from pyiceberg.exceptions import NoSuchTableError

    made = orders("append", more=f", partition_by: ['{partition_by}']")

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert message in outcome.stderr
    assert "  --> seeknal/" in outcome.stderr
    with pytest.raises(NoSuchTableError):
        lake(made, TABLE)
