"""Tables of others whose partitions are named by odd text, and rollbacks of what seeknal wrote."""

import pyarrow as pa
import pytest

TEXTS = ["plain", "a b", "ż", "a/b", "a%20b", "100%", "a+b", "[x]", "?*", "a=b"]


@pytest.fixture
def foreign(seeknal_project):
    """A project with a table in its catalog that PyIceberg made, a partition for each text."""
    from pyiceberg.catalog import load_catalog
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.transforms import IdentityTransform
    from pyiceberg.types import LongType, NestedField, StringType

    made = seeknal_project({"seeknal_project.yml": "name: odd\n"})
    folder = made.path / ".seeknal/iceberg"
    (folder / "warehouse").mkdir(parents=True)
    catalog = load_catalog(
        "atlas",
        type="sql",
        uri=f"sqlite:///{folder}/catalog.db",
        warehouse=f"file://{folder}/warehouse",
    )
    catalog.create_namespace("s")
    table = catalog.create_table(
        "s.t",
        Schema(NestedField(1, "s", StringType()), NestedField(2, "v", LongType())),
        partition_spec=PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "s")),
    )
    table.append(pa.table({"s": TEXTS, "v": list(range(len(TEXTS)))}))
    return made


def test_partitions_of_any_text_are_read(foreign):
    foreign.write({"seeknal/b.yml": "{kind: source, name: b, source: iceberg, table: atlas.s.t}\n"})

    foreign.run("run").assert_ok()

    assert sorted(foreign.rows("source.b")) == sorted(
        (text, number) for number, text in enumerate(TEXTS)
    )


def test_partitions_of_any_text_are_merged_into(foreign, lake):
    values = ", ".join(f"('{text}', {100 + number})" for number, text in enumerate(TEXTS))
    foreign.write(
        {
            "seeknal/a.yml": "kind: transform\nname: a\n"
            f'sql: "SELECT * FROM (VALUES {values}) AS r(s, v)"\nmaterializations:\n'
            "  - {type: iceberg, table: atlas.s.t, mode: upsert_by_key, unique_keys: [s]}\n"
        }
    )

    foreign.run("run").assert_ok()

    found = lake(foreign, "atlas.s.t").scan().to_arrow().to_pylist()
    assert sorted((row["s"], row["v"]) for row in found) == sorted(
        (text, 100 + number) for number, text in enumerate(TEXTS)
    )


def test_a_table_that_is_replaced_is_taken_back_as_often_as_asked(seeknal_project, lake):
    def node(number):
        return {
            "seeknal/a.yml": f"kind: transform\nname: a\nsql: SELECT {number} AS v\n"
            "materializations:\n  - {type: iceberg, table: atlas.s.f, mode: full}\n"
        }

    made = seeknal_project(node(1))
    made.run("run").assert_ok()
    made.write(node(2))
    made.run("run").assert_ok()

    for _ in range(2):
        made.run("rollback", "prod", "--yes").assert_ok()
        taken = lake(made, "atlas.s.f").scan().to_arrow().to_pylist()
        made.run("run", "--unpin").assert_ok()
        back = lake(made, "atlas.s.f").scan().to_arrow().to_pylist()

        assert (taken, back) == ([{"v": 1}], [{"v": 2}])


def test_nodes_that_make_a_catalog_together_do_not_get_in_each_others_way(seeknal_project):
    nodes = {
        f"seeknal/n{number}.yml": f"kind: transform\nname: n{number}\nsql: SELECT 1 AS v\n"
        f"materializations:\n  - {{type: iceberg, table: atlas.s{number}.t, mode: append}}\n"
        for number in range(6)
    }

    seeknal_project(nodes).run("run", "--workers", "6").assert_ok()
